"""Two-time correlations and spectra against brute force, QuTiP and closed formulas."""

import numpy as np
import pytest
from hypothesis import given, settings

from blochball import CollectiveJump, Ensemble, System, models
from blochball.exact import liouvillian
from blochball.exact import two_time as correlations
from tests.blochball.exact.bruteforce import BruteForce
from tests.blochball.exact.systems import systems

DELAYS = np.array([0.0, 0.2, 1.0])


def brute_force(system, delays, time, weights=None):
    brute = BruteForce(system)
    weights = np.ones(system.sites) if weights is None else weights
    field = sum(w * brute.collective("-", l) for l, w in enumerate(weights))
    raised = field.conj().T
    rho = brute.steady() if time == np.inf else brute.evolve(brute.initial, [time])[0]
    first = [brute.mean(raised, x) for x in brute.evolve(field @ rho, delays)]
    second = [brute.mean(raised @ field, x) for x in brute.evolve(field @ rho @ raised, delays)]
    return np.array(first), np.array(second).real, brute.mean(raised @ field, rho).real


CASES = {
    "driven": (models.boundary_time_crystal(3, 1.0, 2.0, decay=0.3, pump=0.2, polar=1.0), None),
    "undriven": (models.superradiant_laser(4, 1.0, polar=1.0), None),
    "two ensembles": (models.waveguide_chain(2, 2, 0.7, 1.0), [1, 1j]),
    "two driven": (models.waveguide_chain(2, 2, 0.7, 1.0, drive=0.5), [1 - 1j, 0.3]),
}


@pytest.mark.parametrize("time", [0.4, np.inf])
@pytest.mark.parametrize("name", CASES)
def test_against_brute_force(name, time):
    system, weights = CASES[name]
    first, second, intensity = brute_force(system, DELAYS, time, weights)
    found = correlations.two_time(system, DELAYS, time, weights=weights)
    np.testing.assert_allclose(found.first_order.values, first, atol=1e-8)
    np.testing.assert_allclose(found.second_order.values, second, atol=1e-8)
    assert found.intensity.item() == pytest.approx(intensity, abs=1e-8)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(systems(emitters=3))
def test_any_system_against_brute_force(system):
    first, second, _ = brute_force(system, DELAYS, 0.3)
    found = correlations.two_time(system, DELAYS, 0.3)
    np.testing.assert_allclose(found.first_order.values, first, atol=1e-7)
    np.testing.assert_allclose(found.second_order.values, second, atol=1e-7)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(systems(emitters=4))
def test_at_no_delay_it_is_an_expectation_value(system):
    emission = liouvillian.solve(system, [0.5], correlations=[0.5]).correlation.values[0].sum()
    found = correlations.two_time(system, [0.0], 0.5)
    assert found.first_order.item() == pytest.approx(emission, abs=1e-7)
    assert found.intensity.item() == pytest.approx(emission.real, abs=1e-7)
    assert found.second_order.item() >= -1e-9


def test_photon_statistics_of_dicke_states():
    # <J^+ J^+ J^- J^-> of |J, M> factors into two ladder elements; M = J = N/2 gives 2 (1 - 1/N)
    for size in (1, 2, 9, 40):
        system = System(Ensemble(size, detuning=0.3))
        found = correlations.two_time(system, [0.0, 2.0], 0.0)
        second = found.second_order.values / found.intensity.item() ** 2
        np.testing.assert_allclose(second, 2 * (1 - 1 / size), atol=1e-7)


def test_one_emitter():
    decay, pump, dephasing, detuning = 0.6, 0.3, 0.2, 1.7
    system = System(Ensemble(1, decay=decay, pump=pump, dephasing=dephasing, detuning=detuning))
    width = (decay + pump) / 2 + 2 * dephasing
    excited = pump / (pump + decay)
    found = correlations.two_time(system, DELAYS)
    expected = excited * np.exp((1j * detuning - width) * DELAYS)
    np.testing.assert_allclose(found.first_order.values, expected, atol=1e-9)
    # antibunching: g2 = 1 - exp(-(gamma^+ + gamma^-) tau)
    expected = excited**2 * (1 - np.exp(-(decay + pump) * DELAYS))
    np.testing.assert_allclose(found.second_order.values, expected, atol=1e-9)
    frequencies = np.linspace(-5, 8, 27)
    lorentzian = 2 * excited * width / (width**2 + (frequencies - detuning) ** 2)
    found = correlations.spectrum(system, frequencies)
    np.testing.assert_allclose(found.values, lorentzian, rtol=1e-9)


def test_mollow_triplet_against_qutip():
    from qutip import sigmam, sigmap, spectrum, steadystate

    decay, drive = 1.0, 3.0
    system = System(Ensemble(1, decay=decay), drive=[drive])
    frequencies = np.array([-8.0, -6.1, -2.0, 0.3, 0.9, 6.0])
    hamiltonian = drive * (sigmap() + sigmam())
    jumps = [np.sqrt(decay) * sigmam()]
    expected = spectrum(hamiltonian, frequencies, jumps, sigmap(), sigmam())
    # QuTiP's e^{-i omega tau} <A(tau) B(0)>; the elastic line at 0 has no width in either
    found = correlations.spectrum(system, frequencies)
    np.testing.assert_allclose(found.values, expected, rtol=1e-6)
    # at 0 itself the elastic line is left out: the spectrum goes through smoothly
    near = correlations.spectrum(system, [-1e-4, 0.0, 1e-4]).values
    np.testing.assert_allclose(near, near.mean(), rtol=1e-5)
    rho = steadystate(hamiltonian, jumps)
    assert abs((sigmam() * rho).tr()) > 0.05  # there was an elastic line


@pytest.mark.parametrize("drive", [0.0, 2.0])
def test_spectrum_is_the_transform_of_the_correlation(drive):
    jump = CollectiveJump(0.3, [1])
    system = System(Ensemble(5, pump=0.6, decay=0.2, detuning=0.4), jump, drive=[drive])
    delays = np.linspace(0, 60, 6001)
    g1 = correlations.two_time(system, delays).first_order.values
    steady = liouvillian.steady_state(system)
    g1 = g1 - (steady.spin_x.item() ** 2 + steady.spin_y.item() ** 2)
    assert abs(g1[-1]) < 1e-8
    for omega in (-1.0, 0.4, 3.0):
        wave = np.exp(-1j * omega * delays) * g1
        # Simpson's rule
        weights = np.array([1, *[4, 2] * 2999, 4, 1]) * delays[1] / 3
        expected = 2 * (weights @ wave).real
        assert correlations.spectrum(system, [omega]).item() == pytest.approx(expected, abs=1e-6)


def test_sum_of_the_spectrum_is_the_intensity():
    system = models.superradiant_laser(12, 3.0)
    frequencies = 40 * np.tan(np.linspace(-np.pi / 2, np.pi / 2, 4002)[1:-1])
    values = correlations.spectrum(system, frequencies[::20]).values
    assert (values > 0).all()
    # substitution omega = 40 tan x, midpoints enough for a smooth periodic integrand
    angles = np.arctan(frequencies[::20] / 40)
    total = np.trapezoid(values * 40 / np.cos(angles) ** 2, angles) / (2 * np.pi)
    intensity = correlations.two_time(system, [0.0]).intensity.item()
    assert total == pytest.approx(intensity, rel=3e-3)


def test_refusals():
    system = models.waveguide_chain(2, 2, 0.7, 1.0)
    with pytest.raises(ValueError, match="weights must be a sequence with one number an ensemble"):
        correlations.two_time(system, [0.0], weights=[1])
    with pytest.raises(ValueError, match="two_time: delays must be"):
        correlations.two_time(system, [-1.0])
    with pytest.raises(ValueError, match="time must be a finite real number >= 0"):
        correlations.two_time(system, [0.0], -1.0)
    with pytest.raises(ValueError, match=r"correlations\.two_time: the system is too large"):
        correlations.two_time(system, [0.0], memory_limit=10)
    with pytest.raises(TypeError, match=r"frequencies must be .* got complex numbers"):
        correlations.spectrum(system, [1j])
    with pytest.raises(ValueError, match="the steady state must be unique"):
        correlations.spectrum(System(Ensemble(3, dephasing=1.0)), [0.0])
