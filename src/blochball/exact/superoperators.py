"""The Liouvillian and the observables as sparse real matrices on a `Space`.

Everything in the master equation is a sum of terms that take one element |J M><J M'| of each
ensemble to one other, so that each term is a shift of the index and a product of one factor a
site: assembly is a handful of array operations a term. Coefficients are in `dicke`.

With ``G^q_ll' = sum_k rate_k w_kl w_kl'^*`` over the collective jumps of the kind q the master
equation reads ``d rho/dt = K rho + (K rho)^+ + sum_q sum_ll' G^q_ll' J_l^q rho (J_l'^q)^+ + local
jumps``, ``K = -i H - 1/2 sum_q sum_ll' G^q_l'l (J_l^q)^+ J_l'^q - 1/2 sum local losses``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from blochball.exact import dicke
from blochball.exact.space import Complexes, Floats, Ints, Site, Space
from blochball.system import System

# (site, source of each of its elements, factor of each of its elements); what one term does there
Factor = tuple[int, Ints, NDArray[np.inexact]]
Term = tuple[complex, Sequence[Factor]]
Sites = tuple[Site, ...]


def liouvillian(system: System, space: Space) -> sp.csr_array:
    """Return the generator of the real unknowns of the density matrix.

    Parameters
    ----------
    system : System
    space : Space
        Of the same ensembles; all of it if the System is driven.

    Returns
    -------
    scipy.sparse.csr_array of float, shape (dimension, dimension)
    """
    # the equations of the other half of the elements are the adjoints of these
    rows = np.flatnonzero(np.arange(space.dimension) <= space.adjoint)
    parts = [_real_entries(space, rows, rows, _diagonal(system, space)[rows])]
    for term in _terms(system, space.sites):
        if term[0] == 0:
            continue
        parts.append(_real_entries(space, *_entries(space, rows, term)))
    data, row, column = (np.concatenate(part) for part in zip(*parts, strict=True))
    index = np.int32 if space.dimension < 2**31 else np.int64
    entries = (data, (row.astype(index), column.astype(index)))
    return sp.coo_array(entries, shape=(space.dimension, space.dimension)).tocsr()


def entries_per_row(system: System) -> int:
    """Bound on the entries of a row of `liouvillian`."""
    # which terms there are does not depend on the size, once J can change both ways
    small = [
        2 if ensemble.decay or ensemble.dephasing or ensemble.pump else 1
        for ensemble in system.ensembles
    ]
    sites = tuple(Site(2, spins, 2) for spins in small)
    count = 1
    for coefficient, factors in _terms(system, sites):
        if all(np.where(source >= 0, factor, 0).any() for _, source, factor in factors):
            count += bool(np.real(coefficient)) + bool(np.imag(coefficient))
    return count


def functional(space: Space, *terms: Term) -> sp.csr_array:
    """Return f such that f @ unknowns is the trace of the sum of `terms` on a density matrix.

    A sparse array of complex numbers, shape (1, dimension).
    """
    rows = space.populations()
    columns: list[Ints] = [np.empty(0, dtype=np.int64)]
    values: list[NDArray[np.inexact]] = [np.empty(0, dtype=np.complex128)]
    for term in terms:
        _, source, value = _entries(space, rows, term)
        partner = space.adjoint[source]
        columns += [np.minimum(source, partner), np.maximum(source, partner)]
        values += [value, 1j * np.sign(partner - source) * value]
    column, value = np.concatenate(columns), np.concatenate(values)
    shape = (1, space.dimension)
    found = sp.coo_array((value, (np.zeros_like(column), column)), shape=shape).tocsr()
    found.eliminate_zeros()
    return found


def apply(space: Space, terms: list[Term], elements: Complexes) -> Complexes:
    """Return the sum of `terms` acting on the elements of any matrix, shape (dimension,)."""
    every = np.arange(space.dimension)
    found = np.zeros(space.dimension, dtype=np.complex128)
    for term in terms:
        row, source, value = _entries(space, every, term)
        np.add.at(found, row, value * elements[source])
    return found


def left(sites: Sites, *operators: tuple[int, str]) -> Term:
    """Term of rho -> A B ... rho for operators (site, "+", "-", "z" or "squared")."""
    factors: list[Factor] = []
    for site in sorted({l for l, _ in operators}):
        elements = sites[site]
        ket, factor, shift = elements.ket.copy(), np.ones(len(elements)), 0
        # gathered from the target: the first operator acts last
        for name in (name for l, name in operators if l == site):
            q = {"+": 1, "-": -1}.get(name, 0)
            ket, shift = ket - q, shift + q
            if name == "z":
                factor = factor * ket
            elif name == "squared":
                factor = factor * elements.spin * (elements.spin + 1)
            else:
                factor = factor * _ladder(q, elements.spin, ket)
        factors.append((site, elements.source(0, shift, 0), factor))
    return 1.0, factors


def right(sites: Sites, site: int, name: str) -> Term:
    """Term of rho -> rho A^+ for one operator (site, "+" or "-")."""
    q = {"+": 1, "-": -1}[name]
    elements = sites[site]
    return 1.0, [(site, elements.source(0, 0, q), _ladder(q, elements.spin, elements.bra - q))]


def scaled(coefficient: complex, term: Term) -> Term:
    """Return a term times a number."""
    return coefficient * term[0], term[1]


def output(sites: Sites, system: System, channel: int) -> list[Term]:
    """Return the terms of L^+ L of one collective jump."""
    jump = system.jumps[channel]
    lower, raise_ = {"decay": ("-", "+"), "dephasing": ("z", "z"), "pump": ("+", "-")}[jump.kind]
    return [
        scaled(np.conj(a) * b, left(sites, (k, raise_), (l, lower)))
        for (k, a), (l, b) in product(enumerate(jump.weights), repeat=2)
        if a * b != 0
    ]


def collective_rates(system: System, kind: str) -> Complexes:
    """Matrix G_ll' = sum_k rate_k w_kl w_kl'^* over the jumps of one kind, (sites, sites)."""
    found = np.zeros((system.sites, system.sites), dtype=np.complex128)
    for jump in system.jumps:
        if jump.kind == kind:
            found += jump.rate * np.outer(jump.weights, np.conj(jump.weights))
    return found


def hopping(system: System) -> Complexes:
    """Coefficients of J_l^+ J_l'^-, l != l', in -i times the effective Hamiltonian."""
    losses = collective_rates(system, "decay").T + collective_rates(system, "pump")
    found = -1j * system.exchange_matrix - losses / 2
    np.fill_diagonal(found, 0)
    return found


def site_loss(system: System, site: int, spin: Floats, m: Floats) -> Complexes:
    """Diagonal part, at one site and in |J M>, of -i times the effective Hamiltonian."""
    ensemble = system.ensembles[site]
    decay, dephasing, pump = (
        collective_rates(system, kind)[site, site].real for kind in dicke.LOCAL_KINDS
    )
    emission = dicke.ladder_squared(-1, spin, m)
    loss = (decay * emission + pump * dicke.ladder_squared(1, spin, m) + dephasing * m * m) + sum(
        getattr(ensemble, kind) * dicke.local_loss(q, ensemble.size, m)
        for kind, q in dicke.LOCAL_KINDS.items()
    )
    energy = ensemble.detuning * m + system.exchange_matrix[site, site].real * emission
    return np.asarray(-1j * energy - loss / 2)


def _diagonal(system: System, space: Space) -> Complexes:
    kets, bras = space.column("ket"), space.column("bra")
    found = np.zeros(space.dimension, dtype=np.complex128)
    for l, site in enumerate(space.sites):
        here = site_loss(system, l, site.spin, site.ket)
        here += site_loss(system, l, site.spin, site.bra).conj()
        # sigma^z on one emitter, J unchanged
        here += system.ensembles[l].dephasing * _local(site, 0, 0)
        found += here[space.place[l]]
    rates = collective_rates(system, "dephasing").real
    for l, k in zip(*np.nonzero(rates), strict=True):
        found += rates[l, k] * kets[l] * bras[k]
        if l != k:
            found -= rates[l, k] * (kets[l] * kets[k] + bras[l] * bras[k]) / 2
    return found


def _terms(system: System, sites: Sites) -> Iterator[Term]:
    """All terms but the diagonal one."""
    collective = {kind: collective_rates(system, kind) for kind in ("decay", "pump")}
    for l, (ensemble, site) in enumerate(zip(system.ensembles, sites, strict=True)):
        for kind, q in dicke.LOCAL_KINDS.items():
            rate = getattr(ensemble, kind)
            for j in (-1, 0, 1):
                if q == j == 0:
                    continue
                factor = rate * _local(site, q, j)
                if j == 0:
                    factor = factor + collective[kind][l, l].real * _sandwich(site, q)
                yield 1.0, [(l, site.source(j, q, q), factor)]
        for q, name in ((1, "+"), (-1, "-")):
            drive = system.drive_vector[l] if q == 1 else system.drive_vector[l].conj()
            yield scaled(-1j * drive, left(sites, (l, name)))
            yield scaled(1j * drive.conj(), right(sites, l, name))
    hops = hopping(system)
    for l, k in product(range(system.sites), repeat=2):
        if l == k:
            continue
        yield scaled(hops[l, k], left(sites, (l, "+"), (k, "-")))
        factors = [*right(sites, l, "+")[1], *right(sites, k, "-")[1]]
        yield hops[l, k].conj(), factors
        for kind, name in (("decay", "-"), ("pump", "+")):
            factors = [*left(sites, (l, name))[1], *right(sites, k, name)[1]]
            yield collective[kind][l, k], factors


def _local(site: Site, q: int, j: int) -> Floats:
    """c_j f(M) f(M') of a local jump into each element of a site; 0 where none leads to it."""
    spin, ket, bra = site.spin - j, site.ket - q, site.bra - q
    here = site.source(j, q, q) >= 0
    spin, ket, bra = (
        np.where(here, value, safe) for value, safe in ((spin, 1.0), (ket, 0.0), (bra, 0.0))
    )
    found = dicke.branching(j, site.size, spin)
    found = found * dicke.amplitude(q, j, spin, ket) * dicke.amplitude(q, j, spin, bra)
    return np.where(here, found, 0.0)


def _sandwich(site: Site, q: int) -> Floats:
    return _ladder(q, site.spin, site.ket - q) * _ladder(q, site.spin, site.bra - q)


def _ladder(q: int, spin: Floats, m: Floats) -> Floats:
    """<J M+q| J^q |J M>, 0 where one of the two states does not exist."""
    return np.sqrt(np.maximum(dicke.ladder_squared(q, spin, m), 0))


def _entries(space: Space, rows: Ints, term: Term) -> tuple[Ints, Ints, NDArray[np.inexact]]:
    """Rows, columns and values of a term, from the elements in `rows`."""
    coefficient, factors = term
    value = np.full(len(rows), coefficient if np.imag(coefficient) else np.real(coefficient))
    for site, source, factor in factors:
        value = value * np.where(source >= 0, factor, 0)[space.place[site, rows]]
    kept = np.flatnonzero(value)
    rows = rows[kept]
    keys = space.keys[rows]
    for site, source, _ in factors:
        keys = keys + space.moved(site, source, rows)
    column = space.find(keys)
    inside = column >= 0
    return rows[inside], column[inside], value[kept[inside]]


def _real_entries(
    space: Space, row: Ints, column: Ints, value: NDArray[np.inexact]
) -> tuple[Floats, Ints, Ints]:
    """Entries between real unknowns that are one entry between complex elements."""
    row_twin, column_twin = space.adjoint[row], space.adjoint[column]
    sign = np.sign(column_twin - column)
    first, second = np.minimum(column, column_twin), np.maximum(column, column_twin)
    paired = row_twin != row
    blocks = [
        (value.real, row, first, slice(None)),
        (sign * value.real, row_twin, second, paired),
    ]
    if np.iscomplexobj(value):
        blocks += [
            (-sign * value.imag, row, second, slice(None)),
            (value.imag, row_twin, first, paired),
        ]
    kept = []
    for data, target, source, where in blocks:
        data, target, source = data[where], target[where], source[where]
        there = np.flatnonzero(data)
        kept.append((data[there], target[there], source[there]))
    return tuple(np.concatenate(part) for part in zip(*kept, strict=True))  # type: ignore[return-value]
