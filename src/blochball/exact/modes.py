"""Eigenvalues of the Liouvillian nearest to zero: the slowest modes, sector by sector.

Where nothing changes the order of coherence k = sum_l (M_l - M_l') each k is a sector of its own;
where pairs of excitations do, even and odd k are. Small sectors are diagonalised, of large ones
shift and inverse by one sparse factorisation give the eigenvalues that are asked for.
"""

from __future__ import annotations

import time as clock
from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
import xarray as xr
from numpy.typing import NDArray

from blochball import operators
from blochball.dataset import provenance
from blochball.exact import liouvillian, nullspace, superoperators
from blochball.exact.space import Space
from blochball.operators import MasterEquation
from blochball.support import validation
from blochball.support.arguments import named
from blochball.system import System

Complexes = NDArray[np.complex128]

DENSE = 400  # unknowns of a sector up to which it is diagonalised
# to the right of all eigenvalues, as a share of the largest rate; what is nearest to it is nearest
# to zero but for the order of what lies within it
SHIFT = 1e-5
MORE = 4  # eigenvalues beyond those asked for, because of that order
RESIDUAL = 1e-8  # |A v - a v| for |v| = 1, as a share of the largest rate


@named("exact.spectrum_of_liouvillian")
def spectrum_of_liouvillian(
    system: System,
    count: int = 6,
    *,
    coherence: int = 1,
    memory_limit: float = liouvillian.MEMORY_LIMIT,
) -> xr.DataArray:
    """Return the eigenvalues of the Liouvillian that are nearest to zero.

    An eigenvalue a is a mode that goes as exp(a t): -Re a is its rate, Im a its frequency. Zero is
    the steady state; the smallest other rate is the gap. Of permutation-invariant modes only, and
    ensembles without local jumps keep J = N/2. Modes whose frequency is large are far from zero,
    however slow they are.

    Parameters
    ----------
    system : System
    count : int
        How many eigenvalues, of all sectors together; repeated as often as they occur.
    coherence : int
        Largest order k of coherence to look at, where orders are separate. Those of -k are the
        complex conjugates of those of k, and are not listed. Populations have k = 0; <J^-> goes as
        modes of k = 1 do, with a frequency of -detuning.
    memory_limit : float
        Bytes; a System that needs more is refused.

    Returns
    -------
    xarray.DataArray, dims (mode,)
        Complex, by distance from zero. The coordinate `sector` says where each is: "order k",
        "even orders", "odd orders", or "all orders" where the System separates none.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, and for a System that needs more than the memory limit.
    MemoryError
        If only a factorisation that needs more than the limit would do.
    ArithmeticError
        If the eigenvalues of a large sector do not converge.

    Examples
    --------
    An emitter loses its population at its rate of decay, and its coherence at half of it:

    >>> from blochball import Ensemble, System, exact
    >>> modes = exact.spectrum_of_liouvillian(System(Ensemble(1, decay=2.0)))
    >>> modes.sector.values.tolist(), (modes.real.values.round(9) + 0).tolist()
    (['order 0', 'order 1', 'order 0'], [0.0, -1.0, -2.0])
    """
    owner = "exact.spectrum_of_liouvillian"
    started = clock.perf_counter()
    operators.require_system(owner, system)
    count = validation.integer(owner, "count", count, 1)
    coherence = validation.integer(owner, "coherence", coherence, 0)
    step = MasterEquation.of(system).order_step
    largest = None if step else min(coherence, system.emitters)
    space = liouvillian.space_for(owner, system, largest, memory_limit)
    generator = superoperators.liouvillian(system, space)
    axes = sum(2 + (spins > 1) for spins in space.spins) - (step == 0)
    scale = max(float(np.abs(generator.data).max(initial=0)), 1e-300)
    names: list[str] = []
    parts: list[Complexes] = []
    for name, matrix in _sectors(generator, space, step):
        if matrix.shape[0] <= max(DENSE, count + MORE + 2):
            values = np.linalg.eigvals(matrix.toarray())
        else:
            values = _nearest(owner, matrix, count + MORE, scale, memory_limit, axes)
        parts.append(values)
        names += [name] * len(values)
    every = np.concatenate(parts)
    # equal distances, but for rounding: the larger frequency first, and one sector after the other
    kept = np.lexsort((-every.imag, np.round(np.abs(every) / scale, 10)))[:count]
    return xr.DataArray(
        every[kept],
        dims="mode",
        coords={"sector": ("mode", np.array(names, dtype=object)[kept])},
        name="eigenvalue",
        attrs={
            **provenance(system),
            "method": liouvillian.METHOD,
            "long_name": "eigenvalues of the Liouvillian",
            "units": "rate",
            "unknowns": space.dimension,
            "wall_time": clock.perf_counter() - started,
        },
    )


def _sectors(
    generator: sp.csr_array, space: Space, step: int
) -> Iterator[tuple[str, sp.csr_array]]:
    """Yield the name of each sector and the generator on it."""
    order = space.column("coherence").sum(axis=0)
    if step == 1:
        yield "all orders", generator
    elif step > 1:
        for name, rest in (("even orders", 0), ("odd orders", 1)):
            here = np.flatnonzero(order % 2 == rest)
            yield name, generator[here][:, here]
    else:
        to_complex, to_real = _between(space)
        for k in range(int(order.max()) + 1):
            here = np.flatnonzero(order == k)
            if k == 0:
                yield "order 0", generator[here][:, here]
            else:
                yield f"order {k}", to_complex[here] @ generator @ to_real[:, here]


def _between(space: Space) -> tuple[sp.csr_array, sp.csr_array]:
    """Return the elements of a density matrix from its real unknowns, and the other way round."""
    here = np.arange(space.dimension)
    sign = np.sign(space.adjoint - here)
    first, second = np.minimum(here, space.adjoint), np.maximum(here, space.adjoint)
    alone, apart = here[sign == 0], here[sign != 0]
    rows = np.concatenate([alone, apart, apart])
    columns = np.concatenate([alone, first[apart], second[apart]])
    values = np.concatenate([np.ones(len(alone) + len(apart)), 1j * sign[apart]])
    shape = (space.dimension,) * 2
    to_complex = sp.coo_array((values, (rows, columns)), shape=shape).tocsr()
    # unknowns are halves of sums and differences: of a pair, half of the adjoint
    weight = np.where(sign == 0, 1.0, 0.5)
    to_real = sp.csr_array(to_complex.conj().T @ sp.diags_array(weight))
    return to_complex, to_real


def _nearest(
    owner: str, matrix: sp.csr_array, count: int, scale: float, memory_limit: float, axes: int
) -> Complexes:
    """Return the eigenvalues nearest to zero."""
    shift = SHIFT * scale
    solver = nullspace.factorised(owner, matrix, shift, memory_limit, axes)
    inverse = spla.LinearOperator(matrix.shape, solver.solve, dtype=matrix.dtype)
    start = np.random.default_rng(0).normal(size=matrix.shape[0]).astype(matrix.dtype)
    try:
        values, vectors = spla.eigs(matrix, k=count, sigma=shift, OPinv=inverse, v0=start)
    except spla.ArpackNoConvergence as error:
        raise ArithmeticError(f"{owner}: eigenvalues do not converge ({error})") from error
    residual = float(np.linalg.norm(matrix @ vectors - vectors * values, axis=0).max()) / scale
    if residual > RESIDUAL:
        raise ArithmeticError(f"{owner}: eigenvalues are left with a residual of {residual:.1g}")
    return np.asarray(values, dtype=np.complex128)
