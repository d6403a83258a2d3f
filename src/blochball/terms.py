"""What acts on several ensembles at once: collective jumps, the exchange of a chain, couplings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blochball.support import validation
from blochball.support.arguments import named

Kind = Literal["decay", "dephasing", "pump"]
KINDS: tuple[Kind, ...] = ("decay", "dephasing", "pump")
AXES = ("x", "y", "z")
_set = object.__setattr__  # frozen dataclasses can only be filled in this way


@named("CollectiveJump")
@dataclass(frozen=True)
class CollectiveJump:
    """One collective jump operator L = sum_l weights[l] A_l, or a sum of such for several A.

    Parameters
    ----------
    rate : float
        Prefactor of the dissipator, >= 0.
    weights : complex, sequence of complex of shape (sites,), or mapping of kinds to these
        One amplitude an ensemble; real for dephasing alone. A number is that of a single ensemble.
        A mapping adds kinds up, and then `kind` is "mixed": {"decay": u, "pump": v, "dephasing": z}
        is L = sum_l (u_l J_l^- + v_l J_l^+ + z_l J_l^z), any of them complex.
    kind : {"decay", "dephasing", "pump", "mixed"}
        A = J^-, J^z or J^+; "mixed" with a mapping only.
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
    weights: Any  # a tuple of complex, or such tuples by kind
    kind: Kind | Literal["mixed"] = "decay"
    name: str | None = None

    def __init__(
        self,
        rate: float,
        weights: ArrayLike | Mapping[Kind, ArrayLike],
        kind: Kind | Literal["mixed"] = "decay",
        name: str | None = None,
    ) -> None:
        owner = "CollectiveJump"
        _set(self, "rate", validation.real(owner, "rate", rate, 0))
        if isinstance(weights, Mapping):
            _set(self, "weights", _mixed(weights))
            _set(self, "kind", validation.choice(owner, "kind", kind, ("decay", "mixed")))
            _set(self, "kind", "mixed")
        else:
            found = _amplitudes("weights", weights)
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

    @property
    def amplitudes(self) -> dict[Kind, tuple[complex, ...]]:
        """The weights by kind."""
        if isinstance(self.weights, dict):
            return self.weights
        return {kind: self.weights for kind in KINDS if kind == self.kind}

    def __hash__(self) -> int:
        """Hash of all numbers and names."""
        return hash((self.rate, tuple(self.amplitudes.items()), self.kind, self.name))


def _mixed(weights: Mapping[Kind, ArrayLike]) -> dict[Kind, tuple[complex, ...]]:
    what = f"CollectiveJump: weights must be a mapping of some of {', '.join(KINDS)}"
    if not weights or not set(weights) <= set(KINDS):
        raise ValueError(f"{what}, got the keys {validation.shown(list(weights))}")
    found = {
        kind: _amplitudes(f"weights[{kind!r}]", weights[kind]) for kind in KINDS if kind in weights
    }
    lengths = {len(amplitudes) for amplitudes in found.values()}
    if len(lengths) > 1:
        raise ValueError(f"{what} to sequences of one length, got lengths {sorted(lengths)}")
    return found


def _amplitudes(name: str, value: ArrayLike) -> tuple[complex, ...]:
    what = "a number or a one-dimensional sequence of finite numbers, one an ensemble"
    return tuple(validation.array("CollectiveJump", name, value, (None,), what).tolist())


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


def _is_number(value: Any) -> bool:
    # without asking it for anything, as it may fail
    if isinstance(value, np.ndarray):
        return value.ndim == 0
    return isinstance(value, str) or not hasattr(value, "__len__")


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
        if _is_number(strength):
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
