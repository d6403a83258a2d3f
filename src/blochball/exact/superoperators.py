"""The Liouvillian and the observables as sparse real matrices on a `Space`.

Everything in the master equation is a sum of terms that take one element |J M><J M'| of each
ensemble to one other, so that each term is a shift of the index and a product of one factor a
site: assembly is a handful of array operations a term. Coefficients are in `dicke`.

With ``G_lp,l'q = sum_k rate_k w_klp w_kl'q^*`` over the collective jumps ``L_k = sum_lp w_klp
J_l^p``, p = -, z, +, the master equation reads ``d rho/dt = K rho + (K rho)^+ + sum G_lp,l'q J_l^p
rho (J_l'^q)^+ + local jumps``, ``K = -i H - 1/2 sum_k rate_k L_k^+ L_k - 1/2 sum local losses``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations, product

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from blochball.exact import dicke
from blochball.exact.space import Complexes, Floats, Ints, Site, Space
from blochball.operators import CHANGES, WORDS, MasterEquation
from blochball.system import System
from blochball.terms import KINDS

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
    equation = MasterEquation.of(system)
    # the equations of the other half of the elements are the adjoints of these
    rows = np.flatnonzero(np.arange(space.dimension) <= space.adjoint)
    parts = [_real_entries(space, rows, rows, _diagonal(equation, space)[rows])]
    for term in _terms(equation, space.sites):
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
    equation = MasterEquation.of(system)
    sites = tuple(Site(2, 2 if rates.any() else 1, 2) for rates in equation.local)
    count = 1
    for coefficient, factors in _terms(equation, sites):
        value = np.array([coefficient])
        for _, source, factor in factors:
            value = np.multiply.outer(value, np.where(source >= 0, factor, 0)).ravel()
        count += bool(value.real.any()) + bool(value.imag.any())
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
    """Term of rho -> A B ... rho for operators (site, word), a word being made of "+", "-", "z"."""
    factors: list[Factor] = []
    for site in sorted({l for l, _ in operators}):
        elements = sites[site]
        ket, factor, shift = elements.ket.copy(), np.ones(len(elements)), 0
        # gathered from the target: the first operator acts last
        for name in "".join(word for l, word in operators if l == site):
            q = CHANGES[WORDS.index(name)]
            ket, shift = ket - q, shift + q
            factor = factor * _ladder(q, elements.spin, ket)
        factors.append((site, elements.source(0, shift, 0), factor))
    return 1.0, factors


def right(sites: Sites, site: int, name: str) -> Term:
    """Term of rho -> rho A^+ for one operator (site, "+", "-" or "z")."""
    q = CHANGES[WORDS.index(name)]
    elements = sites[site]
    return 1.0, [(site, elements.source(0, 0, q), _ladder(q, elements.spin, elements.bra - q))]


def scaled(coefficient: complex, term: Term) -> Term:
    """Return a term times a number."""
    return coefficient * term[0], term[1]


def output(sites: Sites, equation: MasterEquation, channel: int) -> list[Term]:
    """Return the terms of L^+ L of one collective jump."""
    weights = equation.weights[channel]
    used = list(zip(*np.nonzero(weights), strict=True))
    return [
        # (J^p)^+ = J^-p, which reverses the order of the kinds
        scaled(
            np.conj(weights[k, p]) * weights[l, q], left(sites, (k, WORDS[-1 - p]), (l, WORDS[q]))
        )
        for (k, p), (l, q) in product(used, repeat=2)
    ]


def at_site(equation: MasterEquation, site: int, shift: int, spin: Floats, m: Floats) -> Complexes:
    """<J M + shift| K |J M> of all that acts on one site only."""
    linear, pairs = (part[site] for part in equation.effective)
    found = np.zeros(np.shape(m), dtype=np.complex128)
    if abs(shift) <= 1:
        found += linear[1 + shift] * _ladder(shift, spin, m)
    for p, q in product(CHANGES, repeat=2):
        coefficient = pairs[1 + p, site, 1 + q]
        if p + q != shift or coefficient == 0:
            continue
        if p == -q:
            found += coefficient * dicke.ladder_squared(q, spin, m)
        else:
            found += coefficient * _ladder(p, spin, m + q) * _ladder(q, spin, m)
    if shift == 0:
        for rate, q in zip(equation.local[site], CHANGES, strict=True):
            found -= rate / 2 * dicke.local_loss(q, equation.sizes[site], m)
    return found


def between(equation: MasterEquation) -> Iterator[tuple[int, int, int, int, complex]]:
    """Yield (l, p, l', q, coefficient) of all J_l^p J_l'^q with l < l' in K."""
    pairs = equation.effective[1]
    for l, k in combinations(range(equation.sites), 2):
        for p, q in product(CHANGES, repeat=2):
            coefficient = pairs[l, 1 + p, k, 1 + q] + pairs[k, 1 + q, l, 1 + p]
            if coefficient:
                yield l, p, k, q, coefficient


def _diagonal(equation: MasterEquation, space: Space) -> Complexes:
    kets, bras = space.column("ket"), space.column("bra")
    found = np.zeros(space.dimension, dtype=np.complex128)
    for l, site in enumerate(space.sites):
        here = at_site(equation, l, 0, site.spin, site.ket)
        here += at_site(equation, l, 0, site.spin, site.bra).conj()
        # sigma^z on one emitter, J unchanged
        here += equation.local[l, KINDS.index("dephasing")] * _local(site, 0, 0)
        found += here[space.place[l]]
    rates = equation.kossakowski[:, 1, :, 1]
    for l, k in zip(*np.nonzero(rates), strict=True):
        found += rates[l, k] * kets[l] * bras[k]
    for l, p, k, q, coefficient in between(equation):
        if p == q == 0:
            found += coefficient * kets[l] * kets[k] + np.conj(coefficient) * bras[l] * bras[k]
    return found


def _terms(equation: MasterEquation, sites: Sites) -> Iterator[Term]:
    """All terms but the diagonal one."""
    jumps = equation.kossakowski
    for l, site in enumerate(sites):
        for rate, q in zip(equation.local[l], CHANGES, strict=True):
            for j in (-1, 0, 1):
                if q == j == 0:
                    continue
                factor = rate * _local(site, q, j)
                if j == 0:
                    factor = factor + jumps[l, 1 + q, l, 1 + q].real * _sandwich(site, q, q)
                yield 1.0, [(l, site.source(j, q, q), factor)]
        for p, q in permutations(CHANGES, 2):
            if rate := jumps[l, 1 + p, l, 1 + q]:
                yield rate, [(l, site.source(0, p, q), _sandwich(site, p, q))]
        for shift in (-2, -1, 1, 2):
            ket = at_site(equation, l, shift, site.spin, site.ket - shift)
            bra = at_site(equation, l, shift, site.spin, site.bra - shift).conj()
            if ket.any():
                yield 1.0, [(l, site.source(0, shift, 0), ket)]
                yield 1.0, [(l, site.source(0, 0, shift), bra)]
    for l, p, k, q, coefficient in between(equation):
        if p or q:
            words = (l, WORDS[1 + p]), (k, WORDS[1 + q])
            yield scaled(coefficient, left(sites, *words))
            factors = [factor for word in words for factor in right(sites, *word)[1]]
            yield np.conj(coefficient), factors
    for l, k in permutations(range(equation.sites), 2):
        for p, q in product(CHANGES, repeat=2):
            if (p or q) and jumps[l, 1 + p, k, 1 + q]:
                factors = [*left(sites, (l, WORDS[1 + p]))[1], *right(sites, k, WORDS[1 + q])[1]]
                yield jumps[l, 1 + p, k, 1 + q], factors


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


def _sandwich(site: Site, p: int, q: int) -> Floats:
    return _ladder(p, site.spin, site.ket - p) * _ladder(q, site.spin, site.bra - q)


def _ladder(q: int, spin: Floats, m: Floats) -> Floats:
    """<J M+q| J^q |J M>, q = 0 being J^z; 0 where one of the two states does not exist."""
    return m if q == 0 else np.sqrt(np.maximum(dicke.ladder_squared(q, spin, m), 0))


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
