"""Numbers behind the claims about Fig. 2, measured from the data of the workflow.

Every function takes the `Results` and returns named Quantities; nothing here knows what the paper
says about them (that is claims.yaml).
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball import observables
from paper_checks.ledger import Quantity
from workflow.results import Results

Array = NDArray[np.float64]

# an error counts as seen if it is this many standard errors; below, the largest of many noisy
# differences is just noise
RESOLVED = 5


# -- (a) -----------------------------------------------------------------------------------------


def deviation(results: Results, size: int) -> dict[str, Quantity]:
    """Largest relative deviation of the emission, |TWA / exact - 1|, in three stretches of time.

    The pulse lasts until twice the time of its peak, the steady state is the last tenth.
    """
    exact, twa = (_curve(results, size, theory) for theory in ("exact", "twa"))
    expected = exact.emission.values
    relative = np.abs(twa.emission.values / expected - 1)
    stderr = twa.emission_stderr.values / expected
    peak = exact.time.values[np.argmax(expected)]
    time = exact.time.values / exact.time.values[-1]
    pulse = time <= 2 * peak / exact.time.values[-1]
    late = time > 0.9
    stretches = {"pulse": pulse, "relaxation": ~pulse & ~late, "steady state": late & ~pulse}
    found = {}
    for name, stretch in stretches.items():
        where = np.flatnonzero(stretch)[np.argmax(relative[stretch])]
        found[name] = Quantity(float(relative[where]), float(stderr[where]))
    return found


def largest_errors(results: Results, name: str) -> tuple[Array, Array, Array]:
    """Return sizes, max over time of |TWA - exact|, and the standard error at that time.

    `name` is "emission" (per N^2) or "inversion" (per N); all sizes with an exact solution.
    """
    rows = []
    for member in sorted(results.settings("pulse").members, key=lambda member: member.size):
        if not member.exact:
            continue
        size = member.size
        scale = size**2 if name == "emission" else size
        exact, twa = (_curve(results, size, theory) for theory in ("exact", "twa"))
        error = np.abs(twa[name].values - exact[name].values) / scale
        where = int(np.argmax(error))
        rows.append((size, error[where], twa[f"{name}_stderr"].values[where] / scale))
    size, error, stderr = np.array(rows, dtype=float).T
    return size, error, stderr


def resolved(error: Array, stderr: Array) -> NDArray[np.bool_]:
    """Return which errors stand clear of the sampling error."""
    return error > RESOLVED * stderr


def scaling(results: Results) -> dict[str, Quantity]:
    """Exponent of the largest error against N, of the sizes where it is resolved."""
    found = {}
    for name in ("emission", "inversion"):
        size, error, stderr = largest_errors(results, name)
        seen = resolved(error, stderr)
        if seen.sum() < 3:
            found[name] = Quantity(0.0, np.inf, "fewer than three sizes are resolved")
            continue
        slope, uncertainty = power_law(size[seen], error[seen], stderr[seen] / error[seen])
        floor = np.median(stderr[size >= size[seen].max()])
        note = f"N = {size[seen].min():.0f} to {size[seen].max():.0f}; sampling floor {floor:.0e}"
        found[name] = Quantity(slope, uncertainty, note)
    return found


def power_law(x: Array, y: Array, relative_stderr: Array) -> tuple[float, float]:
    """Return exponent and standard error of a weighted straight line through log y against log x.

    The points need not lie on a power law to within their errors: a common scatter is added to
    all of them until chi^2 per degree of freedom is one (Paule & Mandel, 1982), so that the few
    most precise points do not dictate the slope.
    """
    u, v = np.log(x), np.log(y)

    def fit(scatter: float) -> tuple[float, float, float]:
        weight = 1 / (relative_stderr**2 + scatter**2)
        centre = weight @ u / weight.sum()
        spread = weight @ (u - centre) ** 2
        slope = weight @ ((u - centre) * v) / spread
        level = weight @ v / weight.sum()
        chi2 = weight @ (v - level - slope * (u - centre)) ** 2
        return float(slope), float(1 / np.sqrt(spread)), float(chi2)

    freedom = len(u) - 2
    low, high = 0.0, 10.0
    if fit(low)[2] > freedom:
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if fit(middle)[2] > freedom else (low, middle)
    return fit(low)[:2]


def ordering(results: Results) -> dict[str, Quantity]:
    """Largest ratio, over the sizes, of the error of emission to that of inversion."""
    size, *emission = largest_errors(results, "emission")
    _, *inversion = largest_errors(results, "inversion")
    # an unresolved emission error is an upper limit, which is good enough for a ratio below one
    seen = resolved(*inversion)
    (e, de), (i, di) = (np.array(pair)[:, seen] for pair in (emission, inversion))
    ratio = e / i
    worst = int(np.argmax(ratio))
    stderr = ratio[worst] * np.hypot(de[worst] / e[worst], di[worst] / i[worst])
    note = f"largest of N = {', '.join(f'{n:.0f}' for n in size[seen])}"
    return {"ratio": Quantity(float(ratio[worst]), float(stderr), note)}


def sampling(results: Results) -> dict[str, Quantity]:
    """How the deviation from exact falls with the number of trajectories.

    The root mean square, over time and repeats, of TWA - exact for emission; and how it compares
    with the standard error that the solver reports.
    """
    size = results.settings("sampling").size
    twa = results.load("sampling", f"size-{size}.twa").isel(site=0)
    exact = _curve(results, size, "exact")
    # at time 0 emission has no spread worth the name; what matters is the pulse and after
    deviation = (twa.emission - exact.emission.values)[:, 1:].values
    pull = deviation / twa.emission_stderr.values[:, 1:]
    counts = np.array(sorted(set(twa.trajectories.values.tolist())), dtype=float)
    rms, stderr, pulls = [], [], []
    for count in counts:
        of = twa.trajectories.values == count
        squares = (deviation[of] ** 2).mean(axis=1)  # one number a repeat
        rms.append(np.sqrt(squares.mean()))
        stderr.append(squares.std(ddof=1) / np.sqrt(of.sum()) / (2 * squares.mean()))
        pulls.extend((pull[of] ** 2).mean(axis=1))
    slope, uncertainty = power_law(counts, np.array(rms), np.array(stderr))
    note = f"{counts.min():.0f} to {counts.max():.0f} trajectories, {int(of.sum())} runs of each"
    spread = float(np.mean(pulls))
    error = float(np.std(pulls, ddof=1) / np.sqrt(len(pulls)))
    return {
        "exponent": Quantity(slope, uncertainty, note),
        "(deviation / reported standard error)²": Quantity(spread, error),
    }


# -- (b) -----------------------------------------------------------------------------------------


def squeezed(results: Results) -> dict[str, Quantity]:
    """Minimum of xi^2, its rise afterwards, and how far TWA is from exact."""
    exact, twa = (_parameter(results, "squeezing", theory) for theory in ("exact", "twa"))
    lowest = int(np.argmin(twa[0]))
    rise = twa[0][-1] - twa[0][lowest]
    relative = np.abs(twa[0] / exact[0] - 1)
    worst = int(np.argmax(relative))
    return {
        "minimum, exact": Quantity(float(exact[0].min())),
        "minimum, TWA": Quantity(float(twa[0][lowest]), float(twa[1][lowest])),
        "last minus minimum, TWA": Quantity(
            float(rise), float(np.hypot(twa[1][-1], twa[1][lowest]))
        ),
        "largest relative deviation of TWA": Quantity(
            float(relative[worst]), float(twa[1][worst] / exact[0][worst])
        ),
    }


def precursor(results: Results) -> dict[str, Quantity]:
    """Minimum of s, and by how much s falls below one earlier than xi^2."""
    found = {}
    times = _weak(results, "exact").time.values
    for theory, name in (("exact", "exact"), ("twa", "TWA")):
        s, xi = (_parameter(results, kind, theory) for kind in ("subradiance", "squeezing"))
        (first, error_s), (second, error_xi) = (_crossing(times, *pair) for pair in (s, xi))
        lowest = int(np.argmin(s[0]))
        found[f"minimum of s, {name}"] = Quantity(float(s[0][lowest]), float(s[1][lowest]))
        lead = second - first if np.isfinite(first) else -np.inf
        found[f"lead, {name}"] = Quantity(lead, float(np.hypot(error_s, error_xi)))
    return found


def breakdown(results: Results) -> dict[str, Quantity]:
    """Relative deviation of the emission where <J+J-> is of order one, and where it is larger.

    The times of (b) and the pumps of its inset, taken together and split at `LARGE`.
    """
    size = results.settings("pump_sweep").size
    twa = results.load("pump_sweep", f"size-{size}.twa").isel(site=0)
    exact = results.load("pump_sweep", f"size-{size}.exact").isel(site=0).sel(pump=twa.pump)
    # the first instants from full inversion are exact by construction, and no test
    pairs = [(exact.squeeze(drop=True), twa.squeeze(drop=True))]
    pairs.append(tuple(_weak(results, theory) for theory in ("exact", "twa")))
    expected, sampled, stderr = (
        np.concatenate(parts)
        for parts in zip(
            *((e.emission.values, t.emission.values, t.emission_stderr.values) for e, t in pairs),
            strict=True,
        )
    )
    relative, stderr = np.abs(sampled / expected - 1), stderr / expected
    found = {}
    for name, where in (("of order one", expected <= LARGE), ("larger", expected > LARGE)):
        worst = np.flatnonzero(where)[np.argmax(relative[where])]
        found[f"largest deviation, <J+J-> {name}"] = Quantity(
            float(relative[worst]), float(stderr[worst]), f"at <J+J-> = {expected[worst]:.2g}"
        )
    return found


LARGE = 3.0


def mean_field(results: Results) -> dict[str, Quantity]:
    """Minimum of s over time in mean field, exactly, and in TWA."""
    found = {}
    for theory, name in (("mean_field", "mean field"), ("exact", "exact"), ("twa", "TWA")):
        value, stderr = _parameter(results, "subradiance", theory)
        lowest = int(np.argmin(value))
        found[f"minimum of s, {name}"] = Quantity(float(value[lowest]), float(stderr[lowest]))
    return found


# -- reading -------------------------------------------------------------------------------------


def _curve(results: Results, size: int, theory: str) -> xr.Dataset:
    return results.load("pulse", f"size-{size}.{theory}").isel(site=0)


def _weak(results: Results, theory: str) -> xr.Dataset:
    size = results.settings("squeezing").size
    return results.load("squeezing", f"size-{size}.{theory}").isel(site=0)


def _parameter(results: Results, name: str, theory: str) -> tuple[Array, Array]:
    """Return xi^2 or s of Fig. 2(b) and its standard error, shape (times,) each."""
    # NaN, where nothing is excited, can only be an initial ground state
    value = getattr(observables, name)(_weak(results, theory).expand_dims("site", 1))[:, 0]
    stderr = value.stderr.values if "stderr" in value.coords else np.zeros(value.size)
    return value.values, stderr


def _crossing(times: Array, value: Array, stderr: Array) -> tuple[float, float]:
    """Return when `value` first falls below one, by linear interpolation, and its standard error.

    Below by four standard errors: full inversion begins at one, of which sampling may fall short by
    chance. Infinity if it never does.
    """
    below = np.flatnonzero(value < 1 - 4 * stderr)
    if not below.size:
        return np.inf, 0.0
    above = np.flatnonzero(value[: below[0]] >= 1)
    if not above.size:
        return float(times[0]), 0.0
    before = int(above[-1])
    slope = (value[before + 1] - value[before]) / (times[before + 1] - times[before])
    when = times[before] + (1 - value[before]) / slope
    return float(when), float(stderr[before + 1] / abs(slope))
