"""The ball form: means, strata of a burst, errors of the time steps."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import xarray as xr
from numpy.typing import ArrayLike

from blochball import operators
from blochball.protocol import Protocol
from blochball.support import validation
from blochball.support.arguments import named
from blochball.support.checkpoints import Checkpoint, checkpoint_of
from blochball.support.parallel import thread_count
from blochball.support.statistics import Leaf
from blochball.system import System
from blochball.twa import ends, lengths, runs, stopping
from blochball.twa.observers import means
from blochball.twa.observers import step_error as difference
from blochball.twa.observers import strata as burst
from blochball.twa.pilot import ANGLE
from blochball.twa.plan import Plan


@named("twa.solve")
def solve(
    system: System | Protocol,
    times: ArrayLike,
    trajectories: int | None = None,
    seed: int = 0,
    *,
    steps: Any = "auto",
    threads: int | None = None,
    correlations: ArrayLike | None = None,
    momenta: ArrayLike | None = None,
    tolerance: float = ANGLE,
    structure: str = "auto",
    moments: str = "first",
    covariances: bool = True,
    error: Mapping[str, float] | None = None,
    checkpoint: str | os.PathLike[str] | Checkpoint | None = None,
    initial: xr.Dataset | None = None,
    end: bool = False,
    progress: bool = False,
) -> xr.Dataset:
    """Simulate a System in the truncated Wigner approximation: means over trajectories, Eq. (7).

    Parameters
    ----------
    system : System or Protocol
        What to simulate. What is recorded at the time of a pulse precedes it; `output` has the
        weights of the jumps at the time.
    times : array_like, shape (times,)
        Output times, increasing from a value >= 0, in the inverse unit of the rates.
    trajectories : int, optional
        How many, 1000 by default; the first of a longer run are those of a shorter one. With
        `error` the most, by default 2^24.
    seed : int
        Seed of all random numbers, >= 0.
    steps : "auto", int or sequence of int
        "auto" measures the largest rates on a pilot run and fixes the steps before the run; an
        integer is the number of steps over [0, times[-1]]; a sequence has one number an interval.
        Knots of a Protocol are ends of steps, besides.
    threads : int, optional
        By default as many as there are processors. Results do not depend on it.
    correlations : array_like, optional
        Times, out of `times`, at which <J_k^+ J_l^-> is kept.
    momenta : array_like, optional
        Momenta p, in radians a site, at which S(p) is kept as `structure_factor`.
    tolerance : float
        With steps="auto", the largest product of step and rate, in radians.
    structure : {"auto", "jumps", "dense"}
        How much structure of the collective fields to use; the result is the same to rounding.
    moments : {"first", "second", "pairs"}
        "second" keeps the covariances of all spin components of each site, `spin_covariance`, and
        the second moments among those of `covariance`; "pairs" also those of all pairs of sites,
        `pair_covariance`, and what `observables.total_spin` needs for standard errors.
    covariances : bool
        Whether to keep `covariance` and `output_covariance` of the means, of which `observables`
        make their standard errors. Without them a run of many ensembles and times takes less than
        half of the memory, and every mean still has its standard error.
    error : mapping of str to float, optional
        Standard errors to reach, as {"emission": 0.01}: no standard error of that variable, at any
        site and time, shall be more than this share of its largest value. The run is looked at
        after 1, 2, 4, 8, ... blocks of trajectories and ends when all are reached.
    checkpoint : path-like or Checkpoint, optional
        Folder, one for each run, to keep finished trajectories in. The same call, or one that only
        asks for more trajectories, takes them up, with the same bits as if nothing had happened;
        files that are damaged or belong to another run or version are named in a warning and
        computed again. It is yours to delete.
    initial : xarray.Dataset, optional
        What an earlier run with ``end=True`` has returned: its trajectories carry on from the last
        of its times, which is time 0 here, and their random numbers do, too. With the same steps,
        given as a sequence, the two runs have the bits of one; with "auto" they differ from one run
        by what steps err. `seed` is that of the pilot run only.
    end : bool
        Keep where trajectories end, for `initial` of another run: `end_spin`, the Bloch vectors,
        and `end_random`. 32 bytes a trajectory and site, and some.
    progress : bool
        Show a progress bar.

    Returns
    -------
    xarray.Dataset
        See `blochball.dataset`. Besides, `inverse_length` (mean of 1/|J|) and `short_fraction`
        (fraction of trajectories with |J| < 2), over which the expansion is one; `covariance` of
        the means of the site variables and `output_covariance` of the outputs, where kept.

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
        expansion in 1/|J| is not valid there. Where `steps` that are given are so long that they
        err by more than a percent and than the noise; the warning says how many would do. Where
        little damps a System whose cloud has been stretched around the sphere. Where <J^2> is by
        5 percent more than the emitters can have. Where the
        trajectories are used up before `error` is reached.

    Notes
    -----
    A run that stops at an estimated error stops too early if the estimate happens to be small. This
    moves a mean by less than 0.2 of its standard errors, and only where an error at a look lies
    within its own noise of what was asked for.

    Ensembles of few emitters start too short: |<J>| at t = 0 is 0.961 N/2 for N = 2, 0.967 for 4,
    0.993 for 10 and 0.9986 for 20.

    Examples
    --------
    >>> from blochball import exact, models, twa
    >>> laser = models.superradiant_laser(size=100, pump=25.0)
    >>> ds = twa.solve(laser, times=[0.06], trajectories=2000, seed=1)
    >>> difference = ds.emission - exact.solve(laser, [0.06]).emission
    >>> bool(abs(difference) < 5 * ds.emission_stderr)
    True

    Until the emission is known to 0.3 percent:

    >>> ds = twa.solve(laser, times=[0.06], seed=1, error={"emission": 0.003})
    >>> ds.trajectories, bool(ds.emission_stderr < 0.003 * ds.emission)
    (16384, True)

    Half of a burst, and another half without pump:

    >>> half = twa.solve(laser, [0.03], trajectories=2000, seed=1, end=True)
    >>> ds = twa.solve(models.superradiant_laser(100, pump=0.0), [0.03], initial=half)
    >>> ds.trajectories
    2000

    Means and standard errors alone, of many ensembles:

    >>> chain = models.waveguide_chain(sites=50, size=20, phase=0.3, pump=5.0)
    >>> ds = twa.solve(chain, [0.01], trajectories=64, seed=1, covariances=False)
    >>> "emission_stderr" in ds, "covariance" in ds
    (True, False)
    """
    owner = "twa.solve"
    threads = thread_count(owner, threads)
    checkpoint = checkpoint_of(owner, checkpoint)
    if validation.flag(owner, "end", end) and checkpoint is not None:
        raise ValueError(
            f"{owner}: checkpoint must be None with end=True, got {checkpoint.folder}: its files "
            "hold sums, and no trajectories"
        )
    begun = ends.begun(owner, initial, system, trajectories)
    plan = runs.planned(
        owner,
        system,
        times,
        stopping.most(trajectories, error) if begun is None else len(begun.vectors),
        seed,
        steps,
        correlations=correlations,
        momenta=momenta,
        tolerance=tolerance,
        structure=structure,
        moments=moments,
        covariances=covariances,
        timed=True,
        initial=begun,
        end=end,
    )
    run = runs.Run(owner, plan, plan.stages, means.observer(plan))
    options: dict[str, Any] = {"progress": progress, "checkpoint": checkpoint}
    if error is None:
        ds = _dataset(plan, *run.total(threads, **options))
    else:
        error = stopping.wanted(owner, error, plan)
        ds = stopping.run_until(run, error, _dataset, threads=threads, **options)
    return runs.warned(owner, plan, ds)


def _dataset(plan: Plan, leaf: Leaf, wall_time: float) -> xr.Dataset:
    """Return the Dataset of a run, with the end of its trajectories where that is kept."""
    if not plan.end:
        return means.dataset(plan, leaf, wall_time)
    *sums, last = leaf
    ds: xr.Dataset = last.added_to(means.dataset(plan, tuple(sums), wall_time))
    return ds


@named("twa.solve_stratified")
def solve_stratified(
    system: System,
    times: ArrayLike,
    trajectories: int = 1000,
    seed: int = 0,
    *,
    strata: int = 32,
    steps: Any = "auto",
    threads: int | None = None,
    tolerance: float | None = None,
    checkpoint: str | os.PathLike[str] | Checkpoint | None = None,
    progress: bool = False,
) -> xr.Dataset:
    """Simulate a burst with strata of the linear amplitude that sets its timing.

    The same theory as `solve` with far smaller standard errors (50 times fewer trajectories for
    N = 1000), for one ensemble that starts fully inverted and decays collectively.

    Parameters
    ----------
    system, times, trajectories, seed, steps, threads, checkpoint, progress
        As for `solve`.
    strata : int
        How many, at least 2 and at most half of the trajectories; about 32 are enough.
    tolerance : float, optional
        As for `solve`; by default so small that the steps err by less than the noise that is left.

    Returns
    -------
    xarray.Dataset
        As from `solve`.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it; if strata do not serve the System; if a stratum gets fewer
        than two trajectories.
    LeftBallError
        As for `solve`.

    Warns
    -----
    UserWarning
        As for `solve`.

    Examples
    --------
    >>> from blochball import models, twa
    >>> laser = models.superradiant_laser(size=100, pump=25.0)
    >>> plain = twa.solve(laser, [0.03], trajectories=4096, seed=1)
    >>> ds = twa.solve_stratified(laser, [0.03], trajectories=4096, seed=1, strata=32)
    >>> bool(ds.emission_stderr < 0.6 * plain.emission_stderr)
    True
    """
    owner = "twa.solve_stratified"
    threads = thread_count(owner, threads)
    checkpoint = checkpoint_of(owner, checkpoint)
    strata = validation.integer(owner, "strata", strata, 2)
    trajectories = validation.integer(owner, "trajectories", trajectories, 1)
    if 2 * strata > trajectories:
        raise ValueError(f"{owner}: strata must be at most half of the trajectories, got {strata}")
    if tolerance is None:
        operators.require_system(owner, system)
        size = max(ensemble.size for ensemble in system.ensembles)
        tolerance = min(ANGLE, burst.tolerance(size, trajectories, strata))
    plan = runs.planned(owner, system, times, trajectories, seed, steps, tolerance=tolerance)
    reason = burst.obstacle(plan)
    if reason is not None:
        raise ValueError(f"{owner}: strata do not serve this run: {reason}")
    # integrals over 200 angles for each of them; sums of the blocks under way and of the result
    held = 1000.0 + plan.times.size * burst.NUMBERS * (2.0 * threads + 8)
    validation.memory(owner, "strata", strata * held)
    amplitude = burst.Amplitude(plan)
    run = runs.Run(
        owner,
        plan,
        plan.staged(burst.step_of(plan, amplitude)),
        burst.observer(plan, strata, amplitude),
        label=f"strata {strata}",
        record=burst.Sums,
    )
    (sums,), seconds = run.total(threads, progress, checkpoint)
    if sums.least < 2:
        raise ValueError(
            f"{owner}: trajectories must be enough for two in each of {strata} strata, "
            f"got {plan.trajectories}"
        )
    ds = burst.dataset(plan, strata, amplitude, sums, seconds)
    lengths.warn(owner, ds)
    return ds


@named("twa.step_error")
def step_error(
    system: System | Protocol,
    times: ArrayLike,
    trajectories: int = 1000,
    seed: int = 0,
    *,
    steps: Any = "auto",
    threads: int | None = None,
    tolerance: float = ANGLE,
    progress: bool = False,
) -> xr.Dataset:
    """Estimate the error that the time steps of a run make, by halving them on the same noise.

    Parameters
    ----------
    system, times, trajectories, seed, steps, threads, tolerance, progress
        As for `solve`; a tenth of the trajectories of a run is enough. Along the ramps of a
        Protocol the halves of a step take the means over them.

    Returns
    -------
    xarray.Dataset
        The site variables: the mean of a run with these steps minus that in the limit of short
        steps, with standard errors.

    Raises
    ------
    TypeError, ValueError, LeftBallError
        As for `solve`.

    Examples
    --------
    >>> from blochball import models, twa
    >>> laser = models.superradiant_laser(size=100, pump=25.0)
    >>> coarse = twa.step_error(laser, [0.06], trajectories=1024, seed=1, steps=8)
    >>> fine = twa.step_error(laser, [0.06], trajectories=1024, seed=1, steps=64)
    >>> bool(abs(fine.emission) < abs(coarse.emission) / 4)
    True
    """
    owner = "twa.step_error"
    threads = thread_count(owner, threads)
    plan = runs.planned(
        owner,
        system,
        times,
        trajectories,
        seed,
        steps,
        tolerance=tolerance,
        judged=False,
        timed=True,
    )
    run = runs.Run(owner, plan, difference.stages(owner, plan), difference.observer(plan))
    return difference.dataset(plan, *run.total(threads, progress))
