"""Numbers behind the claims about the laser at two times, from the data of the workflow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from blochball import System
from figures.linewidth.runs import limit
from paper_checks.curves import Array, Curve, jackknife, largest, methods_of
from paper_checks.quantity import Quantity
from workflow.results import Results, at

# -- lines ---------------------------------------------------------------------------------------


def sizes(results: Results, theory: str = "twa") -> list[int]:
    """Return the emitters of the lasers, all of them or those that are solved exactly, too."""
    members = results.settings("lines").members
    return sorted(m.size for m in members if theory != "exact" or m.exact != "none")


def pumps(results: Results) -> Sequence[float]:
    """Return the pumps in units of N Gamma."""
    pumps: tuple[float, ...] = results.settings("lines").pumps_in_N_gamma
    return pumps


def _of(results: Results, family: str, theory: str, labels: Sequence[str]) -> xr.Dataset:
    return results.load(family, f"{theory}.correlations").sel(label=list(labels))


def widths(results: Results, size: int, theory: str) -> Curve:
    """Return the linewidth over Gamma against the pump."""
    labels = [f"{size}-{pump}" for pump in pumps(results)]
    return Curve.of(_of(results, "lines", theory, labels), "linewidth")


def _average(curve: Curve) -> Quantity:
    """Return the mean of independent values, weighted by their errors."""
    value, stderr = curve.value, curve.stderr
    weight = stderr**-2.0
    mean = Quantity(
        float(weight @ value / weight.sum()), float(weight.sum() ** -0.5), methods=curve.methods
    )
    where = int(np.argmax(np.abs(value - 1)))
    return mean.noted(f"farthest from one: {curve.at(where)}")


def accuracy(results: Results) -> dict[str, Quantity]:
    """Linewidth of TWA over the exact one: its average over the pumps, and how it scatters.

    That is the mean square of its relative error, without noise.
    """
    found = {}
    for size in sizes(results, "exact")[:2]:
        twa, exact = (widths(results, size, theory) for theory in ("twa", "exact"))
        relative = twa.relative(exact)
        square, noise = relative.value**2, relative.stderr**2
        # of the square of a number that is known with noise
        known = np.maximum(square - noise, 0)
        error = np.sqrt((4 * known * noise + 2 * noise**2).sum()) / square.size
        note = ", ".join(f"{q:+.2g}" for q in relative.value) + " at the pumps"
        ratio = replace(relative, value=relative.value + 1)
        found[f"N = {size}"] = _average(ratio).noted(note)
        found[f"N = {size}, mean square"] = Quantity(
            (square - noise).mean(), error, methods=relative.methods
        )
    return found


def law(results: Results) -> dict[str, Quantity]:
    """Linewidth of the largest laser over the closed form: of TWA, and of cumulants."""
    size = sizes(results)[-1]
    closed = limit(np.array(pumps(results)))
    twa, cumulants = (widths(results, size, theory) / closed for theory in ("twa", "cumulants"))
    low, high = (int(pick(cumulants.value)) for pick in (np.argmin, np.argmax))
    note = f"N = {size:,}"
    return {
        "TWA / closed form": _average(twa),
        "cumulants / closed form, smallest": cumulants.at(low).noted(note),
        "cumulants / closed form, largest": cumulants.at(high).noted(note),
    }


def order(results: Results) -> dict[str, Quantity]:
    """Largest error of <L^+(tau) L(0)> over all delays and pumps, as a share of <L^+ L>."""
    size = sizes(results, "exact")[0]
    labels = [f"{size}-{pump}" for pump in pumps(results)]
    twa, exact = (_of(results, "lines", theory, labels) for theory in ("twa", "exact"))
    intensity = exact.first_order.isel(delay=[0]).values
    share = np.abs(twa.first_order.values - exact.first_order.values) / intensity
    # of one standard error or more where there is nothing but noise: an upper bound
    where = np.unravel_index(np.argmax(share), share.shape)
    error = (twa.first_order_stderr.values / intensity)[where]
    methods = methods_of(twa) | methods_of(exact)
    return {"largest error": Quantity(share[where], error, f"pump {labels[where[0]]}", methods)}


# -- photon statistics ---------------------------------------------------------------------------


def g2(results: Results, size: int, theory: str) -> Curve:
    """Return g2(0) against the pump."""
    labels = [f"{size}-{pump}" for pump in results.settings("coherence").pumps(size)]
    return Curve.of(_of(results, "coherence", theory, labels), "g2")


def thresholds(results: Results) -> dict[str, Quantity]:
    """g2(0) below, between and above the thresholds, of the largest laser; errors of a smaller."""
    settings = results.settings("coherence")
    large, size = g2(results, settings.large, "twa"), max(settings.sizes)
    away = g2(results, size, "twa") - g2(results, size, "exact")
    where = int(np.argmax(np.abs(away.value)))
    pump = settings.pumps(size)[where]
    return {
        "weakest pump": large.at(0),
        "smallest": large.at(int(np.argmin(large.value))),
        "strongest pump": large.at(-1),
        "largest error": abs(away.at(where)).noted(f"N = {size}, pump {pump:.3g} Γ"),
    }


# -- two ensembles -------------------------------------------------------------------------------


def frequencies(results: Results, which: str) -> Array:
    """Return frequencies over N_tot Gamma, from 0 on; `which` is small or large."""
    settings = results.settings("synchronisation")
    count = settings.small_frequencies if which == "small" else settings.frequencies
    return np.linspace(0, settings.highest_in_N_tot_gamma, count)


def spectrum(results: Results, run: str, detuning: float) -> Curve:
    """Return the spectrum of one of the runs at a detuning."""
    return Curve.of(
        at(results.load("synchronisation", f"{run}.spectrum"), detuning=detuning), "spectrum"
    )


def synchronisation(results: Results) -> dict[str, Quantity]:
    """Spectrum in the middle over its highest value, with little and much detuning; errors."""
    settings = results.settings("synchronisation")
    found, errors = {}, []
    few, many = settings.small_detunings_in_N_tot_gamma, settings.detunings_in_N_tot_gamma
    for run, shown, detunings in (
        ("small-exact", "few, exact", few),
        ("small-twa", "few, TWA", few),
        ("large-twa", "many, TWA", many),
    ):
        for name, detuning in (("one line", min(detunings)), ("two lines", max(detunings))):
            curve = spectrum(results, run, detuning)
            top = int(np.argmax(curve.value))
            ratio = curve.at(0) / curve.at(top)
            if top == 0:  # of one number over itself: the error is that of the number
                ratio = Quantity(1.0, curve.stderr[0] / curve.value[0], methods=curve.methods)
            found[f"{name}, {shown}"] = ratio
    for detuning in few:
        exact, twa = (spectrum(results, f"small-{t}", detuning) for t in ("exact", "twa"))
        away = (twa - exact) / exact.value.max()
        errors.append(abs(away.at(int(np.argmax(np.abs(away.value))))))
    found["largest error, few"] = max(errors, key=lambda error: error.value)
    return found


# -- chains --------------------------------------------------------------------------------------


def forward(results: Results, run: str, what: str, drive: float) -> Curve:
    """Return "spectrum" or "g2" of the forward light of the "chain", or of a short one."""
    run += {"spectrum": ".spectrum", "g2": ".photons"}[what]
    return Curve.sampled(results, "forward", run, lambda ds: Curve.of(at(ds, drive=drive), what))


def sum_rule(results: Results) -> dict[str, Quantity]:
    """Light in the spectrum and the coherent light, over the output that `twa.solve` finds."""
    settings = results.settings("forward")
    _, weights = settings.chain.frequencies(settings.frequencies)
    shares = weights / (2 * np.pi)
    found = {}
    for name, drive in _drives(results):
        spectra = [at(ds, drive=drive) for ds in results.batches("forward", "chain.spectrum")]
        light = jackknife(lambda ds: float(shares @ ds.spectrum.values), spectra)
        late = [at(ds, drive=drive) for ds in results.batches("forward", "chain.twa")]
        whole = light / jackknife(_output, late) + jackknife(_coherent_share, late)
        found[f"spectrum and output, {name}"] = whole
    return found


def output(results: Results, drive: float) -> float:
    """<L+ L> of the forward channel of the long chain, as `twa.solve` finds it at late times."""
    return _output(at(results.load("forward", "chain.twa"), drive=drive))


def _drives(results: Results) -> list[tuple[str, float]]:
    """Return the smallest and the largest drive with their names."""
    drives = results.settings("forward").drives_in_pump
    return [("no drive", min(drives)), ("driven", max(drives))]


def _output(ds: xr.Dataset) -> float:
    return float(ds.output.sel(channel="forward").mean())


def _coherent_share(ds: xr.Dataset) -> float:
    """Return |<L>|^2 / <L^+ L> of the forward channel."""
    system = System.from_json(ds.attrs["system"])
    weights = np.array(system.jumps[system.channels.index("forward")].weights)
    field = ((ds.spin_x - 1j * ds.spin_y).values @ weights).mean()
    return float(abs(field) ** 2 / _output(ds))


def short_chain(results: Results) -> dict[str, Quantity]:
    """Largest error of the spectrum over its maximum, and the error of g2(0)."""
    found = {}
    for name, drive in _drives(results):
        for what in ("spectrum", "g2"):
            exact, twa = (forward(results, f"short-{t}", what, drive) for t in ("exact", "twa"))
            away = (twa - exact) / (exact.value.max() if what == "spectrum" else 1.0)
            found[f"{what}, {name}"] = largest(away) if what == "spectrum" else abs(away.at(0))
    return found


def statistics(results: Results) -> dict[str, Quantity]:
    """g2(0) of the forward light of the long chain."""
    return {name: forward(results, "chain", "g2", d).at(0) for name, d in _drives(results)}
