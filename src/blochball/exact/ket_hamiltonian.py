"""-i H_eff on kets of definite J_1, ..., J_M, and its derivatives in time along a ramp."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.exact.ket_layout import into
from blochball.support.jit import njit


class Hamiltonian(NamedTuple):
    """-i H_eff at the present J, for each power of time.

    y_i = diagonal_i x_i + sum_p weight_pi x_(i - shift_p).

    Attributes
    ----------
    diagonal : ndarray of complex, shape (powers, amplitudes)
    weight : ndarray of complex, shape (powers, terms, amplitudes)
    shift : ndarray of int, shape (terms,)
    """

    diagonal: NDArray[np.complex128]
    weight: NDArray[np.complex128]
    shift: NDArray[np.int64]


@njit()
def copy(x, factor, y):
    """Set y to factor x; loops compile much faster than array expressions."""
    for i in range(len(y)):
        y[i] = factor * x[i]


@njit(fastmath={"reassoc", "contract"})
def add(x, factor, y):
    """Add factor x to y."""
    for i in range(len(y)):
        y[i] += factor * x[i]


@njit(fastmath={"reassoc", "contract"})
def _add_shifted(weight, x, factor, shift, y):
    for i in range(max(0, shift), min(len(y), len(y) + shift)):
        y[i] += factor * weight[i] * x[i - shift]


@njit(fastmath={"reassoc", "contract"})
def multiply(matrix, k, x, factor, y):
    """Set y to factor A x, where A is a power of -i H_eff; add it from the second power on."""
    diagonal = matrix.diagonal[k, : len(y)]
    if k == 0:
        for i in range(len(y)):
            y[i] = factor * diagonal[i] * x[i]
    else:
        for i in range(len(y)):
            y[i] += factor * diagonal[i] * x[i]
    for p in range(len(matrix.shift)):
        _add_shifted(matrix.weight[k, p, : len(y)], x, factor, matrix.shift[p], y)


@njit()
def empty(powers, terms, amplitudes):
    """Return room for all powers."""
    return Hamiltonian(
        np.zeros((powers, amplitudes), np.complex128),
        np.zeros((powers, terms, amplitudes), np.complex128),
        np.zeros(terms, np.int64),
    )


@njit()
def _fill(model, parts, layout, size, diagonal, weight):
    """Fill one power of -i H_eff at the present J; `parts` are loss, cross and coefficient."""
    loss, cross, coefficient = parts
    two_j, digit = layout.two_j, layout.digit
    count = len(model.words)
    for i in range(size):
        diagonal[i] = 0.0
        for p in range(count):
            weight[p, i] = 0.0
        if model.follows >= 0 and digit[model.follows, i] < 0:
            continue
        for l in range(len(two_j)):
            diagonal[i] += loss[l, (model.sizes[l] - two_j[l]) // 2, digit[l, i]]
            for n in range(len(two_j)):
                if cross[l, n] != 0:
                    m = (digit[l, i] - 0.5 * two_j[l]) * (digit[n, i] - 0.5 * two_j[n])
                    diagonal[i] += cross[l, n] * m
        for p in range(count):
            # from the target, which the first factor leads to and the second led to before
            l, q = model.words[p, 0]
            value = coefficient[p] * into(two_j[l], digit[l, i], q)
            n, r = model.words[p, 1]
            if n >= 0:
                value *= into(two_j[n], digit[n, i] - (q if n == l else 0), r)
            weight[p, i] = value


@njit()
def hamiltonian(model, ramp, layout, size, matrix, length):
    """Fill -i H_eff at the present J; return a bound on its norm up to a time."""
    for p in range(len(model.words)):
        matrix.shift[p] = 0
        for f in range(2):
            l, q = model.words[p, f]
            if l >= 0:
                matrix.shift[p] += q * layout.stride[l]
    parts = (model.loss, model.cross, model.coefficient)
    _fill(model, parts, layout, size, matrix.diagonal[0], matrix.weight[0])
    for k in range(len(ramp.loss)):
        parts = (ramp.loss[k], ramp.cross[k], ramp.coefficient[k])
        _fill(model, parts, layout, size, matrix.diagonal[k + 1], matrix.weight[k + 1])
    bound = 0.0
    for i in range(size):
        row, factor = 0.0, 1.0
        for k in range(len(matrix.diagonal)):
            row += factor * abs(matrix.diagonal[k, i])
            for p in range(len(matrix.shift)):
                row += factor * abs(matrix.weight[k, p, i])
            factor *= length
        bound = max(bound, row)
    return bound


@njit()
def shifted(matrix, now, size, out):
    """Fill `out` with the coefficients of the powers of the time that has passed since `now`."""
    powers = len(matrix.diagonal)
    for k in range(powers):
        copy(matrix.diagonal[k, :size], 1.0, out.diagonal[k, :size])
        for p in range(len(matrix.shift)):
            copy(matrix.weight[k, p, :size], 1.0, out.weight[k, p, :size])
    # Horner's scheme, again and again
    for first in range(powers - 1):
        for k in range(powers - 2, first - 1, -1):
            add(out.diagonal[k + 1, :size], now, out.diagonal[k, :size])
            for p in range(len(matrix.shift)):
                add(out.weight[k + 1, p, :size], now, out.weight[k, p, :size])
