"""Fewer trajectories for a superradiant burst: strata of the amplitude that sets its timing.

A burst from full inversion is triggered by the linear amplitude

    B(t) = J^+(0) + sum over the noise up to t, each weighted with exp(-growth * time),

a sum of independent variates with known weights. The distribution of |B|^2 is therefore known
exactly, whatever the trajectories then do, and the mean of anything is sum_j p_j mean_j over strata
j of |B|^2 with their exact probabilities p_j (post-stratification; W. G. Cochran, Sampling
Techniques, 5A.9). The timing jitter, nearly all of the variance of a burst, is gone.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball.dataset import assemble
from blochball.moments import MOMENTS
from blochball.support.checkpoints import WORK, Chunks
from blochball.support.parallel import run_blocks
from blochball.twa import kernels, parts, rows
from blochball.twa.engine import LeftBallError, Task, block_size, seeds_of, start
from blochball.twa.groups import STOPPED
from blochball.twa.observers import means as record
from blochball.twa.observers.means import VALIDITY
from blochball.twa.parts import task_of
from blochball.twa.rows import COLUMNS, FREQUENT, LANES, RARE, STEPS_PER_WORD, TX, TY, X, Y, jit

Floats = NDArray[np.float64]

_STREAM = 3  # first entry of the spawn key; see `engine`
_BLOCKS = 2  # engine blocks in one of ours: sums over strata are larger than those over lanes
BLOCK = _BLOCKS * block_size(1)
_FULL, _COLUMNS = len(MOMENTS), len(MOMENTS) + len(VALIDITY)
_U = np.uint64


def obstacle(task: Task) -> str | None:
    """Say why strata do not serve a task, or return None."""
    system = task.system
    if system.sites != 1 or len(system.jumps) != 1 or not task.fields.guided:
        return "there must be one ensemble and one collective decay"
    if task.fields.axis.any() or system.ensembles[0].polarization != 1:
        return "it must start fully inverted, without drive and detuning"
    if _growth(task) <= 0:
        return "collective decay must win against local damping"
    if task.momenta.size or task.kept.max() >= 0:
        return "correlations and momenta are not kept"
    return None


@dataclass(frozen=True)
class Sums:
    """What the trajectories add up to, shape (times, strata, numbers); see `_add`."""

    numbers: Floats

    def merge(self, other: Sums) -> Sums:
        """Return the sums of both."""
        return Sums(self.numbers + other.numbers)

    def moments(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the count, the means, and squared standard errors within the strata.

        Shapes (times, strata), (times, strata, 7) of MOMENTS and VALIDITY; then the covariances of
        the means of MOMENTS, (times, strata, 5, 5), and the variances of those of VALIDITY, (times,
        strata, 2).
        """
        i, j = np.tril_indices(_FULL + 1)
        products = np.zeros((*self.numbers.shape[:2], _FULL + 1, _FULL + 1))
        products[..., i, j] = products[..., j, i] = self.numbers[..., : i.size]
        n = products[..., 0, 0]
        sums, squares = self.numbers[..., i.size :: 2], self.numbers[..., i.size + 1 :: 2]
        mean = np.concatenate([products[..., 1:, 0], sums], axis=-1) / n[..., None]
        full, validity = mean[..., :_FULL], mean[..., _FULL:]
        spread = (
            products[..., 1:, 1:] / n[..., None, None] - full[..., :, None] * full[..., None, :]
        )
        return (
            n,
            mean,
            spread / (n - 1)[..., None, None],
            (squares / n[..., None] - validity**2) / (n - 1)[..., None],
        )


def chunks(
    planned: xr.Dataset, folder: str | os.PathLike[str], work: int = WORK, *, strata: int
) -> Chunks:
    """Return where such a run keeps its finished chunks; see `parts.chunks`."""
    label = f"strata {strata}"
    return parts.chunks(planned, folder, work, record=Sums, blocks=_BLOCKS, label=label)


def solve(
    planned: xr.Dataset,
    strata: int,
    threads: int,
    progress: bool = False,
    keep: Chunks | None = None,
) -> xr.Dataset:
    """Run a plan with post-stratification; parameters as for `blochball.twa.solve`.

    Raises
    ------
    ValueError
        If the run is not of the kind that strata serve, or a stratum has fewer than two
        trajectories.
    """
    task = task_of(planned)
    trajectories = int(planned.trajectories)
    reason = obstacle(task)
    if reason is not None:
        raise ValueError(f"twa.solve: strata do not serve this run: {reason}")
    weights = _weights(task)
    variance = _variance(task, weights)
    work = partial(_block, task, strata, weights, variance)
    tree = run_blocks(work, trajectories, BLOCK, threads, progress, keep=keep, stop=task.stop)
    (sums,) = tree.total()
    with np.errstate(invalid="ignore", divide="ignore"):
        count, mean, within, within_validity = sums.moments()
    if count.min() < 2:
        raise ValueError(
            f"twa.solve: trajectories must be enough for two in each of {strata} strata, "
            f"got {trajectories}"
        )
    chance = _probabilities(task, weights, variance, strata)
    value = np.einsum("ts,tsq->tq", chance, mean)[:, None]
    covariance = np.einsum("ts,tsqp->tqp", chance**2, within)[:, None]
    validity = np.einsum("ts,tsq->tq", chance**2, within_validity)[:, None]
    names = (*MOMENTS, *VALIDITY)
    variables: dict[str, Any] = {name: value[..., k] for k, name in enumerate(names)}
    errors = np.sqrt(np.maximum(validity, 0))
    stderr: dict[str, Any] = {name: errors[..., k] for k, name in enumerate(VALIDITY)}
    # L^+ L = |w|^2 J^+ J^-
    share = abs(task.system.jumps[0].weights[0]) ** 2
    emission = MOMENTS.index("emission")
    variables["output"] = share * value[..., emission]
    return assemble(
        task.system,
        task.times,
        variables,
        stderr,
        method="twa.ball",
        covariance=covariance,
        output_covariance=share**2 * covariance[..., emission, emission][..., None],
        extra_dims=dict.fromkeys(VALIDITY, ("time", "site")),
        strata=strata,
        seed=task.seed,
        trajectories=trajectories,
        steps=int(task.schedule.counts.sum()),
    )


# -- the linear amplitude and its distribution ---------------------------------------------------


def _growth(task: Task) -> float:
    """Rate at which J^+ grows around full inversion."""
    size, decay, dephasing, pump = task.local[:, 0]
    return float(task.fields.guides[0, 0] * size / 2 - (pump + decay) / 2 - 2 * dephasing)


def _weights(task: Task) -> tuple[Floats, Floats]:
    """Weights of the rotations' noise, per unit of omega, and of the local steps' noise."""
    growth = _growth(task)
    size = task.local[0, 0]
    turns, locals_ = [], []
    coefficients = np.empty(8)
    now = 0.0
    for step, count in zip(task.schedule.steps, task.schedule.counts, strict=True):
        if count == 0:
            continue
        middle = now + step * (np.arange(count) + 0.5)
        turns.append(size / 2 * step * np.exp(-growth * middle))
        edges = now + step * np.arange(count + 1)
        durations = np.full(count + 1, step)
        durations[[0, -1]] /= 2
        sigma = []
        for duration in (step / 2, step):
            kernels.local_coefficients(*task.local[:, 0], duration, coefficients)
            sigma.append(coefficients[1])
        locals_.append(np.where(durations < step, sigma[0], sigma[1]) * np.exp(-growth * edges))
        now += step * count
    return np.concatenate([*turns, []]), np.concatenate([*locals_, []])


def _noise_scale(task: Task) -> Floats:
    """Return the standard deviation of each part of omega's noise in every rotation."""
    factor = np.hypot(*kernels.arrival(task.fields.guides[0]))
    steps = np.repeat(task.schedule.steps, task.schedule.counts)
    return np.asarray(task.fields.noise[0] * factor / np.sqrt(steps))


def _bounds(strata: int) -> tuple[Floats, NDArray[np.int64]]:
    """Return the upper bounds of the strata of x = |B|^2 / (2 variance), and how to find them.

    The strata have equal shares of an exponential distribution, so bounds are further apart than
    1 / strata. The second array holds the stratum of k / strata, for `_stratum`.
    """
    edges = np.append(-np.log1p(-np.arange(1, strata) / strata), np.inf)
    grid = np.arange(math.ceil(strata * math.log(strata)) + 1) / strata
    return edges, np.searchsorted(edges, grid, side="right")


@jit
def _stratum(x, edges, first):
    """Return the stratum of x: that of the next lower multiple of 1 / strata, or the next."""
    s = first[min(int(x * edges.size), first.size - 1)]
    return s + (x >= edges[s])


def _served(task: Task) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of rotations and of local steps made up to each output."""
    counts = task.schedule.counts
    done = np.cumsum(counts), np.cumsum(counts + (counts > 0))
    at = task.schedule.outputs >= 0
    return done[0][at], done[1][at]


def _variance(task: Task, weights: tuple[Floats, Floats]) -> Floats:
    """Variance of Re B (and of Im B) at every output time."""
    turns, locals_ = weights
    made = _served(task)
    by_turn = np.concatenate([[0], np.cumsum((turns * _noise_scale(task)) ** 2)])[made[0]]
    by_local = np.concatenate([[0], np.cumsum(locals_**2)])[made[1]]
    return np.asarray(task.local[0, 0] / 4 + by_turn + by_local)


def _probabilities(
    task: Task, weights: tuple[Floats, Floats], variance: Floats, strata: int
) -> Floats:
    """Exact probabilities of the strata, shape (times, strata).

    Re B and Im B are independent and equal in distribution: a Gaussian plus weighted four-valued
    variates. Their density comes from the characteristic function, a product; the probability of
    |B| < r is an integral over the disc.
    """
    turns, locals_ = weights
    every = turns * _noise_scale(task)
    made = _served(task)
    # in units of the standard deviation
    reach, points = 12.0, 2048
    u = 2 * np.pi / (2 * reach) * np.arange(points)
    x = np.linspace(0, reach / 2, 2001)
    angle = np.pi / 2 * (np.polynomial.legendre.leggauss(200)[0] + 1) / 2
    share = np.polynomial.legendre.leggauss(200)[1] / 2
    radius = np.sqrt(2 * _bounds(strata)[0][:-1])
    found = np.empty((task.times.size, strata))
    for t, v in enumerate(variance):
        # no factor of phi is larger than 1, and past that of the Gaussian it is as good as 0
        initial = np.exp(-(u**2) * task.local[0, 0] / 8 / v)
        near = u[initial > 1e-18]
        parts = np.concatenate([every[: made[0][t]], locals_[: made[1][t]]]) / np.sqrt(v)
        parts = parts[np.abs(parts) > 1e-9]
        phi = initial[: near.size].copy()
        for first in range(0, parts.size, 256):  # at a time: steps may be millions
            w = np.outer(parts[first : first + 256], near)
            phi *= (0.25 * np.cos(RARE * w) + 0.75 * np.cos(FREQUENT * w)).prod(axis=0)
        # P(|X| < x) = (2 / pi) integral of phi(u) sin(u x) / u
        sines = np.sin(np.outer(x, near[1:])) / near[1:]
        cdf = (x + 2 * sines @ phi[1:]) / reach
        # P(|B| < r) = E[P(|Y| < sqrt(r^2 - X^2)); |X| < r], with X = r sin(angle)
        density = np.gradient(cdf, x)
        inner = np.interp(np.outer(radius, np.cos(angle)), x, cdf)
        outer = np.interp(np.outer(radius, np.sin(angle)), x, density)
        below = (share * np.pi / 2 * radius[:, None] * np.cos(angle) * inner * outer).sum(axis=1)
        found[t] = np.diff(np.concatenate([[0.0], below, [1.0]]))
    return found


# -- trajectories --------------------------------------------------------------------------------


def _block(
    task: Task,
    strata: int,
    weights: tuple[Floats, Floats],
    variance: Floats,
    block: int,
    trajectories: int,
) -> tuple[Sums, ...]:
    numbers = np.zeros((task.times.size, strata, _NUMBERS))
    generator = start(task.system, task.seed, (_STREAM, block))
    t = _run(
        # of a whole block, so that the first trajectories do not depend on how many there are
        seeds_of(generator, BLOCK // LANES),
        generator,
        task.cloud,
        trajectories,
        (task.schedule.steps, task.schedule.counts, task.schedule.outputs),
        task.local,
        tuple(task.fields),
        weights,
        variance,
        _bounds(strata),
        task.limit[0],
        numbers,
        task.stop,
    )
    if t == STOPPED:
        raise CancelledError
    if t >= 0:
        raise LeftBallError(
            "twa.solve: every trajectory must stay finite and near the Bloch ball, one did "
            f"not at time {task.times[t]:g}, site 0 (block {block}); smaller steps may help"
        )
    return (Sums(numbers),)


# the lower triangle of the products of 1 and MOMENTS, then sum and sum of squares of each VALIDITY
_NUMBERS = (_FULL + 1) * (_FULL + 2) // 2 + 2 * len(VALIDITY)


@jit
def _add(cell, values, lane):
    """Add one lane to the numbers of its stratum."""
    cell[0] += 1
    k = 1
    for q in range(_FULL):
        value = values[q * LANES + lane]
        cell[k] += value
        k += 1
        for p in range(q + 1):
            cell[k] += value * values[p * LANES + lane]
            k += 1
    for q in range(_FULL, _COLUMNS):
        value = values[q * LANES + lane]
        cell[k] += value
        cell[k + 1] += value * value
        k += 2


@jit
def _segment(row, random, words, clock, tables, step, count, fields, turns, locals_):
    """Make `count` steps, and add to TX, TY what their noise adds to the linear amplitude.

    `turns` and `locals_` begin with the weights of the noise of these steps.
    """
    half, whole = tables[0], tables[1]
    strength, gain = fields[1][0], fields[6][0, 0]
    a, b = kernels.arrival(fields[6][0])
    site_words, jump_words = words[:1], words[1:]
    word, jump = words[0], words[1]
    shift = kernels.refresh(random, site_words, clock, 0, rows.ALL)
    rows.amplitude(row, word, shift, locals_[0], jump, shift, 0.0, 0.0)
    rows.local(row, word, shift, half, rows.ALL)
    h, scale = 0.5 * step, strength / math.sqrt(step)
    for n in range(count):
        jump_shift = kernels.refresh(random, jump_words, clock, 1, rows.ALL)
        shift = kernels.refresh(random, site_words, clock, 0, rows.ALL)
        n1, n2 = scale * turns[n] * a, scale * turns[n] * b
        rows.amplitude(row, word, shift, locals_[n + 1], jump, jump_shift, n1, n2)
        n1, n2 = h * scale * a, h * scale * b
        rows.single_axis(row, jump, jump_shift, h * gain, 0.0, 0.0, n1, n2)
        rows.turn_planar(row, rows.ALL)
        rows.local(row, word, shift, whole if n < count - 1 else half, rows.ALL)


@jit
def _run(
    seeds, generator, cloud, trajectories, schedule, local, fields, weights, variance, bounds,
    limit, numbers, stop,
):  # fmt: skip
    """Run a block; return the output at which a trajectory left the ball, -1, or STOPPED.

    All groups of lanes go from output to output together: the numbers of one output time stay in
    the cache, those of all would not.
    """
    steps, counts, outputs = schedule
    edges, first = bounds
    groups = -(-trajectories // LANES)
    states = np.zeros((groups, COLUMNS * LANES))
    words = np.zeros((groups, 2, LANES), np.uint64)
    clocks = np.full((groups, 2), STEPS_PER_WORD)
    values, tables = np.zeros(_COLUMNS * LANES), np.zeros((2, 1, 8))
    for g in range(groups):
        row = states[g]
        kernels.sample(states[g : g + 1], generator, cloud)
        for i in range(LANES):
            row[_U(i) + TX], row[_U(i) + TY] = row[_U(i) + X], row[_U(i) + Y]
    turn, step_local = 0, 0
    for k in range(steps.size):
        step, count, t = steps[k], counts[k], outputs[k]
        kernels.local_table(local, 0.5 * step, tables[0])
        kernels.local_table(local, step, tables[1])
        for g in range(groups):
            if stop[0]:
                return STOPPED
            row = states[g]
            if count > 0:
                _segment(
                    row, seeds[g], words[g], clocks[g], tables[:, 0], step, count, fields,
                    weights[0][turn:], weights[1][step_local:],
                )  # fmt: skip
            if t < 0:
                continue
            record.weyl(row, values)
            for i in range(min(LANES, trajectories - g * LANES)):
                if not (values[4 * LANES + i] <= limit):
                    return t
                u, v = row[_U(i) + TX], row[_U(i) + TY]
                s = _stratum((u * u + v * v) / (2 * variance[t]), edges, first)
                _add(numbers[t, s], values, i)
        if count > 0:
            turn += count
            step_local += count + 1
    return -1
