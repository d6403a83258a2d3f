"""When a run has become stationary: a pilot of its own watches all means settle."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball.system import System
from blochball.twa import runs
from blochball.twa.noise import Stream
from blochball.twa.observers import means

Floats = NDArray[np.float64]

TRAJECTORIES = 256
FORGOTTEN = 40.0  # of the times that an emitter takes to forget its state, for the first look
TIMES, REACH = 16, 64.0  # looked at: from a share of the last one on
SETTLED = 5.0  # standard errors that a mean may be from its last value
# times the instant from which all means agree: a deviation that the pilot cannot see, one in
# twenty, falls to one in ten thousand
MARGIN = 3.0
DOUBLINGS = 6
NAMES = ("inversion", "spin_x", "spin_y", "emission", "output")


def burn_in(owner: str, system: System, seed: int, tolerance: float, threads: int) -> float:
    """Return a time after which trajectories count as stationary.

    Raises
    ------
    ValueError
        If the means go on changing, or nothing makes them settle.
    """
    if slowest(system) == 0:
        raise ValueError(
            f"{owner}: time must be finite for a system without dissipation, got infinity"
        )
    until = FORGOTTEN / slowest(system)
    for _ in range(DOUBLINGS):
        times = until * np.geomspace(1 / REACH, 1, TIMES)
        plan = runs.planned(owner, system, times, TRAJECTORIES, seed, "auto", tolerance=tolerance)
        run = runs.Run(owner, plan, plan.stages, means.observer(plan, Stream.STATIONARY))
        settled = _settled(means.dataset(plan, *run.total(threads, False)))
        if MARGIN * settled <= until:
            return MARGIN * settled
        until *= 2
    raise ValueError(
        f"{owner}: time must be finite for a system that is not stationary by {until / 2:.3g}, got "
        "infinity; a burn_in of your own is taken as it is"
    )


def slowest(system: System) -> float:
    """Return the rate at which the slowest emitter that forgets its state by itself does so."""
    local = system.column("decay") + system.column("pump")
    if not local.any():
        local = system.column("dephasing")
    if not local.any():
        local = np.array([jump.rate for jump in system.jumps])
    return float(local[local > 0].min(initial=np.inf)) if local.any() else 0.0


def _settled(ds: xr.Dataset) -> float:
    """Return the first time from which no mean differs from its last value."""
    there = np.ones(ds.sizes["time"], dtype=bool)
    for name in NAMES:
        value, error = ds[name].values, ds[f"{name}_stderr"].values
        allowed = SETTLED * np.hypot(error, error[-1]) + 1e-9 * np.abs(value[-1])
        there &= (np.abs(value - value[-1]) <= allowed).reshape(len(there), -1).all(axis=1)
    unsettled = np.flatnonzero(~there)
    return float(ds["time"].values[unsettled.max() + 1 if unsettled.size else 0])
