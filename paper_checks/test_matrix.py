"""The matrix of wrong physics and claims is that of the ledger, and says what is measured anew."""

from __future__ import annotations

import dataclasses

import pytest

from paper_checks import controls, ledger, matrix
from paper_checks.controls import Wrong
from paper_checks.ledger import Finding, claims
from paper_checks.matrix import Effect
from paper_checks.quantity import Quantity
from workflow.results import Results

CLAIMS = {claim.id: claim for claim in claims()}
KEPT = ledger.wrong_physics()
ANEW = [
    control
    for figure in ledger.figures()
    for control in controls.of(figure)
    if isinstance(control, Wrong)
]


once = pytest.mark.skipif(not KEPT, reason="`make wrong` has not been run yet")


@once
def test_it_holds_every_claim_and_every_kind() -> None:
    assert set(KEPT) == set(CLAIMS)
    assert all(tuple(row) == controls.KINDS for row in KEPT.values())


@once
def test_a_claim_that_nothing_breaks_says_why_and_no_other_does() -> None:
    unbroken = {name for name, kinds in ledger.breakers().items() if not kinds}
    assert unbroken == {name for name, claim in CLAIMS.items() if claim.weak}


@once
def test_every_kind_breaks_claims() -> None:
    for kind in controls.KINDS:
        assert sum(row[kind] == Effect.BREAKS for row in KEPT.values()) >= 3, kind


@pytest.mark.parametrize("control", ANEW, ids=lambda c: f"{c.claim}: {c.kind}")
def test_what_is_measured_anew_agrees(control: Wrong, results: Results) -> None:
    before = ledger.measure(control.entry, results)
    assert matrix.effect(before, control.measure(results)) == KEPT[control.claim][control.kind]


def test_what_is_no_figure_and_no_claim_is_refused_and_nothing_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = ledger.wrong_physics()
    with pytest.raises(SystemExit):
        matrix.main(["fig2", "fig2-length", "fig9"])
    assert "names must be some of fig1, " in capsys.readouterr().err
    assert ledger.wrong_physics() == kept


def test_effects_are_told_apart() -> None:
    claim = dataclasses.replace(claims()[0], criteria={"number": {"above": 0.0}})

    def finding(value: float, stderr: float = 0.0) -> Finding:
        return Finding(claim, {"number": Quantity(value, stderr)})

    right = finding(1.0)
    assert matrix.effect(right, finding(-1.0)) == Effect.BREAKS
    assert matrix.effect(right, finding(-1.0, 10.0)) == Effect.BLURS
    assert matrix.effect(right, right) == Effect.NOTHING
