"""What the Monte Carlo methods share: their options, their random numbers, their averages."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import stdtrit

from blochball.support import validation
from blochball.support.parallel import run_blocks, thread_count
from blochball.support.statistics import Moments

METHOD = "exact.jumps"

FORGOTTEN = 40.0  # burn-in times the slowest rate at which a trajectory forgets its start
ORIGINS = 16  # of one trajectory at most
CHANCE = 1e-6  # that the halves of a burn-in that is long enough are said to differ

Array = NDArray[np.float64]


def average(
    trajectory: Callable[[np.random.Generator, Array], None],
    shape: tuple[int, ...],
    block_size: int,
    moments: Callable[[Array], tuple[Moments, ...]],
    *,
    owner: str = "exact.solve",
    spread: Callable[[tuple[Moments, ...]], float] | None = None,
    trajectories: int = 1000,
    seed: int = 0,
    threads: int | None = None,
    progress: bool = False,
    error: float | None = None,
    **options: Any,
) -> tuple[tuple[Moments, ...], dict[str, Any]]:
    """Draw trajectories and average them.

    Parameters
    ----------
    trajectory : callable
        ``trajectory(generator, out)`` fills `out`, of the given shape, with one trajectory.
    shape : tuple of int
        Of what is kept of a trajectory, times first.
    block_size : int
        Trajectories that share a stream of random numbers.
    moments : callable
        From the samples of a block, shape (trajectories, *shape), to the moments that are wanted.
    owner : str
        Who asks, for messages.
    spread : callable, optional
        From moments to the standard error that `error` bounds: of the inversion, per emitter, the
        largest of all sites and times.
    trajectories, seed, threads, progress
        As for `blochball.twa.solve`.
    error : float, optional
        Go on beyond `trajectories`, rounded up to whole blocks, until the standard error of the
        inversion per emitter is no larger at any site and time.

    Returns
    -------
    tuple of Moments
        As `moments` returns them, of all trajectories.
    dict
        Attributes of the Dataset: method, seed, trajectories, wall time and the `error` reached.

    Raises
    ------
    TypeError, ValueError
        For a bad or unknown option.
    """
    validation.no_options(owner, "jumps", options)
    trajectories = validation.integer(owner, "trajectories", trajectories, 1)
    seed = validation.seed(owner, seed)
    threads = thread_count(owner, threads)
    validation.flag(owner, "progress", progress)
    started = time.perf_counter()

    def block(number: int, size: int) -> tuple[Moments, ...]:
        stream = np.random.SeedSequence(seed, spawn_key=(number,))
        generator = np.random.Generator(np.random.PCG64(stream))
        samples = np.empty((size, *shape))
        for out in samples:
            trajectory(generator, out)
        return moments(samples)

    if error is not None:
        if spread is None:
            raise TypeError(f"{owner}: jumps takes no option named error here")
        error = validation.real(owner, "error", error, 1e-9)
        # whole blocks, so that others can follow
        trajectories = -(-trajectories // block_size) * block_size
    found = run_blocks(block, trajectories, block_size, threads, progress).total()
    while error is not None and spread is not None and (reached := spread(found)) > error:
        # no more than ten times as many at once: the error of few is uncertain
        wanted = min(1.05 * (reached / error) ** 2, 10.0) * trajectories
        blocks = -int(-(wanted - trajectories) // block_size)
        first = trajectories // block_size
        more = run_blocks(block, blocks * block_size, block_size, threads, progress, first).total()
        found = tuple(a.merge(b) for a, b in zip(found, more, strict=True))
        trajectories += blocks * block_size
    about: dict[str, Any] = {"method": METHOD, "seed": seed, "trajectories": trajectories}
    if spread is not None:
        about["error"] = spread(found)
    return found, {**about, "wall_time": time.perf_counter() - started}


def starts(owner: str, time: float, burn_in: Any, default: float, last: float) -> Array:
    """Return when a trajectory is looked at: once for a check, then at the origins of the delays.

    As long as the burn-in takes more time than the delays up to `last`, a trajectory serves for
    several origins.
    """
    if time < np.inf:
        if burn_in is not None:
            raise ValueError(f"{owner}: burn_in must be None for a finite time, got {burn_in!r}")
        return np.array([time, time])
    burn_in = validation.real(owner, "burn_in", default if burn_in is None else burn_in, 0)
    count = int(np.clip(burn_in / max(last, 1e-300), 1, ORIGINS))
    return burn_in * np.r_[0.5, 1 + np.arange(count) / ORIGINS]


def origins(starts: Array) -> dict[str, Any]:
    """Return the attributes that say from when on and how often a trajectory was looked at."""
    return {"burn_in": float(starts[1]), "origins": starts.size - 1}


def settled(owner: str, moments: Moments) -> Moments:
    """Return all but the last quantity, the intensity at the time of the check.

    Warns
    -----
    UserWarning
        If it differs from the last but one, the intensity at the origins.
    """
    late, early = moments.mean[-2:]
    covariance = moments.covariance[-2:, -2:]
    error = np.sqrt(max(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1], 0))
    if abs(late - early) > -stdtrit(moments.count - 1, CHANCE / 2) * error:
        validation.warn(
            f"{owner}: the intensity is {late:.6g} after the burn-in and {early:.6g} after half of "
            f"it, with a standard error of {error:.2g}: it is not yet stationary; a longer burn_in "
            "is needed"
        )
    return Moments(moments.count, moments.mean[:-1], moments.comoment[:-1, :-1])


def steady_state(system: Any, **options: Any) -> xr.Dataset:
    """Refuse: a Monte Carlo run ends at a finite time."""
    raise ValueError(
        "exact.steady_state: method must be one that solves for it, got 'jumps'; "
        "run exact.solve to a late time instead"
    )
