"""Post-stratification on the linear amplitude: the same means, honest and far smaller errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blochball import CollectiveJump, Ensemble, System, exact, models, twa
from blochball.moments import MOMENTS
from blochball.twa.lanes import LANES
from blochball.twa.observers import strata as stratified
from blochball.twa.observers.accumulate import VALIDITY
from blochball.twa.pilot import ANGLE
from tests.blochball.twa.paths import block_of, plan_of

STRATA = 16


def laser(size):
    return models.superradiant_laser(size, pump=0.25 * size), np.linspace(0, 10 / size, 6)


def test_probabilities_are_those_of_the_sampled_amplitude():
    # few coarse steps: the four-valued noise is as far from Gaussian as it gets
    system, times = laser(50)
    amplitude = stratified.Amplitude(plan_of(system, times[:2], 4, seed=1))
    variance = amplitude.variance
    chance = amplitude.probabilities(STRATA)
    assert chance.sum(axis=1) == pytest.approx(1, abs=1e-12)
    # at time 0 the amplitude is Gaussian and the strata are equally probable
    assert chance[0] == pytest.approx(1 / STRATA, rel=1e-4)

    rng = np.random.default_rng(5)
    n = 400_000
    parts = np.concatenate([amplitude.rotations, amplitude.locals_])
    draws = rng.choice(
        [stratified.RARE, -stratified.RARE, stratified.FREQUENT, -stratified.FREQUENT],
        p=[1 / 8, 1 / 8, 3 / 8, 3 / 8],
        size=(2, parts.size, n),
    )
    b = rng.normal(0, np.sqrt(50 / 4), (2, n)) + np.einsum("k,ckn->cn", parts, draws)
    assert b.var(axis=1) == pytest.approx(variance[-1], rel=0.01)
    share = -np.expm1(-(b**2).sum(axis=0) / (2 * variance[-1]))
    count = np.bincount(np.minimum((STRATA * share).astype(int), STRATA - 1), minlength=STRATA)
    error = np.sqrt(n * chance[-1] * (1 - chance[-1]))
    assert (np.abs(count - n * chance[-1]) < 4.5 * error).all()


@given(st.integers(2, 300), st.floats(0, 50))
def test_strata_are_found_as_by_bisection(strata, x):
    edges, first = stratified.bounds(strata)
    for value in (x, *edges[:-1], *np.nextafter(edges[:-1], 0)):
        found = stratified.stratum_of(value, edges, first)
        assert found == np.searchsorted(edges, value, side="right")


def test_moments_are_those_of_numpy():
    lanes, kinds = 9, len(MOMENTS) + len(VALIDITY)
    values = np.random.default_rng(2).normal(3, 1, (kinds, LANES))
    numbers = np.zeros((1, 2, stratified.NUMBERS))
    for lane in range(lanes):
        stratified.add(numbers[0, 1], values.ravel(), lane)
    numbers[0, 0] = 7  # another stratum, which must not matter
    # in two pieces: sums merge
    half = stratified.Sums(numbers / 2)
    count, mean, covariance, validity = (x[0, 1] for x in half.merge(half).moments())
    full, sample = len(MOMENTS), values[:, :lanes]
    assert count == lanes
    np.testing.assert_allclose(mean, sample.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(sample[:full]) / lanes, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(validity, sample[full:].var(axis=1, ddof=1) / lanes, rtol=1e-10)


def test_a_longer_run_begins_with_the_trajectories_of_a_shorter_one():
    system, times = laser(50)
    plan = plan_of(system, times, 40, seed=1)
    amplitude = stratified.Amplitude(plan)
    step, observer = stratified.step_of(plan, amplitude), stratified.observer(plan, 2, amplitude)
    for shorter in (LANES - 1, LANES):
        few, one_more = (
            block_of(plan, observer, step, block=3, trajectories=count)[0].numbers
            for count in (shorter, shorter + 1)
        )
        # a trajectory more, in one of the strata of every output, and the others as they were
        assert (one_more[..., 0].sum(axis=1) == shorter + 1).all()
        assert ((one_more != few).any(axis=-1).sum(axis=1) == 1).all()


@pytest.mark.parametrize(("strata", "least"), [(STRATA, 3), (2, 1.3)])
def test_agrees_with_plain_sampling_and_with_the_exact_solution(strata, least):
    size = 100
    system, times = laser(size)
    kwargs = {"trajectories": 20_000, "steps": 300}
    sorted_ = twa.solve_stratified(system, times, seed=3, strata=strata, **kwargs)
    plain = twa.solve(system, times, seed=4, **kwargs)
    judge = exact.solve(system, times)
    for name in ("emission", "inversion", "spin_squared", "output", "inverse_length"):
        error = np.hypot(sorted_[f"{name}_stderr"], plain[f"{name}_stderr"])
        assert (abs(sorted_[name] - plain[name]) <= 4.5 * error + 1e-9).all(), name
    # theory and time step err by 1e-4 N^2 here
    off = abs(sorted_.emission - judge.emission)
    assert (off < 4.5 * sorted_.emission_stderr + 1e-4 * size**2).all()
    gain = (plain.emission_stderr.max() / sorted_.emission_stderr.max()) ** 2
    assert gain > least


def test_standard_errors_are_those_of_independent_replicates():
    system, times = laser(100)
    runs = [
        twa.solve_stratified(system, times, 2000, seed, steps=100, strata=STRATA)
        for seed in range(24)
    ]
    for name in ("emission", "inversion"):
        values = np.array([run[name].values[1:, 0] for run in runs])
        claimed = np.mean([run[f"{name}_stderr"].values[1:, 0] ** 2 for run in runs], axis=0)
        ratio = values.var(axis=0, ddof=1) / claimed
        # a variance of 24 samples has a relative standard error of sqrt(2/23) = 0.29
        assert (ratio > 0.2).all()
        assert (ratio < 2.3).all()


def test_same_bits_for_any_thread_count():
    system, times = laser(20)
    kwargs = {"trajectories": 9000, "seed": 1, "steps": 50, "strata": 4}
    one = twa.solve_stratified(system, times, threads=1, **kwargs)
    two = twa.solve_stratified(system, times, threads=2, **kwargs)
    assert one.drop_attrs().identical(two.drop_attrs())


@pytest.mark.parametrize(
    ("system", "why"),
    [
        (models.waveguide_chain(2, 20, 0.3, 1.0, polar=0.0), "one ensemble"),
        (models.superradiant_laser(20, 5.0, polar=np.pi), "fully inverted"),
        (System(Ensemble(20), CollectiveJump(1, [1]), drive=[1]), "without drive"),
        (System(Ensemble(20, detuning=1.0), CollectiveJump(1, [1])), "and detuning"),
        (models.superradiant_laser(20, 50.0), "win against local damping"),
    ],
)
def test_refuses_what_strata_do_not_serve(system, why):
    with pytest.raises(ValueError, match=why):
        twa.solve_stratified(system, [0.1], trajectories=1000, strata=STRATA)


def test_refuses_too_few_trajectories():
    system, times = laser(20)
    with pytest.raises(ValueError, match="strata must be at most half of the trajectories, got 64"):
        twa.solve_stratified(system, times, trajectories=80, strata=64)


def test_automatic_steps_err_by_less_than_what_is_left_of_the_noise():
    size = 10**6
    system, times = models.superradiant_laser(size, 0.25 * size), np.linspace(0, 30 / size, 11)
    noise = twa.solve_stratified(system, times, 4096, 1).emission_stderr
    chosen, plain = (
        twa.step_error(system, times, 4096, 1, tolerance=tolerance)
        for tolerance in (stratified.tolerance(size, 4096, 32), ANGLE)
    )
    assert (abs(chosen.emission) <= noise + 3 * chosen.emission_stderr).all()
    # the negative control: those of `solve` would not do (measured: 15 standard errors)
    assert (abs(plain.emission) > 5 * noise + 3 * plain.emission_stderr).any()
