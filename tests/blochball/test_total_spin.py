"""Second moments of pairs of ensembles, and what they say of the sum of all spins."""

from math import pi

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, Protocol, SpinCoupling, System, cumulants, exact
from blochball import observables as derived
from blochball.moments import FIRST
from tests.blochball.exact.bruteforce import BruteForce

TIMES = np.array([0.0, 0.4, 1.1])
STARTS = ({"polar": 1.0, "azimuth": 0.3}, {"polar": 2.0, "length": 0.6})


def several(sizes, drive=0.3):
    ensembles = [
        Ensemble(n, decay=0.1 * l, pump=0.3, detuning=0.5 * l, **STARTS[l % 2])
        for l, n in enumerate(sizes)
    ]
    weights = [1, 0.5j, -0.4][: len(sizes)]
    strength = np.ones((len(sizes),) * 2) + np.eye(len(sizes))
    return System(
        ensembles,
        CollectiveJump(1.0, weights),
        drive=[drive] * len(sizes) if drive else None,
        couplings=SpinCoupling(0.3 * strength, "zx" if drive else "zz"),
    )


def brute(system):
    """Covariances of all spin components of all pairs, shape (times, sites, sites, 3, 3)."""
    oracle = BruteForce(system)
    sites = range(system.sites)
    spin = [[oracle.spin(axis, l).toarray() for axis in "xyz"] for l in sites]
    found = np.empty((len(TIMES), system.sites, system.sites, 3, 3))
    for t, rho in enumerate(oracle.evolve(oracle.initial, TIMES)):
        for k, l, a, b in np.ndindex(found.shape[1:]):
            j, i = spin[k][a], spin[l][b]
            symmetric = oracle.mean(j @ i + i @ j, rho) / 2
            found[t, k, l, a, b] = (symmetric - oracle.mean(j, rho) * oracle.mean(i, rho)).real
    return found


@pytest.mark.parametrize("drive", [0.3, 0.0], ids=["driven", "a sector"])
@pytest.mark.parametrize("sizes", [(2, 3), (1, 2, 1), (3,)], ids=str)
def test_all_pairs_of_the_density_matrix(sizes, drive):
    system = several(sizes, drive)
    ds = exact.solve(system, TIMES, "liouvillian", moments="pairs")
    np.testing.assert_allclose(ds.pair_covariance, brute(system), atol=1e-7)
    own = ds.pair_covariance.values[:, range(len(sizes)), range(len(sizes))]
    np.testing.assert_allclose(own, ds.spin_covariance, atol=1e-14)
    assert ds.pair_covariance.dims == ("time", "site", "site_conj", "axis", "axis_other")
    timed = exact.solve(Protocol([(0, system)]), TIMES, moments="pairs")
    np.testing.assert_allclose(timed.pair_covariance, ds.pair_covariance, atol=1e-8)
    # who does not ask for them does not get them
    assert "pair_covariance" not in exact.solve(system, TIMES, moments="second")


def test_the_steady_state_keeps_pairs():
    system = several((2, 1))
    late = exact.solve(system, [80.0], moments="pairs")
    ds = exact.steady_state(system, moments="pairs")
    np.testing.assert_allclose(ds.pair_covariance, late.pair_covariance, atol=1e-7)


@pytest.mark.parametrize("sizes", [(1, 1), (2,)], ids=str)
def test_cumulants_of_two_emitters(sizes):
    system = several(sizes)
    ds = cumulants.solve(system, TIMES, moments="pairs")
    np.testing.assert_allclose(ds.pair_covariance, brute(system), atol=1e-7)
    own = ds.pair_covariance.values[:, range(len(sizes)), range(len(sizes))]
    np.testing.assert_allclose(own, ds.spin_covariance, atol=1e-14)
    second = cumulants.solve(system, TIMES, moments="second")
    np.testing.assert_allclose(second.spin_covariance, ds.spin_covariance, atol=1e-12)
    assert "pair_covariance" not in second


def alike(*sizes):
    ensembles = [Ensemble(n, polar=pi / 2, decay=0.2, pump=0.1) for n in sizes]
    jump = CollectiveJump(0.3, [1] * len(sizes))
    return System(ensembles, jump, couplings=SpinCoupling(np.ones((len(sizes),) * 2), "zz"))


QUESTIONS = (
    derived.squeezing,
    derived.wineland_squeezing,
    derived.kitagawa_ueda_squeezing,
    derived.spin_inequalities,
    derived.subradiance,
)


def test_ensembles_that_are_alike_are_one():
    times = [0.0, 0.05, 0.2, 1.0]
    parts, whole = (
        exact.solve(alike(*sizes), times, "liouvillian", moments=kept)
        for sizes, kept in (((2, 4), "pairs"), ((6,), "second"))
    )
    total = derived.total_spin(parts)
    for name in (*FIRST, "emission", "spin_squared", "spin_covariance", "ensemble_size"):
        np.testing.assert_allclose(total[name], whole[name], atol=1e-7)
        assert total[name].dims == whole[name].dims
    for question in QUESTIONS:
        np.testing.assert_allclose(question(total), question(whole), atol=1e-6)
    # negative control: the larger ensemble by itself is squeezed less than both together
    alone = derived.wineland_squeezing(parts).isel(site=1)
    assert (alone[1:3].values > derived.wineland_squeezing(whole)[1:3, 0].values + 0.05).all()


def test_singlets_of_two_ensembles_are_seen_in_the_sum_only():
    # an excitation that is shared with a minus sign
    pair = System([Ensemble(1), Ensemble(1, polar=pi)], CollectiveJump(1.0, [1, 1]))
    ds = exact.steady_state(pair, initial="ensembles", moments="pairs")
    three = derived.spin_inequalities(derived.total_spin(ds)).sel(inequality="three")
    # half of the state is the singlet, half the ground state: tr gamma = 3/4 - 1/4 + 1/4
    assert three.item() == pytest.approx(-0.25, abs=1e-9)
    assert derived.spin_inequalities(ds).sel(inequality="three").min() > 0


def test_a_selection_is_the_sum_of_what_it_holds():
    ds = exact.solve(several((1, 2, 1)), TIMES, moments="pairs")
    two = derived.total_spin(ds.sel(site=[0, 2], site_conj=[0, 2]))
    expected = ds.inversion.sel(site=[0, 2]).sum("site")
    np.testing.assert_allclose(two.inversion[:, 0], expected)
    one = derived.total_spin(ds.sel(site=[1], site_conj=[1]))
    np.testing.assert_allclose(one.spin_covariance[:, 0], ds.spin_covariance[:, 1])
    with pytest.raises(ValueError, match=r"total_spin: ds must hold all pairs of its sites"):
        derived.total_spin(ds.sel(site=[0, 2]))
    with pytest.raises(ValueError, match=r"total_spin: ds must .*pair_covariance"):
        derived.total_spin(exact.solve(alike(2), TIMES))
