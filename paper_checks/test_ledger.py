"""The ledger's own rules: what a claim is, and what several numbers say together."""

from __future__ import annotations

import numpy as np
import pytest

from paper_checks import controls, ledger
from paper_checks.fig2 import measure as measure_fig2
from paper_checks.ledger import Claim, Finding
from paper_checks.quantity import Quantity, UnmeasurableError, Verdict
from workflow.config import Config
from workflow.report import claims as report


def finding(*values: float) -> Finding:
    names = [str(k) for k in range(len(values))]
    claim = Claim(
        "id", "fig0", "", "", "", "", {name: {"below": 1.0} for name in names}, "reproduced"
    )
    return Finding(claim, {name: Quantity(v, 0.1) for name, v in zip(names, values, strict=True)})


def test_verdict_of_several_numbers() -> None:
    assert finding(0, 0).verdict == Verdict.REPRODUCED
    assert finding(2, 2).verdict == Verdict.NOT_REPRODUCED
    assert finding(0, 2).verdict == Verdict.PARTLY
    assert finding(0, 1, 2).verdict == Verdict.PARTLY
    assert finding(0, 1).verdict == Verdict.UNDECIDED
    assert finding(1, 2).verdict == Verdict.UNDECIDED


def test_every_claim_can_be_measured_and_says_so() -> None:
    entries = ledger.claims()
    assert len({claim.id for claim in entries}) == len(entries)
    for claim in entries:
        assert callable(claim.function)
        assert claim.expected in set(Verdict)
        for text in (claim.claim, claim.where, claim.measured):
            assert text.strip()
        for bounds in claim.criteria.values():
            assert bounds
            assert set(bounds) <= {"below", "above"}


def measuring(monkeypatch: pytest.MonkeyPatch, function: object, *names: str) -> Claim:
    """Return a claim that a given function measures."""
    monkeypatch.setattr(Claim, "function", property(lambda claim: function))
    return finding(*map(float, names or "0")).claim


def test_criteria_for_other_numbers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = measuring(monkeypatch, lambda results: {"something else": Quantity(0)})
    with pytest.raises(ValueError, match="something else"):
        ledger.measure(claim, None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UnmeasurableError("nothing is resolved"), "nothing is resolved"),
        (ValueError("attempt to get argmax of an empty sequence"), "ValueError: attempt to get"),
    ],
)
def test_a_claim_that_cannot_be_measured_is_undecided_and_says_why(
    error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def function(results: object) -> dict[str, Quantity]:
        raise error

    found = ledger.measure(measuring(monkeypatch, function, "0", "1"), None)
    assert found.verdict == Verdict.UNDECIDED
    assert all(reason in quantity.note for quantity in found.quantities.values())
    text = report.markdown(report.as_data([found], Config("quick", 1, 1, {})))
    assert reason in text


def test_what_is_undecided_is_no_success_of_a_control() -> None:
    before = finding(0, 0, 2, 1)
    assert controls.turned(before, finding(2, 1, 0, 2)) == {"0", "2"}
    assert controls.turned(before, before) == set()


def test_crossing_is_interpolated() -> None:
    times = np.array([0.0, 1.0, 2.0, 3.0])
    # full inversion begins at one, sampled to a little more or less
    for start in (1.0, 1.01, 0.99):
        value = np.array([start, 2.0, 0.5, 0.4])
        assert measure_fig2.crossing(times, value) == pytest.approx(1 + 1 / 1.5)
    # what lies below from the beginning is below from the beginning
    assert measure_fig2.crossing(times, value - 1.1) == 0
    with pytest.raises(UnmeasurableError, match="never falls"):
        measure_fig2.crossing(times, value + 1)


def test_the_table_names_the_claim_and_escapes_what_it_is_given() -> None:
    entry = Claim(
        "an-id", "fig0", "a < b | c", "there", "that", "", {"0": {"below": 1.0}}, "reproduced"
    )
    data = report.as_data([Finding(entry, {"0": Quantity(2.0)})], Config("quick", 1, 1, {}))
    assert "a < b \\| c" in report.markdown(data)
    assert "**not reproduced**" in report.markdown(data)
