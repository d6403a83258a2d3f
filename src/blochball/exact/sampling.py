"""What the Monte Carlo methods share: their options, their random numbers, their averages."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball.support import validation
from blochball.support.parallel import run_blocks, thread_count
from blochball.support.statistics import Moments

METHOD = "exact.jumps"

Array = NDArray[np.float64]


def average(
    trajectory: Callable[[np.random.Generator, Array], None],
    shape: tuple[int, ...],
    block_size: int,
    moments: Callable[[Array], tuple[Moments, ...]],
    *,
    owner: str = "exact.solve",
    trajectories: int = 1000,
    seed: int = 0,
    threads: int | None = None,
    progress: bool = False,
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
    trajectories, seed, threads, progress
        As for `blochball.twa.solve`.

    Returns
    -------
    tuple of Moments
        As `moments` returns them, of all trajectories.
    dict
        Attributes of the Dataset: method, seed, trajectories and wall time.

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

    found = run_blocks(block, trajectories, block_size, threads, progress).total()
    spent = time.perf_counter() - started
    about = {"method": METHOD, "seed": seed, "trajectories": trajectories, "wall_time": spent}
    return found, about


def steady_state(system: Any, **options: Any) -> xr.Dataset:
    """Refuse: a Monte Carlo run ends at a finite time."""
    raise ValueError(
        "exact.steady_state: method must be one that solves for it, got 'jumps'; "
        "run exact.solve to a late time instead"
    )
