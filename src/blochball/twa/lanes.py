"""How trajectories lie in memory: 64 side by side, each of them a lane.

All that belongs to a site lies in one flat row of ``COLUMNS * LANES`` numbers: column ``X`` holds
J^x of every lane, then come ``Y``, ``Z``, the mid-point ``MX, MY`` and the axis of rotation
``TX, TY, TZ``, which planar rows do without. Offsets and length are unsigned constants: only then
can the compiler see that columns do not overlap and turn every loop into vector instructions
(separate arrays: five times slower, measured).

What the guided step of a long chain needs can do half of the lanes, in rows half as long, so that
all sites stay in the cache. Such loops are told by a tuple, `halves`, which is HALF or ALL: numba
compiles for its length, so that the number of lanes is a constant again (see `width`).

Loops are short on purpose. Within a lane every operation waits for the one before, quotients and
roots above all, and a processor looks only some 250 instructions ahead. One long loop keeps two
vectors of lanes in flight, three short ones keep six, which is worth more than the loads and stores
between them (1.5 times faster, measured).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from blochball.support.jit import njit

LANES = 64
_U = np.uint64
_N = _U(LANES)
ALL, HALF = (0, 1), (0,)  # only their lengths count
X, Y, Z, MX, MY, TX, TY, TZ = (_U(k * LANES) for k in range(8))
COLUMNS = 8
PLANAR_COLUMNS = 5  # X to MY
MANY = 128  # more sites are advanced with half of the lanes at a time; see docs/engine.md
LINE = 64  # bytes of a line of the cache
COUNTERS = 4  # of `Lanes.clock`

jit = njit(fastmath={"contract", "nsz", "arcp"})
# what is called in every step: up to half of its time went into counting references (measured)
uncounted = njit(counted=False, fastmath={"contract", "nsz", "arcp"})
# without fused multiply and add: of two products the compiler may fuse either, from place to place
unfused = njit(counted=False, fastmath={"nsz", "arcp"})


class Lanes(NamedTuple):
    """Groups of lanes under way; `take` returns one of them, without the first index.

    Attributes
    ----------
    state : ndarray, shape (groups, sites, columns * LANES)
        Rows of the sites.
    vectors : ndarray, shape (groups, sites, columns * LANES)
        Bloch vectors in the columns X, Y, Z: here the state itself.
    random : ndarray of uint64, shape (groups, 2 * LANES)
        State of the generators.
    site_words, jump_words : ndarray of uint64, shape (groups, sites or jumps, LANES)
        Random bits of the local and of the collective noise.
    clock : ndarray of int, shape (groups, COUNTERS)
        Steps that the words of the sites and of the jumps have served; local and collective steps
        since the start, where a step counts them.
    mask : ndarray, shape (groups, LANES)
        1 for lanes that count, 0 for those that fill up the last group.
    number : ndarray of int, shape (groups,)
        Place of the group in its block.
    """

    state: NDArray[np.float64]
    vectors: NDArray[np.float64]
    random: NDArray[np.uint64]
    site_words: NDArray[np.uint64]
    jump_words: NDArray[np.uint64]
    clock: NDArray[np.int64]
    mask: NDArray[np.float64]
    number: NDArray[np.int64]


def zeros(shape: int | tuple[int, ...], dtype: DTypeLike = float) -> NDArray[Any]:
    """Return zeros that begin with a line of the cache.

    A vector of lanes that lies across two lines is read at half the speed: up to a third of the
    time of a step (measured).
    """
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    room = np.zeros(size + LINE, np.uint8)
    start = -room.ctypes.data % LINE
    return room[start : start + size].view(dtype).reshape(shape)


def lanes(groups: int, sites: int, jumps: int, columns: int, copies: int = 1) -> Lanes:
    """Return memory for groups of lanes; with `copies` every site has as many rows."""
    state = zeros((groups, copies * sites, columns * LANES))
    return Lanes(
        state,
        state,
        zeros((groups, 2 * LANES), np.uint64),
        zeros((groups, sites, LANES), np.uint64),
        zeros((groups, jumps, LANES), np.uint64),
        np.zeros((groups, COUNTERS), np.int64),
        np.ones((groups, LANES)),
        np.zeros(groups, np.int64),
    )


@jit
def take(lanes, g):
    """Return one group of lanes."""
    return Lanes(
        lanes.state[g],
        lanes.vectors[g],
        lanes.random[g],
        lanes.site_words[g],
        lanes.jump_words[g],
        lanes.clock[g],
        lanes.mask[g],
        lanes.number[g],
    )


@uncounted
def columns(n):
    """Return where the columns of J^x, J^y, J^z and of the mid-point begin in rows of n lanes."""
    return _U(0), n, _U(2) * n, _U(3) * n, _U(4) * n


@uncounted
def width(halves):
    """Return the number of lanes: half of LANES for each entry of the tuple."""
    return _U(len(halves) * LANES // 2)


@unfused
def turned(c, s, u, v):
    """Return real and imaginary part of (c + i s) (u + i v), with the same bits everywhere."""
    return c * u - s * v, c * v + s * u


@uncounted
def fill(row, column, value):
    """Set a column to a constant."""
    for i in range(_N):
        row[i + column] = value


@uncounted
def add_scaled(out, column, factor, source, start):
    """Add factor times a column to another row's column."""
    for i in range(_N):
        out[i + column] += factor * source[i + start]


@uncounted
def clear(field):
    """Set a field to zero."""
    for i in range(field.size):
        field[i] = 0.0


@uncounted
def copy(source, out):
    """Copy a row."""
    for i in range(out.size):
        out[i] = source[i]


@uncounted
def take_half(row, part, columns, h):
    """Copy the first (h = 0) or second half of the lanes of the first columns out of a row."""
    n = width(HALF)
    for c in range(columns):
        for i in range(n):
            part[_U(c) * n + i] = row[_U(2 * c + h) * n + i]


@uncounted
def put_half(row, part, columns, h):
    """Copy back what `take_half` has taken."""
    n = width(HALF)
    for c in range(columns):
        for i in range(n):
            row[_U(2 * c + h) * n + i] = part[_U(c) * n + i]
