"""A permutation-invariant density matrix by itself: Eq. (2) of the paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from blochball.exact import dicke
from blochball.exact.space import LARGEST, Complexes, Space
from blochball.support import validation

# what a given matrix may lack of being a density matrix: it may come from a coarse solver
TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class State:
    """A permutation-invariant density matrix, sum rho_{J M M'} |J M><J M'|: Eq. (2).

    |J M><J M'| is averaged over the degeneracy of J and has trace one for M = M'; of several
    ensembles there is one such factor each.

    Attributes
    ----------
    space : Space
        What the elements are of, and which there are.
    elements : complex array of shape (space.dimension,)

    Examples
    --------
    >>> from blochball import exact, models
    >>> (state,) = exact.liouvillian.states(models.superradiant_decay(4), [0.5])
    >>> [block.shape for block in state.blocks()], round(state.trace.real, 6)
    ([(5, 5)], 1.0)
    """

    space: Space
    elements: Complexes

    @property
    def trace(self) -> complex:
        """Sum of the elements with M = M'."""
        return complex(self.elements[self.space.populations()].sum())

    def blocks(self) -> list[Complexes]:
        """Return the state of one ensemble as a matrix for each J from N/2 down, M from J down.

        Raises
        ------
        ValueError
            If there are several ensembles.
        """
        if len(self.space.sites) != 1:
            raise ValueError(
                "State.blocks: the state must be of one ensemble, got one of "
                f"{len(self.space.sites)}"
            )
        site = self.space.sites[0]
        found = []
        for spin in site.size / 2 - np.arange(site.spins):
            block = np.zeros((round(2 * spin) + 1,) * 2, dtype=np.complex128)
            here = np.flatnonzero(site.spin[self.space.place[0]] == spin)
            at = self.space.place[0, here]
            row, column = spin - site.ket[at], spin - site.bra[at]
            block[row.astype(int), column.astype(int)] = self.elements[here]
            found.append(block)
        return found

    @classmethod
    def from_blocks(cls, size: int, blocks: Sequence[Complexes]) -> State:
        """Inverse of `blocks` for one ensemble of `size` emitters.

        Parameters
        ----------
        size : int
            Number of emitters N.
        blocks : sequence of arrays
            A matrix of 2J + 1 rows for each J = N/2, N/2 - 1, ...; those that are left out at the
            end are zero.

        Raises
        ------
        TypeError, ValueError
            If they are not the blocks of a density matrix: Hermitian, without negative
            eigenvalues, of trace one.
        """
        blocks = density_blocks("State.from_blocks", "blocks", size, blocks)
        space = Space([size], [len(blocks)])
        site = space.sites[0]
        down = (size / 2 - site.spin).astype(int)
        ket, bra = (site.spin - site.ket).astype(int), (site.spin - site.bra).astype(int)
        elements = np.zeros(space.dimension, dtype=np.complex128)
        for k, block in enumerate(blocks):
            here = np.flatnonzero(down == k)
            elements[here] = block[ket[here], bra[here]]
        return cls(space, elements)


def density_blocks(
    owner: str, name: str, size: int, blocks: Sequence[Complexes]
) -> list[Complexes]:
    """Return the blocks of a density matrix as arrays, checked."""
    size = validation.integer(owner, "size", size, 1, LARGEST)
    spins = dicke.spins(size)
    what = f"a sequence of 1 to {len(spins)} matrices, one a total spin from {spins[0]:g} down"
    if not isinstance(blocks, Sequence) or not 1 <= len(blocks) <= len(spins):
        raise ValueError(f"{owner}: {name} must be {what}, got {validation.shown(blocks)}")
    found = []
    for spin, block in zip(spins, blocks, strict=False):
        rows = round(2 * spin) + 1
        what = f"of shape ({rows}, {rows}) for J = {spin:g}"
        matrix = validation.array(owner, name, block, (rows, rows), what)
        excess = float(np.abs(matrix - matrix.conj().T).max())
        if excess > TOLERANCE:
            raise ValueError(
                f"{owner}: {name} must be Hermitian, got one that differs from its adjoint by "
                f"{excess:.3g} for J = {spin:g}"
            )
        try:
            np.linalg.cholesky(matrix + TOLERANCE * np.eye(rows))
        except np.linalg.LinAlgError as error:
            least = float(np.linalg.eigvalsh(matrix)[0])
            raise ValueError(
                f"{owner}: {name} must have no negative eigenvalues, got {least:.3g} for "
                f"J = {spin:g}"
            ) from error
        found.append(matrix)
    trace = float(sum(np.trace(block).real for block in found))
    if abs(trace - 1) > TOLERANCE:
        raise ValueError(f"{owner}: {name} must have trace 1 together, got {trace:.6g}")
    return found
