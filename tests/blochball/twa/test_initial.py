"""Initial sampling: moments of the Wigner function of coherent, mixed and uncertain states."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from blochball import CollectiveJump, Ensemble, System, exact, twa
from blochball.twa import initial
from tests.blochball.known import all_within, within

LANES = 200_000


def sample(*ensembles, lanes=LANES, seed=0):
    return initial.vectors(System(ensembles), lanes, np.random.default_rng(seed))


def mean_length(size):
    """<J along the axis> of the sampling: N/2 less 1/(4N), for large N; radius^2 ~ exponential."""
    squared = size / 2 * (size / 2 + 1)
    return quad(lambda r: np.exp(-r) * np.sqrt(squared - size / 2 * r), 0, size / 2 + 1)[0]


@settings(max_examples=20)
@given(st.integers(1, 10**6), st.floats(0, np.pi), st.floats(-4, 4))
def test_the_length_is_sharp(size, polar, azimuth):
    (found,) = sample(Ensemble(size, polar=polar, azimuth=azimuth), lanes=64).transpose(1, 0, 2)
    expected = size / 2 * (size / 2 + 1)
    # only for a handful of emitters can the Gaussian reach past the sphere
    inside = (found**2).sum(axis=0) <= expected * (1 + 1e-12)
    assert inside.all() or size < 30
    np.testing.assert_allclose((found[:, inside] ** 2).sum(axis=0), expected, rtol=1e-12)


@pytest.mark.parametrize(("polar", "azimuth"), [(0, 0), (np.pi, 0), (1.1, 0.4), (2.5, -2.0)])
@pytest.mark.parametrize("size", [10, 1000])
def test_moments(size, polar, azimuth):
    x, y, z = sample(Ensemble(size, polar=polar, azimuth=azimuth))[:, 0]
    axis = np.array(
        [np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)]
    )
    vectors = np.array([x, y, z])
    error = vectors.std(axis=1) / np.sqrt(LANES)
    within(vectors.mean(axis=1), mean_length(size) * axis, error, floor=1e-12 * size)
    # transverse components: variance N/4 and no correlation; along the axis <J^2> is exact
    second = np.einsum("an,bn->ab", vectors, vectors) / LANES
    expected = size / 4 * (np.eye(3) - np.outer(axis, axis)) + size**2 / 4 * np.outer(axis, axis)
    products = vectors[:, None] * vectors[None]
    within(second, expected, products.std(axis=-1) / np.sqrt(LANES), floor=1e-9 * size**2)


def test_the_bias_of_the_mean_falls_as_one_over_size():
    bias = {n: n / 2 - mean_length(n) for n in (100, 1000)}
    assert bias[100] * 100 == pytest.approx(0.25, rel=0.1)
    assert bias[1000] * 1000 == pytest.approx(0.25, rel=0.01)


def test_transverse_components_are_gaussian():
    x, y, _ = sample(Ensemble(400))[:, 0] / 10
    for u in (x, y, (x + y) / np.sqrt(2)):
        assert (u**4).mean() == pytest.approx(3, abs=0.1)
        assert (u**6).mean() == pytest.approx(15, abs=1.5)


def test_ensembles_are_independent():
    found = sample(Ensemble(50), Ensemble(80, polar=np.pi), Ensemble(10, polar=np.pi / 2))
    across = [found[0, 0], found[1, 0], found[0, 1], found[1, 1], found[1, 2], found[2, 2]]
    correlation = np.corrcoef(across) - np.eye(6)
    assert abs(correlation).max() < 5 / np.sqrt(LANES)


@pytest.mark.parametrize("polar", [0.0, np.pi, -np.pi])
def test_poles_are_exact(polar):
    found = sample(Ensemble(10**6, polar=polar, azimuth=0.3), lanes=1000)[:, 0]
    assert (np.sign(found[2]) == np.sign(np.cos(polar))).all()
    # no trace of sin(pi) = 1e-16: the transverse mean is that of the Gaussian
    assert abs(found[:2].mean()) < 5 * np.sqrt(10**6 / 4 / 2000)


def test_one_emitter_stays_on_or_just_outside_of_its_sphere():
    found = sample(Ensemble(1), lanes=1000)[:, 0]
    assert np.isfinite(found).all()
    assert (found[2] >= 0).all()


@pytest.mark.parametrize("length", [0.0, 0.4, 0.95])
def test_moments_of_mixed_emitters(length):
    size, polar, azimuth = 30, 1.1, 0.4
    vectors = sample(Ensemble(size, polar=polar, azimuth=azimuth, length=length))[:, 0]
    axis = np.array(
        [np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)]
    )
    within(
        vectors.mean(axis=1),
        length * mean_length(size) * axis,
        vectors.std(axis=1) / np.sqrt(LANES),
        floor=1e-12,
    )
    products = vectors[:, None] * vectors[None]
    along = size / 4 * (1 - length**2) + size**2 / 4 * length**2
    expected = size / 4 * (np.eye(3) - np.outer(axis, axis)) + along * np.outer(axis, axis)
    within(products.mean(axis=-1), expected, products.std(axis=-1) / np.sqrt(LANES))
    # a sphere with the same mean would have too little spread: the binomial number counts
    spread = (axis @ vectors).var()
    assert spread == pytest.approx(size / 4 * (1 - length**2), rel=0.05, abs=0.3)


def test_one_part_of_a_mixture_is_drawn_for_all_ensembles():
    up, down = [Ensemble(40), Ensemble(20)], [Ensemble(40, polar=np.pi), Ensemble(20, length=0.0)]
    system = System(up, mixture=[(0.3, down)])
    z = initial.vectors(system, LANES, np.random.default_rng(1))[2]
    share = (z[0] < 0).mean()
    assert share == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / LANES))
    assert abs(z[1, z[0] > 0].mean() - mean_length(20)) < 0.01
    assert abs(z[1, z[0] < 0].mean()) < 5 * np.sqrt(20 / 4 / (0.3 * LANES))


def test_lanes_of_a_certain_state_are_those_without_a_mixture():
    plain = sample(Ensemble(40), Ensemble(20, polar=1.0), lanes=640)
    ensembles = [Ensemble(40), Ensemble(20, polar=1.0)]
    certain = System(ensembles, mixture=[(1.0, ensembles)])
    again = initial.vectors(certain, 640, np.random.default_rng(0))
    np.testing.assert_array_equal(again, plain)


def uncertain(**start):
    rates = {"decay": 0.3, "pump": 0.5}
    jump = CollectiveJump(1 / 40, [1])
    if start:
        return System(Ensemble(40, **rates, **start), jump)
    return System(
        Ensemble(40, **rates, polar=1.0), jump, mixture=[(0.4, Ensemble(40, **rates, polar=np.pi))]
    )


# seen with 4e5 trajectories: deviations of at most 0.0005 of N/2 or N^2/4, 0.0015 of the mixture,
# whose standard error was 0.0012
STARTS = ({"polar": np.pi, "length": 0.3}, {"polar": 1.0, "length": 0.7}, {})


@pytest.mark.parametrize("start", STARTS, ids=["thermal", "tilted", "mixture"])
def test_what_follows_from_mixed_states(start):
    times = [0.0, 0.5, 2.0]
    system = uncertain(**start)
    ds = twa.solve(system, times, 20_000, seed=4, moments="second")
    expected = exact.solve(system, times, "liouvillian", moments="second")
    names = {"spin_x": 1, "inversion": 1, "emission": 2, "spin_squared": 2, "spin_covariance": 2}
    for name, power in names.items():
        all_within(ds, {name: expected[name]}, floor=0.001 * 20**power)
    # negative control: a sharp length would be far off
    sharp = {"polar": start.get("polar", 1.0)}
    other = exact.solve(uncertain(**sharp), times, "liouvillian")
    assert abs(other.spin_squared - ds.spin_squared)[0].item() > 50 * ds.spin_squared_stderr[0]


@pytest.mark.parametrize(
    ("solve", "reason"),
    [
        (twa.solve, "its Wigner function is negative in places, but by cumulants, exact"),
        (twa.density.solve, "its Wigner function is negative in places, but by cumulants, exact"),
    ],
)
def test_dicke_states_are_refused_with_the_reason(solve, reason):
    with pytest.raises(ValueError, match=rf"Ensemble\.dicke is not served by twa.*{reason}"):
        solve(System(Ensemble(20, dicke=(10, 0))), [1.0])


def test_the_density_and_the_spinors_refuse_what_is_not_certain():
    for system, argument in ((uncertain(), "mixture"), (uncertain(length=0.5), "length")):
        for solve in (twa.density.solve, twa.eq6.solve):
            with pytest.raises(ValueError, match=rf"{argument} is not served by twa.*, twa\b"):
                solve(system, [1.0])
