"""Numbers behind the claims about the boundary time crystal, from the data of the workflow."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import xarray as xr
from scipy.optimize import OptimizeWarning, curve_fit

from paper_checks.fig2.measure import power_law, resolved
from paper_checks.ledger import Quantity
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
    error = np.abs(twa.inversion.values - exact.inversion.values) / size
    where = int(np.argmax(error))
    return Quantity(float(error[where]), float(twa.inversion_stderr.values[where]) / size)


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
        "frequency": Quantity(float(abs(best[3])), float(spread[3])),
        "damping": Quantity(float(best[4]), float(spread[4])),
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
            z = ds.inversion.values[late] / size
            low, high = int(np.argmin(z)), int(np.argmax(z))
            error = 0.0
            if theory == "twa":
                stderr = ds.inversion_stderr.values[late] / size
                error = float(np.hypot(stderr[low], stderr[high]))
            found[f"{phase}, {name}"] = Quantity(float(z[high] - z[low]), error)
    return found


def damping(results: Results, size: int, processes: Sequence[str]) -> dict[str, Quantity]:
    """Return frequency and damping, TWA over exact, and the largest error, for local processes."""
    found = {}
    for local in processes:
        label = f"oscillating-{local}"
        exact, twa = (oscillation(results, label, size, theory) for theory in ("exact", "twa"))
        for key in exact:
            found[f"{local}: {key}, TWA / exact"] = _ratio(twa[key], exact[key])
        found[f"{local}: largest error"] = largest_error(results, label, size)
    return found


def _ratio(over: Quantity, under: Quantity) -> Quantity:
    """Return a ratio with the error of two independent quantities."""
    ratio = over.value / under.value
    return Quantity(ratio, float(np.hypot(over.stderr, ratio * under.stderr) / abs(under.value)))


def scaling(results: Results, label: str) -> dict[str, Quantity]:
    """Return the exponent of the largest error against N, of sizes where it is resolved."""
    where = np.array(sizes(results, exact=True), dtype=float)
    found = [largest_error(results, label, int(size)) for size in where]
    value = np.array([quantity.value for quantity in found])
    stderr = np.array([quantity.stderr for quantity in found])
    seen = resolved(value, stderr)
    if seen.sum() < 3:
        return {"exponent": Quantity(0.0, np.inf, "fewer than three sizes are resolved")}
    return {"exponent": Quantity(*power_law(where[seen], value[seen], stderr[seen] / value[seen]))}
