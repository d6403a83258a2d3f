"""Master equation for the populations p(J, M): in time by uniformization, and its steady state."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse import csgraph

from blochball.dataset import assemble
from blochball.exact import dicke, markov, symmetric, uniformization
from blochball.exact.symmetric import Symmetric, obstacle
from blochball.support import validation
from blochball.system import System

METHOD = "exact.populations"
OPTIONS = {"solve": ("correlations", "tolerance"), "steady_state": ("correlations",)}

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
    states = uniformization.count(system.emitters)
    validation.memory(owner, "size (of the ensembles)", 8.0 * states, memory_limit)
    one = symmetric.reduce(system)
    rates, start = uniformization.rates(system), uniformization.initial(one)
    means, steps, _ = uniformization.constant(owner, start, rates, times, memory_limit)
    variables = variables_of(system, means)
    if kept.size:
        variables["correlation"] = correlation_of(system, means[kept])
    return assemble(
        system,
        times,
        variables,
        times_kept=times[kept],
        method=METHOD,
        steps=steps,
        states=states,
        wall_time=time.perf_counter() - started,
    )


def variables_of(system: System, means: NDArray[np.float64]) -> dict[str, Any]:
    """Return the variables of a Dataset from <M>, <M^2> and <J(J+1)>, shape (times, 3)."""
    m, m_squared, spin_squared = means.T
    flips = spin_squared - m_squared
    excited = m + system.emitters / 2
    return {**symmetric.observables(system, excited, m_squared, flips + m, flips - m)}


def correlation_of(system: System, means: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Return <J_k^+ J_l^-> from the same."""
    m, m_squared, spin_squared = means.T
    return symmetric.correlation(system, m + system.emitters / 2, spin_squared - m_squared + m)


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
    needed = 8.0 * uniformization.count(system.emitters)
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
        states=uniformization.count(one.size),
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
    first = (uniformization.initial(one)[row, column] > 0).astype(float)
    # one more state leads to all of those at time 0
    whole = sparse.block_array([[rates, None], [first[None], np.zeros((1, 1))]]).tocsr()
    return np.asarray(csgraph.breadth_first_order(whole, len(m), return_predecessors=False)[1:])


def _stationary_numbers(one: Symmetric) -> float:
    """Return how many numbers `stationary` holds: measured, within 15% from N = 500 to 2000."""
    states = float(uniformization.count(one.size))
    if max(one.decay, one.dephasing, one.pump) == 0:
        return 28 * states  # the transitions; few states are reached
    # elimination on two axes fills n log n
    return states * (100 + 4.5 * math.log2(states))
