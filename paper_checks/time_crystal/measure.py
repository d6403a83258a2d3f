"""Numbers behind the claims about the boundary time crystal, from the data of the workflow."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import xarray as xr
from scipy.optimize import OptimizeWarning, curve_fit

from paper_checks import quantity
from paper_checks.quantity import Curve, Quantity, largest, methods_of
from workflow.results import Results


def sizes(results: Results, exact: bool = False) -> list[int]:
    """Return all sizes, or those with an exact solution, in order."""
    members = results.settings("time_crystal").members
    return sorted(member.size for member in members if member.exact or not exact)


def curve(results: Results, label: str, size: int, theory: str) -> xr.Dataset:
    """Return one run, without a site; `label` is PHASE-LOCAL, e.g. "oscillating-none"."""
    return results.load("time_crystal", f"size-{size}.{theory}").sel(label=label).isel(site=0)


def largest_error(results: Results, label: str, size: int) -> Quantity:
    """Return max over time of |TWA - exact| of the inversion per N."""
    exact, twa = (curve(results, label, size, theory) for theory in ("exact", "twa"))
    return largest(Curve.of(twa, "inversion", size) - Curve.of(exact, "inversion", size))


def oscillation(results: Results, label: str, size: int, theory: str) -> dict[str, Quantity]:
    """Return frequency and damping of the inversion: a damped cosine, fitted from one period on.

    The standard errors are those of the fit to equally trusted points; where the curve is not a
    damped cosine they are large.
    """
    ds = curve(results, label, size, theory)
    settings = results.settings("time_crystal")
    mean_field = np.sqrt(settings.oscillating_in_N_gamma**2 - 0.25)
    later = ds.time.values > 2 * np.pi / mean_field
    t, z = ds.time.values[later], ds.inversion.values[later] / size

    def wave(
        t: np.ndarray, rest: float, c: float, s: float, omega: float, rate: float
    ) -> np.ndarray:
        return rest + np.exp(-rate * t) * (c * np.cos(omega * t) + s * np.sin(omega * t))

    with warnings.catch_warnings():
        warnings.simplefilter("error", OptimizeWarning)
        start = (float(z.mean()), -0.3, 0.0, mean_field, 0.1)
        best, covariance = curve_fit(wave, t, z, start, maxfev=20_000)
    spread = np.sqrt(np.diag(covariance))
    return {
        "frequency": Quantity(abs(best[3]), spread[3], methods=methods_of(ds)),
        "damping": Quantity(best[4], spread[4], methods=methods_of(ds)),
    }


def swing(results: Results, size: int) -> dict[str, Quantity]:
    """Return how far the inversion per N swings after one period, on both sides."""
    settings = results.settings("time_crystal")
    period = 2 * np.pi / np.sqrt(settings.oscillating_in_N_gamma**2 - 0.25)
    found = {}
    for phase in ("still", "oscillating"):
        for theory, name in (("exact", "exact"), ("twa", "TWA")):
            ds = curve(results, f"{phase}-none", size, theory)
            late = ds.time.values > period
            z = Curve.of(ds, "inversion", size)[late]
            found[f"{phase}, {name}"] = z.at(np.argmax(z.value)) - z.at(np.argmin(z.value))
    return found


def damping(results: Results, size: int, processes: Sequence[str]) -> dict[str, Quantity]:
    """Return frequency and damping, TWA over exact, and the largest error, for local processes."""
    found = {}
    for local in processes:
        label = f"oscillating-{local}"
        exact, twa = (oscillation(results, label, size, theory) for theory in ("exact", "twa"))
        for key in exact:
            found[f"{local}: {key}, TWA / exact"] = twa[key] / exact[key]
        found[f"{local}: largest error"] = largest_error(results, label, size)
    return found


def scaling(results: Results, label: str) -> dict[str, Quantity]:
    """Return the exponent of the largest error against N, of sizes where it is resolved."""
    where = sizes(results, exact=True)
    errors = [largest_error(results, label, size) for size in where]
    return {"exponent": quantity.scaling(where, errors)}
