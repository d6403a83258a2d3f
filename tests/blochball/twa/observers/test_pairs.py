"""Second moments of pairs of ensembles in TWA, and what they say of the sum of all spins."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest

from blochball import (
    CollectiveJump,
    Ensemble,
    Protocol,
    Rotation,
    SpinCoupling,
    System,
    exact,
    observables,
    twa,
)
from blochball.moments import FIRST, MOMENTS, SECOND
from blochball.support import validation
from blochball.twa import runs
from blochball.twa.observers import means
from blochball.twa.plan import block_size
from tests.blochball.known import within

PAIRED = ("pair_covariance", "pair_covariance_stderr", "pair_moment_covariance", "total_covariance")
# of `observables.total_spin`
TOTAL = (*FIRST, "emission", "spin_squared", "spin_covariance")


def several(*sizes, twist=1.0, drive=0.4):
    """Ensembles that see each other through a jump and a coupling, both of no symmetry."""
    count, every = len(sizes), sum(sizes)
    ensembles = [
        Ensemble(n, polar=0.5 + 0.6 * l, azimuth=0.2 * l, detuning=0.3 * l)
        for l, n in enumerate(sizes)
    ]
    jump = CollectiveJump(2 / every, [1, 0.5j, -0.4][:count])
    strength = twist / every * (np.ones((count, count)) + np.eye(count))
    coupling = SpinCoupling(strength, "zx")
    return System(ensembles, jump, drive=[drive] * count, couplings=coupling)


def twisted(*sizes):
    """Ensembles that twist as if they were one."""
    ensembles = [Ensemble(n, polar=pi / 2, decay=0.2, pump=0.1) for n in sizes]
    return System(ensembles, couplings=SpinCoupling(np.ones((len(sizes),) * 2)))


def covariances_agree(ds, expected):
    within(ds.pair_covariance, expected.pair_covariance, ds.pair_covariance_stderr, floor=1.0)


@pytest.mark.parametrize("sizes", [(6, 10), (6, 7, 5)], ids=str)
def test_all_pairs_against_exact(sizes):
    system, times, size = several(*sizes), [0.0, 0.6, 1.5], sum(sizes)
    ds = twa.solve(system, times, 12_000, seed=1, moments="pairs")
    expected = exact.solve(system, times, moments="pairs")
    assert ds.pair_covariance.dims == expected.pair_covariance.dims
    covariances_agree(ds, expected)
    total, known = (observables.total_spin(one) for one in (ds, expected))
    for name in TOTAL:
        # few emitters start too short: of six .981 of N / 2
        floor = 0.01 * size if name in FIRST else 1.0
        within(total[name], known[name], total[f"{name}_stderr"], floor=floor)
        assert total[f"{name}_stderr"].dims == total[name].dims
    # negative control: other signs of the coupling
    other = exact.solve(several(*sizes, twist=-1.0), times, moments="pairs")
    with pytest.raises(AssertionError):
        covariances_agree(ds, other)
    across = ds.pair_covariance.sel(site=0, site_conj=1)
    error = ds.pair_covariance_stderr.sel(site=0, site_conj=1)
    assert (abs(across[1:]) > 20 * error[1:]).any()


def test_ensembles_that_twist_together_are_squeezed_together():
    times = [0.05, 0.1]
    ds = twa.solve(twisted(20, 30), times, 20_000, seed=2, moments="pairs")
    xi = observables.wineland_squeezing(observables.total_spin(ds))
    whole = exact.solve(twisted(50), times, moments="second")
    known = observables.wineland_squeezing(whole)
    within(xi, known, xi.stderr, floor=1 / 50)
    assert (xi.stderr < 0.1 * xi).all()
    # negative control: neither of them is squeezed as much by itself
    alone = observables.wineland_squeezing(ds)
    assert (alone > known[:, 0] + 10 * alone.stderr).all()
    for question in (observables.squeezing, observables.spin_inequalities):
        answer = question(observables.total_spin(ds))
        within(answer, question(whole), answer.stderr, floor=1.0)


def runs_of(system, times, steps, count):
    """Datasets of runs of one block each, of one plan."""
    trajectories = block_size(system.sites)
    plan = twa.plan(system, times, count * trajectories, 1, steps=steps, moments="pairs")
    run, one = (
        runs.Run("test", plan, plan.stages, means.observer(plan)),
        replace(plan, trajectories=trajectories),
    )
    for k in range(count):
        leaf, seconds = run.total(1, False, blocks=range(k, k + 1))
        yield means.dataset(one, leaf, seconds)


def test_errors_are_as_large_as_the_scatter_of_runs():
    """Of independent spins at the start, where the covariance across them is known."""
    every = list(runs_of(twisted(40, 90), [0.0], 1, 100))
    known = np.sqrt(40 * 90) / 4 / np.sqrt(block_size(2))
    error = np.array([ds.pair_covariance_stderr.values[0, 0, 1, 1:, 1:] for ds in every])
    np.testing.assert_allclose(error.mean(axis=0), known, rtol=0.02)
    value = np.array([ds.pair_covariance.values[0, 0, 1, 1:, 1:] for ds in every])
    # of 100 runs the scatter is known to 7 percent
    np.testing.assert_allclose(value.std(axis=0), known, rtol=0.28)
    assert (abs(value.mean(axis=0)) < 4 * known / 10).all()
    xi = [observables.wineland_squeezing(observables.total_spin(ds)) for ds in every]
    scatter, claimed = np.std([x.item() for x in xi]), np.mean([x.stderr.item() for x in xi])
    assert claimed == pytest.approx(scatter, rel=0.28)


def test_nothing_else_changes_and_any_threads_give_the_same_bits():
    system = several(6, 10)
    plain, pairs, again = (
        twa.solve(system, [0.5], 1000, seed=8, steps=8, moments=moments, threads=threads)
        for moments, threads in (("second", 1), ("pairs", 1), ("pairs", 2))
    )
    for name in plain.data_vars:
        np.testing.assert_array_equal(plain[name], pairs[name], err_msg=name)
    for name in pairs.data_vars:
        np.testing.assert_array_equal(pairs[name], again[name], err_msg=name)
    assert set(pairs.data_vars) - set(plain.data_vars) == {*PAIRED, "total_size"}
    own = pairs.pair_covariance.values[:, range(2), range(2)]
    np.testing.assert_allclose(own, pairs.spin_covariance, rtol=1e-12, atol=1e-12)
    own = pairs.pair_covariance_stderr.values[:, range(2), range(2)]
    np.testing.assert_allclose(own, pairs.spin_covariance_stderr, rtol=1e-12)
    turned = pairs.pair_covariance.transpose("time", "site_conj", "site", "axis_other", "axis")
    np.testing.assert_array_equal(turned, pairs.pair_covariance)


def test_one_ensemble_is_its_own_sum():
    ds = twa.solve(twisted(20), [0.1], 1000, seed=3, moments="pairs")
    total = observables.total_spin(ds)
    for name in (*TOTAL, *(f"{name}_stderr" for name in TOTAL), "covariance"):
        np.testing.assert_allclose(total[name], ds[name], rtol=1e-9, atol=1e-12, err_msg=name)
    assert list(total.moment.values) == [*MOMENTS, *SECOND]


def test_parts_checkpoints_and_an_error_to_reach(tmp_path):
    system, times = several(6, 10), [0.5]
    options = {"seed": 1, "steps": 4, "moments": "pairs"}
    plan = twa.plan(system, times, 4096, **options)
    assert twa.Plan.from_dataset(plan.to_dataset()).moments == "pairs"
    assert plan.identity != twa.plan(system, times, 4096, 1, steps=4, moments="second").identity
    parts = [twa.run_part(plan, blocks) for blocks in twa.division(4096, 2, 2)]
    whole = twa.solve(system, times, 4096, **options)
    gathered = twa.gather(plan, parts[::-1])
    kept = twa.Checkpoint(tmp_path, work=1000)
    twa.solve(system, times, 2048, **options, checkpoint=kept)
    taken_up = twa.solve(system, times, 4096, **options, checkpoint=kept)
    for name in whole.data_vars:
        np.testing.assert_array_equal(gathered[name], whole[name], err_msg=name)
        np.testing.assert_array_equal(taken_up[name], whole[name], err_msg=name)
    ds = twa.solve(system, times, **options, error={"pair_covariance": 0.05})
    worst = float(ds.pair_covariance_stderr.max() / abs(ds.pair_covariance).max())
    assert 0.02 < worst < 0.05


def test_a_protocol_turns_covariances():
    pair = [Ensemble(30, polar=pi / 2), Ensemble(20, polar=pi / 2)]
    noisy, quiet = (
        System(pair, CollectiveJump(rate, [1, 1], "dephasing"), couplings=SpinCoupling(0.0))
        for rate in (0.4, 0.0)
    )
    turn = Rotation(0.7, "y", [0])
    plain, turned = (
        twa.solve(
            Protocol([(0, noisy), (1, noisy), *pulses, (1, quiet)]),
            [1.0, 1.1],
            2000,
            seed=4,
            steps=10,
            moments="pairs",
        )
        for pulses in ((), (turn,))
    )
    expected = turn.matrix @ plain.pair_covariance.values[1, 0, 1]
    assert abs(expected).max() > 10
    np.testing.assert_allclose(turned.pair_covariance.values[1, 0, 1], expected, atol=1e-9)


def test_what_is_not_kept_or_does_not_fit_is_refused():
    ds = twa.solve(several(4, 5, 6), [0.1], 100, steps=2, moments="pairs")
    some = ds.sel(site=[0, 2], site_conj=[0, 2])
    with pytest.raises(ValueError, match=r"total_spin: ds must hold all sites of a run that was"):
        observables.total_spin(some)
    # in another order they are all there
    order = [2, 0, 1]
    np.testing.assert_allclose(
        observables.total_spin(ds.sel(site=order, site_conj=order)).covariance,
        observables.total_spin(ds).covariance,
    )
    with pytest.raises(ValueError, match=r"twa\.solve: moments must be"):
        twa.solve(several(4, 5), [0.1], 10, moments="all")
    with pytest.raises(ValueError, match=r"twa\.solve: error must be .*spin_covariance"):
        twa.solve(several(4, 5), [0.1], moments="second", error={"pair_covariance": 0.1})


def test_pairs_of_many_ensembles_are_refused_before_anything_is_made(monkeypatch):
    monkeypatch.setattr(validation, "available", lambda: (2.0**30, "of a test"))
    chain = System([Ensemble(4)] * 300)
    with pytest.raises(ValueError, match=r"twa\.plan: moments must be such that all fits"):
        twa.plan(chain, np.linspace(0, 1, 11), moments="pairs")
    twa.plan(several(4, 5), [0.1], moments="pairs", steps=1)


# -- between ensembles -----------------------------------------------------------------------------


def opposite(size):
    """Ensembles in opposite states that exchange excitations: pairs are made of nothing."""
    ensembles = [Ensemble(size), Ensemble(size, polar=pi)]
    # that of J_1^+ J_2^- + h.c.
    couplings = [SpinCoupling([[0, 1], [1, 0]], axes) for axes in ("xx", "yy")]
    return System(ensembles, CollectiveJump(0.3, [1, 1j]), couplings=couplings)


def test_ensembles_that_exchange_become_entangled():
    size = 40
    times = np.array([0.0, 0.3, 0.6]) / size
    ds = twa.solve(opposite(size), times, 20_000, seed=5, moments="pairs")
    duan = observables.duan_criterion(ds)
    expected = observables.duan_criterion(exact.solve(opposite(size), times, moments="pairs"))
    assert duan.dims == ("time",)
    within(duan, expected, duan.stderr, floor=0.02 * size)
    assert (duan[1:] < -10 * duan.stderr[1:]).all()
    # negative control: at the start they are separable
    assert abs(duan[0]) < 5 * duan.stderr[0] + 1e-3 * size
    # neither the order of the sites nor the theory that kept the pairs matters
    turned = ds.sel(site=[1, 0], site_conj=[1, 0])
    np.testing.assert_allclose(observables.duan_criterion(turned), duan, rtol=1e-9, atol=1e-9)


def test_the_error_of_duans_criterion_is_the_scatter_of_runs():
    every = [observables.duan_criterion(ds) for ds in runs_of(opposite(40), [0.01], 4, 100)]
    value, error = (np.array([getattr(d, k).item() for d in every]) for k in ("data", "stderr"))
    assert np.sqrt((error**2).mean()) == pytest.approx(value.std(), rel=0.28)
    many = twa.solve(opposite(40), [0.01], 100_000, 2, steps=4, moments="pairs")
    known = observables.duan_criterion(many)
    within(value.mean(), known, np.hypot(known.stderr, value.std() / 10), k=4)


def test_of_three_ensembles_that_were_sampled_two_can_be_asked():
    ds = twa.solve(several(4, 5, 6), [0.1], 400, steps=2, moments="pairs")
    with pytest.raises(ValueError, match=r"ds must not be sampled, unless it .* holds two sites"):
        observables.duan_criterion(ds)
    two = ds.sel(site=[2, 0], site_conj=[2, 0])
    assert np.isfinite(observables.duan_criterion(two).stderr).all()
