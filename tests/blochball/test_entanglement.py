"""Fisher information of exact states, and entanglement between ensembles."""

from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from blochball import CollectiveJump, Ensemble, System, exact, models, observables
from blochball.exact import liouvillian
from tests.blochball.exact.bruteforce import BruteForce
from tests.blochball.exact.systems import systems

fisher, duan = observables.quantum_fisher_information, observables.duan_criterion


def pure(size, ket):
    return exact.State.from_blocks(size, [np.outer(ket, np.conj(ket))])


@given(st.integers(1, 12), st.floats(0, pi), st.floats(-pi, pi))
@settings(max_examples=25, deadline=None)
def test_a_coherent_spin_state_has_one_of_each_emitter_across(size, polar, azimuth):
    system = System(Ensemble(size, polar=polar, azimuth=azimuth))
    (state,) = liouvillian.states(system, [0.0])
    sine = np.sin(polar)
    n = np.array([sine * np.cos(azimuth), sine * np.sin(azimuth), np.cos(polar)])
    np.testing.assert_allclose(fisher(state), size * (np.eye(3) - np.outer(n, n)), atol=1e-7)


def test_the_most_there_is_and_a_dicke_state():
    size = 8
    cat = np.zeros(size + 1)
    cat[[0, -1]] = np.sqrt(0.5)
    np.testing.assert_allclose(fisher(pure(size, cat)), np.diag([size, size, size**2]), atol=1e-9)
    # half excited: N (N + 2) / 2 about any axis across
    half = np.eye(size + 1)[size // 2]
    across = size * (size + 2) / 2
    np.testing.assert_allclose(fisher(pure(size, half)), np.diag([across, across, 0]), atol=1e-9)
    # negative control: without coherence the cat is worth no more than its parts
    mixed = exact.State.from_blocks(size, [np.diag(cat**2)])
    np.testing.assert_allclose(fisher(mixed), np.diag([size, size, 0]), atol=1e-9)


def test_of_a_pure_state_it_is_four_times_the_covariance():
    system, times = models.two_axis_twisting(12), [0.03, 0.1]
    ds = exact.solve(system, times, moments="second")
    for t, state in enumerate(liouvillian.states(system, times)):
        np.testing.assert_allclose(fisher(state), 4 * ds.spin_covariance[t, 0], atol=1e-6)


def of_the_full_space(rho, generators):
    shares, kets = np.linalg.eigh(rho)
    found = np.zeros((3, 3))
    for k, p in enumerate(shares):
        for l, q in enumerate(shares):
            if p + q > 1e-13:
                j = [kets[:, k].conj() @ g @ kets[:, l] for g in generators]
                found += 2 * (p - q) ** 2 / (p + q) * np.outer(j, np.conj(j)).real
    return found


@pytest.mark.parametrize("sites", [None, 0, [1]])
def test_against_the_full_space(sites):
    system = System(
        [Ensemble(2, decay=0.3, polar=1.0), Ensemble(2, pump=0.2, polar=2.0, azimuth=0.4)],
        CollectiveJump(0.7, {"decay": [1, 0.5j], "pump": [0.4, 0]}),
        drive=[0.4, -0.3],
    )
    brute = BruteForce(system)
    chosen = range(2) if sites is None else np.atleast_1d(sites)
    generators = [np.asarray(sum(brute.spin(a, l) for l in chosen).todense()) for a in "xyz"]
    (rho,) = brute.evolve(brute.initial, [0.8])
    (state,) = liouvillian.states(system, [0.8])
    expected = of_the_full_space(rho, generators)
    np.testing.assert_allclose(fisher(state, sites), expected, atol=1e-6)
    assert np.abs(np.linalg.eigvalsh(expected)).max() > 0.1


@given(systems(emitters=5, sites=2), st.sampled_from([0.1, 0.7]))
@settings(max_examples=25, deadline=None)
def test_it_lies_between_squeezing_and_variance(system, time):
    ds = exact.solve(system, [time], "liouvillian", moments="second")
    (state,) = liouvillian.states(system, [time])
    for site, ensemble in enumerate(system.ensembles):
        # of this ensemble alone: turning one of several is never worse
        best = np.linalg.eigvalsh(fisher(state, site))
        xi = observables.wineland_squeezing(ds).values[0, site]
        mean = [ds[name].values[0, site] for name in ("spin_x", "spin_y", "inversion")]
        # N / xi^2 is |<J>|^2 / Var: both vanish together
        if np.linalg.norm(mean) > 1e-3:
            assert best.max() >= ensemble.size / xi - 1e-6
        variance = ds.spin_covariance.values[0, site]
        assert np.linalg.eigvalsh(4 * variance - fisher(state, site)).min() > -1e-6


def test_a_fully_mixed_state_tells_nothing():
    laser = System(Ensemble(5, decay=1.0, pump=1.0))
    mixed = liouvillian.stationary(laser)
    np.testing.assert_allclose(fisher(mixed), 0, atol=1e-9)


def test_refusals_of_fisher_information():
    (state,) = liouvillian.states(System(Ensemble(2)), [0.0])
    with pytest.raises(TypeError, match=r"quantum_fisher_information: state must be a State"):
        fisher(np.eye(3))
    with pytest.raises(ValueError, match="sites must be"):
        fisher(state, 1)
    with pytest.raises(ValueError, match="sites must be"):
        fisher(state, [-1])


# -- between ensembles -----------------------------------------------------------------------------


def kept(system, times):
    return exact.solve(system, times, "liouvillian", correlations=times)


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_ensembles_that_never_met_are_not_found_entangled(data):
    # each by itself: squeezed, driven, lossy
    rng = np.random.default_rng(data.draw(st.integers(0, 2**31)))
    ensembles = [
        Ensemble(n, *rng.uniform(0, 1, 3), rng.normal(), *rng.uniform(0, pi, 2)) for n in (3, 2)
    ]
    jumps = [
        CollectiveJump(1.0, {"decay": np.eye(2)[l], "pump": 0.6 * np.eye(2)[l]}) for l in range(2)
    ]
    system = System(ensembles, jumps, drive=rng.normal(size=2))
    assert duan(kept(system, [0.0, 0.5, 2.0])).min() > -1e-7


def test_a_mixture_of_entangled_phases_is_separable():
    """Correlated means alone are classical: noise turns both ensembles alike."""
    both = [Ensemble(3, polar=1.0), Ensemble(2, polar=2.0)]
    noisy = System(both, CollectiveJump(1.0, [1, 1], "dephasing"))
    ds = kept(noisy, [3.0])
    assert abs(ds.correlation[0, 0, 1]) > 0.5
    assert duan(ds).item() > -1e-9


def test_a_shared_excitation():
    """cos |10> - i sin |01>: half of (1 - sqrt(1 + ...)) by the closed form of two by two."""
    pair = System([Ensemble(1), Ensemble(1, polar=pi)], exchange=[[0, 1], [1, 0]])
    times = np.linspace(0, pi / 4, 5)
    found = duan(kept(pair, times))
    # diagonal 1/2 - |cos 2t| / 2, coherence sin(2t) / 2
    expected = (1 - np.cos(2 * times) - np.sin(2 * times)) / 2
    np.testing.assert_allclose(found, expected, atol=1e-8)
    assert found.dims == ("time_kept",)


def test_opposite_domains_become_entangled_in_the_dark():
    domains = System([Ensemble(6, polar=pi), Ensemble(10)], CollectiveJump(1.0, [1, 1]))
    ds = exact.steady_state(domains, initial="ensembles", correlations=True)
    assert duan(ds).item() < -1
    # local phases and the order of the sites change nothing
    turned = System(domains.ensembles, CollectiveJump(1.0, [1, 1j]))
    other = exact.steady_state(turned, initial="ensembles", correlations=True)
    assert duan(other).item() == pytest.approx(duan(ds).item(), abs=1e-9)
    assert duan(ds.isel(site=[1, 0])).item() == pytest.approx(duan(ds).item(), abs=1e-12)
    assert duan(ds.isel(time_kept=0)).ndim == 0


def test_refusals_of_duan():
    pair = System([Ensemble(2), Ensemble(2)], CollectiveJump(1.0, [1, 1]))
    with pytest.raises(ValueError, match=r"observables\.duan_criterion: .*correlation"):
        duan(exact.solve(pair, [0.1]))
    alone = exact.solve(System(Ensemble(2)), [0.1], correlations=[0.1])
    with pytest.raises(ValueError, match="all pairs of at least two sites"):
        duan(alone)
    with pytest.raises(ValueError, match="all pairs of at least two sites"):
        duan(kept(pair, [0.1]).isel(site=[0]))
    sampled = exact.solve(pair, [0.1], "liouvillian", correlations=[0.1])
    sampled["correlation_stderr"] = abs(sampled.correlation)
    with pytest.raises(ValueError, match="ds must not be sampled"):
        duan(sampled)


# -- of a measurement ------------------------------------------------------------------------------

classical = observables.classical_fisher_information


@given(st.integers(1, 12), st.floats(-pi, pi))
@settings(max_examples=15, deadline=None)
def test_a_coherent_spin_state_is_read_as_well_as_can_be(size, azimuth):
    (state,) = liouvillian.states(System(Ensemble(size, polar=pi / 2, azimuth=azimuth)), [0.0])
    across = [-np.sin(azimuth), np.cos(azimuth), 0.0]
    # of J across the mean spin, about the third axis; about that of the measurement nothing
    found = classical(state, np.multiply(3.0, across))
    assert found.sel(axis="z", axis_other="z").item() == pytest.approx(size, rel=1e-9)
    assert np.asarray(across @ found.values @ across) == pytest.approx(0, abs=1e-9)


def test_outcomes_that_cannot_occur_count_with_their_limit():
    size = 8
    cat = np.zeros(size + 1)
    cat[[0, -1]] = np.sqrt(0.5)
    # parity along x: N^2 about z; along z nothing of it
    found = classical(pure(size, cat), "x")
    assert found.sel(axis="z", axis_other="z").item() == pytest.approx(size**2, rel=1e-9)
    assert classical(pure(size, cat), "z").sel(axis="z", axis_other="z").item() == 0
    mixed = exact.State.from_blocks(size, [np.diag(cat**2)])
    assert abs(classical(mixed, "x").sel(axis="z", axis_other="z").item()) < 1e-9
    # a Dicke state turned away from its M is read along z: all that there is
    half = pure(size, np.eye(size + 1)[size // 2])
    np.testing.assert_allclose(classical(half, "z"), fisher(half), atol=1e-9)


def distribution(rho, generator, angle, values, kets):
    """Probabilities of the values of the measured spin after a rotation, in the full space."""
    turn = expm(-1j * angle * generator)
    chances = np.einsum("im,ij,jm->m", kets.conj(), turn @ rho @ turn.conj().T, kets).real
    return np.array([chances[abs(values - v) < 1e-6].sum() for v in np.unique(values.round(6))])


@pytest.mark.parametrize("sites", [None, [1]])
def test_against_differences_in_the_full_space(sites):
    pair = [Ensemble(2, decay=0.2, polar=1.0), Ensemble(2, pump=0.3, polar=2.0, azimuth=0.7)]
    system = System(pair, CollectiveJump(1.0, [1, 0.5j]), drive=[0.3, 0.4])
    oracle, time, direction = BruteForce(system), 0.6, np.array([0.48, 0.6, 0.64])
    rho = oracle.evolve(oracle.initial, [time])[0]
    chosen = range(2) if sites is None else sites
    spin = [sum(oracle.spin(axis, l) for l in chosen).toarray() for axis in "xyz"]
    values, kets = np.linalg.eigh(np.tensordot(direction, spin, 1))
    step, slopes = 1e-3, []
    for generator in spin:
        plus, minus, plus2, minus2 = (
            distribution(rho, generator, k * step, values, kets) for k in (1, -1, 2, -2)
        )
        slopes.append((8 * (plus - minus) - (plus2 - minus2)) / (12 * step))
    chances = distribution(rho, spin[0], 0.0, values, kets)
    assert chances.min() > 1e-3
    (state,) = liouvillian.states(system, [time])
    found = classical(state, direction, sites)
    np.testing.assert_allclose(found, np.array(slopes) / chances @ np.transpose(slopes), atol=1e-7)
    # no measurement tells more than the quantum Fisher information
    assert np.linalg.eigvalsh(fisher(state, sites) - found.values).min() > -1e-8


def test_a_direction_must_be_one():
    state = pure(2, np.eye(3)[0])
    for wrong in ("w", [1, 2], [0, 0, 0], [1, 1, np.nan]):
        with pytest.raises(ValueError, match=r"classical_fisher_information: direction must be"):
            classical(state, wrong)


def test_duan_of_second_moments_of_pairs_is_that_of_correlations():
    ensembles = [Ensemble(3, polar=pi), Ensemble(4), Ensemble(2)]
    domains = System(ensembles, CollectiveJump(1.0, [1, 1j, 1]))
    times = [0.1, 0.4]
    pairs = exact.solve(domains, times, moments="pairs")
    found = duan(pairs)
    np.testing.assert_allclose(found, duan(kept(domains, times)), atol=1e-7)
    assert found.dims == ("time",)
    assert found.min() < -0.1
    assert duan(pairs.isel(time=0)).ndim == 0


@pytest.mark.parametrize("sites", [0.5, "01"])
def test_sites_are_integers(sites):
    with pytest.raises(TypeError, match=r"quantum_fisher_information: sites must be an integer"):
        fisher(pure(2, np.eye(3)[0]), sites)
