"""The terms of a master equation: an ensemble, a collective jump, a coupling; see `system`."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blochball.support import validation
from blochball.support.arguments import named

Kind = Literal["decay", "dephasing", "pump"]
KINDS: tuple[Kind, ...] = ("decay", "dephasing", "pump")
AXES = ("x", "y", "z")
# single precision knows pi to seven digits
_LARGEST_POLAR = pi * (1 + 1e-6)


def set_field(instance: object, name: str, value: object) -> None:
    """Fill in a field of a frozen dataclass while it is made: it can be done in no other way."""
    object.__setattr__(instance, name, value)


@named("Ensemble")
@dataclass(frozen=True)
class Ensemble:
    """Indistinguishable two-level emitters at one site, in a coherent spin state at time 0.

    Parameters
    ----------
    size : int
        Number of emitters, at least 1.
    decay, dephasing, pump : float
        Local rates gamma^-, gamma^0, gamma^+ of the paper's Eq. (1), per emitter, >= 0.
    detuning : float
        Coefficient of J^z in the Hamiltonian.
    polar, azimuth : float
        Direction of the initial Bloch vector in radians; polar 0 is fully inverted, pi the
        ground state, and no angle is beyond pi.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what it must be and what it was.
    """

    size: int
    decay: float = 0.0
    dephasing: float = 0.0
    pump: float = 0.0
    detuning: float = 0.0
    polar: float = 0.0
    azimuth: float = 0.0

    def __post_init__(self) -> None:
        """Validate and convert every field."""
        set_field(self, "size", validation.integer("Ensemble", "size", self.size, 1))
        for rate in KINDS:
            set_field(self, rate, validation.real("Ensemble", rate, getattr(self, rate), 0))
        for name in ("detuning", "polar", "azimuth"):
            set_field(self, name, validation.real("Ensemble", name, getattr(self, name)))
        if abs(self.polar) > _LARGEST_POLAR:
            raise ValueError(
                f"Ensemble: polar must be an angle between -pi and pi in radians, got "
                f"{self.polar:g}; numpy.radians turns degrees into radians"
            )

    @property
    def polarization(self) -> int:
        """+1 if the initial state is fully inverted, -1 in the ground state, 0 otherwise."""
        if abs(np.sin(self.polar)) > 1e-12:
            return 0
        return 1 if np.cos(self.polar) > 0 else -1


@named("CollectiveJump")
@dataclass(frozen=True)
class CollectiveJump:
    """One collective jump operator L = sum_l weights[l] A_l.

    Parameters
    ----------
    rate : float
        Prefactor of the dissipator, >= 0.
    weights : complex or sequence of complex, shape (sites,)
        One amplitude an ensemble; real for dephasing. A number is that of a single ensemble.
    kind : {"decay", "dephasing", "pump"}
        A = J^-, J^z or J^+.
    name : str, optional
        Label of the channel in results; by default its kind and its place among the jumps.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what it must be and what it was.
    """

    rate: float
    weights: tuple[complex, ...]
    kind: Kind = "decay"
    name: str | None = None

    def __init__(
        self, rate: float, weights: ArrayLike, kind: Kind = "decay", name: str | None = None
    ) -> None:
        owner = "CollectiveJump"
        set_field(self, "rate", validation.real(owner, "rate", rate, 0))
        what = "a number or a one-dimensional sequence of finite numbers, one an ensemble"
        found = tuple(validation.array(owner, "weights", weights, (None,), what).tolist())
        set_field(self, "kind", validation.choice(owner, "kind", kind, KINDS))
        if kind == "dephasing" and any(weight.imag for weight in found):
            raise ValueError(
                f"{owner}: weights must be real for dephasing, got {validation.shown(found)}"
            )
        set_field(self, "weights", found)
        # what cannot be printed cannot be the name of a channel in a file, either
        if name is not None and not (isinstance(name, str) and name and name.isprintable()):
            raise TypeError(
                f"{owner}: name must be a non-empty string or None, got {validation.shown(name)}"
            )
        set_field(self, "name", name)


@named("ChainExchange")
@dataclass(frozen=True)
class ChainExchange:
    """The coherent coupling of a waveguide, known by its structure: a term of Eq. (8).

    ``exchange[l, l'] = strength * sin(phase * |l - l'|)``; solvers that know the structure need
    O(sites) operations for it instead of O(sites^2).

    Parameters
    ----------
    strength, phase : float
        Finite real numbers; the phase in radians.
    """

    strength: float
    phase: float

    def __post_init__(self) -> None:
        """Validate and convert both fields."""
        for name in ("strength", "phase"):
            set_field(self, name, validation.real("ChainExchange", name, getattr(self, name)))

    def matrix(self, sites: int) -> NDArray[np.complex128]:
        """Return the coupling as a Hermitian matrix of shape (sites, sites)."""
        sites = validation.integer("ChainExchange.matrix", "sites", sites, 1, validation.LONGEST)
        validation.memory("ChainExchange.matrix", "sites", 6.0 * sites**2)
        place = np.arange(sites)
        distance = np.abs(place[:, None] - place[None, :])
        return np.asarray(self.strength * np.sin(self.phase * distance), dtype=np.complex128)


@named("SpinCoupling")
@dataclass(frozen=True)
class SpinCoupling:
    """A term of H: sum_{l l'} strength[l, l'] (J_l^a J_l'^b + J_l'^b J_l^a) / 2.

    Twisting, pairing, Ising and Lipkin-Meshkov-Glick couplings: "zz" within one ensemble is
    strength (J^z)^2, "xx" at strength and "yy" at -strength is strength ((J^+)^2 + h.c.) / 2.

    Parameters
    ----------
    strength : float or array_like of shape (sites, sites)
        Real; a number couples each ensemble with itself and with no other.
    axes : str
        a and b: any two of "x", "y" and "z".
    """

    strength: float | tuple[tuple[float, ...], ...]
    axes: str

    def __init__(self, strength: ArrayLike, axes: str = "zz") -> None:
        owner = "SpinCoupling"
        if np.ndim(strength) == 0:
            set_field(self, "strength", validation.real(owner, "strength", strength))
        else:
            what = "a real number or a matrix of real numbers of shape (sites, sites)"
            given = validation.array(owner, "strength", strength, (None, None), what)
            if given.imag.any() or given.shape[0] != given.shape[1]:
                shown = validation.shown(strength)
                raise ValueError(f"{owner}: strength must be {what}, got {shown}")
            set_field(self, "strength", tuple(map(tuple, given.real.tolist())))
        pairs = [a + b for a in AXES for b in AXES]
        set_field(self, "axes", validation.choice(owner, "axes", axes, pairs))

    def matrix(self, sites: int) -> NDArray[np.float64]:
        """Return the strength as a matrix of shape (sites, sites)."""
        if isinstance(self.strength, float):
            return self.strength * np.eye(sites)
        return np.array(self.strength)
