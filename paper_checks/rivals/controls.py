"""Controls of the claims about other methods."""

from __future__ import annotations

import re

import xarray as xr

from paper_checks.controls import Control, Spoil


def our_errors(factor: float) -> Spoil:
    """Return a spoiler: all errors of TWA times a factor."""

    def spoil(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
        labels = [str(label) for label in ds.label.values]
        judges = [re.sub(r"\w+$", "exact", label) for label in labels]
        ours = xr.DataArray([label.endswith("-twa") for label in labels], {"label": labels})
        curves = ds[["emission", "squeezing"]]
        expected = curves.sel(label=judges).assign_coords(label=labels)
        return ds.assign(xr.where(ours, expected + factor * (curves - expected), curves))

    return spoil


CONTROLS = [
    Control("rivals-laser", "errors of cumulants", "rivals/laser.*", our_errors(100)),
    Control("rivals-subradiant", "TWA much better", "rivals/subradiant.*", our_errors(0.4)),
    Control("rivals-subradiant", "TWA much worse", "rivals/subradiant.*", our_errors(2)),
]
