"""Initial sampling: moments of the Wigner function of a coherent spin state."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from blochball import Ensemble, System
from blochball.twa import initial
from tests.blochball.known import within

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
