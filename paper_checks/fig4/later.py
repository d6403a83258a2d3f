"""Numbers behind what we ask of Fig. 4: is it steady, is it right, do single bursts keep step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball import observables
from paper_checks.curves import Array, Curve, jackknife, mean_square, methods_of, vertex
from paper_checks.fig4.measure import burst
from paper_checks.quantity import SIGMAS, Quantity
from workflow.results import Results

JUDGED = {"twa": "ball", "eq6": "Eq. (6)", "cumulants": "cumulants"}


# -- is it steady ----------------------------------------------------------------------------------


def windows(ds: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset]:
    """Return the outputs of both windows of the family `later`."""
    half = ds.sizes["time"] // 2
    return ds.isel(time=slice(half)), ds.isel(time=slice(half, None))


def outer_share(ds: xr.Dataset) -> float:
    """Return the emission of the outer tenth of the ensembles over that of all, per ensemble."""
    along = ds.emission.mean("time").transpose("site").values
    end = max(1, along.size // 20)
    return float(np.r_[along[:end], along[-end:]].mean() / along.mean())


def steady(results: Results) -> dict[str, Quantity]:
    """Return what changes of the chain, and of driven ones, from late times to twice as late."""
    runs = results.batches("later", "chain.twa")
    each = [windows(ds) for ds in runs]
    early, late = ([pair[k] for pair in each] for k in (0, 1))

    def change(number: Callable[[xr.Dataset], float]) -> Callable[[xr.Dataset], float]:
        return lambda ds: number(windows(ds)[1]) - number(windows(ds)[0])

    def fraction(ds: xr.Dataset) -> float:
        return float(observables.direction_fraction(ds).mean("time"))

    modulation = {name: _modulation(kept) for name, kept in (("late", early), ("twice", late))}
    found = {
        "all light, change": jackknife(change(total), runs) / jackknife(total, early).value,
        "modulation, twice as late": modulation["twice"].noted(f"late it is {modulation['late']}"),
        "outer tenth / mean, change": jackknife(change(outer_share), runs).noted(
            f"late it is {jackknife(outer_share, early)}"
        ),
    }
    changes = {
        sites: jackknife(change(fraction), results.batches("later", f"driven-{sites}.twa"))
        for sites in results.settings("later").driven_sites
    }
    # the one that can be farthest off
    most = max(changes.values(), key=lambda q: abs(q.value) + SIGMAS * q.stderr)
    shown = ", ".join(f"{change} at M = {sites}" for sites, change in changes.items())
    return found | {"forward fraction, largest change": abs(most).noted(shown)}


def _modulation(batches: list[xr.Dataset]) -> Quantity:
    """Return the standard deviation over sites of the mean emission over its mean, less noise."""

    def along(ds: xr.Dataset) -> Curve:
        emission = ds.emission.mean("time").values
        return Curve(emission / emission.mean() - 1, 0 * emission, methods_of(ds))

    curves = tuple(map(along, batches))
    value = np.mean([curve.value for curve in curves], axis=0)
    square = mean_square(Curve(value, 0 * value, curves[0].methods, curves))
    root = np.sign(square.value) * np.sqrt(abs(square.value))
    # of a root that noise may bring to zero
    error = square.stderr / (2 * max(abs(root), np.sqrt(square.stderr)))
    return Quantity(root, error, methods=square.methods)


# -- is it right -----------------------------------------------------------------------------------


def inner_outer(ds: xr.Dataset) -> float:
    """Return the mean emission of the inner half of the ensembles over that of the outer half."""
    along = ds.emission.mean("time").transpose("site").values
    quarter = along.size // 4
    inner = np.arange(along.size) // quarter % 3 > 0
    return float(along[inner].mean() / along[~inner].mean())


def total(ds: xr.Dataset) -> float:
    """Return the mean emission in both directions."""
    return float(ds.output.sum("channel").mean())


def judged(results: Results) -> dict[str, Quantity]:
    """Return profile and light of a few ensembles, by each theory over the exact solution's."""
    exact, found = results.batches("judged", "few.exact"), {}
    for shown, number in {"inner / outer half": inner_outer, "all light": total}.items():
        right = jackknife(number, exact)
        for theory, name in JUDGED.items():
            value = jackknife(number, results.batches("judged", f"few.{theory}"))
            found[f"{shown}, {name} / exact"] = (value / right).noted(f"{value}, exactly {right}")
    return found


# -- do single bursts keep step --------------------------------------------------------------------


def synchrony(results: Results) -> dict[str, Quantity]:
    """Return the spread of the time at which spins are longest across, in single trajectories.

    The standard deviation over the ensembles over the mean, and its mean over the trajectories;
    and the same of the mean time of each trajectory over all of them.
    """
    ds = results.load("lengths", "chain.paths")
    time = ds.time.values
    early = time <= 2 * burst(results)["time of the burst"].value
    square = (ds.spin_x**2 + ds.spin_y**2).transpose("trajectory", "site", "time").values
    when = np.exp(_tops(np.log(time[early]), square[..., early]))
    spread = when.std(axis=1, ddof=1) / when.mean(axis=1)
    mean = when.mean(axis=1)
    count, methods = len(when), methods_of(ds)
    between = mean.std(ddof=1) / mean.mean()
    shown = f"from {spread.min():.2g} to {spread.max():.2g}"
    return {
        "within a trajectory": Quantity(
            spread.mean(), spread.std(ddof=1) / np.sqrt(count), shown, methods
        ),
        "between trajectories": Quantity(
            between, between / np.sqrt(2 * (count - 1)), methods=methods
        ),
    }


def _tops(x: Array, curves: NDArray[np.float64]) -> Array:
    """Return the places of the largest values of many curves, shape (trajectories, sites)."""
    return np.array([[vertex(x, curve)[0] for curve in of] for of in curves])
