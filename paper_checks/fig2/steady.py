"""Numbers behind the claims about steady states: end of Fig. 2(a), and inset of Fig. 2(b)."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from paper_checks.curves import Curve, largest
from paper_checks.fig2.measure import FORMS, PER_SIZE, curve
from paper_checks.quantity import SIGMAS, Quantity
from workflow.results import Results


def rates(results: Results) -> xr.DataArray:
    """Return the pumps, in units of Gamma, of the inset of (b)."""
    size = results.settings("pump_sweep").size
    return results.load("pump_sweep", f"size-{size}.density").pump


def emission(results: Results, theory: str) -> Curve:
    """Return the steady <J+J-> against the pump, the inset of (b)."""
    some = rates(results)
    return Curve.sampled(
        results,
        "pump_sweep",
        f"size-{results.settings('pump_sweep').size}.{theory}",
        lambda ds: Curve.of(ds.sel(pump=some).isel(site=0).squeeze(drop=True), "emission"),
    )


def scaling(results: Results, few: int, many: int, most: int) -> dict[str, Quantity]:
    """N times the error at the end of (a), the largest of many to most emitters over few's."""
    found = {}
    sizes = [few, *(size for size in results.settings("inset").sizes if many <= size <= most)]
    for form, shown in FORMS.items():
        for name, per_size in PER_SIZE.items():
            first, *others = (error(results, form, size, name) * size for size in sizes)
            # the one that can be largest
            worst = max(others, key=lambda q: q.value + SIGMAS * q.stderr)
            note = ", ".join(
                f"{q} at N = {n}" for q, n in zip([first, *others], sizes, strict=True)
            )
            found[f"{per_size}, {shown}"] = (worst / first).noted(f"N times the error is {note}")
    return found


def error(results: Results, form: str, size: int, name: str) -> Quantity:
    """Return |TWA - exact| at the last time of (a), without sampling."""
    return abs((curve(results, size, form, name) - curve(results, size, "exact", name)).at(-1))


def grey(results: Results, border: float) -> dict[str, Quantity]:
    """Largest relative deviation of the steady <J+J-> where it is small, and over that elsewhere.

    Elsewhere up to the upper threshold, N Gamma, above which Eq. (6) errs by what it is continued
    with.
    """
    dark = emission(results, "exact").value <= border
    bright, pump = ~dark & _below(results), rates(results).values
    found = {}
    for form, shown in FORMS.items():
        relative = _relative(results, form)
        inside, outside = largest(relative[dark]), largest(relative[bright])
        note = f"{inside} at pumps up to {pump[dark].max():.3g} Γ, {outside} from there on"
        found[f"deviation, dark / bright, {shown}"] = (inside / outside).noted(note)
    return found


def pumps(results: Results, border: float) -> dict[str, Quantity]:
    """Largest relative deviation of the steady <J+J-> where it is larger, up to N Gamma."""
    return _deviations(results, (emission(results, "exact").value > border) & _below(results))


def strong(results: Results) -> dict[str, Quantity]:
    """Largest relative deviation of the steady <J+J->, of pumps above N Gamma."""
    return _deviations(results, ~_below(results))


def _below(results: Results) -> NDArray[np.bool_]:
    """Return which pumps are below the upper threshold."""
    below: NDArray[np.bool_] = rates(results).values < results.settings("pump_sweep").size
    return below


def _relative(results: Results, form: str) -> Curve:
    return emission(results, form).relative(emission(results, "exact"))


def _deviations(results: Results, these: NDArray[np.bool_]) -> dict[str, Quantity]:
    pump, found = rates(results).values[these], {}
    for form, shown in FORMS.items():
        relative = _relative(results, form)[these]
        where = pump[int(np.argmax(np.abs(relative.value)))]
        note = f"at a pump of {where:.3g} Γ, of {pump.min():.3g} Γ to {pump.max():.3g} Γ"
        found[f"largest deviation, {shown}"] = largest(relative).noted(note)
    return found
