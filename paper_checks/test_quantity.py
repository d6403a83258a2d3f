"""Numbers with errors: what decides, arithmetic, exponents."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_checks import quantity
from paper_checks.quantity import Quantity, UnmeasurableError, Verdict


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


numbers = st.floats(0.1, 10)
errors = st.floats(0, 0.1)


@given(numbers, errors, numbers, errors)
def test_independent_errors_add_in_squares(a: float, da: float, b: float, db: float) -> None:
    x, y = Quantity(a, da), Quantity(b, db)
    for result, value, stderr in (
        (x + y, a + b, math.hypot(da, db)),
        (x - y, a - b, math.hypot(da, db)),
        (x * y, a * b, math.hypot(da * b, a * db)),
        (x / y, a / b, math.hypot(da, db * a / b) / b),
        (x**-2, a**-2, 2 * da * a**-3),
        (2 - 3 * x, 2 - 3 * a, 3 * da),
        (1 / x, 1 / a, da / a**2),
        (abs(-x), a, da),
    ):
        assert result.value == pytest.approx(value)
        assert result.stderr == pytest.approx(stderr)


@given(numbers, errors)
def test_what_is_shared_cancels(a: float, da: float) -> None:
    x = Quantity(a, da)
    assert (x - x).stderr == pytest.approx(0, abs=1e-15)
    assert (x / x).stderr == pytest.approx(0, abs=1e-15)
    assert (x + x).stderr == pytest.approx(2 * da)
    # the same numbers by chance are independent
    assert (x - Quantity(a, da)).stderr == pytest.approx(math.sqrt(2) * da)


@given(errors, errors, st.floats(-1, 1))
def test_a_given_covariance_enters_every_result(da: float, db: float, r: float) -> None:
    covariance = np.array([[da**2, r * da * db], [r * da * db, db**2]])
    x, y = quantity.correlated([3, 2], covariance)
    assert (x.stderr, y.stderr) == pytest.approx((da, db), abs=1e-9)
    gradient = np.array([1 / 2, -3 / 4])
    assert (x / y).stderr == pytest.approx(
        math.sqrt(max(gradient @ covariance @ gradient, 0)), abs=1e-9
    )


def test_what_is_not_known_stays_so() -> None:
    nothing = quantity.unknown("no data")
    for result in (nothing, nothing + 1, 2 / nothing, nothing * Quantity(1, 0.1)):
        assert result.compare(below=1, above=0) == Verdict.UNDECIDED
        assert result.note == "no data"
        assert str(result) == "not measured"
    with pytest.raises(UnmeasurableError, match="division"):
        1 / Quantity(0, 0.1)


@pytest.mark.parametrize("exponent", [-0.5, -1.0, -2.0])
@pytest.mark.parametrize("scatter", [0.0, 0.1])
def test_power_law_has_honest_errors(exponent: float, scatter: float) -> None:
    random = np.random.default_rng(7)
    x = np.array([4.0, 6, 10, 16, 25, 40])
    stderr = np.array([0.01, 0.01, 0.02, 0.04, 0.08, 0.16])
    pulls = []
    for _ in range(400):
        noise = stderr * random.standard_normal(6) + scatter * random.standard_normal(6)
        y = x**exponent * np.exp(noise)
        found = quantity.power_law(
            x, [Quantity(*point) for point in zip(y, y * stderr, strict=True)]
        )
        pulls.append((found.value - exponent) / found.stderr)
    # with few points the scatter is estimated badly, so the pulls spread a little more than 1
    assert abs(np.mean(pulls)) < 4 * np.std(pulls) / np.sqrt(len(pulls))
    assert 0.7 < np.std(pulls) < 1.5


def test_scaling_needs_three_resolved_errors() -> None:
    errors = [Quantity(1, 0.1), Quantity(0.5, 0.05), Quantity(0.25, 0.1)]
    with pytest.raises(UnmeasurableError, match="fewer than three"):
        quantity.scaling([1, 2, 4], errors)
    errors.append(Quantity(0.125, 0.01))
    found = quantity.scaling([1, 2, 4, 8], errors)
    assert found.value == pytest.approx(-1)
    bend = quantity.curvature([1, 2, 8], [errors[0], errors[1], errors[3]])
    assert found.note == f"1 to 8; between neighbours -1.00, -1.00, changing by {bend} a decade"


def test_what_is_no_power_law_shows() -> None:
    sizes = [10, 20, 40, 80]
    power = [Quantity(size**-1.5, 0.01 * size**-1.5) for size in sizes]
    assert [exponent.value for exponent in quantity.local_exponents(sizes, power)] == (
        pytest.approx([-1.5] * 3)
    )
    assert quantity.curvature(sizes, power).value == pytest.approx(0, abs=1e-12)
    # the exponent falls from -1 to -2 and is -1.5 on average, too
    bent = [Quantity(f, 0.01 * f) for f in (1, 1 / 2, 1 / 2**2.5, 1 / 2**4.5)]
    found = quantity.curvature(sizes, bent)
    assert found.value == pytest.approx(-1 / np.log10(4))
    assert found.value < -10 * found.stderr


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Quantity(0.25), "0.25"),
        (Quantity(0.12345, 0.0023), "0.1235 ± 0.0023"),
        (Quantity(-1.4591, 0.05), "-1.459 ± 0.050"),
        (Quantity(4.567e-5, 1.2e-6), "(4.57 ± 0.12)e-5"),
        (Quantity(-math.inf), "-inf"),
        (Quantity(0.0, math.inf), "0 ± inf"),
    ],
)
def test_numbers_as_text(number: Quantity, text: str) -> None:
    assert str(number) == text
