"""Numbers behind the claims about Fig. 3, measured from the data of the workflow."""

from __future__ import annotations

import numpy as np
import xarray as xr

from blochball.dataset import system_of
from paper_checks import quantity
from paper_checks.quantity import Curve, Quantity, largest
from workflow.results import Results, at

THEORIES = {"exact": "exact", "twa": "TWA"}


# -- (b): two ensembles ----------------------------------------------------------------------------


def phases(results: Results) -> list[float]:
    """Return the phases of the config, in units of pi and in order."""
    return sorted(results.settings("pair").phases_in_pi)


def two(results: Results, phase: float, theory: str) -> Curve:
    """Return the forward emission per N_tot^2 of two ensembles."""
    return forward(at(results.load("pair", f"two.{theory}"), phase=phase))


def forward(ds: xr.Dataset) -> Curve:
    """Return the forward emission of a chain per N_tot^2."""
    return Curve.of(ds.sel(channel="forward"), "output", system_of(ds).emitters ** 2)


def accuracy(results: Results) -> dict[str, Quantity]:
    """Largest |TWA - exact| of I_F / N_tot^2 over all times, for each phase."""
    return {f"φ = {phase:g}π": _error(results, phase) for phase in phases(results)}


def comparable(results: Results) -> dict[str, Quantity]:
    """Error of each phase divided by that of a single ensemble of the same N and pump."""
    exact, twa = (forward(results.load("pair", f"one.{theory}")) for theory in THEORIES)
    alone = largest(twa - exact)
    return {name: error / alone for name, error in accuracy(results).items()}


def peaks(results: Results) -> dict[str, Quantity]:
    """By how much the peak of I_F / N_tot^2 falls from one phase to the next."""
    order, found = phases(results), {}
    for theory, name in THEORIES.items():
        heights = [_peak(two(results, phase, theory)) for phase in order]
        for k in range(1, len(order)):
            fall = heights[k - 1] - heights[k]
            found[f"φ = {order[k - 1]:g}π to {order[k]:g}π, {name}"] = fall
    return found


def suppression(results: Results) -> dict[str, Quantity]:
    """By what fraction the largest phase lowers the steady emission, and the peak."""
    free, *_, held = phases(results)
    found = {}
    for what, pick in (("steady state", lambda curve: curve.at(-1)), ("peak", _peak)):
        for theory, name in THEORIES.items():
            high, low = (pick(two(results, phase, theory)) for phase in (free, held))
            found[f"{what}, {name}"] = 1 - low / high
    return found


def _error(results: Results, phase: float) -> Quantity:
    exact, twa = (two(results, phase, theory) for theory in THEORIES)
    return largest(twa - exact)


def _peak(curve: Curve) -> Quantity:
    return curve.at(np.argmax(curve.value))


# -- inset of (b): ensembles in phase --------------------------------------------------------------


def local(results: Results, sites: int, size: int, theory: str) -> Curve:
    """Return the emission of every ensemble per N^2, shape (times, sites)."""
    ds = results.load("array", f"sites-{sites}-size-{size}.{theory}")
    return Curve.of(ds, "emission", size**2)


def tracked(results: Results, size: int) -> dict[str, Quantity]:
    """Largest deviation of the site-resolved emission, in units of its exact peak, for each M.

    At each time the root mean square over all ensembles of TWA - exact; it contains the sampling
    error of each, so it bounds the error of the theory from above.
    """
    found = {}
    for sites in (1, 10, 100, 1000):
        exact, twa = (local(results, sites, size, theory) for theory in THEORIES)
        difference = twa - exact
        square = (difference.value**2).mean(axis=1)
        stderr = np.hypot(twa.stderr.mean(axis=1), exact.stderr.mean(axis=1))
        deviation = Curve(np.sqrt(square), stderr, difference.methods)
        found[f"M = {sites}"] = largest(deviation / exact.value.max())
    return found


def with_size(results: Results, sites: int) -> dict[str, Quantity]:
    """Largest deviation in units of the exact peak at N = 10 and 100, and by how much it falls."""
    errors = []
    for size in (10, 100):
        exact, twa = (local(results, sites, size, theory) for theory in THEORIES)
        errors.append(largest(twa.mean(1) - exact.mean(1)) / exact.mean(1).value.max())
    few, many = errors
    return {"N = 10": few, "N = 100": many, "N = 10 less N = 100": few - many}


# -- text: cost ------------------------------------------------------------------------------------


def cost(results: Results) -> dict[str, Quantity]:
    """Exponent of the time of a step of one trajectory against M, from M = 10."""
    ds = results.load("cost", "waveguide.cost")
    sites = sorted(set(ds.sites.values.tolist()))
    times = (ds.seconds / ds.trajectory_steps).values
    median = []
    for count in sites:
        of = times[ds.sites.values == count]
        # of a median of few: 1.25 times that of the mean
        stderr = 1.25 * of.std(ddof=1) / np.sqrt(of.size)
        median.append(Quantity(np.median(of), stderr, methods=frozenset({"ball"})))
    many = [k for k, count in enumerate(sites) if count >= 10]
    exponent = quantity.power_law([sites[k] for k in many], [median[k] for k in many])
    each = ", ".join(f"{1e9 * t.value / m:.1f}" for m, t in zip(sites, median, strict=True))
    note = f"{each} ns an ensemble-step at M = {', '.join(map(str, sites))}"
    return {"exponent": exponent.noted(note)}
