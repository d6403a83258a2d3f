"""A System as numbers, once: what every theory reads instead of a translation of its own.

The Hamiltonian is a linear and a quadratic form in the collective spins, and every jump is a sum of
J^-, J^z and J^+ (summed over sites l, l' and axes a, b)::

    H = sum linear[l, a] J_l^a + sum quadratic[l, a, l', b] J_l^a J_l'^b
    L_k = sum_l weights[k, l] . (J_l^-, J_l^z, J_l^+) = sum_l vectors[k, l] . (J_l^x, J_l^y, J_l^z)

A theory declares which terms of the master equation it serves, and refuses the others by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.protocol import Protocol
from blochball.support import validation
from blochball.system import System
from blochball.terms import AXES, KINDS, ChainExchange

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


class Kind(NamedTuple):
    """What a jump of one kind is made of: the collective A, and the emitter's sigma.

    Attributes
    ----------
    change : int
        What A adds to M.
    word : str
        "-", "z" or "+".
    vector : tuple of three numbers
        A = vector . (J^x, J^y, J^z).
    local : float
        The emitter's operator is local * vector . (sigma^x, sigma^y, sigma^z): sigma^-, sigma^+,
        and sigma^z, not half of it.
    ordering : int
        The Weyl symbol of A^+ A is |A|^2 + ordering * J^z.
    """

    change: int
    word: str
    vector: tuple[complex, complex, complex]
    local: float
    ordering: int


# the one table of kinds, in the order of terms.KINDS
TABLE: dict[str, Kind] = {
    "decay": Kind(-1, "-", (1, -1j, 0), 0.5, 1),
    "dephasing": Kind(0, "z", (0, 0, 1), 1.0, 0),
    "pump": Kind(1, "+", (1, 1j, 0), 0.5, -1),
}
WORDS = tuple(kind.word for kind in TABLE.values())
CHANGES = tuple(kind.change for kind in TABLE.values())
# rows: J^-, J^z, J^+ in terms of J^x, J^y, J^z; and the other way round
VECTORS: Complexes = np.array([kind.vector for kind in TABLE.values()], dtype=np.complex128)
_LADDER: Complexes = np.array([[0.5, 0, 0.5], [0.5j, 0, -0.5j], [0, 1, 0]])


# -- what there is, and which theory serves it -----------------------------------------------------

LOCAL: tuple[str, ...] = KINDS
LINEAR = ("detuning", "drive")
COLLECTIVE = tuple(f"collective {kind}" for kind in KINDS)
# every term of the master equation
TERMS = (*LOCAL, *LINEAR, "exchange", "spin coupling", *COLLECTIVE, "collective mixed")
# initial states that are not coherent spin states, and the argument that asks for each
STATES = {"length": "Ensemble.length", "dicke": "Ensemble.dicke", "mixture": "System.mixture"}
# modules that declare what they serve when they are imported
THEORIES = ("cumulants", "exact", "per_emitter", "twa", "twa.density")
_SERVED: dict[str, frozenset[str]] = {}
# what takes a Protocol in the place of a System
TIMED = "exact.solve, cumulants.solve and twa.solve"


def declare(theory: str, *terms: str) -> None:
    """Note which terms and initial states a theory serves; `require` refuses the others.

    Raises
    ------
    ValueError
        For a name that is not one of TERMS or STATES.
    """
    unknown = sorted(set(terms) - {*TERMS, *STATES})
    if unknown:
        every = (*TERMS, *STATES)
        raise ValueError(f"operators.declare: terms must be some of {every}, got {unknown}")
    _SERVED[theory] = frozenset(terms)


def terms_of(system: System) -> tuple[str, ...]:
    """Return the names of the terms that are in a System, in the order of TERMS."""
    local = [kind for kind in LOCAL if system.column(kind).any()]
    hamiltonian = {
        "detuning": system.column("detuning").any(),
        "drive": system.drive is not None and system.drive.any(),
        "exchange": system.exchange is not None,
        "spin coupling": bool(system.couplings),
    }
    collective = {f"collective {jump.kind}" for jump in system.jumps}
    there = {*local, *(name for name, here in hamiltonian.items() if here), *collective}
    return tuple(name for name in TERMS if name in there)


def states_of(system: System) -> tuple[str, ...]:
    """Return the names of the initial states that are in a System, in the order of STATES."""
    every = [ensemble for _, start in system.parts for ensemble in start]
    there = {
        "length": any(ensemble.length < 1 for ensemble in every),
        "dicke": any(ensemble.dicke is not None for ensemble in every),
        "mixture": bool(system.mixture),
    }
    return tuple(name for name in STATES if there[name])


def refusal(theory: str, system: System) -> str | None:
    """Say what of a System a theory does not serve and which theories do, or return None."""
    asked = {term: f"the term {term!r} of the system" for term in terms_of(system)}
    asked |= {name: f"the initial state of {STATES[name]}" for name in states_of(system)}
    for name, what in asked.items():
        if name not in _SERVED[theory]:
            for module in THEORIES:  # also those that nobody has asked for yet
                import_module(f"blochball.{module}")
            others = [other for other, served in sorted(_SERVED.items()) if name in served]
            return (
                f"{what} is not served by {theory}{_why(theory, name)}, "
                f"but by {', '.join(others) or 'no theory'}"
            )
    return None


def _why(theory: str, name: str) -> str:
    negative = name == "dicke" and theory.partition(".")[0] == "twa"
    return ", because its Wigner function is negative in places" if negative else ""


def require_system(owner: str, system: Any) -> None:
    """Refuse what is no System, and tell of a Protocol what serves it.

    Raises
    ------
    TypeError
        Naming the argument `system`.
    """
    if isinstance(system, Protocol):
        raise TypeError(f"{owner}: system must be a System, got a Protocol, which {TIMED} serve")
    validation.instance(owner, "system", system, System)


def require(owner: str, theory: str, system: System) -> None:
    """Refuse a System that holds a term or an initial state which a theory does not serve.

    Raises
    ------
    ValueError
        Naming the term or the argument and the theories that serve it.
    """
    refused = refusal(theory, system)
    if refused is not None:
        raise ValueError(f"{owner}: {refused}")


# -- the numbers -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class MasterEquation:
    """The numbers of a master equation; kinds are in the order of terms.KINDS.

    Attributes
    ----------
    sizes : array, shape (sites,)
        Emitters of each ensemble.
    local : array, shape (sites, 3)
        Local rates of decay, dephasing and pump, per emitter.
    rates : array, shape (jumps,)
    weights : complex array, shape (jumps, sites, 3)
        L_k = sum_l weights[k, l] . (J_l^-, J_l^z, J_l^+).
    linear : array, shape (sites, 3)
        H holds sum linear[l, a] J_l^a; it turns spin l about this axis.
    exchange : ChainExchange, complex array of shape (sites, sites), or None
        As declared, for theories that gain from its structure; it is part of `quadratic`, and what
        the order of J^+ J^- on one site adds to J^z is part of `linear`.
    couplings : array, shape (sites, 3, sites, 3), or None
        Symmetric form of all spin couplings, without the exchange: part of `quadratic`, for
        theories that serve the exchange by its structure. It turns spin l about 2 couplings[l] J.
    """

    sizes: Floats
    local: Floats
    rates: Floats
    weights: Complexes
    linear: Floats
    exchange: ChainExchange | Complexes | None
    couplings: Floats | None

    @classmethod
    def of(cls, system: System) -> MasterEquation:
        """Read the numbers of a System."""
        weights = np.zeros((len(system.jumps), system.sites, len(KINDS)), dtype=np.complex128)
        for k, jump in enumerate(system.jumps):
            for kind, amplitudes in jump.amplitudes.items():
                weights[k, :, KINDS.index(kind)] = amplitudes
        # Omega J^+ + h.c. = 2 Re(Omega) J^x - 2 Im(Omega) J^y
        drive = 2 * system.drive_vector
        turn = system.column("detuning")
        if isinstance(system.exchange, np.ndarray):
            # J^+ J^- = (J^x)^2 + (J^y)^2 + J^z
            turn = turn + np.diagonal(system.exchange).real
        return cls(
            system.column("size"),
            np.stack([system.column(kind) for kind in KINDS], axis=1),
            np.array([jump.rate for jump in system.jumps], dtype=np.float64),
            weights,
            np.stack([drive.real, -drive.imag, turn], axis=1),
            system.exchange,
            _couplings(system) if system.couplings else None,
        )

    @property
    def sites(self) -> int:
        """Number of ensembles."""
        return len(self.sizes)

    @cached_property
    def exchange_matrix(self) -> Complexes:
        """The exchange as a Hermitian matrix, shape (sites, sites); zero if there is none."""
        if isinstance(self.exchange, ChainExchange):
            return self.exchange.matrix(self.sites)
        return np.zeros((self.sites,) * 2, complex) if self.exchange is None else self.exchange

    @cached_property
    def quadratic(self) -> Floats:
        """Symmetric form h of H, shape (sites, 3, sites, 3): spin l turns about 2 h J as well."""
        raising = VECTORS[KINDS.index("pump")]
        # J_l^+ J_l'^-, of which the Hermitian sum over pairs keeps the real part
        found = np.einsum("lm,a,b->lamb", self.exchange_matrix, raising, raising.conj()).real
        return found if self.couplings is None else found + self.couplings

    @property
    def vectors(self) -> Complexes:
        """Jumps in Cartesian form, shape (jumps, sites, 3)."""
        return self.weights @ VECTORS

    @cached_property
    def kossakowski(self) -> Complexes:
        """sum_k rate_k weights_k weights_k^*, shape (sites, 3, sites, 3)."""
        found = np.zeros((self.sites, 3, self.sites, 3), dtype=np.complex128)
        for rate, weights in zip(self.rates, self.weights, strict=True):
            found += rate * np.multiply.outer(weights, weights.conj())
        return found

    def kossakowski_at(self, site: int) -> Complexes:
        """Return the part of `kossakowski` of one site, shape (3, 3)."""
        at = self.weights[:, site]
        return np.asarray((self.rates[:, None] * at).T @ at.conj())

    @cached_property
    def effective(self) -> tuple[Complexes, Complexes]:
        """K = -i H - sum_k rate_k L_k^+ L_k / 2 in J^-, J^z, J^+, without local jumps.

        Coefficients of J_l^p, shape (sites, 3), and of the ordered products J_l^p J_l'^q, shape
        (sites, 3, sites, 3).
        """
        pairs = np.einsum("lamb,ap,bq->lpmq", self.quadratic, _LADDER, _LADDER, optimize=True)
        # (J^p)^+ = J^-p, which reverses the order of the kinds
        loss = self.kossakowski.conj()[:, ::-1]
        return -1j * self.linear @ _LADDER, -1j * pairs - loss / 2

    @cached_property
    def order_step(self) -> int:
        """What the order of coherence sum_l (M_l - M_l') changes by is a multiple of this.

        0: nothing changes it, a rotation of all spins about z is a symmetry. 2: only pairs of
        excitations do, and half a turn about z is one. 1: none is.
        """
        changes = [1] if self.linear[:, :2].any() else []
        if self.couplings is not None:
            pairs = np.einsum("lamb,ap,bq->pqlm", self.couplings, _LADDER, _LADDER, optimize=True)
            there = pairs.reshape(3, 3, -1).any(axis=2)
            changes += [CHANGES[p] + CHANGES[q] for p, q in np.argwhere(there)]
        for weights in self.weights:
            there = np.array(CHANGES)[weights.any(axis=0)]
            changes += [p - q for p in there for q in there]
        return int(np.gcd.reduce(np.array(changes, dtype=np.int64), initial=0))


def _couplings(system: System) -> Floats:
    found = np.zeros((system.sites, 3, system.sites, 3))
    for coupling in system.couplings:
        a, b = (AXES.index(axis) for axis in coupling.axes)
        half = coupling.matrix(system.sites) / 2
        found[:, a, :, b] += half
        found[:, b, :, a] += half.T
    return found
