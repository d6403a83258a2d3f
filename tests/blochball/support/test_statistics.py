"""Means and covariances that can be split and merged: against numpy on all samples at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from blochball.support.statistics import Moments, Tree

value = st.floats(-1e3, 1e3)


@st.composite
def split_samples(draw):
    count = draw(st.integers(2, 12))
    samples = draw(arrays(float, (count, 2, 3), elements=value))
    return samples, draw(st.integers(1, count - 1))


def diagonal(moments):
    """Keep squares only."""
    kept = np.diagonal(moments.comoment, axis1=-2, axis2=-1)
    return Moments(moments.count, moments.mean, kept)


@given(split_samples())
def test_merging_is_as_if_nothing_had_been_split(given_samples):
    samples, cut = given_samples
    whole = Moments.of(samples)
    parts = Moments.of(samples[:cut]), Moments.of(samples[cut:])
    for a, b in ((parts[0], parts[1]), (diagonal(parts[0]), diagonal(parts[1]))):
        merged = a.merge(b)
        expected = whole if a.full else diagonal(whole)
        assert merged.count == len(samples)
        assert merged.full == a.full
        np.testing.assert_allclose(merged.mean, whole.mean, atol=1e-10)
        np.testing.assert_allclose(merged.comoment, expected.comoment, atol=1e-6)
        np.testing.assert_allclose(merged.stderr, whole.stderr, atol=1e-4)


@given(split_samples())
def test_covariance_of_the_means_is_that_of_numpy(given_samples):
    samples, _ = given_samples
    found = Moments.of(samples)
    for site in range(2):
        expected = np.cov(samples[:, site].T, ddof=1) / len(samples)
        np.testing.assert_allclose(found.covariance[site], expected, atol=1e-7)
    # a standard error, not a standard deviation
    expected = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    np.testing.assert_allclose(found.stderr, expected, atol=1e-7)


def test_standard_error_falls_as_the_root_of_the_number_of_samples():
    samples = np.random.default_rng(0).standard_normal((40_000, 1))
    few, many = Moments.of(samples[:400]), Moments.of(samples)
    assert few.stderr / many.stderr == pytest.approx(10, rel=0.15)
    assert many.stderr == pytest.approx(1 / 200, rel=0.03)


def test_a_large_offset_does_not_spoil_the_variance():
    samples = 1e9 + np.random.default_rng(1).standard_normal((1000, 1))
    merged = Moments.of(samples[:1]).merge(Moments.of(samples[1:]))
    np.testing.assert_allclose(merged.comoment, Moments.of(samples - 1e9).comoment, rtol=1e-5)
    naive = (samples**2).sum() - samples.sum() ** 2 / 1000  # what a sum of squares would give
    assert abs(naive / merged.comoment.item() - 1) > 0.1


def test_one_sample_has_no_standard_error():
    for one in (Moments.of(np.ones((1, 2))), diagonal(Moments.of(np.ones((1, 2))))):
        assert np.isnan(one.stderr).all()
        assert one.stderr.shape == (2,)
    assert (Moments.of(np.ones((3, 2))).stderr == 0).all()


# -- the tree ---------------------------------------------------------------------------------


def leaves(count, seed=0):
    rng = np.random.default_rng(seed)
    return [
        (Moments.of(rng.standard_normal((rng.integers(1, 5), 2))), Moments.of(rng.random((3, 1))))
        for _ in range(count)
    ]


def same_bits(one, other):
    for a, b in zip(one, other, strict=True):
        assert a.count == b.count
        np.testing.assert_array_equal(a.mean, b.mean)
        np.testing.assert_array_equal(a.comoment, b.comoment)


def tree_of(blocks):
    tree = Tree()
    for block in blocks:
        tree.add(block)
    return tree


def merged_by_halves(blocks):
    """What the tree should be: cut before the largest power of two that is smaller than all."""
    if len(blocks) == 1:
        return blocks[0]
    cut = 1 << (len(blocks) - 1).bit_length() - 1
    first, second = merged_by_halves(blocks[:cut]), merged_by_halves(blocks[cut:])
    return tuple(a.merge(b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 11, 16, 21])
def test_blocks_are_merged_along_a_fixed_binary_tree(count):
    blocks = leaves(count)
    same_bits(tree_of(blocks).total(), merged_by_halves(blocks))


def test_the_total_of_a_tree_can_be_asked_for_on_the_way():
    blocks, tree = leaves(7), Tree()
    for k, block in enumerate(blocks):
        tree.add(block)
        same_bits(tree.total(), tree_of(blocks[: k + 1]).total())


@pytest.mark.parametrize(("chunks", "last"), [(2, 4), (3, 4), (3, 3), (5, 1)])
def test_chunks_of_a_power_of_two_give_the_same_bits(chunks, last):
    blocks = leaves(4 * (chunks - 1) + last)
    tree = Tree()
    for k in range(chunks):
        part = blocks[4 * k : 4 * k + 4]
        if len(part) == 4:
            tree.add(tree_of(part).total(), level=2)
        else:
            for block in part:
                tree.add(block)
    same_bits(tree.total(), tree_of(blocks).total())


def test_chunks_that_do_not_fit_the_tree_are_refused():
    tree = tree_of(leaves(3))
    with pytest.raises(ValueError, match=r"Tree\.add: level must be at most .*\(0\), got 1"):
        tree.add(leaves(1)[0], level=1)


def test_an_empty_tree_has_no_total():
    with pytest.raises(ValueError, match=r"Tree\.total: there must be at least one block"):
        Tree().total()
