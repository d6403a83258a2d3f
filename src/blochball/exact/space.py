"""Products of |J M><J M'| over the ensembles, numbered: the whole space or a sector of it.

Without drive nothing changes the total coherence sum_l (M_l - M_l') (weak U(1) symmetry), so that
each sector of it is closed: 0 holds everything but <J^x> and <J^y>, which live in -1 and +1. An
ensemble without local jumps keeps its J, and then only those from N/2 down to where it starts are
numbered.

A density matrix is Hermitian: the element of an index and that of its adjoint are conjugate. It is
therefore kept as as many real numbers as it has elements, the real part in the place of the first
of the two and the imaginary part in the place of the second.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from blochball.ensemble import Ensemble
from blochball.system import System

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

LARGEST = 10**7  # emitters of an ensemble whose elements are counted


class Site:
    """Elements |J M><J M'| of one ensemble, ordered by M - M', then J and M downwards.

    Parameters
    ----------
    size : int
        Number of emitters N.
    spins : int
        How many total spins to keep: J = N/2, N/2 - 1, ...; ``size // 2 + 1`` are all.
    reach : int
        Largest coherence |M - M'| to keep.

    Attributes
    ----------
    spin, ket, bra, coherence, adjoint : arrays of shape (elements,)
        J, M, M', M - M' and the index of the Hermitian adjoint.
    """

    def __init__(self, size: int, spins: int, reach: int) -> None:
        self.size, self.spins, self.reach = size, spins, reach
        # axes of the table: reach + M - M', N/2 - J, J - M
        shift, down, below = np.ogrid[-reach : reach + 1, :spins, : size + 1]
        longest = size - 2 * down
        inside = (below <= longest) & (below + shift >= 0) & (below + shift <= longest)
        self._table = np.full(inside.shape, -1)
        self._table[inside] = np.arange(np.count_nonzero(inside))
        shift, down, below = np.nonzero(inside)
        self.coherence: Ints = shift - reach
        self.spin: Floats = (size / 2 - down).astype(np.float64)
        self.ket: Floats = self.spin - below
        self.bra: Floats = self.ket - self.coherence
        self.adjoint: Ints = self._table[reach - self.coherence, down, below + self.coherence]

    def source(self, j: int, q_ket: int, q_bra: int) -> Ints:
        """Return the index of |J-j M-q_ket><J-j M'-q_bra| for each element, -1 where none is."""
        return self.index(self.spin - j, self.ket - q_ket, self.bra - q_bra)

    def index(self, spin: Floats, ket: Floats, bra: Floats) -> Ints:
        """Return the index of each |J M><J M'|, -1 for one that is not kept or does not exist."""
        place = (ket - bra + self.reach, self.size / 2 - spin, spin - ket)
        at = [np.rint(k).astype(np.int64) for k in place]
        shape: tuple[int, ...] = self._table.shape
        inside = np.logical_and.reduce([(k >= 0) & (k < n) for k, n in zip(at, shape, strict=True)])
        found = np.full(np.shape(spin), -1)
        found[inside] = self._table[tuple(k[inside] for k in at)]
        return found

    def __len__(self) -> int:
        return len(self.spin)


class Space:
    """Elements of the density matrix of several ensembles with a bounded total coherence.

    Parameters
    ----------
    sizes : sequence of int
        Emitters of each ensemble.
    spins : sequence of int
        How many total spins to keep of each.
    coherence : int or None
        Largest absolute value of sum_l (M_l - M_l') to keep; None keeps all.
    step : int
        Keep only those values that are multiples of it.

    Attributes
    ----------
    sites : tuple of Site
    place : int array of shape (sites, dimension)
        The element of each site in each element of the product.
    adjoint : int array of shape (dimension,)
        Index of the Hermitian adjoint.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        spins: Sequence[int],
        coherence: int | None = None,
        step: int = 1,
    ) -> None:
        self.sizes, self.spins, self.coherence = tuple(sizes), tuple(spins), coherence
        emitters = sum(sizes)
        limit = emitters if coherence is None else coherence
        self.sites = tuple(
            Site(n, s, min(n, limit + emitters - n)) for n, s in zip(sizes, spins, strict=True)
        )
        self._strides = np.cumprod([1, *(len(site) for site in self.sites[:0:-1])])[::-1]
        # grow the product site by site, keeping what the sites to come can still bring into the
        # sector; a site's elements are ordered by coherence, so that these are a range of them
        self.place: Ints = np.zeros((0, 1), dtype=np.int64)
        total = np.zeros(1, dtype=np.int64)
        ahead = emitters
        for site in self.sites:
            ahead -= site.size
            first = np.searchsorted(site.coherence, -limit - ahead - total, "left")
            last = np.searchsorted(site.coherence, limit + ahead - total, "right")
            count = last - first
            parent = np.repeat(np.arange(len(total)), count)
            start = np.cumsum(count) - count
            element = np.arange(len(parent)) - np.repeat(start - first, count)
            self.place = np.vstack([self.place[:, parent], element])
            total = total[parent] + site.coherence[element]
        if step > 1:
            self.place = self.place[:, total % step == 0]
        self._keys = self._strides @ self.place
        flipped = [site.adjoint[at] for site, at in zip(self.sites, self.place, strict=True)]
        self.adjoint: Ints = self.find(self._strides @ np.array(flipped))

    @classmethod
    def of(
        cls, system: System, coherence: int | None, initial: Space | None = None, step: int = 1
    ) -> Space:
        """Return the space of a System that starts by itself, or from a state in `initial`."""
        return cls(*_sizes_and_spins(system, initial), coherence, step)

    @property
    def dimension(self) -> int:
        """Number of elements, which is that of real unknowns."""
        return len(self._keys)

    @property
    def keys(self) -> Ints:
        """Increasing number of each element in the product of all sites, shape (dimension,)."""
        return self._keys

    def moved(self, site: int, source: Ints, rows: Ints) -> Ints:
        """Return what to add to the keys of `rows` to replace a site's element by its source."""
        here = self.place[site, rows]
        return (source[here] - here) * self._strides[site]

    def find(self, keys: Ints) -> Ints:
        """Return the index of each key; -1 for one that is outside of the sector."""
        index = np.minimum(np.searchsorted(self._keys, keys), self.dimension - 1)
        return np.where(self._keys[index] == keys, index, -1)

    def embed(self, other: Space, elements: Complexes) -> Complexes:
        """Return elements of another space of the same ensembles, as far as both hold them."""
        keys = np.zeros(other.dimension, dtype=np.int64)
        inside = np.ones(other.dimension, dtype=bool)
        for l, (mine, theirs) in enumerate(zip(self.sites, other.sites, strict=True)):
            index = mine.index(theirs.spin, theirs.ket, theirs.bra)[other.place[l]]
            inside &= index >= 0
            keys += index * self._strides[l]
        target = np.where(inside, self.find(keys), -1)
        found = np.zeros(self.dimension, dtype=np.complex128)
        found[target[target >= 0]] = elements[target >= 0]
        return found

    def column(self, name: str) -> Floats:
        """Return one of `spin`, `ket`, `bra` of each site and element, (sites, dimension)."""
        pairs = zip(self.sites, self.place, strict=True)
        return np.array([getattr(site, name)[at] for site, at in pairs])

    def populations(self) -> Ints:
        """Return the indices of the elements with M_l = M_l' for all l; their trace is one."""
        pairs = zip(self.sites, self.place, strict=True)
        flat = np.logical_and.reduce([site.coherence[at] == 0 for site, at in pairs])
        return np.flatnonzero(flat)

    def to_real(self, elements: Complexes) -> Floats:
        """Return the real unknowns of a Hermitian matrix, from and to shape (dimension,)."""
        first = np.arange(self.dimension) <= self.adjoint
        return np.where(first, elements.real, elements[self.adjoint].imag)

    def to_complex(self, unknowns: NDArray[np.inexact]) -> Complexes:
        """Return the elements of a matrix from its unknowns, from and to shape (dimension,).

        Complex unknowns x + i y stand for X + i Y with Hermitian X and Y.
        """
        sign = np.sign(self.adjoint - np.arange(self.dimension))
        real = np.where(sign >= 0, unknowns, unknowns[self.adjoint])
        imaginary = np.where(sign >= 0, unknowns[self.adjoint], unknowns)
        return np.asarray(real + 1j * sign * imaginary)


def dimension(
    system: System, coherence: int | None, initial: Space | None = None, step: int = 1
) -> float:
    """Count the elements of `Space.of` without making it; infinity stands for too many to count."""
    share, whole = np.ones(1), 1.0
    for size, spins in zip(*_sizes_and_spins(system, initial), strict=True):
        if size > LARGEST:
            return float("inf")
        # sum over d < spins of max(reach - 2 d, 0)
        reach = size + 1 - np.abs(np.arange(-size, size + 1))
        terms = np.minimum(spins, (reach + 1) // 2)
        count = terms * (reach + 1 - terms)
        whole *= float(count.sum())
        # the sector of a coherence is the largest for 0, so no smaller than the average one
        if whole > 1e15 * (2 * system.emitters + 1):
            return float("inf")
        share = np.convolve(share, count / count.sum())
    order = np.arange(len(share)) - len(share) // 2
    kept = order % step == 0
    if coherence is not None:
        kept &= np.abs(order) <= coherence
    return float(np.round(share[kept].sum() * whole))


def _sizes_and_spins(system: System, initial: Space | None) -> tuple[list[int], list[int]]:
    sizes = [ensemble.size for ensemble in system.ensembles]
    # only local jumps change J
    local = [bool(e.decay or e.dephasing or e.pump) for e in system.ensembles]
    least = list(map(_spins_of, system.ensembles)) if initial is None else initial.spins
    if initial is None:
        for _, start in system.mixture:
            least = list(map(max, least, map(_spins_of, start)))
    every = zip(sizes, local, least, strict=True)
    return sizes, [size // 2 + 1 if changes else start for size, changes, start in every]


def _spins_of(ensemble: Ensemble) -> int:
    """Return how many total spins there are from N/2 down to the smallest at time 0."""
    if ensemble.dicke is not None:
        return round(ensemble.size / 2 - ensemble.dicke[0]) + 1
    return 1 if ensemble.length == 1 else ensemble.size // 2 + 1
