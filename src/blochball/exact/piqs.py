"""States to and from the ordering of QuTiP's PIQS module.

PIQS (N. Shammah et al., Phys. Rev. A 98, 063815 (2018)) keeps the state of one ensemble as one
matrix with a block for each J, from N/2 down, in each of which M runs from J down to -J; its
elements are the rho_{J M M'} of this package. QuTiP is imported only when it is asked for.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np
from scipy.linalg import block_diag

from blochball.exact import dicke
from blochball.exact.state import State, density_blocks
from blochball.support import validation


def to_piqs(state: State) -> Any:
    """Return a state of one ensemble as a PIQS density matrix.

    Parameters
    ----------
    state : State
        E.g. from `exact.liouvillian.states`.

    Returns
    -------
    qutip.Qobj

    Raises
    ------
    ValueError
        If the state is of several ensembles.
    ImportError
        Without QuTiP.

    Examples
    --------
    >>> from blochball import exact, models
    >>> (state,) = exact.liouvillian.states(models.superradiant_laser(4, pump=1.0), [0.5])
    >>> exact.piqs.to_piqs(state).shape
    (9, 9)
    """
    from qutip import Qobj

    validation.instance("to_piqs", "state", state, State)
    blocks = state.blocks()
    size = state.space.sizes[0]
    # spins that the state has no room for are there, and empty, in PIQS
    rest = [np.zeros((round(2 * spin) + 1,) * 2) for spin in dicke.spins(size)[len(blocks) :]]
    return Qobj(block_diag(*blocks, *rest))


def from_piqs(rho: Any) -> State:
    """Return a PIQS density matrix as a state, e.g. as `initial` of `exact.liouvillian.solve`.

    Parameters
    ----------
    rho : qutip.Qobj or array_like, shape (n, n)
        n = (N/2 + 1)^2 for even N, (N + 1)(N + 3)/4 for odd N.

    Returns
    -------
    State

    Raises
    ------
    TypeError, ValueError
        If it is no square matrix of such a size, not diagonal in J, or no density matrix:
        Hermitian, without negative eigenvalues, of trace one.

    Examples
    --------
    >>> from blochball import exact
    >>> from qutip import piqs
    >>> state = exact.piqs.from_piqs(piqs.dicke(4, 2, 0))
    >>> state.blocks()[0].real.diagonal().tolist()
    [0.0, 0.0, 1.0, 0.0, 0.0]
    """
    what = "a density matrix in the block order of PIQS"
    given = rho.full() if hasattr(rho, "full") else rho
    matrix = validation.array("from_piqs", "rho", given, (None, None), what)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"from_piqs: rho must be {what}, got shape {matrix.shape}")
    # 4 n is (N + 2)^2 for even N, one less for odd N
    size = isqrt(4 * len(matrix) + 1) - 2
    spins = dicke.spins(max(size, 1))
    lengths = np.rint(2 * spins + 1).astype(int)
    if size < 1 or lengths.sum() != len(matrix):
        raise ValueError(f"from_piqs: rho must be {what}, got {len(matrix)} rows")
    ends = np.cumsum(lengths)
    blocks = [matrix[e - n : e, e - n : e] for e, n in zip(ends, lengths, strict=True)]
    if np.abs(matrix - block_diag(*blocks)).max() > 1e-10:
        raise ValueError(f"from_piqs: rho must be {what}, got elements between different J")
    return State.from_blocks(size, density_blocks("from_piqs", "rho", size, blocks))
