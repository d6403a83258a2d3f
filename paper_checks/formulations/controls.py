"""Controls of the claims about both forms of TWA."""

from __future__ import annotations

import xarray as xr

from paper_checks.controls import Control, more_error, scaled, size_of


def biased(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 2%, whatever N."""
    size = size_of(exact)
    emission, inversion = exact.emission + 0.02 * size**2, exact.inversion + 0.02 * size
    return ds.assign(emission=emission, inversion=inversion)


def better(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 1/N^2."""
    return ds.assign(emission=exact.emission + 1)


GRID = "inset/sizes.density"
OTHERS = "squeezing/*.density pair/two.twa"
CONTROLS = [
    Control("formulations-scaling", "Eq. (6): error independent of N", f"{GRID}_eq6", biased),
    Control("formulations-scaling", "Eq. (6): error as 1/N²", f"{GRID}_eq6", better),
    Control("formulations-scaling", "ball: error independent of N", GRID, biased),
    Control("formulations-scaling-inversion", "Eq. (6): independent of N", f"{GRID}_eq6", biased),
    Control("formulations-scaling-inversion", "ball: error independent of N", GRID, biased),
    Control(
        "formulations-length", "Eq. (6) as good", f"{GRID}_eq6", more_error("spin_squared", 0.05)
    ),
    Control("formulations-length", "ball as bad", GRID, more_error("spin_squared", 40)),
    Control("formulations-agreement", "ball: error independent of N", GRID, biased),
    Control("formulations-agreement", "another ball", OTHERS, scaled("spin_squared", 1.3)),
    Control("formulations-agreement", "a brighter ball", OTHERS, scaled("emission", 2)),
    Control("formulations-agreement", "twice the light", OTHERS, scaled("output", 2)),
]
