"""Initial states in the Dicke basis: coherent and Dicke states, mixed emitters, mixtures of these.

All are functions of J and of the spin along a direction n: with w(J, m) the weight of J and
n . J = m, the state of an ensemble is sum_J w(J, n . J), where w adds up to one. N emitters with
Bloch vectors of length r have

    w(J, m) = d_J p^(N/2 + m) q^(N/2 - m) ,   p, q = (1 +- r) / 2 ,

with d_J = (2J + 1) N! / ((N/2 - J)! (N/2 + J + 1)!) ways to make J of them: all products of p and q
with as many of each have the same weight, and J is a matter of their symmetry alone.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, xlogy

from blochball.ensemble import Ensemble
from blochball.exact import dicke
from blochball.exact.space import Complexes, Floats, Site, Space
from blochball.system import System


def weights(ensemble: Ensemble, spin: float) -> Floats:
    """Return w(J, m) for m from J down, shape (2J + 1,)."""
    size = ensemble.size
    m = spin - np.arange(round(2 * spin) + 1)
    if ensemble.dicke is not None:
        return np.where((m == ensemble.dicke[1]) & (spin == ensemble.dicke[0]), 1.0, 0.0)
    if ensemble.length == 1:
        return np.where(m == size / 2, 1.0, 0.0)
    up, down = (1 + ensemble.length) / 2, (1 - ensemble.length) / 2
    below = size / 2 - spin
    # logarithms, because factorials overflow
    ways = np.log(2 * spin + 1) + gammaln(size + 1) - gammaln(below + 1)
    ways -= gammaln(size - below + 2)
    return np.asarray(np.exp(ways + xlogy(size / 2 + m, up) + xlogy(size / 2 - m, down)))


def elements(space: Space, system: System) -> Complexes:
    """Return the elements of the initial state of a System that a space holds."""
    found = np.zeros(space.dimension, dtype=np.complex128)
    for chance, start in system.parts:
        product = np.full(space.dimension, chance, dtype=np.complex128)
        for site, place, ensemble in zip(space.sites, space.place, start, strict=True):
            product *= _of_site(site, ensemble)[place]
        found += product
    return found


def populations(system: System) -> Floats:
    """Return p(J, M) of all emitters together, at [N/2 - J, N/2 + M].

    The emitters are all alike, and each state is a function of J^z: `symmetric.obstacle` says.
    """
    size = system.emitters
    found = np.zeros((size // 2 + 1, size + 1))
    for chance, (one, *_) in system.parts:
        whole = Ensemble(size, polar=one.polar, length=one.length, dicke=one.dicke)
        for row, spin in enumerate(dicke.spins(size)):
            upwards = np.cos(one.polar) < 0
            along = weights(whole, spin)[:: 1 if upwards else -1]
            found[row, row : size + 1 - row] += chance * along
    return found


def ket(ensemble: Ensemble) -> Complexes:
    """Return the ket of a coherent or a Dicke state, M from J down."""
    if ensemble.dicke is None:
        found = dicke.coherent_amplitudes(ensemble.size, ensemble.polar, ensemble.azimuth)
        return np.abs(found).round().astype(np.complex128) if ensemble.polarization else found
    spin, m = ensemble.dicke
    if ensemble.diagonal:
        along = m * np.sign(np.cos(ensemble.polar))
        return np.where(spin - np.arange(round(2 * spin) + 1) == along, 1.0 + 0j, 0)
    return np.asarray(_turned(ensemble, spin)[:, round(spin - m)])


def _of_site(site: Site, ensemble: Ensemble) -> Complexes:
    """Return the elements of one ensemble."""
    if ensemble.length == 1 and ensemble.dicke is None:
        kets = dicke.coherent_amplitudes(site.size, ensemble.polar, ensemble.azimuth)
        top = site.spin == site.size / 2
        row = np.where(top, site.size / 2 - site.ket, 0).astype(int)
        column = np.where(top, site.size / 2 - site.bra, 0).astype(int)
        return np.where(top, kets[row] * kets[column].conj(), 0)
    found = np.zeros(len(site), dtype=np.complex128)
    for spin in dicke.spins(site.size)[: site.spins]:
        along = weights(ensemble, spin)
        if not along.any():
            continue
        here = np.flatnonzero(site.spin == spin)
        if ensemble.diagonal:
            block: Complexes = np.diag(
                along.astype(complex)[:: 1 if np.cos(ensemble.polar) > 0 else -1]
            )
        else:
            vectors = _turned(ensemble, spin)
            block = vectors * along @ vectors.conj().T
        row, column = (spin - site.ket[here]).astype(int), (spin - site.bra[here]).astype(int)
        found[here] = block[row, column]
    return found


def _turned(ensemble: Ensemble, spin: float) -> Complexes:
    """Return the eigenvectors of n . J as columns, its eigenvalue from J down."""
    m = spin - np.arange(round(2 * spin) + 1)
    across = np.sin(ensemble.polar) * np.exp(-1j * ensemble.azimuth) / 2
    raising = np.diag(across * np.sqrt(spin * (spin + 1) - m[1:] * (m[1:] + 1)), k=1)
    _, vectors = np.linalg.eigh(np.diag(np.cos(ensemble.polar) * m) + raising + raising.conj().T)
    return np.asarray(vectors[:, ::-1], dtype=np.complex128)
