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
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball.chunks import WORK, Chunks
from blochball.dataset import MOMENTS, assemble
from blochball.parallel import run_blocks
from blochball.twa import kernels, parts, record, rows
from blochball.twa.engine import GROUPS, LeftBallError, Task, initial_groups, start
from blochball.twa.parts import task_of
from blochball.twa.record import VALIDITY
from blochball.twa.rows import FREQUENT, LANES, RARE, TX, TY, X, Y, jit

Floats = NDArray[np.float64]

_STREAM = 3  # first entry of the spawn key; see `engine`
_BLOCKS = 8  # engine blocks in one of ours: sums over strata are larger than those over lanes
BLOCK = _BLOCKS * GROUPS * LANES
_COLUMNS = len(MOMENTS) + len(VALIDITY)
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
    """Counts, sums and sums of products by output time and stratum."""

    count: Floats
    total: Floats
    product: Floats

    def merge(self, other: Sums) -> Sums:
        """Return the sums of both."""
        return Sums(
            self.count + other.count, self.total + other.total, self.product + other.product
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
    (sums,) = run_blocks(work, trajectories, BLOCK, threads, progress, keep=keep).total()
    if sums.count.min() < 2:
        raise ValueError(
            f"twa.solve: trajectories must be enough for two in each of {strata} strata, "
            f"got {trajectories}"
        )
    chance = _probabilities(task, weights, variance, strata)
    n = sums.count[..., None]
    mean = sums.total / n
    within = sums.product - n[..., None] * mean[..., :, None] * mean[..., None, :]
    within /= (n * (n - 1))[..., None]
    value = np.einsum("ts,tsq->tq", chance, mean)[:, None]
    covariance = np.einsum("ts,tsqp->tqp", chance**2, within)[:, None]
    q = len(MOMENTS)
    variables: dict[str, Any] = {name: value[..., k] for k, name in enumerate(MOMENTS)}
    stderr: dict[str, Any] = {}
    for k, name in enumerate(VALIDITY, start=q):
        variables[name] = value[..., k]
        stderr[name] = np.sqrt(np.maximum(covariance[..., k, k], 0))
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
        covariance=covariance[..., :q, :q],
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
    radius = np.sqrt(-2 * np.log1p(-np.arange(1, strata) / strata))
    found = np.empty((task.times.size, strata))
    for t, v in enumerate(variance):
        parts = np.concatenate([every[: made[0][t]], locals_[: made[1][t]]]) / np.sqrt(v)
        parts = parts[np.abs(parts) > 1e-9]
        phi = np.exp(-(u**2) * task.local[0, 0] / 8 / v)
        for w in parts:
            phi = phi * (0.25 * np.cos(RARE * w * u) + 0.75 * np.cos(FREQUENT * w * u))
        used = np.abs(phi) > 1e-18
        # P(|X| < x) = (2 / pi) integral of phi(u) sin(u x) / u
        sines = np.sin(np.outer(x, u[used][1:])) / u[used][1:]
        cdf = (x + 2 * sines @ phi[used][1:]) / reach
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
    shape = (task.times.size, strata)
    count, total = np.zeros(shape), np.zeros((*shape, _COLUMNS))
    product = np.zeros((*shape, _COLUMNS, _COLUMNS))
    schedule = (task.schedule.steps, task.schedule.counts, task.schedule.outputs)
    generator = start(task.system, task.seed, (_STREAM, block))
    groups = initial_groups(task.system, _BLOCKS * GROUPS, generator)
    for first, (state, seeds) in zip(range(0, trajectories, LANES), groups, strict=False):
        t = _run(
            state,
            seeds,
            schedule,
            task.local,
            tuple(task.fields),
            weights,
            variance,
            task.limit[0],
            min(LANES, trajectories - first),
            count,
            total,
            product,
        )
        if t >= 0:
            raise LeftBallError(
                "twa.solve: every trajectory must stay finite and near the Bloch ball, one did "
                f"not at time {task.times[t]:g}, site 0 (block {block}); smaller steps may help"
            )
    # the kernel fills the lower triangle
    product += np.swapaxes(np.tril(product, -1), -1, -2)
    return (Sums(count, total, product),)


@jit
def _run(
    state, random, schedule, local, fields, weights, variance, limit, lanes, count, total, product
):
    """Run one group of lanes; return the output at which one left the ball, or -1."""
    strength, guide = fields[1][0], fields[6][0]
    a, b = kernels.arrival(guide)
    turns, locals_ = weights
    steps, counts, outputs = schedule
    strata = count.shape[1]
    words, clock, work = kernels.scratch(1, 1)
    half, whole, _, _ = work
    values = np.zeros(_COLUMNS * LANES)
    row, word, jump = state[0], words[0][0], words[1][0]
    for i in range(LANES):
        row[_U(i) + TX] = row[_U(i) + X]
        row[_U(i) + TY] = row[_U(i) + Y]
    turn, step_local = 0, 0
    for k in range(steps.size):
        if counts[k] > 0:
            kernels.local_table(local, 0.5 * steps[k], half)
            kernels.local_table(local, steps[k], whole)
            shift = kernels.refresh(random, words[0], clock, 0)
            rows.amplitude(row, word, shift, locals_[step_local], jump, shift, 0.0, 0.0)
            rows.local(row, word, shift, half[0])
            step_local += 1
        h = 0.5 * steps[k]
        for n in range(counts[k]):
            jump_shift = kernels.refresh(random, words[1], clock, 1)
            shift = kernels.refresh(random, words[0], clock, 0)
            scale = strength / math.sqrt(steps[k])
            n1, n2 = scale * turns[turn] * a, scale * turns[turn] * b
            rows.amplitude(row, word, shift, locals_[step_local], jump, jump_shift, n1, n2)
            table = whole[0] if n < counts[k] - 1 else half[0]
            n1, n2 = h * scale * a, h * scale * b
            rows.single(row, word, shift, table, jump, jump_shift, h * guide[0], 0.0, 0.0, n1, n2)
            turn += 1
            step_local += 1
        t = outputs[k]
        if t < 0:
            continue
        record.weyl(row, values)
        for i in range(lanes):
            if not (values[4 * LANES + i] <= limit):
                return t
            u, v = row[_U(i) + TX], row[_U(i) + TY]
            s = min(int(-strata * np.expm1(-(u * u + v * v) / (2 * variance[t]))), strata - 1)
            count[t, s] += 1
            for q in range(_COLUMNS):
                value = values[q * LANES + i]
                total[t, s, q] += value
                for p in range(q + 1):
                    product[t, s, q, p] += value * values[p * LANES + i]
    return -1
