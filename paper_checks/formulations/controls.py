"""Controls of the claims about both forms of TWA."""

from __future__ import annotations

import xarray as xr

from paper_checks.controls import Control, more_error, scaled, size_of


def biased(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 2%, whatever N."""
    return ds.assign(emission=exact.emission + 0.02 * size_of(exact) ** 2)


def better(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 1/N^2."""
    return ds.assign(emission=exact.emission + 1)


EQ6, BALL = "formulations/size-*.eq6", "formulations/size-*.twa"
CONTROLS = [
    Control("formulations-scaling", "Eq. (6): error independent of N", EQ6, biased),
    Control("formulations-scaling", "Eq. (6): error as 1/N²", EQ6, better),
    Control("formulations-scaling", "ball: error independent of N", BALL, biased),
    Control("formulations-length", "Eq. (6) as good", EQ6, more_error("spin_squared", 0.3)),
    Control("formulations-length", "ball as bad", BALL, more_error("spin_squared", 20)),
    Control("formulations-agreement", "brighter", EQ6, scaled("emission", 1.5)),
    Control("formulations-agreement", "higher", EQ6, scaled("inversion", 1.5)),
    Control("formulations-agreement", "longer", "formulations/sq*", scaled("spin_squared", 1.2)),
    Control("formulations-agreement", "less dark", "formulations/sq*", scaled("emission", 2)),
    Control("formulations-agreement", "twice the light", "formulations/pair*", scaled("output", 2)),
]
