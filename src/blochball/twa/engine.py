"""Blocks of trajectories over threads, and their sums.

A block is some groups of LANES trajectories and has one stream of random numbers, the child of the
seed with the block's number. Blocks are independent and their moments are merged along a tree over
the block number, so the result depends on neither threads nor chunks.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blochball.support.parallel import run_blocks
from blochball.support.statistics import Moments, Tree
from blochball.system import System
from blochball.twa import initial as wigner
from blochball.twa.fields import Fields
from blochball.twa.groups import STOPPED
from blochball.twa.groups import run as run_groups
from blochball.twa.observers.means import QUANTITIES, VALIDITY
from blochball.twa.rows import LANES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BLOCKS, _PILOT = 0, 1  # first entry of the spawn key: what a stream is for


def block_size(sites: int) -> int:
    """Return how many trajectories make a block.

    So many that beginning and ending a block costs little beside its steps, which for few ensembles
    takes more of them. A block is the work of one thread: fewer trajectories use no second one.
    """
    return LANES * max(8, 32 >> (sites - 1).bit_length())


class LeftBallError(ArithmeticError):
    """A trajectory met a number that is not finite, or left the Bloch ball."""


@dataclass(frozen=True)
class Schedule:
    """Steps of a run: segment k makes counts[k] steps of length steps[k].

    outputs[k] is the index of the output time at its end, or -1.
    """

    steps: Floats
    counts: Ints
    outputs: Ints


@dataclass(frozen=True)
class Task:
    """All that a block needs to know besides its number.

    `kept` holds for every output time its index among those whose correlations are kept, or -1.
    `stop` is for `parallel.run_blocks`: blocks under way end soon after it is set.
    """

    system: System
    fields: Fields
    seed: int
    times: Floats
    schedule: Schedule
    kept: Ints
    momenta: Floats
    stop: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(1, bool))

    @property
    def block(self) -> int:
        """See `block_size`."""
        return block_size(self.system.sites)

    @cached_property
    def local(self) -> Floats:
        """See `local_rates`."""
        return local_rates(self.system)

    @cached_property
    def cloud(self) -> Floats:
        """See `wigner.clouds`."""
        return wigner.clouds(self.system)

    @cached_property
    def rotation(self) -> tuple[tuple[Any, ...], bool]:
        """`fields` as the kernels want them, and whether they are guided."""
        return tuple(self.fields), self.fields.guided

    @cached_property
    def limit(self) -> Floats:
        """|J|^2 above which a trajectory is lost: far outside the ball, with room for its noise."""
        size = self.system.column("size")
        return np.asarray((size / 2 + 10 * np.sqrt(size) + 10) ** 2)

    @cached_property
    def probes(self) -> tuple[Floats, ...]:
        """Coefficients of the symbols of L^+ L of every jump; see `record.probe`."""
        shape = (len(self.system.jumps), self.system.sites)
        w = np.array([j.weights for j in self.system.jumps], complex).reshape(shape)
        order = {"decay": 1.0, "dephasing": 0.0, "pump": -1.0}
        sign = np.array([order[j.kind] for j in self.system.jumps])[:, None].reshape(-1, 1)
        # |sum w^* J^+|^2 for decay, |sum w J^+|^2 for pump
        flip = np.where(sign > 0, w.conj(), w) * abs(sign)
        along = np.where(sign == 0, w.real, 0.0)
        return _contiguous(flip.real, flip.imag, sign * abs(w) ** 2, along)

    @cached_property
    def wave_probes(self) -> tuple[Floats, ...]:
        """Coefficients of the symbol of S(p) = sum_kl exp(i p (k - l)) <J_k^+ J_l^->."""
        wave = np.exp(1j * np.outer(self.momenta, np.arange(self.system.sites)))
        ones = np.ones(wave.shape)
        return _contiguous(wave.real, wave.imag, ones, 0 * ones)


def local_rates(system: System) -> Floats:
    """Sizes and local rates as the kernels want them, shape (4, sites)."""
    return np.stack([system.column(n) for n in ("size", "decay", "dephasing", "pump")])


def start(system: System, seed: int, key: tuple[int, ...]) -> np.random.Generator:
    """Return the stream of a block, (0, block), or of the pilot, (1,)."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def seeds_of(generator: np.random.Generator, groups: int) -> NDArray[np.uint64]:
    """Draw states of the lanes' generators, a row for each group."""
    raw = generator.bit_generator.random_raw(groups * 2 * LANES)
    return np.asarray(raw, np.uint64).reshape(groups, 2 * LANES)


def initial_groups(
    system: System, groups: int, generator: np.random.Generator
) -> Iterator[tuple[Floats, NDArray[np.uint64]]]:
    """Draw groups of lanes: the state as the kernels want it, and the state of its generators.

    From the stream of a block these are the groups of `groups.run`.
    """
    cloud = wigner.clouds(system)
    for random in seeds_of(generator, groups):
        yield wigner.group(cloud, generator), random


def run_block(task: Task, block: int, trajectories: int) -> tuple[Moments, ...]:
    """Run the first `trajectories` (at most all) of a block.

    Returns
    -------
    tuple of Moments
        Of dataset.MOMENTS (times, sites, 5) and VALIDITY (times, sites, 2), of the outputs (times,
        channels), the structure factor (times, momenta) and the correlations (kept, sites, sites,
        2: real and imaginary part).

    Raises
    ------
    LeftBallError
        Naming time and site.
    CancelledError
        If `task.stop` was set meanwhile.
    """
    sites, times = task.system.sites, task.times.size
    channels, waves, kept = len(task.system.jumps), task.momenta.size, int(task.kept.max()) + 1
    q, v = QUANTITIES, len(VALIDITY)
    site = _sums((times, sites, q + v), (times, sites, q, q))
    validity = np.zeros((times, sites, v, 1))
    output = _sums((times, channels), (times, channels, channels))
    wave = _sums((times, waves), (times, waves, 1))
    correlations = np.zeros((kept, sites, sites, 4))
    generator = start(task.system, task.seed, (_BLOCKS, block))
    failed = run_groups(
        # of a whole block, so that the first trajectories do not depend on how many there are
        seeds_of(generator, task.block // LANES),
        generator,
        task.cloud,
        trajectories,
        (task.schedule.steps, task.schedule.counts, task.schedule.outputs),
        task.local,
        *task.rotation,
        task.probes,
        task.limit,
        (*site, validity),
        output,
        task.wave_probes,
        wave,
        task.kept,
        correlations,
        task.stop,
    )
    if failed[0] == STOPPED:
        raise CancelledError
    if failed[0] >= 0:
        raise LeftBallError(
            "twa.solve: every trajectory must stay finite and near the Bloch ball, one did "
            f"not at time {task.times[failed[0]]:g}, site {failed[1]} (block {block}); "
            "smaller steps may help"
        )
    n = trajectories
    reference, sums, products = site
    return (
        _moments(n, reference[..., :q], sums[..., :q], products),
        _moments(n, reference[..., q:], sums[..., q:], validity),
        _moments(n, *output),
        _moments(n, *wave),
        Moments(
            n,
            correlations[..., :2] / n,
            np.maximum(correlations[..., 2:] - correlations[..., :2] ** 2 / n, 0),
        ),
    )


def run(
    task: Task, trajectories: int, threads: int, progress: bool = False, first: int = 0
) -> Tree:
    """Run trajectories in blocks `first`, `first` + 1, ... over threads, merged in that order."""
    work = partial(run_block, task)
    return run_blocks(work, trajectories, task.block, threads, progress, first, stop=task.stop)


def _contiguous(*arrays: Floats) -> tuple[Floats, ...]:
    return tuple(np.ascontiguousarray(array) for array in arrays)


def _sums(shape: tuple[int, ...], products: tuple[int, ...]) -> tuple[Floats, Floats, Floats]:
    return np.zeros(shape), np.zeros(shape), np.zeros(products)


def _moments(count: int, reference: Floats, sums: Floats, products: Floats) -> Moments:
    """Turn sums of deviations from a reference into moments; `products` may hold squares only."""
    mean = reference + sums / count
    if products.shape[-1] == 1 and products.shape[-2] != 1:
        return Moments(count, mean, np.maximum(products[..., 0] - sums**2 / count, 0))
    return Moments(count, mean, products - sums[..., :, None] * sums[..., None, :] / count)
