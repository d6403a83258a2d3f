"""Time steps: how many and how long; fixed before the run, so that no noise chooses its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.support import validation

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
KNOT = -2


class Schedule(NamedTuple):
    """Steps of a run: segment k makes counts[k] steps of length steps[k].

    outputs[k] is the index of the output time at its end, -1, or KNOT where a Protocol has one.
    """

    steps: Floats
    counts: Ints
    outputs: Ints

    @classmethod
    def of(cls, segments: Sequence[tuple[float, int, int]]) -> Schedule:
        """Return the schedule of some segments (step, count, output)."""
        steps, counts, outputs = zip(*segments, strict=True)
        return cls(np.array(steps, float), np.array(counts, np.int64), np.array(outputs, np.int64))

    @property
    def total(self) -> int:
        """Steps of a trajectory."""
        return int(self.counts.sum())


def marks(times: Floats, knots: Floats) -> tuple[Floats, Ints]:
    """Return all output times and the knots between them; of each the output's index, or KNOT."""
    found = np.union1d(times, knots[(knots > 0) & (knots < times[-1])])
    at = np.searchsorted(times, found)
    return found, np.where(times[np.minimum(at, times.size - 1)] == found, at, KNOT)


def uniform(owner: str, times: Floats, steps: Any, knots: Floats | None = None) -> Schedule:
    """Divide the intervals between output times evenly.

    Parameters
    ----------
    owner : str
        The function that was called, for errors.
    times : ndarray, shape (times,)
    steps : int or sequence of int
        Steps over all of [0, times[-1]], or one number an interval; the first interval begins at
        time 0 (there is none before an output time 0).
    knots : ndarray, optional
        Times at which a step ends besides: intervals are divided there, and each part is rounded
        up to a whole number of steps.

    Raises
    ------
    TypeError, ValueError
        If `steps` are not that.
    """
    edges = np.concatenate([[0.0], times]) if times[0] > 0 else times
    lengths = np.diff(edges)
    what = f"'auto', an integer >= 1 or {lengths.size} of them, one an interval"
    message = f"{owner}: steps must be {what}, got {validation.shown(steps)}"
    # a range, say, is measured before its entries exist
    if isinstance(steps, Sequence) and len(steps) != lengths.size:
        raise ValueError(message)
    try:
        given = np.asarray(steps)
    except Exception as error:  # ragged nested sequences, or whatever the object itself raises
        raise TypeError(message) from error
    ends, outputs = marks(times, np.empty(0) if knots is None else knots)
    parts = np.diff(ends, prepend=0.0)
    if given.ndim == 0:
        total = validation.integer(owner, "steps", steps, 1)
        number, whole = np.full(ends.size, total), np.full(ends.size, ends[-1])
    else:
        if given.dtype.kind not in "iu" or isinstance(steps, bytearray | memoryview):
            raise TypeError(message)
        if given.shape != lengths.shape or (given < 1).any() or (given > validation.MOST).any():
            raise ValueError(message)
        # an output time 0 is at the end of no interval, and takes no step
        interval = np.searchsorted(edges, ends) - 1
        number, whole = np.append(given, 0)[interval], np.append(lengths, 0.0)[interval]
    share = np.divide(parts, whole, out=np.zeros_like(parts), where=parts > 0) * number
    # rounded up, but not for the sake of a rounding error
    counts = np.where(parts > 0, np.maximum(np.ceil(share - 1e-9).astype(np.int64), 1), 0)
    lengths = parts / np.maximum(counts, 1)
    return Schedule(lengths, counts, outputs)
