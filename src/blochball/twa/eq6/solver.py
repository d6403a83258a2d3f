"""Eq. (6) of the paper, literally: four phase-space variables an ensemble, Stratonovich.

The reference for the Bloch-ball form, made for clarity; the step is in `blochball.twa.eq6.step`.
"""

from __future__ import annotations

from typing import Any

import xarray as xr
from numpy.typing import ArrayLike

from blochball.support.arguments import named
from blochball.support.checkpoints import checkpoint_of
from blochball.support.parallel import thread_count
from blochball.system import System
from blochball.twa import runs
from blochball.twa.eq6 import alone
from blochball.twa.eq6.step import couplings_of, step_of
from blochball.twa.lanes import LANES
from blochball.twa.noise import Stream
from blochball.twa.observers import means
from blochball.twa.pilot import ANGLE

BLOCK = LANES  # trajectories with a stream of their own
COST = 16  # of a step, in steps of the ball form
METHOD = "twa.eq6"


@named("twa.eq6.solve")
def solve(
    system: System,
    times: ArrayLike,
    trajectories: int = 1000,
    seed: int = 0,
    *,
    steps: Any = "auto",
    threads: int | None = None,
    correlations: ArrayLike | None = None,
    momenta: ArrayLike | None = None,
    tolerance: float = ANGLE,
    checkpoint: Any = None,
    progress: bool = False,
) -> xr.Dataset:
    """Simulate a System in the variables phi, theta, psi and 𝒥 (Stratonovich) by Eq. (6).

    Parameters
    ----------
    system, times, trajectories, seed, threads, correlations, momenta
        As for `blochball.twa.solve`.
    tolerance, checkpoint, progress
        As there.
    steps : "auto", int or sequence of int
        As there; "auto" chooses the steps that the ball form would take.

    Returns
    -------
    xarray.Dataset
        As there.

    Raises
    ------
    TypeError, ValueError, LeftBallError
        As there; no trajectory of this form can leave the ball, but it may fail to stay finite.

    Warns
    -----
    UserWarning
        As there; and if emitters that know nothing of each other do not obey Bloch's equations.

    Examples
    --------
    >>> from blochball import models, twa
    >>> laser = models.superradiant_laser(size=100, pump=25.0)
    >>> ds = twa.eq6.solve(laser, [0.06], trajectories=500, seed=1)
    >>> ds.attrs["method"]
    'twa.eq6'
    """
    owner = "twa.eq6.solve"
    threads = thread_count(owner, threads)
    checkpoint = checkpoint_of(owner, checkpoint)
    plan = runs.planned(
        owner,
        system,
        times,
        trajectories,
        seed,
        steps,
        correlations=correlations,
        momenta=momenta,
        tolerance=tolerance,
        theory="twa.eq6",
    )
    run = runs.Run(
        owner,
        plan,
        plan.staged(step_of(couplings_of(system, plan.fields.limit))),
        means.observer(plan, Stream.EQ6, BLOCK),
        label="eq6",
        cost=COST,
    )
    leaf, seconds = run.total(threads, progress, checkpoint)
    ds = means.dataset(plan, leaf, seconds, METHOD)
    return runs.warned(owner, plan, ds, alone.warn)
