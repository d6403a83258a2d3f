"""Means and covariances that can be merged exactly as if nothing had been split.

Blocks of trajectories are merged pairwise along a fixed binary tree over the block number, so that
the result has the same bits however the blocks were spread over threads, jobs and restarts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Leaf = tuple[Any, ...]  # of Moments, or of whatever else has a method `merge`


@dataclass(frozen=True)
class Moments:
    """Count, mean and co-moments of samples of several quantities.

    Attributes
    ----------
    count : int
        Number of samples n.
    mean : ndarray, shape (..., quantities)
    comoment : ndarray, shape (..., quantities, quantities)
        sum_i (x_i - mean)(x_i - mean)^T, or only its diagonal with the shape of `mean`.
    """

    count: int
    mean: Array
    comoment: Array

    @classmethod
    def of(cls, samples: Array) -> Moments:
        """Return the moments of samples along the first axis, shape (samples, ..., quantities)."""
        mean = samples.mean(axis=0)
        deviation = samples - mean
        return cls(
            len(samples), mean, np.einsum("n...i,n...j->...ij", deviation, deviation, optimize=True)
        )

    @property
    def full(self) -> bool:
        """Whether co-moments between different quantities are kept."""
        return self.comoment.ndim > self.mean.ndim

    def merge(self, other: Moments) -> Moments:
        """Return the moments of both samples together (Chan, Golub & LeVeque, 1979)."""
        count = self.count + other.count
        if not self.mean.size:  # of what was not asked for
            return Moments(count, self.mean, self.comoment)
        shift = other.mean - self.mean
        product = shift[..., :, None] * shift[..., None, :] if self.full else shift * shift
        # in place, as it may be most of the memory
        product *= self.count * other.count / count
        comoment = self.comoment + other.comoment
        comoment += product
        return Moments(count, self.mean + shift * (other.count / count), comoment)

    @property
    def covariance(self) -> Array:
        """Covariance of the means, comoment / (n (n - 1)); NaN for a single sample."""
        if self.count < 2:
            return np.full_like(self.comoment, np.nan)
        return self.comoment / (self.count * (self.count - 1))

    @property
    def stderr(self) -> Array:
        """Standard error of the mean, shape of `mean`."""
        variance = self.covariance
        if self.full:
            variance = np.diagonal(variance, axis1=-2, axis2=-1)
        # rounding can leave -0 where all samples agree
        return np.sqrt(np.maximum(variance, 0)) if self.count > 1 else np.array(variance)


class Tree:
    """Merge what blocks 0, 1, 2, ... have found along the binary tree over the block number.

    Complete subtrees that start at a multiple of their size can be added as one leaf of a higher
    `level`: that is how the parts of a run that was scattered over jobs are gathered.
    """

    def __init__(self) -> None:
        self.subtrees: list[tuple[int, Leaf]] = []

    def add(self, leaf: Leaf, level: int = 0) -> None:
        """Add the next block, or the next 2**level blocks already merged."""
        if self.subtrees and self.subtrees[-1][0] < level:
            raise ValueError(
                f"Tree.add: level must be at most that of the last subtree "
                f"({self.subtrees[-1][0]}), got {level}"
            )
        while self.subtrees and self.subtrees[-1][0] == level:
            _, before = self.subtrees.pop()
            leaf = _merge(before, leaf)
            level += 1
        self.subtrees.append((level, leaf))

    def total(self) -> Leaf:
        """Return the moments of all blocks added so far."""
        if not self.subtrees:
            raise ValueError("Tree.total: there must be at least one block, got none")
        leaves = [leaf for _, leaf in self.subtrees]
        found = leaves[-1]
        for leaf in reversed(leaves[:-1]):
            found = _merge(leaf, found)
        return found


def _merge(first: Iterable[Any], second: Iterable[Any]) -> Leaf:
    return tuple(a.merge(b) for a, b in zip(first, second, strict=True))


def doubled(
    run: Callable[[range], Leaf], enough: Callable[[Leaf, int], bool], most: int
) -> tuple[Leaf, int]:
    """Run block 0, block 1, blocks 2 and 3, 4 to 7, ... until it is enough.

    What is looked at depends on the number of blocks only. Sums have the bits of a run of as many
    blocks at once, because each stretch is a branch of the tree.

    Parameters
    ----------
    run : callable
        ``run(blocks)`` returns the sums of a range of blocks.
    enough : callable
        ``enough(sums, blocks)`` says whether the first `blocks` of them are.
    most : int
        Blocks that there are.

    Returns
    -------
    sums, blocks
        Of the first `blocks` blocks.
    """
    leaf, done = run(range(1)), 1
    while done < most and not enough(leaf, done):
        stretch = range(done, min(2 * done, most))
        leaf, done = _merge(leaf, run(stretch)), stretch.stop
    return leaf, done
