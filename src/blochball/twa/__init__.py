"""Truncated Wigner approximation: trajectories of Bloch vectors in the Bloch ball."""

from __future__ import annotations

import os
import time
import warnings
from typing import Any

import xarray as xr
from numpy.typing import ArrayLike

from blochball import operators
from blochball.moments import MOMENTS
from blochball.support import validation
from blochball.support.checkpoints import WORK
from blochball.support.parallel import thread_count
from blochball.system import System
from blochball.twa import schedule
from blochball.twa.engine import LeftBallError
from blochball.twa.eq6 import solver as top
from blochball.twa.observers import step_error as halving
from blochball.twa.observers import strata as stratified
from blochball.twa.observers.paths import trajectories
from blochball.twa.parts import chunks, division, gather, plan, run_part, task_of

__all__ = [
    "LeftBallError",
    "chunks",
    "division",
    "gather",
    "plan",
    "run_part",
    "solve",
    "trajectories",
]

for _name in ("twa", "twa.eq6"):
    operators.declare(_name, *operators.LOCAL, *operators.LINEAR, "exchange", *operators.COLLECTIVE)
_UNTRUSTED = 0.25  # short_fraction above which a run is warned about


def solve(
    system: System,
    times: ArrayLike,
    trajectories: int = 1000,
    seed: int = 0,
    steps: Any = "auto",
    threads: int | None = None,
    formulation: str = "ball",
    correlations: ArrayLike | None = None,
    progress: bool = False,
    *,
    momenta: ArrayLike | None = None,
    tolerance: float = schedule.ANGLE,
    form: str = "auto",
    strata: int = 0,
    step_error: int = 0,
    keep: str | os.PathLike[str] | None = None,
    chunk: int | None = None,
) -> xr.Dataset:
    """Simulate a System in the truncated Wigner approximation (paper Eqs. 6 and 7).

    Parameters
    ----------
    system : System
        What to simulate.
    times : array_like, shape (times,)
        Output times, increasing from a value >= 0, in the inverse unit of the rates.
    trajectories : int
        How many; the first of a longer run are those of a shorter one.
    seed : int
        Seed of all random numbers, >= 0.
    steps : "auto", int or sequence of int
        "auto" measures the largest rates on a pilot run and fixes the steps before the run; an
        integer is the number of steps over [0, times[-1]]; a sequence has one number an interval.
    threads : int, optional
        By default as many as there are processors. Results do not depend on it.
    formulation : {"ball", "top"}
        The Bloch-ball form, or the paper's four variables.
    correlations : array_like, optional
        Times, out of `times`, at which <J_k^+ J_l^-> is kept.
    progress : bool
        Show a progress bar.
    momenta : array_like, optional
        Momenta p, in radians a site, at which S(p) is kept as `structure_factor`.
    tolerance : float
        With steps="auto", the largest product of step and rate, in radians.
    form : {"auto", "jumps", "dense"}
        How much structure of the collective fields to use; the result is the same to rounding.
    strata : int
        With 2 or more, post-stratify on the linear amplitude that sets the timing of a burst: for
        one ensemble that starts fully inverted and decays collectively. The same theory with far
        smaller standard errors (50 times fewer trajectories for N = 1000); about 32 are enough.
    step_error : int
        With as many trajectories, compare with halved steps on the same noise, and return the
        estimated error of the time steps as NAME_step_error, with its own standard error.
    keep : path-like, optional
        Folder, one for each run, to keep finished trajectories in, a file a chunk. The same call
        takes them up, with the same bits as if nothing had happened; files that are damaged or
        belong to another run or version are named in a warning and computed again. It is yours to
        delete. (What `step_error` computes is not kept.)
    chunk : int, optional
        With `keep`, how many ensemble-steps (trajectories times sites times steps) go into a file,
        at least; by default about a second of one core.

    Returns
    -------
    xarray.Dataset
        See `blochball.dataset`. Besides, `inverse_length` (mean of 1/|J|) and `short_fraction`
        (fraction of trajectories with |J| < 2), over which the expansion is one; `covariance` of
        the means of the site variables and `output_covariance` of the outputs.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.
    LeftBallError
        If a trajectory leaves the Bloch ball or meets a number that is not finite.

    Warns
    -----
    UserWarning
        Where more than a quarter of the trajectories have |J| < 2 at some site and time: the
        expansion in 1/|J| has no footing there.
    """
    owner = "twa.solve"
    validation.choice(owner, "formulation", formulation, ("ball", "top"))
    validation.instance(owner, "system", system, System)
    operators.require(owner, "twa" if formulation == "ball" else "twa.eq6", system)
    validation.flag(owner, "progress", progress)
    strata = validation.integer(owner, "strata", strata, 0)
    step_error = validation.integer(owner, "step_error", step_error, 0)
    if formulation == "top":
        used = {
            "correlations": correlations is not None,
            "momenta": momenta is not None,
            "form": form != "auto",
            "strata": strata != 0,
            "step_error": step_error != 0,
            "keep": keep is not None,
            "chunk": chunk is not None,
        }
        unserved = {name: True for name, given in used.items() if given}
        validation.no_options(owner, "formulation='top'", unserved)
        return top.solve(
            system,
            times,
            trajectories=trajectories,
            seed=seed,
            steps=steps,
            threads=threads,
            progress=progress,
            tolerance=tolerance,
        )
    threads = thread_count(owner, threads)
    started = time.perf_counter()
    planned = plan(
        system,
        times,
        trajectories,
        seed,
        steps,
        correlations=correlations,
        momenta=momenta,
        tolerance=tolerance,
        form=form,
    )
    work = WORK if chunk is None else validation.integer(owner, "chunk", chunk, 1)
    kept = None
    if keep is not None:
        folder = validation.path(owner, "keep", keep)
        own = (planned, folder, work)
        kept = stratified.chunks(*own, strata=strata) if strata > 1 else chunks(*own)
    elif chunk is not None:
        raise ValueError(f"{owner}: chunk must come with keep, got {chunk!r} alone")
    if strata > 1:
        if 2 * strata > planned.trajectories:
            raise ValueError(
                f"{owner}: strata must be at most half of the trajectories, got {strata}"
            )
        ds = stratified.solve(planned, strata, threads, progress, kept)
    else:
        ds = gather(planned, [run_part(planned, 0, threads, progress, kept)])
    if step_error:
        found = halving.step_error(task_of(planned), step_error, threads, progress)
        for name in MOMENTS:
            ds[f"{name}_step_error"] = found[name]
            ds[f"{name}_step_error_stderr"] = found[f"{name}_stderr"]
    # of all that is in the result, computed now or before
    ds.attrs["wall_time"] = time.perf_counter() - started + (kept.seconds if kept else 0.0)
    short = float(ds.short_fraction.max())
    if short > _UNTRUSTED:
        warnings.warn(
            f"{owner}: up to {short:.0%} of the trajectories have |J| < 2, where the expansion in "
            "1/|J| has no footing (see short_fraction)",
            stacklevel=2,
        )
    return ds
