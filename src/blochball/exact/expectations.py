"""What a Dataset holds, as linear functionals of the density matrix."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from blochball.exact.space import Complexes, Floats, Space
from blochball.exact.superoperators import functional, left, output
from blochball.system import System


class Expectations:
    """Expectation values on the unknowns of a `Space`.

    Parameters
    ----------
    system : System
    space : Space
    pairs : bool
        Whether to keep <J_k^+ J_l^-> for all pairs of sites.
    """

    def __init__(self, system: System, space: Space, pairs: bool = False) -> None:
        self._system, self._space = system, space
        sites, every = space.sites, range(system.sites)
        rows: dict[str, list[Complexes]] = {
            "inversion": [functional(space, left(sites, (l, "z"))) for l in every],
            "raising": [functional(space, left(sites, (l, "+"))) for l in every],
            "emission": [functional(space, left(sites, (l, "+"), (l, "-"))) for l in every],
            "spin_squared": [functional(space, left(sites, (l, "squared"))) for l in every],
            "output": [
                functional(space, *output(sites, system, k)) for k in range(len(system.jumps))
            ],
        }
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
        raising = found.pop("raising")
        pairs = found.pop("correlation", None)
        variables: dict[str, Any] = {name: value.real for name, value in found.items()}
        variables |= {"spin_x": raising.real, "spin_y": raising.imag}
        if pairs is not None:
            shape = (len(kept), self._system.sites, self._system.sites)
            variables["correlation"] = pairs[kept].reshape(shape)
        return variables
