"""Master equation for the populations p(J, M), by uniformization.

With Lambda at least the largest rate out of any state, T = 1 + Q / Lambda is a stochastic matrix
and p(t) = sum_n Poisson(n; Lambda t) T^n p(0). Only three sums over T^n p(0) are needed for every
observable, so one pass over n serves all output times, no state is stored, and positivity and trace
are kept by construction. (A. Jensen, Skand. Aktuarietidskr. 36, 87 (1953).)
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy import sparse, special
from scipy.sparse import csgraph

from blochball.dataset import assemble
from blochball.exact import dicke, markov, symmetric
from blochball.exact.symmetric import Symmetric, obstacle
from blochball.support import progress, validation
from blochball.support.jit import njit
from blochball.system import System

METHOD = "exact.populations"
OPTIONS = {"solve": ("correlations", "tolerance"), "steady_state": ("correlations",)}

FIRST = 256  # powers of T before anybody looks whether populations still move
PARTS = 8  # that the powers up to the next look are computed in, for a progress bar
STILL = 1e-10  # sum of all changes of populations to come that is nothing

__all__ = ["obstacle", "solve", "steady_state"]


def solve(
    system: System,
    times: NDArray[np.float64],
    *,
    memory_limit: float | None = None,
    tolerance: float = 1e-12,
    correlations: ArrayLike | None = None,
) -> xr.Dataset:
    """Solve for the populations at the given times; see `blochball.exact.solve`.

    Parameters
    ----------
    system, times, memory_limit
        As there.
    tolerance : float
        At least 1e-12; the error is that of rounding, below it.
    correlations : array_like, optional
        Those of the output times at which all <J_k^+ J_l^-> are kept.
    """
    owner = "exact.solve"
    started = time.perf_counter()
    validation.real(owner, "tolerance", tolerance, 1e-12)
    kept = np.empty(0, dtype=np.intp)
    if correlations is not None:
        kept = validation.among(owner, "correlations", correlations, times)
    # four grids, half of each of which is rim
    needed = 8.0 * _count(system.emitters)
    validation.memory(owner, "size (of the ensembles)", needed, memory_limit)
    one = symmetric.reduce(system)
    largest = _largest_rate(one)
    sums = _series(owner, one, largest, _window(largest * times[-1])[1], memory_limit)
    m, m_squared, spin_squared = np.stack([_poisson_mean(largest * t, sums) for t in times]).T
    excited, flips = m + one.size / 2, spin_squared - m_squared
    variables: dict[str, Any] = symmetric.observables(
        system, excited, m_squared, flips + m, flips - m
    )
    if kept.size:
        pairs = symmetric.correlation(system, excited[kept], (flips + m)[kept])
        variables["correlation"] = pairs
    return assemble(
        system,
        times,
        variables,
        times_kept=times[kept],
        method=METHOD,
        steps=len(sums),
        states=_count(one.size),
        wall_time=time.perf_counter() - started,
    )


def steady_state(
    system: System, *, memory_limit: float | None = None, correlations: bool = False
) -> xr.Dataset:
    """Return the limit of long times; see `blochball.exact.steady_state`.

    The attribute `residual` is the largest imbalance of probability flowing into and out of a
    state, as a share of the flow.

    Raises
    ------
    ValueError
        If the initial state can end in more than one stationary state.
    ArithmeticError
        If the rates are too far apart for floating-point numbers.
    """
    owner = "exact.steady_state"
    started = time.perf_counter()
    validation.flag(owner, "correlations", correlations)
    needed = 8.0 * _count(system.emitters)
    validation.memory(owner, "size (of the ensembles)", needed, memory_limit)
    one = symmetric.reduce(system)
    validation.memory(owner, "size (of the ensembles)", _stationary_numbers(one), memory_limit)
    p, spin, m, residual = stationary(one)
    operators = (
        m + one.size / 2,
        m * m,
        dicke.ladder_squared(-1, spin, m),
        dicke.ladder_squared(1, spin, m),
    )
    excited, z_squared, emission, absorption = (np.array([p @ value]) for value in operators)
    variables: dict[str, Any] = symmetric.observables(
        system, excited, z_squared, emission, absorption
    )
    if correlations:
        variables["correlation"] = symmetric.correlation(system, excited, emission)
    return assemble(
        system,
        [np.inf],
        variables,
        times_kept=np.full(int(correlations), np.inf),
        method=METHOD,
        states=_count(one.size),
        residual=residual,
        wall_time=time.perf_counter() - started,
    )


def stationary(
    one: Symmetric,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Return the stationary p(J, M) that the initial state ends in, J, M, and the residual."""
    owner = "exact.steady_state"
    rates, spin, m = symmetric.transitions(one)
    reached = _reached(one, rates, spin, m)
    rates, spin, m = rates[reached][:, reached], spin[reached], m[reached]
    count, label = csgraph.connected_components(rates, directed=True, connection="strong")
    edges = rates.tocoo()
    source, target = label[edges.row], label[edges.col]
    closed = np.setdiff1d(np.arange(count), source[source != target])
    if closed.size > 1:
        raise ValueError(
            f"{owner}: the steady state must be unique, got a system whose initial state can end "
            f"in {closed.size} different ones"
        )
    inside = np.flatnonzero(label == closed[0])
    rates, spin, m = rates[inside][:, inside], spin[inside], m[inside]
    place = np.rint([one.size / 2 - spin, one.size / 2 + m]).astype(np.int64)
    try:
        p = markov.stationary(rates, place)
    except ArithmeticError as error:
        raise ArithmeticError(f"{owner}: {error}") from error
    lost, gained = p * rates.sum(axis=1), p @ rates
    flows = lost > 1e-290  # below, floating-point numbers lose digits
    imbalance = np.abs(gained - lost)[flows] / lost[flows]
    residual = float(imbalance.max()) if flows.any() else 0.0
    if residual > 1e-9:
        raise ArithmeticError(
            f"{owner}: flows of probability must balance, got a residual of {residual:.1g}"
        )
    return p, spin, m, residual


def _reached(
    one: Symmetric, rates: sparse.csr_array, spin: NDArray[np.float64], m: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Return the states that populations ever come to."""
    row, column = np.rint([one.size / 2 - spin + 1, one.size / 2 + m + 1]).astype(np.int64)
    first = (_initial(one)[row, column] > 0).astype(float)
    # one more state leads to all of those at time 0
    whole = sparse.block_array([[rates, None], [first[None], np.zeros((1, 1))]]).tocsr()
    return np.asarray(csgraph.breadth_first_order(whole, len(m), return_predecessors=False)[1:])


def _stationary_numbers(one: Symmetric) -> float:
    """Return how many numbers `stationary` holds: measured, within 15% from N = 500 to 2000."""
    states = float(_count(one.size))
    if max(one.decay, one.dephasing, one.pump) == 0:
        return 28 * states  # the transitions; few states are reached
    # elimination on two axes fills n log n
    return states * (100 + 4.5 * math.log2(states))


# -- uniformization ------------------------------------------------------------------------------


def _count(size: int) -> int:
    return (size // 2 + 1) * (size - size // 2 + 1)


def _rates(one: Symmetric) -> NDArray[np.float64]:
    return np.array([one.decay, one.dephasing, one.pump, one.collective_decay, one.collective_pump])


def _largest_rate(one: Symmetric) -> float:
    """Return a bound on the rate out of any state: the largest one for J = size/2, M for M.

    Of dephasing all jumps are counted, those that leave |J M> as it is, too.
    """
    spin = one.size / 2
    m = np.arange(one.size + 1) - spin
    loss = one.size * one.dephasing
    for q, rate in ((-1, one.decay), (1, one.pump)):
        loss = loss + rate * dicke.local_loss(q, one.size, m)
    for q, rate in ((-1, one.collective_decay), (1, one.collective_pump)):
        loss = loss + rate * dicke.ladder_squared(q, spin, m)
    # above 0, and its inverse with room below the largest float
    return max(float(np.max(loss)), 1e-200)


def _initial(one: Symmetric) -> NDArray[np.float64]:
    """Return p on a grid with a rim of zeros: row size/2 - J + 1, column size/2 + M + 1."""
    p = np.zeros((one.size // 2 + 3, one.size + 3))
    if one.start is not None:
        p[1:-1, 1:-1] = one.start
        return p
    p[1, one.size + 1 if one.polarization > 0 else 1] = 1.0
    return p


def _window(mean: float) -> tuple[int, int]:
    """Return first and last + 1 of the Poisson terms that are not negligible (below 1e-16)."""
    reach = 8.5 * np.sqrt(mean) + 25
    return max(0, int(mean - reach)), int(mean + reach) + 1


def _poisson_mean(mean: float, sums: NDArray[np.float64]) -> NDArray[np.float64]:
    first, end = _window(mean)
    n = np.arange(first, end)
    weight = np.exp(special.xlogy(n, mean) - mean - special.gammaln(n + 1))
    # beyond the last power nothing moves any more
    return np.asarray(weight @ sums[np.minimum(n, len(sums) - 1)] / weight.sum())


def _series(
    owner: str, one: Symmetric, largest: float, terms: int, memory_limit: float | None
) -> NDArray[np.float64]:
    """Return <M>, <M^2>, <J(J+1)> in T^n p for n < terms, or up to where they stay as they are.

    T does not let distances grow. Where p moves by d between the powers n / 2 and n, it moves by
    less than 2 d terms / n in all those to come.
    """
    p, done, parts = _initial(one), 0, []
    before = p
    while done < terms:
        end = min(max(2 * done, FIRST), terms)
        validation.memory(owner, "times (in units of the rates)", 3.0 * end, memory_limit)
        sums = np.empty((end - done, 3))
        p = p.copy()
        for some in np.array_split(sums, PARTS):
            p = _powers(p, one.size, _rates(one), largest, some)
            done += len(some)
            progress.report(done / terms)
        parts.append(sums)
        moved = float(np.abs(p - before).sum())
        before = p
        if 2 * moved * terms / done < STILL:
            break
    return np.concatenate(parts)


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
def _powers(p, size, rates, largest, sums):
    """Fill sums[n] with <M>, <M^2>, <J(J+1)> in T^n p; return the power after the last one."""
    rows = size // 2 + 1
    new = np.zeros_like(p)
    for n in range(sums.shape[0]):
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
                if local > 0 or collective > 0:
                    scaled = (
                        local * weights[0],
                        local * weights[1] + collective,
                        local * weights[2],
                    )
                    a, b = first - q, end - q
                    sources = (p[row - 1, a:b], p[row, a:b], p[row + 1, a:b])
                    _flip(target, sources, q * (-spin - q), q, spin, scaled)
            if rates[1] > 0:
                scaled = (rates[1] * weights[0], rates[1] * weights[1], rates[1] * weights[2])
                _dephase(target, p[row - 1, first:end], p[row + 1, first:end], -spin, spin, scaled)
        # rounding in T is all that can change the trace; divide it out
        sums[n, 0] = m1 / total
        sums[n, 1] = m2 / total
        sums[n, 2] = jj / total
        p, new = new, p
    return p
