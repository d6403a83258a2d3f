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
from paper_checks.curves import Curve, jackknife, largest, mean_square, methods_of, vertex
from paper_checks.quantity import Quantity, UnmeasurableError
from workflow.results import Results, at

FORMS = {"density_eq6": "Eq. (6)", "density": "ball"}
METHODS = {"exact": "exact", **FORMS}
# the power of N that makes each of order one
SCALE = {"emission": 2, "inversion": 1, "spin_squared": 2}
PER_SIZE = {"emission": "emission/N²", "inversion": "inversion/N"}


# -- (a): accuracy -------------------------------------------------------------------------------


def pulse(results: Results, size: int, theory: str) -> xr.Dataset:
    """Return a run of (a)."""
    return results.load("pulse", f"size-{size}.{theory}").isel(site=0)


def curve(results: Results, size: int, theory: str, name: str) -> Curve:
    """Return emission per N^2 or inversion per N of (a), without sampling."""
    scale = float(size) ** SCALE[name]
    return Curve.sampled(
        results,
        "inset",
        f"sizes.{theory}",
        lambda ds: Curve.of(at(ds, size=size).isel(site=0), name, scale),
    )


def deviation(results: Results, size: int) -> dict[str, Quantity]:
    """Largest relative deviation of the emission, |TWA / exact - 1|, in three stretches of time.

    The pulse lasts until twice the time of its peak, the steady state is the last tenth.
    """
    exact = curve(results, size, "exact", "emission")
    time = results.load("inset", "sizes.exact").time.values
    early = time <= 2 * time[np.argmax(exact.value)]
    late = time > 0.9 * time[-1]
    stretches = {"pulse": early, "relaxation": ~early & ~late, "steady state": late & ~early}
    found = {}
    for form, shown in FORMS.items():
        relative = curve(results, size, form, "emission").relative(exact)
        for name, stretch in stretches.items():
            found[f"{name}, {shown}"] = largest(relative[stretch])
    return found


def inset(results: Results, form: str, size: int, name: str) -> Quantity:
    """Return max over time of |TWA - exact|, without sampling; `form` is one of FORMS.

    Of emission per N^2, <J^2> per N^2 or inversion per N; its error is that of the mesh.
    """
    return largest(curve(results, size, form, name) - curve(results, size, "exact", name))


def scaling(results: Results) -> dict[str, Quantity]:
    """Exponent of the ball's largest error against N."""
    where = results.settings("inset").sizes
    return {
        name: quantity.scaling(where, [inset(results, "density", size, name) for size in where])
        for name in PER_SIZE
    }


def ordering(results: Results) -> dict[str, Quantity]:
    """Largest ratio, over the sizes, of the error of emission to that of inversion."""
    found = {}
    for form, shown in FORMS.items():
        ratios = {}
        for size in results.settings("inset").sizes:
            emission, inversion = (inset(results, form, size, name) for name in PER_SIZE)
            ratios[size] = emission / inversion
        note = ", ".join(f"{ratio.value:.2f} at N = {size}" for size, ratio in ratios.items())
        found[shown] = max(ratios.values(), key=lambda ratio: ratio.value).noted(note)
    return found


def tens_of_thousands(results: Results) -> dict[str, Quantity]:
    """Mean square of TWA - exact Monte Carlo over time, for the largest size; without noise.

    Of the emission in units of its exact peak, of the inversion in units of N.
    """
    sizes = results.settings("monte_carlo").sizes
    found = {}
    for name in PER_SIZE:
        squares = {}
        for size in sizes:
            twa, exact = (
                Curve.sampled(
                    results,
                    "monte_carlo",
                    f"size-{size}.{theory}",
                    lambda ds, size=size, name=name: Curve.of(
                        ds.isel(site=0), name, float(size) ** SCALE[name]
                    ),
                )
                for theory in ("twa", "exact")
            )
            unit = exact.value.max() if name == "emission" else 1.0
            squares[size] = mean_square((twa - exact) / unit)
        shown = ", ".join(f"{square} at N = {size}" for size, square in squares.items())
        worst = max(squares.values(), key=lambda square: square.value)
        found[PER_SIZE[name]] = worst.noted(shown)
    return found


def single_body(results: Results) -> dict[str, Quantity]:
    """Largest ratio, over the sizes, of the error of inversion/N to that of emission/N^2."""
    worst = {}
    for form, shown in FORMS.items():
        ratios = [
            inset(results, form, size, "inversion") / inset(results, form, size, "emission")
            for size in results.settings("inset").sizes
        ]
        worst[shown] = max(ratios, key=lambda ratio: ratio.value)
    scale = np.ptp(curve(results, 100, "exact", "inversion").value)
    scale /= np.ptp(curve(results, 100, "exact", "emission").value)
    note = (
        f"for a hundred emitters the inversion/N covers {scale:.2g} times the range of emission/N²"
    )
    return {form: ratio.noted(note) for form, ratio in worst.items()}


# -- (a): single trajectories ----------------------------------------------------------------------


def length(results: Results) -> dict[str, Quantity]:
    """Exponent of <1/|J|> against N: its largest value over time, and its average.

    The average is over all times; it is as if J were of order N if it falls as 1/N.
    """
    every = sorted(member.size for member in results.settings("pulse").members)
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
    members = results.settings("pulse").members
    few, many = (pick(members, key=lambda m: m.size) for pick in (min, max))
    found, needed = {}, []
    for name, place in (("pulse", None), ("last time", -1)):
        deviations = []
        for member in (few, many):
            emission = Curve.of(pulse(results, member.size, "twa"), "emission", member.size**2)
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
    read = {"depth": lambda t, xi: 1 - lowest(t, xi), "rise": lambda t, xi: xi[-1] - lowest(t, xi)}
    found = _compared(results, read, "squeezing", stated="depth")
    exact = parameter(results, "squeezing", "exact")
    for form, shown in FORMS.items():
        relative = parameter(results, "squeezing", form).relative(exact)
        found[f"largest relative deviation of {shown}"] = largest(relative)
    return found


def subradiant(results: Results) -> dict[str, Quantity]:
    """How well TWA follows s until it is lowest: relative deviation, crossing of one, minimum."""
    read = {"minimum": lowest, "time of s = 1": crossing}
    found = _compared(results, read, "subradiance", stated="minimum")
    exact = parameter(results, "subradiance", "exact")
    until = np.arange(exact.value.size) <= int(np.argmin(exact.value))
    for form, shown in FORMS.items():
        relative = parameter(results, "subradiance", form).relative(exact)
        found[f"largest relative deviation of {shown}"] = largest(relative[until])
    return found


def precursor(results: Results) -> dict[str, Quantity]:
    """By how much s falls below one earlier than xi^2."""
    return {name: lead for name, lead in _leads(results).items() if "/" not in name}


def lead(results: Results) -> dict[str, Quantity]:
    """Return the same of both forms over the exact one."""
    return {name: lead for name, lead in _leads(results).items() if "/" in name}


def _leads(results: Results) -> dict[str, Quantity]:
    read = {"lead": lambda t, s, xi: crossing(t, xi) - crossing(t, s)}
    return _compared(results, read, "subradiance", "squeezing", stated="lead")


def _compared(
    results: Results, read: dict[str, Callable[..., float]], *names: str, stated: str
) -> dict[str, Quantity]:
    """Return what each form has of the exact numbers, and of one of them the numbers themselves."""
    found = {}
    for what, function in read.items():
        each = {
            theory: quantity.attempt(_read_off, results, theory, function, *names)
            for theory in METHODS
        }
        if what == stated:
            found |= {f"{what}, {shown}": each[theory] for theory, shown in METHODS.items()}
        for form, shown in FORMS.items():
            found[f"{what}, {shown} / exact"] = each[form] / each["exact"]
    return found


def breakdown(results: Results, border: float) -> dict[str, Quantity]:
    """Largest relative deviation of emission, s and xi^2 where <J+J-> is above a border.

    Over that where it is not; over the times of (b).
    """
    dark = weak(results, "exact").emission.values <= border
    found = {}
    for name, letter in (("emission", "<J+J->"), ("subradiance", "s"), ("squeezing", "ξ²")):
        exact = parameter(results, name, "exact")
        for form, shown in FORMS.items():
            relative = parameter(results, name, form).relative(exact)
            inside, outside = largest(relative[dark]), largest(relative[~dark])
            note = f"{outside} where <J+J-> is above {border:g}, {inside} where it is not"
            found[f"{letter}, {shown}"] = (outside / inside).noted(note)
    return found


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
    exact, ball = (parameter(results, "squeezing", theory) for theory in ("exact", "density"))
    relative = ball.relative(exact)
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
    for theory, name in {"mean_field": "mean field", **METHODS}.items():
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
