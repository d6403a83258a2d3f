"""Automatic time steps: a short pilot run finds the largest rates at every time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.operators import TABLE, MasterEquation
from blochball.protocol import Piece, Protocol
from blochball.system import System
from blochball.terms import ChainExchange
from blochball.twa.couplings import COUPLED_COLUMNS, add_form, couplings_of
from blochball.twa.driver import NOTHING, Motion, loop
from blochball.twa.ends import End
from blochball.twa.fields import Fields, fields_of
from blochball.twa.initial import Start, cloud_of
from blochball.twa.lanes import COLUMNS, LANES, TX, TY, TZ, X, Y, Z, fill, jit, lanes
from blochball.twa.noise import Stream, seeds, stream
from blochball.twa.observers import means
from blochball.twa.observers.accumulate import symbols
from blochball.twa.plan import Plan
from blochball.twa.rotation import set_axis
from blochball.twa.schedule import Schedule
from blochball.twa.timed import intervals, step_for, turn

Floats = NDArray[np.float64]
_U = np.uint64
_N = _U(LANES)

ANGLE = 0.1  # default of `tolerance`
MOST = 1e9  # steps of a run; a hundred times those of a large one
STRETCH = 32  # steps after which the pilot looks again
COARSE = 0.5  # `tolerance` of a pilot that only judges
SPARE = 200
_GROWTH = 1.5  # factor by which the speed may grow within a stretch before it is made again


class Speed(NamedTuple):
    """Record of `look`: the speed, what it is computed from and where."""

    speed: Floats  # (1,)
    fields: Fields
    rows: Floats  # (sites, COLUMNS * LANES)
    noises: Floats  # (jumps, 2 * LANES), zero
    field: Floats  # (2 * LANES,)
    level: Floats  # (sites,)
    net: Floats  # (sites, sites) or (0, 0): see `net_gain`
    form: Floats  # (sites, 3, sites, 3) or (0, 3, 0, 3): that of couplings


@jit
def look(vectors, record):
    """Find the largest rate of change by rotation: root mean square over lanes, worst site.

    It has two parts: |omega| itself, and the rate at which a collective amplitude grows or decays:
    G sum_l |w_l|^2 |Jz_l| for a jump, what decay and pump leave of each other where there are both,
    and twice the sum over l' of |h_ll' Jz_l'| for an exchange. For couplings see `coupled`.
    """
    fields, rows, level = record.fields, record.rows, record.level
    for l in range(rows.shape[0]):
        for i in range(3 * LANES):
            rows[l, i] = vectors[l, i]
    set_axis(rows, X, Y, fields, fields.axis, record.noises, record.field)
    turning = 0.0
    everywhere = 0.0
    for l in range(rows.shape[0]):
        level[l] = 0.0
        total = 0.0
        for i in range(_N):
            level[l] += abs(rows[l, i + Z]) / LANES
            total += rows[l, i + TX] ** 2 + rows[l, i + TY] ** 2
        everywhere += level[l]
        turning = max(turning, math.sqrt(total / LANES + fields.axis[2, l] ** 2))
    hopping = 0.0
    for l in range(fields.exchange_re.shape[0]):
        total = 0.0
        for m in range(level.size):
            re, im = fields.exchange_re[l, m], fields.exchange_im[l, m]
            total += math.sqrt(re * re + im * im) * level[m]
        hopping = max(hopping, total)
    record.speed[0] = turning + growth(fields, record.net, level, everywhere) + hopping
    if record.form.shape[0] > 0:
        whole, swing = coupled(rows, fields.axis, record.form, level)
        record.speed[0] += whole - turning + swing


@jit
def coupled(rows, axis, form, level):
    """Return |omega| with the form of all couplings, and the sum over l' of |form_ll'| |J_l'|.

    `rows` hold omega without them; `level` is overwritten with the lengths.
    """
    turning, swing = 0.0, 0.0
    for l in range(level.size):
        fill(rows[l], TZ, axis[2, l])
    add_form(rows, X, Y, Z, form)
    for l in range(level.size):
        length, total = 0.0, 0.0
        for i in range(_N):
            length += rows[l, i + X] ** 2 + rows[l, i + Y] ** 2 + rows[l, i + Z] ** 2
            total += rows[l, i + TX] ** 2 + rows[l, i + TY] ** 2 + rows[l, i + TZ] ** 2
        level[l] = math.sqrt(length / LANES)
        turning = max(turning, math.sqrt(total / LANES))
    for l in range(level.size):
        total = 0.0
        for m in range(level.size):
            square = 0.0
            for a in range(3):
                for b in range(3):
                    square += form[l, a, m, b] ** 2
            total += math.sqrt(square) * level[m]
        swing = max(swing, total)
    return turning, swing


@jit
def growth(fields, net, level, everywhere):
    """Return the rate at which collective amplitudes grow or decay, from the mean |Jz| of sites."""
    found = 0.0
    for l in range(net.shape[0]):
        total = 0.0
        for m in range(net.shape[1]):
            total += net[l, m] * level[m]
        found = max(found, total)
    if net.shape[0] > 0:
        return found
    for g in range(fields.guides.gain.size):
        found += abs(fields.guides.gain[g]) * everywhere
    for k in range(fields.gains.size):
        total = 0.0
        for l in range(level.size):
            re, im = fields.weights_re[k, l], fields.weights_im[k, l]
            total += (re * re + im * im) * level[l]
        found += abs(fields.gains[k]) * total
    return found


def net_gain(system: System) -> Floats:
    """Return |sum of +-G w_l w_m^*| over decay and pump, shape (sites, sites).

    Empty where there are not both, or where a guide carries an exchange besides: then all of them
    are added up without sign.
    """
    jumps = [jump for jump in system.jumps if jump.kind != "dephasing" and jump.rate > 0]
    kinds = {jump.kind for jump in jumps}
    # jumps of several kinds, and all beside them, are in the form of all couplings
    if len(kinds) < 2 or "mixed" in kinds or isinstance(system.exchange, ChainExchange):
        return np.zeros((0, 0))
    total = np.zeros((system.sites, system.sites), complex)
    for jump in jumps:
        w, sign = np.array(jump.weights), TABLE[jump.kind].ordering
        # the amplitude of decay is sum w^* J^+, that of pump sum w J^+
        w = w if sign > 0 else w.conj()
        total += sign * jump.rate * np.outer(w, w.conj())
    return abs(total)


def steady_rate(system: System) -> float:
    """Return the largest rate that does not depend on the state: local dissipation and noise."""
    column = system.column
    local = column("decay") + column("pump") + 4 * column("dephasing")
    return float((local + shaken(system)).max())


def shaken(system: System) -> Floats:
    """Return at which rates the noise of all jumps turns each site, shape (sites,).

    That of one kind does by a mean square angle of rate |w|^2 a unit of time, about each axis that
    it turns about.
    """
    equation = MasterEquation.of(system)
    vectors = equation.vectors
    squares = np.einsum("kla,klb->klab", vectors, vectors.conj()).real
    return np.asarray(equation.rates @ np.linalg.norm(squares, 2, axis=(-2, -1)))


class Pilot:
    """64 trajectories with a stream of their own, which run ahead and measure.

    They begin in the initial state or, with `begun`, where those of an earlier run have ended.

    Attributes
    ----------
    steady, spared : float
        See `steady_rate` and `_spared`; the largest of what is watched.
    """

    def __init__(
        self, initial: System, structure: str, seed: int, begun: End | None = None
    ) -> None:
        self.structure, self._stop = structure, np.zeros(1, bool)
        self.generator = generator = stream(seed, Stream.PILOT)
        self.lanes = lanes(1, initial.sites, len(initial.jumps), COUPLED_COLUMNS)
        # the loop is that of a run, which is compiled anyway; what it records is of no use here
        plan = Plan(initial, np.zeros(1), 1, 0, NOTHING, np.full(1, -1), np.empty(0))
        self._dummy = means.observer(plan).record(1)
        self._start = Start(seeds(generator, 1), cloud_of(initial), LANES)
        self.follow(initial)
        self._run(NOTHING)
        if begun is not None:
            self.lanes.vectors[0, :, : 3 * LANES] = begun.few()
        self._start = self._start._replace(trajectories=0)
        self.records, self.steady, self.spared = list[Speed](), 0.0, 0.0

    def enter(self, piece: Piece) -> None:
        """Begin a piece of a Protocol: be turned by its pulses, watch the Systems of its ends."""
        turn(self.lanes.vectors, piece.rotations)
        ends = [piece.first] if piece.constant else [piece.first, piece.last]
        self.records = [self._watched(system) for system in ends]
        self.steady = max(map(steady_rate, ends))
        self.spared = _spared(ends, [record.fields for record in self.records])
        self.follow(piece.first)

    def _watched(self, system: System) -> Speed:
        couplings, sites = couplings_of(system), system.sites
        return Speed(
            np.zeros(1),
            fields_of(system, self.structure),
            np.zeros((sites, COLUMNS * LANES)),
            np.zeros((len(system.jumps), 2 * LANES)),
            np.zeros(2 * LANES),
            np.zeros(sites),
            net_gain(system),
            np.zeros((0, 3, 0, 3)) if couplings is None else couplings.form,
        )

    def follow(self, system: System) -> None:
        """Move with a System from now on."""
        self.step = step_for(system, self.structure)
        _, self.work = self.step.memory(0, self.generator)
        self._loop = loop(self.step, means.looking(symbols))

    def _run(self, schedule: Schedule) -> bool:
        """Run along a schedule; return whether no trajectory is lost."""
        motion = Motion(self.step.numbers, self.work)
        begun = self.lanes, self._start, self.generator
        return bool(self._loop(*begun, schedule, motion, self._dummy, self._stop)[0] < 0)

    def advance(self, step: float, count: int) -> float:
        """Make some steps and return the rate of change at their end, not finite if one is lost."""
        if not self._run(Schedule.of([(step, count, 0)])):
            return math.inf
        for record in self.records:
            look(self.lanes.vectors[0], record)
        return self.steady + max(float(record.speed[0]) for record in self.records)

    def saved(self) -> tuple[Any, ...]:
        """Return a copy of the lanes."""
        return tuple(array.copy() for array in self.lanes)

    def back(self, saved: tuple[Any, ...]) -> None:
        """Return to a copy of the lanes."""
        for array, before in zip(self.lanes, saved, strict=True):
            array[:] = before


class Stretch(NamedTuple):
    """Steps that a pilot has made, and the rate of change when it began with them."""

    step: float
    number: int
    rate: float
    output: int  # see `Schedule`


def schedule_of(
    owner: str,
    protocol: Protocol,
    structure: str,
    times: Floats,
    seed: int,
    tolerance: float,
    begun: End | None = None,
) -> Schedule:
    """Choose steps from a short pilot run with a stream of its own.

    A step is `tolerance` divided by the sum of the largest rates at that time: rotation, growth or
    damping of collective amplitudes (`look`), local dissipation, and the collective noise. Along a
    ramp they are those of the worse of its ends.

    Raises
    ------
    ValueError
        If a run would have more steps than `MOST`.
    """
    pilot = Pilot(protocol.initial, structure, seed, begun)
    run = stretches(owner, pilot, protocol, times, tolerance)
    return Schedule.of([(stretch.step, stretch.number, stretch.output) for stretch in run])


def stretches(
    owner: str, pilot: Pilot, protocol: Protocol, times: Floats, tolerance: float
) -> Iterator[Stretch]:
    """Run a pilot through all output times and knots, in stretches of steps of one length."""
    now, entered = 0.0, None
    for piece, goal, index in intervals(protocol, times):
        left = goal - now
        if left <= 0:
            yield Stretch(0.0, 0, 0.0, index)
            continue
        if piece is not entered:
            pilot.enter(piece)
            entered = piece
        while left > 0:
            fast = pilot.advance(0.0, 0)
            while True:
                if not left * fast <= MOST * tolerance:
                    raise ValueError(
                        f"{owner}: times and tolerance must be such that a run has at most "
                        f"{MOST:g} steps, got about {left * fast / tolerance:.3g}"
                    )
                total = max(1, math.ceil(left * fast / tolerance))
                count = min(total, STRETCH)
                step = left / total
                before = pilot.saved()
                if not piece.constant:
                    pilot.follow(piece.at(goal - left + 0.5 * count * step))
                after = pilot.advance(step, count)
                if after <= _GROWTH * fast:
                    break
                # the speed grew within the stretch: go back and take it in smaller steps
                fast = after if math.isfinite(after) else 10 * fast
                pilot.back(before)
            left = left - count * step if count < total else 0.0
            yield Stretch(step, count, fast, index if left == 0 else -1)
        now = goal


def judge(
    owner: str,
    protocol: Protocol,
    structure: str,
    times: Floats,
    seed: int,
    schedule: Schedule,
    begun: End | None = None,
) -> tuple[float, float]:
    """Judge steps that were given: how many automatic ones there would be, what those given err.

    The pilot takes steps of its own, longer than automatic ones and at most `SPARE` more than those
    given; what is left is judged by the last rate.

    Returns
    -------
    count : float
        Steps that ``steps="auto"`` would take, about.
    error : float
        Of the splitting, largest over times, in units of what the System does:
        h^2 (turning rate) (rate of all that does not commute with the fixed axis) / 24 for steps h.
    """
    pilot = Pilot(protocol.initial, structure, seed, begun)
    ends = np.cumsum(schedule.steps * schedule.counts)
    count, error, now, left = 0.0, 0.0, 0.0, schedule.total + SPARE
    try:
        for stretch in stretches(owner, pilot, protocol, times, COARSE):
            left -= stretch.number
            end = now + stretch.step * stretch.number if left > 0 else float(times[-1])
            count += stretch.rate * (end - now) / ANGLE
            step = schedule.steps[min(int(np.searchsorted(ends, now, "right")), ends.size - 1)]
            others = max(stretch.rate - pilot.spared, 0.0)
            error = max(error, step**2 * (stretch.rate - pilot.steady) * others / 24)
            if left <= 0:
                break
            now = end
    except ValueError:  # no number of steps would do
        return MOST, math.inf
    return count, float(error)


def _spared(systems: Sequence[System], fields: Sequence[Fields]) -> float:
    """Return the rate of a fixed rotation that no splitting parts from what it acts upon.

    Of the worse end of a ramp, which must not turn the axis.
    """
    axes = [some.axis for some in fields]
    if len(axes) > 1 and np.cross(axes[0], axes[1], axis=0).any():
        return 0.0
    x, y, z = max(axes, key=lambda axis: float(np.abs(axis).max()))
    if not any(s.jumps or s.couplings or s.exchange is not None for s in systems):
        return float(np.hypot(np.hypot(x, y), z).max())
    return abs(float(z[0])) if not x.any() and not y.any() and (z == z[0]).all() else 0.0
