"""What the time step costs: the same trajectories with whole and with halved steps.

Both share their noise, so that the difference has a far smaller sampling error than either run. The
scheme is of second weak order, so the whole steps err by 4/3 of the difference.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball import moments
from blochball.dataset import assemble
from blochball.moments import MOMENTS
from blochball.support import validation
from blochball.support.statistics import Leaf, Moments
from blochball.system import System
from blochball.twa import couplings, initial, rotation, timed
from blochball.twa.couplings import COUPLED_COLUMNS
from blochball.twa.driver import Observer
from blochball.twa.lanes import ALL, COLUMNS, LANES, Lanes, X, Y, Z, copy, jit, lanes, take
from blochball.twa.local import active, local_given
from blochball.twa.noise import Stream, fill_noise, refresh
from blochball.twa.plan import Plan
from blochball.twa.step import Step, coupled_work, prepare, prepare_coupled, work
from blochball.twa.timed import Segment, Stage, step_for

Floats = NDArray[np.float64]
_U = np.uint64
_N = _U(LANES)
_symbols = jit(moments.symbols)


class Pair(NamedTuple):
    """Work of a whole step and of its halves, and the noise of both halves.

    Attributes
    ----------
    whole, first, second : NamedTuple
        What the steps work with.
    at_site : ndarray, shape (4, sites, 3 * LANES)
        Unit noises of the four local steps.
    of_jump : ndarray, shape (2, jumps, 3 * LANES)
        Unit noises of the two rotations.
    """

    whole: Any
    first: Any
    second: Any
    at_site: Floats
    of_jump: Floats


class Numbers(NamedTuple):
    """The Systems of a whole step and of its halves, which differ along a ramp.

    Attributes
    ----------
    whole, first, second : NamedTuple
        As the rotation reads them.
    limit : ndarray, shape (2 * sites,)
        See `Fields`; of whole steps, then of halved ones.
    """

    whole: Any
    first: Any
    second: Any
    limit: Floats


class Record(NamedTuple):
    """Sums of whole minus halved and of its square, shape (times, sites, MOMENTS)."""

    sums: Floats
    squares: Floats


# -- the step ------------------------------------------------------------------------------------


@jit
def begin(lanes, start, generator):
    """Put both runs into the same initial state: coarse rows first, then fine ones."""
    sites = lanes.site_words.shape[0]
    one = Lanes(
        lanes.state[:sites],
        lanes.state[:sites],
        lanes.random,
        lanes.site_words,
        lanes.jump_words,
        lanes.clock,
        lanes.mask,
        lanes.number,
    )
    initial.begin(one, start, generator)
    for l in range(sites):
        copy(lanes.state[l], lanes.state[sites + l])


@jit
def draw(random, words, clock, which, columns, noises):
    """Fill unit noises, `columns` for every row of words."""
    shift = refresh(random, words, clock, which, ALL)
    for l in range(words.shape[0]):
        for k in range(columns):
            fill_noise(words[l], shift + _U(3 * k), 1.0, noises[l], _U(k * LANES), ALL)


@jit
def move_local(state, noises, fields, table):
    """Local dissipation of every site with given noises."""
    for l in range(state.shape[0]):
        if active(fields.rates, l):
            local_given(state[l], noises[l], table[l])


@jit
def scale_noises(unit, step, fields, work):
    """Fill the noises of a rotation from given unit noises."""
    for k in range(fields.strength.size):
        scale = work.strength[k] / math.sqrt(step)
        for i in range(2 * LANES):
            work.noises[k, i] = unit[k, i] * scale
        for i in range(2 * LANES, 3 * LANES):
            work.noises[k, i] = unit[k, i]


@jit
def joined(first, second, out):
    """Fill the noise of a whole step from those of its halves."""
    root = math.sqrt(0.5)
    for l in range(out.shape[0]):
        for i in range(out.shape[1]):
            out[l, i] = root * (first[l, i] + second[l, i])


@cache
def halving(prepare: Any, rotate: Any, nested: bool) -> Any:
    """Compile the step for a rotation, given its preparation; see `step.turning`."""

    @jit
    def move(state, step, own, whole, unit, before, after):
        """Make a step with given unit noises: local dissipation before and after the rotation."""
        if nested:
            fields, work = own.fields, whole.inner
        else:
            fields, work = own, whole
        move_local(state, before, fields, work.half)
        scale_noises(unit, step, fields, work)
        rotate(state, step, own, whole)
        move_local(state, after, fields, work.half)

    @jit
    def advance(lanes, step, count, numbers, pair):
        """Make `count` whole steps, and twice as many halved ones on the same noise."""
        sites = lanes.site_words.shape[0]
        coarse, fine = lanes.state[:sites], lanes.state[sites:]
        prepare(step, numbers.whole, pair.whole)
        prepare(0.5 * step, numbers.first, pair.first)
        prepare(0.5 * step, numbers.second, pair.second)
        local, turns = pair.at_site, pair.of_jump
        for _ in range(count):
            for n in range(4):
                draw(lanes.random, lanes.site_words, lanes.clock, 0, 3, local[n])
            for n in range(2):
                draw(lanes.random, lanes.jump_words, lanes.clock, 1, 3, turns[n])
            # one call, whatever is moved: the compiler makes a copy of it for each
            for leg in range(3):
                state, h, own, work, first, last = fine, 0.5 * step, numbers.first, pair.first, 0, 1
                if leg == 1:
                    own, work, first, last = numbers.second, pair.second, 2, 3
                elif leg == 2:
                    joined(local[0], local[1], local[0])
                    joined(local[2], local[3], local[2])
                    joined(turns[0], turns[1], turns[0])
                    state, h, own, work, last = coarse, step, numbers.whole, pair.whole, 2
                move(state, h, own, work, turns[leg % 2], local[first], local[last])

    return advance


@cache
def _at(one: Any) -> Any:
    """Compile the choice of a step's numbers along a ramp, given that of a System."""

    @jit
    def at(numbers, k, pair):
        return Numbers(
            one(numbers.whole, k, pair.whole),
            one(numbers.first, k, pair.first),
            one(numbers.second, k, pair.second),
            numbers.limit[k],
        )

    return at


def at_of(numbers: Numbers) -> Any:
    """Return the `Step.at` of numbers that are stacked."""
    return _at(timed.at_of(numbers.whole))


def stages(owner: str, plan: Plan) -> tuple[Stage, ...]:
    """Return what moves each trajectory twice."""
    if plan.protocol is None:
        return plan.staged(paired(plan.system, (plan.system, plan.system), plan.structure))
    # a whole step and both of its halves
    numbers = 3 * timed.size(plan.protocol, plan.times, plan.schedule, plan.structure)
    validation.memory(owner, "steps", numbers)

    def make(segment: Segment) -> Step:
        return paired(segment.system, segment.halves, plan.structure)

    return timed.stages(plan.protocol, plan.times, plan.schedule, make, at_of)


def paired(system: System, halves: tuple[System, System], structure: str) -> Step:
    """Return the step of a System and, in the halves of it, of two others."""
    sites, jumps = system.sites, len(system.jumps)
    whole = step_for(system, structure).numbers
    # of a System that does not change the halves are those of the whole
    first, second = (
        whole if half is system else step_for(half, structure).numbers for half in halves
    )
    numbers = Numbers(whole, first, second, np.tile(whole.limit, 2))
    coupled = isinstance(whole, couplings.Numbers)
    if coupled:
        advance, columns = halving(prepare_coupled, couplings.rotate, True), COUPLED_COLUMNS
    else:
        advance, columns = halving(prepare, rotation.rotate, False), COLUMNS

    def room(own: Any) -> Any:
        return coupled_work(own.fields, own.couplings) if coupled else work(own)

    def memory(groups: int, generator: np.random.Generator) -> tuple[Lanes, Pair]:
        at_site, of_jump = np.zeros((4, sites, 3 * LANES)), np.zeros((2, jumps, 3 * LANES))
        pair = Pair(room(whole), room(first), room(second), at_site, of_jump)
        return lanes(groups, sites, jumps, columns, copies=2), pair

    return Step(begin, take, advance, numbers, memory)


# -- what is looked at ---------------------------------------------------------------------------


@jit
def look(lanes, t, record):
    """Add whole minus halved of one group of lanes."""
    sites = lanes.site_words.shape[0]
    for l in range(sites):
        a, b = lanes.vectors[l], lanes.vectors[sites + l]
        sums, squares = record.sums[t, l], record.squares[t, l]
        for i in range(_N):
            one = _symbols(a[i + X], a[i + Y], a[i + Z])
            other = _symbols(b[i + X], b[i + Y], b[i + Z])
            for q in range(len(one)):
                d = lanes.mask[i] * (one[q] - other[q])
                sums[q] += d
                squares[q] += d * d


def observer(plan: Plan) -> Observer:
    """Return the observer of the differences."""

    def record(trajectories: int) -> Record:
        shape = (plan.times.size, plan.system.sites, len(MOMENTS))
        return Record(np.zeros(shape), np.zeros(shape))

    def leaf(record: Record, trajectories: int) -> Leaf:
        n = trajectories
        spread = record.squares - record.sums**2 / n
        return (Moments(n, record.sums / n, np.maximum(spread, 0)),)

    return Observer(look, record, leaf, Stream.STEP_ERROR, plan.block)


def dataset(plan: Plan, leaf: Leaf, wall_time: float) -> xr.Dataset:
    """Return the estimated errors under the names of what errs."""
    (difference,) = leaf
    return assemble(
        plan.system,
        plan.times,
        {name: 4 / 3 * difference.mean[..., k] for k, name in enumerate(MOMENTS)},
        {name: 4 / 3 * difference.stderr[..., k] for k, name in enumerate(MOMENTS)},
        method="twa.step_error",
        seed=plan.seed,
        trajectories=plan.trajectories,
        steps=plan.schedule.total,
        wall_time=wall_time,
        **plan.timed,
    )
