"""Numbers behind the claims about the inset of Fig. 2(b): the steady state against the pump."""

from __future__ import annotations

import numpy as np
import xarray as xr

from paper_checks.curves import Curve, largest
from paper_checks.fig2.measure import FORMS
from paper_checks.quantity import Quantity
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


def grey(results: Results, border: float) -> dict[str, Quantity]:
    """Largest relative deviation of the steady <J+J-> where it is small, and over that elsewhere.

    Elsewhere up to half of the upper threshold, N Gamma / 2, above which Eq. (6) errs by what it is
    continued with.
    """
    expected, found = emission(results, "exact"), {}
    pump = rates(results).values
    dark = expected.value <= border
    bright = ~dark & (pump < results.settings("pump_sweep").size / 2)
    for form, shown in FORMS.items():
        relative = emission(results, form).relative(expected)
        inside, outside = largest(relative[dark]), largest(relative[bright])
        note = f"{inside} at pumps up to {pump[dark].max():.3g} Γ, {outside} from there on"
        found[f"deviation, dark / bright, {shown}"] = (inside / outside).noted(note)
    return found


def pumps(results: Results, border: float) -> dict[str, Quantity]:
    """Largest relative deviation of the steady <J+J->, over all pumps for which it is larger."""
    expected, found = emission(results, "exact"), {}
    bright = expected.value > border
    pump = rates(results).values[bright]
    half = results.settings("pump_sweep").size / 2
    for form, shown in FORMS.items():
        relative = emission(results, form).relative(expected)[bright]
        off = np.abs(relative.value)
        note = (
            f"at a pump of {pump[int(np.argmax(off))]:.3g} Γ, of {pump.min():.3g} Γ to "
            f"{pump.max():.3g} Γ; at most {largest(relative[pump < half])} below N Γ / 2"
        )
        found[f"largest deviation, {shown}"] = largest(relative).noted(note)
    return found
