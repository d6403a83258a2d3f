"""Correlations at two times and spectra by one of several methods: kinds of run of their own.

The times of a `Point` are delays here, or frequencies.
"""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
import xarray as xr

from blochball import cumulants, exact, observables, twa
from blochball.support import validation
from workflow.theories import Point, Theory


def solve_correlations(point: Point, threads: int = 1, **kept: Any) -> xr.Dataset:
    """Return what the field says at two times, by the method of the point.

    Returns
    -------
    Dataset
        ``first_order`` (delay), real and over N_tot^2; ``g2``, at no delay; and where there are
        several delays ``linewidth``, from all but the first; with standard errors, zero if it is
        not sampled. The delays themselves are ``after``.
    """
    started, delays = time.perf_counter(), point.times
    ds = _two_time(point, delays, threads)
    scale = point.system.emitters**2
    g2 = observables.g2(ds).isel(delay=0)
    values: dict[str, Any] = {
        "first_order": ("delay", ds.first_order.values.real / scale),
        "first_order_stderr": ("delay", _error(ds) / scale),
        "after": ("delay", delays),
        "g2": g2.item(),
        "g2_stderr": float(g2.coords.get("stderr", 0.0)),
    }
    if delays.size > 2:
        with warnings.catch_warnings():
            # the line of a few emitters is not quite a Lorentzian
            warnings.filterwarnings("ignore", "observables.linewidth", UserWarning)
            width = observables.linewidth(ds, start=float(delays[1]))
        values["linewidth"] = width.item()
        values["linewidth_stderr"] = float(width.coords.get("stderr", 0.0))
    return xr.Dataset(values, attrs=_about(ds.attrs, point, started))


def _two_time(point: Point, delays: Any, threads: int) -> xr.Dataset:
    weights = _channel(point)
    if point.method == "cumulants":
        return cumulants.two_time(point.system, delays, weights=weights)
    if point.method == "twa":
        effort = {"trajectories": point.trajectories, "seed": point.seed, "threads": threads}
        return twa.two_time(
            point.system, delays, weights=weights, tolerance=point.tolerance, **effort
        )
    sampling = {"trajectories": point.trajectories, "seed": point.seed}
    options = sampling if point.method == "jumps" else {}
    return exact.two_time(point.system, delays, weights=weights, method=point.method, **options)


def _error(ds: xr.Dataset) -> Any:
    """Return the standard error of the real part of the first order, 0 where nothing is sampled."""
    if "first_order_covariance" not in ds:
        return np.zeros(ds.delay.size)
    variances = ds.first_order_covariance.values[..., 0, 0]
    return np.sqrt(np.maximum(np.diagonal(variances), 0))


def solve_spectrum(point: Point, threads: int = 1, **kept: Any) -> xr.Dataset:
    """Return ``spectrum`` (frequency) of the field with its standard error, by the point's method.

    Zero is the error of what is not sampled.
    """
    started, frequencies, weights = time.perf_counter(), point.times, _channel(point)
    if point.method == "twa":
        effort = {"trajectories": point.trajectories, "seed": point.seed, "threads": threads}
        found = twa.spectrum(
            point.system, frequencies, weights, tolerance=point.tolerance, **effort
        )
    else:
        found = exact.spectrum(point.system, frequencies, weights)
    stderr = found.coords.get("stderr", 0 * found).values
    values = {
        "spectrum": ("frequency", found.values),
        "spectrum_stderr": ("frequency", stderr),
        "at": ("frequency", frequencies),
    }
    return xr.Dataset(values, attrs=_about(found.attrs, point, started))


def solve_photons(point: Point, threads: int = 1, **kept: Any) -> xr.Dataset:
    """Return ``g2`` (delay) and ``intensity`` with their standard errors, by the point's method."""
    started, delays = time.perf_counter(), point.times
    ds = _two_time(point, delays, threads)
    g2 = observables.g2(ds)
    values = {
        "g2": ("delay", g2.values),
        "g2_stderr": ("delay", g2.coords.get("stderr", 0 * g2).values),
        "after": ("delay", delays),
        "intensity": ds.intensity.item(),
        "intensity_stderr": float(ds.get("intensity_stderr", 0.0)),
    }
    return xr.Dataset(values, attrs=_about(ds.attrs, point, started))


def _channel(point: Point) -> str | None:
    """Return the channel whose field is looked at: "forward" of a waveguide, else all alike."""
    return "forward" if "forward" in point.system.channels else None


def _about(attrs: Any, point: Point, started: float) -> dict[str, Any]:
    kept = ("blochball_version", "revision", "system", "method", "steps")
    about = {name: attrs[name] for name in kept if name in attrs}
    effort = {"trajectories": point.trajectories, "seed": point.seed}
    return about | effort | {"wall_time": time.perf_counter() - started}


MODULES = (__name__, "blochball.twa.correlations", "blochball.exact.correlations")
CORRELATIONS = Theory(
    "correlations", solve_correlations, MODULES, sampled=True, cost=3, minutes=20, megabytes=1500
)
SPECTRUM = Theory(
    "spectrum", solve_spectrum, MODULES, sampled=True, cost=3, minutes=20, megabytes=1500,
    # light has frequencies of either sign
    check=lambda owner, value: validation.reals(owner, "frequencies", value, "real numbers"),
)  # fmt: skip
PHOTONS = Theory(
    "photons", solve_photons, MODULES, sampled=True, cost=3, minutes=20, megabytes=1500
)
