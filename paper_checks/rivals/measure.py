"""Numbers behind the claims about other methods, from the data of the workflow."""

from __future__ import annotations

import numpy as np
import xarray as xr

from figures.rivals.compare import RIVALS
from figures.rivals.runs import CASES
from paper_checks.ledger import Quantity
from workflow.results import Results, at


def sizes(results: Results, case: str) -> list[int]:
    """Return the emitters of an ensemble for which a case was solved."""
    return sorted(getattr(results.settings("rivals").sizes, case))


def solved(results: Results, run: str, label: str) -> xr.Dataset:
    """Return what one method gave; `label` is SIZE-METHOD for a case and METHOD for a task."""
    return at(results.load("rivals", f"{run}.compared"), label=label)


def error(results: Results, run: str, case: str, method: str, size: int | None = None) -> Quantity:
    """Return the largest error against the exact solution, of a case's quantity."""
    start = "" if size is None else f"{size}-"
    (value, stderr), (exact, _) = (
        CASES[case].values(solved(results, run, start + name)) for name in (method, "exact")
    )
    worst = int(np.argmax(np.abs(value - exact)))
    return Quantity(float(np.abs(value - exact)[worst]), float(stderr[worst]))


def lowest(results: Results, name: str) -> tuple[float, list[Quantity]]:
    """Return a parameter of the weakly pumped laser where the exact one is lowest.

    Exact, and by each method; the lowest of noisy values would be biased.
    """
    exact = solved(results, "weak", "exact")[name].values
    where = int(np.argmin(exact))
    ds = (solved(results, "weak", method).isel(time=where) for method in RIVALS)
    return float(exact[where]), [Quantity(float(d[name]), float(d[f"{name}_stderr"])) for d in ds]


def seconds(results: Results, run: str, label: str) -> np.ndarray:
    """Return the wall times of one method."""
    return solved(results, run, label).seconds.values


def advantage(results: Results, case: str, size: int, rival: str) -> dict[str, Quantity]:
    """Return TWA's largest error over the rival's: this way round it may be zero within noise."""
    methods = ("twa", rival)
    ours, theirs = (error(results, case, case, method, size) for method in methods)
    ratio = ours.value / theirs.value
    stderr = np.hypot(ours.stderr, ratio * theirs.stderr) / theirs.value
    wall = [np.median(seconds(results, case, f"{size}-{method}")) for method in methods]
    note = f"TWA takes {wall[0] / wall[1]:.2g} times the wall time"
    return {"TWA's error / the rival's": Quantity(float(ratio), float(stderr), note)}
