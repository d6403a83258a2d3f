"""Numbers behind the claims about Fig. 3, measured from the data of the workflow."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball.dataset import system_of
from paper_checks.fig2.measure import power_law
from paper_checks.ledger import Quantity
from workflow.results import Results, at

Array = NDArray[np.float64]
Curve = tuple[Array, Array]  # values and standard errors, shape (times,) each
THEORIES = {"exact": "exact", "twa": "TWA"}


# -- (b): two ensembles ----------------------------------------------------------------------------


def phases(results: Results) -> list[float]:
    """Return the phases of the config, in units of pi and in order."""
    return sorted(results.settings("pair")["phases"])


def two(results: Results, phase: float, theory: str) -> Curve:
    """Return the forward emission per N_tot^2 of two ensembles."""
    return forward(at(results.load("pair", f"two.{theory}"), phase=phase))


def accuracy(results: Results) -> dict[str, Quantity]:
    """Largest |TWA - exact| of I_F / N_tot^2 over all times, for each phase."""
    return {f"φ = {phase:g}π": _error(results, phase) for phase in phases(results)}


def comparable(results: Results) -> dict[str, Quantity]:
    """Error of each phase divided by that of a single ensemble of the same N and pump."""
    alone = largest(*(forward(results.load("pair", f"one.{theory}")) for theory in THEORIES))
    return {f"φ = {phase:g}π": _ratio(_error(results, phase), alone) for phase in phases(results)}


def peaks(results: Results) -> dict[str, Quantity]:
    """By how much the peak of I_F / N_tot^2 falls from one phase to the next."""
    order, found = phases(results), {}
    for theory, name in THEORIES.items():
        heights = [_peak(two(results, phase, theory)) for phase in order]
        for k in range(1, len(order)):
            stderr = np.hypot(heights[k - 1].stderr, heights[k].stderr)
            fall = Quantity(heights[k - 1].value - heights[k].value, float(stderr))
            found[f"φ = {order[k - 1]:g}π to {order[k]:g}π, {name}"] = fall
    return found


def suppression(results: Results) -> dict[str, Quantity]:
    """By what fraction the largest phase lowers the steady emission, and the peak."""
    free, *_, held = phases(results)
    found = {}
    for what, pick in (("steady state", _last), ("peak", _peak)):
        for theory, name in THEORIES.items():
            left = _ratio(*(pick(two(results, phase, theory)) for phase in (held, free)))
            found[f"{what}, {name}"] = Quantity(1 - left.value, left.stderr)
    return found


def forward(ds: xr.Dataset) -> Curve:
    """Return the forward emission of a chain per N_tot^2."""
    total = system_of(ds).emitters ** 2
    value = ds.output.sel(channel="forward").values / total
    if "output_stderr" not in ds:
        return value, np.zeros_like(value)
    return value, ds.output_stderr.sel(channel="forward").values / total


def _error(results: Results, phase: float) -> Quantity:
    return largest(*(two(results, phase, theory) for theory in THEORIES))


def largest(expected: Curve, sampled: Curve) -> Quantity:
    """Return the largest absolute difference, with its standard error."""
    error = np.abs(sampled[0] - expected[0])
    where = int(np.argmax(error))
    return Quantity(float(error[where]), float(np.hypot(sampled[1][where], expected[1][where])))


def _peak(curve: Curve) -> Quantity:
    where = int(np.argmax(curve[0]))
    return Quantity(float(curve[0][where]), float(curve[1][where]))


def _last(curve: Curve) -> Quantity:
    return Quantity(float(curve[0][-1]), float(curve[1][-1]))


def _ratio(above: Quantity, below: Quantity) -> Quantity:
    value = above.value / below.value
    relative = np.hypot(above.stderr / above.value, below.stderr / below.value)
    return Quantity(value, float(abs(value) * relative))


# -- inset of (b): ensembles in phase --------------------------------------------------------------


def local(results: Results, sites: int, size: int, theory: str) -> Curve:
    """Return the emission of every ensemble per N^2, shape (times, sites)."""
    ds = results.load("array", f"sites-{sites}-size-{size}.{theory}")
    value = ds.emission.values / size**2
    stderr = ds.emission_stderr.values / size**2 if "emission_stderr" in ds else 0 * value
    return value, stderr


def mean(curve: Curve) -> Curve:
    """Average over ensembles; at worst all err alike, so their errors are averaged, too."""
    return curve[0].mean(axis=1), curve[1].mean(axis=1)


def tracked(results: Results, size: int) -> dict[str, Quantity]:
    """Largest deviation of the site-resolved emission, in units of its exact peak, for each M.

    At each time the root mean square over all ensembles of TWA - exact; it contains the sampling
    error of each, so it bounds the error of the theory from above.
    """
    found = {}
    for sites in (1, 10, 100, 1000):
        expected, sampled = (local(results, sites, size, theory) for theory in THEORIES)
        deviation = np.sqrt(((sampled[0] - expected[0]) ** 2).mean(axis=1))
        where = int(np.argmax(deviation))
        stderr = np.hypot(sampled[1][where].mean(), expected[1][where].mean())
        peak = expected[0].max()
        found[f"M = {sites}"] = Quantity(float(deviation[where] / peak), float(stderr / peak))
    return found


def with_size(results: Results, sites: int) -> dict[str, Quantity]:
    """Largest deviation in units of the exact peak at N = 10 and 100, and by how much it falls."""
    errors = []
    for size in (10, 100):
        expected, sampled = (mean(local(results, sites, size, theory)) for theory in THEORIES)
        errors.append(_ratio(largest(expected, sampled), Quantity(float(expected[0].max()))))
    few, many = errors
    fall = Quantity(few.value - many.value, float(np.hypot(few.stderr, many.stderr)))
    return {"N = 10": few, "N = 100": many, "N = 10 less N = 100": fall}


# -- text: cost ------------------------------------------------------------------------------------


def cost(results: Results) -> dict[str, Quantity]:
    """Exponent of the time of a step of one trajectory against M, from M = 10."""
    ds = results.load("cost", "waveguide.cost")
    sites = np.array(sorted(set(ds.sites.values.tolist())), dtype=float)
    times = (ds.seconds / ds.trajectory_steps).values
    median, relative = [], []
    for count in sites:
        of = times[ds.sites.values == count]
        median.append(np.median(of))
        # of a median of few: 1.25 times that of the mean
        relative.append(1.25 * of.std(ddof=1) / np.sqrt(of.size) / median[-1])
    middle, many = np.array(median), sites >= 10
    slope, stderr = power_law(sites[many], middle[many], np.array(relative)[many])
    each = ", ".join(f"{1e9 * t / m:.1f}" for m, t in zip(sites, middle, strict=True))
    note = f"{each} ns an ensemble-step at M = {', '.join(f'{m:.0f}' for m in sites)}"
    return {"exponent": Quantity(slope, stderr, note)}
