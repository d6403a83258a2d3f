"""Two times: copies of each trajectory, turned at the first and advanced with the same noise.

In phase space <A(t + tau) B(t)> is the mean of the product of symbols and, from the commutator,
half the response of A at t + tau to a turn at t with B as Hamiltonian (docs/derivation.md)::

    <A(t + tau) B(t)> = E[ A(t + tau) B(t) ] + (i/2) E[ {A(t + tau), B(t)} ]

So each trajectory has three copies. At t two are turned by L = sum_l w_l J_l^-, forth and back, the
other by the recoil of a photon that is emitted into L; site l by a small angle about
(Re q_l, Im q_l, 0)::

    q_l = +- exp(i theta) w_l         q_l = +- i conj(L) w_l / |L|

For L, which is not Hermitian, theta is one of 0, pi/2, pi, 3 pi/2. Both signs of the recoil are
taken by different lanes, so that what is quadratic in it averages out. In the second order what is
quadratic in a turn by L belongs to the answer: it is the second difference of the two copies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.support.statistics import Leaf, Moments
from blochball.twa import initial
from blochball.twa.driver import Observer
from blochball.twa.lanes import LANES, Lanes, X, Y, Z, copy, jit, lanes, take
from blochball.twa.noise import Stream
from blochball.twa.plan import Plan
from blochball.twa.schedule import Schedule
from blochball.twa.step import Step

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_U = np.uint64
_N = _U(LANES)
COPIES = 4  # the trajectory itself, turned by L, turned by recoil, turned by -L
SPLIT = 3  # counter of `Lanes.clock`: whether the copies are under way
TURN = 1e-3  # angle of a turn where the weight is largest


class Work(NamedTuple):
    """Work of the step of one copy, and the random numbers that every copy begins with."""

    inner: Any
    random: NDArray[np.uint64]
    site_words: NDArray[np.uint64]
    jump_words: NDArray[np.uint64]


class Record(NamedTuple):
    """Sums over the origins of each trajectory, and what tells so.

    Attributes
    ----------
    samples : ndarray, shape (3 delays + 5, trajectories)
        Real and imaginary part of the first order, second order, at every delay; intensity; real
        and imaginary part of L; intensity of the first half of the origins and of the others.
    spread : ndarray, shape (delays, 2)
        Sums of |L' - L|^2, the worst of the copies, and of |L|^2.
    ends : ndarray of int, shape (times, 2)
        Delay that an output time is at, and from which origin; -1 for none.
    begins : ndarray of int, shape (times,)
        Origin that begins there, or -1.
    weights : ndarray, shape (sites, 2)
    turn : float
        Angle, for a weight of one.
    origins : int
    zero : bool
        Whether the first delay is zero.
    fields : ndarray, shape (COPIES + 1, 3, LANES)
        Real and imaginary part of L and the symbol of L^+ L: of each copy, and at the origin.
    """

    samples: Floats
    spread: Floats
    ends: Ints
    begins: Ints
    weights: Floats
    turn: float
    origins: int
    zero: bool
    fields: Floats


# -- the step ------------------------------------------------------------------------------------


@jit
def one(lanes, c):
    """Return one of the copies."""
    sites = lanes.site_words.shape[0]
    rows = lanes.state[c * sites : (c + 1) * sites]
    return Lanes(
        rows,
        rows,
        lanes.random,
        lanes.site_words,
        lanes.jump_words,
        lanes.clock,
        lanes.mask,
        lanes.number,
    )


@jit
def begin(lanes, start, generator):
    """Put the trajectory itself into the initial state."""
    initial.begin(one(lanes, 0), start, generator)
    lanes.clock[SPLIT] = 0


@jit
def copy_rows(source, out):
    """Copy an array of rows."""
    for k in range(source.shape[0]):
        copy(source[k], out[k])


@cache
def together(advance: Any) -> Any:
    """Compile a step that moves every copy with the same noise, given that of one."""

    @jit
    def advance_copies(lanes, step, count, numbers, work):
        """Make `count` steps of the trajectory, and of its copies where they are under way."""
        copy(lanes.random, work.random)
        copy_rows(lanes.site_words, work.site_words)
        copy_rows(lanes.jump_words, work.jump_words)
        first, second = lanes.clock[0], lanes.clock[1]
        advance(one(lanes, 0), step, count, numbers, work.inner)
        if lanes.clock[SPLIT] == 1:
            for c in range(1, COPIES):
                copy(work.random, lanes.random)
                copy_rows(work.site_words, lanes.site_words)
                copy_rows(work.jump_words, lanes.jump_words)
                lanes.clock[0], lanes.clock[1] = first, second
                advance(one(lanes, c), step, count, numbers, work.inner)

    return advance_copies


def copied(plan: Plan) -> Step:
    """Return the step that moves each trajectory and its copies."""
    step, sites, jumps = plan.step, plan.system.sites, len(plan.system.jumps)
    numbers = step.numbers._replace(limit=np.tile(step.numbers.limit, COPIES))

    def memory(groups: int, generator: np.random.Generator) -> tuple[Lanes, Work]:
        single, inner = step.memory(1, generator)
        random, words = single.random[0], (single.site_words[0], single.jump_words[0])
        columns = single.state.shape[-1] // LANES
        return lanes(groups, sites, jumps, columns, copies=COPIES), Work(inner, random, *words)

    return Step(begin, take, together(step.advance), numbers, memory)


# -- what is looked at ---------------------------------------------------------------------------


@jit
def measure(rows, weights, field):
    """Fill the rows of a field with Re L, Im L and the symbol of L^+ L."""
    re, im, flux = field[0], field[1], field[2]
    for i in range(_N):
        re[i], im[i], flux[i] = 0.0, 0.0, 0.0
    for l in range(rows.shape[0]):
        row, a, b = rows[l], weights[l, 0], weights[l, 1]
        for i in range(_N):
            re[i] += a * row[i + X] + b * row[i + Y]
            im[i] += b * row[i + X] - a * row[i + Y]
            flux[i] += (a * a + b * b) * row[i + Z]
    for i in range(_N):
        flux[i] += re[i] * re[i] + im[i] * im[i]


@jit
def turned_by(row, out, i, a, b):
    """Put lane i of a row, turned by the small vector (2 a, 2 b, 0), into another row."""
    u, v, w = row[i + X], row[i + Y], row[i + Z]
    p, q, r = u + b * w, v - a * w, w + a * v - b * u
    f = 2 / (1 + a * a + b * b)
    out[i + X] = u + f * b * r
    out[i + Y] = v - f * a * r
    out[i + Z] = w + f * (a * q - b * p)


@jit
def phase(i, origin):
    """Return cos and sin of theta for a lane: one of four, each as often as can be."""
    quarter = (i + origin) & 3
    return (1 - quarter) % 2 * (1 - quarter), (2 - quarter) % 2 * (2 - quarter)


@jit
def split(lanes, origin, record):
    """Begin a new origin: note L and make the copies."""
    sites, weights, begun = lanes.site_words.shape[0], record.weights, record.fields[COPIES]
    measure(one(lanes, 0).vectors, weights, begun)
    samples, share = record.samples, 1.0 / record.origins
    intensity = samples.shape[0] - 5
    half = intensity + (3 if 2 * origin < record.origins else 4)
    first = lanes.number * LANES
    for i in range(min(LANES, samples.shape[1] - first)):
        samples[intensity, first + i] += share * begun[2, i]
        samples[intensity + 1, first + i] += share * begun[0, i]
        samples[intensity + 2, first + i] += share * begun[1, i]
        samples[half, first + i] += share * begun[2, i]
    small = 0.5 * record.turn
    for l in range(sites):
        row, a, b = lanes.state[l], small * weights[l, 0], small * weights[l, 1]
        forth, by_recoil = lanes.state[sites + l], lanes.state[2 * sites + l]
        back = lanes.state[3 * sites + l]
        for i in range(LANES):
            c, s = phase(i, origin)
            turned_by(row, forth, i, c * a - s * b, c * b + s * a)
            turned_by(row, back, i, s * b - c * a, -c * b - s * a)
            # sign times i conj(L) / |L|
            size = (c + s) * math.hypot(begun[0, i], begun[1, i])
            inverse = 1.0 / size if size != 0.0 else 0.0
            c, s = inverse * begun[1, i], inverse * begun[0, i]
            turned_by(row, by_recoil, i, c * a - s * b, c * b + s * a)
    lanes.clock[SPLIT] = 1


@jit
def compare(lanes, delay, origin, record):
    """Add what the trajectory and its copies show at a delay."""
    samples, fields = record.samples, record.fields
    for c in range(COPIES):
        measure(one(lanes, c).vectors, record.weights, fields[c])
    now, forth, by_recoil, back, begun = fields[0], fields[1], fields[2], fields[3], fields[4]
    share, slope, delays = 1.0 / record.origins, 1.0 / record.turn, record.spread.shape[0]
    first = lanes.number * LANES
    for i in range(min(LANES, samples.shape[1] - first)):
        re, im, re0, im0 = now[0, i], now[1, i], begun[0, i], begun[1, i]
        dre, dim = 0.5 * (forth[0, i] - back[0, i]), 0.5 * (forth[1, i] - back[1, i])
        c, s = phase(i, origin)
        # conj(L) L_0 + i exp(-i theta) conj(L' - L'') / (2 turn)
        x, y = slope * (s * dre + c * dim), slope * (c * dre - s * dim)
        samples[delay, first + i] += share * (re * re0 + im * im0 + x)
        samples[delays + delay, first + i] += share * (re * im0 - im * re0 + y)
        recoil = (c + s) * slope * math.hypot(re0, im0) * (by_recoil[2, i] - now[2, i])
        bent = 0.5 * slope * slope * (forth[2, i] + back[2, i] - 2 * now[2, i])
        samples[2 * delays + delay, first + i] += share * (now[2, i] * begun[2, i] + recoil + bent)
        a, b = by_recoil[0, i] - re, by_recoil[1, i] - im
        record.spread[delay, 0] += max(dre * dre + dim * dim, a * a + b * b)
        record.spread[delay, 1] += re * re + im * im


@jit
def look(lanes, t, record):
    """End a delay, begin an origin, or both."""
    begins = record.begins[t]
    if record.ends[t, 0] >= 0:
        compare(lanes, record.ends[t, 0], record.ends[t, 1], record)
    if begins >= 0:
        split(lanes, begins, record)
        if record.zero:
            compare(lanes, 0, begins, record)


# -- a run ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outputs:
    """Output times of a run with several origins, and what each is for.

    Attributes
    ----------
    times : ndarray, shape (times,)
    ends : ndarray of int, shape (times, 2)
    begins : ndarray of int, shape (times,)
        See `Record`.
    """

    times: Floats
    ends: Ints
    begins: Ints

    @classmethod
    def of(cls, start: float, delays: Floats, spacing: float, origins: int) -> Outputs:
        """Place some origins from `start` on, `spacing` apart, which is at least the last delay."""
        after = np.flatnonzero(delays > 0)
        marks = delays[after]
        if spacing > delays[-1] * (1 + 1e-12):
            marks, after = np.append(marks, spacing), np.append(after, -1)
        number = np.arange(origins)
        times = start + np.add.outer(number * spacing, marks).ravel()
        of = np.where(after >= 0, number[:, None], -1)
        ends = np.stack([np.broadcast_to(after, of.shape), of], axis=-1).reshape(-1, 2)
        begins = np.full(times.size + 1, -1)
        begins[number * marks.size] = number
        return cls(np.append(start, times), np.concatenate([[[-1, -1]], ends]), begins)

    @property
    def origins(self) -> int:
        """How many there are."""
        return int(self.begins.max()) + 1


@dataclass(frozen=True)
class Sums:
    """Moments of the samples, and sums for their spread."""

    moments: Moments
    spread: Floats

    def merge(self, other: Sums) -> Sums:
        """Return those of both."""
        return Sums(self.moments.merge(other.moments), self.spread + other.spread)


def observer(
    plan: Plan, outputs: Outputs, delays: Floats, weights: NDArray[np.complex128]
) -> Observer:
    """Return the observer of two times."""
    parts = np.ascontiguousarray(np.stack([weights.real, weights.imag], axis=1))
    turn = TURN / max(float(np.abs(weights).max()), 1e-300)

    def record(trajectories: int) -> Record:
        return Record(
            np.zeros((3 * delays.size + 5, trajectories)),
            np.zeros((delays.size, 2)),
            outputs.ends,
            outputs.begins,
            parts,
            turn,
            outputs.origins,
            bool(delays[0] == 0),
            np.zeros((COPIES + 1, 3, LANES)),
        )

    def leaf(record: Record, trajectories: int) -> Leaf:
        return (Sums(Moments.of(record.samples.T), record.spread),)

    return Observer(look, record, leaf, Stream.TWO_TIMES, plan.block)


def repeated(schedule: Schedule, origins: int) -> Schedule:
    """Return the schedule of several origins, given that of one: what follows output 0 repeats."""
    head = int(np.argmax(schedule.outputs == 0)) + 1
    marks = int(schedule.outputs.max())
    after = np.where(schedule.outputs[head:] >= 0, schedule.outputs[head:], -1 - marks * origins)
    outputs = after + marks * np.arange(origins)[:, None]
    return Schedule(
        np.append(schedule.steps[:head], np.tile(schedule.steps[head:], origins)),
        np.append(schedule.counts[:head], np.tile(schedule.counts[head:], origins)),
        np.append(schedule.outputs[:head], np.maximum(outputs, -1)),
    )
