"""Populations p(J, M) in time, by uniformization.

With Lambda at least the largest rate out of any state, T = 1 + Q / Lambda is a stochastic matrix
and p(t) = sum_n Poisson(n; Lambda t) T^n p(0). Only three sums over T^n p(0) are needed for every
observable, so one pass over n serves all output times, no state is stored, and positivity and trace
are kept by construction. (A. Jensen, Skand. Aktuarietidskr. 36, 87 (1953).)

Where rates change, Q(t) = sum_k Q_k t^k, the same holds with c_n in place of T^n p(0),

    c_{n+1} = (1 + Q_0 / Lambda) c_n + sum_k n! / (n - k)! Q_k / Lambda^(k + 1) c_{n-k},

the Taylor series of exp(Lambda t) p(t) term by term. The sum over all states is 1 in each c_n.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray
from scipy import special

from blochball.exact import dicke
from blochball.exact.symmetric import Symmetric
from blochball.operators import MasterEquation
from blochball.support import progress, validation
from blochball.support.jit import njit
from blochball.system import System

Floats = NDArray[np.float64]

FIRST = 256  # powers of T before anybody looks whether populations still move
PARTS = 8  # that the powers up to the next look are computed in, for a progress bar
STILL = 1e-10  # sum of all changes of populations to come that is nothing


def count(size: int) -> int:
    """Return how many states |J M> there are."""
    return (size // 2 + 1) * (size - size // 2 + 1)


def rates(system: System) -> Floats:
    """Return decay, dephasing, pump, collective decay and collective pump; see `symmetric`."""
    equation = MasterEquation.of(system)
    collective = np.diagonal(equation.kossakowski_at(0)).real
    return np.array([*equation.local[0], collective[0], collective[2]])


def initial(one: Symmetric) -> Floats:
    """Return p on a grid with a rim of zeros: row size/2 - J + 1, column size/2 + M + 1."""
    p = np.zeros((one.size // 2 + 3, one.size + 3))
    if one.start is not None:
        p[1:-1, 1:-1] = one.start
        return p
    p[1, one.size + 1 if one.polarization > 0 else 1] = 1.0
    return p


def flipped(p: Floats) -> Floats:
    """Return the populations after all spins have been turned upside down: those of -M."""
    return np.ascontiguousarray(p[:, ::-1])


def coefficients(rates: Sequence[Polynomial]) -> Floats:
    """Return the coefficients of polynomials, shape (powers, rates), without zeros at the end."""
    powers = max(len(rate.coef) for rate in rates)
    table = np.array([np.pad(rate.coef, (0, powers - len(rate.coef))) for rate in rates]).T
    used = np.flatnonzero((np.abs(table) > 1e-15 * np.abs(table).max()).any(axis=1))
    return np.ascontiguousarray(table[: used[-1] + 1 if used.size else 1])


def constant(
    owner: str,
    p: Floats,
    rates: Floats,
    times: Floats,
    memory_limit: float | None,
    ending: bool = False,
) -> tuple[Floats, int, Floats]:
    """Follow populations where rates are constant.

    Parameters
    ----------
    owner : str
        Who asks, for messages.
    p : ndarray
        On a grid, see `initial`, at time 0.
    rates : ndarray, shape (5,)
    times : ndarray, shape (times,)
    memory_limit : float or None
        For the sums over T^n p.
    ending : bool
        Whether the populations at the last time are asked for.

    Returns
    -------
    means : ndarray, shape (times, 3)
        <M>, <M^2> and <J(J+1)>.
    powers : int
        Of T that there were.
    p : ndarray
        The populations at the last time, or the highest power.
    """
    largest = _largest_rate(p.shape[1] - 3, rates)
    first, weights = _poisson(largest * times[-1])
    terms = first + weights.size
    wanted = np.pad(weights, (first, 0)) if ending else None
    sums, p = _series(owner, p, rates, largest, terms, wanted, memory_limit)
    return np.stack([_poisson_mean(largest * t, sums) for t in times]), len(sums), p


def changing(p: Floats, rates: Sequence[Polynomial], times: Floats) -> tuple[Floats, int, Floats]:
    """Follow populations where each rate is a polynomial of the share of times[-1] that has passed.

    Parameters and results are those of `constant`.
    """
    length = float(times[-1])
    found, at = np.empty((times.size, 3)), times / length
    size, done, powers = p.shape[1] - 3, 0, 0
    pieces = _pieces(size, rates, length)
    for n in range(pieces):
        first, last = n / pieces, (n + 1) / pieces
        inside = Polynomial([first, last - first])
        table = coefficients([rate(inside) for rate in rates])
        # a bound on the rates in between: polynomials are within the sum of what they are made of
        step, largest = (last - first) * length, _largest_rate(size, np.abs(table).sum(axis=0))
        skipped, shares = _poisson(largest * step)
        weights = np.pad(shares, (skipped, 0))
        sums = np.empty((weights.size, 3))
        p = _changing_powers(p, size, table, largest, largest * step, weights, sums)
        while done < at.size and (at[done] <= last or n == pieces - 1):
            found[done] = _poisson_mean(largest * (at[done] - first) * length, sums)
            done += 1
        powers += len(sums)
        progress.report(last)
    return found, powers, p


def means_of(p: Floats) -> Floats:
    """Return <M>, <M^2> and <J(J+1)>, shape (3,)."""
    size = p.shape[1] - 3
    m = np.arange(-1, size + 2) - size / 2
    spin = size / 2 + 1 - np.arange(p.shape[0])
    total = p.sum()
    by_m, by_spin = p.sum(axis=0), p.sum(axis=1)
    return np.array([by_m @ m, by_m @ m**2, by_spin @ (spin * (spin + 1))]) / total


def _pieces(size: int, rates: Sequence[Polynomial], length: float) -> int:
    """Return into how many pieces to divide a change: in each, little is lost by cancellation.

    The terms of the Taylor series are at most those of exp(change * time), where `change` is that
    of the largest rate within the piece.
    """
    change = _largest_rate(size, np.abs(coefficients(rates)[1:]).sum(axis=0))
    return max(1, math.ceil(math.sqrt(change * length)))


def _largest_rate(size: int, rates: Floats) -> float:
    """Return a bound on the rate out of any state: the largest one for J = size/2, M for M.

    Of dephasing all jumps are counted, those that leave |J M> as it is, too.
    """
    decay, dephasing, pump, collective_decay, collective_pump = rates
    spin = size / 2
    m = np.arange(size + 1) - spin
    loss = size * dephasing
    for q, rate in ((-1, decay), (1, pump)):
        loss = loss + rate * dicke.local_loss(q, size, m)
    for q, rate in ((-1, collective_decay), (1, collective_pump)):
        loss = loss + rate * dicke.ladder_squared(q, spin, m)
    largest = float(np.max(loss))
    if np.min(loss) > 0.99 * largest:
        # every state is left as fast: with no more than that T goes to and fro between odd and even
        # M for ever, and two even powers are alike long before p settles
        largest *= 1.1
    # above 0, and its inverse with room below the largest float
    return max(largest, 1e-200)


def _window(mean: float) -> tuple[int, int]:
    """Return first and last + 1 of the Poisson terms that are not negligible (below 1e-16)."""
    reach = 8.5 * np.sqrt(mean) + 25
    return max(0, int(mean - reach)), int(mean + reach) + 1


def _poisson(mean: float) -> tuple[int, Floats]:
    """Return the Poisson distribution where it is not negligible: the first number, and from it."""
    first, end = _window(mean)
    n = np.arange(first, end)
    weights = np.exp(special.xlogy(n, mean) - mean - special.gammaln(n + 1))
    return first, weights / weights.sum()


def _poisson_mean(mean: float, sums: Floats) -> Floats:
    first, weights = _poisson(mean)
    # beyond the last power nothing moves any more
    n = np.minimum(np.arange(first, first + weights.size), len(sums) - 1)
    return np.asarray(weights @ sums[n])


def _series(
    owner: str,
    p: Floats,
    rates: Floats,
    largest: float,
    terms: int,
    weights: Floats | None,
    memory_limit: float | None,
) -> tuple[Floats, Floats]:
    """Return <M>, <M^2>, <J(J+1)> in T^n p for n < terms, or up to where they stay as they are.

    Besides, the sum over T^n p with weights, or the last power. T does not let distances grow.
    Where p moves by d between the powers n / 2 and n, it moves by less than 2 d terms / n in all
    those to come.
    """
    size, done, parts = p.shape[1] - 3, 0, []
    before, whole = p, np.zeros_like(p)
    nothing = np.empty(0)
    while done < terms:
        end = min(max(2 * done, FIRST), terms)
        validation.memory(owner, "times (in units of the rates)", 3.0 * end, memory_limit)
        sums = np.empty((end - done, 3))
        p = p.copy()
        for some in np.array_split(sums, PARTS):
            shares = nothing if weights is None else weights[done : done + len(some)]
            p = _powers(p, size, rates, largest, some, shares, whole)
            done += len(some)
            progress.report(done / terms)
        parts.append(sums)
        moved = float(np.abs(p - before).sum())
        before = p
        if 2 * moved * terms / done < STILL:
            break
    if weights is not None:
        p = whole + weights[done:].sum() * p
    return np.concatenate(parts), p


@njit(fastmath=True)
def _stay(new, old, m0, spin, size, rates, largest):
    """Set new = (1 - loss/Lambda) old; return the sums of p, M p, M^2 p over the row."""
    decay, dephasing, pump, collective_decay, collective_pump = rates
    # loss = a + b M + c M^2
    c = (
        -dephasing * 4 * (size / 2 + 1) / (2 * max(spin, 0.5) * (spin + 1))
        - collective_decay
        - collective_pump
    )
    b = decay - pump + collective_decay - collective_pump
    a = (
        (decay + pump) * size / 2
        + dephasing * size
        + (collective_decay + collective_pump) * spin * (spin + 1)
    )
    a, b, c = 1 - a / largest, -b / largest, -c / largest
    s0, s1, s2 = 0.0, 0.0, 0.0
    for i in range(new.size):
        m = m0 + i
        p = old[i]
        new[i] = p * (a + m * (b + m * c))
        s0 += p
        s1 += m * p
        s2 += m * m * p
    return s0, s1, s2


@njit(fastmath=True)
def _flip(new, sources, k0, q, spin, weights):
    """Add what a jump q = -1 or 1 brings in from the sources of spin + 1, spin and spin - 1.

    `weights` are rate * c_j / Lambda of the sources, j = -1, 0 and +1; k0 is M of the first source,
    seen from below for decay.
    """
    above, same, below = sources
    from_above, stay, from_below = weights
    for i in range(new.size):
        k = k0 + q * i
        up = spin + k + 1
        down = spin - k
        new[i] += (
            from_above * (down + 1) * down * above[i]
            + stay * down * up * same[i]
            + from_below * (up - 1) * up * below[i]
        )


@njit(fastmath=True)
def _dephase(new, above, below, m0, spin, weights):
    """Add what local dephasing brings in from spin + 1 and spin - 1."""
    from_above, _, from_below = weights
    for i in range(new.size):
        m = m0 + i
        new[i] += 4 * (
            from_above * (spin + 1 + m) * (spin + 1 - m) * above[i]
            + from_below * (spin + m) * (spin - m) * below[i]
        )


_branching = njit()(dicke.branching)


@njit()
def _transfer(p, new, size, rates, largest):
    """Set new = T p; return the sums of p, M p, M^2 p and J (J+1) p."""
    rows = size // 2 + 1
    total, m1, m2, jj = 0.0, 0.0, 0.0, 0.0
    for row in range(1, rows + 1):
        spin = size / 2 - row + 1
        # columns of M = -J ... J
        first, end = row, size + 3 - row
        target = new[row, first:end]
        s0, s1, s2 = _stay(target, p[row, first:end], -spin, spin, size, rates, largest)
        total += s0
        m1 += s1
        m2 += s2
        jj += spin * (spin + 1) * s0
        weights = (
            _branching(-1, size, spin + 1) / largest,
            _branching(0, size, spin) / largest,
            # nothing comes from below the lowest row, where the formula is singular
            _branching(1, size, spin - 1) / largest if row < rows else 0.0,
        )
        for q in (-1, 1):
            local = rates[q + 1]
            collective = rates[3 if q < 0 else 4] / largest
            # coefficients of a rate that falls are negative
            if local != 0 or collective != 0:
                scaled = (
                    local * weights[0],
                    local * weights[1] + collective,
                    local * weights[2],
                )
                a, b = first - q, end - q
                sources = (p[row - 1, a:b], p[row, a:b], p[row + 1, a:b])
                _flip(target, sources, q * (-spin - q), q, spin, scaled)
        if rates[1] != 0:
            scaled = (rates[1] * weights[0], rates[1] * weights[1], rates[1] * weights[2])
            _dephase(target, p[row - 1, first:end], p[row + 1, first:end], -spin, spin, scaled)
    return total, m1, m2, jj


@njit(fastmath={"contract"})
def _add(factor, p, whole):
    """Add factor times populations."""
    for row in range(p.shape[0]):
        for i in range(p.shape[1]):
            whole[row, i] += factor * p[row, i]


@njit()
def _powers(p, size, rates, largest, sums, weights, whole):
    """Fill sums[n] with <M>, <M^2>, <J(J+1)> in T^n p; return the power after the last one.

    Where there are weights, add the sum of T^n p with them to `whole`.
    """
    new = np.zeros_like(p)
    for n in range(sums.shape[0]):
        total, m1, m2, jj = _transfer(p, new, size, rates, largest)
        # rounding in T is all that can change the trace; divide it out
        sums[n, 0] = m1 / total
        sums[n, 1] = m2 / total
        sums[n, 2] = jj / total
        if weights.size > 0 and weights[n] > 0:
            _add(weights[n], p, whole)
        p, new = new, p
    return p


@njit()
def _changing_powers(p, size, rates, largest, mean, weights, sums):
    """Fill sums[n] with <M>, <M^2>, <J(J+1)> in c_n; return the sum of c_n with weights.

    `rates[k]` are the coefficients of the k-th power of the share of the time that has passed, of
    which `mean` is Lambda times all.
    """
    powers = rates.shape[0]
    # the last of them, c_n at n modulo their number
    past = np.zeros((powers + 1, *p.shape))
    _add(1.0, p, past[0])
    scratch, whole = np.zeros_like(p), np.zeros_like(p)
    for n in range(weights.size):
        here, new = past[n % (powers + 1)], past[(n + 1) % (powers + 1)]
        total, m1, m2, jj = _transfer(here, new, size, rates[0], largest)
        sums[n, 0] = m1 / total
        sums[n, 1] = m2 / total
        sums[n, 2] = jj / total
        _add(weights[n], here, whole)
        factor = 1.0
        for k in range(1, min(powers - 1, n) + 1):
            # n! / (n - k)! over the k-th power of the mean
            factor *= (n - k + 1) / mean
            before = past[(n - k) % (powers + 1)]
            _transfer(before, scratch, size, rates[k], largest)
            _add(factor, scratch, new)
            _add(-factor, before, new)
    return whole
