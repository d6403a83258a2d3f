"""Where a state ends that may end in several: the projection onto all stationary ones.

Of a generator A with null vectors r from the right and l from the left, which stand for states and
for what is conserved, a state x ends in ``R (L^T R)^-1 L^T x``. Both come from inverse iteration of
blocks of vectors by one factorisation, so that no time passes and slow rates cost nothing. What is
left over has to die out: an eigenvalue on the imaginary axis would turn it for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.linalg
import scipy.sparse as sp
import scipy.sparse.linalg as spla

from blochball.exact import nullspace
from blochball.exact.space import Complexes, Floats
from blochball.support import validation

SHIFT = 1e-10  # of the factorised generator, as a share of the largest rate
ROUNDS = 4  # of inverse iteration: others than null vectors are left to (shift / rate)^4
BLOCK, GROWTH = 8, 4  # vectors to begin with, and how many times more if all of them are null
# |A x| for |x| = 1 as shares of the largest rate: below, zero but for rounding; above, a rate that
# rounding mixes 1e-8 of into null vectors at most
ROUNDING, RATE = 1e-12, 1e-8
DENSE = 150  # unknowns up to which all eigenvalues take no time
ON_AXIS = 1e-8  # damping, as a share of the largest rate, that a part which turns does not have
ACCURACY = 1e-10  # of the eigenvalue that tells: far below
SEEN = 1e-8  # share of the state that may turn without being seen
# eigenvalues that are looked for, and vectors of a Krylov space for them: one, and more where that
# cannot be told from others at the same distance from the axis
SEVERAL = (1, 60), (12, 100)
RESTARTS = 300  # of Arnoldi iteration, before it is left open what the rest does


class Projection(NamedTuple):
    """The state that is ended in, how many there are to end in, and sum_i |A x|_i by the scale."""

    unknowns: Floats
    stationary: int
    residual: float


def limit(
    owner: str,
    generator: sp.csr_array,
    start: Floats,
    memory_limit: float,
    axes: int,
    slowest: float = np.inf,
) -> Projection:
    """Return the state at infinite time.

    Parameters
    ----------
    owner : str
        Who asks, for messages.
    generator : sparse array, shape (n, n)
    start : array, shape (n,)
        State at time 0.
    memory_limit, axes
        As for `nullspace.stationary`.
    slowest : float
        The smallest rate in the generator: it must not be taken for zero.

    Raises
    ------
    ValueError
        If the state never comes to rest, or too slowly for floating-point numbers to tell.
    MemoryError
        If the factorisation is expected to pass `memory_limit`.
    """
    # a Hamiltonian alone has no diagonal
    scale = float(np.abs(generator.data).max(initial=0.0))
    # dephasing of populations is zero but for rounding; without rates there is none of that
    if scale <= (ROUNDING * slowest if np.isfinite(slowest) else 0.0):
        return Projection(start, len(start), 0.0)
    if slowest < RATE * scale:
        raise ValueError(_too_slow(owner, scale))
    right, left = _null_vectors(owner, generator, scale, memory_limit, axes)
    overlaps = np.linalg.inv(left.T @ right)

    def projected(vector: Floats) -> Floats:
        # without BLAS, whose threads wait for each other where vectors are short
        weights = overlaps @ np.einsum("ka,k->a", left, vector)
        return np.asarray(np.einsum("ka,a->k", right, weights))

    ended = projected(start)
    residual = float(np.abs(generator @ ended).sum() / (scale * np.abs(ended).sum()))
    if not residual < nullspace.RESIDUAL:
        raise ValueError(
            f"{owner}: rates must not be too far apart: a residual of {residual:.1g} is left"
        )
    rest = start - ended
    if np.abs(rest).sum() > SEEN * np.abs(start).sum():
        deflated = spla.LinearOperator(
            generator.shape, lambda v: generator @ v.ravel() - scale * projected(v.ravel())
        )
        _check_that_it_dies_out(owner, deflated, rest, scale)
    return Projection(ended, right.shape[1], residual)


def _null_vectors(
    owner: str, generator: sp.csr_array, scale: float, memory_limit: float, axes: int
) -> tuple[Floats, Floats]:
    """Return orthonormal null vectors from the right and from the left, shape (n, some)."""
    size = generator.shape[0]
    solver = nullspace.factorised(owner, generator, SHIFT * scale, memory_limit, axes)
    count = min(BLOCK, size)
    while True:
        validation.memory(owner, "stationary states", 40.0 * size * count, memory_limit)
        sides = [
            _smallest(matrix, partial(solver.solve, trans=side), count, scale)
            for matrix, side in ((generator, "N"), (generator.T, "T"))
        ]
        numbers = {vectors.shape[1] for vectors, _ in sides}
        unclear = max(largest for _, largest in sides) > ROUNDING
        if unclear or len(numbers) > 1:
            raise ValueError(_too_slow(owner, scale))
        if numbers.pop() < count or count == size:
            return sides[0][0], sides[1][0]
        count = min(GROWTH * count, size)


def _too_slow(owner: str, scale: float) -> str:
    return (
        f"{owner}: rates must not be too far apart: the steady state is approached too slowly for "
        f"floating-point numbers to tell, beside rates of {scale:.1g}"
    )


def _smallest(
    matrix: sp.sparray, solve: Callable[[Floats], Floats], count: int, scale: float
) -> tuple[Floats, float]:
    """Return what of a block of vectors is null, and the largest |A x| of it by the scale."""
    block = np.random.default_rng(0).normal(size=(matrix.shape[0], count))
    for _ in range(ROUNDS):
        block = np.linalg.qr(solve(block))[0]
    _, values, turned = np.linalg.svd(matrix @ block, full_matrices=False)
    null = values < RATE * scale
    return block @ turned[null].T, float(values[null].max(initial=0.0) / scale)


def _check_that_it_dies_out(
    owner: str, deflated: spla.LinearOperator, rest: Floats, scale: float
) -> None:
    """Refuse a state of which a part turns for ever: its eigenvalue has no real part."""
    if len(rest) <= DENSE:
        values, vectors = scipy.linalg.eig(deflated @ np.eye(len(rest)), left=True, right=False)
        there = np.abs(vectors.conj().T @ rest) > SEEN * np.linalg.norm(rest)
        values, all_known = values[there], True
    else:
        values, all_known = _least_damped(deflated, rest)
    if values.size and values.real.max() > -ON_AXIS * scale:
        turning = values[np.argmax(values.real)]
        raise ValueError(
            f"{owner}: initial must be a state that comes to rest, got one of which a part turns "
            f"at a frequency of {abs(turning.imag):.3g} for ever"
        )
    if not all_known:
        validation.warn(
            f"{owner}: whether the state comes to rest could not be decided; what is returned is "
            "its average over all times, which is where it ends if it does"
        )


def _least_damped(deflated: spla.LinearOperator, rest: Floats) -> tuple[Complexes, bool]:
    """Return the eigenvalues that converge with the largest real parts, and whether all do."""
    known: Complexes = np.empty(0, dtype=np.complex128)
    for count, vectors in SEVERAL:
        options = {"v0": rest, "tol": ACCURACY, "maxiter": RESTARTS, "return_eigenvectors": False}
        options |= {"ncv": min(vectors, len(rest)), "which": "LR"}
        try:
            return np.asarray(spla.eigs(deflated, min(count, len(rest) - 2), **options)), True
        except spla.ArpackNoConvergence as error:
            known = np.asarray(error.eigenvalues, dtype=np.complex128)
    return known, False
