"""What every test of the ledger's claims shares: one test a claim, and controls that must fail.

A control is the same measurement on data from which the effect has been removed. A test module
names its figures and its controls and gets three tests::

    test_claim, test_claim_fails_without_its_effect, test_every_number_fails_in_some_control = (
        controls.tests(["fig2"], CONTROLS)
    )
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

import pytest
import xarray as xr

from paper_checks import ledger
from paper_checks.ledger import Claim, Finding, Verdict
from workflow.results import Results

# from a run and the exact run of the same member (itself, where there is none) to the spoiled run
Spoil = Callable[[xr.Dataset, xr.Dataset], xr.Dataset]


class Spoiled(Results):
    """Results of which the runs FAMILY/MEMBER.THEORY that match a pattern are spoiled.

    Parameters
    ----------
    results : Results
    runs : str
        Shell patterns, separated by blanks.
    spoil : callable
        `spoil(ds, exact)` returns the Dataset that is handed out in the place of `ds`.
    """

    def __init__(self, results: Results, runs: str, spoil: Spoil) -> None:
        super().__init__(results.config, results.directory.parent)
        self.patterns, self.spoil = runs.split(), spoil

    def load(self, family: str, run: str) -> xr.Dataset:
        """Return the Dataset of a run, spoiled if its name matches."""
        ds = super().load(family, run)
        if not any(fnmatch(f"{family}/{run}", pattern) for pattern in self.patterns):
            return ds
        exact = run.rsplit(".", 1)[0] + ".exact"
        judged = self.path(family, exact).exists()
        return self.spoil(ds, super().load(family, exact) if judged else ds)


@dataclass(frozen=True)
class Control:
    """An effect removed from the runs of a claim by `spoil(ds, exact)`; see `Spoiled`."""

    claim: str
    effect: str
    runs: str
    spoil: Spoil

    @property
    def entry(self) -> Claim:
        """The claim itself."""
        (found,) = (claim for claim in ledger.claims() if claim.id == self.claim)
        return found

    def measure(self, results: Results) -> Finding:
        """Return what is measured on the spoiled data."""
        return ledger.measure(self.entry, Spoiled(results, self.runs, self.spoil))


def size_of(ds: xr.Dataset) -> xr.DataArray:
    """Return N of runs of one ensemble; twice the inversion of a fully polarised initial state."""
    return 2 * abs(ds.inversion.isel(time=0, site=0, drop=True))


def scaled(name: str, factor: float) -> Spoil:
    """Return a spoiler: one variable times a factor."""
    return lambda ds, exact: ds.assign({name: ds[name] * factor})


def more_error(name: str, factor: float) -> Spoil:
    """Return a spoiler: the error of one variable times a factor."""
    return lambda ds, exact: ds.assign({name: exact[name] + factor * (ds[name] - exact[name])})


def tests(
    figures: Collection[str], controls: Sequence[Control]
) -> tuple[Callable[..., None], Callable[..., None], Callable[..., None]]:
    """Return the three tests of all claims about some figures.

    That each claim comes out as the ledger expects; that with each control it does not; and that
    each number of each claim fails in some control.
    """
    claims = [claim for claim in ledger.claims() if claim.figure in figures]
    every_claim = pytest.mark.parametrize("claim", claims, ids=lambda claim: claim.id)

    @every_claim
    def test_claim(claim: Claim, results: Results) -> None:
        found = ledger.measure(claim, results)
        if found.verdict == Verdict.UNDECIDED and results.config.name in claim.undecided_with:
            pytest.skip(f"undecided with these data: {found.quantities}")
        assert found.verdict == claim.expected, found.quantities

    @pytest.mark.parametrize("control", controls, ids=lambda c: f"{c.claim}: {c.effect}")
    def test_claim_fails_without_its_effect(control: Control, results: Results) -> None:
        found = control.measure(results)
        assert found.verdict != control.entry.expected, found.quantities

    @every_claim
    def test_every_number_fails_in_some_control(claim: Claim, results: Results) -> None:
        failed = set()
        for control in controls:
            if control.claim == claim.id:
                verdicts = control.measure(results).verdicts
                failed |= {name for name, v in verdicts.items() if v != Verdict.REPRODUCED}
        assert failed == set(claim.criteria)

    return test_claim, test_claim_fails_without_its_effect, test_every_number_fails_in_some_control
