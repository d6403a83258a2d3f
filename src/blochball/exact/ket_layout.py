"""Kets of definite J_1, ..., J_M: where each |M_1 ... M_M> stands, and what jumps do to a ket."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.exact import dicke
from blochball.support.jit import njit

branching = njit()(dicke.branching)
amplitude_squared = njit()(dicke.amplitude_squared)


class Model(NamedTuple):
    """What a System is to the kernels.

    Attributes
    ----------
    sizes : ndarray of int, shape (sites,)
    follows : int
        The site whose M follows from the total M, or -1.
    loss : ndarray of complex, shape (sites, spins, levels)
        Diagonal of -i H_eff at each site, by (N - 2J)/2 and J + M.
    cross : ndarray of complex, shape (sites, sites)
        Coefficients of J_l^z J_l'^z in -i H_eff, l < l'.
    words : ndarray of int, shape (terms, 2, 2)
        Other terms of -i H_eff: the site and the q of each of two factors J_l^q, of which the
        second acts first; site -1 for no second one.
    coefficient : ndarray of complex, shape (terms,)
    rates : ndarray, shape (sites, 3)
        Local rates by 1 + q.
    jump_rates : ndarray, shape (jumps,)
    change : ndarray of int, shape (jumps,)
        What each collective jump adds to the total M, where that is definite.
    weights : ndarray of complex, shape (jumps, sites, 3)
        L = sum weights[l, 1 + q] J_l^q.
    """

    sizes: NDArray[np.int64]
    follows: int
    loss: NDArray[np.complex128]
    cross: NDArray[np.complex128]
    words: NDArray[np.int64]
    coefficient: NDArray[np.complex128]
    rates: NDArray[np.float64]
    jump_rates: NDArray[np.float64]
    change: NDArray[np.int64]
    weights: NDArray[np.complex128]


class Ramp(NamedTuple):
    """How a Model changes with the time that has passed: what to add, by power of it from 1 on.

    Attributes
    ----------
    loss, cross, coefficient : ndarray of complex, shape (powers, ...)
        There are no powers where nothing changes.
    rates, jump_rates, weights : ndarray
        Of the first power; there are no others.
    """

    loss: NDArray[np.complex128]
    cross: NDArray[np.complex128]
    coefficient: NDArray[np.complex128]
    rates: NDArray[np.float64]
    jump_rates: NDArray[np.float64]
    weights: NDArray[np.complex128]


class Layout(NamedTuple):
    """Where |M_1 ... M_M> stands in a ket.

    Attributes
    ----------
    two_j : ndarray of int, shape (sites,)
        The present 2J of each site.
    stride : ndarray of int, shape (sites,)
        Step in the ket where M_l grows by one; 0 for the site that follows.
    digit : ndarray of int, shape (sites, amplitudes)
        J_l + M_l of each amplitude, -1 where the site that follows has no such state.
    """

    two_j: NDArray[np.int64]
    stride: NDArray[np.int64]
    digit: NDArray[np.int64]


@njit()
def arrange(layout, total, follows):
    """Fill `stride` and `digit` for the present J; return the size of a ket.

    `total` is twice the total M. An amplitude without a state is zero.
    """
    two_j, stride, digit = layout.two_j, layout.stride, layout.digit
    size = 1
    for l in range(len(two_j) - 1, -1, -1):
        stride[l] = 0 if l == follows else size
        if l != follows:
            size *= two_j[l] + 1
    for i in range(size):
        rest = total
        for l in range(len(two_j)):
            if l != follows:
                digit[l, i] = (i // stride[l]) % (two_j[l] + 1)
                rest -= 2 * digit[l, i] - two_j[l]
        if follows >= 0:
            k = (rest + two_j[follows]) // 2
            digit[follows, i] = k if 0 <= k <= two_j[follows] else -1
    return size


@njit()
def raised(two_j, k):
    """<J M+1| J^+ |J M> with k = J + M; zero for k = -1 and k = 2J."""
    return np.sqrt((two_j - k) * (k + 1.0))


@njit()
def into(two_j, k, q):
    """<J M| J^q |J M-q> with k = J + M; zero where either state does not exist."""
    if q == 0:
        return k - 0.5 * two_j
    low = k - 1 if q == 1 else k
    return np.sqrt(max((two_j - low) * (low + 1.0), 0.0))


@njit()
def _add_ladder(layout, l, q, weight, x, y):
    """Add weight J_l^q x to y."""
    two_j, stride, digit = layout.two_j[l], layout.stride[l], layout.digit[l]
    for i in range(len(x)):
        k = digit[i]
        if x[i] == 0:
            continue
        if q == 0:
            y[i] += weight * (k - 0.5 * two_j) * x[i]
        elif q == 1 and k < two_j:
            y[i + stride] += weight * raised(two_j, k) * x[i]
        elif q == -1 and k > 0:
            y[i - stride] += weight * raised(two_j, k - 1) * x[i]


@njit()
def collective(layout, weights, x, y):
    """Set y to sum_l weights[l, 1 + q] J_l^q x; M may be definite if there is one q only."""
    for i in range(len(x)):
        y[i] = 0.0
    for l in range(len(layout.two_j)):
        for q in range(-1, 2):
            if weights[l, 1 + q] != 0:
                _add_ladder(layout, l, q, weights[l, 1 + q], x, y)


@njit()
def local(layout, follows, l, q, j, x, y):
    """Set y to l^{jq} x at site l, two_j and stride to the layout it is in; return its size."""
    two_j, stride, digit = layout.two_j, layout.stride, layout.digit
    spin = 0.5 * two_j[l]
    size = len(x)
    two_j[l] += 2 * j
    grown = 1
    for n in range(len(two_j) - 1, -1, -1):
        stride[n] = 0 if n == follows else grown
        if n != follows:
            grown *= two_j[n] + 1
    for i in range(grown):
        y[i] = 0.0
    for i in range(size):
        if x[i] == 0:
            continue
        m = digit[l, i] - spin
        amplitude = 2 * m if q == j == 0 else np.sqrt(amplitude_squared(q, j, spin, m))
        if amplitude == 0:
            continue
        index = (digit[l, i] + q + j) * stride[l]
        for n in range(len(two_j)):
            if n != l:
                index += digit[n, i] * stride[n]
        y[index] = amplitude * x[i]
    return grown


@njit()
def marginal(layout, l, x, probability):
    """Distribution of J_l + M_l, not normalised."""
    two_j, digit = layout.two_j, layout.digit
    for k in range(two_j[l] + 1):
        probability[k] = 0.0
    for i in range(len(x)):
        if digit[l, i] >= 0:
            probability[digit[l, i]] += x[i].real ** 2 + x[i].imag ** 2
