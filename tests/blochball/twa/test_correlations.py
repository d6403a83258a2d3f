"""Two times of TWA against exact results, within standard errors and the order of 1/N."""

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, System, exact, models, observables, twa
from blochball.twa.observers.response import Outputs, repeated
from blochball.twa.schedule import Schedule
from tests.blochball.known import all_within, within

DELAYS = np.array([0.0, 0.1, 0.3, 0.5])


def deviation(ds, judge):
    """First and second order less the exact ones, and errors, as shares of intensity and square."""
    intensity = judge.intensity.item()
    return (
        (ds.first_order - judge.first_order).values / intensity,
        ds.first_order_stderr.values / intensity,
        (ds.second_order - judge.second_order).values / intensity**2,
        ds.second_order_stderr.values / intensity**2,
    )


@pytest.mark.parametrize("ratio", [0.25, 1.5])
def test_superradiant_laser(ratio):
    """Twenty emitters: within the order of 1/N of the exact solution, and near 1/N^2."""
    system = models.superradiant_laser(20, 20 * ratio)
    ds = twa.two_time(system, DELAYS, trajectories=20_000, seed=1)
    first, first_error, second, second_error = deviation(ds, exact.two_time(system, DELAYS))
    assert first_error.max() < 0.006
    assert (np.abs(first) <= 0.01 + 4 * first_error).all()
    assert (np.abs(second) <= 0.02 + 4 * second_error).all()
    assert ds.spread.max() < 0.01


# of so few, which is what is asked
@pytest.mark.filterwarnings("ignore:.*have .J. < 2:UserWarning")
def test_errors_fall_with_the_number_of_emitters():
    """At no delay both orders are wrong by the order of 1/N, the second nearly by 1/N^2."""
    sizes, errors = np.array([4, 8, 16, 32]), []
    for size in sizes:
        system = models.superradiant_laser(size, size / 4)
        ds = twa.two_time(system, [0.0], trajectories=20_000, seed=10)
        errors.append([float(e[0].real) for e in deviation(ds, exact.two_time(system, [0.0]))])
    first, first_error, second, second_error = np.abs(errors).T
    for error, stderr, steepest in ((first, first_error, -1.0), (second, second_error, -1.5)):
        weights = error / stderr
        (slope, _), covariance = np.polyfit(
            np.log(sizes), np.log(error), 1, w=weights, cov="unscaled"
        )
        assert slope < steepest + 4 * np.sqrt(covariance[0, 0])
        assert np.sqrt(covariance[0, 0]) < 0.1


def test_rotational_noise_is_exact():
    """Collective dephasing turns the field by a random angle, and lets photons be."""
    system = System(Ensemble(20, polar=1.2), CollectiveJump(0.8, [1], kind="dephasing"))
    delays = np.array([0.0, 0.5, 2.0])
    ds = twa.two_time(system, delays, 0.3, trajectories=4000, seed=11)
    judge = exact.two_time(system, delays, 0.3)
    fading = np.exp(-0.8 * delays / 2)
    np.testing.assert_allclose(judge.first_order / judge.intensity, fading, atol=1e-7)
    within(ds.first_order.real, judge.first_order.real, ds.first_order_stderr)
    within(ds.first_order.imag, 0.0, ds.first_order_stderr)
    within(ds.second_order, judge.second_order, ds.second_order_stderr)


def test_light_of_inverted_emitters_is_thermal():
    """Where the field is its own fluctuations; 7/4 without the second derivative of a turn."""
    system = models.superradiant_laser(100, 3000.0)
    delays = np.array([0.0, 1e-4, 3e-4])
    ds = twa.two_time(system, delays, trajectories=20_000, seed=9)
    judge = observables.g2(exact.two_time(system, delays))
    assert judge[0] > 1.95
    g2 = observables.g2(ds)
    assert g2.stderr.max() < 0.008
    within(g2, judge, g2.stderr, floor=0.01)


def test_the_symmetric_part_alone_is_wrong():
    """Negative control: products of symbols, as the trajectories have them."""
    system = models.superradiant_laser(20, 30.0)
    start, delays = 0.6, DELAYS[:2]
    paths = twa.trajectories(system, start + delays, 20_000, seed=2, steps=200)
    plus = (paths.spin_x + 1j * paths.spin_y).isel(site=0)
    symmetric = (plus * plus.isel(time=0).conj()).mean("trajectory").values
    judge = exact.two_time(system, delays)
    share = np.abs(symmetric - judge.first_order.values) / judge.intensity.item()
    assert share.max() > 0.15
    first, error, *_ = deviation(twa.two_time(system, delays, trajectories=20_000), judge)
    assert (np.abs(first) < 0.01 + 4 * error).all()


@pytest.mark.filterwarnings("ignore:.*have .J. < 2:UserWarning")
@pytest.mark.parametrize("size", [3, 50])
def test_independent_emitters_are_exact(size):
    """The sum over emitters, whatever their number: without the response wrong by O(1)."""
    system = System(Ensemble(size, decay=0.6, pump=0.3, dephasing=0.2, detuning=0.4))
    delays = np.array([0.0, 0.5, 2.0])
    ds = twa.two_time(system, delays, trajectories=4000, seed=size)
    judge = exact.two_time(system, delays)
    within(ds.first_order.real, judge.first_order.real, ds.first_order_stderr)
    within(ds.first_order.imag, judge.first_order.imag, ds.first_order_stderr)
    all_within(ds, {"intensity": judge.intensity})


def test_two_ensembles_with_phases_and_detunings():
    """Complex weights and a field that is not symmetric: signs and directions of every turn."""
    ensembles = [Ensemble(12, pump=5.0, detuning=d) for d in (3.0, 1.0)]
    jump = CollectiveJump(0.7, [1, 1j], name="out")
    system = System(ensembles, jump, exchange=[[0, 0.2j], [-0.2j, 0]])
    judge = exact.two_time(system, DELAYS, weights="out")
    ds = twa.two_time(system, DELAYS, weights="out", trajectories=10_000, seed=3)
    first, first_error, second, second_error = deviation(ds, judge)
    assert np.abs(judge.first_order.imag).max() > 0.1 * judge.intensity
    assert (np.abs(first) <= 0.02 + 4 * first_error).all()
    assert (np.abs(second) <= 0.06 + 4 * second_error).all()
    # the other direction is another field
    other = exact.two_time(system, DELAYS, weights=[1, -1j])
    assert np.abs(other.first_order - judge.first_order).max() > 0.3 * judge.intensity


def test_a_driven_system_from_a_finite_time():
    system = models.boundary_time_crystal(20, 1.5, 1.0, decay=0.1, polar=1.0)
    delays, time = np.array([0.0, 1.0, 3.0]), 2.0
    judge = exact.two_time(system, delays, time)
    ds = twa.two_time(system, delays, time, trajectories=10_000, seed=4)
    first, error, second, second_error = deviation(ds, judge)
    assert ds.attrs["time"] == time
    assert "burn_in" not in ds.attrs
    assert (np.abs(first) <= 0.02 + 4 * error).all()
    assert (np.abs(second) <= 0.05 + 4 * second_error).all()


def test_no_delay_is_the_output():
    system = models.waveguide_chain(3, 40, 0.7, 10.0)
    ds = twa.two_time(system, [0.0], 0.02, "forward", trajectories=4000, seed=5)
    means = twa.solve(system, [0.02], 4000, seed=6)
    output, error = (means[name].sel(channel="forward") for name in ("output", "output_stderr"))
    within(ds.intensity, output.item(), np.hypot(error, ds.intensity_stderr))
    within(ds.first_order.real, output.item(), np.hypot(error, ds.first_order_stderr))


def test_linewidth_of_a_thousand_emitters():
    """0.857(2) and g2 by exact sampling; the delays are far shorter than the coherence time."""
    system = models.superradiant_laser(1000, 250.0)
    delays = np.array([20, 40, 60, 100, 150, 200]) / 1000
    ds = twa.two_time(system, delays, trajectories=512, seed=7, origins=30)
    width = observables.linewidth(ds)
    assert width.stderr < 0.02
    within(width, 0.857, np.hypot(width.stderr, 0.002), floor=0.004)
    position = observables.line_position(ds)
    within(position, 0.0, position.stderr)


def test_spectrum():
    system = models.waveguide_chain(2, 10, np.pi / 4, 5.0)
    frequencies = np.array([-6.0, -3.0, 0.0, 3.0, 6.0])
    lines = twa.spectrum(system, frequencies, "forward", trajectories=4000, seed=8)
    judge = exact.spectrum(system, frequencies, "forward")
    within(lines, judge, lines.stderr, floor=0.02 * judge.max().item())
    assert (lines.stderr < 0.03 * judge.max()).all()
    # mirrored it would be another one
    assert np.abs(judge[::-1].values - judge.values).max() > 0.2 * judge.max()


def test_sum_of_the_spectrum_is_the_intensity():
    """And it is real, positive, and even where nothing tells directions of rotation apart."""
    system, half, count = models.superradiant_laser(100, 50.0), 2.0, 41
    part = np.pi / count
    angles = part * (np.arange(count) - (count - 1) / 2)
    lines = twa.spectrum(system, half * np.tan(angles), trajectories=2000, seed=12)
    weights = part * half / np.cos(angles) ** 2 / (2 * np.pi)
    total = float(weights @ lines.values)
    assert total == pytest.approx(exact.steady_state(system).emission.item(), rel=0.03)
    assert (lines > -4 * lines.stderr).all()
    within(lines - lines[::-1].values, 0.0, np.hypot(lines.stderr, lines.stderr[::-1].values))


def test_threads_do_not_matter():
    system = models.superradiant_laser(20, 10.0)
    options = {"trajectories": 5000, "burn_in": 2.0, "origins": 2}
    runs = [twa.two_time(system, DELAYS[:2], threads=n, **options) for n in (1, 3)]
    assert runs[0].drop_attrs().identical(runs[1].drop_attrs())


def test_warnings():
    system = models.superradiant_laser(50, 25.0)
    with pytest.warns(
        UserWarning, match="two_time: the intensity is .* a longer burn_in is needed"
    ):
        twa.two_time(system, [0.02], trajectories=2000, burn_in=0.0, origins=4)


def test_it_warns_of_what_the_means_are_warned_of():
    few = System(Ensemble(2, decay=1.0, pump=0.3), drive=[0.7])
    short = r"two_time: up to \d+% of the trajectories have .J. < 2"
    for time in (2.0, np.inf):
        with pytest.warns(UserWarning, match=short) as warnings:
            ds = twa.two_time(few, [0.0, 0.5], time, trajectories=4000)
        assert [w.filename for w in warnings] == [__file__]
    # it is wrong
    judge = exact.two_time(few, [0.0, 0.5])
    assert (abs(ds.second_order - judge.second_order) > 0.2 * judge.intensity**2).any()
    with pytest.warns(UserWarning, match=short.replace("two_time", "spectrum")):
        twa.spectrum(few, [0.0], trajectories=512)
    opposite = System([Ensemble(20), Ensemble(20, polar=np.pi)], exchange=[[0, 1], [1, 0]])
    with pytest.warns(UserWarning, match="two_time: little damps this system"):
        twa.two_time(opposite, [0.0, 0.5], 0.1, trajectories=512)
    # the negative control
    twa.two_time(opposite, [0.0, 0.01], 0.01, trajectories=512)


def test_refusals():
    system = models.superradiant_laser(3, 1.0)
    with pytest.raises(ValueError, match="origins must be None for a finite time, got 2"):
        twa.two_time(system, [0.0], 1.0, origins=2)
    with pytest.raises(ValueError, match=r"twa\.two_time: delays must be"):
        twa.two_time(system, [-1.0])
    with pytest.raises(ValueError, match="weights must be one of cavity"):
        twa.two_time(system, [0.0], weights="out")
    free = System(Ensemble(20, polar=1.0), drive=[0.5])
    with pytest.raises(ValueError, match="time must be finite for a system without dissipation"):
        twa.two_time(free, [0.0])
    with pytest.raises(ValueError, match="spectrum: system must have dissipation"):
        twa.spectrum(free, [0.0], burn_in=1.0)


def test_places_of_origins():
    outputs = Outputs.of(1.0, np.array([0.0, 0.5, 2.0]), 2.0, 2)
    np.testing.assert_allclose(outputs.times, [1, 1.5, 3, 3.5, 5])
    assert outputs.begins.tolist() == [0, -1, 1, -1, -1]
    assert outputs.ends.tolist() == [[-1, -1], [1, 0], [2, 0], [1, 1], [2, 1]]
    apart = Outputs.of(0.0, np.array([0.5]), 2.0, 2)
    np.testing.assert_allclose(apart.times, [0, 0.5, 2, 2.5, 4])
    assert apart.begins.tolist() == [0, -1, 1, -1, -1]
    schedule = Schedule.of([(0.1, 5, -1), (0.2, 1, 0), (0.3, 2, -1), (0.3, 1, 1), (0.1, 4, 2)])
    twice = repeated(schedule, 2)
    assert twice.outputs.tolist() == [-1, 0, -1, 1, 2, -1, 3, 4]
    assert twice.counts.tolist() == [5, 1, 2, 1, 4, 2, 1, 4]
