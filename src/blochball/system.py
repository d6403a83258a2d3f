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
import reprlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blochball.ensemble import Ensemble, Part
from blochball.ensemble import mixture as mixture_of
from blochball.support import validation
from blochball.support.arguments import named
from blochball.terms import AXES, KINDS, ChainExchange, CollectiveJump, Kind, SpinCoupling

_BRIEF = reprlib.Repr()
_BRIEF.maxother = 150

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
    mixture : sequence of (float, ensembles)
        Other initial states and their probabilities: ensembles like those of the system, which
        may differ in `polar`, `azimuth`, `length` and `dicke`. What is left of the probability is
        that of `ensembles`.

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

    One ensemble that is inverted in three of four runs, and otherwise in the ground state:

    >>> from math import pi
    >>> unsure = System(Ensemble(20), mixture=[(0.25, Ensemble(20, polar=pi))])
    >>> from blochball import exact
    >>> exact.solve(unsure, [0.0]).inversion.item()
    5.0
    """

    ensembles: tuple[Ensemble, ...]
    jumps: tuple[CollectiveJump, ...] = ()
    exchange: ChainExchange | NDArray[np.complex128] | None = None
    drive: NDArray[np.complex128] | None = None
    couplings: tuple[SpinCoupling, ...] = ()
    mixture: tuple[Part, ...] = ()

    def __init__(
        self,
        ensembles: Ensemble | Iterable[Ensemble],
        jumps: CollectiveJump | Iterable[CollectiveJump] = (),
        exchange: ChainExchange | ArrayLike | None = None,
        drive: ArrayLike | None = None,
        couplings: SpinCoupling | Iterable[SpinCoupling] = (),
        mixture: Sequence[tuple[float, Ensemble | Iterable[Ensemble]]] = (),
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
        _set(self, "mixture", mixture_of("System", mixture, self.ensembles))

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
        numbers = [field for field in Ensemble.__dataclass_fields__ if field != "dicke"]
        validation.choice("System.column", "name", name, numbers)
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

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Initial states with their probabilities, which add up to 1."""
        rest = 1 - sum(probability for probability, _ in self.mixture)
        every = ((rest, self.ensembles), *self.mixture)
        return tuple((chance, start) for chance, start in every if chance > 1e-12)

    @property
    def diagonal(self) -> bool:
        """True if there is no coherence between states of different J^z at time 0."""
        return all(ensemble.diagonal for _, start in self.parts for ensemble in start)

    @property
    def polarized(self) -> bool:
        """True if every ensemble starts fully inverted or in the ground state, for certain."""
        return not self.mixture and all(ensemble.polarization for ensemble in self.ensembles)

    # -- as text -----------------------------------------------------------------------------

    def to_json(self) -> str:
        """Return a JSON text from which `from_json` makes an equal System."""
        exchange: Any = self.exchange
        if isinstance(exchange, ChainExchange):
            exchange = asdict(exchange)
        elif exchange is not None:
            exchange = _pairs(exchange)
        # what was there before couplings and mixtures is written as it was
        later: dict[str, Any] = {}
        if self.couplings:
            later["couplings"] = [asdict(coupling) for coupling in self.couplings]
        if self.mixture:
            later["mixture"] = [[p, [e.as_dict() for e in start]] for p, start in self.mixture]
        return json.dumps(
            {
                "ensembles": [ensemble.as_dict() for ensemble in self.ensembles],
                "jumps": [{**asdict(jump), "weights": _pairs(jump.weights)} for jump in self.jumps],
                "exchange": exchange,
                "drive": None if self.drive is None else _pairs(self.drive),
                **later,
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
                [(p, [Ensemble(**e) for e in start]) for p, start in given.get("mixture", ())],
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
        shown = f"{self.sites} x {self.ensembles[0]}" if alike else _BRIEF.repr(self.ensembles)
        parts = [shown, f"channels={list(self.channels)}", *map(_BRIEF.repr, self.jumps)]
        if self.exchange is not None:
            chain = isinstance(self.exchange, ChainExchange)
            parts.append(f"exchange={self.exchange if chain else 'matrix'}")
        if self.drive is not None:
            parts.append(f"drive={_BRIEF.repr(self.drive.tolist())}")
        parts += [repr(coupling) for coupling in self.couplings]
        parts += [f"mixture={self.mixture!r}"] if self.mixture else []
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
