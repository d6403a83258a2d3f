"""Names of arguments: a call that uses another one hears which is meant.

People come with the names of other programs and of their own field. `MEANT` is the dictionary;
`named` makes a public function look into it instead of leaving the answer to Python.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

T = TypeVar("T", bound=Callable[..., Any])

_LOCAL = "Ensemble.decay, Ensemble.dephasing or Ensemble.pump"
_HAMILTONIAN = "System.exchange, System.drive, System.couplings and Ensemble.detuning"
_THERMAL = (
    "a CollectiveJump at rate g (n + 1) and another of CollectiveJump.kind 'pump' at rate g n"
)
# name that is used elsewhere: the argument here, "Owner.argument" where the owner is another one
MEANT: dict[str, str] = {
    "H": _HAMILTONIAN,
    "hamiltonian": _HAMILTONIAN,
    "c_ops": f"System.jumps for collective jumps and {_LOCAL} for local ones",
    "jump_operators": f"System.jumps for collective jumps and {_LOCAL} for local ones",
    "n_thermal": _THERMAL,
    "n_th": _THERMAL,
    "nbar": _THERMAL,
    "temperature": f"{_THERMAL}; Ensemble.length for thermal emitters at time 0",
    "gamma": f"{_LOCAL} for one emitter, CollectiveJump.rate for a collective jump",
    "kappa": f"{_LOCAL} for one emitter, CollectiveJump.rate for a collective jump",
    "emission": "Ensemble.decay",
    "pumping": "Ensemble.pump",
    "collective_emission": "System.jumps",
    "collective_dephasing": "System.jumps",
    "collective_pumping": "System.jumps",
    "rabi": "System.drive",
    "omega": "System.drive for a drive, Ensemble.detuning for a frequency",
    "delta": "Ensemble.detuning",
    "chi": "System.couplings",
    "N": "Ensemble.size",
    "theta": "Ensemble.polar",
    "phi": "Ensemble.azimuth",
    "rho0": "Ensemble.polar, Ensemble.length and Ensemble.dicke",
    "psi0": "Ensemble.polar, Ensemble.length and Ensemble.dicke",
    "t": "times",
    "tlist": "times",
    "t_eval": "times",
    "tspan": "times",
    "dt": "steps",
    "n_steps": "steps",
    "nsteps": "steps",
    "n_traj": "trajectories",
    "ntraj": "trajectories",
    "samples": "trajectories",
    "shots": "trajectories",
    "random_state": "seed",
    "rng": "seed",
    "n_jobs": "threads",
    "workers": "threads",
    "num_threads": "threads",
    "progress_bar": "progress",
    "tol": "tolerance",
    "max_memory": "memory_limit",
}
_ANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_SYNONYMS = {name.casefold(): meant for name, meant in MEANT.items()}


def named(owner: str, others: Mapping[str, str] = MappingProxyType({})) -> Callable[[T], T]:
    """Return a decorator of functions and classes: a TypeError for what is unknown or missing.

    The signature stays as it is for whoever inspects it. A function of any keywords has to look at
    those that it does not name itself.

    Parameters
    ----------
    owner : str
        How the message names the function.
    others : mapping
        Which function takes an argument that this one, its sibling, does not.
    """

    def decorate(target: T) -> T:
        if isinstance(target, type):
            target.__init__ = _checked(owner, others, target.__init__)  # type: ignore[misc]
            return target
        return _checked(owner, others, target)

    return decorate


def _checked(owner: str, others: Mapping[str, str], function: Any) -> Any:
    known = inspect.signature(function).parameters
    kinds = {parameter.kind for parameter in known.values()}
    kind = inspect.Parameter
    names = [name for name in known if name != "self" and known[name].kind not in _ANY]
    placed = [name for name in names if known[name].kind is not kind.KEYWORD_ONLY]
    most = len(placed) + ("self" in known)
    needed = [name for name in names if known[name].default is kind.empty]
    every = f"arguments: {', '.join(names)}"

    @functools.wraps(function)
    def call(*args: Any, **given: Any) -> Any:
        unknown = [name for name in given if name not in names]
        if unknown and kind.VAR_KEYWORD not in kinds:
            name = unknown[0]
            meant = f", {others[name]} takes it" if name in others else hint(name, names, owner)
            raise TypeError(f"{owner}: no argument is called {name}{meant}; {every}")
        if len(args) > most and kind.VAR_POSITIONAL not in kinds:
            raise TypeError(
                f"{owner}: at most {len(placed)} arguments go without their names "
                f"({', '.join(placed)}), got {len(args) - most + len(placed)}; {every}"
            )
        here = placed[: max(len(args) - most + len(placed), 0)]
        missing = [name for name in needed if name not in given and name not in here]
        if missing:
            got = f", got {' and '.join(unknown)}" if unknown else ""
            raise TypeError(f"{owner}: {' and '.join(missing)} must be given{got}; {every}")
        return function(*args, **given)

    return call


def hint(name: str, known: Collection[str] | None = None, owner: str = "") -> str:
    """Say which argument is meant by `name`, as the end of a message; nothing if none is near.

    Parameters
    ----------
    name : str
        What was given.
    known : collection of str, optional
        Arguments that there are.
    owner : str
        Whose they are.
    """
    meant = _SYNONYMS.get(name.casefold(), "")
    other, _, argument = meant.rpartition(".")
    if known and other.isidentifier() and other != owner and argument in known:
        meant = argument  # who asks has one of that name, too
    # a bare name is of this function, or of no use
    if meant and ("." in meant or known is None or meant in known):
        return f", use {meant}"
    near = difflib.get_close_matches(name, known or (), 1, 0.7)
    if not near and len(name) > 2:
        near = [one for one in known or () if one.startswith(name)]
    return f", use {near[0]}" if near else ""
