"""Time steps: how many, how long; fixed before the run, so that no noise chooses its own step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blochball.support import validation
from blochball.system import System
from blochball.twa import kernels
from blochball.twa.engine import Schedule, initial_groups, start
from blochball.twa.fields import Fields

Floats = NDArray[np.float64]

ANGLE = 0.1  # default of `tolerance`
MOST = 1e9  # steps of a run; a hundred times those of a large one
_CHUNK = 32  # steps after which the pilot looks again
_GROWTH = 1.5  # factor by which the speed may grow within a chunk before it is made again


def uniform(times: Floats, steps: Any) -> Schedule:
    """Divide the intervals between output times evenly.

    Parameters
    ----------
    times : ndarray, shape (times,)
    steps : int or sequence of int
        Steps over all of [0, times[-1]], or one number an interval; the first interval begins at
        time 0 (there is none before an output time 0).
    """
    edges = np.concatenate([[0.0], times]) if times[0] > 0 else times
    lengths = np.diff(edges)
    what = f"'auto', an integer >= 1 or {lengths.size} of them, one an interval"
    message = f"twa.solve: steps must be {what}, got {validation.shown(steps)}"
    # a range, say, is measured before its entries exist
    if isinstance(steps, Sequence) and len(steps) != lengths.size:
        raise ValueError(message)
    try:
        given = np.asarray(steps)
    except Exception as error:  # ragged nested sequences, or whatever the object itself raises
        raise TypeError(message) from error
    if given.ndim == 0:
        total = validation.integer("twa.solve", "steps", steps, 1)
        # rounded up, but not for the sake of a rounding error
        share = lengths / edges[-1] * total if lengths.size else lengths
        counts = np.maximum(np.ceil(share - 1e-9).astype(np.int64), 1)
    else:
        if given.dtype.kind not in "iu" or isinstance(steps, bytearray | memoryview):
            raise TypeError(message)
        if given.shape != lengths.shape or (given < 1).any() or (given > validation.MOST).any():
            raise ValueError(message)
        counts = given.astype(np.int64)
    outputs = np.arange(lengths.size, dtype=np.int64)
    if times[0] > 0:
        return Schedule(lengths / counts, counts, outputs)
    return Schedule(
        np.concatenate([[0.0], lengths / counts]),
        np.concatenate([[0], counts]).astype(np.int64),
        np.arange(times.size, dtype=np.int64),
    )


def pilot(
    system: System, fields: Fields, local: Floats, times: Floats, seed: int, tolerance: float
) -> Schedule:
    """Choose steps from a short pilot run with a stream of its own.

    A step is `tolerance` divided by the sum of the largest rates at that time: rotation, growth or
    damping of collective amplitudes (`kernels.speed`), local dissipation, and the collective noise.
    """
    generator = start(system, seed, (1,))
    state, random = next(initial_groups(system, 1, generator))
    words, clock, work = kernels.scratch(system.sites, len(system.jumps))
    noises, field = work[2], work[3][0]
    constants = tuple(fields)
    # the noise of a jump turns by a mean square angle of rate |w|^2 a unit of time
    shaken = sum((j.rate * np.abs(j.weights) ** 2 for j in system.jumps), np.zeros(system.sites))
    steady = float((local[1] + local[3] + 4 * local[2] + shaken).max())

    def rate() -> float:
        return steady + float(kernels.speed(state, constants, noises, field))

    segments: list[tuple[float, int, int]] = []
    now = 0.0
    for index, goal in enumerate(times):
        left = float(goal) - now
        while left > 0:
            fast = rate()
            while True:
                if not left * fast <= MOST * tolerance:
                    raise ValueError(
                        "twa.solve: times and tolerance must be such that a run has at most "
                        f"{MOST:g} steps, got about {left * fast / tolerance:.3g}"
                    )
                total = max(1, math.ceil(left * fast / tolerance))
                count = min(total, _CHUNK)
                step = left / total
                before = state.copy(), random.copy(), clock.copy(), [w.copy() for w in words]
                kernels.advance(
                    state, random, clock, words, step, count, local, constants,
                    fields.guided, work,
                )  # fmt: skip
                after = rate()
                if after <= _GROWTH * fast:
                    break
                # the speed grew within the chunk: go back and take it in smaller steps
                fast = after
                state[:], random[:], clock[:] = before[:3]
                for word, saved in zip(words, before[3], strict=True):
                    word[:] = saved
            segments.append((step, count, -1))
            left = left - count * step if count < total else 0.0
        now = float(goal)
        if segments and segments[-1][2] < 0:
            segments[-1] = (*segments[-1][:2], index)
        else:
            segments.append((0.0, 0, index))
    steps, counts, outputs = zip(*segments, strict=True)
    return Schedule(np.array(steps), np.array(counts, np.int64), np.array(outputs, np.int64))
