"""The one loop over the schedule: it owns the stop flag, the ball check and the outputs.

A *step* says how trajectories move (`blochball.twa.step`), an *observer* what is looked at when
they arrive at an output time. Both are compiled into the loop, one loop for each pair.

A block is some groups of lanes with a stream of random numbers of its own. Blocks are independent
and their sums are merged along a tree over the block number, so the result depends on neither
threads nor on how a run is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.support.checkpoints import Finished
from blochball.support.jit import njit
from blochball.support.parallel import run_blocks
from blochball.support.statistics import Leaf, Tree
from blochball.twa.ends import End
from blochball.twa.initial import Start, cloud_of
from blochball.twa.lanes import LANES, Lanes, X, Y, Z, jit
from blochball.twa.noise import Stream, seeds, stream
from blochball.twa.plan import Plan
from blochball.twa.schedule import Schedule
from blochball.twa.step import Step, at_all_times
from blochball.twa.timed import Stage, turn

STOPPED = -2  # in place of an output
NOTHING = Schedule(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
_N = np.uint64(LANES)

# sums may be reordered, so that they are vector instructions, too
reordered = njit(fastmath={"contract", "nsz", "arcp", "reassoc"})


class LeftBallError(ArithmeticError):
    """A trajectory met a number that is not finite, or left the Bloch ball.

    Examples
    --------
    >>> from blochball import twa
    >>> issubclass(twa.LeftBallError, ArithmeticError)
    True
    """


class Motion(NamedTuple):
    """What a step reads of the System, and its room to work."""

    numbers: Any
    work: Any


@dataclass(frozen=True)
class Observer:
    """What looks at trajectories at the output times.

    Attributes
    ----------
    look : compiled function
        ``look(lanes, t, record)`` adds what one group of lanes shows at output t to the record.
    record : callable
        ``record(trajectories)`` returns an empty record for a block: a NamedTuple of arrays.
    leaf : callable
        ``leaf(record, trajectories)`` turns it into what blocks are merged by.
    stream : Stream
        Which random numbers the blocks draw.
    block : int
        Trajectories of a block.
    together : bool
        Whether all groups of a block go from output to output together, so that the record of one
        output time stays in the cache; otherwise one group goes to the end, so that its state does.
    """

    look: Any
    record: Callable[[int], Any]
    leaf: Callable[[Any, int], Leaf]
    stream: Stream
    block: int
    together: bool = False


# -- compiled ------------------------------------------------------------------------------------


@reordered
def outside(row, mask, limit):
    """Whether some lane of a row is not within |J|^2 <= limit, or not a number."""
    lost = 0.0
    for i in range(_N):
        x, y, z = row[i + X], row[i + Y], row[i + Z]
        # the comparison is false for what is not a number, too
        lost += 0.0 if x * x + y * y + z * z <= limit else mask[i]
    return lost > 0.0


@jit
def first_outside(lanes, limit):
    """Return the first row of a group that has left the ball, or -1."""
    for l in range(lanes.vectors.shape[0]):
        if outside(lanes.vectors[l], lanes.mask, limit[l]):
            return l
    return -1


@cache
def compiled(begin: Any, take: Any, advance: Any, at: Any, look: Any) -> Any:
    """Compile the loop for a step and an observer.

    Returns
    -------
    compiled function
        ``block(lanes, start, generator, schedule, motion, record, stop)`` runs as many groups as
        `start.trajectories` need from the beginning, or, if there are none, the lanes from where
        they are. It returns the output time and the row where a trajectory has left the ball,
        (-1, -1), or (STOPPED, -1) if `stop` was set meanwhile.
    """

    @jit
    def begun(lanes, start, generator, first):
        for g in range(lanes.number.size):
            lanes.number[g] = first + g
            for i in range(LANES):
                lanes.mask[g, i] = 1.0 if lanes.number[g] * LANES + i < start.trajectories else 0.0
            begin(take(lanes, g), start, generator)

    @jit
    def segments(lanes, schedule, motion, record, stop):
        work = motion.work
        for k in range(schedule.steps.size):
            t = schedule.outputs[k]
            numbers = at(motion.numbers, k, work)
            for g in range(lanes.number.size):
                if stop[0]:
                    return STOPPED, -1
                group = take(lanes, g)
                if schedule.counts[k] > 0:
                    advance(group, schedule.steps[k], schedule.counts[k], numbers, work)
                if t >= 0:
                    row = first_outside(group, numbers.limit)
                    if row >= 0:
                        return t, row
                    look(group, t, record)
        return -1, -1

    @jit
    def block(lanes, start, generator, schedule, motion, record, stop):
        together = lanes.number.size
        for first in range(0, max(-(-start.trajectories // LANES), 1), together):
            if start.trajectories > 0:
                begun(lanes, start, generator, first)
            t, row = segments(lanes, schedule, motion, record, stop)
            if t != -1:
                return t, row
        return -1, -1

    return block


# -- blocks --------------------------------------------------------------------------------------


def run(
    owner: str,
    plan: Plan,
    stages: Sequence[Stage],
    observer: Observer,
    threads: int,
    progress: bool = False,
    blocks: range | None = None,
    finished: Finished | None = None,
) -> Tree:
    """Run blocks of a plan over threads, by default all of them.

    Raises
    ------
    LeftBallError
        If a trajectory leaves the Bloch ball or meets a number that is not finite.
    """
    stop = np.zeros(1, bool)
    work = partial(run_block, owner, plan, stages, observer, stop)
    first = 0 if blocks is None else blocks.start
    left = plan.trajectories - first * observer.block
    trajectories = left if blocks is None else min(len(blocks) * observer.block, left)
    return run_blocks(work, trajectories, observer.block, threads, progress, first, finished, stop)


def run_block(
    owner: str,
    plan: Plan,
    stages: Sequence[Stage],
    observer: Observer,
    stop: NDArray[np.bool_],
    number: int,
    trajectories: int,
) -> Leaf:
    """Run the first `trajectories` (at most all) of a block.

    Raises
    ------
    LeftBallError
        Naming time and site.
    CancelledError
        If `stop` was set meanwhile.
    """
    generator = stream(plan.seed, observer.stream, number)
    seeded = seeds(generator, observer.block // LANES)
    start = Start(seeded, cloud_of(plan.system), trajectories)
    record = observer.record(trajectories)
    begun = plan.initial and plan.initial.part(number * observer.block, trajectories)
    alone = len(stages) == 1 and stages[0].step.at is at_all_times and not stages[0].rotations
    end: tuple[End, ...] = ()
    if alone and begun is None and not plan.end:
        step = stages[0].step
        groups = -(-trajectories // LANES) if observer.together else 1
        lanes, work = step.memory(groups, generator)
        block, motion = loop(step, observer.look), Motion(step.numbers, work)
        t, row = block(lanes, start, generator, stages[0].schedule, motion, record, stop)
    else:
        t, row, lanes = _run_stages(stages, observer, (start, generator), begun, record, stop)
        end = (End.of(lanes, trajectories, stages[-1].step),) if plan.end else ()
    if t == STOPPED:
        raise CancelledError
    if t >= 0:
        site = row % plan.system.sites
        raise LeftBallError(left_ball(owner, plan.times[t], site, f"block {number}"))
    return (*observer.leaf(record, trajectories), *end)


def _run_stages(
    stages: Sequence[Stage],
    observer: Observer,
    beginning: tuple[Start, np.random.Generator],
    begun: End | None,
    record: Any,
    stop: NDArray[np.bool_],
) -> tuple[int, int, Lanes]:
    """Run all groups of a block together, one stage after another; return where it ended."""
    start, generator = beginning
    parts = [stage.step.memory(0, generator) for stage in stages]
    widest = max(range(len(parts)), key=lambda k: parts[k][0].state.shape[-1])
    groups = -(-start.trajectories // LANES)
    lanes, _ = stages[widest].step.memory(groups, generator)
    if begun is not None:
        begun.put(lanes, stages[0].step)
        start = start._replace(trajectories=0)
    for stage, (_, work) in zip(stages, parts, strict=True):
        block = loop(stage.step, observer.look)
        rest = (Motion(stage.step.numbers, work), record, stop)
        if start.trajectories > 0:
            block(lanes, start, generator, NOTHING, *rest)
            start = start._replace(trajectories=0)
        turn(lanes.vectors, stage.rotations, lanes.site_words.shape[1])
        t, row = block(lanes, start, generator, stage.schedule, *rest)
        if t != -1:
            return t, row, lanes
    return -1, -1, lanes


def loop(step: Step, look: Any) -> Any:
    """Return the compiled loop of a step."""
    return compiled(step.begin, step.take, step.advance, step.at, look)


def left_ball(owner: str, time: float, site: int, where: str) -> str:
    """Return the message of a LeftBallError."""
    return (
        f"{owner}: every trajectory must stay finite and near the Bloch ball, one did not at time "
        f"{time:g}, site {site} ({where}); smaller steps may help"
    )
