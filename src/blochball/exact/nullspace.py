"""The stationary state of a sparse generator with trace functional f: A x = 0, f x = 1.

GMRES with an incomplete LU factorisation without fill-in is tried first: local jumps make the
generator close to diagonally dominant, and then tens of iterations do where a complete
factorisation would fill gigabytes. Strong drives spoil that and are left to the complete one.

Everything is solved from two sources of probability. They lead to one state, or to two.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla

from blochball.exact import krylov
from blochball.exact.space import Floats
from blochball.support.jit import njit

SMALL = 3000  # unknowns up to which a complete factorisation takes well under a second
Linear = Callable[[Floats], Floats]

RESTART, CYCLES = 40, 8  # products with the generator, at most, before iteration gives up
RESIDUAL = 1e-10  # of sum_i |A x|_i as a share of the largest rate, where sum_i |x_i| = 1
AGREEMENT = 1e-7  # of two solutions, in sum_i |x_i|


def stationary(
    owner: str, generator: sp.csr_array, trace: Floats, limit: float
) -> tuple[Floats, str]:
    """Return the only null vector with unit trace, and "gmres" or "lu" for how it was found.

    Parameters
    ----------
    owner : str
        Who asks, for messages.
    generator : sparse array, shape (n, n)
    trace : array, shape (n,)
        f, with f A = 0 and f >= 0.
    limit : float
        Memory in bytes that a complete factorisation may be expected to take.

    Raises
    ------
    ValueError
        If there is more than one null vector.
    MemoryError
        If iteration does not converge and the factorisation is expected to pass the limit.
    """
    scale = float(np.abs(generator.diagonal()).max())
    random = trace * np.random.default_rng(0).uniform(0.1, 1, len(trace))
    sources = [source / (trace @ source) for source in (trace, random)]
    if scale > 0:
        if len(trace) > SMALL:
            found = _agreed([_iterate(generator, trace, u, scale) for u in sources])
            if found is not None:
                return found, "gmres"
        found = _agreed(_factorise(owner, generator, trace, sources, scale, limit))
        if found is not None:
            return found, "lu"
    raise ValueError(f"{owner}: the steady state must be unique, got a system that has several")


def _agreed(solutions: list[Floats | None]) -> Floats | None:
    first, second = solutions
    if first is None or second is None:
        return None
    return first if np.abs(first - second).sum() <= AGREEMENT * np.abs(first).sum() else None


def _iterate(generator: sp.csr_array, trace: Floats, source: Floats, scale: float) -> Floats | None:
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
    return x / (trace @ x) if good else None


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
) -> list[Floats | None]:
    size = len(trace)
    # fill-in seen: 3.7e6 entries for 12,341 unknowns of one ensemble, 1.3e6 for 2,501 of two
    expected = 12 * 4 * size ** (5 / 3)
    if expected > limit:
        raise MemoryError(
            f"{owner}: iteration does not converge, and a factorisation with "
            f"{size:,} unknowns needs about {expected / 2**30:.1f} GiB of the "
            f"{limit / 2**30:.1f} GiB allowed; exact.solve to a long time needs much less"
        )
    # inverse iteration with a shift far below every relaxation rate
    shifted = sp.csc_array(generator - 1e-13 * scale * sp.eye_array(size))
    options = {"SymmetricMode": True}
    solver = spla.splu(shifted, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.01, options=options)
    found: list[Floats | None] = []
    for x in sources:
        for _ in range(4):
            x = solver.solve(x)
            x = x / (trace @ x)
        good = np.abs(generator @ x).sum() < RESIDUAL * scale * np.abs(x).sum()
        found.append(x if good else None)
    return found


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
