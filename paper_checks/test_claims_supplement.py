"""Every claim beside the paper's figures, measured on the data that the workflow wrote.

As for Fig. 2, each number must fail in a control: data from which the effect has been removed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import xarray as xr

from paper_checks import ledger, measure_rivals
from paper_checks.ledger import Claim, Finding, Verdict
from scripts.results import Results

FIGURES = ("decay", "time_crystal", "rivals")
CLAIMS = {claim.id: claim for claim in ledger.claims() if claim.figure in FIGURES}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS.keys())
def test_claim(claim: Claim, results: Results) -> None:
    found = ledger.measure(claim, results)
    if found.verdict == Verdict.UNDECIDED and results.config["name"] in claim.undecided_with:
        pytest.skip(f"undecided with these data: {found.quantities}")
    assert found.verdict == claim.expected, found.quantities


# -- controls ------------------------------------------------------------------------------------

Spoil = Callable[[xr.Dataset, xr.Dataset, int], xr.Dataset]


@dataclass(frozen=True)
class Control:
    """An effect removed from all runs of a theory of the claim's figure.

    By `spoil(ds, exact, size)`; of `rivals` the errors of TWA are multiplied by `factor`.
    """

    claim: str
    effect: str
    spoil: Spoil | None = None
    theory: str = "twa"
    factor: float = 1.0

    def measure(self, results: Results, monkeypatch: pytest.MonkeyPatch) -> Finding:
        """Return what is measured on spoiled data."""
        data = measure_rivals.load(results)
        monkeypatch.setattr(measure_rivals, "load", lambda _: multiplied(data, self.factor))
        return ledger.measure(CLAIMS[self.claim], Spoiled(results, self))


class Spoiled(Results):
    """Results as a control wants them."""

    def __init__(self, results: Results, control: Control) -> None:
        self.config, self.directory = results.config, results.directory
        self.control = control

    def load(self, family: str, run: str) -> xr.Dataset:
        """Return the Dataset of a run, spoiled if the control says so."""
        ds = super().load(family, run)
        member, theory = run.rsplit(".", 1)
        if theory != self.control.theory or self.control.spoil is None:
            return ds
        judged = self.path(family, f"{member}.exact").exists()
        exact = super().load(family, f"{member}.exact") if judged else ds
        return self.control.spoil(ds, exact, int(member.removeprefix("size-")))


def multiplied(data: dict[str, Any], factor: float) -> dict[str, Any]:
    """Return a comparison of methods with all errors of TWA times a factor."""
    data = copy.deepcopy(data)
    for row in data["rows"]:
        if row["method"] == "twa":
            row["error"] *= factor
    return data


def late(ds: xr.Dataset, exact: xr.Dataset, size: int) -> xr.Dataset:
    """Stretch time by a quarter."""
    return ds.assign_coords(time=1.25 * ds.time)


def bright(ds: xr.Dataset, exact: xr.Dataset, size: int) -> xr.Dataset:
    """Emit a tenth more."""
    return ds.assign(emission=1.1 * ds.emission)


def biased(ds: xr.Dataset, exact: xr.Dataset, size: int) -> xr.Dataset:
    """Err by 2%, whatever N."""
    emission, inversion = exact.emission + 0.02 * size**2, exact.inversion + 0.02 * size
    return ds.assign(emission=emission, inversion=inversion)


def restless(ds: xr.Dataset, exact: xr.Dataset, size: int) -> xr.Dataset:
    """Swing for ever, on either side."""
    return ds.assign(inversion=ds.inversion + 0.05 * size * np.cos(ds.time))


def lame(ds: xr.Dataset, exact: xr.Dataset, size: int) -> xr.Dataset:
    """Hardly move."""
    return ds.assign(inversion=0.1 * ds.inversion)


def damped(ds: xr.Dataset, exact: xr.Dataset, size: int) -> xr.Dataset:
    """Come to rest sooner."""
    rest = ds.inversion.mean("time")
    return ds.assign(inversion=rest + (ds.inversion - rest) * np.exp(-0.06 * ds.time))


CONTROLS = [
    Control("decay-burst", "late", late),
    Control("decay-burst", "too bright", bright),
    Control("decay-burst", "late exactly", late, theory="exact"),
    Control("decay-burst", "too bright exactly", bright, theory="exact"),
    Control("decay-burst-million", "late", late),
    Control("decay-burst-million", "too bright", bright),
    Control("decay-single-body", "2% off", biased),
    Control("crystal-transition", "no rest", restless),
    Control("crystal-transition", "no rest exactly", restless, theory="exact"),
    Control("crystal-transition", "no oscillation", lame),
    Control("crystal-transition", "no oscillation exactly", lame, theory="exact"),
    Control("crystal-oscillation", "slow", late),
    Control("crystal-oscillation", "damped", damped),
    Control("crystal-decoherence", "slow", late),
    Control("crystal-decoherence", "damped", damped),
    Control("crystal-scaling", "error independent of N", biased),
    Control("rivals-laser", "errors of cumulants", factor=100),
    Control("rivals-subradiant", "TWA much better", factor=0.5),
    Control("rivals-subradiant", "TWA much worse", factor=2),
]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: f"{c.claim}: {c.effect}")
def test_claim_fails_without_its_effect(
    control: Control, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = control.measure(results, monkeypatch)
    assert found.verdict != CLAIMS[control.claim].expected, found.quantities


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS.keys())
def test_every_number_fails_in_some_control(
    claim: Claim, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = set()
    for control in CONTROLS:
        if control.claim == claim.id:
            with monkeypatch.context() as patch:
                verdicts = control.measure(results, patch).verdicts
            failed |= {name for name, v in verdicts.items() if v != Verdict.REPRODUCED}
    assert failed == set(claim.criteria)
