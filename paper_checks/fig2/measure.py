"""Numbers behind the claims about Fig. 2, measured from the data of the workflow.

Every function takes the `Results` and returns named Quantities; nothing here knows what the paper
says about them (that is claims.yaml).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from blochball import observables
from paper_checks import quantity
from paper_checks.curves import Curve, jackknife, largest, methods_of, vertex
from paper_checks.quantity import Quantity, UnmeasurableError
from workflow.results import Results, at

THEORIES = {"exact": "exact", "twa": "TWA"}
FORMS = {"density_eq6": "Eq. (6)", "density": "ball"}
SCALE = {"emission": 2, "inversion": 1}  # the power of N that makes each of order one


# -- (a): accuracy -------------------------------------------------------------------------------


def sizes(results: Results) -> list[int]:
    """Return the sizes of (a) with an exact solution, in order."""
    return sorted(member.size for member in results.settings("pulse").members if member.exact)


def pulse(results: Results, size: int, theory: str) -> xr.Dataset:
    """Return a run of (a)."""
    return results.load("pulse", f"size-{size}.{theory}").isel(site=0)


def curve(results: Results, size: int, theory: str, name: str) -> Curve:
    """Return emission per N^2 or inversion per N of (a)."""
    scale = float(size) ** SCALE[name]
    return Curve.sampled(
        results,
        "pulse",
        f"size-{size}.{theory}",
        lambda ds: Curve.of(ds.isel(site=0), name, scale),
    )


def deviation(results: Results, size: int) -> dict[str, Quantity]:
    """Largest relative deviation of the emission, |TWA / exact - 1|, in three stretches of time.

    The pulse lasts until twice the time of its peak, the steady state is the last tenth.
    """
    exact, twa = (curve(results, size, theory, "emission") for theory in THEORIES)
    time = pulse(results, size, "exact").time.values
    early = time <= 2 * time[np.argmax(exact.value)]
    late = time > 0.9 * time[-1]
    stretches = {"pulse": early, "relaxation": ~early & ~late, "steady state": late & ~early}
    relative = twa.relative(exact)
    return {name: largest(relative[stretch]) for name, stretch in stretches.items()}


def inset(results: Results, form: str, size: int, name: str) -> Quantity:
    """Return max over time of |TWA - exact|, without sampling; `form` is one of FORMS.

    Of emission per N^2 or inversion per N; its error is that of the mesh.
    """
    scale = float(size) ** SCALE[name]

    def curve(theory: str) -> Curve:
        ds = at(results.load("inset", f"sizes.{theory}"), size=size).isel(site=0)
        # sampled, where a control has wrong physics
        error = next((f"{name}_{e}" for e in ("grid_error", "stderr") if f"{name}_{e}" in ds), None)
        stderr = ds[error].values if error else 0 * ds[name].values
        return Curve(ds[name].values / scale, stderr / scale, methods_of(ds))

    return largest(curve(form) - curve("exact"))


def scaling(results: Results) -> dict[str, Quantity]:
    """Exponent of the ball's largest error against N."""
    where = results.settings("inset").sizes
    return {
        name: quantity.scaling(where, [inset(results, "density", size, name) for size in where])
        for name in SCALE
    }


def ordering(results: Results) -> dict[str, Quantity]:
    """Largest ratio, over the sizes, of the error of emission to that of inversion."""
    found = {}
    for form, shown in FORMS.items():
        ratios = {}
        for size in results.settings("inset").sizes:
            emission, inversion = (inset(results, form, size, name) for name in SCALE)
            ratios[size] = emission / inversion
        note = ", ".join(f"{ratio.value:.2f} at N = {size}" for size, ratio in ratios.items())
        found[shown] = max(ratios.values(), key=lambda ratio: ratio.value).noted(note)
    return found


# -- (a): single trajectories ----------------------------------------------------------------------


def length(results: Results) -> dict[str, Quantity]:
    """Exponent of <1/|J|> against N: its largest value over time, and its average.

    The average is over all times; it is as if J were of order N if it falls as 1/N.
    """
    members = sorted(results.settings("pulse").members, key=lambda member: member.size)
    # of strata only moments are kept
    every = [
        member.size for member in members if "inverse_length" in pulse(results, member.size, "twa")
    ]
    largest_of, average = [], []
    for size in every:
        inverse = Curve.of(pulse(results, size, "twa"), "inverse_length")
        largest_of.append(largest(inverse))
        average.append(inverse.average())
    shown = ", ".join(f"{size * q.value:.2f}" for size, q in zip(every, average, strict=True))
    note = f"N <1/|J|> = {shown} at N = {', '.join(map(str, every))}"
    return {
        "exponent of the average": quantity.power_law(every, average).noted(note),
        "exponent of the largest": quantity.power_law(every, largest_of),
    }


def spread(results: Results) -> dict[str, Quantity]:
    """Spread of a single trajectory's emission/N^2: of the largest size over that of the smallest.

    At the largest spread in time, and at the last time; and how many trajectories bring the
    sampling error of the highest emission down to one thousandth of it.
    """
    plain = [m for m in results.settings("pulse").members if not m.strata]
    few, many = (pick(plain, key=lambda m: m.size) for pick in (min, max))
    found, needed = {}, []
    for name, place in (("pulse", None), ("steady state", -1)):
        deviations = []
        for member in (few, many):
            emission = curve(results, member.size, "twa", "emission")
            single = emission.stderr * np.sqrt(member.trajectories)
            where = int(np.argmax(single)) if place is None else place
            # of a standard deviation; emission is spread exponentially, with a fourth moment of 9
            error = single[where] * np.sqrt(2 / member.trajectories)
            deviations.append(Quantity(single[where], error, methods=emission.methods))
            if place is None:
                height = emission.value.max()
                needed.append((deviations[-1] / (1e-3 * height)) ** 2)
        small, large = deviations
        note = f"{small} at N = {few.size}, {large} at N = {many.size}"
        found[f"{name}, ratio"] = (large / small).noted(note)
    found["trajectories for 0.1%"] = max(needed, key=lambda count: count.value)
    return found


def sampling(results: Results) -> dict[str, Quantity]:
    """How the deviation from exact falls with the number of trajectories.

    The root mean square, over time and repeats, of TWA - exact for emission; and how it compares
    with the standard error that the solver reports.
    """
    size = results.settings("sampling").size
    twa = results.load("sampling", f"size-{size}.twa").isel(site=0)
    exact = pulse(results, size, "exact")
    # at time 0 emission has no spread worth the name; what matters is the pulse and after
    deviation = (twa.emission - exact.emission.values)[:, 1:].values
    pull = deviation / twa.emission_stderr.values[:, 1:]
    counts = sorted(set(twa.trajectories.values.tolist()))
    methods = methods_of(twa) | methods_of(exact)
    rms, pulls = [], []
    for count in counts:
        of = twa.trajectories.values == count
        squares = (deviation[of] ** 2).mean(axis=1)  # one number a repeat
        rms.append(_mean(squares, methods) ** 0.5)
        pulls.extend((pull[of] ** 2).mean(axis=1))
    note = f"{counts[0]} to {counts[-1]} trajectories, {int(of.sum())} runs of each"
    return {
        "exponent": quantity.power_law(counts, rms).noted(note),
        "(deviation / reported standard error)²": _mean(np.array(pulls), methods),
    }


def _mean(values: np.ndarray, methods: frozenset[str]) -> Quantity:
    """Return the mean of independent repeats."""
    return Quantity(values.mean(), values.std(ddof=1) / np.sqrt(values.size), methods=methods)


# -- (b) -----------------------------------------------------------------------------------------


def weak(results: Results, theory: str) -> xr.Dataset:
    """Return a run of the weakly pumped ensemble of (b)."""
    return results.load("squeezing", _weak(results, theory)).isel(site=0)


def _weak(results: Results, theory: str) -> str:
    return f"size-{results.settings('squeezing').size}.{theory}"


def parameter(results: Results, name: str, theory: str) -> Curve:
    """Return "squeezing" or "subradiance" of (b), or "emission"."""

    def pick(ds: xr.Dataset) -> Curve:
        if name == "emission":
            return Curve.of(ds.isel(site=0), name)
        return Curve.derived(ds, getattr(observables, name))

    return Curve.sampled(results, "squeezing", _weak(results, theory), pick)


def _read_off(
    results: Results, theory: str, function: Callable[..., float], *names: str
) -> Quantity:
    """Return what a function of the times and of the values of some parameters says."""

    def number(ds: xr.Dataset) -> float:
        values = (getattr(observables, name)(ds).isel(site=0).values for name in names)
        return float(function(ds.time.values, *values))

    return jackknife(number, results.batches("squeezing", _weak(results, theory)))


def lowest(times: np.ndarray, values: np.ndarray) -> float:
    """Return the smallest value, of a smooth curve through its surroundings below one."""
    return 1 - vertex(times, 1 - values, share=0.97)[1]


def squeezed(results: Results) -> dict[str, Quantity]:
    """Depth of the dip of xi^2 below one, rise from there, and how far TWA is from exact."""
    depths, rises = {}, {}
    for theory in THEORIES:
        depths[theory] = _read_off(results, theory, lambda t, xi: 1 - lowest(t, xi), "squeezing")
        rises[theory] = _read_off(
            results, theory, lambda t, xi: xi[-1] - lowest(t, xi), "squeezing"
        )
    exact, twa = (parameter(results, "squeezing", theory) for theory in THEORIES)
    return {
        "depth, exact": depths["exact"],
        "depth, TWA": depths["twa"],
        "depth, TWA / exact": depths["twa"] / depths["exact"],
        "rise, TWA / exact": rises["twa"] / rises["exact"],
        "largest relative deviation of TWA": largest(twa.relative(exact)),
    }


def subradiant(results: Results) -> dict[str, Quantity]:
    """How well TWA follows s until it is lowest: relative deviation, crossing of one, minimum."""
    exact, twa = (parameter(results, "subradiance", theory) for theory in THEORIES)
    until = np.arange(exact.value.size) <= int(np.argmin(exact.value))
    crossings = {
        t: quantity.attempt(_read_off, results, t, crossing, "subradiance") for t in THEORIES
    }
    minima = {t: _read_off(results, t, lowest, "subradiance") for t in THEORIES}
    return {
        "minimum, exact": minima["exact"],
        "minimum, TWA": minima["twa"],
        "minimum, TWA / exact": minima["twa"] / minima["exact"],
        "time of s = 1, TWA / exact": crossings["twa"] / crossings["exact"],
        "largest relative deviation of TWA": largest(twa.relative(exact)[until]),
    }


def precursor(results: Results) -> dict[str, Quantity]:
    """By how much s falls below one earlier than xi^2."""
    leads = {}
    for theory in THEORIES:
        names = "subradiance", "squeezing"
        leads[theory] = _read_off(
            results, theory, lambda t, s, xi: crossing(t, xi) - crossing(t, s), *names
        )
    found = {f"lead, {name}": leads[theory] for theory, name in THEORIES.items()}
    return found | {"lead, TWA / exact": leads["twa"] / leads["exact"]}


def breakdown(results: Results, border: float) -> dict[str, Quantity]:
    """Largest relative deviation of emission, s and xi^2 where <J+J-> is above a border.

    Over the times of (b); below the border in the notes.
    """
    dark = weak(results, "exact").emission.values <= border
    found = {}
    for name, shown in (("emission", "<J+J->"), ("subradiance", "s"), ("squeezing", "ξ²")):
        exact, twa = (parameter(results, name, theory) for theory in THEORIES)
        relative = twa.relative(exact)
        note = f"{largest(relative[dark])} where <J+J-> is at most {border:g}"
        found[shown] = largest(relative[~dark]).noted(note)
    return found


def pumps(results: Results, border: float) -> dict[str, Quantity]:
    """Largest relative deviation of the steady <J+J->, over all pumps for which it is larger."""
    run = f"size-{results.settings('pump_sweep').size}"
    exact, twa = (results.load("pump_sweep", f"{run}.{theory}") for theory in THEORIES)
    exact = exact.sel(pump=twa.pump)
    expected, sampled = (
        Curve.of(ds.isel(site=0).squeeze(drop=True), "emission") for ds in (exact, twa)
    )
    bright = expected.value > border
    pump = twa.pump.values[bright]
    deviations = sampled.relative(expected)[bright]
    note = f"pumps of {pump.min():.3g} Γ to {pump.max():.3g} Γ"
    return {"largest deviation": largest(deviations).noted(note)}


def diagnostic(results: Results) -> dict[str, Quantity]:
    """Length of the spins where the ensemble is darkest, and which of both tells of errors.

    The deviation of xi^2 where the spins are shortest, over that where the ensemble is darkest.
    """
    expected = parameter(results, "emission", "exact").value
    ds = weak(results, "twa")
    inverse = Curve.of(ds, "inverse_length")
    # before the pulse the ensemble is dark, too: fully inverted it emits little per N^2
    after = int(np.argmax(expected))
    dark = after + int(np.argmin(expected[after:]))
    short = int(np.argmax(inverse.value))
    exact, twa = (parameter(results, "squeezing", theory) for theory in THEORIES)
    relative = twa.relative(exact)
    places = {
        name: f"Γt = {ds.time.values[k]:.2g}, <J+J-> = {expected[k]:.2g}, <1/|J|> = "
        f"{inverse.value[k]:.2g}, ξ² off by {relative.value[k]:.1%}"
        for name, k in (("darkest", dark), ("shortest", short))
    }
    ratio = abs(relative.at(short)) / abs(relative.at(dark))
    return {
        "<1/|J|> where <J+J-> is lowest": inverse.at(dark).noted(places["darkest"]),
        "deviation of ξ², shortest over darkest": ratio.noted(places["shortest"]),
    }


def mean_field(results: Results) -> dict[str, Quantity]:
    """Minimum of s over time in mean field, exactly, and in TWA."""
    found = {}
    for theory, name in {"mean_field": "mean field", **THEORIES}.items():
        found[f"minimum of s, {name}"] = _read_off(results, theory, lowest, "subradiance")
    return found


def crossing(times: np.ndarray, values: np.ndarray) -> float:
    """Return when a curve falls below one for good before its minimum, by linear interpolation.

    Full inversion begins at one, of which sampling may fall short by chance: what counts is the
    last crossing on the way to the minimum, and the first time if there is none.

    Raises
    ------
    UnmeasurableError
        If it is never below one.
    """
    least = int(np.argmin(values))
    if values[least] >= 1:
        raise UnmeasurableError("it never falls below one")
    above = np.flatnonzero(values[:least] >= 1)
    if not above.size:
        return float(times[0])
    before = int(above[-1])
    slope = (values[before + 1] - values[before]) / (times[before + 1] - times[before])
    return float(times[before] + (1 - values[before]) / slope)
