"""Two times of the cumulant equations: where they are exact, and how far off they are elsewhere."""

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, System, cumulants, exact, models
from blochball.cumulants import stationary

DELAYS = np.array([0.0, 0.2, 1.0])
ORDERS = pytest.mark.parametrize("order", [1, 2])


@ORDERS
@pytest.mark.parametrize("time", [0.3, np.inf])
def test_independent_emitters_are_exact(time, order):
    local = {"decay": 0.6, "pump": 0.3, "dephasing": 0.2}
    ensembles = [
        Ensemble(3, **local, detuning=0.4, polar=1.0),
        Ensemble(2, decay=1.0, pump=0.2, detuning=-0.7, polar=2.0, azimuth=0.3),
    ]
    system, weights = System(ensembles, drive=[0.2, 0.1j]), [1.0, 0.5 - 1j]
    ds = cumulants.two_time(system, DELAYS, time, weights, order)
    judge = exact.two_time(system, DELAYS, time, weights)
    np.testing.assert_allclose(ds.first_order, judge.first_order, atol=1e-7)
    assert ds.intensity.item() == pytest.approx(judge.intensity.item(), abs=1e-7)
    frequencies = np.array([-3.0, -0.7, 0.4, 1.0])
    if time == np.inf:
        lines = cumulants.spectrum(system, frequencies, weights, order)
        np.testing.assert_allclose(lines, exact.spectrum(system, frequencies, weights), atol=1e-7)


def test_one_driven_emitter_is_the_mollow_triplet():
    system = System(Ensemble(1, decay=1.0), drive=[3.0])
    frequencies = np.linspace(-8, 8, 7)
    lines = cumulants.spectrum(system, frequencies, order=1)
    np.testing.assert_allclose(lines, exact.spectrum(system, frequencies), rtol=1e-8)


@ORDERS
def test_no_delay_is_the_output(order):
    system = models.waveguide_chain(2, 3, 0.7, 2.0, drive=0.5)
    ds = cumulants.two_time(system, [0.0], 0.4, "forward", order)
    output = cumulants.solve(system, [0.4], order=order).output.sel(channel="forward").item()
    assert ds.intensity.item() == pytest.approx(output, rel=1e-7)
    assert ds.first_order.item() == pytest.approx(output, rel=1e-7)


@pytest.mark.parametrize(
    ("size", "ratio", "textbook"),
    [(20, 0.25, 1.7401), (40, 0.5, 2.5317), (160, 0.25, 1.4651), (160, 0.5, 2.5112)],
)
def test_linewidth_of_the_superradiant_laser(size, ratio, textbook):
    """A Lorentzian, pump + Gamma - (N - 1) Gamma <sigma^z> wide; about 1.7 times too wide."""
    system = models.superradiant_laser(size, ratio * size)
    steady = cumulants.steady_state(system)
    late = cumulants.solve(system, [200 / size])
    assert steady.inversion.item() == pytest.approx(late.inversion.item(), rel=1e-6)
    width = ratio * size + 1 - (size - 1) * 2 * steady.inversion.item() / size
    peak, half = cumulants.spectrum(system, [0.0, width / 2]).values
    assert half / peak == pytest.approx(0.5, rel=1e-7)
    assert peak == pytest.approx(4 * steady.emission.item() / width, rel=1e-7)
    # the textbook also factorises <sigma^z sigma^z>
    assert 1 < width / textbook < 1.08


@pytest.mark.parametrize("ratio", [0.25, 0.5])
def test_linewidth_for_many_emitters(ratio):
    size = 10**6
    system = models.superradiant_laser(size, ratio * size)
    peak, half = cumulants.spectrum(system, [0.0, (1 + ratio**2) / (1 - ratio) / 2]).values
    assert half / peak == pytest.approx(0.5, abs=1e-4)


def test_errors_fall_with_size_in_the_classical_limit():
    """A collective spin below the threshold of the time crystal: first order over N."""
    errors = []
    for size in (10, 40):
        ensemble = Ensemble(size, decay=0.3, polar=np.pi, detuning=0.5)
        system = System(ensemble, CollectiveJump(1 / size, [1]), drive=[0.3])
        judge = exact.two_time(system, DELAYS).first_order
        both = [cumulants.two_time(system, DELAYS, order=order).first_order for order in (1, 2)]
        errors.append([np.abs(found - judge).max().item() / size for found in both])
    (first, second), (first_of_many, second_of_many) = errors
    assert first_of_many == pytest.approx(first, rel=0.3)
    assert second_of_many < second / 2
    assert second < first / 10


def test_light_that_is_closed_as_gaussian():
    system = models.superradiant_laser(20, 10.0)
    ds = cumulants.two_time(system, DELAYS)
    assert (ds.second_order / ds.intensity**2)[0].item() == pytest.approx(2, rel=1e-6)
    judge = exact.two_time(system, [0.0])
    assert (judge.second_order / judge.intensity**2).item() < 1.5


@ORDERS
def test_steady_state_of_a_driven_network(order):
    system = models.waveguide_chain(3, 5, 0.7, 2.0, drive=0.5)
    steady = cumulants.steady_state(system, order)
    late = cumulants.solve(system, [20.0], order=order)
    for name in ("inversion", "spin_x", "spin_y", "emission", "output"):
        np.testing.assert_allclose(steady[name], late[name], rtol=1e-4, atol=1e-5)


def test_what_oscillates_for_ever_is_given_up(monkeypatch):
    """After so many evaluations, and not after all times that the slowest rate would take."""
    monkeypatch.setattr(stationary, "EVALUATIONS", 3000)
    with pytest.raises(ArithmeticError, match="do not come to rest: they still move at time"):
        cumulants.steady_state(models.boundary_time_crystal(100, 100.0, 1.0))
    # what does settle is not in the way of the limit
    cumulants.steady_state(models.superradiant_laser(100, 50.0))


def test_what_does_not_come_to_rest():
    precessing = System(Ensemble(2, polar=1.0), drive=[0.5])
    with pytest.raises(ArithmeticError, match="steady_state: the truncated equations do not come"):
        cumulants.steady_state(precessing)
    # mean field above threshold: the state without amplitude is unstable
    laser = models.superradiant_laser(50, 10.0)
    with pytest.raises(ArithmeticError, match=r"spectrum: the correlation .* does not decay"):
        cumulants.spectrum(laser, [0.0], order=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"delays": [-1.0]}, "two_time: delays must be"),
        ({"order": 3}, "two_time: order must be 1 or 2"),
        ({"weights": [1, 1]}, "two_time: weights must be the name of a decay channel"),
        ({"time": -1.0}, "two_time: time must be .* infinity stands for the steady state"),
    ],
)
def test_refusals(arguments, message):
    good = {"system": models.superradiant_laser(2, 1.0), "delays": [0.0]}
    with pytest.raises(ValueError, match=message):
        cumulants.two_time(**{**good, **arguments})
