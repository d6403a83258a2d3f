"""Numbers behind the claims about Fig. 2, measured from the data of the workflow.

Every function takes the `Results` and returns named Quantities; nothing here knows what the paper
says about them (that is claims.yaml).
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from blochball import observables
from paper_checks import quantity
from paper_checks.quantity import Curve, Quantity, UnmeasurableError, largest, resolved
from workflow.results import Results

THEORIES = {"exact": "exact", "twa": "TWA"}


# -- (a) -----------------------------------------------------------------------------------------


def deviation(results: Results, size: int) -> dict[str, Quantity]:
    """Largest relative deviation of the emission, |TWA / exact - 1|, in three stretches of time.

    The pulse lasts until twice the time of its peak, the steady state is the last tenth.
    """
    exact, twa = (Curve.of(_pulse(results, size, theory), "emission") for theory in THEORIES)
    time = _pulse(results, size, "exact").time.values
    pulse = time <= 2 * time[np.argmax(exact.value)]
    late = time > 0.9 * time[-1]
    stretches = {"pulse": pulse, "relaxation": ~pulse & ~late, "steady state": late & ~pulse}
    relative = twa.relative(exact)
    return {name: largest(relative[stretch]) for name, stretch in stretches.items()}


def sizes(results: Results) -> list[int]:
    """Return the sizes of (a) with an exact solution, in order."""
    return sorted(member.size for member in results.settings("pulse").members if member.exact)


def largest_error(results: Results, size: int, name: str) -> Quantity:
    """Return max over time of |TWA - exact|; `name` is "emission" (per N^2) or "inversion" (N)."""
    scale = size**2 if name == "emission" else size
    exact, twa = (Curve.of(_pulse(results, size, theory), name, scale) for theory in THEORIES)
    return largest(twa - exact)


def scaling(results: Results) -> dict[str, Quantity]:
    """Exponent of the largest error against N, of the sizes where it is resolved."""
    where = sizes(results)
    return {
        name: quantity.scaling(where, [largest_error(results, size, name) for size in where])
        for name in ("emission", "inversion")
    }


def ordering(results: Results) -> dict[str, Quantity]:
    """Largest ratio, over the sizes, of the error of emission to that of inversion."""
    pairs = {
        size: [largest_error(results, size, name) for name in ("emission", "inversion")]
        for size in sizes(results)
    }
    # an unresolved emission error is an upper limit, which is good enough for a ratio below one
    ratios = {size: e / i for size, (e, i) in pairs.items() if resolved([i])[0]}
    if not ratios:
        raise UnmeasurableError("the error of the inversion is resolved at no size")
    note = f"largest of N = {', '.join(map(str, ratios))}"
    return {"ratio": max(ratios.values(), key=lambda ratio: ratio.value).noted(note)}


def sampling(results: Results) -> dict[str, Quantity]:
    """How the deviation from exact falls with the number of trajectories.

    The root mean square, over time and repeats, of TWA - exact for emission; and how it compares
    with the standard error that the solver reports.
    """
    size = results.settings("sampling").size
    twa = results.load("sampling", f"size-{size}.twa").isel(site=0)
    exact = _pulse(results, size, "exact")
    # at time 0 emission has no spread worth the name; what matters is the pulse and after
    deviation = (twa.emission - exact.emission.values)[:, 1:].values
    pull = deviation / twa.emission_stderr.values[:, 1:]
    counts = sorted(set(twa.trajectories.values.tolist()))
    rms, pulls = [], []
    for count in counts:
        of = twa.trajectories.values == count
        squares = (deviation[of] ** 2).mean(axis=1)  # one number a repeat
        rms.append(_mean(squares) ** 0.5)
        pulls.extend((pull[of] ** 2).mean(axis=1))
    note = f"{counts[0]} to {counts[-1]} trajectories, {int(of.sum())} runs of each"
    return {
        "exponent": quantity.power_law(counts, rms).noted(note),
        "(deviation / reported standard error)²": _mean(np.array(pulls)),
    }


def _mean(values: np.ndarray) -> Quantity:
    """Return the mean of independent repeats."""
    stderr = values.std(ddof=1) / np.sqrt(values.size)
    return Quantity(values.mean(), stderr, methods=frozenset({"ball", "exact"}))


# -- (b) -----------------------------------------------------------------------------------------


def squeezed(results: Results) -> dict[str, Quantity]:
    """Minimum of xi^2, its rise afterwards, and how far TWA is from exact."""
    exact, twa = (parameter(results, "squeezing", theory) for theory in THEORIES)
    lowest = twa.at(np.argmin(twa.value))
    return {
        "minimum, exact": exact.at(np.argmin(exact.value)),
        "minimum, TWA": lowest,
        "last minus minimum, TWA": twa.at(-1) - lowest,
        "largest relative deviation of TWA": largest(twa.relative(exact)),
    }


def precursor(results: Results) -> dict[str, Quantity]:
    """Minimum of s, and by how much s falls below one earlier than xi^2."""
    found = {}
    times = weak(results, "exact").time.values
    for theory, name in THEORIES.items():
        s, xi = (parameter(results, kind, theory) for kind in ("subradiance", "squeezing"))
        found[f"minimum of s, {name}"] = s.at(np.argmin(s.value))
        first, second = crossing(times, s), crossing(times, xi)
        found[f"lead, {name}"] = second - first if np.isfinite(first.value) else -first
    return found


def breakdown(results: Results) -> dict[str, Quantity]:
    """Relative deviation of the emission where <J+J-> is of order one, and where it is larger.

    The times of (b) and the pumps of its inset, taken together and split at `LARGE`.
    """
    size = results.settings("pump_sweep").size
    twa = results.load("pump_sweep", f"size-{size}.twa").isel(site=0)
    exact = results.load("pump_sweep", f"size-{size}.exact").isel(site=0).sel(pump=twa.pump)
    pairs = [(exact.squeeze(drop=True), twa.squeeze(drop=True))]
    pairs.append((weak(results, "exact"), weak(results, "twa")))
    found = {}
    for name, dark in (("of order one", True), ("larger", False)):
        worst = []
        for judge, sampled in pairs:
            expected, emission = (Curve.of(ds, "emission") for ds in (judge, sampled))
            where = (expected.value <= LARGE) == dark
            if where.any():
                worst.append(largest(emission.relative(expected)[where]))
        if not worst:
            raise UnmeasurableError(f"<J+J-> is nowhere {name}")
        found[f"largest deviation, <J+J-> {name}"] = max(worst, key=lambda one: one.value)
    return found


LARGE = 3.0


def mean_field(results: Results) -> dict[str, Quantity]:
    """Minimum of s over time in mean field, exactly, and in TWA."""
    found = {}
    for theory, name in {"mean_field": "mean field", **THEORIES}.items():
        s = parameter(results, "subradiance", theory)
        found[f"minimum of s, {name}"] = s.at(np.argmin(s.value))
    return found


# -- reading -------------------------------------------------------------------------------------


def _pulse(results: Results, size: int, theory: str) -> xr.Dataset:
    return results.load("pulse", f"size-{size}.{theory}").isel(site=0)


def weak(results: Results, theory: str) -> xr.Dataset:
    """Return a run of the weakly pumped ensemble of (b)."""
    size = results.settings("squeezing").size
    return results.load("squeezing", f"size-{size}.{theory}").isel(site=0)


def parameter(results: Results, name: str, theory: str) -> Curve:
    """Return "squeezing" or "subradiance" of (b)."""
    # observables take Datasets with sites
    ds = weak(results, theory).expand_dims("site", 1)
    return Curve.derived(ds, getattr(observables, name))


def crossing(times: np.ndarray, curve: Curve) -> Quantity:
    """Return when a curve first falls below one, by linear interpolation.

    Below by four standard errors: full inversion begins at one, of which sampling may fall short by
    chance. Infinity if it never does.
    """
    value, stderr = curve.value, curve.stderr
    below = np.flatnonzero(value < 1 - 4 * stderr)
    if not below.size:
        return Quantity(np.inf, methods=curve.methods)
    above = np.flatnonzero(value[: below[0]] >= 1)
    if not above.size:
        return Quantity(times[0], methods=curve.methods)
    before = int(above[-1])
    slope = (value[before + 1] - value[before]) / (times[before + 1] - times[before])
    when = times[before] + (1 - value[before]) / slope
    return Quantity(when, stderr[before + 1] / abs(slope), methods=curve.methods)
