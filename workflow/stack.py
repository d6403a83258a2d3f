"""One Dataset of a run from those of its points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from blochball import dataset


def joined(points: Mapping[float | str, xr.Dataset], scan: str | None) -> xr.Dataset:
    """Return the points of a run along the dimension `scan`, or the only one there is."""
    if scan is None:
        (ds,) = points.values()
        return ds
    return stack(points, scan)


def batched(batches: Sequence[xr.Dataset], seed: int) -> xr.Dataset:
    """Return independent batches of a point along the dimension `batch`, or the only one."""
    if len(batches) == 1:
        return batches[0]
    whole = xr.concat(
        [batch.drop_attrs(deep=False) for batch in batches],
        "batch",
        join="exact",
        data_vars="all",
        coords="minimal",
        compat="override",
    )
    return whole.assign_attrs(
        batches[0].attrs,
        seed=seed,
        trajectories=sum(batch.trajectories for batch in batches),
        wall_time=sum(batch.wall_time for batch in batches),
    )


def stack(points: Mapping[float | str, xr.Dataset], dim: str) -> xr.Dataset:
    """Join Datasets along `dim`; attributes that differ become variables.

    Where the times differ (each point has its own relaxation time) the last one is kept and becomes
    the variable `until`.
    """
    parts = list(points.values())
    times = [part.time.values for part in parts if "time" in part.coords]
    if any(not np.array_equal(times[0], other) for other in times):
        parts = [part.isel(time=-1, drop=True).assign(until=float(part.time[-1])) for part in parts]
    return dataset.joined(dict(zip(points, parts, strict=True)), dim)
