"""Errors of the time steps, estimated on shared noise."""

import numpy as np
import pytest

from blochball import Ensemble, Protocol, Rotation, System, exact, models, twa


def estimate(system, times, steps, trajectories=8000):
    return twa.step_error(system, times, trajectories, 2, steps=steps, threads=1)


def test_second_weak_order():
    size = 40
    system = models.superradiant_laser(size, pump=0.25 * size)
    times = np.linspace(0, 10 / size, 11)
    coarse, fine = (estimate(system, times, steps, 40_000) for steps in (20, 40))
    worst = int(abs(coarse.emission.values).argmax())
    a, b = coarse.emission.values[worst, 0], fine.emission.values[worst, 0]
    da, db = coarse.emission_stderr.values[worst, 0], fine.emission_stderr.values[worst, 0]
    order = np.log2(a / b)
    error = np.hypot(da / a, db / b) / np.log(2)
    assert error < 0.3
    assert order == pytest.approx(2, abs=3 * error + 0.3)


def test_is_the_difference_to_the_exact_solution_where_steps_are_all_that_errs():
    size = 100
    system = models.superradiant_laser(size, pump=0.25 * size)
    times = np.linspace(0, 10 / size, 6)
    ds = twa.solve_stratified(system, times, 40_000, 5, steps=30)
    estimated = twa.step_error(system, times, 8000, 5, steps=30)
    off = ds.emission - exact.solve(system, times).emission
    error = np.hypot(ds.emission_stderr, estimated.emission_stderr)
    # the negative control: without the estimate the run is many standard errors off
    assert (abs(off) > 5 * error).any()
    # what is left is of third order in the step and of the theory, a tenth of the estimate
    allowed = 4.5 * error + 0.15 * float(abs(estimated.emission).max())
    assert (abs(off - estimated.emission) < allowed).all()


def test_local_dissipation_has_no_error_of_the_step():
    system = System(Ensemble(10, decay=0.5, dephasing=0.2, pump=1.0, polar=1.0))
    found = estimate(system, [0.5, 2.0], 4, 4000)
    for name in ("spin_x", "spin_y", "inversion", "emission", "spin_squared"):
        # mean and covariance are exact for any step: only sampling is left
        assert (abs(found[name]) < 4.5 * found[f"{name}_stderr"]).all(), name


@pytest.mark.filterwarnings("ignore:.*steps are too long:UserWarning")
@pytest.mark.parametrize("rates", [{"dephasing": 0.4}, {"decay": 0.6, "dephasing": 0.2}])
def test_a_drive_beside_local_dissipation(rates):
    """Emitters by themselves follow Bloch's linear equations: all that errs is the splitting."""
    system = System(Ensemble(30, polar=0.5, detuning=0.7, **rates), drive=[1.0])
    times = np.array([0.9, 1.8])
    ds = twa.solve(system, times, trajectories=400_000, seed=6, steps=4)
    found = estimate(system, times, 4, 100_000)
    judge = exact.solve(system, times)
    for name in ("spin_x", "spin_y", "inversion"):
        off, own = ds[name] - judge[name], found[name]
        error = np.hypot(ds[f"{name}_stderr"], found[f"{name}_stderr"])
        largest = float(abs(own).max())
        # what is left is of third order in the step
        assert (abs(off - own) < 4.5 * error + 0.2 * largest).all(), name
        # negative control: the estimate is no zero, nor twice as much
        assert (abs(off) > 4.5 * error + 0.2 * largest).any(), name
        assert (abs(off - 2 * own) > 4.5 * error + 0.2 * largest).any(), name


def test_same_bits_for_any_thread_count():
    system = models.waveguide_chain(3, 20, 0.4, pump=5.0, drive=1.0)
    one, two = (
        twa.step_error(system, [0.1], 1200, 2, steps=10, threads=threads) for threads in (1, 2)
    )
    assert one.drop_attrs(deep=False).identical(two.drop_attrs(deep=False))


def ramp(size):
    """A turn whose axis and speed change: without noise, TWA errs by its steps only."""
    one, other = (
        System([Ensemble(size, polar=1.0, detuning=d)] * 2, drive=[w, 1j * w])
        for d, w in ((0.0, 3.0), (8.0, -1.0))
    )
    return Protocol([(0, one), (0.5, one), Rotation(0.7, "x", [1]), (1.5, other)])


@pytest.mark.filterwarnings("ignore:.*too long")
def test_a_protocol_is_halved_with_its_ramps_and_pulses():
    size, times = 10_000, [0.5, 1.0, 1.5]
    coarse, fine = (twa.step_error(ramp(size), times, 200, 1, steps=s) for s in (12, 24))
    ds = twa.solve(ramp(size), times, 4000, 2, steps=12)
    expected = exact_path(ramp(size), times)
    for name in ("spin_x", "spin_y", "inversion"):
        error = np.hypot(ds[f"{name}_stderr"], coarse[f"{name}_stderr"])
        off = ds[name] - expected[name]
        largest = float(abs(coarse[name]).max())
        assert (abs(off - coarse[name]) < 4.5 * error + 0.1 * largest).all(), name
        assert (abs(fine[name]) < 0.3 * largest).all()
    # the negative control: the estimate is not nothing
    assert (abs(coarse.inversion) > 50 * coarse.inversion_stderr).any()


def exact_path(protocol, times):
    """The mean of a spin that nothing but fields turns, with very short steps."""
    return twa.solve(protocol, times, 4000, 2, steps=1200)


def test_a_protocol_that_does_not_change_errs_like_its_system():
    system = models.waveguide_chain(3, 20, 0.4, pump=5.0, drive=1.0)
    plain = twa.step_error(system, [0.1, 0.2], 600, 2, steps=10)
    still = Protocol([(0, system), (0.1, system)])
    ds = twa.step_error(still, [0.1, 0.2], 600, 2, steps=10)
    for name in plain.data_vars:
        np.testing.assert_array_equal(ds[name], plain[name], err_msg=name)
    assert Protocol.from_json(ds.attrs["protocol"]) == still


def test_noisy_ramps_are_of_second_weak_order():
    size = 40
    off, on = (models.superradiant_laser(size, pump=pump) for pump in (0.0, 0.6 * size))
    ramp = Protocol([(0, off), (6 / size, on), (6 / size, off)])
    times = np.array([4, 6, 9]) / size
    coarse, fine = (estimate(ramp, times, steps, 20_000) for steps in (12, 24))
    worst = int(abs(coarse.emission.values).argmax())
    a, b = coarse.emission.values[worst, 0], fine.emission.values[worst, 0]
    da, db = coarse.emission_stderr.values[worst, 0], fine.emission_stderr.values[worst, 0]
    error = np.hypot(da / a, db / b) / np.log(2)
    assert error < 0.3
    assert np.log2(a / b) == pytest.approx(2, abs=3 * error + 0.3)
