"""Every claim of the ledger, measured on the data of the workflow; and that each of them can fail.

Figures, claims and controls are found by their folders: a figure without claims fails, and so does
a claim without a control that turns its verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from paper_checks import controls, ledger
from paper_checks.controls import Control, Wrong
from paper_checks.ledger import Claim, Finding
from paper_checks.quantity import UnmeasurableError, Verdict
from workflow.results import Results

CLAIMS = ledger.claims()
CONTROLS = [control for figure in ledger.figures() for control in controls.of(figure)]

Measured = Callable[[Claim | Control | Wrong], Finding]


@pytest.fixture(scope="module")
def measured(results: Results) -> Measured:
    """Return a function that measures a claim or a control, each of them once."""

    @cache
    def by_number(kind: str, number: int) -> Finding:
        if kind == "claim":
            return ledger.measure(CLAIMS[number], results)
        return CONTROLS[number].measure(results)

    def measure(what: Claim | Control | Wrong) -> Finding:
        if isinstance(what, Control | Wrong):
            return by_number("control", CONTROLS.index(what))
        return by_number("claim", CLAIMS.index(what))

    return measure


def test_every_figure_has_claims() -> None:
    drawn = {path.parent.name for path in Path(ledger.FOLDER.parent, "figures").glob("*/draw.py")}
    assert drawn == set(ledger.figures())


def test_every_claim_has_a_control_and_every_control_a_claim() -> None:
    assert {control.claim for control in CONTROLS} == {claim.id for claim in CLAIMS}
    names = Counter((control.claim, control.effect) for control in CONTROLS)
    assert set(names.values()) == {1}


def checked(finding: Finding) -> Finding:
    """Return what was measured; that data do not give it is a finding, anything else a fault."""
    if finding.failure is not None and not isinstance(finding.failure, UnmeasurableError):
        raise finding.failure
    return finding


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_claim(claim: Claim, results: Results, measured: Measured) -> None:
    finding = checked(measured(claim))
    reason = claim.undecided_with.get(results.config.name)
    if finding.verdict == Verdict.UNDECIDED and reason:
        pytest.skip(f"undecided with these data, {reason}: {finding.quantities}")
    assert finding.verdict == claim.expected, finding.quantities


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: f"{c.claim}: {c.effect}")
def test_control_turns_a_number(control: Control | Wrong, measured: Measured) -> None:
    before, after = checked(measured(control.entry)), checked(measured(control))
    if set(before.verdicts.values()) == {Verdict.UNDECIDED}:
        pytest.skip("says nothing: the claim itself is undecided with these data")
    turned = controls.turned(before, after)
    open_before = {name for name, v in before.verdicts.items() if v == Verdict.UNDECIDED}
    if not turned and any(after.verdicts[name] != Verdict.UNDECIDED for name in open_before):
        pytest.skip(f"says nothing: with these data {', '.join(sorted(open_before))} is undecided")
    assert turned, (before.quantities, after.quantities)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_every_number_is_turned_by_a_control(claim: Claim, measured: Measured) -> None:
    before = measured(claim)
    mine = [control for control in CONTROLS if control.claim == claim.id]
    turned = set().union(*(controls.turned(before, measured(control)) for control in mine))
    decided = {name for name, v in before.verdicts.items() if v != Verdict.UNDECIDED}
    if not decided:
        pytest.skip("says nothing: the claim itself is undecided with these data")
    assert turned == decided
