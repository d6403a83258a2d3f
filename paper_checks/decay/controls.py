"""Controls of the claims about superradiant decay."""

from __future__ import annotations

import xarray as xr

from paper_checks.controls import Control, scaled, size_of


def late(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Stretch time by a quarter."""
    return ds.assign_coords(time=1.25 * ds.time)


def biased(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 2%, whatever N."""
    size = size_of(exact)
    emission, inversion = exact.emission + 0.02 * size**2, exact.inversion + 0.02 * size
    return ds.assign(emission=emission, inversion=inversion)


CONTROLS = [
    Control("decay-burst", "late", "decay/*.twa", late),
    Control("decay-burst", "too bright", "decay/*.twa", scaled("emission", 1.1)),
    Control("decay-burst", "late exactly", "decay/*.exact", late),
    Control("decay-burst", "too bright exactly", "decay/*.exact", scaled("emission", 1.1)),
    Control("decay-burst-million", "late", "decay/*.twa", late),
    Control("decay-burst-million", "too bright", "decay/*.twa", scaled("emission", 1.1)),
    Control("decay-single-body", "2% off", "decay/*.twa", biased),
]
