"""Controls of the claims about other methods."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any
from unittest import mock

from paper_checks import ledger
from paper_checks.controls import Control
from paper_checks.ledger import Finding
from paper_checks.rivals import measure
from workflow.results import Results

Comparison = dict[str, Any]  # what `workflow.rivals` wrote


class RivalsControl(Control):
    """A control whose `spoil` changes the comparison of methods, which is not a Dataset."""

    def measure(self, results: Results) -> Finding:
        """Return what is measured on the spoiled data."""
        spoiled = self.spoil(measure.load(results))
        with mock.patch.object(measure, "load", return_value=spoiled):
            return ledger.measure(self.entry, results)


def our_errors(factor: float) -> Callable[[Comparison], Comparison]:
    """Return a spoiler: all errors of TWA times a factor."""

    def spoil(data: Comparison) -> Comparison:
        data = copy.deepcopy(data)
        for row in data["rows"]:
            if row["method"] == "twa":
                row["error"] *= factor
        return data

    return spoil


CONTROLS = [
    RivalsControl("rivals-laser", "errors of cumulants", "", our_errors(100)),
    RivalsControl("rivals-subradiant", "TWA much better", "", our_errors(0.5)),
    RivalsControl("rivals-subradiant", "TWA much worse", "", our_errors(2)),
]
