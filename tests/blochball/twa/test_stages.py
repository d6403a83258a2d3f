"""How a run under a Protocol is divided: stages, knots, automatic steps, refusals."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blochball import (
    CollectiveJump,
    Ensemble,
    Protocol,
    Rotation,
    SpinCoupling,
    System,
    cumulants,
    exact,
    models,
    twa,
)
from blochball.twa import pilot, schedule, stretching, timed
from blochball.twa.fields import fields_of
from tests.blochball.known import within
from tests.blochball.twa.paths import SMALL, plan_of, twisted
from tests.blochball.twa.test_schedule import check
from tests.blochball.twa.test_timed import FIRST, LASER, RAMP, driven, vectors

# -- stages --------------------------------------------------------------------------------------


def test_what_is_recorded_at_a_pulse_precedes_it():
    still = System([Ensemble(4), Ensemble(6)])
    pulses = Protocol([(0, still), Rotation(pi, "x", [1]), (1, still), Rotation(pi, "y")])
    ds = twa.solve(pulses, [0.0, 0.5, 1.0, 1.1], 500, seed=1)
    signs = np.sign(ds.inversion.values)
    assert signs.tolist() == [[1, 1], [1, -1], [1, -1], [-1, 1]]
    # nothing but signs changed
    np.testing.assert_allclose(abs(ds.inversion[1:] / ds.inversion[0]), 1, rtol=1e-12)


@pytest.mark.parametrize("axis", ["x", (1.0, -2.0, 0.5)])
def test_a_pulse_turns_the_vectors_by_its_matrix(axis):
    still, pulse = System(Ensemble(5, polar=0.7, azimuth=0.3)), Rotation(0.9, axis)
    before, after = (vectors(p, 1, (0.1,)) for p in (still, Protocol([(0, still), pulse])))
    expected = np.einsum("ab,b...->a...", pulse.matrix, before)
    np.testing.assert_allclose(after, expected, atol=1e-12)


def arrays(numbers):
    """All arrays of a tuple of tuples."""
    if not isinstance(numbers, tuple):
        return [numbers]
    return [array for entry in numbers for array in arrays(entry)]


@pytest.mark.parametrize("name", ["ramp of a pump", "ramp of a coupling"])
def test_a_stack_holds_the_numbers_of_every_step(name):
    plan = plan_of(SMALL[name], [0.06], 12)
    still, ramp = plan.stages
    assert still.rotations == ()
    assert ramp.rotations == SMALL[name].pieces[1].rotations
    middles = 0.03 + np.cumsum(ramp.schedule.steps) - ramp.schedule.steps / 2
    for k, middle in enumerate(middles):
        work = ramp.step.memory(0, np.random.default_rng())[1]
        found = ramp.step.at(ramp.step.numbers, k, work)
        expected = timed.step_for(SMALL[name].at(middle), "auto").numbers
        for one, other in zip(arrays(found), arrays(expected), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)
        assert np.isnan(getattr(work, "inner", work).filled[0])


def test_a_ramp_from_nothing_changes_the_step():
    """A drive beside a dense exchange begins, and an exchange: other arrays, other kernels."""
    chain = models.waveguide_chain(3, 60, 0.7, 20.0)
    detuned = [replace(e, detuning=1.0) for e in chain.ensembles]
    other = System(detuned, chain.jumps, chain.exchange)
    protocol = Protocol([(0, chain), (0.1, chain), (0.3, other), (0.3, chain)])
    plan = plan_of(protocol, [0.1, 0.2, 0.5], 50)
    kernels = [stage.step.advance for stage in plan.stages]
    assert len(kernels) == 3
    assert kernels[0] is kernels[2]
    assert kernels[0] is not kernels[1]
    ds = twa.solve(protocol, [0.1, 0.2, 0.5], 4000, seed=1)
    dense = twa.solve(protocol, [0.1, 0.2, 0.5], 4000, seed=1, structure="dense")
    for name in (*FIRST, "emission"):
        error = np.hypot(ds[f"{name}_stderr"], dense[f"{name}_stderr"])
        within(ds[name], dense[name], error)


@given(
    st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=6, unique=True).map(sorted),
    st.lists(st.floats(0.0, 1.5), max_size=6, unique=True).map(sorted),
    st.integers(1, 40),
)
def test_knots_are_ends_of_steps(times, knots, steps):
    systems = [driven(drive) for drive in np.arange(1.0, 9.0)]
    protocol = Protocol([(0, systems[0]), *zip(knots, systems[1:], strict=False)])
    times = np.array(times)
    plan = schedule.uniform("test", times, steps, protocol.knots)
    check(plan, times)
    ends = np.cumsum(plan.steps * plan.counts)
    inside = protocol.knots[(protocol.knots > 0) & (protocol.knots < times[-1])]
    assert all(np.abs(ends - knot).min() < 1e-12 for knot in inside)
    # one segment for each step of a ramp, and the System in the middle of each
    now = 0.0
    for segment in timed.segments(protocol, times, plan):
        if segment.number:
            expected = protocol.at(now + 0.5 * segment.step * segment.number).drive
            if segment.step > 1e-9:
                np.testing.assert_allclose(segment.system.drive, expected, rtol=1e-6)
            now += segment.step * segment.number
    assert now == pytest.approx(times[-1])


# -- automatic steps -----------------------------------------------------------------------------


def automatic(protocol, times, **options):
    return twa.plan(protocol, times, **options).schedule


def test_a_short_pulse_of_drive_is_seen():
    """A pi pulse that takes 1e-4 of the run, in the middle of an interval between outputs."""
    strong, width = pi / 2 / 1e-3, 1e-3
    still, on = driven(0.0), driven(strong)
    protocol = Protocol([(0, still), (5, still), (5, on), (5 + width, on), (5 + width, still)])
    times = np.array([1.0, 10.0])
    plan = automatic(protocol, times)
    check(plan, times)
    within_pulse = plan.counts[np.abs(np.cumsum(plan.steps * plan.counts) - 5 - width) < 1e-9]
    assert within_pulse.sum() >= pi / pilot.ANGLE - 1
    assert plan.total < 60
    ds = twa.solve(protocol, times, 1000, seed=1)
    np.testing.assert_allclose(ds.inversion[1], -ds.inversion[0], rtol=1e-6)


def test_steps_of_a_ramp_are_those_of_its_worse_end():
    for entries in ([(0, driven(0.1)), (1, driven(5.0))], [(0, driven(5.0)), (1, driven(0.1))]):
        plan = automatic(Protocol(entries), [1.0])
        np.testing.assert_allclose(plan.steps, pilot.ANGLE / 10, rtol=0.1)


def test_a_pulse_in_steps_that_are_too_long_is_warned_about():
    def laser(drive):
        return System(LASER.ensembles, LASER.jumps, drive=[drive])

    quiet, loud = laser(0.0), laser(4000.0)
    entries = [(0, quiet), (0.05, quiet), (0.05, loud), (0.06, loud), (0.06, quiet)]
    with pytest.warns(UserWarning, match="twa.solve: steps are too long: 60"):
        twa.solve(Protocol(entries), [0.1], 1000, steps=60)
    # negative control: the same without the pulse
    twa.solve(Protocol([(0, quiet), (0.05, quiet), (0.06, quiet)]), [0.1], 1000, steps=60)


def test_a_field_of_one_direction_needs_no_steps():
    twa.solve(Protocol([(0, driven(0.0)), (1, driven(300.0))]), [1.0], 1000, steps=1)
    # negative control: one that turns
    with pytest.warns(UserWarning, match="steps are too long"):
        twa.solve(Protocol([(0, driven(300.0)), (1, driven(300.0j))]), [1.0], 1000, steps=1)


def test_what_nothing_damps_in_the_end_is_warned_about():
    def opposite(exchange, jumps=()):
        ensembles = [Ensemble(10), Ensemble(10, polar=pi)]
        return System(ensembles, jumps, [[0, exchange], [exchange, 0]])

    protocol = Protocol([(0, opposite(0.0)), (0.1, opposite(0.0)), (0.2, opposite(1.0))])
    with pytest.warns(UserWarning, match="little damps this system"):
        twa.solve(protocol, [1.4], 500)
    twa.solve(protocol, [0.15], 500)
    damped, undamped = (opposite(0.0, CollectiveJump(rate, [1, 1])) for rate in (1.0, 0.0))
    assert stretching.damping(Protocol([(0, undamped), (1, damped), (1, undamped)]), 9) > 10
    assert stretching.damping(Protocol([(0, undamped), (1, damped)]), 0.0) == 0


# -- refusals ------------------------------------------------------------------------------------

SERVES = "system must be a System, got a Protocol, which exact.solve, cumulants.solve and twa.solve"


@pytest.mark.parametrize(
    "verb",
    [
        lambda p: twa.two_time(p, [0.0, 0.1]),
        lambda p: twa.spectrum(p, [0.0]),
        lambda p: twa.solve_stratified(p, [0.1]),
        lambda p: twa.eq6.solve(p, [0.1]),
        lambda p: twa.density.solve(p, [0.1]),
        lambda p: twa.density.steady_state(p),
        lambda p: exact.steady_state(p),
        lambda p: exact.two_time(p, [0.1]),
        lambda p: cumulants.steady_state(p),
    ],
)
def test_verbs_that_take_no_protocol_name_those_that_do(verb):
    with pytest.raises(TypeError, match=SERVES):
        verb(RAMP)


def test_terms_and_steps_are_judged_as_for_a_system():
    for steps in (0, [3, 4], "few"):
        with pytest.raises(ValueError, match=r"twa\.solve: steps must be"):
            twa.solve(RAMP, [0.1], steps=steps)
    with pytest.raises(ValueError, match=r"twa\.plan: times and tolerance must be such"):
        twa.plan(Protocol([(0, driven(1.0)), (1, driven(1e12))]), [1.0])
    with pytest.raises(ValueError, match=r"twa\.solve: steps must be such that all fits"):
        twa.solve(RAMP, [0.1], steps=10**9)
    twist = Protocol([(0, twisted()), (1, twisted(strength=0.0))])
    with pytest.raises(TypeError, match=r"twa\.eq6\.solve: system must be a System"):
        twa.eq6.solve(twist, [0.1])
    assert SpinCoupling(1.0) == twist.initial.couplings[0]
    assert fields_of(twist.initial).limit.size == 1
