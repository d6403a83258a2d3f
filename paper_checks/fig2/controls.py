"""Controls of the claims about Fig. 2."""

from __future__ import annotations

import xarray as xr

from paper_checks.controls import Control, more_error, scaled, size_of


def constant_error(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 0.5% of N^2 or N, whatever N."""
    size = size_of(exact)
    return ds.assign(
        emission=exact.emission + 0.005 * size**2, inversion=exact.inversion + 0.005 * size
    )


def biased(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Deviate by what no number of trajectories removes."""
    return ds.assign(emission=ds.emission + 0.1 * ds.emission.max())


def wide(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Add variance that lifts xi^2 above one, always."""
    return ds.assign(spin_squared=ds.spin_squared + size_of(exact) / 2)


def narrow(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Take away variance so that xi^2 is below one from the beginning."""
    return ds.assign(spin_squared=ds.spin_squared - size_of(exact) / 40)


def frozen(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Stop everything when xi^2 is lowest: no relaxation."""
    variance = ds.spin_squared - ds.inversion**2
    lowest = int(variance.argmin("time")[0])
    return xr.where(ds.time > ds.time[lowest], ds.isel(time=lowest, drop=True), ds, keep_attrs=True)


CONTROLS = [
    Control("fig2-ten-emitters", "15% off", "pulse/*.twa", scaled("emission", 1.15)),
    Control("fig2-hundred-emitters", "2% off", "pulse/*.twa", scaled("emission", 1.02)),
    Control("fig2-error-scaling", "error independent of N", "pulse/*.twa", constant_error),
    Control("fig2-error-order", "more emission error", "pulse/*.twa", more_error("emission", 10)),
    Control("fig2-sampling", "systematic error", "sampling/*.twa", biased),
    Control("fig2-sampling", "boastful errors", "sampling/*.twa", scaled("emission_stderr", 0.5)),
    Control("fig2-squeezing", "no squeezing", "squeezing/*.twa", wide),
    Control("fig2-squeezing", "no relaxation", "squeezing/*.twa", frozen),
    Control("fig2-squeezing", "none exactly", "squeezing/*.exact", wide),
    Control("fig2-precursor", "no subradiance", "squeezing/*.twa", scaled("emission", 12)),
    Control("fig2-precursor", "squeezed first", "squeezing/*.twa", narrow),
    Control("fig2-precursor", "none exactly", "squeezing/*.exact", scaled("emission", 12)),
    Control(
        "fig2-breakdown",
        "no deviation",
        "squeezing/*.twa pump_sweep/*.twa",
        more_error("emission", 1e-3),
    ),
    Control("fig2-breakdown", "off everywhere", "pump_sweep/*.twa", scaled("emission", 1.1)),
    Control(
        "fig2-mean-field",
        "subradiance in mean field",
        "squeezing/*.mean_field",
        lambda ds, exact: exact,
    ),
    Control("fig2-mean-field", "none in TWA", "squeezing/*.twa", scaled("emission", 12)),
    Control("fig2-mean-field", "none exactly", "squeezing/*.exact", scaled("emission", 12)),
]
