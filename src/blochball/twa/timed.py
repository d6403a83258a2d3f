"""Trajectories under a Protocol: which System serves which step, and pulses between steps.

Knots and pulses are ends of steps. Between them every number of the System is linear in time, so
that a step along a ramp takes the mean of each number over the step, and the area of every pulse is
exact. A run is divided into stages. Within a stage nothing changes, or one System serves each step
and all of them have arrays of the same shapes, which are stacked. What moves the trajectories is
the same compiled step as without a Protocol.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.protocol import Piece, Protocol, Rotation
from blochball.system import System
from blochball.twa.couplings import Couplings, Numbers, couplings_of
from blochball.twa.fields import Fields, Guides, fields_of
from blochball.twa.lanes import LANES, jit
from blochball.twa.local import Rates
from blochball.twa.schedule import KNOT, Schedule, marks
from blochball.twa.step import Step, step_of

Floats = NDArray[np.float64]


class Segment(NamedTuple):
    """Steps of one length with one System.

    `rotations` act before the first of them; `output` is the index of the output time at the end of
    the last, or negative. Along a ramp, which begins at `start`, the System is the mean over one
    step.
    """

    rotations: tuple[Rotation, ...]
    system: System
    step: float
    number: int
    output: int
    ramp: Piece | None = None
    start: float = 0.0

    @property
    def halves(self) -> tuple[System, System]:
        """The Systems of the halves of a step."""
        if self.ramp is None:
            return self.system, self.system
        first, second = (self.ramp.at(self.start + share * self.step) for share in (0.25, 0.75))
        return first, second


@dataclass(frozen=True)
class Stage:
    """Segments of a schedule that run without a stop, after some pulses.

    Attributes
    ----------
    rotations : tuple of Rotation
    step : Step
    schedule : Schedule
    """

    rotations: tuple[Rotation, ...]
    step: Step
    schedule: Schedule


# -- what happens when ---------------------------------------------------------------------------


def intervals(protocol: Protocol, times: Floats) -> Iterator[tuple[Piece, float, int]]:
    """Yield the intervals between output times and knots: piece, end, what is at the end."""
    ends, outputs = marks(times, protocol.knots)
    begins = np.concatenate([[0.0], ends])[:-1]
    where = np.searchsorted(protocol.knots, begins, side="right") - 1
    for k, end, output in zip(where.tolist(), ends.tolist(), outputs.tolist(), strict=True):
        yield protocol.pieces[k], end, output


def segments(protocol: Protocol, times: Floats, schedule: Schedule) -> Iterator[Segment]:
    """Yield the segments of a schedule with their Systems; a ramp has one for each step."""
    for piece, pulses, now, (step, count, output) in _placed(protocol, times, schedule):
        if piece.constant or count == 0:
            yield Segment(pulses, piece.first, step, count, output)
            continue
        for n in range(count):
            # the mean over a step of what is linear in time is its value in the middle
            start, last = now + n * step, output if n == count - 1 else -1
            system = piece.at(start + 0.5 * step)
            yield Segment(() if n else pulses, system, step, 1, last, piece, start)


def _placed(
    protocol: Protocol, times: Floats, schedule: Schedule
) -> Iterator[tuple[Piece, tuple[Rotation, ...], float, tuple[float, int, int]]]:
    """Yield of each segment the piece, pulses before it and its start; step, count and output."""
    now, k = 0.0, -1
    pulses: tuple[Rotation, ...] = ()
    for step, count, output in zip(*(array.tolist() for array in schedule), strict=True):
        if count == 0:
            # what is recorded at the time of a pulse precedes it
            yield protocol.pieces[0], (), 0.0, (step, count, output)
            continue
        if k < 0 or now >= protocol.pieces[k].stop:
            k += 1
            pulses = protocol.pieces[k].rotations
        piece = protocol.pieces[k]
        yield piece, pulses, now, (step, count, output)
        pulses, now = (), now + step * count
        # to the last bit where it is known
        if output != -1:
            now = piece.stop if output == KNOT else float(times[output])


def turn(vectors: Floats, rotations: Iterable[Rotation], sites: int | None = None) -> None:
    """Turn the Bloch vectors of groups of lanes, shape (groups, rows, columns * LANES).

    There is a row for each of the sites, or several copies of all of them.
    """
    sites = sites or vectors.shape[1]
    components = vectors.reshape(*vectors.shape[:2], -1, LANES)
    for rotation in rotations:
        chosen = range(sites) if rotation.sites is None else rotation.sites
        for row in range(vectors.shape[1]):
            if row % sites not in chosen:
                continue
            x, y, z = (components[:, row, c].copy() for c in range(3))
            for c, factors in enumerate(rotation.matrix):
                components[:, row, c] = factors[0] * x + factors[1] * y + factors[2] * z


# -- a run in stages -----------------------------------------------------------------------------


def stages(
    protocol: Protocol,
    times: Floats,
    schedule: Schedule,
    make: Callable[[Segment], Step],
    at: Callable[[Any], Any] | None = None,
) -> tuple[Stage, ...]:
    """Divide a run into stages, each with the step that serves it.

    Parameters
    ----------
    protocol : Protocol
    times : ndarray, shape (times,)
    schedule : Schedule
        Its segments end at all knots.
    make : callable
        Returns the step of a segment.
    at : callable, optional
        Returns the `Step.at` of numbers that are stacked, by default that of `step_for`.
    """
    steps: dict[int, Step] = {}
    entries, pulsed = [], 0
    for segment in segments(protocol, times, schedule):
        step, ramp = steps.get(id(segment.system)) or make(segment), segment.ramp is not None
        if not ramp:
            steps[id(segment.system)] = step
        pulsed += bool(segment.rotations)
        alike = (step.advance, _shapes(step.numbers)) if ramp else id(step)
        entries.append((segment, step, (pulsed, ramp, alike)))
    found = []
    for (_, ramp, _), group in groupby(entries, key=lambda entry: entry[2]):
        some, moves, _ = zip(*group, strict=True)
        step = moves[0]
        if ramp:
            stack = _stacked([move.numbers for move in moves])
            step = replace(step, numbers=stack, at=(at or at_of)(stack))
        part = Schedule.of([(segment.step, segment.number, segment.output) for segment in some])
        found.append(Stage(some[0].rotations, step, part))
    return tuple(found)


def step_for(system: System, structure: str) -> Step:
    """Return the step that serves a System."""
    return step_of(fields_of(system, structure), couplings_of(system))


def at_of(numbers: Any) -> Any:
    """Return the `Step.at` of numbers that are stacked."""
    return _AT[type(numbers)]


def size(protocol: Protocol, times: Floats, schedule: Schedule, structure: str) -> float:
    """Return how many numbers the steps along ramps need, about."""
    steps = sum(
        count
        for piece, _, _, (_, count, _) in _placed(protocol, times, schedule)
        if not piece.constant
    )
    return float(steps) * _count(step_for(protocol.initial, structure).numbers) if steps else 0.0


def _count(numbers: Any) -> int:
    """Return how many numbers all arrays of a tuple hold."""
    return sum(map(_count, numbers)) if isinstance(numbers, tuple) else int(numbers.size)


def _shapes(numbers: Any) -> Any:
    """Return the shapes of all arrays of a tuple."""
    if isinstance(numbers, tuple):
        return tuple(_shapes(entry) for entry in numbers)
    return numbers.shape


def _stacked(numbers: Sequence[Any]) -> Any:
    """Return one tuple of arrays with a first index more."""
    kind = type(numbers[0])
    if issubclass(kind, tuple):
        return kind(*(_stacked(entries) for entries in zip(*numbers, strict=True)))
    return np.stack(numbers)


# -- compiled ------------------------------------------------------------------------------------


@jit
def fields_at(fields, k):
    """Return the Fields of one of several steps."""
    guides, rates = fields.guides, fields.rates
    return Fields(
        fields.axis[k],
        fields.strength[k],
        fields.ranked[k],
        fields.gains[k],
        fields.weights_re[k],
        fields.weights_im[k],
        Guides(
            guides.gain[k],
            guides.cos[k],
            guides.sin[k],
            guides.jumps[k],
            guides.left[k],
            guides.right[k],
        ),
        fields.exchange_re[k],
        fields.exchange_im[k],
        fields.turning[k],
        fields.turning_weights[k],
        fields.frame[k],
        fields.planar[k],
        fields.axial[k],
        fields.area[k],
        Rates(rates.size[k], rates.decay[k], rates.dephasing[k], rates.pump[k]),
        fields.limit[k],
    )


@jit
def general_at(fields, k, work):
    """Return what one of several steps reads, and have its tables computed anew."""
    work.filled[0] = math.nan
    return fields_at(fields, k)


@jit
def coupled_at(numbers, k, work):
    """`general_at` for a System with spin couplings or jumps of several kinds."""
    work.inner.filled[0] = math.nan
    c = numbers.couplings
    couplings = Couplings(c.form[k], c.lag[k], c.re[k], c.im[k], c.area[k], c.damping[k], c.axes[k])
    return Numbers(fields_at(numbers.fields, k), couplings, numbers.limit[k])


_AT = {Fields: general_at, Numbers: coupled_at}
