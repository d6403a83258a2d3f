"""Single trajectories of the ball form."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from blochball.dataset import assemble
from blochball.protocol import Protocol
from blochball.support import validation
from blochball.support.arguments import named
from blochball.support.parallel import thread_count
from blochball.system import System
from blochball.twa import ends, runs
from blochball.twa.observers import paths
from blochball.twa.pilot import ANGLE
from blochball.twa.plan import METHOD

USUAL = 64


@named("twa.trajectories")
def trajectories(
    system: System | Protocol,
    times: ArrayLike,
    trajectories: int | None = None,
    seed: int = 0,
    *,
    steps: Any = "auto",
    threads: int | None = None,
    tolerance: float = ANGLE,
    structure: str = "auto",
    initial: xr.Dataset | None = None,
    progress: bool = False,
) -> xr.Dataset:
    """Return the Bloch vectors J_l(t) of single trajectories.

    They are those that `solve` averages over when it is given the same arguments. Collective jumps
    and the Hamiltonian keep the length |J_l| of each, local dissipation does not (paper Fig. 1).

    Parameters
    ----------
    system, times, seed, steps, threads, tolerance, structure, initial, progress
        As for `solve`.
    trajectories : int, optional
        How many, 64 by default; all are held in memory, 24 bytes each per time and site.

    Returns
    -------
    xarray.Dataset
        `spin_x`, `spin_y` and `inversion`, the Weyl symbols of J_l^x, J_l^y and J_l^z; dims
        (time, trajectory, site). The symbols of products have ordering terms (docs/derivation.md).

    Raises
    ------
    TypeError, ValueError, LeftBallError
        As for `solve`.

    Examples
    --------
    >>> from blochball import models, twa
    >>> laser = models.superradiant_laser(size=100, pump=25.0)
    >>> paths = twa.trajectories(laser, [0.0, 0.1], trajectories=10, seed=1)
    >>> paths.inversion.dims
    ('time', 'trajectory', 'site')
    """
    owner = "twa.trajectories"
    threads = thread_count(owner, threads)
    begun = ends.begun(owner, initial, system, trajectories)
    usual = USUAL if trajectories is None else trajectories
    plan = runs.planned(
        owner,
        system,
        times,
        usual if begun is None else len(begun.vectors),
        seed,
        steps,
        tolerance=tolerance,
        structure=structure,
        timed=True,
        initial=begun,
    )
    held = 6.0 * plan.times.size * system.sites * plan.trajectories
    validation.memory(owner, "trajectories", held)
    run = runs.Run(owner, plan, plan.stages, paths.observer(plan))
    (found,), seconds = run.total(threads, progress)
    ds = assemble(
        plan.system,
        plan.times,
        {
            name: np.swapaxes(found.vectors[:, :, k], 1, 2)
            for k, name in enumerate(paths.COMPONENTS)
        },
        method=METHOD,
        extra_dims=dict.fromkeys(paths.COMPONENTS, ("time", "trajectory", "site")),
        seed=plan.seed,
        trajectories=plan.trajectories,
        steps=plan.schedule.total,
        wall_time=seconds,
        **plan.timed,
    )
    for name, axis in zip(paths.COMPONENTS, "xyz", strict=True):
        ds[name].attrs["long_name"] = f"J^{axis} of a trajectory"
    number = np.arange(plan.trajectories)
    return ds.assign_coords(trajectory=("trajectory", number, {"long_name": "trajectory"}))
