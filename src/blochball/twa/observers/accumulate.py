"""Sums over trajectories of the symbols of spins, and the moments that they make.

Sums are taken of deviations from a reference (the mean of a block's first group of lanes), so that
a variance is never the small difference of large numbers.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball import moments
from blochball.moments import MOMENTS, SECOND
from blochball.support.statistics import Moments
from blochball.twa.driver import reordered
from blochball.twa.lanes import LANES, X, Y, Z, jit
from blochball.twa.lengths import SHORT

Floats = NDArray[np.float64]
_U = np.uint64
_N = _U(LANES)
QUANTITIES, MORE = len(MOMENTS), len(SECOND)
SPIN_SQUARED = MOMENTS.index("spin_squared")
VALIDITY = ("inverse_length", "short_fraction")
SHORTEST = 0.5  # 1/|J| of a shorter vector is taken there: it is for reading only

_symbols, _second_symbols = jit(moments.symbols), jit(moments.second_symbols)


class Sums(NamedTuple):
    """Sums of deviations from a reference, and of their products or squares."""

    reference: Floats
    total: Floats
    products: Floats


# -- compiled ------------------------------------------------------------------------------------


@jit
def put(values, i, numbers):
    """Put some numbers of lane i into the first columns."""
    for q in range(len(numbers)):
        values[i + _U(q) * _N] = numbers[q]


@jit
def symbols(row, values):
    """Fill columns with the Weyl symbols of MOMENTS and with VALIDITY, lane by lane."""
    for i in range(_N):
        found = _symbols(row[i + X], row[i + Y], row[i + Z])
        square = found[SPIN_SQUARED]
        inverse = 1 / math.sqrt(max(square, SHORTEST * SHORTEST))
        put(values, i, found)
        put(values, i + _U(QUANTITIES) * _N, (inverse, 1.0 if square < SHORT * SHORT else 0.0))


@jit
def more_symbols(row, values):
    """Fill columns with the symbols of MOMENTS and of SECOND, then with VALIDITY."""
    symbols(row, values)
    for k in range(len(VALIDITY)):
        here, there = _U((QUANTITIES + k) * LANES), _U((QUANTITIES + MORE + k) * LANES)
        for i in range(_N):
            values[i + there] = values[i + here]
    for i in range(_N):
        found = _second_symbols(row[i + X], row[i + Y], row[i + Z])
        put(values, i + _U(QUANTITIES) * _N, found)


@reordered
def total(values, column, mask):
    """Sum a column over the lanes of the mask (1 or 0)."""
    found = 0.0
    for i in range(_N):
        found += values[i + column] * mask[i]
    return found


@reordered
def deviate(values, column, mask, shift):
    """Turn a column into deviations from `shift`; return their sum and sum of squares."""
    first = 0.0
    second = 0.0
    for i in range(_N):
        d = (values[i + column] - shift) * mask[i]
        values[i + column] = d
        first += d
        second += d * d
    return first, second


@reordered
def product(values, column, other):
    """Sum the product of two columns over the lanes."""
    found = 0.0
    for i in range(_N):
        found += values[i + column] * values[i + other]
    return found


@jit
def at(sums, t):
    """Return the sums of one output time, or of one site of these."""
    return Sums(sums.reference[t], sums.total[t], sums.products[t])


@jit
def accumulate(values, start, lanes, sums):
    """Add the columns start, start + 1, ... of `values` to the sums of one time.

    The first group of a block sets the reference to its mean. Products are (count, count), or
    (count, 1) where only squares are kept.
    """
    count = sums.total.size
    full = sums.products.shape[1] == count
    counted = 0.0
    for i in range(LANES):
        counted += lanes.mask[i]
    for q in range(count):
        column = _U((start + q) * LANES)
        if lanes.number == 0:
            sums.reference[q] = total(values, column, lanes.mask) / counted
        first, second = deviate(values, column, lanes.mask, sums.reference[q])
        sums.total[q] += first
        sums.products[q, q if full else 0] += second
        for p in range(q if full else 0):
            sums.products[q, p] += product(values, column, _U((start + p) * LANES))
            sums.products[p, q] = sums.products[q, p]


# -- before and after ----------------------------------------------------------------------------


def empty(shape: tuple[int, ...], products: int) -> Sums:
    """Return sums of nothing; `products` is the last dimension of those of products."""
    return Sums(np.zeros(shape), np.zeros(shape), np.zeros((*shape, products)))


def moments_of(count: int, sums: Sums) -> Moments:
    """Return the moments that sums over some trajectories make."""
    mean = sums.reference + sums.total / count
    if sums.products.shape[-1] == 1 and sums.total.shape[-1] != 1:
        return Moments(count, mean, np.maximum(sums.products[..., 0] - sums.total**2 / count, 0))
    comoment = sums.total[..., :, None] * sums.total[..., None, :]
    comoment /= count  # in place, as it may be most of the memory
    return Moments(count, mean, np.subtract(sums.products, comoment, out=comoment))
