"""One system solved by one of several methods, and timed: a kind of run of its own."""

from __future__ import annotations

import dataclasses
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from blochball import __version__, cumulants, exact, observables, per_emitter, twa
from blochball.dataset import revision
from workflow.theories import EXACT, Point, Theory

SHOWN = {
    "mean_field": "mean field",
    "cumulants": "second-order cumulants",
    "per_emitter": "per-emitter TWA",
    "twa": "TWA",
}
RIVALS = tuple(SHOWN)  # as opposed to the exact solution
SAMPLED = ("twa", "per_emitter")
KEPT = ("emission", "inversion", "output")  # of the first site or channel
DERIVED: dict[str, Callable[[xr.Dataset], xr.DataArray]] = {
    "squeezing": observables.squeezing,
    "subradiance": observables.subradiance,
}


def solve(point: Point, threads: int = 1, **kept: Any) -> xr.Dataset:
    """Solve a point by its method, `repeats` times, after a short run that compiles what it must.

    Returns
    -------
    Dataset
        ``seconds`` (repeat); of the last solution KEPT and DERIVED (time) with their standard
        errors, zero if it is not sampled. Times are in units of the last, so that runs of several
        sizes share them.
    """
    _solved(point, point.times[-1:] * 1e-3, 2, threads)
    seconds = []
    for _ in range(point.repeats):
        started = time.perf_counter()
        ds = _solved(point, point.times, point.trajectories, threads)
        seconds.append(time.perf_counter() - started)
    values: dict[str, xr.DataArray] = {name: ds[name][:, 0] for name in KEPT}
    errors = {name: ds[f"{name}_stderr"][:, 0] for name in KEPT if f"{name}_stderr" in ds}
    for name, function in DERIVED.items():
        values[name] = function(ds).isel(site=0)
        if "stderr" in values[name].coords:
            errors[name] = values[name].stderr
    numbers = {
        name: ("time", np.asarray(value))
        for key, value in values.items()
        for name, value in ((key, value), (f"{key}_stderr", errors.get(key, 0 * value)))
    }
    about = {
        "blochball_version": __version__,
        "revision": revision(),
        "method": ds.attrs.get("method", point.method),
        "system": point.system.to_json(),
        "seed": point.seed,
        "trajectories": point.trajectories,
        "wall_time": sum(seconds),
    }
    # rounded: those of all sizes are the same to the last bit
    when = {"time": np.round(point.times / point.times[-1], 12)}
    return xr.Dataset({**numbers, "seconds": ("repeat", seconds)}, when, about)


def _obstacle(point: Point) -> str | None:
    exactly = dataclasses.replace(point, method="auto")
    return EXACT.obstacle(exactly) if point.method == "exact" else None


COMPARED = Theory(
    "compared", solve, (__name__,), sampled=True, cost=1, minutes=30, megabytes=2000, alone=True,
    obstacle=_obstacle,
)  # fmt: skip


def _solved(point: Point, times: Any, trajectories: int, threads: int) -> xr.Dataset:
    system = point.system
    if point.method == "exact":
        return exact.solve(system, times)
    if point.method in ("mean_field", "cumulants"):
        return cumulants.solve(system, times, order=1 + (point.method == "cumulants"))
    if point.method == "per_emitter":
        # the fastest rate: that of the collective emission, or of local jumps and drive
        rate = max(
            max((jump.rate for jump in system.jumps), default=0.0) * system.emitters / 2,
            *(float(system.column(kind).max()) for kind in ("decay", "dephasing", "pump")),
            float(np.abs(system.drive_vector).max()),
        )
        steps = int(np.ceil(times[-1] * rate / 0.1))
        return per_emitter.solve(system, times, trajectories, point.seed, steps=steps)
    with warnings.catch_warnings():
        # the deep subradiant regime is where it says of itself that it should not be trusted
        warnings.filterwarnings("ignore", message=r"twa\.solve: .*not valid", category=UserWarning)
        return twa.solve(system, times, trajectories, point.seed, threads=threads)
