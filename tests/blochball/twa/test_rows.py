"""The innermost layer: random numbers, rotation, local step; compiled and as plain Python."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.spatial.transform import Rotation

from blochball.twa import kernels, rows
from blochball.twa.rows import ALL, COLUMNS, FREQUENT, LANES, MX, RARE, TX, X
from tests.blochball.known import python
from tests.blochball.twa.paths import small_runs

number = st.floats(-3, 3)
MASK = 2**64 - 1


# -- random numbers -------------------------------------------------------------------------------


def xoroshiro128(a, b):
    """xoroshiro128++ with integers of any size: the word and the next state."""

    def turned(x, k):
        return (x << k | x >> (64 - k)) & MASK

    word = (turned((a + b) & MASK, 17) + a) & MASK
    b ^= a
    return word, turned(a, 49) ^ b ^ (b << 21 & MASK), turned(b, 28)


def test_words_are_those_of_xoroshiro128():
    state = np.random.default_rng(0).integers(0, 2**64, 2 * LANES, dtype=np.uint64)
    expected = [(int(state[i]), int(state[i + LANES])) for i in range(LANES)]
    word = np.zeros(LANES, np.uint64)
    for _ in range(20):
        rows.draw(state, word, ALL)
        found = [xoroshiro128(*pair) for pair in expected]
        assert word.tolist() == [w for w, _, _ in found]
        expected = [pair for _, *pair in found]
    assert state.tolist() == [a for a, _ in expected] + [b for _, b in expected]


def test_the_published_sequence_from_the_state_one_two():
    # first outputs of the reference implementation in C, as in the tests of Rust's rand_xoshiro
    expected = [393217, 669327710093319, 1732421326133921491, 11394790081659126983]
    state, found = (1, 2), []
    for _ in expected:
        word, *state = xoroshiro128(*state)
        found.append(word)
    assert found == expected


def test_moments_of_the_noise_are_exact_up_to_the_fifth():
    values = np.array([rows.variate(np.uint64(bits)) for bits in range(8)])
    for power, expected in enumerate([1, 0, 1, 0, 3, 0]):
        assert (values**power).mean() == pytest.approx(expected, abs=1e-14)
    assert sorted(set(values)) == [-RARE, -FREQUENT, FREQUENT, RARE]
    # only the lowest three bits count
    assert rows.variate(np.uint64(0b101)) == rows.variate(np.uint64(MASK - 0b010))


def test_a_word_serves_seven_steps_of_three_noises_that_share_no_bit():
    assert 9 * rows.STEPS_PER_WORD <= 64
    word = np.random.default_rng(1).integers(0, 2**64, LANES, dtype=np.uint64)
    out = np.zeros((21, LANES))
    for k in range(21):
        rows.noise(word, np.uint64(3 * k), 2.0, out[k], np.uint64(0), ALL)
    bits = (word[None, :] >> (3 * np.arange(21, dtype=np.uint64))[:, None]) & np.uint64(7)
    expected = [[2 * rows.variate(b) for b in line] for line in bits]
    np.testing.assert_array_equal(out, expected)


# -- rotation -------------------------------------------------------------------------------------


def row_of(vectors, axes=0.0):
    row = np.zeros((COLUMNS, LANES))
    row[:3] = np.broadcast_to(np.reshape(vectors, (3, -1)), (3, LANES))
    first = int(TX) // LANES
    row[first : first + 3] = np.reshape(axes, (-1, 1))
    return row.ravel()


def columns(row, first=X, count=3):
    return row.reshape(COLUMNS, LANES)[int(first) // LANES :][:count]


@given(st.tuples(number, number, number), st.tuples(number, number, number), st.floats(-50, 50))
def test_a_turn_keeps_the_length(vector, axis, half):
    row = row_of(vector, axis)
    rows.turn(row, half)
    before, after = np.linalg.norm(vector), np.linalg.norm(columns(row)[:, 0])
    assert after == pytest.approx(before, rel=1e-14, abs=1e-300)


@given(st.tuples(number, number, number), st.tuples(number, number, number))
def test_a_turn_is_the_rotation_to_fifth_order(vector, axis):
    for half in (0.02, 0.04):
        row = row_of(vector, axis)
        rows.turn(row, half)
        exact = Rotation.from_rotvec(2 * half * np.array(axis)).apply(vector)
        t = half * np.linalg.norm(axis)
        # atan(x + x^3/3) = x - 2 x^5/15 + ...
        allowed = (4 / 15 * 1.05 * t**5 + 1e-15) * np.linalg.norm(vector)
        assert np.linalg.norm(columns(row)[:, 0] - exact) <= allowed + 1e-300


@given(st.tuples(number, number, number), st.tuples(number, number, number))
def test_the_prediction_is_a_rotation_to_third_order_and_leaves_the_vector(vector, axis):
    row = row_of(vector, axis)
    rows.predict(row, 0.01)
    np.testing.assert_array_equal(columns(row)[:, 0], vector)
    exact = Rotation.from_rotvec(0.02 * np.array(axis)).apply(vector)
    t = 0.01 * np.linalg.norm(axis)
    error = np.linalg.norm(columns(row, MX, 2)[:, 0] - exact[:2])
    # sin(2 t) = 2 t - 4 t^3 / 3 + ...
    assert error <= (4 / 3 * 1.05 * t**3 + 1e-15) * np.linalg.norm(vector) + 1e-300


# -- local dissipation ----------------------------------------------------------------------------


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
    """J after `rows.local` for every one of the 8^3 patterns of noise, shape (3, 512)."""
    found = []
    for high in range(8):
        row = row_of(vector)
        word = (np.arange(LANES) + LANES * high).astype(np.uint64)
        rows.local(row, word, np.uint64(0), coefficients, ALL)
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
    coefficients = np.zeros(8)
    kernels.local_coefficients(float(size), *rates, duration, coefficients)
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
    size, coefficients = 60, np.zeros(8)
    kernels.local_coefficients(float(size), 0.0, 0.0, 1.0, 0.1, coefficients)
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
    whole, half = np.zeros(8), np.zeros(8)
    kernels.local_coefficients(size, *rates, 0.4, whole)
    kernels.local_coefficients(size, *rates, 0.2, half)
    once = all_patterns(vector, whole)
    twice = np.concatenate([all_patterns(v, half) for v in all_patterns(vector, half).T], axis=1)
    np.testing.assert_allclose(twice.mean(axis=1), once.mean(axis=1), rtol=1e-12)
    for a, b in itertools.product(range(3), repeat=2):
        expected = (once[a] * once[b]).mean()
        assert (twice[a] * twice[b]).mean() == pytest.approx(expected, rel=1e-10)


def test_without_rates_nothing_changes():
    coefficients = np.zeros(8)
    kernels.local_coefficients(60.0, 0.0, 0.0, 0.0, 3.0, coefficients)
    np.testing.assert_array_equal(coefficients, [1, 0, 1, 0, 0, 0, 0, 0])


# -- compiled and not -----------------------------------------------------------------------------

PLAIN = """
import json, sys
import numpy as np
np.seterr(over="ignore")  # words wrap around
sys.path[:0] = [".", "twa"]
from numba.core import config
from tests.blochball.twa.paths import small_runs
assert config.DISABLE_JIT
print(json.dumps(small_runs()))
"""


def test_plain_python_and_compiled_code_give_the_same_numbers():
    plain = json.loads(python(PLAIN, NUMBA_DISABLE_JIT="1"))
    compiled = small_runs()
    assert plain.keys() == compiled.keys()
    for name, variables in compiled.items():
        assert plain[name].keys() == variables.keys()
        for variable, value in variables.items():
            scale = max(map(abs, value), default=0) + 1e-30
            found = np.array(plain[name][variable]) / scale
            label = f"{name}: {variable}"
            np.testing.assert_allclose(found, np.array(value) / scale, atol=1e-9, err_msg=label)
