"""The description of the physics: ensembles, what couples them, and nothing numerical.

Master equation (paper Eq. 1, with ``rate * (X rho X^+ - {X^+ X, rho} / 2)`` for every jump ``X``;
hbar = 1)::

    H = sum_{l l'} exchange[l, l'] J_l^+ J_l'^- + sum_l (drive[l] J_l^+ + h.c.)
        + sum_l detuning_l J_l^z + sum_{l l'} strength[l, l'] (J_l^a J_l'^b + J_l'^b J_l^a) / 2

Local jumps act on each emitter with ``sigma^-`` (decay), ``sigma^z`` (dephasing; not half of it)
and ``sigma^+`` (pump); collective ones are ``L = sum_l weights[l] A_l``, ``A = J^-, J^z, J^+``, or
sums of these.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from math import pi
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blochball.support import validation
from blochball.support.arguments import named
from blochball.terms import AXES, KINDS, ChainExchange, CollectiveJump, Kind, SpinCoupling

__all__ = [
    "AXES",
    "KINDS",
    "ChainExchange",
    "CollectiveJump",
    "Ensemble",
    "Kind",
    "SpinCoupling",
    "System",
]

_set = object.__setattr__  # frozen dataclasses can only be filled in this way
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
            for amplitudes in jump.amplitudes.values():
                if len(amplitudes) != sites:
                    raise ValueError(
                        f"System: jumps: weights of {name!r} must have one entry an ensemble "
                        f"({sites}), got {len(amplitudes)}"
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
        return self is other or self.to_json() == other.to_json()

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


def _pairs(values: Any) -> Any:
    if isinstance(values, Mapping):
        return {name: _pairs(value) for name, value in values.items()}
    found = np.asarray(values, dtype=np.complex128)
    return np.stack([found.real, found.imag], axis=-1).tolist()


def _complex(pairs: Any) -> Any:
    if isinstance(pairs, Mapping):
        return {name: _complex(value) for name, value in pairs.items()}
    found = np.ascontiguousarray(pairs, dtype=np.float64)
    if found.shape[-1] != 2:
        raise ValueError(f"complex numbers must be pairs, got {found.shape[-1]} numbers each")
    # a view, because re + 1j * im would lose the sign of zeros
    return found.view(np.complex128)[..., 0]
