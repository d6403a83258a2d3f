"""What a Dataset holds, as linear functionals of the density matrix."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from blochball import moments
from blochball.exact.space import Complexes, Floats, Space
from blochball.exact.superoperators import functional, left, output, scaled
from blochball.operators import MasterEquation
from blochball.system import System


class Expectations:
    """Expectation values on the unknowns of a `Space`.

    Parameters
    ----------
    system : System
    space : Space
    pairs : bool
        Whether to keep <J_k^+ J_l^-> for all pairs of sites.
    kept : {"first", "second", "pairs"}
        Whether to keep all second moments of each site, and of each pair of sites.
    """

    def __init__(
        self, system: System, space: Space, pairs: bool = False, kept: str = "first"
    ) -> None:
        second = {} if kept == "first" else moments.SECOND
        self._system = system
        sites, every = space.sites, range(system.sites)
        equation = MasterEquation.of(system)
        table = {name: row.words for name, row in {**moments.TABLE, **second}.items() if row.words}
        # moments share words
        words = list(dict.fromkeys(word for row in table.values() for _, word in row))
        shares = [[sum(c for c, w in row if w == word) for word in words] for row in table.values()]
        single = [functional(space, left(sites, (l, word))) for word in words for l in every]
        matrices = [sp.kron(shares, sp.eye_array(system.sites)) @ sp.vstack(single)]
        rows: dict[str, list[sp.csr_array]] = {
            "output": [
                functional(space, *output(sites, equation, k)) for k in range(len(system.jumps))
            ]
        }
        if pairs:
            rows["correlation"] = [
                functional(space, left(sites, (k, "+"), (l, "-")))
                for k, l in product(every, repeat=2)
            ]
        if kept == "pairs":
            spin = [moments.TABLE[name].words for name in moments.FIRST]
            rows["pair_product"] = [
                functional(
                    space,
                    *(
                        scaled(c * d, left(sites, (k, one), (l, other)))
                        for (c, one), (d, other) in product(spin[a], spin[b])
                    ),
                )
                for k, l in combinations(every, 2)
                for a, b in product(range(3), repeat=2)
            ]
        self._size = dict.fromkeys(table, system.sites)
        self._size |= {name: len(vectors) for name, vectors in rows.items()}
        matrices += [v for vectors in rows.values() for v in vectors]
        self._matrix = sp.vstack(matrices, format="csr")

    def of(self, states: Floats) -> Complexes:
        """Return all values, shape (some, values), for unknowns of shape (some, dimension)."""
        return np.asarray((self._matrix @ states.T).T)

    def variables(self, values: Complexes, kept: NDArray[np.intp]) -> dict[str, Any]:
        """Name the values of all times; `kept` are the times whose correlations are asked for."""
        ends = np.cumsum(list(self._size.values()))[:-1]
        found = dict(zip(self._size, np.split(values, ends, axis=1), strict=True))
        pairs = found.pop("correlation", None)
        across = found.pop("pair_product", None)
        variables: dict[str, Any] = {name: value.real for name, value in found.items()}
        if across is not None:
            variables["pair_product"] = self._matrices(variables, across.real)
        if pairs is not None:
            shape = (len(kept), self._system.sites, self._system.sites)
            variables["correlation"] = pairs[kept].reshape(shape)
        return variables

    def _matrices(self, variables: dict[str, Any], across: Floats) -> Floats:
        """Return products of all pairs of sites, shape (times, sites, sites, 3, 3)."""
        sites, times = self._system.sites, len(across)
        found = np.empty((times, sites, sites, 3, 3))
        for a, b in product(range(3), repeat=2):
            name = f"spin_{min('xyz'[a], 'xyz'[b])}{max('xyz'[a], 'xyz'[b])}"
            found[:, range(sites), range(sites), a, b] = variables[name]
        first, other = np.triu_indices(sites, 1)
        blocks = across.reshape(times, len(first), 3, 3)
        found[:, first, other] = blocks
        found[:, other, first] = blocks.swapaxes(-1, -2)
        return found
