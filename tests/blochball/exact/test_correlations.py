"""Two-time correlations and spectra against brute force, QuTiP and closed formulas."""

import numpy as np
import pytest
from hypothesis import given, settings

from blochball import CollectiveJump, Ensemble, System, exact, models
from blochball.exact import correlations, liouvillian, regression
from blochball.field import amplitudes
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
    found = exact.two_time(system, DELAYS, time, weights=weights)
    np.testing.assert_allclose(found.first_order.values, first, atol=1e-8)
    np.testing.assert_allclose(found.second_order.values, second, atol=1e-8)
    assert found.intensity.item() == pytest.approx(intensity, abs=1e-8)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(systems(emitters=3))
def test_any_system_against_brute_force(system):
    first, second, _ = brute_force(system, DELAYS, 0.3)
    found = exact.two_time(system, DELAYS, 0.3)
    np.testing.assert_allclose(found.first_order.values, first, atol=1e-7)
    np.testing.assert_allclose(found.second_order.values, second, atol=1e-7)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(systems(emitters=4))
def test_at_no_delay_it_is_an_expectation_value(system):
    emission = liouvillian.solve(system, [0.5], correlations=[0.5]).correlation.values[0].sum()
    found = exact.two_time(system, [0.0], 0.5)
    assert found.first_order.item() == pytest.approx(emission, abs=1e-7)
    assert found.intensity.item() == pytest.approx(emission.real, abs=1e-7)
    assert found.second_order.item() >= -1e-9


def test_photon_statistics_of_dicke_states():
    # <J^+ J^+ J^- J^-> of |J, M> factors into two ladder elements; M = J = N/2 gives 2 (1 - 1/N)
    for size in (1, 2, 9, 40):
        system = System(Ensemble(size, detuning=0.3))
        found = exact.two_time(system, [0.0, 2.0], 0.0)
        second = found.second_order.values / found.intensity.item() ** 2
        np.testing.assert_allclose(second, 2 * (1 - 1 / size), atol=1e-7)


def test_one_emitter():
    decay, pump, dephasing, detuning = 0.6, 0.3, 0.2, 1.7
    system = System(Ensemble(1, decay=decay, pump=pump, dephasing=dephasing, detuning=detuning))
    width = (decay + pump) / 2 + 2 * dephasing
    excited = pump / (pump + decay)
    found = exact.two_time(system, DELAYS)
    expected = excited * np.exp((1j * detuning - width) * DELAYS)
    np.testing.assert_allclose(found.first_order.values, expected, atol=1e-9)
    # antibunching: g2 = 1 - exp(-(gamma^+ + gamma^-) tau)
    expected = excited**2 * (1 - np.exp(-(decay + pump) * DELAYS))
    np.testing.assert_allclose(found.second_order.values, expected, atol=1e-9)
    frequencies = np.linspace(-5, 8, 27)
    lorentzian = 2 * excited * width / (width**2 + (frequencies - detuning) ** 2)
    found = exact.spectrum(system, frequencies)
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
    found = exact.spectrum(system, frequencies)
    np.testing.assert_allclose(found.values, expected, rtol=1e-6)
    # at 0 itself the elastic line is left out: the spectrum goes through smoothly
    near = exact.spectrum(system, [-1e-4, 0.0, 1e-4]).values
    np.testing.assert_allclose(near, near.mean(), rtol=1e-5)
    rho = steadystate(hamiltonian, jumps)
    assert abs((sigmam() * rho).tr()) > 0.05  # there was an elastic line


@pytest.mark.parametrize("drive", [0.0, 2.0])
def test_spectrum_is_the_transform_of_the_correlation(drive):
    jump = CollectiveJump(0.3, [1])
    system = System(Ensemble(5, pump=0.6, decay=0.2, detuning=0.4), jump, drive=[drive])
    delays = np.linspace(0, 60, 6001)
    g1 = exact.two_time(system, delays).first_order.values
    steady = liouvillian.steady_state(system)
    g1 = g1 - (steady.spin_x.item() ** 2 + steady.spin_y.item() ** 2)
    assert abs(g1[-1]) < 1e-8
    for omega in (-1.0, 0.4, 3.0):
        wave = np.exp(-1j * omega * delays) * g1
        # Simpson's rule
        weights = np.array([1, *[4, 2] * 2999, 4, 1]) * delays[1] / 3
        expected = 2 * (weights @ wave).real
        assert exact.spectrum(system, [omega]).item() == pytest.approx(expected, abs=1e-6)


def test_sum_of_the_spectrum_is_the_intensity():
    system = models.superradiant_laser(12, 3.0)
    frequencies = 40 * np.tan(np.linspace(-np.pi / 2, np.pi / 2, 4002)[1:-1])
    values = exact.spectrum(system, frequencies[::20]).values
    assert (values > 0).all()
    # substitution omega = 40 tan x, midpoints enough for a smooth periodic integrand
    angles = np.arctan(frequencies[::20] / 40)
    total = np.trapezoid(values * 40 / np.cos(angles) ** 2, angles) / (2 * np.pi)
    intensity = exact.two_time(system, [0.0]).intensity.item()
    assert total == pytest.approx(intensity, rel=3e-3)


@pytest.mark.parametrize("drive", [0.0, 0.8])
@pytest.mark.parametrize("sites", [1, 2])
def test_both_methods_have_one_spectrum(sites, drive):
    # complex weights, detunings and an exchange: lines that are neither at 0 nor symmetric
    ensembles = [Ensemble(3, decay=0.2, pump=1.0, detuning=0.9 - 2 * l) for l in range(sites)]
    jump = CollectiveJump(0.7, [1, 0.5j][:sites])
    exchange = np.array([[0.2, 0.4j], [-0.4j, 0]])[:sites, :sites]
    system = System(ensembles, jump, exchange, drive=[drive, 0.3j][:sites] if drive else None)
    frequencies = np.array([-300.0, -2.0, -0.9, 0.0, 0.4, 1.5])
    weights = [1 + 1j, 0.6][:sites]
    direct = exact.spectrum(system, frequencies, weights, method="direct")
    transform = exact.spectrum(system, frequencies, weights, method="transform")
    assert (direct.attrs["method"], transform.attrs["method"]) == (
        "exact.direct",
        "exact.transform",
    )
    np.testing.assert_allclose(transform.values, direct.values, atol=1e-8 * direct.max().item())
    assert np.ptp(direct.values) > 0.1


def test_two_ensembles_are_transformed():
    # a factorisation would fill millions of entries a frequency
    system = models.waveguide_chain(2, 9, np.pi / 4, 4.0)
    frequencies = np.linspace(-8, 8, 81)
    ds = exact.spectrum(system, frequencies, "forward")
    assert ds.attrs["method"] == "exact.transform"
    delays = np.linspace(0, 12, 2401)
    g1 = exact.two_time(system, delays, weights="forward").first_order.values
    assert abs(g1[-1]) < 1e-4 * abs(g1[0])
    simpson = np.array([1, *[4, 2] * 1199, 4, 1]) * delays[1] / 3
    expected = 2 * (np.exp(-1j * np.outer(frequencies, delays)) @ (simpson * g1)).real
    np.testing.assert_allclose(ds.values, expected, atol=1e-4 * expected.max())


@pytest.mark.parametrize(
    ("size", "ratio", "emission", "inversion", "width", "bunching"),
    [
        (20, 0.25, 0.094998, 0.120007, 2.47674, 1.40898),
        (40, 0.5, 0.123432, 0.253137, 2.89209, 1.24624),
        (160, 0.25, 0.092969, 0.128123, 1.01356, 1.08672),
        (160, 0.5, 0.123444, 0.253113, 1.76094, 1.07498),
    ],
)
def test_superradiant_laser(size, ratio, emission, inversion, width, bunching):
    """Linewidths of full width at half maximum that an independent program has found."""
    system = models.superradiant_laser(size, ratio * size)
    steady = exact.steady_state(system)
    assert steady.emission.item() / size**2 == pytest.approx(emission, abs=1e-6)
    assert steady.inversion.item() / size == pytest.approx(inversion, abs=1e-6)
    ds = exact.two_time(system, [0.0])
    assert (ds.second_order / ds.intensity**2).item() == pytest.approx(bunching, rel=1e-5)
    assert ds.intensity.item() == pytest.approx(steady.emission.item(), rel=1e-8)
    # half of the maximum lies between two frequencies that are 2e-5 apart
    near = width / 2 * (1 + np.array([-1e-5, 1e-5]))
    peak, above, below = exact.spectrum(system, [0.0, *near]).values
    assert above > peak / 2 > below


@pytest.mark.parametrize("size", [1, 2, 7])
def test_independent_emitters(size):
    """The sum over emitters p exp(-lambda tau); their antibunching is that of one in a crowd."""
    decay, pump, dephasing = 0.6, 0.3, 0.2
    system = System(Ensemble(size, decay=decay, pump=pump, dephasing=dephasing))
    p, width = pump / (pump + decay), (decay + pump) / 2 + 2 * dephasing
    ds = exact.two_time(system, DELAYS)
    one = p * np.exp(-width * DELAYS)
    np.testing.assert_allclose(ds.first_order.values, size * one, atol=1e-8)
    pairs = size * (size - 1) * (p**2 + one**2)
    expected = size * p**2 * (1 - np.exp(-(decay + pump) * DELAYS)) + pairs
    np.testing.assert_allclose(ds.second_order.values, expected, atol=1e-8)


def test_a_spectrum_that_needs_too_much():
    system = models.waveguide_chain(2, 4, 0.7, 1.0)
    field = regression.Field("exact.spectrum", system, amplitudes("", system, None), 2**30)
    field.memory_limit = 2**18
    with pytest.raises(ValueError, match=r"'direct', which takes about .* GiB"):
        regression.spectrum(field, np.zeros(1), "direct")


def test_a_coherence_that_does_not_die_out(monkeypatch):
    monkeypatch.setattr(regression, "STEPS", 3)
    with pytest.raises(ValueError, match="a coherence has not died out by the delay"):
        exact.spectrum(models.superradiant_laser(30, 5.0), [0.0], method="transform")


def test_many_frequencies_are_served_together(monkeypatch):
    system = models.waveguide_chain(2, 3, 0.7, 1.0)
    frequencies = np.linspace(-1, 1, 3)
    few = exact.spectrum(system, frequencies)
    monkeypatch.setattr(regression, "SECONDS", 0.0)
    many = exact.spectrum(system, frequencies)
    assert (few.attrs["method"], many.attrs["method"]) == ("exact.direct", "exact.transform")
    # an integration that does not end is given up
    monkeypatch.setattr(regression, "STEPS", 0)
    lasting = exact.spectrum(system, frequencies)
    assert lasting.attrs["method"] == "exact.direct"
    np.testing.assert_array_equal(lasting.values, few.values)
    np.testing.assert_allclose(many.values, few.values, atol=1e-8 * few.max().item())


def test_which_method_serves(monkeypatch):
    monkeypatch.setattr(correlations, "MANY", 4)
    options = {"trajectories": 2}
    many = exact.two_time(models.superradiant_laser(5, 1.0), [0.0], **options)
    assert many.attrs["method"] == "exact.jumps"
    assert "more than 4 emitters" in many.attrs["method_reason"]
    few = exact.two_time(models.superradiant_laser(4, 1.0), [0.0])
    assert few.attrs["method"] == "exact.liouvillian"
    driven = exact.two_time(models.boundary_time_crystal(5, 1.0, 1.0), [0.0])
    assert driven.attrs["method"] == "exact.liouvillian"
    large = exact.two_time(models.superradiant_laser(4, 1.0), [0.0], memory_limit=1e3, **options)
    assert large.attrs["method"] == "exact.jumps"


def test_refusals():
    system = models.waveguide_chain(2, 2, 0.7, 1.0)
    with pytest.raises(ValueError, match="weights must be the name of a decay channel or one numb"):
        exact.two_time(system, [0.0], weights=[1])
    with pytest.raises(ValueError, match="weights must be one of forward, backward, got 'up'"):
        exact.spectrum(system, [0.0], weights="up")
    with pytest.raises(ValueError, match=r"exact\.two_time: delays must be"):
        exact.two_time(system, [-1.0])
    with pytest.raises(ValueError, match=r">= 0, got -1\.0; infinity stands for the steady state"):
        exact.two_time(system, [0.0], -1.0)
    with pytest.raises(TypeError, match=r"liouvillian takes no option named .*; jumps would"):
        exact.two_time(system, [0.0], method="liouvillian", trajectories=3)
    with pytest.raises(TypeError, match=r"options must be some of burn_in, .* got .steps.:"):
        exact.two_time(system, [0.0], steps=3)
    with pytest.raises(TypeError, match=r"frequencies must be .* got complex numbers"):
        exact.spectrum(system, [1j])
    with pytest.raises(ValueError, match=r"exact\.spectrum: the steady state must be unique"):
        exact.spectrum(System(Ensemble(3, dephasing=1.0)), [0.0])
