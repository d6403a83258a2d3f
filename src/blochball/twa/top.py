"""Eq. (6) of the paper, literally: four phase-space variables an ensemble, Stratonovich.

The reference for the Bloch-ball form, made for clarity; the step is in `blochball.twa.spinor`.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from blochball import validation
from blochball.dataset import assemble
from blochball.statistics import Moments, Tree
from blochball.system import KINDS, System
from blochball.twa import spinor, wigner
from blochball.twa.engine import Schedule
from blochball.twa.schedule import uniform

BLOCK = spinor.LANES
QUANTITIES = ("spin_x", "spin_y", "inversion", "emission", "spin_squared")
_KIND = {"decay": -1, "dephasing": 0, "pump": 1}
Complex = NDArray[np.complex128]


def solve(
    system: System,
    times: ArrayLike,
    *,
    trajectories: int = 1000,
    seed: int = 0,
    steps: Any,
    threads: int | None = None,
    progress: bool = False,
) -> xr.Dataset:
    """Simulate a System by Eq. (6) in the four variables phi, theta, psi and 𝒥 (Stratonovich).

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
    steps : int, sequence of int or Schedule
        Steps over [0, times[-1]] (every output time is hit exactly), or one number an interval.
    threads : int, optional
        By default as many as there are processors. Results do not depend on it.
    progress : bool
        Show a progress bar.

    Returns
    -------
    xarray.Dataset
        See `blochball.dataset`.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.
    ArithmeticError
        If a trajectory meets a number that is not finite.
    """
    owner = "twa.solve"
    times = validation.times(owner, times)
    trajectories = validation.integer(owner, "trajectories", trajectories, 1)
    seed = validation.integer(owner, "seed", seed, 0)
    threads = validation.integer(owner, "threads", threads or os.cpu_count() or 1, 1)
    schedule = steps if isinstance(steps, Schedule) else uniform(times, steps)
    started = time.perf_counter()
    couplings = couplings_of(system)
    sizes = [min(BLOCK, trajectories - done) for done in range(0, trajectories, BLOCK)]

    def block(number: int) -> tuple[Moments, ...]:
        return _run_block(system, couplings, schedule, seed, number, sizes[number])

    tree = Tree()
    bar = tqdm(total=trajectories, unit="trajectory", disable=not progress)
    with ThreadPoolExecutor(threads) as pool, bar:
        # window by window: memory does not grow with the number of blocks
        for first in range(0, len(sizes), 8 * threads):
            window = range(first, min(first + 8 * threads, len(sizes)))
            for number, found in zip(window, pool.map(block, window), strict=True):
                tree.add(found)
                bar.update(sizes[number])
    site, output = tree.total()
    variables: dict[str, Any] = {name: site.mean[:, k] for k, name in enumerate(QUANTITIES)}
    stderr: dict[str, Any] = {name: site.stderr[:, k] for k, name in enumerate(QUANTITIES)}
    return assemble(
        system,
        times,
        variables | {"output": output.mean},
        stderr | {"output": output.stderr},
        method="twa.top",
        seed=seed,
        trajectories=trajectories,
        steps=int(schedule.counts.sum()),
        wall_time=time.perf_counter() - started,
    )


def couplings_of(system: System) -> spinor.Couplings:
    """Return the numbers of a System as the kernels take them."""
    jumps = system.jumps
    coupled = system.exchange_matrix.any()
    return spinor.Couplings(
        system.column("size"),
        np.stack([system.column(kind) for kind in KINDS], axis=1),
        system.column("detuning"),
        np.array(system.drive_vector),
        np.array(system.exchange_matrix if coupled else np.zeros((0, 0)), np.complex128),
        np.array([jump.rate for jump in jumps], float),
        np.array([_KIND[jump.kind] for jump in jumps], np.int64),
        np.array([jump.weights for jump in jumps], complex).reshape(len(jumps), system.sites),
    )


def spinors(vectors: NDArray[np.float64], psi: NDArray[np.float64]) -> tuple[Complex, Complex]:
    """Turn Bloch vectors (3, ...) of length kappa and angles psi into the amplitudes a and b."""
    x, y, z = vectors
    kappa = np.sqrt(x * x + y * y + z * z)
    length = np.sqrt(kappa**2 + 0.25)
    phi, cosine = np.arctan2(y, x), z / kappa
    a = np.sqrt(length * (1 + cosine)) * np.exp(-0.5j * (phi + psi))
    b = np.sqrt(length * (1 - cosine)) * np.exp(0.5j * (phi - psi))
    return a, b


def pack(a: Complex, b: Complex) -> NDArray[np.float64]:
    """Put amplitudes (sites, lanes) into a state (sites, columns, lanes) of the kernels."""
    state = np.zeros((a.shape[0], spinor.COLUMNS, spinor.LANES))
    state[:, :4] = np.stack([a.real, a.imag, b.real, b.imag], axis=1)
    return state


def unpack(state: NDArray[np.float64]) -> tuple[Complex, Complex]:
    """Take the amplitudes (sites, lanes) out of a state."""
    return state[:, 0] + 1j * state[:, 1], state[:, 2] + 1j * state[:, 3]


def bloch_vectors(a: Complex, b: Complex) -> NDArray[np.float64]:
    """Weyl symbols of J^x, J^y and J^z, stacked along a new first axis."""
    up, down = abs(a) ** 2, abs(b) ** 2
    length = (up + down) / 2
    shrink = np.sqrt(np.maximum(1 - 1 / (4 * length * length), 0))
    raising = shrink * a.conj() * b
    return np.stack([raising.real, raising.imag, shrink * (up - down) / 2])


def _run_block(
    system: System,
    couplings: spinor.Couplings,
    schedule: Schedule,
    seed: int,
    number: int,
    trajectories: int,
) -> tuple[Moments, Moments]:
    # a block has a stream of its own, the child of the seed with its number, and is always drawn
    # whole, so that the first trajectories do not depend on how many there are
    stream = np.random.SeedSequence(seed, spawn_key=(number,))
    generator = np.random.Generator(np.random.PCG64(stream))
    vectors = wigner.sample(system, BLOCK, generator)
    state = pack(*spinors(vectors, generator.uniform(0, 2 * np.pi, vectors.shape[1:])))
    sites, outputs = [], []
    for step, count, output in zip(schedule.steps, schedule.counts, schedule.outputs, strict=True):
        spinor.advance(state.reshape(system.sites, -1), step, count, couplings, generator)
        if output >= 0:
            symbols = _symbols(state[..., :trajectories], couplings)
            if not all(np.isfinite(symbol).all() for symbol in symbols):
                raise ArithmeticError(
                    "twa.solve: every trajectory must stay finite, one did not "
                    f"(output {output}, block {number}); smaller steps may help"
                )
            sites.append(symbols[0])
            outputs.append(symbols[1])
    return _moments(np.stack(sites)), _moments(np.stack(outputs))


def _symbols(
    state: NDArray[np.float64], couplings: spinor.Couplings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    # (quantities, sites, lanes) and (channels, lanes)
    x, y, z = bloch_vectors(*unpack(state))
    flat = x * x + y * y
    found = np.stack([x, y, z, flat + z, flat + z * z])
    output = np.empty((couplings.rate.size, state.shape[-1]))
    for k, (kind, weight) in enumerate(zip(couplings.kind, couplings.weight, strict=True)):
        if kind == 0:
            output[k] = (weight.real @ z) ** 2
        else:
            # J^-+ J^+- is symmetric up to the ordering term +-Jz
            amplitude = weight @ (x + 1j * kind * y)
            output[k] = abs(amplitude) ** 2 - kind * (abs(weight) ** 2 @ z)
    return found, output


def _moments(samples: NDArray[np.float64]) -> Moments:
    # over the last axis
    mean = samples.mean(axis=-1)
    return Moments(samples.shape[-1], mean, ((samples - mean[..., None]) ** 2).sum(axis=-1))
