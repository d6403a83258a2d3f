"""Controls of the claims about the boundary time crystal."""

from __future__ import annotations

import numpy as np
import xarray as xr

from paper_checks.controls import Control, Wrong, size_of


def late(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Stretch time by a quarter."""
    return ds.assign_coords(time=1.25 * ds.time)


def biased(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by the more, the larger N is."""
    return ds.assign(inversion=exact.inversion + 0.002 * size_of(exact) ** 2)


def restless(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Swing for ever, on either side."""
    return ds.assign(inversion=ds.inversion + 0.05 * size_of(exact) * np.cos(ds.time))


def lame(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Hardly move."""
    return ds.assign(inversion=0.1 * ds.inversion)


def damped(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Come to rest sooner."""
    rest = ds.inversion.mean("time")
    return ds.assign(inversion=rest + (ds.inversion - rest) * np.exp(-0.06 * ds.time))


CONTROLS = [
    Control("crystal-transition", "no rest", "time_crystal/*.twa", restless),
    Control("crystal-transition", "no rest exactly", "time_crystal/*.exact", restless),
    Control("crystal-transition", "no oscillation", "time_crystal/*.twa", lame),
    Control("crystal-transition", "no oscillation exactly", "time_crystal/*.exact", lame),
    Control("crystal-oscillation", "slow", "time_crystal/*.twa", late),
    Control("crystal-oscillation", "damped", "time_crystal/*.twa", damped),
    Control("crystal-decoherence", "slow", "time_crystal/*.twa", late),
    Control("crystal-decoherence", "damped", "time_crystal/*.twa", damped),
    Control("crystal-scaling", "error that grows with N", "time_crystal/*.twa", biased),
    Control("crystal-scaling-still", "error that grows with N", "time_crystal/*.twa", biased),
    Wrong("crystal-oscillation", "mean field"),
]
