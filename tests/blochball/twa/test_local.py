"""Local dissipation: first and second moments are exact over any duration."""

import itertools

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from blochball.twa import local
from blochball.twa.lanes import ALL, LANES
from tests.blochball.twa.test_rotation import columns, row_of


def coefficients_of(size, rates, duration):
    return np.array(local.relax(float(size), *rates, duration))


def moment_equations(size, decay, dephasing, pump):
    """d/dt of mean and second moments of (Jx, Jy, Jz) from the master equation of each emitter.

    <sigma^x,y> decay at (gamma^+ + gamma^-)/2 + 2 gamma^0, <sigma^z> relaxes; a pair of different
    emitters relaxes by the sum of both, and a single emitter has sigma_a sigma_b = delta_ab in the
    symmetrised product.
    """
    flat = (pump + decay) / 2 + 2 * dephasing
    rates = np.array([flat, flat, pump + decay])
    gain = np.array([0, 0, (pump - decay) * size / 2])

    def change(_, y):
        mean, second = y[:3], y[3:].reshape(3, 3)
        pairs = second - size / 4 * np.eye(3)  # sum over n != m of s_n s_m
        # gain of one times the mean of the N - 1 others
        fed = np.outer(gain, mean) * (size - 1) / size
        change_of_pairs = -(rates[:, None] + rates[None, :]) * pairs + fed + fed.T
        return np.concatenate([gain - rates * mean, change_of_pairs.ravel()])

    return change


def all_patterns(vector, coefficients):
    """J after `local.local` for every one of the 8^3 patterns of noise, shape (3, 512)."""
    found = []
    for high in range(8):
        row = row_of(vector)
        word = (np.arange(LANES) + LANES * high).astype(np.uint64)
        local.local(row, word, np.uint64(0), coefficients, ALL)
        found.append(columns(row).copy())
    return np.concatenate(found, axis=1)


RATES = {
    "decay": (0.7, 0, 0),
    "dephasing": (0, 0.4, 0),
    "pump": (0, 0, 0.9),
    "decay = pump": (0.6, 0, 0.6),
    "all": (0.3, 0.2, 0.8),
}


@pytest.mark.parametrize("rates", RATES.values(), ids=RATES)
@pytest.mark.parametrize("duration", [1e-6, 0.05, 1.0])
@pytest.mark.parametrize("vector", [(0.0, 0.0, 0.0), (12.0, -7.0, 4.0), (3.0, 5.0, -11.0)], ids=str)
def test_first_and_second_moments_are_exact_over_any_duration(vector, duration, rates):
    size = 60
    coefficients = coefficients_of(size, rates, duration)
    after = all_patterns(vector, coefficients)
    start = np.concatenate([vector, np.outer(vector, vector).ravel()])
    exact = solve_ivp(
        moment_equations(size, *rates),
        (0, duration),
        start,
        rtol=1e-11,
        atol=1e-11,
        method="DOP853",
    ).y[:, -1]
    np.testing.assert_allclose(after.mean(axis=1), exact[:3], atol=1e-8)
    second = np.einsum("an,bn->ab", after, after) / 512
    np.testing.assert_allclose(second, exact[3:].reshape(3, 3), atol=1e-7)


def test_where_the_variance_would_be_negative_it_is_zero():
    # next to the pole, pump only: the mean stays exact, the second moment of Jz is too large
    size = 60
    coefficients = coefficients_of(size, (0.0, 0.0, 1.0), 0.1)
    vector = (np.sqrt(size / 4), np.sqrt(size / 4), size / 2)
    after = all_patterns(vector, coefficients)
    start = np.concatenate([vector, np.outer(vector, vector).ravel()])
    exact = solve_ivp(moment_equations(size, 0, 0, 1.0), (0, 0.1), start, rtol=1e-10).y[:, -1]
    np.testing.assert_allclose(after.mean(axis=1), exact[:3], rtol=1e-6)
    excess = (after[2] ** 2).mean() - exact[-1]
    assert 1e-4 < excess < 0.1  # of order one times the step, against <Jz^2> = 900


def test_two_half_durations_are_one_whole():
    # the composition of two exact maps has the moments of the exact map
    size, rates, vector = 60.0, (0.3, 0.2, 0.8), (12.0, -7.0, 4.0)
    whole, half = (coefficients_of(size, rates, duration) for duration in (0.4, 0.2))
    once = all_patterns(vector, whole)
    twice = np.concatenate([all_patterns(v, half) for v in all_patterns(vector, half).T], axis=1)
    np.testing.assert_allclose(twice.mean(axis=1), once.mean(axis=1), rtol=1e-12)
    for a, b in itertools.product(range(3), repeat=2):
        expected = (once[a] * once[b]).mean()
        assert (twice[a] * twice[b]).mean() == pytest.approx(expected, rel=1e-10)


def test_without_rates_nothing_changes():
    found = local.relax(60.0, 0.0, 0.0, 0.0, 3.0)
    assert found._asdict() == {**dict.fromkeys(found._fields, 0.0), "keep_x": 1.0, "keep_z": 1.0}
