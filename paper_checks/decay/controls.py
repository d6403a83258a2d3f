"""Controls of the claims about superradiant decay."""

from __future__ import annotations

import xarray as xr

from paper_checks.controls import Control, Wrong, more_error, scaled


def late(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Stretch time by a quarter."""
    return ds.assign_coords(time=1.25 * ds.time)


def brighter(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 15%, also at the peak."""
    return ds.assign(emission=1.15 * exact.emission)


CONTROLS = [
    Control("decay-burst", "late", "decay/*.twa", late),
    Control("decay-burst", "too bright", "decay/*.twa", scaled("emission", 1.1)),
    Control("decay-burst", "late exactly", "decay/*.exact", late),
    Control("decay-burst", "too bright exactly", "decay/*.exact", scaled("emission", 1.1)),
    Control("decay-burst-million", "late", "decay/*.twa", late),
    Control("decay-burst-million", "too bright", "decay/*.twa", scaled("emission", 1.1)),
    Control("decay-accuracy", "15% too bright", "decay/*.twa decay/*.density*", brighter),
    Control(
        "decay-single-body",
        "inversion ten times as bad",
        "decay/*.density*",
        more_error("inversion", 10),
    ),
    Control(
        "decay-single-body",
        "inversion four times as good",
        "decay/*.density*",
        more_error("inversion", 0.25),
    ),
    Wrong("decay-burst", "no Wigner cloud"),
]
