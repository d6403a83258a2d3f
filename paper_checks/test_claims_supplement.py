"""Every claim beside the paper's figures, measured; and that each can fail."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import xarray as xr

from paper_checks import controls, ledger
from paper_checks.controls import Control, scaled, size_of
from paper_checks.ledger import Finding
from paper_checks.rivals import measure as measure_rivals
from workflow.results import Results

Comparison = dict[str, Any]  # what `workflow.rivals` wrote


class RivalsControl(Control):
    """A control whose `spoil` changes the comparison of methods, which is not a Dataset."""

    def measure(self, results: Results) -> Finding:
        """Return what is measured on the spoiled data."""
        spoiled = self.spoil(measure_rivals.load(results))
        with mock.patch.object(measure_rivals, "load", return_value=spoiled):
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


def late(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Stretch time by a quarter."""
    return ds.assign_coords(time=1.25 * ds.time)


def biased(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 2%, whatever N."""
    size = size_of(exact)
    emission, inversion = exact.emission + 0.02 * size**2, exact.inversion + 0.02 * size
    return ds.assign(emission=emission, inversion=inversion)


def restless(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Swing for ever, on either side."""
    return ds.assign(inversion=ds.inversion + 0.05 * size_of(exact) * np.cos(ds.time))


def lame(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Hardly move."""
    return ds.assign(inversion=0.1 * ds.inversion)


def damped(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Come to rest sooner."""
    rest = ds.inversion.mean("time")
    return ds.assign(inversion=rest + (ds.inversion - rest) * np.exp(-0.06 * ds.time))


CONTROLS = [
    Control("decay-burst", "late", "decay/*.twa", late),
    Control("decay-burst", "too bright", "decay/*.twa", scaled("emission", 1.1)),
    Control("decay-burst", "late exactly", "decay/*.exact", late),
    Control("decay-burst", "too bright exactly", "decay/*.exact", scaled("emission", 1.1)),
    Control("decay-burst-million", "late", "decay/*.twa", late),
    Control("decay-burst-million", "too bright", "decay/*.twa", scaled("emission", 1.1)),
    Control("decay-single-body", "2% off", "decay/*.twa", biased),
    Control("crystal-transition", "no rest", "time_crystal/*.twa", restless),
    Control("crystal-transition", "no rest exactly", "time_crystal/*.exact", restless),
    Control("crystal-transition", "no oscillation", "time_crystal/*.twa", lame),
    Control("crystal-transition", "no oscillation exactly", "time_crystal/*.exact", lame),
    Control("crystal-oscillation", "slow", "time_crystal/*.twa", late),
    Control("crystal-oscillation", "damped", "time_crystal/*.twa", damped),
    Control("crystal-decoherence", "slow", "time_crystal/*.twa", late),
    Control("crystal-decoherence", "damped", "time_crystal/*.twa", damped),
    Control("crystal-scaling", "error independent of N", "time_crystal/*.twa", biased),
    RivalsControl("rivals-laser", "errors of cumulants", "", our_errors(100)),
    RivalsControl("rivals-subradiant", "TWA much better", "", our_errors(0.5)),
    RivalsControl("rivals-subradiant", "TWA much worse", "", our_errors(2)),
]

test_claim, test_claim_fails_without_its_effect, test_every_number_fails_in_some_control = (
    controls.tests(["decay", "time_crystal", "rivals"], CONTROLS)
)
