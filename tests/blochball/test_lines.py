"""Linewidths, positions and g2 from correlation functions whose answers are known."""

import numpy as np
import pytest

from blochball import (
    CollectiveJump,
    Ensemble,
    System,
    cumulants,
    exact,
    models,
    observables,
    scan,
)
from blochball.lines import Correlation

DELAYS = np.linspace(0.0, 2.0, 9)
EMITTERS = System(Ensemble(4, decay=0.6, pump=0.3, dephasing=0.2, detuning=1.7))


@pytest.mark.parametrize("theory", [exact, cumulants])
def test_independent_emitters(theory):
    ds = theory.two_time(EMITTERS, DELAYS)
    width, position = observables.linewidth(ds), observables.line_position(ds)
    assert width.item() == pytest.approx(0.6 + 0.3 + 4 * 0.2, rel=1e-6)
    assert position.item() == pytest.approx(1.7, rel=1e-6)
    assert "stderr" not in width.coords
    part = observables.linewidth(ds, start=0.5, stop=1.0)
    assert part.item() == pytest.approx(width.item(), rel=1e-6)


def test_errors_are_those_of_many_runs():
    """The scatter of sampled widths and g2 over seeds is what the standard errors say."""
    system = System(
        Ensemble(6, decay=1.0, pump=2.0, detuning=0.5), CollectiveJump(0.2, [1]), exchange=0.6
    )
    delays = np.array([0.2, 0.5, 0.8])
    runs = [
        exact.two_time(system, delays, method="jumps", trajectories=60, seed=seed)
        for seed in range(50)
    ]
    for function in (observables.linewidth, observables.line_position, observables.g2):
        found = [function(run) for run in runs]
        scatter = np.std([value.values for value in found], axis=0, ddof=1)
        stated = np.mean([value.stderr.values for value in found], axis=0)
        # fifty samples know a standard deviation to 10%
        np.testing.assert_allclose(scatter, stated, rtol=0.4)


def test_two_lines_are_seen():
    two = System([Ensemble(2, decay=1.0, pump=1.0, detuning=d) for d in (-3.0, 3.0)])
    ds = exact.two_time(two, DELAYS)
    with pytest.warns(UserWarning, match="linewidth: the first order does not decay as one"):
        observables.linewidth(ds)


def test_spectrum_of_a_spline_with_a_tail():
    """One exponential, known for a third of its decay only, is its Lorentzian."""
    rate = 0.7j - 0.5
    delays = np.linspace(0, 1, 41)
    decay = Correlation(delays, 3 * np.exp(rate * delays), None)
    frequencies = np.array([-4.0, 0.0, 0.7, 20.0])
    expected = 2 * (3 / (1j * frequencies - rate)).real
    values, gradient = decay.spectrum(frequencies, 0.3)
    np.testing.assert_allclose(values, expected, rtol=1e-5)
    # without a tail it is broadened
    assert decay.spectrum(frequencies, None)[0][2] < 0.6 * expected[2]
    # the gradient is that of the values
    change = 1e-6 * np.exp(1j * np.arange(41))
    moved = Correlation(delays, decay.values + change, None).spectrum(frequencies, 0.3)[0]
    np.testing.assert_allclose(moved - values, (gradient @ change).real, rtol=1e-3, atol=1e-9)


def test_g2_needs_a_stationary_field():
    ds = exact.two_time(EMITTERS, DELAYS)
    np.testing.assert_allclose(observables.g2(ds)[0], 2 * (1 - 1 / 4), rtol=1e-6)
    with pytest.raises(ValueError, match="ds must be of the steady state"):
        observables.g2(exact.two_time(EMITTERS, DELAYS, 1.0))


def test_refusals():
    ds = exact.two_time(EMITTERS, DELAYS)
    with pytest.raises(ValueError, match="two delays of ds between them, got 1"):
        observables.linewidth(ds, start=1.9)
    driven = exact.two_time(models.boundary_time_crystal(2, 1.0, 1.0, decay=0.1), DELAYS)
    with pytest.raises(ValueError, match="without drive, got one with a drive"):
        observables.line_position(driven)


def test_dark_states_have_no_g2():
    """The quotient of what rounding leaves is no number."""
    for system in (
        System(Ensemble(3, decay=1.0, polar=np.pi)),
        System(Ensemble(20, decay=1.0), CollectiveJump(1.0, [1])),
    ):
        for theory in (exact, cumulants):
            assert np.isnan(observables.g2(theory.two_time(system, [0.0, 1.0]))).all()
    # thermal light, as weak as it is
    weak = models.superradiant_laser(1, pump=1e-6)
    assert observables.g2(exact.two_time(weak, [0.0])).item() == pytest.approx(0.0, abs=1e-6)


def test_one_point_of_a_scan_and_delays_in_any_order():
    lasers = {pump: models.superradiant_laser(5, pump) for pump in (1.0, 2.0)}
    ds = scan(exact.two_time, lasers, [2.0, 2.5, 3.0], dim="pump")
    for pump, laser in lasers.items():
        alone = observables.linewidth(exact.two_time(laser, [2.0, 2.5, 3.0]))
        for order in ([0, 1, 2], [2, 0, 1]):
            one = observables.linewidth(ds.sel(pump=pump).isel(delay=order))
            assert one.item() == pytest.approx(alone.item(), rel=1e-12)
    with pytest.raises(ValueError, match="ds must be one point of a scan"):
        observables.linewidth(ds)
    with pytest.raises(ValueError, match="linewidth: ds must have the attribute `system`"):
        observables.linewidth(exact.two_time(lasers[1.0], [2.0, 2.5]).drop_attrs())
