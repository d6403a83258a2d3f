"""Exact solutions in the Dicke basis: the judge of every other theory here.

===========  ===================================================================  ================
method       serves                                                               size of a state
===========  ===================================================================  ================
populations  emitters that are all alike, no drive, no coherence at time 0         N^2/4 numbers
liouvillian  everything, as far as memory goes; also steady states                the density matrix
jumps        everything by Monte Carlo: populations alike, or kets of definite J  one (J, M), a ket
===========  ===================================================================  ================

docs/exact.md has the decision table of "auto", what each method costs and what it refuses.
"""

from __future__ import annotations

from typing import Any

import xarray as xr
from numpy.typing import ArrayLike

from blochball import operators
from blochball.exact import (
    choice,
    jumps,
    liouvillian,
    piqs,
    populations,
    timed,
    timed_populations,
)
from blochball.exact.correlations import spectrum, two_time
from blochball.exact.modes import spectrum_of_liouvillian
from blochball.exact.state import State
from blochball.protocol import Protocol
from blochball.support import progress as bars
from blochball.support import validation
from blochball.support.arguments import named
from blochball.system import System

__all__ = [
    "State",
    "liouvillian",
    "piqs",
    "solve",
    "spectrum",
    "spectrum_of_liouvillian",
    "steady_state",
    "two_time",
]

# in the order in which "auto" asks them; each module has obstacle(system), solve, steady_state, and
# OPTIONS: the options that these two take
_METHODS: dict[str, Any] = {
    "populations": populations,
    "liouvillian": liouvillian,
    "jumps": jumps,
}
# what serves a Protocol
_TIMED: dict[str, Any] = {"populations": timed_populations, "liouvillian": timed, "jumps": jumps}
# emitters from which "auto" samples populations: a pass over N^2/4 of them takes N steps or more
_MANY = 4000


@named("exact.solve")
def solve(
    system: System | Protocol,
    times: ArrayLike,
    method: str = "auto",
    *,
    memory_limit: float = liouvillian.MEMORY_LIMIT,
    progress: bool = False,
    **options: Any,
) -> xr.Dataset:
    """Solve the master equation exactly.

    Parameters
    ----------
    system : System or Protocol
        What to solve.
    times : array_like, shape (times,)
        Output times, increasing from a value >= 0, in the inverse unit of the rates.
    method : {"auto", "populations", "liouvillian", "jumps"}
        "auto" takes the first method that serves the system and knows the options.
    memory_limit : float
        Bytes beyond which a density matrix is refused, before it is allocated.
    progress : bool
        Show a progress bar.
    **options
        Of the method: `correlations` and `tolerance` (populations, liouvillian), `initial`
        and `moments` (liouvillian), `trajectories`, `seed`, `threads` and `error` (jumps).

    Returns
    -------
    xarray.Dataset
        See `blochball.dataset`; the attribute `method_reason` says why the method was chosen.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, and where no method serves the system: the message says why, and what
        would serve.

    Examples
    --------
    >>> from blochball import exact, models
    >>> ds = exact.solve(models.superradiant_laser(size=100, pump=25.0), times=[0.0, 0.06])
    >>> ds.attrs["method"], ds.emission.values[:, 0].round(2).tolist()
    ('exact.populations', [100.0, 1652.79])
    """
    owner = "exact.solve"
    times = validation.times(owner, times)
    memory_limit = validation.real(owner, "memory_limit", memory_limit, 0)
    validation.flag(owner, "progress", progress)
    name, reason = _choose(owner, system, method, memory_limit, options)
    # means and covariances of every site at every time
    validation.memory(owner, "times", 40.0 * times.size * system.sites)
    sampled = name == "jumps"  # which has a bar of its own
    options |= {"progress": progress} if sampled else {"memory_limit": memory_limit}
    methods = _TIMED if isinstance(system, Protocol) else _METHODS
    with bars.shown(owner, progress, name, inside=sampled):
        found: xr.Dataset = methods[name].solve(system, times, **options)
    if sampled:
        error = found.attrs["error"]
        reason += f"; sampled: inversion per emitter with a standard error of {error:.1g} at most"
    return found.assign_attrs(method_reason=reason)


@named("exact.steady_state")
def steady_state(
    system: System,
    method: str = "auto",
    *,
    memory_limit: float = liouvillian.MEMORY_LIMIT,
    progress: bool = False,
    **options: Any,
) -> xr.Dataset:
    """Return the state at infinite time, as a Dataset with the single time "infinity".

    Parameters and errors are those of `solve`, and two options differ: `correlations` is True or
    False, and `initial` may also be "ensembles", the state that the System starts in. With it
    the liouvillian method returns the state that this one ends in, where there are several to end
    in; without it there must be one only.

    Examples
    --------
    >>> from blochball import exact, models
    >>> ds = exact.steady_state(models.superradiant_laser(size=40, pump=20.0))
    >>> round(ds.emission.item() / 40**2, 5)
    0.12343

    Two ensembles in opposite states keep the J that they begin with, and some of their excitations:

    >>> from math import pi
    >>> from blochball import CollectiveJump, Ensemble, System
    >>> domains = System([Ensemble(5, polar=pi), Ensemble(15)], CollectiveJump(1.0, [1, 1]))
    >>> exact.steady_state(domains, initial="ensembles").inversion.values[0].round(4).tolist()
    [1.6377, -7.0373]
    """
    owner = "exact.steady_state"
    memory_limit = validation.real(owner, "memory_limit", memory_limit, 0)
    name, reason = _choose(owner, system, method, memory_limit, options)
    if name != "jumps":
        options["memory_limit"] = memory_limit
    with bars.shown(owner, progress, name):
        found: xr.Dataset = _METHODS[name].steady_state(system, **options)
    return found.assign_attrs(method_reason=reason)


def _obstacles(system: System | Protocol, memory_limit: float) -> dict[str, str | None]:
    """Say for each method why it does not serve, or None."""
    if isinstance(system, Protocol):
        return {
            "populations": timed_populations.obstacle(system),
            "liouvillian": timed.obstacle(system, memory_limit),
            "jumps": jumps.obstacle(system),
        }
    return {
        "populations": populations.obstacle(system),
        "liouvillian": liouvillian.obstacle(system, memory_limit),
        "jumps": jumps.obstacle(system),
    }


def _choose(
    owner: str, system: System | Protocol, method: str, memory_limit: float, options: dict[str, Any]
) -> tuple[str, str]:
    """Return the method and why it is the one."""
    if not (isinstance(system, Protocol) and owner == "exact.solve"):
        operators.require_system(owner, system)
    verb = owner.rpartition(".")[2]
    known = {name: module.OPTIONS[verb] for name, module in _METHODS.items()}
    asked = solve if verb == "solve" else steady_state
    unknown = choice.unknown(owner, method, known, options, asked)
    reasons = _obstacles(system, memory_limit)
    if method == "auto":
        reasons = {name: reason or unknown[name] for name, reason in reasons.items()}
        if verb == "steady_state":
            reasons["jumps"] = "a trajectory ends at a finite time"
        many = isinstance(system, System) and system.emitters > _MANY
        if reasons["populations"] is None and many and verb == "solve":
            reasons["populations"] = (
                f"more than {_MANY} emitters are sampled sooner than integrated"
            )
            reasons["liouvillian"] = "the same holds for coherences"
    return choice.made(owner, method, reasons)
