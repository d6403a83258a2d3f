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
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball.dataset import assemble
from blochball.moments import MOMENTS
from blochball.support.statistics import Leaf
from blochball.twa import initial
from blochball.twa.driver import Observer
from blochball.twa.lanes import COLUMNS, LANES, TX, TY, Lanes, X, Y, jit, lanes, take, uncounted
from blochball.twa.local import relax
from blochball.twa.noise import FREQUENT, RARE, Stream, variate
from blochball.twa.observers.accumulate import QUANTITIES, VALIDITY, symbols
from blochball.twa.observers.means import VALIDITY_DIMS
from blochball.twa.plan import METHOD, Plan, block_size
from blochball.twa.step import Step, tapped, work
from blochball.twa.sweep import arrival

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHARE = 2  # plain blocks in one of ours: sums over strata are larger than those over lanes
BLOCK = SHARE * block_size(1)
_FULL, _COLUMNS = QUANTITIES, QUANTITIES + len(VALIDITY)
_U = np.uint64
_N = _U(LANES)


def obstacle(plan: Plan) -> str | None:
    """Say why strata do not serve a plan, or return None."""
    system = plan.system
    inverted = system.polarized and all(e.polarization == 1 for e in system.ensembles)
    if plan.fields.axis.any() or not inverted:
        return "it must start fully inverted, without drive and detuning"
    if system.sites != 1 or len(system.jumps) != 1 or not plan.fields.guided or system.couplings:
        return "there must be one ensemble and one collective decay"
    if growth(plan) <= 0:
        return "collective decay must win against local damping"
    return None


def tolerance(size: int, trajectories: int, strata: int) -> float:
    """Return the product of step and rate with which the steps err by half a standard error.

    Measured: while the amplitude grows from sqrt(N) to N, steps shift the burst and err by
    x^2 ln(N) / 31 of the emission; what strata leave of its noise is (0.6 / strata)^2 + 0.7 / N,
    the variance of one trajectory in units of its square.
    """
    noise = math.sqrt(((0.6 / strata) ** 2 + 0.7 / size) / trajectories)
    return math.sqrt(0.5 * noise * 31 / max(math.log(size), 1.0))


@dataclass(frozen=True)
class Sums:
    """What the trajectories add up to, shape (times, strata, NUMBERS); see `add`."""

    numbers: Floats

    def merge(self, other: Sums) -> Sums:
        """Return the sums of both."""
        return Sums(self.numbers + other.numbers)

    @property
    def least(self) -> int:
        """Number of trajectories in the emptiest stratum."""
        return int(self.numbers[..., 0].min())

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


def dataset(
    plan: Plan, strata: int, amplitude: Amplitude, sums: Sums, wall_time: float
) -> xr.Dataset:
    """Return the Dataset of a whole run; every stratum has at least two trajectories."""
    _, mean, within, within_validity = sums.moments()
    chance = amplitude.probabilities(strata)
    value = np.einsum("ts,tsq->tq", chance, mean)[:, None]
    covariance = np.einsum("ts,tsqp->tqp", chance**2, within)[:, None]
    validity = np.einsum("ts,tsq->tq", chance**2, within_validity)[:, None]
    names = (*MOMENTS, *VALIDITY)
    variables: dict[str, Any] = {name: value[..., k] for k, name in enumerate(names)}
    errors = np.sqrt(np.maximum(validity, 0))
    stderr: dict[str, Any] = {name: errors[..., k] for k, name in enumerate(VALIDITY)}
    # L^+ L = |w|^2 J^+ J^-
    share = abs(plan.system.jumps[0].weights[0]) ** 2
    emission = MOMENTS.index("emission")
    variables["output"] = share * value[..., emission]
    return assemble(
        plan.system,
        plan.times,
        variables,
        stderr,
        method=METHOD,
        covariance=covariance,
        output_covariance=share**2 * covariance[..., emission, emission][..., None],
        extra_dims=VALIDITY_DIMS,
        strata=strata,
        seed=plan.seed,
        trajectories=plan.trajectories,
        steps=plan.schedule.total,
        wall_time=wall_time,
    )


# -- the linear amplitude and its distribution ---------------------------------------------------


def growth(plan: Plan) -> float:
    """Rate at which J^+ grows around full inversion."""
    size, decay, dephasing, pump = (column[0] for column in plan.fields.rates)
    gain = plan.fields.guides.gain[0]
    return float(gain * size / 2 - (pump + decay) / 2 - 2 * dephasing)


class Amplitude:
    """The linear amplitude B of a plan: its parts, its variance and its distribution.

    Attributes
    ----------
    turns, locals_ : ndarray
        Weights of the rotations' noise, per unit of omega, and of the local steps' noise, one each.
    rotations : ndarray
        `turns` times the standard deviation of each part of omega's noise.
    variance : ndarray, shape (times,)
        Of Re B, and of Im B, at every output time.
    """

    def __init__(self, plan: Plan) -> None:
        self.schedule, self.size = plan.schedule, plan.fields.rates.size[0]
        self.turns, self.locals_ = self._weights(plan)
        factor = np.hypot(*arrival(plan.fields.guides))
        steps = np.repeat(plan.schedule.steps, plan.schedule.counts)
        self.rotations = self.turns * (plan.fields.strength[0] * factor / np.sqrt(steps))
        turned, local = self._made()
        by_turn = np.concatenate([[0], np.cumsum(self.rotations**2)])[turned]
        by_local = np.concatenate([[0], np.cumsum(self.locals_**2)])[local]
        self.variance: Floats = self.size / 4 + by_turn + by_local

    def _weights(self, plan: Plan) -> tuple[Floats, Floats]:
        rate, rates = growth(plan), [column[0] for column in plan.fields.rates]
        turns, locals_ = [], []
        now = 0.0
        for step, count in zip(plan.schedule.steps, plan.schedule.counts, strict=True):
            if count == 0:
                continue
            middle = now + step * (np.arange(count) + 0.5)
            turns.append(self.size / 2 * step * np.exp(-rate * middle))
            edges = now + step * np.arange(count + 1)
            sigma = np.full(count + 1, relax(*rates, step).sigma)
            sigma[[0, -1]] = relax(*rates, step / 2).sigma
            locals_.append(sigma * np.exp(-rate * edges))
            now += step * count
        return np.concatenate([*turns, []]), np.concatenate([*locals_, []])

    def _made(self) -> tuple[Ints, Ints]:
        """Numbers of rotations and of local steps made up to each output."""
        counts, at = self.schedule.counts, self.schedule.outputs >= 0
        return np.cumsum(counts)[at], np.cumsum(counts + (counts > 0))[at]

    def probabilities(self, strata: int) -> Floats:
        """Exact probabilities of the strata, shape (times, strata).

        Re B and Im B are independent and equal in distribution: a Gaussian plus weighted
        four-valued variates. Their density comes from the characteristic function, a product; the
        probability of |B| < r is an integral over the disc.
        """
        turned, local = self._made()
        # in units of the standard deviation
        reach, points = 12.0, 2048
        u = 2 * np.pi / (2 * reach) * np.arange(points)
        x = np.linspace(0, reach / 2, 2001)
        angle = np.pi / 2 * (np.polynomial.legendre.leggauss(200)[0] + 1) / 2
        share = np.polynomial.legendre.leggauss(200)[1] / 2
        radius = np.sqrt(2 * bounds(strata)[0][:-1])
        found = np.empty((self.variance.size, strata))
        for t, v in enumerate(self.variance):
            # no factor of phi is larger than 1, and past that of the Gaussian it is as good as 0
            first = np.exp(-(u**2) * self.size / 8 / v)
            near = u[first > 1e-18]
            parts = np.concatenate([self.rotations[: turned[t]], self.locals_[: local[t]]])
            phi = first[: near.size] * characteristic(parts / np.sqrt(v), near)
            # P(|X| < x) = (2 / pi) integral of phi(u) sin(u x) / u
            sines = np.sin(np.outer(x, near[1:])) / near[1:]
            cdf = (x + 2 * sines @ phi[1:]) / reach
            # P(|B| < r) = E[P(|Y| < sqrt(r^2 - X^2)); |X| < r], with X = r sin(angle)
            density = np.gradient(cdf, x)
            inner = np.interp(np.outer(radius, np.cos(angle)), x, cdf)
            outer = np.interp(np.outer(radius, np.sin(angle)), x, density)
            disc = share * np.pi / 2 * radius[:, None] * np.cos(angle)
            below = (disc * inner * outer).sum(axis=1)
            found[t] = np.diff(np.concatenate([[0.0], below, [1.0]]))
        return found


def characteristic(parts: Floats, u: Floats) -> Floats:
    """Characteristic function of the sum of weighted four-valued variates."""
    parts = parts[np.abs(parts) > 1e-9]
    found = np.ones(u.size)
    for first in range(0, parts.size, 256):  # at a time: steps may be millions
        w = np.outer(parts[first : first + 256], u)
        found *= (0.25 * np.cos(RARE * w) + 0.75 * np.cos(FREQUENT * w)).prod(axis=0)
    return found


def bounds(strata: int) -> tuple[Floats, Ints]:
    """Return the upper bounds of the strata of x = |B|^2 / (2 variance), and how to find them.

    The strata have equal shares of an exponential distribution, so bounds are further apart than
    1 / strata. The second array holds the stratum of k / strata, for `stratum_of`.
    """
    edges = np.append(-np.log1p(-np.arange(1, strata) / strata), np.inf)
    grid = np.arange(math.ceil(strata * math.log(strata)) + 1) / strata
    return edges, np.searchsorted(edges, grid, side="right")


@jit
def stratum_of(x, edges, first):
    """Return the stratum of x: that of the next lower multiple of 1 / strata, or the next."""
    s = first[min(int(x * edges.size), first.size - 1)]
    return s + (x >= edges[s])


# -- the step: that of one ensemble, with an ear for its noise -------------------------------------


class TappedWork(NamedTuple):
    """Work of the step, and the weights of its noise in the linear amplitude."""

    filled: Floats
    axis: Floats
    strength: Floats
    turning: Floats
    half: Floats
    whole: Floats
    turns: Floats
    locals_: Floats


@jit
def begin(lanes, start, generator):
    """Put a group into the initial state; its linear amplitude, in TX and TY, is J^+."""
    initial.begin(lanes, start, generator)
    row = lanes.state[0]
    for i in range(_N):
        row[i + TX], row[i + TY] = row[i + X], row[i + Y]


@uncounted
def listen(lanes, step, shifts, turns, fields, work):
    """Add to TX, TY what the noise adds to the linear amplitude.

    The noise of Jx, Jy with the weight of a local step, and -i (n1 + i n2) (noise of the jump).
    """
    shift, jump_shift = shifts
    clock = lanes.clock
    by_local = work.locals_[clock[3]]
    clock[3] += 1
    n1, n2 = 0.0, 0.0
    if turns:
        scale = fields.strength[0] / math.sqrt(step) * work.turns[clock[2]]
        clock[2] += 1
        a, b = arrival(fields.guides)
        n1, n2 = scale * a, scale * b
    row, word, jump = lanes.state[0], lanes.site_words[0], lanes.jump_words[0]
    for i in range(_N):
        bits = jump[i] >> jump_shift
        d, e = variate(bits), variate(bits >> _U(3))
        bits = word[i] >> shift
        row[i + TX] += n1 * e + n2 * d + by_local * variate(bits)
        row[i + TY] += n2 * e - n1 * d + by_local * variate(bits >> _U(3))


advance = tapped(listen)


def step_of(plan: Plan, amplitude: Amplitude) -> Step:
    """Return the step of one ensemble that keeps its linear amplitude."""

    def memory(groups: int, generator: np.random.Generator) -> tuple[Lanes, TappedWork]:
        of_step = work(plan.fields)._asdict()
        shared = {name: of_step[name] for name in TappedWork._fields if name in of_step}
        own = TappedWork(**shared, turns=amplitude.turns, locals_=amplitude.locals_)
        return lanes(groups, 1, 1, COLUMNS), own

    return Step(begin, take, advance, plan.fields, memory)


# -- what is looked at ---------------------------------------------------------------------------


class Record(NamedTuple):
    """Sums of all strata, what tells them apart, and room to work.

    Attributes
    ----------
    numbers : ndarray, shape (times, strata, NUMBERS)
    variance : ndarray, shape (times,)
    edges, first : ndarray
        See `bounds`.
    values : ndarray
        Columns of LANES.
    """

    numbers: Floats
    variance: Floats
    edges: Floats
    first: Ints
    values: Floats


# the lower triangle of the products of 1 and MOMENTS, then sum and sum of squares of each VALIDITY
NUMBERS = (_FULL + 1) * (_FULL + 2) // 2 + 2 * len(VALIDITY)


@jit
def add(cell, values, lane):
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
def look(lanes, t, record):
    """Add every lane of a group to its stratum."""
    row = lanes.state[0]
    symbols(row, record.values)
    for i in range(LANES):
        if lanes.mask[i] > 0:
            u, v = row[_U(i) + TX], row[_U(i) + TY]
            x = (u * u + v * v) / (2 * record.variance[t])
            s = stratum_of(x, record.edges, record.first)
            add(record.numbers[t, s], record.values, i)


def observer(plan: Plan, strata: int, amplitude: Amplitude) -> Observer:
    """Return the observer of a plan's strata."""

    def record(trajectories: int) -> Record:
        numbers = np.zeros((plan.times.size, strata, NUMBERS))
        values = np.zeros(_COLUMNS * LANES)
        return Record(numbers, amplitude.variance, *bounds(strata), values)

    def leaf(record: Record, trajectories: int) -> Leaf:
        return (Sums(record.numbers),)

    return Observer(look, record, leaf, Stream.STRATA, BLOCK, together=True)
