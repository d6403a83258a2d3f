"""Numbers behind the claims about Fig. 3, measured from the data of the workflow."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import xarray as xr

from blochball.dataset import system_of
from paper_checks import quantity
from paper_checks.curves import Curve, largest, mean_square
from paper_checks.quantity import Quantity
from workflow.results import Results, at

THEORIES = {"exact": "exact", "twa": "TWA"}
# both forms of TWA, where Eq. (6) is run
FORMS = {"eq6": "Eq. (6)", "twa": "ball"}
METHODS = {"exact": "exact", **FORMS}
# one ensemble is solved without sampling
ALONE = {"eq6": "density_eq6", "twa": "density"}


# -- (b): two ensembles ----------------------------------------------------------------------------


def phases(results: Results) -> list[float]:
    """Return the phases of the config, in units of pi and in order."""
    return sorted(results.settings("pair").phases_in_pi)


def two(results: Results, phase: float, theory: str) -> Curve:
    """Return the forward emission per N_tot^2 of two ensembles."""
    return Curve.sampled(results, "pair", f"two.{theory}", lambda ds: forward(at(ds, phase=phase)))


def one(results: Results, theory: str) -> Curve:
    """Return the same of one ensemble alone."""
    return Curve.sampled(results, "pair", f"one.{theory}", forward)


def forward(ds: xr.Dataset) -> Curve:
    """Return the forward emission of a chain per N_tot^2."""
    return Curve.of(ds.sel(channel="forward"), "output", system_of(ds).emitters ** 2)


def accuracy(results: Results) -> dict[str, Quantity]:
    """Largest |TWA - exact| of I_F over all times over its exact peak, for each phase and form."""
    found = {}
    for form, shown in FORMS.items():
        for phase in phases(results):
            error = _error(results, phase, form)
            peak = _peak(two(results, phase, "exact")).value
            found[f"φ = {phase:g}π, {shown}"] = (error / peak).noted(f"{error} of N_tot²")
    return found


def comparable(results: Results) -> dict[str, Quantity]:
    """Error of each phase divided by that of a single ensemble of the same N and pump."""
    exact, found = one(results, "exact"), {}
    for form, shown in FORMS.items():
        alone = largest(one(results, ALONE[form]) - exact)
        for phase in phases(results):
            found[f"φ = {phase:g}π, {shown}"] = _error(results, phase, form) / alone
    return found


def peaks(results: Results) -> dict[str, Quantity]:
    """By what fraction the peak of I_F / N_tot^2 falls from one phase to the next."""
    order = phases(results)
    falls, found = {}, {}
    for theory in METHODS:
        heights = [_peak(two(results, phase, theory)) for phase in order]
        falls[theory] = [1 - after / before for before, after in pairwise(heights)]
    for k, (before, after) in enumerate(pairwise(order)):
        step = f"φ = {before:g}π to {after:g}π"
        found[f"{step}, exact"] = falls["exact"][k]
        for form, shown in FORMS.items():
            found[f"{step}, {shown} / exact"] = falls[form][k] / falls["exact"][k]
    return found


def suppression(results: Results) -> dict[str, Quantity]:
    """By what fraction the largest phase lowers the steady emission, at the last time."""
    return _lowered(results, _last, _last)


def coherent(results: Results) -> dict[str, Quantity]:
    """How much of the suppression is there without the exchange; both exactly."""
    first, *_, last = phases(results)
    free = _last(two(results, first, "exact"))
    run = results.load("pair", "without_exchange.exact")
    bare, whole = _last(forward(at(run, phase=last))), _last(two(results, last, "exact"))
    without, suppressed = 1 - bare / free, 1 - whole / free
    return {
        "without / with the exchange": (without / suppressed).noted(f"{without} of {suppressed}")
    }


def peak_suppression(results: Results) -> dict[str, Quantity]:
    """By what fraction the largest phase lowers the peak."""
    return _lowered(results, _peak, _peak)


def _lowered(
    results: Results, free: Callable[[Curve], Quantity], held: Callable[[Curve], Quantity]
) -> dict[str, Quantity]:
    first, *_, last = phases(results)
    return {
        name: 1 - held(two(results, last, theory)) / free(two(results, first, theory))
        for theory, name in METHODS.items()
    }


def _last(curve: Curve) -> Quantity:
    return curve.at(-1)


def _error(results: Results, phase: float, form: str) -> Quantity:
    return largest(two(results, phase, form) - two(results, phase, "exact"))


def _peak(curve: Curve) -> Quantity:
    return curve.at(np.argmax(curve.value))


# -- inset of (b): ensembles in phase --------------------------------------------------------------


def local(results: Results, sites: int, size: int, theory: str) -> Curve:
    """Return the emission of every ensemble per N^2, shape (times, sites)."""
    run = f"sites-{sites}-size-{size}.{theory}"
    return Curve.sampled(results, "array", run, lambda ds: Curve.of(ds, "emission", size**2))


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


def identical(results: Results, size: int) -> dict[str, Quantity]:
    """Variance of I_l over the ensembles, in units of the sampling error's square, over all times.

    Ensembles in phase emit alike: what distinguishes them is sampling, and no more. Times that
    follow each other have much of their noise in common, so the average is taken to be no better
    than one of them.
    """
    found = {}
    for sites in (100, 1000):
        twa = local(results, sites, size, "twa")[1:]  # at first, nothing has been sampled
        ratio = twa.value.var(axis=1, ddof=1) / (twa.stderr**2).mean(axis=1)
        # of a variance of so many
        excess = Curve(ratio, ratio * np.sqrt(2 / (sites - 1)), twa.methods)
        spread = (twa.value.std(axis=1) / twa.value.mean(axis=1)).min()
        found[f"M = {sites}"] = excess.average().noted(f"{spread:.1%} of the mean at best")
    return found


def large_array(results: Results, sites: int) -> dict[str, Quantity]:
    """Mean square of TWA - exact over time in units of the exact peak's, without noise.

    Of the mean emission of all ensembles, of ten and of a hundred emitters each.
    """
    found = {}
    for size in (10, 100):
        exact, twa = (local(results, sites, size, theory).mean(1) for theory in THEORIES)
        found[f"N = {size}"] = mean_square((twa - exact) / exact.value.max())
    return found


def with_size(results: Results, sites: int) -> dict[str, Quantity]:
    """Largest deviation in units of the exact peak at N = 10 and 100, and by how much it falls."""
    errors = []
    for size in (10, 100):
        exact, twa = (local(results, sites, size, theory).mean(1) for theory in THEORIES)
        errors.append(largest(twa - exact) / exact.value.max())
    few, many = errors
    found = {"N = 10": few, "N = 100": many}
    # of many ensembles both errors are small
    return found if sites > 2 else found | {"N = 10 less N = 100": few - many}


# -- text: cost ------------------------------------------------------------------------------------


def cost(results: Results) -> dict[str, Quantity]:
    """Exponent of the time of a step of one trajectory against M, from M = 10."""
    size = results.settings("cost").size
    ds = results.load("cost", "waveguide.cost")
    sites, median = _times(ds.where(ds.emitters == size * ds.sites, drop=True), "sites")
    many = [k for k, count in enumerate(sites) if count >= 10]
    exponent = quantity.power_law([sites[k] for k in many], [median[k] for k in many])
    each = ", ".join(f"{1e9 * t.value / m:.1f}" for m, t in zip(sites, median, strict=True))
    note = f"{each} ns an ensemble-step at M = {', '.join(f'{m:.0f}' for m in sites)}"
    return {"exponent": exponent.noted(note)}


def cost_of_size(results: Results) -> dict[str, Quantity]:
    """Exponent of the time of a step of one trajectory of one ensemble against N."""
    ds = results.load("cost", "waveguide.cost")
    sizes, median = _times(ds.where(ds.sites == 1, drop=True), "emitters")
    each = ", ".join(f"{1e9 * t.value:.1f}" for t in median)
    note = f"{each} ns at N = {', '.join(f'{n:.0f}' for n in sizes)}"
    return {"exponent": quantity.power_law(sizes, median).noted(note)}


def _times(ds: xr.Dataset, by: str) -> tuple[list[float], list[Quantity]]:
    """Return the values of a variable and the median time of a step for each, in seconds."""
    values = sorted(set(ds[by].values.tolist()))
    times, median = (ds.seconds / ds.trajectory_steps).values, []
    for value in values:
        of = times[ds[by].values == value]
        # of a median of few: 1.25 times that of the mean
        stderr = 1.25 * of.std(ddof=1) / np.sqrt(of.size)
        median.append(Quantity(np.median(of), stderr, methods=frozenset({"ball"})))
    return values, median
