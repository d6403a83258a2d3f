"""The ledger's own rules: what decides, what does not, and how a power law is fitted."""

from __future__ import annotations

import math

import numpy as np
import pytest

from paper_checks import ledger
from paper_checks.fig2 import measure as measure_fig2
from paper_checks.ledger import Claim, Finding, Quantity, Verdict
from workflow.report import claims as report


@pytest.mark.parametrize(
    ("value", "stderr", "verdict"),
    [
        (0.05, 0.01, Verdict.REPRODUCED),
        (0.07, 0.01, Verdict.UNDECIDED),
        (0.13, 0.01, Verdict.UNDECIDED),
        (0.15, 0.01, Verdict.NOT_REPRODUCED),
        (0.0999, 0.0, Verdict.REPRODUCED),
        (0.1, 0.0, Verdict.NOT_REPRODUCED),
        (-math.inf, 0.0, Verdict.REPRODUCED),
        (0.0, math.inf, Verdict.UNDECIDED),
    ],
)
def test_a_number_decides_only_if_clear_of_its_bound(
    value: float, stderr: float, verdict: Verdict
) -> None:
    assert Quantity(value, stderr).compare(below=0.1) == verdict
    # the same upside down
    assert Quantity(-value, stderr).compare(above=-0.1) == verdict


def test_a_number_between_bounds_must_be_clear_of_both() -> None:
    assert Quantity(0.5, 0.05).compare(above=0, below=1) == Verdict.REPRODUCED
    assert Quantity(0.5, 0.2).compare(above=0, below=1) == Verdict.UNDECIDED
    assert Quantity(1.5, 0.05).compare(above=0, below=1) == Verdict.NOT_REPRODUCED


@pytest.mark.parametrize("wrong", [{"value": math.nan}, {"value": 1.0, "stderr": math.nan}])
def test_a_number_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Quantity"):
        Quantity(**wrong)


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


def test_criteria_for_other_numbers_are_refused() -> None:
    claim = next(claim for claim in ledger.claims() if claim.id == "fig2-ten-emitters")
    other = Claim(**{**vars(claim), "criteria": {"something else": {"below": 1.0}}})
    # `function` is looked up by name: any function will do that returns other names
    with pytest.raises(ValueError, match="something else"):
        ledger.measure(other, _Constant())


class _Constant:
    """Results in which TWA and exact agree."""

    def load(self, family: str, run: str):
        import xarray as xr

        values = (("time", "site"), np.full((40, 1), 10.0))
        ds = xr.Dataset({"emission": values, "emission_stderr": values}, {"time": np.arange(40.0)})
        return ds.assign_coords(site=[0])


@pytest.mark.parametrize("exponent", [-0.5, -1.0, -2.0])
@pytest.mark.parametrize("scatter", [0.0, 0.1])
def test_power_law_has_honest_errors(exponent: float, scatter: float) -> None:
    random = np.random.default_rng(7)
    x = np.array([4.0, 6, 10, 16, 25, 40])
    stderr = np.array([0.01, 0.01, 0.02, 0.04, 0.08, 0.16])
    pulls = []
    for _ in range(400):
        noise = stderr * random.standard_normal(6) + scatter * random.standard_normal(6)
        slope, error = measure_fig2.power_law(x, x**exponent * np.exp(noise), stderr)
        pulls.append((slope - exponent) / error)
    # with few points the scatter is estimated badly, so the pulls spread a little more than 1
    assert abs(np.mean(pulls)) < 4 * np.std(pulls) / np.sqrt(len(pulls))
    assert 0.7 < np.std(pulls) < 1.5


def test_crossing_is_interpolated() -> None:
    times = np.array([0.0, 1.0, 2.0, 3.0])
    # full inversion begins at one, sampled to a little more or less
    for start in (1.0, 1.01, 0.99):
        value = np.array([start, 2.0, 0.5, 0.4])
        when, error = measure_fig2._crossing(times, value, np.full(4, 0.03))
        assert when == pytest.approx(1 + 1 / 1.5)
        assert error == pytest.approx(0.02)
    assert measure_fig2._crossing(times, value + 1, np.zeros(4))[0] == np.inf
    # what lies clearly below from the beginning is below from the beginning
    assert measure_fig2._crossing(times, value - 0.5, np.full(4, 0.03))[0] == 0


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Quantity(0.25), "0.25"),
        (Quantity(0.12345, 0.0023), "0.1235 ± 0.0023"),
        (Quantity(-1.4591, 0.05), "-1.459 ± 0.050"),
        (Quantity(4.567e-5, 1.2e-6), "(4.57 ± 0.12)e-5"),
        (Quantity(-math.inf), "-inf"),
        (Quantity(0.0, math.inf), "0 ± inf"),
    ],
)
def test_numbers_as_text(quantity: Quantity, text: str) -> None:
    assert str(quantity) == text


def test_the_table_names_the_claim_and_escapes_what_it_is_given() -> None:
    entry = Claim(
        "an-id", "fig0", "a < b | c", "there", "that", "", {"0": {"below": 1.0}}, "reproduced"
    )
    data = report.as_data([Finding(entry, {"0": Quantity(2.0)})], {"name": "quick", "seed": 1})
    assert "a < b \\| c" in report.markdown(data)
    assert "**not reproduced**" in report.markdown(data)
