"""Controls of the claims about Fig. 3."""

from __future__ import annotations

import xarray as xr

from paper_checks.controls import Control, Spoil, more_error, scaled


def shifted(share: float) -> Spoil:
    """Return a control: the local emission off by a share of the exact peak, whatever N."""
    return lambda ds, exact: ds.assign(emission=exact.emission + share * exact.emission.max())


def off(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 0.002 of N_tot^2, N_tot = 40."""
    return ds.assign(output=ds.output + 0.002 * 40**2)


def alike(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let the phase make no difference."""
    return ds.assign(output=ds.output.isel(phase=0, drop=True).expand_dims(phase=ds.phase))


def as_stated(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Suppress the steady state by 45% at the largest phase, as the paper has it."""
    free = ds.output.sel(phase=0, drop=True)
    return ds.assign(output=ds.output.where((ds.phase < 0.5) | (ds.time < 1), 0.55 * free))


def quadratic(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let the cost grow as the square of M."""
    return ds.assign(seconds=ds.seconds * ds.sites)


CONTROLS = [
    Control("fig3-accuracy", "0.2% of N_tot² off", "pair/two.twa", off),
    Control("fig3-comparable", "errors of two grown", "pair/two.twa", more_error("output", 20)),
    Control("fig3-peak", "no effect of the phase", "pair/two.*", alike),
    Control("fig3-suppression", "no effect of the phase", "pair/two.*", alike),
    Control("fig3-suppression", "steady state as stated", "pair/two.*", as_stated),
    Control("fig3-array", "20% off", "array/*.twa", scaled("emission", 1.2)),
    Control("fig3-size", "error independent of N", "array/*.twa", shifted(0.05)),
    Control("fig3-size", "20% off", "array/*.twa", shifted(0.2)),
    Control("fig3-cost", "cost as M²", "cost/*", quadratic),
]
