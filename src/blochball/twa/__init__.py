"""Truncated Wigner approximation: trajectories of Bloch vectors in the Bloch ball."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball import validation
from blochball.dataset import MOMENTS, assemble
from blochball.parallel import thread_count
from blochball.statistics import Moments
from blochball.system import System
from blochball.twa import schedule
from blochball.twa.engine import LeftBallError, Task, run
from blochball.twa.fields import fields_of
from blochball.twa.record import VALIDITY

__all__ = ["LeftBallError", "solve"]

_UNTRUSTED = 0.5  # short_fraction above which a run is warned about


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
        Where more than half of the trajectories have |J| < 2 at some site and time: the
        expansion in 1/|J| has no footing there.
    """
    owner = "twa.solve"
    if not isinstance(system, System):
        raise TypeError(f"{owner}: system must be a System, got {system!r}")
    times = validation.times(owner, times)
    trajectories = validation.integer(owner, "trajectories", trajectories, 1)
    seed = validation.integer(owner, "seed", seed, 0)
    threads = thread_count(owner, threads)
    validation.choice(owner, "formulation", formulation, ("ball", "top"))
    tolerance = validation.real(owner, "tolerance", tolerance, 0)
    if tolerance == 0:
        raise ValueError(f"{owner}: tolerance must be > 0, got {tolerance!r}")
    kept, times_kept = _kept(owner, correlations, times)
    waves = _momenta(owner, momenta)

    started = time.perf_counter()
    fields = fields_of(system, form)
    draft = Task(system, fields, seed, times, schedule.uniform(times, 1), kept, waves)
    if isinstance(steps, str):
        validation.choice(owner, "steps", steps, ("auto",))
        chosen = schedule.pilot(system, fields, draft.local, times, seed, tolerance)
    else:
        chosen = schedule.uniform(times, steps)
    task = Task(system, fields, seed, times, chosen, kept, waves)
    tree = run(task, trajectories, threads, progress)
    ds = _dataset(
        task,
        tree.total(),
        times_kept,
        seed=seed,
        trajectories=trajectories,
        steps=int(chosen.counts.sum()),
        wall_time=time.perf_counter() - started,
    )
    short = float(ds.short_fraction.max())
    if short > _UNTRUSTED:
        warnings.warn(
            f"{owner}: up to {short:.0%} of the trajectories have |J| < 2, where the expansion in "
            "1/|J| has no footing (see short_fraction)",
            stacklevel=2,
        )
    return ds


def _dataset(
    task: Task, moments: tuple[Moments, ...], times_kept: NDArray[np.float64], **attrs: Any
) -> xr.Dataset:
    site, validity, output, wave, pairs = moments
    variables: dict[str, Any] = {name: site.mean[..., k] for k, name in enumerate(MOMENTS)}
    variables["output"] = output.mean
    stderr: dict[str, Any] = {}
    for k, name in enumerate(VALIDITY):
        variables[name], stderr[name] = validity.mean[..., k], validity.stderr[..., k]
    if task.momenta.size:
        variables["structure_factor"], stderr["structure_factor"] = wave.mean, wave.stderr
    if times_kept.size:
        variables["correlation"] = _hermitian(pairs.mean[..., 0] + 1j * pairs.mean[..., 1])
        stderr["correlation"] = _hermitian(np.hypot(pairs.stderr[..., 0], pairs.stderr[..., 1]))
    return assemble(
        task.system,
        task.times,
        variables,
        stderr,
        method="twa.ball",
        covariance=site.covariance,
        output_covariance=output.covariance,
        times_kept=times_kept,
        momenta=task.momenta,
        extra_dims=dict.fromkeys(VALIDITY, ("time", "site")),
        **attrs,
    )


def _hermitian(upper: NDArray[Any]) -> NDArray[Any]:
    upper = np.triu(upper)
    return upper + np.conj(np.swapaxes(np.triu(upper, 1), -1, -2))


def _kept(
    owner: str, correlations: ArrayLike | None, times: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    kept = np.full(times.size, -1, dtype=np.int64)
    if correlations is None:
        return kept, np.empty(0)
    wanted = validation.times(owner, correlations)
    nearest = np.abs(times[:, None] - wanted[None, :]).argmin(axis=0)
    off = ~np.isclose(times[nearest], wanted, rtol=1e-9, atol=0)
    if off.any():
        raise ValueError(
            f"{owner}: correlations must be times out of `times`, got {wanted[off][0]:g}"
        )
    kept[nearest] = np.arange(wanted.size)
    return kept, times[nearest]


def _momenta(owner: str, momenta: ArrayLike | None) -> NDArray[np.float64]:
    if momenta is None:
        return np.empty(0)
    what = "a one-dimensional sequence of finite real numbers"
    found = validation.array(owner, "momenta", momenta, (None,), what)
    if found.imag.any():
        raise TypeError(f"{owner}: momenta must be {what}, got complex numbers")
    return found.real.copy()
