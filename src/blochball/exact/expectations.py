"""What a Dataset holds, as linear functionals of the density matrix."""

from __future__ import annotations

from itertools import product
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
    second : bool
        Whether to keep all second moments of each site.
    """

    def __init__(
        self, system: System, space: Space, pairs: bool = False, second: bool = False
    ) -> None:
        self._system = system
        sites, every = space.sites, range(system.sites)
        equation = MasterEquation.of(system)
        rows: dict[str, list[sp.csr_array]] = {
            name: [
                functional(space, *(scaled(c, left(sites, (l, word))) for c, word in kept.words))
                for l in every
            ]
            for name, kept in {**moments.TABLE, **(moments.SECOND if second else {})}.items()
            if kept.words
        }
        rows["output"] = [
            functional(space, *output(sites, equation, k)) for k in range(len(system.jumps))
        ]
        if pairs:
            rows["correlation"] = [
                functional(space, left(sites, (k, "+"), (l, "-")))
                for k, l in product(every, repeat=2)
            ]
        self._size = {name: len(vectors) for name, vectors in rows.items()}
        self._matrix = sp.vstack([v for vectors in rows.values() for v in vectors], format="csr")

    def of(self, states: Floats) -> Complexes:
        """Return all values, shape (some, values), for unknowns of shape (some, dimension)."""
        return np.asarray((self._matrix @ states.T).T)

    def variables(self, values: Complexes, kept: NDArray[np.intp]) -> dict[str, Any]:
        """Name the values of all times; `kept` are the times whose correlations are asked for."""
        ends = np.cumsum(list(self._size.values()))[:-1]
        found = dict(zip(self._size, np.split(values, ends, axis=1), strict=True))
        pairs = found.pop("correlation", None)
        variables: dict[str, Any] = {name: value.real for name, value in found.items()}
        if pairs is not None:
            shape = (len(kept), self._system.sites, self._system.sites)
            variables["correlation"] = pairs[kept].reshape(shape)
        return variables
