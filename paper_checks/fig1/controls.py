"""Controls of the claims about Fig. 1."""

from __future__ import annotations

import xarray as xr

from paper_checks.controls import Control, Spoil, Wrong
from paper_checks.fig1.measure import COMPONENTS


def swapped(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Local dissipation where it should not be, and none where it should."""
    return ds.isel(motion=[1, 0]).assign_coords(motion=ds.motion)


def frozen(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Rest where the trajectories begin."""
    return ds.assign({name: 0 * ds[name] + ds[name].isel(time=0) for name in COMPONENTS})


def spread(factor: float) -> Spoil:
    """Return a spoiler: all points so much farther from their mean."""

    def spoil(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
        mean = ds.mean("trajectory")
        return ds.assign({n: mean[n] + factor * (ds[n] - mean[n]) for n in COMPONENTS})

    return spoil


CONTROLS = [
    Control("fig1-sphere-and-ball", "each in the other's place", "sphere/*", swapped),
    Control("fig1-sphere-and-ball", "nothing moves", "sphere/*", frozen),
    Control("fig1-cloud", "hardly a cloud", "sphere/*", spread(0.6)),
    Control("fig1-cloud", "a wide cloud", "sphere/*", spread(1.4)),
    Wrong("fig1-sphere-and-ball", "wrong sign of i√r L*"),
    Wrong("fig1-cloud", "no Wigner cloud"),
]
