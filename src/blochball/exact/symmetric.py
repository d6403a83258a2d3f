"""Systems whose emitters are all alike: no coherence between Dicke states ever forms.

One ensemble without drive, or identical ensembles that every collective jump sees with the same
weight, started without coherence between different M, are one ensemble of all emitters whose state
stays diagonal in |J M>; site-resolved numbers follow by permutation symmetry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from blochball import operators
from blochball.exact import dicke, initial
from blochball.system import System

operators.declare(
    "exact.populations",
    *operators.LOCAL,
    "detuning",
    "exchange",
    "spin coupling",
    *operators.COLLECTIVE,
    *operators.STATES,
)
_ALIKE = 1e-12


@dataclass(frozen=True, eq=False)
class Symmetric:
    """The one ensemble that such a System amounts to; rates are those of the jumps q = -1, 0, 1.

    Collective dephasing does nothing to populations and is left out. `start` holds p(J, M) at time
    0 at [N/2 - J, N/2 + M], or is None for a polarised state, which `polarization` says.
    """

    size: int
    decay: float
    dephasing: float
    pump: float
    collective_decay: float
    collective_pump: float
    polarization: int
    start: NDArray[np.float64] | None = None


def obstacle(system: System) -> str | None:
    """Say why the System is not of this class, or return None."""
    if "drive" in operators.terms_of(system):
        return "a drive creates coherence"
    if any(jump.kind == "mixed" for jump in system.jumps):
        return "a jump of several kinds creates coherence"
    refused = operators.refusal("exact.populations", system)
    if refused is not None:
        return refused
    if any(coupling.axes != "zz" for coupling in system.couplings):
        return "a spin coupling of other axes than zz creates coherence"
    if not system.diagonal:
        return "there are coherences in the initial state"
    if system.sites == 1:
        return None
    if any(len(set(start)) > 1 for _, start in system.parts):
        return "the ensembles differ"
    if "dicke" in operators.states_of(system):
        return "Dicke states of several ensembles are none of all emitters together"
    weights = [w for jump in system.jumps for w in jump.amplitudes.values()]
    if any(_differ(np.asarray(w)) for w in weights):
        return "a collective jump has weights that differ between ensembles"
    if system.exchange is not None:
        scale = max(1.0, float(np.abs(system.exchange_matrix).max()))
        if _differ(system.exchange_matrix / scale):
            return "an exchange tells the ensembles apart"
    if any(_differ(coupling.matrix(system.sites)) for coupling in system.couplings):
        return "a spin coupling tells the ensembles apart"
    return None


def _differ(values: NDArray[Any]) -> bool:
    # np.ptp would not do: it orders complex numbers by their real parts first
    return bool((np.abs(values - values.flat[0]) > _ALIKE).any())


def reduce(system: System) -> Symmetric:
    """Return the one ensemble of all emitters that the System amounts to."""
    equation = operators.MasterEquation.of(system)
    collective = np.diagonal(equation.kossakowski_at(0)).real
    return Symmetric(
        system.emitters,
        **dict(zip(operators.LOCAL, equation.local[0], strict=True)),
        collective_decay=collective[0],
        collective_pump=collective[2],
        polarization=system.ensembles[0].polarization,
        start=None if system.polarized else initial.populations(system),
    )


def transitions(
    one: Symmetric,
) -> tuple[sparse.csr_array, NDArray[np.float64], NDArray[np.float64]]:
    """Return the rate from each state (row) to each other one, and J and M of every state."""
    size = one.size
    spin = np.concatenate([np.full(int(2 * j) + 1, j) for j in dicke.spins(size)])
    m = np.concatenate([np.arange(int(2 * j) + 1) - j for j in dicke.spins(size)])
    # rows before that of J hold size+1, size-1, ... states; n is the place of M in its row
    row = np.rint(size / 2 - spin).astype(np.int64)
    place = row * (size + 2 - row) + np.rint(m + spin).astype(np.int64)

    source, target, rate = [], [], []

    def transition(q: int, j: int, value: NDArray[np.float64]) -> None:
        some = np.flatnonzero(value)
        goal = row[some] - j
        source.append(place[some])
        target.append(goal * (size + 2 - goal) + np.rint(m + spin)[some].astype(np.int64) + q + j)
        rate.append(value[some])

    for q, local in ((-1, one.decay), (0, one.dephasing), (1, one.pump)):
        for j in (-1, 0, 1):
            if (q, j) != (0, 0):
                weight = local * dicke.branching(j, size, spin)
                transition(q, j, weight * dicke.amplitude_squared(q, j, spin, m))
    for q, collective in ((-1, one.collective_decay), (1, one.collective_pump)):
        transition(q, 0, collective * dicke.ladder_squared(q, spin, m))
    start, goal, value = (np.concatenate(v) for v in (source, target, rate))
    shape = (spin.size, spin.size)
    return sparse.coo_array((value, (start, goal)), shape=shape).tocsr(), spin, m


def observables(
    system: System,
    excited: ArrayLike,
    z_squared: ArrayLike,
    emission: ArrayLike,
    absorption: ArrayLike,
) -> dict[str, NDArray[np.float64]]:
    """Site-resolved expectation values from those of all emitters together.

    Sums of these four have no differences of large numbers in them: what is small stays right.

    Parameters
    ----------
    system : System
        Of the class of this module.
    excited, z_squared, emission, absorption : array_like, shape (times,)
        <J^z + N/2>, <(J^z)^2>, <J^+ J^-> and <J^- J^+> of all N emitters.

    Returns
    -------
    dict
        The moments of a site of shape (times, sites) and output of shape (times, channels).
    """
    given = (excited, z_squared, emission, absorption)
    excited, z_squared, emission, absorption = (np.asarray(v, dtype=float) for v in given)
    total = system.emitters
    size = total // system.sites
    # <A> = size * one-body + size (size - 1) * two-body, for all emitters and for one site
    pairs = size * (size - 1) / max(total * (total - 1), 1)
    inversion = excited / system.sites - size / 2
    own = excited * (1 / system.sites - pairs) + pairs * emission
    z_squared_own = size / 4 + pairs * (z_squared - total / 4)
    zero = np.zeros_like(inversion)
    site = {
        "spin_x": zero,
        "spin_y": zero,
        "inversion": inversion,
        "emission": own,
        # J^2 = J^+ J^- + (J^z)^2 - J^z
        "spin_squared": own + z_squared_own - inversion,
    }
    found = {name: np.repeat(v[:, None], system.sites, axis=1) for name, v in site.items()}
    of_kind = {"decay": emission, "dephasing": z_squared, "pump": absorption}
    columns = [
        abs(weights[0]) ** 2 * of_kind[kind]
        for jump in system.jumps
        for kind, weights in jump.amplitudes.items()
    ]
    found["output"] = np.stack(columns, axis=1) if columns else np.zeros((inversion.size, 0))
    return found


def correlation(system: System, excited: ArrayLike, emission: ArrayLike) -> NDArray[np.complex128]:
    """Return <J_k^+ J_l^-> of shape (times, sites, sites); parameters as for `observables`."""
    excited, emission = np.asarray(excited, dtype=float), np.asarray(emission, dtype=float)
    total = system.emitters
    size = total // system.sites
    pair = (emission - excited) / max(total * (total - 1), 1)
    own = excited / system.sites - size * pair
    same = np.eye(system.sites)
    return (size**2 * pair[:, None, None] + own[:, None, None] * same).astype(np.complex128)
