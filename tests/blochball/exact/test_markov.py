"""Stationary distributions of Markov chains against arithmetic of a hundred digits."""

import mpmath
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from blochball.exact import markov


def lattice(width, height, rng, decades):
    """Rates between neighbours of a lattice, each with an exponent of its own."""
    place = np.array([(x, y) for x in range(width) for y in range(height)]).T
    near = np.abs(place[:, :, None] - place[:, None, :]).max(axis=0) == 1
    rates = np.where(near, 10.0 ** rng.uniform(-decades, 0, near.shape), 0)
    return sp.csr_array(rates), place


def in_hundred_digits(rates):
    with mpmath.workdps(400):
        q = mpmath.matrix(rates.toarray().T.tolist())
        for k in range(rates.shape[0]):
            q[k, k] = -mpmath.fsum(map(mpmath.mpf, rates.toarray()[k]))
        for k in range(rates.shape[0]):
            q[0, k] = 1
        return list(mpmath.lu_solve(q, mpmath.matrix([1] + [0] * (rates.shape[0] - 1))))


def relative_error(found, expected):
    """Largest over the states whose probability can be written as a floating-point number."""
    return max(
        abs(float(mpmath.mpf(float(p)) / q - 1))
        for p, q in zip(found, expected, strict=True)
        if q > 1e-280
    )


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.integers(1, 5), st.integers(2, 6), st.sampled_from([0, 3, 20]), st.integers(0, 99))
def test_every_probability_is_right_to_its_last_digits(width, height, decades, seed):
    rates, place = lattice(width, height, np.random.default_rng(seed), decades)
    assert relative_error(markov.stationary(rates, place), in_hundred_digits(rates)) < 1e-13


def test_fronts_of_a_large_lattice_are_joined(monkeypatch):
    rates, place = lattice(7, 9, np.random.default_rng(1), 20)
    whole = markov.stationary(rates, place)
    monkeypatch.setattr(markov, "LEAF", 2)
    divided = markov.stationary(rates, place)
    np.testing.assert_allclose(divided, whole, rtol=1e-12)


def test_a_chain_whose_ends_differ_by_more_than_a_float_can_hold():
    # uphill a thousand steps at 1e-3: detailed balance gives p_k = 1e-3^k, from either end
    count = 1000
    for up, down in ((1e-3, 1.0), (1.0, 1e-3)):
        rates = sp.diags_array(
            [np.full(count - 1, up), np.full(count - 1, down)], offsets=[1, -1], format="csr"
        )
        found = markov.stationary(rates, np.array([np.arange(count), np.zeros(count, int)]))
        downhill = found if up < down else found[::-1]
        expected = (1 - 1e-3) * 1e-3 ** np.arange(count)
        np.testing.assert_allclose(downhill[:90], expected[:90], rtol=1e-12)
        assert (downhill[120:] == 0).all()


def test_parts_that_floating_point_numbers_cannot_connect_are_refused():
    # two wells with a wall of 300 steps between them
    away = np.r_[np.full(300, 1e-20), np.ones(300)]
    back = np.r_[np.ones(300), np.full(300, 1e-20)]
    rates = sp.diags_array([away, back], offsets=[1, -1], format="csr")
    place = np.array([np.arange(601), np.zeros(601, int)])
    with pytest.raises(ArithmeticError, match="two groups of states"):
        markov.stationary(rates, place)
