"""Numbers behind the claims about other methods, from the data of the workflow."""

from __future__ import annotations

from typing import Any

import numpy as np

from paper_checks.quantity import Quantity
from workflow.results import Results


def load(results: Results) -> dict[str, Any]:
    """Return what `workflow.rivals` wrote."""
    return results.load_table("rivals")


def rows(data: dict[str, Any], case: str, method: str) -> list[dict[str, Any]]:
    """Return the rows of one case and method, by size."""
    chosen = (row for row in data["rows"] if (row["case"], row["method"]) == (case, method))
    return sorted(chosen, key=lambda row: row["size"])


def at(data: dict[str, Any], case: str, size: int, method: str) -> dict[str, Any]:
    """Return one row."""
    (row,) = (row for row in rows(data, case, method) if row["size"] == size)
    return row


def advantage(results: Results, case: str, size: int, rival: str) -> dict[str, Quantity]:
    """Return TWA's largest error over the rival's: this way round it may be zero within noise."""
    data = load(results)
    ours, theirs = (at(data, case, size, method) for method in ("twa", rival))
    errors = [
        Quantity(row["error"], row["stderr"], methods=frozenset({shown}))
        for row, shown in ((ours, "ball"), (theirs, rival))
    ]
    cost = np.median(ours["wall_time"]) / np.median(theirs["wall_time"])
    note = f"TWA takes {cost:.2g} times the wall time"
    return {"TWA's error / the rival's": (errors[0] / errors[1]).noted(note)}
