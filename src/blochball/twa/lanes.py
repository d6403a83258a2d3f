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

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.support.jit import njit

LANES = 64
_U = np.uint64
_N = _U(LANES)
ALL, HALF = (0, 1), (0,)  # only their lengths count
X, Y, Z, MX, MY, TX, TY, TZ = (_U(k * LANES) for k in range(8))
COLUMNS = 8
PLANAR_COLUMNS = 5  # X to MY
MANY = 128  # more sites are advanced with half of the lanes at a time; see docs/numerics.md
COUNTERS = 4  # of `Lanes.clock`

jit = njit(fastmath={"contract", "nsz", "arcp"})
# without fused multiply and add: of two products the compiler may fuse either, from place to place
unfused = njit(fastmath={"nsz", "arcp"})


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


def lanes(groups: int, sites: int, jumps: int, columns: int, copies: int = 1) -> Lanes:
    """Return memory for groups of lanes; with `copies` every site has as many rows."""
    state = np.zeros((groups, copies * sites, columns * LANES))
    return Lanes(
        state,
        state,
        np.zeros((groups, 2 * LANES), np.uint64),
        np.zeros((groups, sites, LANES), np.uint64),
        np.zeros((groups, jumps, LANES), np.uint64),
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


@jit
def columns(n):
    """Return where the columns of J^x, J^y, J^z and of the mid-point begin in rows of n lanes."""
    return _U(0), n, _U(2) * n, _U(3) * n, _U(4) * n


@jit
def width(halves):
    """Return the number of lanes: half of LANES for each entry of the tuple."""
    return _U(len(halves) * LANES // 2)


@unfused
def turned(c, s, u, v):
    """Return real and imaginary part of (c + i s) (u + i v), with the same bits everywhere."""
    return c * u - s * v, c * v + s * u


@jit
def fill(row, column, value):
    """Set a column to a constant."""
    for i in range(_N):
        row[i + column] = value


@jit
def add_scaled(out, column, factor, source, start):
    """Add factor times a column to another row's column."""
    for i in range(_N):
        out[i + column] += factor * source[i + start]


@jit
def clear(field):
    """Set a field to zero."""
    for i in range(field.size):
        field[i] = 0.0


@jit
def copy(source, out):
    """Copy a row."""
    for i in range(out.size):
        out[i] = source[i]


@jit
def take_half(row, part, columns, h):
    """Copy the first (h = 0) or second half of the lanes of the first columns out of a row."""
    n = width(HALF)
    for c in range(columns):
        for i in range(n):
            part[_U(c) * n + i] = row[_U(2 * c + h) * n + i]


@jit
def put_half(row, part, columns, h):
    """Copy back what `take_half` has taken."""
    n = width(HALF)
    for c in range(columns):
        for i in range(n):
            row[_U(2 * c + h) * n + i] = part[_U(c) * n + i]
