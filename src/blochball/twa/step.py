"""Which step serves a run, and that step.

One step is a Strang splitting: local dissipation for half a step, the collective rotation for the
whole step, local dissipation for half a step; neighbouring halves are fused between outputs.

=========  =====================================================================================
step       serves
=========  =====================================================================================
general    any System without the terms of the next
coupled    spin couplings, jumps of several kinds
guided     one travelling field and a constant in the x-y plane: a waveguide, a laser
halved     the same for a long chain, one half of the lanes after the other
single     the same for one ensemble and one decay
=========  =====================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.twa import couplings, initial
from blochball.twa.couplings import COUPLED_COLUMNS, Couplings
from blochball.twa.fields import Fields
from blochball.twa.lanes import (
    ALL,
    COLUMNS,
    HALF,
    LANES,
    MANY,
    PLANAR_COLUMNS,
    Lanes,
    jit,
    lanes,
    put_half,
    take,
    take_half,
    uncounted,
    zeros,
)
from blochball.twa.local import COEFFICIENTS, fill_table, local, local_step
from blochball.twa.noise import refresh
from blochball.twa.rotation import draw_areas, draw_noises, rotate
from blochball.twa.sweep import (
    Planar,
    arrival,
    into_frame,
    out_of_frame,
    rotate_guided,
    single_axis,
    turn_planar,
)

Floats = NDArray[np.float64]
_U = np.uint64
_HALVED_COLUMNS = 3  # J itself: nothing else lasts from step to step


class Work(NamedTuple):
    """What a step needs besides the lanes; nobody else's while it runs.

    Attributes
    ----------
    filled : ndarray, shape (1,)
        The step that `axis`, `half` and `whole` are for.
    axis : ndarray, shape (3, sites)
        Constant part of omega for this step.
    strength : ndarray, shape (jumps,)
        sqrt(G) of every jump for this step.
    turning : ndarray, shape (Z, sites)
        Weights of dephasing for this step.
    half, whole : ndarray, shape (sites, COEFFICIENTS)
        Tables of local dissipation over half and over the whole step.
    noises : ndarray, shape (jumps, 3 * LANES)
        Two of omega in the plane, one of unit variance for `Fields.area`.
    sweeps : ndarray, shape (3, 2 * LANES)
        Fields.
    part : ndarray, shape (sites or 0, PLANAR_COLUMNS * LANES / 2)
        Room for half of the lanes.
    """

    filled: Floats
    axis: Floats
    strength: Floats
    turning: Floats
    half: Floats
    whole: Floats
    noises: Floats
    sweeps: Floats
    part: Floats


@jit
def at_all_times(numbers, k, work):
    """Return what does not depend on time."""
    return numbers


@dataclass(frozen=True)
class Step:
    """A way to move groups of lanes, as `driver` wants it.

    Attributes
    ----------
    begin, take, advance : compiled functions
        ``begin(lanes, start, generator)`` puts one group into the initial state,
        ``take(lanes, g)`` returns one of several groups,
        ``advance(lanes, step, count, numbers, work)`` makes steps.
    numbers : NamedTuple
        The System as `advance` reads it; its `limit` is that of |J|^2.
    memory : callable
        ``memory(groups, generator)`` returns lanes and work.
    at : compiled function
        ``at(numbers, k, work)`` returns what `advance` reads in segment k of a schedule.
    """

    begin: Any
    take: Any
    advance: Any
    numbers: Any
    memory: Callable[[int, np.random.Generator], tuple[Any, Any]]
    at: Any = at_all_times


def step_of(fields: Fields, form: Couplings | None = None) -> Step:
    """Choose the step that serves a System, given what turns its vectors."""
    sites, jumps = fields.axis.shape[1], fields.strength.size
    if form is not None:
        return _coupled_step(fields, form)
    advance, columns, half = general, COLUMNS, 0
    if fields.guided:
        columns = PLANAR_COLUMNS
        alone = sites == 1 and fields.guides.jumps[0, 1] < 0
        advance = single if alone else guided
        if sites > MANY:
            advance, half = halved, sites

    def memory(groups: int, generator: np.random.Generator) -> tuple[Lanes, Work]:
        return lanes(groups, sites, jumps, columns), work(fields, half)

    return Step(initial.begin, take, advance, fields, memory)


def _coupled_step(fields: Fields, form: Couplings) -> Step:
    sites, jumps = fields.axis.shape[1], fields.strength.size

    def memory(groups: int, generator: np.random.Generator) -> tuple[Lanes, couplings.Work]:
        return lanes(groups, sites, jumps, COUPLED_COLUMNS), coupled_work(fields, form)

    numbers = couplings.Numbers(fields, form, fields.limit)
    return Step(initial.begin, take, coupled, numbers, memory)


def coupled_work(fields: Fields, form: Couplings) -> couplings.Work:
    """Return memory for the coupled step."""
    arrays = (np.zeros_like(array) for array in (form.form, form.re, form.im))
    return couplings.Work(work(fields), *arrays)


def work(fields: Fields, half: int = 0) -> Work:
    """Return memory for a step, with room for half of the lanes at some sites."""
    sites, jumps = fields.axis.shape[1], fields.strength.size
    return Work(
        np.full(1, np.nan),
        np.zeros((3, sites)),
        np.zeros(jumps),
        np.zeros(fields.turning_weights.shape),
        np.zeros((sites, COEFFICIENTS)),
        np.zeros((sites, COEFFICIENTS)),
        zeros((jumps, 3 * LANES)),
        zeros((3, 2 * LANES)),
        zeros((half, PLANAR_COLUMNS * LANES // 2)),
    )


@uncounted
def prepare(step, fields, work):
    """Compute what depends on the length of the step, unless it is there already."""
    if work.filled[0] == step:
        return
    work.filled[0] = step
    fill_table(fields.rates, 0.5 * step, work.half)
    fill_table(fields.rates, step, work.whole)
    for l in range(work.axis.shape[1]):
        across, along = held_back(step, fields, l)
        work.axis[0, l] = across * fields.axis[0, l]
        work.axis[1, l] = across * fields.axis[1, l]
        work.axis[2, l] = along * fields.axis[2, l]
        for k in range(work.turning.shape[0]):
            work.turning[k, l] = along * fields.turning_weights[k, l]
    for k in range(work.strength.size):
        work.strength[k] = fields.strength[k]
        if fields.area.shape[0] > 0:
            work.strength[k] *= weakened(step, fields, k)


@uncounted
def held_back(step, fields, l):
    """Return by how much to shorten a constant axis, across z and along z, at a site.

    One rotation by axis and noise together turns about the axis by too much, in the mean: as
    (h^2 / 12) sum_k (|n_k|^2 a - (a . n_k) n_k), n_k the noises. See docs/derivation.md.
    """
    in_plane = 0.0
    for k in range(fields.planar.shape[0]):
        in_plane += fields.planar[k, l]
    rate = step / 12
    return 1 / (1 + rate * (in_plane + fields.axial[l])), 1 / (1 + rate * 2 * in_plane)


@uncounted
def weakened(step, fields, k):
    """Return by how much to weaken the noise of a jump in the plane: the mean over its sites.

    One rotation by several noises that do not commute shakes by too much, and dephasing adds less
    than it should; the turn about z that is missing is `Fields.area`.
    """
    total, excess = 0.0, 0.0
    for l in range(fields.planar.shape[1]):
        in_plane = 0.0
        for m in range(fields.planar.shape[0]):
            in_plane += fields.planar[m, l]
        total += fields.planar[k, l]
        excess += fields.planar[k, l] * (in_plane / 6 - fields.axial[l] / 12)
    return math.exp(-0.5 * step * excess / total) if total > 0 else 1.0


@uncounted
def prepare_coupled(step, numbers, work):
    """`prepare` for a System with spin couplings or jumps of several kinds."""
    if work.inner.filled[0] != step:
        prepare(step, numbers.fields, work.inner)
        couplings.prepare_couplings(step, numbers, work)


def turning(prepare: Any, rotate: Any, nested: bool) -> Any:
    """Compile the step whose collective part is `rotate`, whatever omega is made of.

    ``prepare(step, numbers, whole)`` computes what depends on the length of the step; `numbers` and
    `whole` are the `Fields` and the `Work` that all steps have, or hold them where `nested`.
    """

    @uncounted
    def advance(lanes, step, count, numbers, whole):
        """Make `count` steps: halves of local dissipation, and one rotation between them."""
        prepare(step, numbers, whole)
        if nested:
            fields, work = numbers.fields, whole.inner
        else:
            fields, work = numbers, whole
        words, clock = lanes.jump_words, lanes.clock
        shift = refresh(lanes.random, lanes.site_words, clock, 0, ALL)
        local_step(lanes, shift, fields.rates, fields.frame, work.half, ALL)
        for n in range(count):
            shift = refresh(lanes.random, words, clock, 1, ALL)
            draw_noises(words, shift, work.strength, step, work.noises, ALL)
            if fields.area.shape[0] > 0:
                draw_areas(words, shift, work.noises)
            rotate(lanes.state, step, numbers, whole)
            shift = refresh(lanes.random, lanes.site_words, clock, 0, ALL)
            table = work.whole if n < count - 1 else work.half
            local_step(lanes, shift, fields.rates, fields.frame, table, ALL)

    return advance


general = turning(prepare, rotate, nested=False)
coupled = turning(prepare_coupled, couplings.rotate, nested=True)


@uncounted
def planar(lanes, step, count, fields, work, halves):
    """Make `count` steps where one travelling field and a constant are all of omega.

    Rows of `lanes` are as long as `lanes.width` of `halves` asks for; tables are filled.
    """
    words, clock = lanes.jump_words, lanes.clock
    shift = refresh(lanes.random, lanes.site_words, clock, 0, halves)
    local_step(lanes, shift, fields.rates, fields.frame, work.half, halves)
    into_frame(lanes.state, fields.frame, work.sweeps[2], halves)
    for n in range(count):
        shift = refresh(lanes.random, words, clock, 1, halves)
        draw_noises(words, shift, work.strength, step, work.noises, halves)
        table = work.whole if n < count - 1 else work.half
        shift = refresh(lanes.random, lanes.site_words, clock, 0, halves)
        rotate_guided(lanes, step, fields, work, shift, table, halves)
    out_of_frame(lanes.state, fields.frame, halves)


@uncounted
def guided(lanes, step, count, fields, work):
    """Make `count` steps of a waveguide."""
    prepare(step, fields, work)
    planar(lanes, step, count, fields, work, ALL)


@jit
def halved(lanes, step, count, fields, work):
    """Make `count` steps of a waveguide, one half of the lanes after the other: the same bits.

    Each half keeps its words in half of the memory: they are of use to this function only.
    """
    prepare(step, fields, work)
    sites, jumps = lanes.site_words.shape[0], lanes.jump_words.shape[0]
    site_words = lanes.site_words.reshape(2, sites, LANES // 2)
    jump_words = lanes.jump_words.reshape(2, jumps, LANES // 2)
    seeds = np.empty(LANES, np.uint64)
    begun = lanes.clock.copy()
    for h in range(2):
        for k in range(begun.size):
            lanes.clock[k] = begun[k]
        take_half(lanes.random, seeds, 2, h)
        for l in range(sites):
            take_half(lanes.state[l], work.part[l], _HALVED_COLUMNS, h)
        one = Lanes(
            work.part,
            work.part,
            seeds,
            site_words[h],
            jump_words[h],
            lanes.clock,
            lanes.mask,
            lanes.number,
        )
        planar(one, step, count, fields, work, HALF)
        put_half(lanes.random, seeds, 2, h)
        for l in range(sites):
            put_half(lanes.state[l], work.part[l], _HALVED_COLUMNS, h)


def tapped(tap: Any) -> Any:
    """Compile the step of one ensemble and one decay, with a function that looks at its noise.

    ``tap(lanes, step, shifts, turns, fields, work)`` is called before the noise acts: that of the
    local dissipation at the beginning of a segment, then that of every rotation (`turns`) and of
    the local dissipation after it. `shifts` are those of the words of the site and of the jump.
    """

    @uncounted
    def advance(lanes, step, count, fields, work):
        """Make `count` steps of one ensemble with one decay."""
        prepare(step, fields, work)
        row, word = lanes.state[0], lanes.site_words[0]
        k = fields.guides.jumps[0, 0]
        jump = lanes.jump_words[k]
        n1, n2 = arrival(fields.guides)
        scale = 0.5 * math.sqrt(step) * fields.strength[k]
        h = 0.5 * step
        omega = Planar(h * work.axis[0, 0], h * work.axis[1, 0], h * fields.guides.gain[0])
        shift = refresh(lanes.random, lanes.site_words, lanes.clock, 0, ALL)
        tap(lanes, step, (shift, shift), False, fields, work)
        local_step(lanes, shift, fields.rates, fields.frame, work.half, ALL)
        for n in range(count):
            jump_shift = refresh(lanes.random, lanes.jump_words, lanes.clock, 1, ALL)
            shift = refresh(lanes.random, lanes.site_words, lanes.clock, 0, ALL)
            tap(lanes, step, (shift, jump_shift), True, fields, work)
            single_axis(row, jump, jump_shift, omega, scale * n1, scale * n2)
            turn_planar(row, ALL)
            local(row, word, shift, work.whole[0] if n < count - 1 else work.half[0], ALL)

    return advance


@uncounted
def untapped(lanes, step, shifts, turns, fields, work):
    """Look at nothing."""


single = tapped(untapped)
