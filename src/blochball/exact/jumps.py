"""Monte Carlo of the master equation: of populations where that will do, of kets otherwise."""

from __future__ import annotations

from typing import Any

import xarray as xr
from numpy.typing import ArrayLike

from blochball.exact import kets as unravel
from blochball.exact import sampled_populations as gillespie
from blochball.exact.sampling import steady_state
from blochball.protocol import Protocol
from blochball.system import System

OPTIONS = {"solve": ("error", "seed", "threads", "trajectories"), "steady_state": ()}

__all__ = ["OPTIONS", "obstacle", "solve", "steady_state"]


def obstacle(system: System | Protocol) -> str | None:
    """Say why neither serves the System or Protocol, or return None."""
    return None if _alike(system) else unravel.obstacle(system)


def solve(system: System | Protocol, times: ArrayLike, **options: Any) -> xr.Dataset:
    """Average over trajectories; options are those of `montecarlo.average`.

    The attribute `trajectories_of` tells the two apart: populations or kets.
    """
    alike = _alike(system)
    found: xr.Dataset = (gillespie if alike else unravel).solve(system, times, **options)
    return found.assign_attrs(trajectories_of="populations" if alike else "kets")


def _alike(system: System | Protocol) -> bool:
    return isinstance(system, System) and gillespie.obstacle(system) is None
