"""Which step serves a run, and that step.

One step is a Strang splitting: local dissipation for half a step, the collective rotation for the
whole step, local dissipation for half a step; neighbouring halves are fused between outputs.

=========  =====================================================================================
step       serves
=========  =====================================================================================
general    any System
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

from blochball.twa import initial
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
)
from blochball.twa.local import COEFFICIENTS, fill_table, local, local_step
from blochball.twa.noise import refresh
from blochball.twa.rotation import draw_noises, rotate
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
    half, whole : ndarray, shape (sites, COEFFICIENTS)
        Tables of local dissipation over half and over the whole step.
    noises : ndarray, shape (jumps, 2 * LANES)
    sweeps : ndarray, shape (3, 2 * LANES)
        Fields.
    part : ndarray, shape (sites or 0, PLANAR_COLUMNS * LANES / 2)
        Room for half of the lanes.
    """

    filled: Floats
    axis: Floats
    half: Floats
    whole: Floats
    noises: Floats
    sweeps: Floats
    part: Floats


@dataclass(frozen=True)
class Step:
    """A way to move groups of lanes, as `driver` wants it.

    Attributes
    ----------
    begin, take, advance : compiled functions
        ``begin(lanes, start)`` puts one group into the initial state, ``take(lanes, g)`` returns
        one of several groups, ``advance(lanes, step, count, numbers, work)`` makes steps.
    numbers : NamedTuple
        The System as `advance` reads it; its `limit` is that of |J|^2.
    memory : callable
        ``memory(groups, generator)`` returns lanes and work.
    """

    begin: Any
    take: Any
    advance: Any
    numbers: Any
    memory: Callable[[int, np.random.Generator], tuple[Any, Any]]


def step_of(fields: Fields) -> Step:
    """Choose the step that serves a System, given what turns its vectors."""
    sites, jumps = fields.axis.shape[1], fields.strength.size
    advance, columns, half = general, COLUMNS, 0
    if fields.guided:
        columns = PLANAR_COLUMNS
        alone = sites == 1 and fields.guides.jumps[0, 1] < 0
        advance = single if alone else guided
        if sites > MANY:
            advance, half = halved, sites

    def memory(groups: int, generator: np.random.Generator) -> tuple[Lanes, Work]:
        return lanes(groups, sites, jumps, columns), work(sites, jumps, half)

    return Step(initial.begin, take, advance, fields, memory)


def work(sites: int, jumps: int, half: int = 0) -> Work:
    """Return memory for a step, with room for half of the lanes at some sites."""
    return Work(
        np.full(1, np.nan),
        np.zeros((3, sites)),
        np.zeros((sites, COEFFICIENTS)),
        np.zeros((sites, COEFFICIENTS)),
        np.zeros((jumps, 2 * LANES)),
        np.zeros((3, 2 * LANES)),
        np.zeros((half, PLANAR_COLUMNS * LANES // 2)),
    )


@jit
def prepare(step, fields, work):
    """Compute what depends on the length of the step, unless it is there already."""
    if work.filled[0] == step:
        return
    work.filled[0] = step
    fill_table(fields.rates, 0.5 * step, work.half)
    fill_table(fields.rates, step, work.whole)
    for k in range(work.axis.shape[0]):
        for l in range(work.axis.shape[1]):
            work.axis[k, l] = fields.axis[k, l]


@jit
def general(lanes, step, count, fields, work):
    """Make `count` steps, whatever omega is made of."""
    prepare(step, fields, work)
    words, clock = lanes.jump_words, lanes.clock
    shift = refresh(lanes.random, lanes.site_words, clock, 0, ALL)
    local_step(lanes, shift, fields.rates, fields.frame, work.half, ALL)
    for n in range(count):
        shift = refresh(lanes.random, words, clock, 1, ALL)
        draw_noises(words, shift, fields.strength, step, work.noises, ALL)
        rotate(lanes.state, step, fields, work.axis, work.noises, work.sweeps[0])
        shift = refresh(lanes.random, lanes.site_words, clock, 0, ALL)
        table = work.whole if n < count - 1 else work.half
        local_step(lanes, shift, fields.rates, fields.frame, table, ALL)


@jit
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
        draw_noises(words, shift, fields.strength, step, work.noises, halves)
        table = work.whole if n < count - 1 else work.half
        shift = refresh(lanes.random, lanes.site_words, clock, 0, halves)
        rotate_guided(lanes, step, fields, work, shift, table, halves)
    out_of_frame(lanes.state, fields.frame, halves)


@jit
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

    @jit
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


@jit
def untapped(lanes, step, shifts, turns, fields, work):
    """Look at nothing."""


single = tapped(untapped)
