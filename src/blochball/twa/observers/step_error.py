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
from blochball.support.statistics import Leaf, Moments
from blochball.twa import couplings, initial, rotation
from blochball.twa.couplings import COUPLED_COLUMNS
from blochball.twa.driver import Observer
from blochball.twa.fields import Fields
from blochball.twa.lanes import ALL, COLUMNS, LANES, Lanes, X, Y, Z, copy, jit, lanes, take
from blochball.twa.local import active, local_given
from blochball.twa.noise import Stream, fill_noise, refresh
from blochball.twa.plan import Plan
from blochball.twa.step import (
    Step,
    Work,
    coupled_work,
    prepare,
    prepare_coupled,
    work,
)

Floats = NDArray[np.float64]
_U = np.uint64
_N = _U(LANES)
_symbols = jit(moments.symbols)


class Pair(NamedTuple):
    """Work of both steps, and the noise of a pair of fine steps.

    Attributes
    ----------
    coarse, fine : NamedTuple
        What the rotation works with.
    whole, half : Work
        What all steps have of it.
    at_site : ndarray, shape (4, sites, 3 * LANES)
        Unit noises of the four local steps.
    of_jump : ndarray, shape (2, jumps, 3 * LANES)
        Unit noises of the two rotations.
    """

    coarse: Any
    fine: Any
    whole: Work
    half: Work
    at_site: Floats
    of_jump: Floats


class Numbers(NamedTuple):
    """The System as the step reads it.

    Attributes
    ----------
    fields : Fields
    own : NamedTuple
        The same as the rotation reads it.
    limit : ndarray, shape (2 * sites,)
        See `Fields`; of whole steps, then of halved ones.
    """

    fields: Fields
    own: Any
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
def halving(prepare: Any, rotate: Any) -> Any:
    """Compile the step for a rotation, given its preparation."""

    @jit
    def advance(lanes, step, count, numbers, pair):
        """Make `count` whole steps, and twice as many halved ones on the same noise."""
        sites = lanes.site_words.shape[0]
        coarse, fine = lanes.state[:sites], lanes.state[sites:]
        prepare(step, numbers.own, pair.coarse)
        prepare(0.5 * step, numbers.own, pair.fine)
        fields, whole, half = numbers.fields, pair.whole, pair.half
        at_site, of_jump = pair.at_site, pair.of_jump
        for _ in range(count):
            for n in range(4):
                draw(lanes.random, lanes.site_words, lanes.clock, 0, 3, at_site[n])
            for n in range(2):
                draw(lanes.random, lanes.jump_words, lanes.clock, 1, 3, of_jump[n])
                move_local(fine, at_site[2 * n], fields, half.half)
                scale_noises(of_jump[n], 0.5 * step, fields, half)
                rotate(fine, 0.5 * step, numbers.own, pair.fine)
                move_local(fine, at_site[2 * n + 1], fields, half.half)
            joined(at_site[0], at_site[1], at_site[0])
            joined(at_site[2], at_site[3], at_site[2])
            joined(of_jump[0], of_jump[1], of_jump[0])
            move_local(coarse, at_site[0], fields, whole.half)
            scale_noises(of_jump[0], step, fields, whole)
            rotate(coarse, step, numbers.own, pair.coarse)
            move_local(coarse, at_site[2], fields, whole.half)

    return advance


def paired(plan: Plan) -> Step:
    """Return the step that moves each trajectory twice."""
    sites, jumps = plan.system.sites, len(plan.system.jumps)
    fields, form = plan.fields, plan.couplings
    limit = np.tile(fields.limit, 2)
    if form is None:
        numbers, columns = Numbers(fields, fields, limit), COLUMNS
        advance = halving(prepare, rotation.rotate)
    else:
        numbers = Numbers(fields, couplings.Numbers(fields, form, fields.limit), limit)
        advance, columns = halving(prepare_coupled, couplings.rotate), COUPLED_COLUMNS

    def memory(groups: int, generator: np.random.Generator) -> tuple[Lanes, Pair]:
        at_site, of_jump = np.zeros((4, sites, 3 * LANES)), np.zeros((2, jumps, 3 * LANES))
        if form is None:
            coarse, fine = work(fields), work(fields)
            pair = Pair(coarse, fine, coarse, fine, at_site, of_jump)
        else:
            first, second = coupled_work(fields, form), coupled_work(fields, form)
            pair = Pair(first, second, first.inner, second.inner, at_site, of_jump)
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
    )
