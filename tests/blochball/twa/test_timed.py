"""Trajectories under a Protocol: ramps, jumps and pulses, against exact solutions."""

from itertools import pairwise
from math import pi

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from blochball import (
    CollectiveJump,
    Ensemble,
    Protocol,
    Rotation,
    System,
    exact,
    models,
    twa,
)
from blochball.support import storage
from tests.blochball.known import all_within, independent_emitters, within
from tests.blochball.twa.paths import SMALL, everything, twisted

LASER = models.superradiant_laser(40, 10.0)
FIRST = ("spin_x", "spin_y", "inversion")


def data(ds):
    return ds.drop_attrs(deep=False)


def driven(drive, size=20, **rates):
    return System(Ensemble(size, polar=1.0, **rates), drive=[drive])


# -- what is exact in TWA ------------------------------------------------------------------------


def test_independent_emitters_whose_rates_change():
    """Local rates are exact in mean and covariance: no error but that of noise and steps."""
    one = System(Ensemble(20, decay=0.5, pump=0.1, polar=1.0))
    other = System(Ensemble(20, decay=0.2, pump=2.0, dephasing=0.4, detuning=3.0, polar=1.0))
    protocol = Protocol([(0, one), (0.6, other), (0.6, one), (0.9, one)])
    times = [0.3, 0.5, 0.8]
    ds = twa.solve(protocol, times, 20_000, seed=1, steps=60, correlations=[0.5], moments="second")
    expected = exact.solve(protocol, times, correlations=[0.5], moments="second")
    names = (*FIRST, "emission", "spin_squared", "spin_covariance")
    all_within(ds, {name: expected[name] for name in names})
    within(ds.correlation.real, expected.correlation.real, ds.correlation_stderr)
    # negative control: the System at the start of it all
    still = independent_emitters(one.ensembles[0], times)
    assert (np.abs(ds.inversion - still["inversion"]) > 20 * ds.inversion_stderr)[1:].all()


def test_a_spin_in_a_field_that_changes_size_and_direction():
    corners = [(0.0, 1.0, 0.0), (0.5, 2.0 - 1.0j, 1.0), (0.5, -1.0j, 0.0), (1.3, 3.0, -2.0)]
    protocol = Protocol([(t, driven(drive, detuning=d)) for t, drive, d in corners])
    times = np.array([0.2, 0.5, 0.9, 1.6])
    ds = twa.solve(protocol, times, 4000, seed=1)

    def slope(t, vector):
        system = protocol.at(t)
        omega = 2 * system.drive[0].conjugate()
        axis = [omega.real, omega.imag, system.ensembles[0].detuning]
        return np.cross(axis, vector)

    start, now, found = 10 * np.array([np.sin(1.0), 0.0, np.cos(1.0)]), 0.0, {}
    for stop in np.union1d(times, protocol.knots[1:]):
        inside = np.nextafter([now, stop], [stop, now])  # a jump is at the end of one
        start = solve_ivp(slope, inside, start, rtol=1e-10, atol=1e-10).y[:, -1]
        now = found[stop] = stop
        found[stop] = start
    for k, name in enumerate(FIRST):
        within(ds[name][:, 0], [found[t][k] for t in times], ds[f"{name}_stderr"][:, 0], floor=0.02)


@pytest.mark.parametrize("detuning", [0.0, 7.0])
def test_spin_echo(detuning):
    """A pulse about x at T undoes the detuning at 2 T, and no dephasing: e^(-4 g T)."""
    size, g, wait = 20, 0.1, 0.8
    still = System(Ensemble(size, dephasing=g, detuning=detuning, polar=pi / 2))
    echo = Protocol([(0, still), (wait, still), Rotation(pi, "x")])
    ds = twa.solve(echo, [2 * wait], 4000, seed=1)
    within(ds.spin_x, size / 2 * np.exp(-4 * g * wait), ds.spin_x_stderr)
    within(ds.spin_y, 0.0, ds.spin_y_stderr)
    # negative controls: no pulse; one about y, which turns the spin round
    plain = twa.solve(still, [2 * wait], 4000, seed=1)
    turned = Protocol([(0, still), (wait, still), Rotation(pi, "y")])
    assert (twa.solve(turned, [2 * wait], 4000, seed=1).spin_x < -7).all()
    assert detuning == 0 or abs(plain.spin_x - ds.spin_x) > 20 * ds.spin_x_stderr


# -- against exact solutions of collective systems -----------------------------------------------


def at_size(size, entries):
    """TWA and exact results under one Protocol."""
    protocol, times = Protocol(entries), np.array([0.7, 1.5, 2.0, 3.0]) * 5 / size
    ds = twa.solve(protocol, times, 40_000, seed=2)
    return ds, exact.solve(protocol, times)


def protocols(size):
    """A ramp of the pump, a jump of the coupling inside an interval, a driven laser, a pulse."""

    def laser(pump, coupling=1.0, drive=0.0):
        one = models.superradiant_laser(size, pump * size, coupling)
        return System(one.ensembles, one.jumps, drive=[drive * size])

    t = 5 / size
    return {
        "ramped pump": [(0, laser(0.1)), (2 * t, laser(0.6))],
        "jump of the coupling": [
            (0, laser(0.3)),
            (1.2 * t, laser(0.3)),
            (1.2 * t, laser(0.3, 0.2)),
        ],
        "ramped drive": [(0, laser(0.3)), (t, laser(0.3, 1, 0.4j)), (2 * t, laser(0.3, 1, -0.3))],
        "pulse": [(0, laser(0.3)), (t, laser(0.3)), Rotation(2.0, "x"), (2 * t, laser(0.5))],
    }


@pytest.mark.parametrize("name", protocols(20))
def test_collective_systems_that_change(name):
    size = 20
    ds, true = at_size(size, protocols(size)[name])
    # without time dependence the ball form errs by 6e-4 and 1.3e-3 for 20 emitters
    within(ds.emission / size**2, true.emission / size**2, ds.emission_stderr / size**2, 5, 2e-3)
    within(ds.inversion / size, true.inversion / size, ds.inversion_stderr / size, 5, 4e-3)
    # negative control: nothing changes
    first = protocols(size)[name][0][1]
    still = exact.solve(first, ds.time.values)
    off = np.abs(ds.emission - still.emission) / size**2
    assert off.max() > 0.01 + 5 * ds.emission_stderr.max() / size**2


def test_weights_that_change():
    def pair(weight, rate):
        ensembles = [Ensemble(8, pump=2.0, polar=2.0), Ensemble(6, pump=1.0, polar=1.0)]
        return System(ensembles, CollectiveJump(rate, [1, weight]), drive=[1.0, 0.0])

    protocol = Protocol([(0, pair(1.0, 0.1)), (0.5, pair(-1j, 0.3)), (0.5, pair(0.5, 0.3))])
    times = [0.25, 0.5, 1.0]
    ds, true = twa.solve(protocol, times, 40_000, seed=1), exact.solve(protocol, times)
    within(ds.output / 14**2, true.output / 14**2, ds.output_stderr / 14**2, 5, 4e-3)
    # at the time of a jump the weights are those after it: the ones before give another output
    before = Protocol([(0, pair(1.0, 0.1)), (0.5, pair(-1j, 0.3))])
    other = twa.solve(before, [0.5], 40_000, seed=1)
    assert abs(other.output - ds.output[1]).max() > 20 * other.output_stderr.max()


# -- order ---------------------------------------------------------------------------------------

# a field that turns: what steps cost is that parts of a rotation do not commute
TURNING = Protocol([(0, driven(3.0)), (1, driven(3.0j)), (1.5, driven(1.0, detuning=2.0))])


def vectors(protocol, steps, times=(1.2,)):
    found = twa.trajectories(protocol, times, 64, seed=1, steps=steps)
    return np.stack([found[name].values for name in FIRST])


def replaced(protocol, steps, until, value):
    """A Protocol that stands still in every step."""
    edges = np.linspace(0, until, steps + 1)
    entries = []
    for a, b in pairwise(edges):
        entries += [(a, value(protocol, a, b)), (b, value(protocol, a, b))]
    return Protocol(entries)


@pytest.mark.filterwarnings("ignore:.*too long")
def test_steps_along_a_ramp_are_of_second_order():
    best = vectors(TURNING, 3200)
    errors = [np.abs(vectors(TURNING, n) - best).max() for n in (25, 50, 100)]
    ratios = np.divide(errors[:-1], errors[1:])
    np.testing.assert_allclose(ratios, 4, rtol=0.15)
    # negative control: the value at the beginning of every step
    first = lambda protocol, a, b: protocol.at(a)  # noqa: E731
    errors = [np.abs(vectors(replaced(TURNING, n, 1.2, first), n) - best).max() for n in (24, 48)]
    assert 1.6 < errors[0] / errors[1] < 2.4


@pytest.mark.filterwarnings("ignore:.*too long")
def test_the_mean_over_a_step_keeps_the_order_where_the_middle_loses_it():
    """Where a jump is inside a step, a third of it from an end: the mean keeps its area."""
    jump = 1 / 3
    pulse = Protocol([(0, driven(0.5)), (jump, driven(0.5)), (jump, driven(3.0j))])
    best = vectors(pulse, 3200, (1.0,))

    def errors(value):
        runs = [vectors(replaced(pulse, n, 1.0, value), n, (1.0,)) for n in (20, 40, 80)]
        return [np.abs(run - best).max() for run in runs]

    mean = errors(lambda protocol, a, b: protocol.mean(a, b))
    middle = errors(lambda protocol, a, b: protocol.at((a + b) / 2))
    np.testing.assert_allclose(np.divide(mean[:-1], mean[1:]), 4, rtol=0.15)
    np.testing.assert_allclose(np.divide(middle[:-1], middle[1:]), 2, rtol=0.15)
    assert mean[-1] < middle[-1] / 10


# -- the same bits -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "system", [LASER, everything(2), twisted()], ids=["laser", "everything", "twisted"]
)
def test_a_protocol_of_one_entry_is_its_system(system):
    options = {"steps": 12, "correlations": [0.05], "momenta": [0.3], "moments": "second"}
    one = twa.solve(system, [0.0, 0.02, 0.05], 3000, **options)
    ds = twa.solve(Protocol([(0, system)]), [0.0, 0.02, 0.05], 3000, **options)
    assert data(ds).equals(data(one))
    assert ds.attrs["system"] == one.attrs["system"]


RAMP = SMALL["ramp of a pump"]


def test_same_bits_for_any_number_of_threads_and_any_cut(tmp_path):
    arguments = (RAMP, [0.0, 0.05, 0.1], 3 * 2048 + 100)
    options = {"seed": 4, "steps": 20, "correlations": [0.05], "moments": "second"}
    one, *others = (
        data(twa.solve(*arguments, threads=threads, **options)) for threads in (1, 2, 3)
    )
    kept = [twa.solve(*arguments, checkpoint=tmp_path / "kept", **options) for _ in range(2)]
    plan = twa.plan(*arguments, **options)
    storage.save(plan.to_dataset(), tmp_path / "plan.nc")
    again = twa.Plan.from_dataset(storage.load(tmp_path / "plan.nc"))
    assert again.protocol == RAMP
    parts = [twa.run_part(again, blocks) for blocks in twa.division(arguments[2], 2, 1)]
    gathered = twa.gather(again, parts)
    for other in (*others, *map(data, kept), data(gathered)):
        assert other.equals(one)
    for ds in (*kept, gathered):
        assert Protocol.from_json(ds.attrs["protocol"]) == RAMP


def test_the_identity_of_a_plan_knows_the_protocol():
    one, other = (
        twa.plan(Protocol([(0, LASER), Rotation(angle, "x")]), [0.1], steps=10)
        for angle in (1.0, 2.0)
    )
    assert one.identity != other.identity
    assert one.identity != twa.plan(LASER, [0.1], steps=10).identity


def test_trajectories_are_those_that_are_averaged():
    ds = twa.solve(RAMP, [0.05, 0.1], 200, seed=2, steps=20)
    single = twa.trajectories(RAMP, [0.05, 0.1], 200, seed=2, steps=20)
    for name in FIRST:
        np.testing.assert_allclose(single[name].mean("trajectory"), ds[name], rtol=1e-12)
    assert Protocol.from_json(single.attrs["protocol"]) == RAMP
