"""Controls of the claims about Fig. 3."""

from __future__ import annotations

import xarray as xr

from paper_checks.controls import Control, Spoil, Wrong, scaled


def shifted(share: float) -> Spoil:
    """Return a control: the local emission off by a share of the exact peak, whatever N."""
    return lambda ds, exact: ds.assign(emission=exact.emission + share * exact.emission.max())


def growing(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by a share of the exact peak that grows with N."""
    peak = exact.emission.max()
    return ds.assign(emission=exact.emission + 5e-4 * peak**1.5)


def off(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 0.02 of N_tot^2, N_tot = 40."""
    return ds.assign(output=ds.output + 0.02 * 40**2)


def far_off(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 0.008 of N_tot^2."""
    return ds.assign(output=ds.output + 0.008 * 40**2)


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


def steep(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let the cost grow with N."""
    return ds.assign(seconds=ds.seconds * ds.emitters**0.2)


def reversed_phases(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let the largest phase be the brightest."""
    return ds.assign(
        output=ds.output.isel(phase=slice(None, None, -1)).assign_coords(phase=ds.phase)
    )


def different(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let ensembles emit by a tenth more or less along the array."""
    place = ds.site / max(ds.site.size - 1, 1) - 0.5
    return ds.assign(emission=ds.emission * (1 + 0.5 * place))


TWO = "pair/two.twa pair/two.eq6"
CONTROLS = [
    Control("fig3-accuracy", "2% of N_tot² off", TWO, off),
    Control("fig3-comparable", "0.8% of N_tot² off", TWO, far_off),
    Control("fig3-peak", "phases the other way round", "pair/two.*", reversed_phases),
    Control("fig3-peak", "phases the other way round in TWA", TWO, reversed_phases),
    Control("fig3-suppression", "steady state as stated", "pair/two.*", as_stated),
    Control("fig3-coherent", "none without it", "pair/without_exchange.*", scaled("output", 1.35)),
    Control("fig3-peak-suppression", "no effect of the phase", "pair/two.*", alike),
    Control("fig3-array", "20% off", "array/*.twa", scaled("emission", 1.2)),
    Control("fig3-identical", "ensembles that differ", "array/*.twa", different),
    Control("fig3-size", "error that grows with N", "array/*.twa", growing),
    Control("fig3-size", "20% off", "array/*.twa", shifted(0.2)),
    Control("fig3-size-array", "20% off", "array/*.twa", shifted(0.2)),
    Control("fig3-size-large", "20% off", "array/*.twa", shifted(0.2)),
    Control("fig3-cost", "cost as M²", "cost/*", quadratic),
    Control("fig3-cost-size", "cost that grows with N", "cost/*", steep),
    Wrong("fig3-array", "no Wigner cloud"),
    Wrong("fig3-size", "no local noise"),
]
