"""The turn of a Bloch vector, its prediction and the planar case of both."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from blochball.twa import rotation, sweep
from blochball.twa.lanes import ALL, COLUMNS, LANES, MX, TX, X

number = st.floats(-3, 3)


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
    rotation.turn(row, half)
    before, after = np.linalg.norm(vector), np.linalg.norm(columns(row)[:, 0])
    assert after == pytest.approx(before, rel=1e-14, abs=1e-300)


@given(st.tuples(number, number, number), st.tuples(number, number, number))
def test_a_turn_is_the_rotation_to_fifth_order(vector, axis):
    for half in (0.02, 0.04):
        row = row_of(vector, axis)
        rotation.turn(row, half)
        exact = Rotation.from_rotvec(2 * half * np.array(axis)).apply(vector)
        t = half * np.linalg.norm(axis)
        # atan(x + x^3/3) = x - 2 x^5/15 + ...
        allowed = (4 / 15 * 1.05 * t**5 + 1e-15) * np.linalg.norm(vector)
        assert np.linalg.norm(columns(row)[:, 0] - exact) <= allowed + 1e-300


@given(st.tuples(number, number, number), st.tuples(number, number, number))
def test_the_prediction_is_a_rotation_to_third_order_and_leaves_the_vector(vector, axis):
    row = row_of(vector, axis)
    rotation.predict(row, 0.01)
    np.testing.assert_array_equal(columns(row)[:, 0], vector)
    exact = Rotation.from_rotvec(0.02 * np.array(axis)).apply(vector)
    t = 0.01 * np.linalg.norm(axis)
    error = np.linalg.norm(columns(row, MX, 2)[:, 0] - exact[:2])
    # sin(2 t) = 2 t - 4 t^3 / 3 + ...
    assert error <= (4 / 3 * 1.05 * t**3 + 1e-15) * np.linalg.norm(vector) + 1e-300


@given(st.tuples(number, number, number), number, number)
def test_the_planar_turn_is_the_turn_about_an_axis_in_the_plane(vector, a, b):
    general, planar = row_of(vector, (a, b, 0.0)), row_of(vector)
    rotation.turn(general, 1.0)
    planar[int(MX) : int(MX) + 2 * LANES] = np.repeat([a, b], LANES)
    sweep.turn_planar(planar, ALL)
    np.testing.assert_allclose(columns(planar), columns(general), rtol=1e-13, atol=1e-13)
