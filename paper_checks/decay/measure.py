"""Numbers behind the claims about superradiant decay, from the data of the workflow."""

from __future__ import annotations

import numpy as np
import xarray as xr

from paper_checks.curves import Curve, jackknife, largest, vertex
from paper_checks.fig2 import measure as fig2
from paper_checks.quantity import Quantity
from workflow.results import Results

KINDS = ("clean", "lossy")
SCALE = {"emission": 2, "inversion": 1}  # the power of N that makes each of order one
THEORIES = {"exact": "exact", "twa": "TWA"}


def sizes(results: Results, exact: bool = False) -> list[int]:
    """Return all sizes, or those with an exact solution, in order."""
    members = results.settings("decay").members
    return sorted(member.size for member in members if member.exact or not exact)


def curve(results: Results, kind: str, size: int, theory: str) -> xr.Dataset:
    """Return emission per N^2 and inversion per N of a run, against N Gamma t."""
    return pick(results.load("decay", f"size-{size}.{theory}"), kind, size)


def pick(ds: xr.Dataset, kind: str, size: int) -> xr.Dataset:
    """Return the same of its Dataset."""
    ds = ds.sel(label=kind).isel(site=0)
    scaled = {
        name: ds[name] / size**power
        for start, power in SCALE.items()
        for name in (start, f"{start}_stderr", f"{start}_grid_error")
        if name in ds
    }
    return xr.Dataset(scaled, attrs=ds.attrs).assign_coords(time=ds.time * size)


def burst(results: Results, kind: str, size: int, theory: str) -> tuple[Quantity, Quantity]:
    """Return time and height of the burst: vertex of a smooth curve through its top."""
    batches = [pick(ds, kind, size) for ds in results.batches("decay", f"size-{size}.{theory}")]
    when, height = (jackknife(lambda ds, k=k: top(ds)[k], batches) for k in (0, 1))
    return when, height


def top(ds: xr.Dataset) -> tuple[float, float]:
    """Return time and height of the burst of a curve."""
    return vertex(ds.time.values, ds.emission.values)


def bursts(results: Results, size: int) -> dict[str, Quantity]:
    """Time (in 1/(N Gamma), less ln N) and height (in N^2 Gamma) of the burst without losses."""
    found = {}
    for theory in THEORIES if size in sizes(results, exact=True) else ("twa",):
        when, height = burst(results, "clean", size, theory)
        name = THEORIES[theory]
        found |= {f"delay less ln N, {name}": when - np.log(size), f"height, {name}": height}
    return found


def largest_error(results: Results, form: str, kind: str, size: int, name: str) -> Quantity:
    """Return max over time of |TWA - exact|, of emission per N^2 or inversion per N."""
    exact, twa = (
        Curve.sampled(
            results,
            "decay",
            f"size-{size}.{theory}",
            lambda ds: Curve.of(pick(ds, kind, size), name),
        )
        for theory in ("exact", form)
    )
    return largest(twa - exact)


def accuracy(results: Results) -> dict[str, Quantity]:
    """Largest error of the emission over all times, over its largest exact value.

    Of ten emitters in both forms on a grid, of a hundred in the ball from trajectories.
    """
    found = {}
    for size, forms in ((10, fig2.FORMS), (100, {"twa": "ball"})):
        for form, shown in forms.items():
            for kind in KINDS:
                height = largest_emission(results, kind, size)
                error = largest_error(results, form, kind, size, "emission")
                found[f"N = {size}, {kind}, {shown}"] = error / height
    return found


def largest_emission(results: Results, kind: str, size: int) -> float:
    """Return the largest exact emission per N^2."""
    return float(curve(results, kind, size, "exact").emission.max())


def similarity(results: Results, size: int) -> dict[str, Quantity]:
    """Largest error of the inversion per N over that of the emission per N^2, without sampling.

    With and without losses.
    """
    found = {}
    for form, shown in fig2.FORMS.items():
        for kind in KINDS:
            ratio = [largest_error(results, form, kind, size, name) for name in fig2.PER_SIZE]
            found[f"decay, {kind}, {shown}"] = ratio[1] / ratio[0]
    return found
