"""Numbers behind the claims about the boundary time crystal, from the data of the workflow."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import xarray as xr
from scipy.optimize import OptimizeWarning, curve_fit

from figures.time_crystal.runs import LOCAL, PHASES
from paper_checks import quantity
from paper_checks.curves import Array, Curve, jackknife, largest, methods_of
from paper_checks.quantity import Quantity
from workflow.results import Results

THEORIES = {"exact": "exact", "twa": "TWA"}


def sizes(results: Results, exact: bool = False) -> list[int]:
    """Return all sizes, or those with an exact solution, in order."""
    members = results.settings("time_crystal").members
    return sorted(member.size for member in members if member.exact or not exact)


def pick(ds: xr.Dataset, label: str) -> xr.Dataset:
    """Return one system of a run, without a site; `label` is PHASE-LOCAL: "oscillating-none"."""
    return ds.sel(label=label).isel(site=0)


def curve(results: Results, label: str, size: int, theory: str) -> Curve:
    """Return the inversion per N."""
    return Curve.sampled(
        results,
        "time_crystal",
        f"size-{size}.{theory}",
        lambda ds: Curve.of(pick(ds, label), "inversion", size),
    )


def times(results: Results) -> Array:
    """Return the times in 1/(N Gamma)."""
    settings = results.settings("time_crystal")
    return np.linspace(0, settings.until_N_gamma_t, settings.outputs)


def frequency(results: Results) -> float:
    """Return that of the oscillation in mean field."""
    return float(np.sqrt(results.settings("time_crystal").oscillating_in_N_gamma ** 2 - 0.25))


def largest_error(results: Results, label: str, size: int) -> Quantity:
    """Return max over time of |TWA - exact| of the inversion per N."""
    exact, twa = (curve(results, label, size, theory) for theory in THEORIES)
    return largest(twa - exact)


def fitted(time: Array, z: Array, frequency: float) -> tuple[Array, Array]:
    """Return frequency and damping rate of a damped cosine, fitted from one period on.

    And the standard errors of the fit to equally trusted points, which say how well the curve is a
    damped cosine.
    """
    later = time > 2 * np.pi / frequency

    def wave(t: Array, rest: float, c: float, s: float, omega: float, rate: float) -> Array:
        return rest + np.exp(-rate * t) * (c * np.cos(omega * t) + s * np.sin(omega * t))

    with warnings.catch_warnings():
        warnings.simplefilter("error", OptimizeWarning)
        start = (float(z[later].mean()), -0.3, 0.0, frequency, 0.1)
        best, covariance = curve_fit(wave, time[later], z[later], start, maxfev=20_000)
    return np.abs(best[3:]), np.sqrt(np.diag(covariance))[3:]


def oscillation(results: Results, label: str, size: int, theory: str) -> dict[str, Quantity]:
    """Return frequency and damping rate of the inversion.

    Standard errors are from independent batches of trajectories; where there are none, of the fit.
    """
    batches = [pick(ds, label) for ds in results.batches("time_crystal", f"size-{size}.{theory}")]
    guess, found = frequency(results), {}
    for k, name in enumerate(("frequency", "damping")):
        if len(batches) == 1:
            best, spread = fitted(batches[0].time.values, batches[0].inversion.values / size, guess)
            sampled = "inversion_stderr" in batches[0]
            found[name] = Quantity(
                best[k], spread[k] if sampled else 0.0, methods=methods_of(batches[0])
            )
        else:
            found[name] = jackknife(
                lambda ds, k=k: fitted(ds.time.values, ds.inversion.values / size, guess)[0][k],
                batches,
            )
    return found


def swing(results: Results, size: int) -> dict[str, Quantity]:
    """Return how far the inversion per N swings after one period, on both sides.

    Between the times at which it is highest and lowest exactly.
    """
    late = times(results) > 2 * np.pi / frequency(results)
    found = {}
    for phase in PHASES:
        exact, twa = (curve(results, f"{phase}-none", size, theory)[late] for theory in THEORIES)
        high, low = np.argmax(exact.value), np.argmin(exact.value)
        swings = [z.at(high) - z.at(low) for z in (exact, twa)]
        found[f"{phase}, exact"] = swings[0]
        if phase == "still":
            found["still, TWA"] = abs(swings[1])
        else:
            found["oscillating, TWA / exact"] = swings[1] / swings[0]
    return found


def damping(results: Results, size: int, processes: Sequence[str]) -> dict[str, Quantity]:
    """Return frequency and damping, TWA over exact, and the largest error, for local processes."""
    found = {}
    for local in processes:
        label = f"oscillating-{local}"
        exact, twa = (oscillation(results, label, size, theory) for theory in THEORIES)
        for key in exact:
            found[f"{local}: {key}, TWA / exact"] = twa[key] / exact[key]
        found[f"{local}: largest error"] = largest_error(results, label, size)
    return found


def scaling(results: Results, phase: str) -> dict[str, Quantity]:
    """Return the exponent of the largest error against N, of sizes where it is resolved."""
    where, found = sizes(results, exact=True), {}
    for local in LOCAL:
        errors = [largest_error(results, f"{phase}-{local}", size) for size in where]
        shown = ", ".join(map(str, errors))
        exponent = quantity.attempt(quantity.scaling, where, errors)
        found[local] = exponent.noted(f"{exponent.note}: {shown}")
    return found


def falling(results: Results, phase: str) -> dict[str, Quantity]:
    """Return the largest error at the largest size over that at the smallest; exponents in notes.

    Where the errors follow no power law an exponent has an error that says so, and decides nothing.
    """
    first, *_, last = sizes(results, exact=True)
    found = {}
    for local, exponent in scaling(results, phase).items():
        many, few = (largest_error(results, f"{phase}-{local}", size) for size in (last, first))
        found[local] = (many / few).noted(f"exponent {exponent}, {exponent.note}")
    return found
