"""Numbers behind what Fig. 1 shows, from single trajectories that the workflow kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paper_checks.quantity import Quantity
from workflow.results import Results

Array = NDArray[np.float64]

COMPONENTS = ("spin_x", "spin_y", "inversion")  # of J
METHODS = frozenset({"ball"})  # single trajectories are the ball's


def times(results: Results) -> Array:
    """Return the times in 1/(N Gamma)."""
    ds = results.load("sphere", "cloud.paths")
    return ds.time.values * results.settings("sphere").size


def vectors(results: Results, motion: str) -> Array:
    """Return J/|J(0)| of every trajectory, shape (times, trajectories, 3).

    `motion` is "collective" or "local": without and with local dissipation.
    """
    ds = results.load("sphere", "cloud.paths").sel(motion=motion).isel(site=0)
    found = np.stack([ds[name].values for name in COMPONENTS], axis=-1)
    # |J(0)| is the same for all of them
    return found / np.linalg.norm(found[0], axis=-1).mean()


def lengths(results: Results, motion: str) -> Array:
    """Return |J|/|J(0)| of every trajectory, shape (times, trajectories)."""
    return np.linalg.norm(vectors(results, motion), axis=-1)


def surface(results: Results) -> dict[str, Quantity]:
    """How far trajectories leave the sphere, and how far they come; means over trajectories."""
    change = np.abs(lengths(results, "collective") - 1).max(axis=0)
    found = {
        "largest change of |J|/|J(0)|, collective": _mean(change),
        "last |J|/|J(0)|, with local dissipation": _mean(lengths(results, "local")[-1]),
    }
    for motion in ("collective", "local"):
        steps = np.diff(vectors(results, motion), axis=0)
        found[f"path, {motion}"] = _mean(np.linalg.norm(steps, axis=-1).sum(axis=0))
    return found


def cloud(results: Results) -> dict[str, Quantity]:
    """Variance of the initial cloud across the spin, over N/4: that of the coherent spin state."""
    settings = results.settings("sphere")
    size, polar = settings.size, np.pi * settings.polar_in_pi
    start = vectors(results, "collective")[0] * np.sqrt(size / 2 * (size / 2 + 1))
    # both directions normal to the spin, which lies in the plane of x and z
    across = np.array([[np.cos(polar), 0, -np.sin(polar)], [0, 1, 0]])
    return {"variance / (N/4)": _mean(((start @ across.T) ** 2).mean(axis=1) / (size / 4))}


def _mean(values: Array) -> Quantity:
    """Return the mean of independent trajectories."""
    return Quantity(values.mean(), values.std(ddof=1) / np.sqrt(values.size), methods=METHODS)
