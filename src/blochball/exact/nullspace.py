"""The stationary state of a sparse generator with trace functional f: A x = 0, f x = 1.

GMRES with an incomplete LU factorisation without fill-in is tried first: local jumps make the
generator close to diagonally dominant, and then tens of iterations do where a complete
factorisation would fill gigabytes. Strong drives spoil that and are left to the complete one.

Everything is solved from two sources, of which one is any Hermitian matrix. If they lead to two
states then the steady state depends on the initial one, or is not reached at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla

from blochball.exact import krylov
from blochball.exact.space import Floats
from blochball.support import sparse
from blochball.support.jit import njit

SMALL = 3000  # unknowns up to which a complete factorisation takes well under a second
Linear = Callable[[Floats], Floats]

RESTART, CYCLES = 40, 8  # products with the generator, at most, before iteration gives up
RESIDUAL = 1e-10  # of sum_i |A x|_i as a share of the largest rate, where sum_i |x_i| = 1
HINT = "exact.steady_state takes the initial state as initial="
AGREEMENT = 1e-8  # of two solutions, and of one with itself after rounding, in sum_i |x_i|


class Stationary(NamedTuple):
    """A null vector with unit trace, how it was found, and sum_i |A x|_i by the largest rate."""

    unknowns: Floats
    solver: str
    residual: float


@sparse.one_blas_thread
def stationary(
    owner: str, generator: sp.csr_array, trace: Floats, limit: float, axes: int = 6
) -> Stationary:
    """Return the only null vector with unit trace.

    Parameters
    ----------
    owner : str
        Who asks, for messages.
    generator : sparse array, shape (n, n)
    trace : array, shape (n,)
        f, with f A = 0 and f >= 0.
    limit : float
        Memory in bytes that a complete factorisation may be expected to take.
    axes : int
        Dimension of the grid that the unknowns are on: fill-in grows with it.

    Raises
    ------
    ValueError
        If there is more than one null vector, as far as floating-point numbers can tell.
    MemoryError
        If iteration does not converge and the factorisation is expected to pass `memory_limit`.
    """
    scale = float(np.abs(generator.diagonal()).max())
    if scale == 0:
        raise ValueError(f"{owner}: the steady state must be unique, got a system at rest ({HINT})")
    uniform = trace / (trace @ trace)
    random = np.random.default_rng(0).normal(size=len(trace)) / len(trace)
    sources = [uniform, random + (1 - trace @ random) * uniform]
    solver, solutions = "lu", []
    if len(trace) > SMALL:
        solutions = [_iterate(generator, trace, u, scale) for u in sources]
        if _differ(solutions) <= AGREEMENT:
            solver = "gmres"
    if solver == "lu":
        solutions = _factorise(owner, generator, trace, sources, scale, limit, axes)
    x = solutions[0]
    residual = float(np.abs(generator @ x).sum() / (scale * np.abs(x).sum()))
    if not _differ(solutions) <= AGREEMENT:
        slow = solutions[1] - x
        rate = float(np.abs(generator @ slow).sum() / np.abs(slow).sum())
        raise ValueError(
            f"{owner}: the steady state must be unique, got a system with several, which depend "
            f"on the initial state ({HINT}), or with one that is approached too slowly for "
            f"floating-point numbers to tell (at a rate of {rate:.1g}, beside rates of "
            f"{scale:.1g})"
        )
    if not residual < RESIDUAL:
        raise ValueError(
            f"{owner}: rates must not be too far apart: a residual of {residual:.1g} is left"
        )
    return Stationary(x, solver, residual)


def _differ(solutions: list[Floats]) -> float:
    """Return how far two solutions are apart, as a share of the first; NaN for no solution."""
    first, second = solutions
    return float(np.abs(first - second).sum() / np.abs(first).sum())


def _iterate(generator: sp.csr_array, trace: Floats, source: Floats, scale: float) -> Floats:
    size = len(trace)
    # shifted, because the generator itself is singular
    shifted = sp.csr_array(generator - 1e-3 * scale * sp.eye_array(size))
    shifted.sort_indices()
    factors = (shifted.indptr, shifted.indices, shifted.data)
    diagonal = _incomplete_lu(*factors)
    # (A - s u f) x = -s u has f x = 1, and hence A x = 0
    right = -scale * source
    x = _gmres(
        lambda v: generator @ v + right * krylov.dot(trace, v),
        lambda v: _solve_lu(*factors, diagonal, v),
        right,
    )
    good = np.abs(generator @ x).sum() < RESIDUAL * scale * np.abs(x).sum()
    return x / (trace @ x) if good else np.full(size, np.nan)


def _gmres(product: Linear, precondition: Linear, right: Floats) -> Floats:
    """Solve product(x) = right by restarted GMRES, preconditioned from the right (Saad, 1993)."""
    x = np.zeros(len(right))
    vectors = np.empty((RESTART + 1, len(right)))
    for _ in range(CYCLES):
        error = right - product(x)
        length = krylov.norm(error)
        if length <= 1e-12 * krylov.norm(right):
            break
        reduced = krylov.arnoldi(
            lambda v: product(precondition(v)), error / length, vectors, RESTART
        )
        target = length * np.eye(len(reduced))[0]
        best = np.linalg.lstsq(reduced[:, :-1], target, rcond=None)[0]
        x += precondition(krylov.combine(best[None, :], vectors[: len(best)])[0])
    return x


def _factorise(
    owner: str,
    generator: sp.csr_array,
    trace: Floats,
    sources: list[Floats],
    scale: float,
    limit: float,
    axes: int,
) -> list[Floats]:
    size = len(trace)
    # inverse iteration with a shift far below every relaxation rate
    solver = factorised(owner, generator, 1e-13 * scale, limit, axes)
    found: list[Floats] = []
    for x in sources:
        for _ in range(4):
            x = solver.solve(x)
            x = x / (trace @ x)
        found.append(x)
    # both share the rounding of the factors; what an error of the last digit of each element of
    # the generator does is seen by putting one in
    sign = np.random.default_rng(1).choice([-1.0, 1.0], size)
    error = np.finfo(float).eps * sign * (abs(generator) @ np.abs(found[0]))
    moved = solver.solve(error)
    found[1] = found[1] + (moved - found[0] * (trace @ moved))
    return found


def factorised(
    owner: str, generator: sp.csr_array, shift: float, limit: float, axes: int
) -> spla.SuperLU:
    """Return the factors of the generator less a shift; parameters as for `stationary`.

    Raises
    ------
    MemoryError
        If they are expected to take more than the limit.
    """
    size = generator.shape[0]
    # measured on two axes, from 22,801 to 361,201 unknowns, within 10%; entries seen after fill-in
    # on more: 3.7e6 for 12,341 unknowns on three, 1.3e6 for 2,501 on five
    many = 18 * (0.7 if axes == 3 else 3) * size ** (5 / 3)
    expected = 115 * size * math.log2(size) if axes <= 2 else many
    expected *= generator.dtype.itemsize / 8
    if expected > limit:
        raise MemoryError(
            f"{owner}: iteration does not converge, and a factorisation with "
            f"{size:,} unknowns needs about {expected / 2**30:.3g} GiB, more than the memory_limit "
            f"of {limit / 2**30:.3g} GiB; exact.solve to a long time needs much less"
        )
    shifted = sp.csc_array(generator - shift * sp.eye_array(size))
    return sparse.factorised(shifted)


@njit()
def _incomplete_lu(start, column, value):  # type: ignore[no-untyped-def]
    """Factorise in place without fill-in (ILU(0)), rows sorted; return places of the diagonal."""
    rows = len(start) - 1
    place = np.full(rows, -1, np.int64)
    diagonal = np.empty(rows, np.int64)
    for i in range(rows):
        for k in range(start[i], start[i + 1]):
            place[column[k]] = k
            if column[k] == i:
                diagonal[i] = k
        for k in range(start[i], start[i + 1]):
            j = column[k]
            if j >= i:
                break
            value[k] /= value[diagonal[j]]
            for n in range(diagonal[j] + 1, start[j + 1]):
                if place[column[n]] >= 0:
                    value[place[column[n]]] -= value[k] * value[n]
        for k in range(start[i], start[i + 1]):
            place[column[k]] = -1
    return diagonal


@njit()
def _solve_lu(start, column, value, diagonal, right):  # type: ignore[no-untyped-def]
    x = np.empty(len(right))
    for i in range(len(right)):
        total = right[i]
        for k in range(start[i], diagonal[i]):
            total -= value[k] * x[column[k]]
        x[i] = total
    for i in range(len(right) - 1, -1, -1):
        total = x[i]
        for k in range(diagonal[i] + 1, start[i + 1]):
            total -= value[k] * x[column[k]]
        x[i] = total / value[diagonal[i]]
    return x
