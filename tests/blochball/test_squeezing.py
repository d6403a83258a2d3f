"""Squeezing from second moments: definitions, closed forms, the bias of sampled eigenvalues."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from blochball import CollectiveJump, Ensemble, System, dataset, exact, models, observables, twa
from blochball.moments import MOMENTS, SECOND
from tests.blochball.exact.bruteforce import BruteForce

TIMES = [0.0, 0.3, 1.0]
SYSTEM = System(
    [Ensemble(2, pump=0.5, polar=1.0), Ensemble(3, polar=2.0, azimuth=1.0, decay=0.3)],
    CollectiveJump(1.0, [1, 0.5j]),
    drive=[0.7, 0.2j],
)


PLACES = [(name, "xyz".index(name[-2]), "xyz".index(name[-1])) for name in SECOND]


def spins(size):
    """J_x, J_y, J_z of J = size/2."""
    m = np.arange(size / 2, -size / 2 - 1, -1)
    up = np.diag(np.sqrt(size / 2 * (size / 2 + 1) - m[1:] * (m[1:] + 1)), 1)
    return (up + up.T) / 2, (up - up.T) / 2j, np.diag(m)


def dataset_of(mean, gamma, size, covariance=None):
    """A Dataset with given moments of one ensemble; leading axes are times."""
    mean, gamma = np.reshape(mean, (-1, 1, 3)), np.reshape(gamma, (-1, 1, 3, 3))
    second = gamma + mean[..., :, None] * mean[..., None, :]
    values = dict(zip(("spin_x", "spin_y", "inversion"), np.moveaxis(mean, -1, 0), strict=True))
    values |= {name: second[..., a, b] for name, a, b in PLACES}
    times = np.arange(len(mean))
    return dataset.assemble(
        System(Ensemble(size)), times, values, method="test", covariance=covariance
    )


def of_ket(ket, size):
    j = spins(size)
    mean = np.array([(ket.conj() @ a @ ket).real for a in j])
    second = np.array([[(ket.conj() @ (a @ b + b @ a) @ ket).real / 2 for a in j] for b in j])
    return dataset_of(mean, second - np.multiply.outer(mean, mean), size)


@pytest.mark.parametrize("drive", [None, [0.7, 0.2j]])
def test_exact_covariances_are_those_of_brute_force(drive):
    system = System(SYSTEM.ensembles, SYSTEM.jumps, drive=drive)
    ds = exact.solve(system, TIMES, moments="second")
    brute = BruteForce(system)
    for t, rho in enumerate(brute.evolve(brute.initial, TIMES)):
        for site in range(2):
            plus, minus, z = (brute.collective(kind, site) for kind in "+-z")
            j = [(plus + minus) / 2, (plus - minus) / 2j, z]
            mean = [brute.mean(a, rho).real for a in j]
            second = [[brute.mean(a @ b + b @ a, rho).real / 2 for a in j] for b in j]
            expected = second - np.multiply.outer(mean, mean)
            np.testing.assert_allclose(ds.spin_covariance[t, site], expected, atol=1e-8)
    # its trace is what `squeezing` is made of
    trace = sum(ds.spin_covariance.sel(axis=a, axis_other=a) for a in "xyz")
    half = ds.ensemble_size / 2
    np.testing.assert_allclose(trace / half, observables.squeezing(ds), atol=1e-8)
    assert "spin_covariance" not in exact.solve(system, TIMES)


@settings(max_examples=20)
@given(st.floats(0.05, 3.1), st.floats(-3, 3), st.integers(2, 30))
def test_coherent_spin_states_are_the_unit(polar, azimuth, size):
    system = System(Ensemble(size, polar=polar, azimuth=azimuth))
    ds = exact.solve(system, [0.0], moments="second")
    for name in ("wineland_squeezing", "kitagawa_ueda_squeezing"):
        found = getattr(observables, name)(ds)
        assert found.item() == pytest.approx(1, abs=1e-7)
        assert found.name == name
        assert found.dims == ("time", "site")
    assert (observables.spin_inequalities(ds) > -1e-7).all()


@pytest.mark.parametrize(
    ("size", "best", "at"), [(20, 0.197897, 0.13416), (100, 0.062946, 0.050369)]
)
def test_one_axis_twisting_is_that_of_kitagawa_and_ueda(size, best, at):
    # from polar pi/2, H = chi J_z^2 without loss; minima of Foss-Feig et al.'s closed form
    x, _, z = spins(size)
    start = np.linalg.eigh(x)[1][:, -1]
    ket = np.exp(-1j * at * np.diag(z) ** 2) * start
    ds = of_ket(ket, size)
    assert observables.wineland_squeezing(ds).item() == pytest.approx(best, abs=2e-6)
    # in the symmetric subspace the sum of all variances never sees it
    inequalities = observables.spin_inequalities(ds).squeeze()
    assert inequalities.sel(inequality="three") >= 0
    assert inequalities.sel(inequality="one") < 0
    direction = observables.squeezing_direction(ds).squeeze()
    gamma = ds.spin_covariance.squeeze().values
    smallest = direction.values @ gamma @ direction.values
    parameter = observables.kitagawa_ueda_squeezing(ds).item()
    assert 4 * smallest / size == pytest.approx(parameter, rel=1e-9)
    mean = [ds[name].item() for name in ("spin_x", "spin_y", "inversion")]
    assert abs(direction.values @ mean) < 1e-9 * np.linalg.norm(mean)


def test_a_singlet_and_a_dicke_state_violate_their_own_inequalities():
    singlet = dataset_of(np.zeros(3), np.zeros((3, 3)), 4)
    found = observables.spin_inequalities(singlet).squeeze()
    # 3 axes: -N/2; 2 axes: -N (N - 2)/4; 1 axis: + N/2; all over N/2
    assert found.sel(inequality=["three", "two", "one"]).values.tolist() == [-1, -1, 1]
    assert np.isnan(observables.wineland_squeezing(singlet)).all()
    assert np.isnan(observables.squeezing_direction(singlet)).all()
    dicke = of_ket(np.eye(11)[5].astype(complex), 10)  # |J = 5, M = 0>
    found = observables.spin_inequalities(dicke).squeeze()
    # <Jx^2> + <Jy^2> = 30 where Var J^z = 0 allows 5
    assert found.sel(inequality="one").item() == pytest.approx(-5)
    assert found.sel(inequality="three") >= 0


def test_turning_a_state_changes_no_parameter_and_turns_the_direction():
    rng = np.random.default_rng(3)
    root = rng.standard_normal((3, 3))
    mean, gamma = rng.standard_normal(3), root @ root.T
    skew = rng.standard_normal((3, 3))
    turn = expm(skew - skew.T)
    one, other = dataset_of(mean, gamma, 9), dataset_of(turn @ mean, turn @ gamma @ turn.T, 9)
    for name in ("wineland_squeezing", "kitagawa_ueda_squeezing", "spin_inequalities"):
        function = getattr(observables, name)
        np.testing.assert_allclose(function(one), function(other), rtol=1e-9)
    directions = [observables.squeezing_direction(ds).squeeze().values for ds in (one, other)]
    assert abs(turn @ directions[0] @ directions[1]) == pytest.approx(1, abs=1e-9)


def sampled(rng, mean, gamma, size, trajectories, runs):
    """A Dataset whose times are runs of Gaussian trajectories, with the covariance of the means."""
    x = rng.multivariate_normal(mean, gamma, (runs, trajectories))
    products = np.stack([x[..., a] * x[..., b] for _, a, b in PLACES], axis=-1)
    flat = np.zeros((runs, trajectories, len(MOMENTS) - 3))  # emission, spin_squared: not looked at
    every = np.concatenate([x, flat, products], axis=-1)
    means = every.mean(axis=1)
    second = np.zeros((runs, 3, 3))
    for k, (_, a, b) in enumerate(PLACES):
        second[:, a, b] = second[:, b, a] = means[:, k - 6]
    off = every - means[:, None]
    scatter = np.einsum("rti,rtj->rij", off, off) / (trajectories * (trajectories - 1))
    first = means[:, :3]
    gamma = second - first[:, :, None] * first[:, None, :]
    return dataset_of(first, gamma, size, scatter[:, None])


MEAN = np.array([20.0, 5.0, -10.0])
# across the mean: two variances of 4 and 7
TURN = np.linalg.qr(np.c_[MEAN, [0, 1, 0], [0, 0, 1]])[0]
GAMMA = TURN @ np.diag([2.0, 4.0, 7.0]) @ TURN.T


def as_if_exact(ds):
    """The same moments without their errors: nothing is corrected."""
    return ds.drop_vars(["covariance", *(v for v in ds.data_vars if v.endswith("_stderr"))])


def inequality(kind):
    """One of Toth's inequalities as a function of a Dataset."""
    return lambda ds: observables.spin_inequalities(ds).sel(inequality=kind)


@pytest.mark.parametrize(
    ("function", "mean", "bias"),  # in standard errors, at least
    [
        (observables.wineland_squeezing, MEAN, 8),
        (observables.kitagawa_ueda_squeezing, MEAN, 8),
        # a short mean: eigenvalues of both kinds of moments mix
        (inequality("three"), MEAN / 4, 7),
        (inequality("two"), MEAN / 4, 13),
        (inequality("one"), MEAN / 4, 17),
    ],
    ids=["wineland", "kitagawa_ueda", "three", "two", "one"],
)
def test_the_bias_of_sampled_eigenvalues_is_corrected_and_errors_are_honest(function, mean, bias):
    runs = 4000
    right = function(dataset_of(mean, GAMMA, 60)).item()
    ds = sampled(np.random.default_rng(1), mean, GAMMA, 60, trajectories=200, runs=runs)
    found, bare = function(ds), function(as_if_exact(ds))
    error = found.std().item() / np.sqrt(runs)
    assert abs(found.mean().item() - right) < 4 * error
    # negative control: without the correction the bias is there, and downwards
    assert bare.mean().item() - right < -bias * error
    claimed = np.sqrt((found.stderr**2).mean().item())
    assert claimed == pytest.approx(found.std().item(), rel=0.05)


def test_where_two_variances_are_equal_part_of_the_bias_is_left():
    # no estimator of the smaller of two equal numbers is without bias
    even = TURN @ np.diag([2.0, 5.0, 5.0]) @ TURN.T
    function = observables.kitagawa_ueda_squeezing
    right = function(dataset_of(MEAN, even, 60)).item()
    ds = sampled(np.random.default_rng(2), MEAN, even, 60, trajectories=200, runs=4000)
    left = abs(function(ds).mean().item() - right)
    assert left < 0.6 * function(ds).std().item()
    assert left < 0.7 * abs(function(as_if_exact(ds)).mean().item() - right)


@pytest.mark.parametrize(
    ("model", "size", "time", "warned"),
    [
        (models.two_axis_twisting, 100, 0.02, True),  # 7 to 20 % off
        (models.one_axis_twisting, 10, 0.25, True),  # 14 %
        (models.two_axis_twisting, 100, 0.01, False),  # less than a percent
        (models.one_axis_twisting, 100, 0.05, False),
        (models.one_axis_twisting, 2, 0.0, False),  # few, and not squeezed
    ],
)
def test_twa_is_warned_of_at_the_heisenberg_limit(model, size, time, warned):
    system = model(size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few, and of what comes back
        ds = twa.solve(system, [time], trajectories=4000, seed=1, moments="second")
    judge = exact.solve(system, [time], moments="second")
    for function in (observables.wineland_squeezing, observables.kitagawa_ueda_squeezing):
        right = function(judge).item()
        if warned:
            with pytest.warns(UserWarning, match=r"N times xi_S\^2 is \d.*at any N"):
                function(ds)
        else:
            found = function(ds)
            assert abs(found.item() - right) < 0.02 * right + 4 * found.stderr.item()


def test_without_second_moments_the_option_is_named_missing():
    ds = exact.solve(SYSTEM, TIMES)
    for name in ("wineland_squeezing", "squeezing_direction", "spin_inequalities"):
        with pytest.raises(ValueError, match=f"{name}: ds must hold `spin_covariance`"):
            getattr(observables, name)(ds)


def test_selections_keep_their_own_sizes():
    ds = exact.solve(SYSTEM, TIMES, moments="second")
    for name in ("wineland_squeezing", "kitagawa_ueda_squeezing", "squeezing_direction"):
        function = getattr(observables, name)
        whole = function(ds)
        np.testing.assert_array_equal(function(ds.isel(site=[1, 0])), whole.isel(site=[1, 0]))
        np.testing.assert_array_equal(function(ds.isel(site=1, time=2)), whole.isel(site=1, time=2))
