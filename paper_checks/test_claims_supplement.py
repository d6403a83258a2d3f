"""Every claim beside the paper's figures, measured; and that each can fail."""

from __future__ import annotations

import re

import numpy as np
import xarray as xr

from paper_checks import controls
from paper_checks.controls import Control, scaled, size_of


def our_errors(factor: float) -> controls.Spoil:
    """Return a spoiler: all errors of TWA times a factor."""

    def spoil(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
        labels = [str(label) for label in ds.label.values]
        judges = [re.sub(r"\w+$", "exact", label) for label in labels]
        ours = xr.DataArray([label.endswith("-twa") for label in labels], {"label": labels})
        curves = ds[["emission", "squeezing"]]
        expected = curves.sel(label=judges).assign_coords(label=labels)
        return ds.assign(xr.where(ours, expected + factor * (curves - expected), curves))

    return spoil


def late(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Stretch time by a quarter."""
    return ds.assign_coords(time=1.25 * ds.time)


def biased(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 2%, whatever N."""
    size = size_of(exact)
    emission, inversion = exact.emission + 0.02 * size**2, exact.inversion + 0.02 * size
    return ds.assign(emission=emission, inversion=inversion)


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
    Control("decay-burst", "late", "decay/*.twa", late),
    Control("decay-burst", "too bright", "decay/*.twa", scaled("emission", 1.1)),
    Control("decay-burst", "late exactly", "decay/*.exact", late),
    Control("decay-burst", "too bright exactly", "decay/*.exact", scaled("emission", 1.1)),
    Control("decay-burst-million", "late", "decay/*.twa", late),
    Control("decay-burst-million", "too bright", "decay/*.twa", scaled("emission", 1.1)),
    Control("decay-single-body", "2% off", "decay/*.twa", biased),
    Control("crystal-transition", "no rest", "time_crystal/*.twa", restless),
    Control("crystal-transition", "no rest exactly", "time_crystal/*.exact", restless),
    Control("crystal-transition", "no oscillation", "time_crystal/*.twa", lame),
    Control("crystal-transition", "no oscillation exactly", "time_crystal/*.exact", lame),
    Control("crystal-oscillation", "slow", "time_crystal/*.twa", late),
    Control("crystal-oscillation", "damped", "time_crystal/*.twa", damped),
    Control("crystal-decoherence", "slow", "time_crystal/*.twa", late),
    Control("crystal-decoherence", "damped", "time_crystal/*.twa", damped),
    Control("crystal-scaling", "error independent of N", "time_crystal/*.twa", biased),
    Control("rivals-laser", "errors of cumulants", "rivals/*", our_errors(100)),
    Control("rivals-subradiant", "TWA much better", "rivals/*", our_errors(0.5)),
    Control("rivals-subradiant", "TWA much worse", "rivals/*", our_errors(2)),
]

test_claim, test_claim_fails_without_its_effect, test_every_number_fails_in_some_control = (
    controls.tests(["decay", "time_crystal", "rivals"], CONTROLS)
)
