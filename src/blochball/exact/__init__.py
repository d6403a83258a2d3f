"""Exact solutions in the Dicke basis: the judge of every other theory here.

=============  =====================================================================  ===========
method         serves                                                                 cost
=============  =====================================================================  ===========
populations    one ensemble without drive, fully polarised at time 0                  N^2/4 states
jumps          the same by Monte Carlo, for emitters by the ten thousand              1 state
=============  =====================================================================  ===========
"""

from __future__ import annotations

from typing import Any

import xarray as xr
from numpy.typing import ArrayLike

from blochball import validation
from blochball.exact import gillespie, populations
from blochball.system import System

# in the order in which "auto" asks them; each module has obstacle(system), solve, steady_state
_METHODS: dict[str, Any] = {"populations": populations, "jumps": gillespie}


def solve(system: System, times: ArrayLike, method: str = "auto", **options: Any) -> xr.Dataset:
    """Solve the master equation exactly.

    Parameters
    ----------
    system : System
        What to solve.
    times : array_like, shape (times,)
        Output times, increasing from a value >= 0, in the inverse unit of the rates.
    method : {"auto", "populations", "jumps"}
        "auto" takes the first method that serves the system.
    **options
        Passed on to the method; what it does not know is refused.

    Returns
    -------
    xarray.Dataset
        See `blochball.dataset`.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, and where no method serves the system: the message says why.
    """
    times = validation.times("exact.solve", times)
    return _METHODS[_choose("exact.solve", system, method)].solve(system, times, **options)


def steady_state(system: System, method: str = "auto", **options: Any) -> xr.Dataset:
    """Return the state at infinite time, as a Dataset with the single time "infinity".

    Parameters and errors are those of `solve`.
    """
    return _METHODS[_choose("exact.steady_state", system, method)].steady_state(system, **options)


def _choose(owner: str, system: System, method: str) -> str:
    if not isinstance(system, System):
        raise TypeError(f"{owner}: system must be a System, got {system!r}")
    validation.choice(owner, "method", method, ("auto", *_METHODS))
    asked = list(_METHODS) if method == "auto" else [method]
    reasons = {name: _METHODS[name].obstacle(system) for name in asked}
    for name, reason in reasons.items():
        if reason is None:
            return name
    said = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    raise ValueError(f"{owner}: no method serves this system ({said})")
