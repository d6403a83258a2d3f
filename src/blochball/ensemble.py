"""An ensemble: how many emitters, what each of them does by itself, and how they start."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from blochball.support import validation
from blochball.support.arguments import named
from blochball.terms import KINDS

_set = object.__setattr__  # frozen dataclasses can only be filled in this way
# single precision knows pi to seven digits
_LARGEST_POLAR = math.pi * (1 + 1e-6)


@named("Ensemble")
@dataclass(frozen=True, repr=False)
class Ensemble:
    """Indistinguishable two-level emitters at one site, and the state that they start in.

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
    length : float
        Length of the Bloch vector of each emitter at time 0, from 0 to 1. With 1 they are in a
        coherent spin state; below, in a product of mixed states: thermal ones at a temperature T,
        in a frequency w, have polar pi and length tanh(hbar w / 2 k T) = 1 / (2 n + 1).
    dicke : (float, float), optional
        J and M of a Dicke state in place of the coherent spin state, M along its direction, and
        averaged over all ways to make this J of the emitters.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what it must be and what it was.

    Examples
    --------
    >>> from blochball import Ensemble
    >>> Ensemble(size=100, pump=0.5).polarization  # fully inverted at time 0
    1

    Half of the emitters are excited, in a symmetric state:

    >>> from blochball import CollectiveJump, System, exact
    >>> half = System(Ensemble(10, dicke=(5, 0)), CollectiveJump(1.0, [1]))
    >>> exact.solve(half, [0.0]).emission.item()
    30.0
    """

    size: int
    decay: float = 0.0
    dephasing: float = 0.0
    pump: float = 0.0
    detuning: float = 0.0
    polar: float = 0.0
    azimuth: float = 0.0
    length: float = 1.0
    dicke: tuple[float, float] | None = None

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
        _set(self, "length", validation.real("Ensemble", "length", self.length, 0))
        if self.length > 1:
            raise ValueError(f"Ensemble: length must be at most 1, got {self.length:g}")
        if self.dicke is not None:
            self._set_dicke()

    def _set_dicke(self) -> None:
        what = (
            f"J and M of {self.size} spins 1/2, J = {self.size / 2:g} less an integer, not below "
            "0, and M = J less an integer, not below -J; or None"
        )
        given = validation.reals("Ensemble", "dicke", self.dicke, what)  # type: ignore[arg-type]
        if given.shape != (2,):
            raise ValueError(f"Ensemble: dicke must be {what}, got {validation.shown(self.dicke)}")
        spin, m = map(float, given)
        below, down = self.size / 2 - spin, spin - m
        if below < 0 or spin < 0 or abs(m) > spin or below % 1 or down % 1:
            raise ValueError(f"Ensemble: dicke must be {what}, got {validation.shown(self.dicke)}")
        if self.length != 1:
            raise ValueError(
                f"Ensemble: length must be 1 with dicke, got {self.length:g}: a Dicke state is "
                "no product of states of the emitters"
            )
        _set(self, "dicke", (spin, m))
        if below == 0 and abs(m) == spin:
            # a coherent spin state, and served wherever these are
            _set(self, "dicke", None)
            if m < 0:
                _set(self, "polar", self.polar + math.copysign(math.pi, -self.polar))

    def __repr__(self) -> str:
        """Name the size, and what is not at its default."""
        named = [(field, getattr(self, field.name)) for field in fields(self)]
        shown = [f"{f.name}={value!r}" for f, value in named if value != f.default]
        return f"Ensemble({', '.join(shown)})"

    @property
    def diagonal(self) -> bool:
        """Whether no coherence between states of different J^z is there at time 0."""
        return abs(math.sin(self.polar)) <= 1e-12

    @property
    def polarization(self) -> int:
        """+1 if the initial state is fully inverted, -1 in the ground state, 0 otherwise."""
        if not self.diagonal or self.length < 1 or self.dicke is not None:
            return 0
        return 1 if math.cos(self.polar) > 0 else -1

    def as_dict(self) -> dict[str, Any]:
        """Return all fields, without those of initial states that are not coherent spin states."""
        plain = {"length": 1.0, "dicke": None}
        return {
            name: value
            for name, value in asdict(self).items()
            if name not in plain or value != plain[name]
        }


# a share of all runs, and what they start in
Part = tuple[float, tuple[Ensemble, ...]]


def mixture(owner: str, value: Any, ensembles: tuple[Ensemble, ...]) -> tuple[Part, ...]:
    """Return probabilities and initial states beside those of the ensembles, checked."""
    what = "a sequence of pairs (probability, ensembles)"
    if not isinstance(value, tuple | list):
        raise TypeError(f"{owner}: mixture must be {what}, got {validation.shown(value)}")
    parts = []
    for entry in value:
        if not isinstance(entry, tuple | list) or len(entry) != 2:
            raise TypeError(f"{owner}: mixture must be {what}, got {validation.shown(entry)}")
        probability = validation.real(owner, "probabilities of mixture", entry[0], 0)
        others = validation.members(owner, "ensembles of mixture", entry[1], Ensemble)
        if len(others) != len(ensembles):
            raise ValueError(
                f"{owner}: ensembles of mixture must be as many as those of the system "
                f"({len(ensembles)}), got {len(others)}"
            )
        for one, other in zip(ensembles, others, strict=True):
            start = {name: getattr(one, name) for name in ("polar", "azimuth", "length", "dicke")}
            if replace(other, **start) != one:
                raise ValueError(
                    f"{owner}: ensembles of mixture must differ in polar, azimuth, length and "
                    f"dicke only, got {other} for {one}"
                )
        parts.append((probability, others))
    total = sum(probability for probability, _ in parts)
    if total > 1 + 1e-12:
        raise ValueError(
            f"{owner}: probabilities of mixture must add up to at most 1, got {total:g}"
        )
    return tuple(parts)
