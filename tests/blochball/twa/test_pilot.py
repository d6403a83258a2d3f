"""Automatic steps: the pilot finds the largest rates, lands on the times and goes back."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blochball import CollectiveJump, Ensemble, Protocol, System, exact, models, twa
from blochball.twa.pilot import ANGLE, schedule_of
from tests.blochball.known import within
from tests.blochball.twa.paths import chain
from tests.blochball.twa.test_schedule import check


def pilot(system, times, seed=0, tolerance=ANGLE):
    times = np.asarray(times, float)
    return schedule_of("test", Protocol([(0, system)]), "auto", times, seed, tolerance)


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
    np.testing.assert_allclose(plan.steps[[0, -1]] * 500, ANGLE, rtol=0.15)


def test_a_stretch_in_which_the_speed_grows_is_made_again():
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
    assert (steps * amplitude).max() < ANGLE


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
    assert plan.steps.max() <= ANGLE / 2 * (1 + 1e-9)


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
    # and not those that are given by hand
    by_hand = twa.solve(system, times, 100, seed=5, steps=2)
    assert by_hand.attrs["steps"] == 2


def test_decay_and_pump_that_balance_need_no_more_steps_in_a_larger_ensemble():
    jumps = [CollectiveJump(0.1, [1]), CollectiveJump(0.1, [1], "pump")]
    few, many = (pilot(System(Ensemble(n, polar=1.0), jumps), [6.0]) for n in (100, 1000))
    # their noise alone, of rate 0.2
    assert few.total == many.total <= 6.0 * 0.2 / ANGLE + 1
    # the negative control: decay alone needs them
    lone = pilot(System(Ensemble(1000, polar=1.0), jumps[0]), [6.0])
    assert lone.total > 10 * many.total


LASER = models.superradiant_laser(100, 25.0)


@pytest.mark.parametrize("steps", [3, 12, 30])
def test_steps_that_are_too_long_are_warned_about_with_the_number_that_would_do(steps):
    with pytest.warns(UserWarning, match="steps are too long") as warnings:
        ds = twa.solve(LASER, [0.3], 100_000, steps=steps)
    (warning,) = warnings
    text = str(warning.message)
    assert text.startswith(f"twa.solve: steps are too long: {steps}, ")
    assert warning.filename == __file__
    would, error = map(float, re.findall(r"about (\S+); means may err by (\S+) ", text)[0])
    assert would == pytest.approx(pilot(LASER, [0.3]).total, rel=0.1)
    # measured: .66, .13 and .021 of the emission are missing
    right = exact.solve(LASER, [0.3]).emission.item()
    off, noise = abs(ds.emission.item() / right - 1), ds.emission_stderr.item() / right
    assert off > 3 * noise
    assert off / 2 - 3 * noise < error < 2 * off + 3 * noise


def test_steps_that_do_are_not_warned_about():
    twa.solve(LASER, [0.3], 5000, steps=100)
    # what few trajectories do not show
    twa.solve(LASER, [0.3], 200, steps=30)
    # a rotation about a fixed axis and local dissipation are exact for any step, each alone
    twa.solve(System(Ensemble(50, polar=1.0), drive=[3.0]), [9.0], 20_000, steps=2)
    twa.solve(System(Ensemble(50, pump=3.0, decay=2.0)), [9.0], 20_000, steps=2)
    # the negative control: both together are not
    with pytest.warns(UserWarning, match="steps are too long: 2, where steps='auto' would take"):
        twa.solve(System(Ensemble(50, decay=2.0), drive=[3.0]), [9.0], 20_000, steps=2)


def test_steps_where_no_number_would_do():
    with pytest.warns(UserWarning, match="about 1e[+]09; means may err by 1 of"):
        twa.plan(System(Ensemble(10, decay=1.0), drive=[1e20]), [1.0], steps=5)
