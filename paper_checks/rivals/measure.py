"""Numbers behind the claims about other methods, from the data of the workflow."""

from __future__ import annotations

import numpy as np
import xarray as xr

from blochball.dataset import system_of
from figures.rivals.compare import RIVALS
from figures.rivals.runs import CASES
from paper_checks.curves import Array, Curve, largest
from paper_checks.quantity import Quantity
from workflow.results import Results, at


def sizes(results: Results, case: str) -> list[int]:
    """Return the emitters of an ensemble for which a case was solved."""
    return sorted(getattr(results.settings("rivals").sizes, case))


def solved(results: Results, run: str, label: str) -> xr.Dataset:
    """Return what one method gave; `label` is SIZE-METHOD for a case and METHOD for a task."""
    return at(results.load("rivals", f"{run}.compared"), label=label)


def error(results: Results, case: str, method: str, size: int) -> Quantity:
    """Return the largest error of a case's quantity against the exact solution."""
    labels = (f"{size}-{method}", f"{size}-exact")
    value, expected = (_judged(case, solved(results, case, label)) for label in labels)
    return largest(value - expected)


def driven(results: Results, method: str) -> Quantity:
    """Return the largest error of the driven inversion, one of the tasks."""
    value, expected = (
        _judged("time_crystal", solved(results, "driven", name)) for name in (method, "exact")
    )
    return largest(value - expected)


def lowest(results: Results, name: str) -> tuple[float, list[Quantity]]:
    """Return a parameter of the weakly pumped laser where the exact one is lowest.

    Exact, and by each method; the lowest of noisy values would be biased.
    """
    exact = Curve.of(solved(results, "weak", "exact"), name).value
    where = np.argmin(exact)
    each = [Curve.of(solved(results, "weak", method), name).at(where) for method in RIVALS]
    return float(exact[where]), each


def seconds(results: Results, run: str, label: str) -> Array:
    """Return the wall times of one method."""
    return solved(results, run, label).seconds.values


def advantage(results: Results, case: str, size: int, rival: str) -> dict[str, Quantity]:
    """Return TWA's largest error over the rival's: this way round it may be zero within noise."""
    ours, theirs = (error(results, case, method, size) for method in ("twa", rival))
    wall = [np.median(seconds(results, case, f"{size}-{method}")) for method in ("twa", rival)]
    note = f"TWA takes {wall[0] / wall[1]:.2g} times the wall time"
    return {"TWA's error / the rival's": (ours / theirs).noted(note)}


def _judged(case: str, ds: xr.Dataset) -> Curve:
    of = CASES[case]
    return Curve.of(ds, of.quantity, system_of(ds).emitters ** of.power)
