"""The description of the physics: ensembles, what couples them, and nothing numerical.

Master equation (paper Eq. 1, with ``rate * (X rho X^+ - {X^+ X, rho} / 2)`` for every jump ``X``;
hbar = 1)::

    H = sum_{l l'} exchange[l, l'] J_l^+ J_l'^- + sum_l (drive[l] J_l^+ + h.c.)
        + sum_l detuning_l J_l^z + sum_{l l'} strength[l, l'] (J_l^a J_l'^b + J_l'^b J_l^a) / 2

Local jumps act on each emitter with ``sigma^-`` (decay), ``sigma^z`` (dephasing; not half of it)
and ``sigma^+`` (pump); collective ones are ``L = sum_l weights[l] A_l``, ``A = J^-, J^z, J^+``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from math import pi
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blochball.support import validation
from blochball.support.arguments import named

Kind = Literal["decay", "dephasing", "pump"]
KINDS: tuple[Kind, ...] = ("decay", "dephasing", "pump")
AXES = ("x", "y", "z")
# single precision knows pi to seven digits
_LARGEST_POLAR = pi * (1 + 1e-6)


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

    Examples
    --------
    >>> from blochball import Ensemble
    >>> Ensemble(size=100, pump=0.5).polarization  # fully inverted at time 0
    1
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
        _set(self, "size", validation.integer("Ensemble", "size", self.size, 1))
        for rate in KINDS:
            _set(self, rate, validation.real("Ensemble", rate, getattr(self, rate), 0))
        for name in ("detuning", "polar", "azimuth"):
            _set(self, name, validation.real("Ensemble", name, getattr(self, name)))
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

    Examples
    --------
    >>> from blochball import CollectiveJump
    >>> cavity = CollectiveJump(rate=1.0, weights=[1, -1], name="cavity")
    >>> cavity.weights
    ((1+0j), (-1+0j))
    """

    rate: float
    weights: tuple[complex, ...]
    kind: Kind = "decay"
    name: str | None = None

    def __init__(
        self, rate: float, weights: ArrayLike, kind: Kind = "decay", name: str | None = None
    ) -> None:
        owner = "CollectiveJump"
        _set(self, "rate", validation.real(owner, "rate", rate, 0))
        what = "a number or a one-dimensional sequence of finite numbers, one an ensemble"
        found = tuple(validation.array(owner, "weights", weights, (None,), what).tolist())
        _set(self, "kind", validation.choice(owner, "kind", kind, KINDS))
        if kind == "dephasing" and any(weight.imag for weight in found):
            raise ValueError(
                f"{owner}: weights must be real for dephasing, got {validation.shown(found)}"
            )
        _set(self, "weights", found)
        # what cannot be printed cannot be the name of a channel in a file, either
        if name is not None and not (isinstance(name, str) and name and name.isprintable()):
            raise TypeError(
                f"{owner}: name must be a non-empty string or None, got {validation.shown(name)}"
            )
        _set(self, "name", name)


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

    Examples
    --------
    >>> from blochball import ChainExchange
    >>> ChainExchange(strength=0.5, phase=1.5707963).matrix(3).real.round(3).tolist()
    [[0.0, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.0]]
    """

    strength: float
    phase: float

    def __post_init__(self) -> None:
        """Validate and convert both fields."""
        for name in ("strength", "phase"):
            _set(self, name, validation.real("ChainExchange", name, getattr(self, name)))

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

    Examples
    --------
    One-axis twisting of 20 emitters that point along x:

    >>> from math import pi
    >>> from blochball import Ensemble, SpinCoupling, System, exact
    >>> twisting = System(Ensemble(20, polar=pi / 2), couplings=SpinCoupling(1.0, "zz"))
    >>> ds = exact.solve(twisting, [0.1])
    >>> round(ds.spin_x.item(), 3)  # (N/2) cos(t)^(N - 1)
    9.092
    """

    strength: float | tuple[tuple[float, ...], ...]
    axes: str

    def __init__(self, strength: ArrayLike, axes: str = "zz") -> None:
        owner = "SpinCoupling"
        if np.ndim(strength) == 0:
            _set(self, "strength", validation.real(owner, "strength", strength))
        else:
            what = "a real number or a matrix of real numbers of shape (sites, sites)"
            given = validation.array(owner, "strength", strength, (None, None), what)
            if given.imag.any() or given.shape[0] != given.shape[1]:
                shown = validation.shown(strength)
                raise ValueError(f"{owner}: strength must be {what}, got {shown}")
            _set(self, "strength", tuple(map(tuple, given.real.tolist())))
        pairs = [a + b for a in AXES for b in AXES]
        _set(self, "axes", validation.choice(owner, "axes", axes, pairs))

    def matrix(self, sites: int) -> NDArray[np.float64]:
        """Return the strength as a matrix of shape (sites, sites)."""
        if isinstance(self.strength, float):
            return self.strength * np.eye(sites)
        return np.array(self.strength)


@named("System")
@dataclass(frozen=True, eq=False)
class System:
    """Ensembles, the collective jumps and the Hamiltonian that act on them: Eq. (1).

    Parameters
    ----------
    ensembles : Ensemble or sequence of Ensemble
        At least one; the index in the sequence is the site.
    jumps : CollectiveJump or sequence of CollectiveJump
        Each with one weight an ensemble, and names that differ.
    exchange : array_like of shape (sites, sites), ChainExchange or None
        Hermitian matrix h in sum_{l l'} h[l, l'] J_l^+ J_l'^-; for one ensemble also a number.
    drive : array_like of shape (sites,) or None
        Omega_l in sum_l (Omega_l J_l^+ + h.c.); for one ensemble also a number.
    couplings : SpinCoupling or sequence of SpinCoupling

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what it must be and what it was.

    Examples
    --------
    Two ensembles of different colour in one cavity, one of them driven:

    >>> from blochball import CollectiveJump, Ensemble, System
    >>> system = System(
    ...     [Ensemble(50, detuning=1.0), Ensemble(50, detuning=-1.0)],
    ...     CollectiveJump(1.0, [1, 1], name="cavity"),
    ...     drive=[0.5, 0.0],
    ... )
    >>> system.sites, system.emitters, system.channels
    (2, 100, ('cavity',))
    """

    ensembles: tuple[Ensemble, ...]
    jumps: tuple[CollectiveJump, ...] = ()
    exchange: ChainExchange | NDArray[np.complex128] | None = None
    drive: NDArray[np.complex128] | None = None
    couplings: tuple[SpinCoupling, ...] = ()

    def __init__(
        self,
        ensembles: Ensemble | Iterable[Ensemble],
        jumps: CollectiveJump | Iterable[CollectiveJump] = (),
        exchange: ChainExchange | ArrayLike | None = None,
        drive: ArrayLike | None = None,
        couplings: SpinCoupling | Iterable[SpinCoupling] = (),
    ) -> None:
        _set(self, "ensembles", validation.members("System", "ensembles", ensembles, Ensemble))
        _set(self, "jumps", validation.members("System", "jumps", jumps, CollectiveJump))
        if not self.ensembles:
            raise ValueError("System: ensembles must hold at least one Ensemble, got none")
        sites = len(self.ensembles)
        for name, jump in zip(self.channels, self.jumps, strict=True):
            if len(jump.weights) != sites:
                raise ValueError(
                    f"System: jumps: weights of {name!r} must have one entry an ensemble "
                    f"({sites}), got {len(jump.weights)}"
                )
        repeated = sorted(name for name, count in Counter(self.channels).items() if count > 1)
        if repeated:
            shown = validation.shown(repeated)
            raise ValueError(f"System: jumps must have names that differ, got {shown} twice")
        _set(self, "exchange", _exchange(exchange, sites))
        _set(self, "drive", _drive(drive, sites))
        _set(self, "couplings", validation.members("System", "couplings", couplings, SpinCoupling))
        for coupling in self.couplings:
            shape = np.shape(coupling.strength)
            if shape not in ((), (sites, sites)):
                raise ValueError(
                    "System: couplings must have a strength that is a number or of shape "
                    f"({sites}, {sites}), got {shape}"
                )

    # -- what it is made of ------------------------------------------------------------------

    @property
    def sites(self) -> int:
        """Number of ensembles M."""
        return len(self.ensembles)

    @property
    def emitters(self) -> int:
        """Number of emitters in all ensembles together."""
        return sum(ensemble.size for ensemble in self.ensembles)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the collective jumps, in order."""
        return tuple(jump.name or f"{jump.kind}_{k}" for k, jump in enumerate(self.jumps))

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one field of the ensembles (``"size"``, ``"pump"``, ...), shape (sites,)."""
        validation.choice("System.column", "name", name, Ensemble.__dataclass_fields__)
        return np.array([getattr(ensemble, name) for ensemble in self.ensembles], dtype=float)

    @cached_property
    def exchange_matrix(self) -> NDArray[np.complex128]:
        """The exchange as a dense Hermitian matrix, shape (sites, sites); zero if there is none."""
        if isinstance(self.exchange, ChainExchange):
            return self.exchange.matrix(self.sites)
        if self.exchange is None:
            return np.zeros((self.sites, self.sites), dtype=np.complex128)
        return self.exchange

    @property
    def drive_vector(self) -> NDArray[np.complex128]:
        """The drive, shape (sites,); zero if there is none."""
        return np.zeros(self.sites, dtype=np.complex128) if self.drive is None else self.drive

    @property
    def polarized(self) -> bool:
        """True if every ensemble starts fully inverted or in the ground state."""
        return all(ensemble.polarization for ensemble in self.ensembles)

    # -- as text -----------------------------------------------------------------------------

    def to_json(self) -> str:
        """Return a JSON text from which `from_json` makes an equal System."""
        exchange: Any = self.exchange
        if isinstance(exchange, ChainExchange):
            exchange = asdict(exchange)
        elif exchange is not None:
            exchange = _pairs(exchange)
        # what was there before couplings were is written as it was
        couplings = {"couplings": [asdict(c) for c in self.couplings]} if self.couplings else {}
        return json.dumps(
            {
                "ensembles": [asdict(ensemble) for ensemble in self.ensembles],
                "jumps": [{**asdict(jump), "weights": _pairs(jump.weights)} for jump in self.jumps],
                "exchange": exchange,
                "drive": None if self.drive is None else _pairs(self.drive),
                **couplings,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> System:
        """Rebuild a System from `to_json`.

        Raises
        ------
        ValueError
            If the text is not the JSON of a System.
        """
        try:
            given = json.loads(text)
            exchange = given["exchange"]
            if isinstance(exchange, Mapping):
                exchange = ChainExchange(**exchange)
            elif exchange is not None:
                exchange = _complex(exchange)
            return cls(
                [Ensemble(**ensemble) for ensemble in given["ensembles"]],
                [
                    CollectiveJump(**{**jump, "weights": _complex(jump["weights"])})
                    for jump in given["jumps"]
                ],
                exchange,
                None if given["drive"] is None else _complex(given["drive"]),
                [SpinCoupling(**coupling) for coupling in given.get("couplings", ())],
            )
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"System: text must be the JSON of a System ({error})") from error

    def __eq__(self, other: object) -> bool:
        """Two Systems are equal if every number in them is."""
        if not isinstance(other, System):
            return NotImplemented
        return self.to_json() == other.to_json()

    def __hash__(self) -> int:
        """Hash of the JSON text."""
        return hash(self.to_json())

    def __repr__(self) -> str:
        """Name what is not at its default; equal neighbours are counted, not repeated."""
        alike = len(set(self.ensembles)) == 1
        shown = f"{self.sites} x {self.ensembles[0]}" if alike else repr(self.ensembles)
        parts = [shown, f"channels={list(self.channels)}"]
        if self.exchange is not None:
            chain = isinstance(self.exchange, ChainExchange)
            parts.append(f"exchange={self.exchange if chain else 'matrix'}")
        if self.drive is not None:
            parts.append("driven")
        parts += [repr(coupling) for coupling in self.couplings]
        return f"System({', '.join(parts)})"


def _set(instance: object, name: str, value: object) -> None:
    # frozen dataclasses can only be filled in this way
    object.__setattr__(instance, name, value)


def _exchange(value: Any, sites: int) -> ChainExchange | NDArray[np.complex128] | None:
    if value is None or isinstance(value, ChainExchange):
        return value
    what = f"a Hermitian matrix of shape ({sites}, {sites})"
    found = validation.array("System", "exchange", value, (sites, sites), what)
    excess = float(np.abs(found - found.conj().T).max())
    if excess > 1e-12 * max(1.0, float(np.abs(found).max())):
        raise ValueError(
            f"System: exchange must be {what}, got one that differs from its adjoint by {excess:g}"
        )
    found.setflags(write=False)
    return found


def _drive(value: Any, sites: int) -> NDArray[np.complex128] | None:
    if value is None:
        return None
    what = f"a sequence with one number an ensemble ({sites})"
    found = validation.array("System", "drive", value, (sites,), what)
    found.setflags(write=False)
    return found


def _pairs(values: ArrayLike) -> Any:
    found = np.asarray(values, dtype=np.complex128)
    return np.stack([found.real, found.imag], axis=-1).tolist()


def _complex(pairs: Any) -> NDArray[np.complex128]:
    found = np.ascontiguousarray(pairs, dtype=np.float64)
    if found.shape[-1] != 2:
        raise ValueError(f"complex numbers must be pairs, got {found.shape[-1]} numbers each")
    # a view, because re + 1j * im would lose the sign of zeros
    return found.view(np.complex128)[..., 0]
