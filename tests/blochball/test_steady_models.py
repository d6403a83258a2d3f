"""Two models whose steady states are known: decay into a squeezed vacuum, and dissipative Ising."""

from itertools import combinations, product

import numpy as np
import pytest

from blochball import cumulants, exact, models, observables
from tests.blochball.exact.bruteforce import BruteForce


@pytest.mark.parametrize("azimuth", [0.0, 0.6])
@pytest.mark.parametrize(
    ("size", "squeezing", "inversion", "xi"),
    [(20, 0.3, -0.49509, 0.5543), (20, 0.6, -0.47805, 0.3150), (20, 1.0, -0.41744, 0.1621)],
)
def test_an_even_number_ends_in_a_squeezed_dark_state(azimuth, size, squeezing, inversion, xi):
    system = models.squeezed_superradiance(size, squeezing, azimuth)
    ds = exact.steady_state(system, moments="second")
    assert ds.output.sel(channel="squeezed").item() == pytest.approx(0, abs=1e-8)
    assert ds.inversion.item() / size == pytest.approx(inversion, abs=1e-5)
    assert observables.wineland_squeezing(ds).item() == pytest.approx(xi, abs=1e-4)
    # a state of least uncertainty: squeezed along the azimuth, stretched across it
    covariance, length = ds.spin_covariance.values[0, 0, :2, :2], abs(ds.inversion.item())
    for angle, sign in ((azimuth, -1), (azimuth + np.pi / 2, 1)):
        along = np.array([np.cos(angle), np.sin(angle)])
        expected = length * np.exp(2 * sign * squeezing) / 2
        assert along @ covariance @ along == pytest.approx(expected, rel=1e-6)


def test_an_odd_number_has_no_dark_state():
    even, odd = (
        exact.steady_state(models.squeezed_superradiance(n, 1.5), moments="second")
        for n in (20, 21)
    )
    squeezing = [observables.wineland_squeezing(ds).item() for ds in (even, odd)]
    np.testing.assert_allclose(squeezing, [0.1028, 1.055], rtol=1e-3)
    assert odd.output.item() > 1 > 1e-6 > even.output.item()


def test_a_bath_that_is_not_squeezed_is_superradiance():
    system = models.squeezed_superradiance(4, 0.0, coupling=1.3, decay=0.1, dephasing=0.2, pump=0.3)
    one, other = system.ensembles[0], models.superradiant_decay(4, 1.3, 0.1, 0.2).ensembles[0]
    assert (one.size, one.decay, one.dephasing, one.pump) == (4, other.decay, other.dephasing, 0.3)
    plain = models.superradiant_laser(4, 0.0, 1.3)
    inverted = type(system)(plain.ensembles, system.jumps)
    for name in ("inversion", "emission", "output"):
        np.testing.assert_allclose(
            exact.solve(inverted, [0.3])[name], exact.solve(plain, [0.3])[name], atol=1e-8
        )


def test_a_reservoir_with_quanta_heats_few_emitters():
    # one emitter in squeezed vacuum: rates Gamma (n + 1) down and Gamma n up, n = sinh(r)^2
    ds = exact.steady_state(models.squeezed_superradiance(1, 0.7))
    quanta = np.sinh(0.7) ** 2
    assert ds.inversion.item() == pytest.approx(-1 / (2 * (2 * quanta + 1)), abs=1e-10)


def excited(found, emitter):
    up = found.sigma("+", emitter)
    return up @ up.conj().T


@pytest.mark.parametrize(("size", "sublattices"), [(4, 2), (4, 1), (3, 1), (1, 1), (2, 2)])
def test_dissipative_ising_is_the_hamiltonian_of_lee_and_others(size, sublattices):
    omega, v, delta, decay = 1.3, 2.1, 0.4, 0.7
    system = models.dissipative_ising(size, omega, v, delta, decay, sublattices)
    found, each = BruteForce(system), size // sublattices
    groups = [range(l * each, (l + 1) * each) for l in range(sublattices)]
    pairs = combinations(range(size), 2) if sublattices == 1 else product(*groups)
    expected = sum(v / each * excited(found, j) @ excited(found, k) for j, k in pairs)
    for j in range(size):
        flip = found.sigma("+", j) + found.sigma("-", j)
        expected = expected + omega / 2 * flip - delta * excited(found, j)
    difference = (found.hamiltonian - expected).todense()
    # but for a constant
    constant = np.trace(difference) / len(difference)
    np.testing.assert_allclose(difference, constant * np.eye(len(difference)), atol=1e-12)
    assert {(e.decay, e.dephasing, e.pump) for e in system.ensembles} == {(decay, 0.0, 0.0)}
    assert {e.polarization for e in system.ensembles} == {-1}


def lorentzian(omega, delta, decay=1.0):
    """Return the excited fraction of one driven emitter."""
    return omega**2 / 4 / (delta**2 + decay**2 / 4 + omega**2 / 2)


@pytest.mark.parametrize("sublattices", [1, 2])
def test_free_emitters_are_excited_as_a_lorentzian(sublattices):
    omega, delta, decay = 0.8, 0.5, 1.2
    system = models.dissipative_ising(6, omega, 0.0, delta, decay, sublattices)
    fraction = 0.5 + exact.steady_state(system).inversion.sum().item() / 6
    assert fraction == pytest.approx(lorentzian(omega, delta, decay), abs=1e-9)


@pytest.mark.parametrize("sublattices", [1, 2])
def test_the_mean_field_shifts_the_line_by_what_is_excited(sublattices):
    omega, v, delta = 0.6, 1.5, 0.3
    size = 10_000
    system = models.dissipative_ising(size, omega, v, delta, sublattices=sublattices)
    ds = cumulants.steady_state(system, order=1)
    fraction = 0.5 + ds.inversion.sum().item() / size
    # of one ensemble there are N - 1 others
    assert fraction == pytest.approx(lorentzian(omega, delta - v * fraction), rel=2e-4)
    assert fraction > 1.01 * lorentzian(omega, delta)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: models.squeezed_superradiance(4, "r"), "squeezing must be"),
        (lambda: models.squeezed_superradiance(4, 1e3), "squeezing must be at most 100"),
        (lambda: models.squeezed_superradiance(4, 1.0, np.nan), "azimuth must be"),
        (lambda: models.squeezed_superradiance(4, 1.0, coupling=-1), "coupling must be"),
        (lambda: models.dissipative_ising(5, 1.0, 1.0), "size must be even"),
        (lambda: models.dissipative_ising(4, 1.0, 1.0, sublattices=3), "sublattices must be"),
        (lambda: models.dissipative_ising(4, 1j, 1.0), "drive must be"),
        (lambda: models.dissipative_ising(4, 1.0, None), "interaction must be"),
    ],
)
def test_refusals_name_the_argument(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()
