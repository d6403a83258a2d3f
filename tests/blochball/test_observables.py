"""Derived quantities against their definitions, and their errors against repeated runs."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from blochball import (
    CollectiveJump,
    Ensemble,
    System,
    cumulants,
    exact,
    models,
    observables,
    twa,
)
from blochball.exact import liouvillian
from tests.blochball.exact.bruteforce import BruteForce
from tests.blochball.known import independent_emitters

TIMES = np.array([0.0, 0.3, 1.0])


# -- squeezing ------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(st.integers(1, 30), st.floats(0, np.pi), st.floats(0, 6))
def test_coherent_spin_states_are_not_squeezed(size, polar, azimuth):
    ds = liouvillian.solve(System(Ensemble(size, polar=polar, azimuth=azimuth)), [0.0])
    assert observables.squeezing(ds).item() == pytest.approx(1, abs=1e-9)


def test_squeezing_is_the_sum_of_the_three_variances():
    system = System(
        [Ensemble(2, pump=0.5, polar=1.0), Ensemble(3, polar=2.0, azimuth=1.0)],
        CollectiveJump(1.0, [1, 0.5j]),
        drive=[0.7, 0.2j],
    )
    found = observables.squeezing(liouvillian.solve(system, TIMES))
    assert found.dims == ("time", "site")
    brute = BruteForce(system)
    for t, rho in enumerate(brute.evolve(brute.initial, TIMES)):
        for site, size in enumerate((2, 3)):
            plus, z = brute.collective("+", site), brute.collective("z", site)
            minus = brute.collective("-", site)
            spread = 0
            for j in ((plus + minus) / 2, (plus - minus) / 2j, z):
                mean = brute.mean(j, rho).real
                spread += brute.mean(j @ j, rho).real - mean**2
            assert found[t, site].item() == pytest.approx(spread / (size / 2), abs=1e-8)


def test_independent_emitters_are_never_squeezed_and_a_singlet_is():
    ensemble = Ensemble(20, decay=0.3, dephasing=0.2, pump=0.4, polar=1.0)
    values = independent_emitters(ensemble, TIMES)
    ds = exact.solve(System(ensemble), TIMES)
    mean = sum(values[k] ** 2 for k in ("spin_x", "spin_y", "inversion"))
    np.testing.assert_allclose(
        observables.squeezing(ds), (values["spin_squared"] - mean) / 10, atol=1e-8
    )
    assert (observables.squeezing(ds) >= 1 - 1e-9).all()
    # the steady state of a weakly pumped laser is (paper Fig. 2(b))
    steady = exact.steady_state(models.superradiant_laser(25, 0.4))
    assert observables.squeezing(steady).item() == pytest.approx(0.7309, abs=1e-3)


# -- subradiance ----------------------------------------------------------------------------------


def test_independent_emitters_emit_as_such():
    ds = exact.solve(System(Ensemble(20, decay=0.3, pump=0.4)), TIMES)
    np.testing.assert_allclose(observables.subradiance(ds), 1, rtol=1e-9)


def test_subradiance_of_dicke_states():
    # inverted: N emitters emit as N; in phase: |J^+|^2 = N^2/4 sin^2 + ..., by the formula
    ds = liouvillian.solve(System([Ensemble(10), Ensemble(10, polar=np.pi / 2)]), [0.0])
    np.testing.assert_allclose(observables.subradiance(ds)[0], [1, (10 / 2 + 90 / 4) / 5])


def test_nothing_excited_has_no_ratio():
    ds = exact.solve(System(Ensemble(10, polar=np.pi)), [0.0, 1.0])
    assert np.isnan(observables.subradiance(ds)).all()


# -- structure factor -----------------------------------------------------------------------------


def test_structure_factor_is_its_definition():
    system = models.waveguide_chain(3, 2, 0.7, 1.0, drive=0.6)
    ds = liouvillian.solve(system, TIMES, correlations=TIMES[1:])
    momenta = [0.0, 0.7, -0.7, np.pi]
    found = observables.structure_factor(ds, momenta)
    assert found.dims == ("time_kept", "momentum")
    for t in range(2):
        for n, p in enumerate(momenta):
            expected = sum(
                np.exp(1j * p * (k - l)) * ds.correlation[t, k, l].item()
                for k in range(3)
                for l in range(3)
            )
            assert found[t, n].item() == pytest.approx(expected.real, rel=1e-12)
            assert abs(expected.imag) < 1e-9
    # at p = phi and -phi it is what the two channels put out; backward is sum e^{i phi l} J_l^-
    np.testing.assert_allclose(found[:, 1:3], ds.output[1:], rtol=1e-9)
    assert (abs(found[:, 1] / found[:, 2] - 1) > 0.02).all()


def test_structure_factor_that_the_solver_has_kept():
    ds = twa.solve(
        models.waveguide_chain(3, 30, 0.7, 5.0), [0.0, 0.1], 100, steps=20, momenta=[0.0, 0.7]
    )
    found = observables.structure_factor(ds)
    np.testing.assert_array_equal(found, ds.structure_factor)
    np.testing.assert_array_equal(found.stderr, ds.structure_factor_stderr)


def test_structure_factor_refusals():
    ds = exact.solve(models.superradiant_laser(3, 1.0), TIMES)
    with pytest.raises(ValueError, match="momenta must be given"):
        observables.structure_factor(ds)
    with pytest.raises(ValueError, match="ds must hold `correlation`"):
        observables.structure_factor(ds, [0.0])
    kept = liouvillian.solve(models.superradiant_laser(3, 1.0), TIMES, correlations=TIMES)
    with pytest.raises(ValueError, match="momenta must be a one-dimensional"):
        observables.structure_factor(kept, [[0.0]])


# -- direction ------------------------------------------------------------------------------------


def test_direction_fraction_weighs_channels_with_their_rates():
    system = System(
        [Ensemble(3), Ensemble(3, polar=1.0)],
        [
            CollectiveJump(1.0, [1, 0], name="a"),
            CollectiveJump(3.0, [0, 1], name="b"),
        ],
    )
    ds = liouvillian.solve(system, TIMES)
    a, b = ds.output.values.T
    np.testing.assert_allclose(observables.direction_fraction(ds, "a"), a / (a + 3 * b))
    total = observables.direction_fraction(ds, "a") + observables.direction_fraction(ds, "b")
    np.testing.assert_allclose(total, 1)
    with pytest.raises(ValueError, match="channel must be one of a, b, got 'forward'"):
        observables.direction_fraction(ds)


def test_no_direction_without_a_phase():
    ds = exact.solve(models.waveguide_chain(4, 3, 0.0, 1.0), TIMES[1:])
    np.testing.assert_allclose(observables.direction_fraction(ds), 0.5, rtol=1e-12)


# -- errors ---------------------------------------------------------------------------------------

NAMES = {
    "squeezing": observables.squeezing,
    "subradiance": observables.subradiance,
    "direction": observables.direction_fraction,
}


@pytest.fixture(scope="module")
def runs():
    system = models.waveguide_chain(2, 25, 0.9, 5.0, drive=3.0)
    return [
        twa.solve(system, [0.1, 0.5], 400, seed=seed, steps=50, threads=1) for seed in range(100)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_propagated_errors_are_those_between_runs(name, runs):
    found = [NAMES[name](ds) for ds in runs]
    between = np.std([f.values for f in found], axis=0, ddof=1)
    own = np.sqrt(np.mean([f.stderr.values**2 for f in found], axis=0))
    # a standard deviation from 100 runs is known to 7%
    np.testing.assert_allclose(own, between, rtol=0.3)
    assert found[0].stderr.dims == found[0].dims


def test_errors_without_the_covariances_would_be_wrong(runs):
    # negative control: emission and inversion, and the two channels, are correlated
    with pytest.raises(ValueError, match="must hold `covariance`, for the standard error"):
        observables.squeezing(runs[0].drop_vars("covariance"))
    for name in ("squeezing", "subradiance"):
        ds = runs[0]
        diagonal = ds.assign(
            covariance=ds.covariance.where(ds.moment == ds.moment_other.rename("moment_other"), 0)
        )
        ratio = NAMES[name](diagonal).stderr / NAMES[name](ds).stderr
        assert abs(ratio - 1).max() > 0.05, name


def test_theories_without_sampling_have_no_error():
    system = models.waveguide_chain(2, 5, 0.9, 5.0)
    for ds in (cumulants.solve(system, TIMES), liouvillian.solve(system, TIMES)):
        for function in NAMES.values():
            assert "stderr" not in function(ds).coords


def test_errors_of_monte_carlo_agree_with_those_between_runs():
    system = models.superradiant_laser(10, 2.0)
    found = [
        observables.squeezing(exact.solve(system, [0.5], "jumps", trajectories=100, seed=seed))
        for seed in range(100)
    ]
    between = np.std([f.item() for f in found], ddof=1)
    assert np.mean([f.stderr.item() for f in found]) == pytest.approx(between, rel=0.3)
    judge = observables.squeezing(exact.solve(system, [0.5])).item()
    assert np.mean([f.item() for f in found]) == pytest.approx(judge, abs=5 * between / 10)


def test_results_carry_their_names_and_coordinates(runs):
    found = observables.squeezing(runs[0])
    assert found.name == "squeezing"
    assert isinstance(found, xr.DataArray)
    assert found.time.values.tolist() == [0.1, 0.5]
    assert observables.subradiance(runs[0]).name == "subradiance"
    assert observables.direction_fraction(runs[0]).name == "direction_fraction"
