"""Checks on single arguments: what is taken, what is refused, and what the message says."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blochball.support import validation

anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.lists(st.floats(), max_size=3),
    st.dictionaries(st.text(max_size=2), st.floats(), max_size=1),
)


@given(anything, st.one_of(st.none(), st.floats(-10, 10)))
def test_real_takes_finite_numbers_and_nothing_else(value, minimum):
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = number and math.isfinite(value) and abs(value) <= validation.LARGEST
    if fits and (minimum is None or value >= minimum):
        found = validation.real("Owner", "thing", value, minimum)
        assert type(found) is float
        assert found == value
    else:
        with pytest.raises(
            ValueError if number else TypeError,
            match="^Owner: thing must be a finite real number.*, got " + re.escape(repr(value)),
        ):
            validation.real("Owner", "thing", value, minimum)


@pytest.mark.parametrize("value", [True, np.True_, "1", b"1", 1j, np.complex64(1), None, [1, 2]])
def test_real_refuses_types_that_only_look_like_numbers(value):
    with pytest.raises(TypeError, match="Owner: rate must be a finite real number >= 0, got"):
        validation.real("Owner", "rate", value, 0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1e-300])
def test_real_refuses_values(value):
    with pytest.raises(ValueError, match="Owner: rate must be a finite real number >= 0, got"):
        validation.real("Owner", "rate", value, 0)


def test_real_takes_numpy_scalars_and_huge_integers_that_fit():
    assert validation.real("Owner", "rate", np.float32(0.5)) == 0.5
    assert validation.real("Owner", "rate", np.array(2)) == 2.0
    with pytest.raises(TypeError, match="rate must be"):
        validation.real("Owner", "rate", 10**400)


@pytest.mark.parametrize(
    ("value", "error"),
    [(2.0, TypeError), (True, TypeError), ("2", TypeError), (None, TypeError), (0, ValueError)],
)
def test_integer_refuses(value, error):
    with pytest.raises(error, match=r"Owner: size must be an integer >= 1, got "):
        validation.integer("Owner", "size", value, 1)


def test_integer_takes_numpy_integers_and_gives_python_ones():
    assert type(validation.integer("Owner", "size", np.uint8(7), 1)) is int


@pytest.mark.parametrize("value", ["c", None, 1, ["a"], ""])
def test_choice_refuses(value):
    with pytest.raises(ValueError, match="Owner: kind must be one of a, b, got"):
        validation.choice("Owner", "kind", value, iter("ab"))


def test_choice_returns_what_it_was_given():
    assert validation.choice("Owner", "kind", "b", "ab") == "b"


@pytest.mark.parametrize(
    ("value", "error", "got"),
    [
        ([[1, 2], [3]], TypeError, r"\[\[1, 2\], \[3\]\]"),
        (["a", "b"], TypeError, "'a', 'b'"),
        ([True, False], TypeError, "True"),
        ([1, None], TypeError, "None"),
        ([1, 2, 3], ValueError, r"an array of shape \(3,\)"),
        (1.0, ValueError, r"an array of shape \(\)"),
        ([[1, 2]], ValueError, r"an array of shape \(1, 2\)"),
        ([1, np.nan], ValueError, "not finite"),
        ([1, 1j * np.inf], ValueError, "not finite"),
    ],
)
def test_array_refuses(value, error, got):
    with pytest.raises(error, match=f"Owner: drive must be two numbers, got .*{got}"):
        validation.array("Owner", "drive", value, (2,), "two numbers")


def test_array_copies():
    given = np.zeros(2, complex)
    found = validation.array("Owner", "drive", given, (None,), "numbers")
    found[0] = 1
    assert given[0] == 0


@pytest.mark.parametrize(
    ("value", "error", "got"),
    [
        ([], ValueError, "empty"),
        ([-0.1, 1], ValueError, "-0.1 as the first"),
        ([0, 1, 1], ValueError, "1 followed by 1"),
        ([0, 2, 1], ValueError, "2 followed by 1"),
        ([0, np.nan], ValueError, "not finite"),
        ([0, np.inf], ValueError, "not finite"),
        ([[0, 1]], ValueError, "shape"),
        (1.0, ValueError, "shape"),
        ([0, 1 + 0j], TypeError, "complex"),
        (["0", "1"], TypeError, "'0'"),
        (None, TypeError, "None"),
    ],
)
def test_times_refuses(value, error, got):
    with pytest.raises(error, match=f"solve: times must be .*increasing from .* >= 0, got.*{got}"):
        validation.times("solve", value)


@given(st.lists(st.floats(0, 1e6), min_size=1, unique=True).map(sorted))
def test_times_come_back_as_they_were(value):
    found = validation.times("solve", value)
    assert found.dtype == np.float64
    assert found.tolist() == value


def test_unknown_options_are_named():
    validation.no_options("solve", "jumps", {})
    with pytest.raises(TypeError, match="solve: jumps takes no option named colour, size"):
        validation.no_options("solve", "jumps", {"size": 1, "colour": 2})
