"""Time steps: whole numbers of them by construction, and outputs on the requested times exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blochball import models, twa
from blochball.twa import schedule

times_lists = st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=12, unique=True).map(sorted)


def ends(plan, times):
    """Output times as the sum of the steps before them, interval by interval."""
    found, now = np.full(len(times), np.nan), 0.0
    for step, count, output in zip(plan.steps, plan.counts, plan.outputs, strict=True):
        now += step * count
        if output >= 0:
            found[output] = now
            now = times[output]
    return found


def check(plan, times):
    """What holds for every schedule."""
    assert plan.counts.dtype == np.int64
    assert plan.steps.shape == plan.counts.shape == plan.outputs.shape
    assert (plan.steps >= 0).all()
    assert (plan.steps[plan.counts > 0] > 0).all()
    # every output once, in order
    outputs = plan.outputs[plan.outputs >= 0]
    assert outputs.tolist() == list(range(len(times)))
    np.testing.assert_allclose(ends(plan, times), times, rtol=1e-12)


@given(times_lists, st.booleans(), st.integers(1, 5000))
def test_a_number_of_steps_is_spread_over_the_intervals(times, zero, steps):
    times = np.array([0.0, *times] if zero else times)
    plan = schedule.uniform("test", times, steps)
    check(plan, times)
    assert (plan.counts[times[plan.outputs] > 0] >= 1).all()
    # no step is longer than the whole divided by their number
    assert plan.steps.max() <= times[-1] / steps * (1 + 1e-8)
    assert steps <= plan.counts.sum() <= steps + len(times)


@given(st.integers(1, 50), st.integers(1, 50))
def test_even_intervals_take_even_shares(intervals, each):
    # divisions that leave a rounding error must not cost a step
    times = np.linspace(0, 0.7, intervals + 1)
    plan = schedule.uniform("test", times, intervals * each)
    assert plan.counts.tolist() == [0, *[each] * intervals]


def test_one_number_an_interval():
    plan = schedule.uniform("test", np.array([0.5, 1.0, 3.0]), [1, 2, 7])
    assert plan.counts.tolist() == [1, 2, 7]
    np.testing.assert_allclose(plan.steps, [0.5, 0.25, 2 / 7])
    plan = schedule.uniform("test", np.array([0.0, 1.0, 3.0]), np.array([2, 7], np.uint8))
    assert plan.counts.tolist() == [0, 2, 7]


def test_time_zero_alone_takes_no_step():
    plan = schedule.uniform("test", np.array([0.0]), 10)
    assert plan.counts.tolist() == [0]
    ds = twa.solve(models.superradiant_laser(50, 1.0), [0.0], trajectories=100)
    assert ds.attrs["steps"] == 0
    np.testing.assert_allclose(ds.spin_squared, 25 * 26, rtol=1e-12)


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        (0, ValueError),
        (-3, ValueError),
        (2.0, TypeError),
        (True, TypeError),
        (None, TypeError),
        ([1.0, 2.0], TypeError),
        ([1], ValueError),
        ([1, 2, 3], ValueError),
        ([1, 0], ValueError),
        ([[1, 2]], ValueError),
        ("many", ValueError),
    ],
)
def test_refused_steps(steps, error):
    with pytest.raises(error, match=r"twa\.solve: steps must be"):
        twa.solve(models.superradiant_laser(50, 1.0), [0.5, 1.0], trajectories=1, steps=steps)


@pytest.mark.parametrize("tolerance", [0, -1, np.nan, "small"])
def test_refused_tolerance(tolerance):
    with pytest.raises((TypeError, ValueError), match=r"twa\.solve: tolerance must be"):
        twa.solve(models.superradiant_laser(50, 1.0), [1.0], trajectories=1, tolerance=tolerance)
