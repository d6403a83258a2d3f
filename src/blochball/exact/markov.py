"""The stationary distribution of a Markov chain to full relative accuracy, whatever its rates.

Elimination without subtraction (W. K. Grassmann, M. I. Taksar & D. P. Heyman, Oper. Res. 33, 1107
(1985)): a state that is left out hands the rates into it on to the states it leads to, and the rate
out of a state is the sum of the rates to others. Every entry is then right to some units in its
last place, for rates over any number of decades (C. A. O'Cinneide, Numer. Math. 65, 109 (1993)).

States lie on a lattice and lead to neighbours, diagonal ones included. They are left out by nested
dissection (A. George, SIAM J. Numer. Anal. 10, 345 (1973)): the two sides of a line first, then the
line, so that n states need O(n log n) numbers. Rates are kept with a binary exponent for each
source. Where they differ by more than floating-point numbers can hold even so, the chain has a
trap: a state that is left for good too rarely to matter, in which all weight ends.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from blochball.support import progress
from blochball.support.jit import njit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAF = 48  # states that are left out together without a further line between them
PANEL = 8  # states between two looks at the size of the rates that are left
_NOTHING = -(2**40)  # binary exponent of a row without rates


class Front(NamedTuple):
    """States that are left out together, and what is kept of them.

    Attributes
    ----------
    states : int array, shape (front,)
        Those left out, and then those that they still led to.
    flow : array, shape (own, front)
        Rates into each state left out, as shares of the rate out of it.
    scale : int array, shape (panels, front)
        Binary exponents of the rates by their source; a panel is PANEL of the states left out.
    unit : int array, shape (own,)
        Binary exponents of the rates out.
    """

    states: Ints
    flow: Floats
    scale: Ints
    unit: Ints


def stationary(rates: sp.csr_array, place: Ints) -> Floats:
    """Return the stationary distribution of a chain of which any state leads to any other.

    Parameters
    ----------
    rates : sparse array, shape (n, n)
        Rate from the state of the row to that of the column; the diagonal is not looked at.
    place : int array, shape (2, n)
        Of each state on the lattice.

    Raises
    ------
    ArithmeticError
        If there are several traps.
    """
    weight = np.zeros(rates.shape[0])
    exponent = np.zeros(rates.shape[0], dtype=np.int64)
    chain = _Elimination(rates, place)
    for front in reversed(chain.fronts):
        _weigh(*front, chain.trap, weight, exponent)
    down = np.maximum(exponent - exponent[weight > 0].max(), -2000)
    found = np.ldexp(weight, down)
    return np.asarray(found / found.sum())


class _Elimination:
    """Leaves out all states; `fronts` are in the order in which they were left out.

    The state that is left out last is the trap, if there is no other.
    """

    def __init__(self, rates: sp.csr_array, place: Ints) -> None:
        self.fronts: list[Front] = []
        self.trap = -1
        self._left_out = 0
        self._place = place
        self._rates = (rates.indptr, rates.indices, rates.data)
        pattern = sp.csr_array(rates + rates.T)
        self._neighbours = (pattern.indptr, pattern.indices)
        # index of each state in the present front, -1 outside of it, -2 for one left out
        self._index = np.full(rates.shape[0], -1)
        self._leave_out(np.arange(rates.shape[0]))

    def _leave_out(self, states: Ints) -> tuple[Ints, Floats, Ints]:
        """Leave out some states; return those that they lead to, new rates between them, scales."""
        own, sides = self._divide(states)
        parts = [self._leave_out(side) for side in sides if len(side)]
        handed = np.concatenate([part[0] for part in parts] or [np.empty(0, np.int64)])
        front = _front(own, handed, *self._neighbours, self._index)
        # the last column holds the rates into the trap
        matrix = np.zeros((len(front), len(front) + 1))
        scale = np.full(len(front), _NOTHING)
        _assemble(self._rates, front, len(own), self._index, matrix, scale)
        for part in parts:
            _add(*part, self._index, matrix, scale)
        flow = np.zeros((len(own), len(front)))
        scales = np.zeros((-(-len(own) // PANEL), len(front)), dtype=np.int64)
        unit = np.zeros(len(own), dtype=np.int64)
        for trap in _eliminate(matrix, scale, flow, scales, unit):
            if self.trap >= 0:
                raise ArithmeticError(
                    "rates must not be too far apart: there are two groups of states, and what "
                    "leads from either to the other is too small for a floating-point number"
                )
            self.trap = front[trap]
        self._index[front] = -1
        self._index[own] = -2
        self._left_out += len(own)
        progress.report(self._left_out / len(self._index))
        self.fronts.append(Front(front, flow, scales, unit))
        rest = slice(len(own), None)
        return front[rest], matrix[rest, len(own) :].copy(), scale[rest].copy()

    def _divide(self, states: Ints) -> tuple[Ints, list[Ints]]:
        """Return the states of a line across, and those on either side of it."""
        if len(states) <= LEAF:
            return states, []
        place = self._place[:, states]
        along = place[int(np.argmax(np.ptp(place, axis=1)))]
        middle = np.partition(along, len(along) // 2)[len(along) // 2]
        return states[along == middle], [states[along < middle], states[along > middle]]


@njit()
def _front(own, handed, start, column, index):
    """Return own states, then those that they or earlier ones lead to; index them."""
    most = len(own) + len(handed)
    for state in own:
        most += start[state + 1] - start[state]
    front = np.empty(most, np.int64)
    count = 0
    for state in own:
        front[count] = state
        index[state] = count
        count += 1
    for state in own:
        for t in range(start[state], start[state + 1]):
            other = column[t]
            if index[other] == -1:
                front[count] = other
                index[other] = count
                count += 1
    for other in handed:
        if index[other] == -1:
            front[count] = other
            index[other] = count
            count += 1
    return front[:count].copy()


@njit()
def _assemble(rates, front, own, index, matrix, scale):
    """Put in the rates to and from own states; of each row the largest is scaled to order one."""
    start, column, rate = rates
    for r in range(len(front)):
        largest = 0.0
        for t in range(start[front[r]], start[front[r] + 1]):
            c = index[column[t]]
            if c >= 0 and c != r and (r < own or c < own):
                matrix[r, c] += rate[t]
                largest = max(largest, matrix[r, c])
        if largest > 0:
            scale[r] = math.frexp(largest)[1]
            _shift(matrix[r], -scale[r])


@njit()
def _add(states, rates, scales, index, matrix, scale):
    """Add rates that earlier states have handed on."""
    for i in range(len(states)):
        r = index[states[i]]
        if scales[i] > scale[r]:
            _shift(matrix[r], max(scale[r] - scales[i], -2000))
            scale[r] = scales[i]
        factor = math.ldexp(1.0, max(scales[i] - scale[r], -2000))
        for k in range(len(states)):
            matrix[r, index[states[k]]] += factor * rates[i, k]
        matrix[r, -1] += factor * rates[i, -1]


@njit()
def _shift(row, exponent):
    for k in range(len(row)):
        row[k] = math.ldexp(row[k], exponent)


@njit()
def _eliminate(a, scale, flow, scales, unit):
    """Leave out as many states as `flow` has rows; return which of them are traps."""
    own, size = flow.shape
    traps = np.zeros(own, np.bool_)
    for k in range(own):
        if k % PANEL == 0:
            _rescale(a, scale, k)
            scales[k // PANEL] = scale
        unit[k] = scale[k]
        pivot = a[k, k + 1 :]
        out = pivot.sum()
        traps[k] = out == 0.0
        for i in range(k + 1, size):
            if traps[k]:
                flow[k, i] = a[i, k]
                a[i, size] += a[i, k]
            elif a[i, k] > 0:
                flow[k, i] = a[i, k] / out
                row = a[i, k + 1 :]
                for j in range(len(row)):
                    row[j] += flow[k, i] * pivot[j]
    _rescale(a, scale, own)
    return np.flatnonzero(traps)


@njit()
def _rescale(a, scale, first):
    """Scale the largest rate of each row to order one; what is small stays far from underflow."""
    for i in range(first, len(a)):
        a[i, i] = 0.0
        largest = a[i, first:].max()
        if largest == 0.0:
            scale[i] = _NOTHING
        elif not 2.0**-16 < largest < 2.0**16:
            exponent = math.frexp(largest)[1]
            scale[i] += exponent
            _shift(a[i, first:], -exponent)


@njit()
def _weigh(states, flow, scale, unit, trap, weight, exponent):
    """Find weights, times two to `exponent`, of the states left out from those of the others."""
    own, size = flow.shape
    for k in range(own - 1, -1, -1):
        here = states[k]
        if here == trap:
            weight[here] = 1.0
            continue
        shift = scale[k // PANEL]
        largest = -(2**60)
        for i in range(k + 1, size):
            if flow[k, i] > 0 and weight[states[i]] > 0:
                largest = max(largest, exponent[states[i]] + shift[i])
        total = 0.0
        for i in range(k + 1, size):
            down = exponent[states[i]] + shift[i] - largest
            if flow[k, i] > 0 and down > -1100:
                total += math.ldexp(weight[states[i]] * flow[k, i], down)
        if total > 0:
            weight[here], extra = math.frexp(total)
            exponent[here] = largest - unit[k] + extra
