"""Numbers behind the claims about superradiant decay, from the data of the workflow."""

from __future__ import annotations

import numpy as np
import xarray as xr

from paper_checks.quantity import Curve, Quantity, largest
from workflow.results import Results

KINDS = ("clean", "lossy")
SCALE = {"emission": 2, "inversion": 1}  # the power of N that makes each of order one
THEORIES = {"exact": "exact", "twa": "TWA"}


def sizes(results: Results, exact: bool = False) -> list[int]:
    """Return all sizes, or those with an exact solution, in order."""
    members = results.settings("decay").members
    return sorted(member.size for member in members if member.exact or not exact)


def curve(results: Results, kind: str, size: int, theory: str) -> xr.Dataset:
    """Return emission per N^2 and inversion per N of one run, against N Gamma t."""
    ds = results.load("decay", f"size-{size}.{theory}").sel(label=kind).isel(site=0)
    scaled = {
        name: ds[name] / size ** SCALE[name.removesuffix("_stderr")]
        for name in ds
        if name.removesuffix("_stderr") in SCALE
    }
    return xr.Dataset(scaled, attrs=ds.attrs).assign_coords(time=ds.time * size)


def burst(ds: xr.Dataset) -> tuple[Quantity, Quantity]:
    """Return time and height of the burst: vertex of a parabola through the top of the curve."""
    time, emission = ds.time.values, Curve.of(ds, "emission")
    value, stderr = emission.value, emission.stderr
    top = int(np.argmax(value))
    # wide enough to stand clear of noise, narrow enough to be a parabola; all in one piece
    outside = np.flatnonzero(value < 0.9 * value[top])
    first = max(outside[outside < top], default=-1) + 1
    last = min(outside[outside > top], default=value.size) - 1
    near = np.arange(max(min(first, top - 1), 0), min(max(last, top + 1), value.size - 1) + 1)
    x = time[near] - time[top]
    curvature, slope, height = np.polyfit(x, value[near], 2)
    where = -slope / (2 * curvature)
    # errors of neighbouring times are nearly equal and shift all points together: what tilts the
    # top is at most their independent part, taken to be all of it
    spread = np.sqrt(np.sum((x - x.mean()) ** 2))
    tilt = stderr[top] / spread if spread else 0.0
    methods = emission.methods
    return (
        Quantity(time[top] + where, abs(tilt / (2 * curvature)), methods=methods),
        Quantity(height - slope**2 / (4 * curvature), stderr[top], methods=methods),
    )


def bursts(results: Results, size: int) -> dict[str, Quantity]:
    """Time (in 1/(N Gamma), less ln N) and height (in N^2 Gamma) of the burst without losses."""
    found = {}
    for theory in THEORIES if size in sizes(results, exact=True) else ("twa",):
        when, height = burst(curve(results, "clean", size, theory))
        name = THEORIES[theory]
        found |= {f"delay less ln N, {name}": when - np.log(size), f"height, {name}": height}
    return found


def largest_error(results: Results, kind: str, size: int, name: str) -> Quantity:
    """Return max over time of |TWA - exact|, emission per N^2 or inversion per N."""
    exact, twa = (Curve.of(curve(results, kind, size, theory), name) for theory in THEORIES)
    return largest(twa - exact)


def accuracy(results: Results, size: int) -> dict[str, Quantity]:
    """Largest error of the emission per N^2 and the inversion per N, with and without losses."""
    return {
        f"{name}, {kind}": largest_error(results, kind, size, name)
        for kind in KINDS
        for name in SCALE
    }
