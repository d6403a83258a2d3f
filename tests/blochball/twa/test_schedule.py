"""Time steps: whole numbers of them by construction, and outputs on the requested times exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blochball import CollectiveJump, Ensemble, System, models, twa
from blochball.twa import schedule
from blochball.twa.engine import local_rates
from blochball.twa.fields import fields_of
from tests.blochball.known import within
from tests.blochball.twa.paths import chain, task_of

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
    plan = schedule.uniform(times, steps)
    check(plan, times)
    assert (plan.counts[times[plan.outputs] > 0] >= 1).all()
    # no step is longer than the whole divided by their number
    assert plan.steps.max() <= times[-1] / steps * (1 + 1e-8)
    assert steps <= plan.counts.sum() <= steps + len(times)


@given(st.integers(1, 50), st.integers(1, 50))
def test_even_intervals_take_even_shares(intervals, each):
    # divisions that leave a rounding error must not cost a step
    times = np.linspace(0, 0.7, intervals + 1)
    plan = schedule.uniform(times, intervals * each)
    assert plan.counts.tolist() == [0, *[each] * intervals]


def test_one_number_an_interval():
    plan = schedule.uniform(np.array([0.5, 1.0, 3.0]), [1, 2, 7])
    assert plan.counts.tolist() == [1, 2, 7]
    np.testing.assert_allclose(plan.steps, [0.5, 0.25, 2 / 7])
    plan = schedule.uniform(np.array([0.0, 1.0, 3.0]), np.array([2, 7], np.uint8))
    assert plan.counts.tolist() == [0, 2, 7]


def test_time_zero_alone_takes_no_step():
    plan = schedule.uniform(np.array([0.0]), 10)
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


# -- the pilot ------------------------------------------------------------------------------------


def pilot(system, times, seed=0, tolerance=schedule.ANGLE):
    times = np.asarray(times, float)
    fields = fields_of(system)
    return schedule.pilot(system, fields, local_rates(system), times, seed, tolerance)


BURST = models.superradiant_decay(1000)


@pytest.mark.parametrize("times", [[0.02], [0.0, 0.02], [0.0, 1e-5, 0.013, 0.02], [1e-9, 0.02]])
def test_the_pilot_lands_on_the_times(times):
    check(pilot(BURST, times), np.array(times))


def test_the_pilot_repeats_itself():
    one, same, other = (pilot(BURST, [0.02], seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.steps, same.steps)
    np.testing.assert_array_equal(one.counts, same.counts)
    assert one.steps.size != other.steps.size or (one.steps != other.steps).any()


def test_steps_are_shorter_in_the_burst():
    # the gain Gamma N/2 at first and the damping at last rule; in the burst |omega| is added
    plan = pilot(BURST, [0.02])
    when = np.cumsum(plan.steps * plan.counts)
    shortest = int(np.argmin(plan.steps))
    assert np.log(1000) / 1000 - 0.001 < when[shortest] < 0.017
    assert plan.steps[shortest] < 0.85 * min(plan.steps[0], plan.steps[-1])
    # product of step and rate is the tolerance, up to the growth that is tolerated
    np.testing.assert_allclose(plan.steps[[0, -1]] * 500, schedule.ANGLE, rtol=0.15)


def test_a_chunk_in_which_the_speed_grows_is_made_again():
    # two large spins in opposite phase, which their detuning brings into phase: |omega| grows from
    # 100 to 350 within a few of the long steps that would do at first
    opposite = [
        Ensemble(1000, polar=np.pi / 2, azimuth=k * np.pi, detuning=(-1) ** k * 100.0)
        for k in (0, 1)
    ]
    system = System(opposite, CollectiveJump(1.0, [1, 1]))
    plan = pilot(system, [0.02])
    check(plan, np.array([0.02]))
    times = np.linspace(1e-4, 0.02, 200)
    amplitude = np.sqrt(twa.solve(system, times, 500, steps=2000).output.values[:, 0])
    assert amplitude.max() > 300
    ends_of_segments = np.cumsum(plan.steps * plan.counts) + 1e-9
    steps = plan.steps[np.searchsorted(ends_of_segments, times)]
    # measured: 0.04; 0.26 without going back
    assert (steps * amplitude).max() < schedule.ANGLE


@given(st.floats(0.02, 0.5))
def test_steps_are_proportional_to_the_tolerance(tolerance):
    rotating = System(Ensemble(50, polar=1.0), drive=[3.0])
    plan = pilot(rotating, [100.0], tolerance=tolerance)
    np.testing.assert_allclose(plan.steps, tolerance / 6, rtol=0.1 * tolerance)


SLOW = {
    "decay": (Ensemble(50, decay=2.0), None),
    "dephasing": (Ensemble(50, dephasing=2.0), None),
    "pump": (Ensemble(50, pump=2.0), None),
    "detuning": (Ensemble(50, detuning=2.0), None),
    "collective dephasing": (Ensemble(50), CollectiveJump(2.0, [1], "dephasing")),
    "collective dephasing, heavy": (Ensemble(50), CollectiveJump(0.5, [2], "dephasing")),
    "collective decay": (Ensemble(50), CollectiveJump(0.1, [1])),
    "collective pump": (Ensemble(50), CollectiveJump(0.1, [1], "pump")),
}


@pytest.mark.parametrize(("ensemble", "jump"), SLOW.values(), ids=SLOW)
def test_no_rate_is_overlooked(ensemble, jump):
    # every process alone, of a rate of 2 or more, sets the step
    plan = pilot(System(ensemble, jump or ()), [10.0])
    assert plan.steps.max() <= schedule.ANGLE / 2 * (1 + 1e-9)


def test_automatic_steps_suffice_for_collective_dephasing():
    times = [0.5, 1.0, 3.0]
    system = System(Ensemble(50, polar=np.pi / 2), CollectiveJump(1.0, [1], "dephasing"))
    ds = twa.solve(system, times, trajectories=50_000)
    within(ds.spin_x[:, 0], 25 * np.exp(-np.array(times) / 2), ds.spin_x_stderr[:, 0])


def test_a_run_reports_its_steps_and_noise_does_not_choose_them():
    system, times = chain(), [0.0, 0.05]
    plan = pilot(system, times, seed=5)
    for trajectories in (1, 700):
        ds = twa.solve(system, times, trajectories=trajectories, seed=5)
        assert ds.attrs["steps"] == plan.counts.sum()
    # the same steps given by hand give the same bits
    by_hand = twa.solve(system, times, 100, seed=5, steps=1)
    task = task_of(system, times, plan, seed=5)
    assert by_hand.attrs["steps"] == 1
    assert task.schedule is plan
