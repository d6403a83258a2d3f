"""Density matrices by themselves: blocks there and back, and what is none."""

import numpy as np
import pytest

from blochball.exact.state import State


def test_blocks_there_and_back():
    rng = np.random.default_rng(2)
    halves = [rng.normal(size=(n, n, 2)) @ [1, 1j] for n in (5, 3, 1)]
    blocks = [half @ half.conj().T for half in halves]
    blocks = [block / sum(np.trace(b).real for b in blocks) for block in blocks]
    state = State.from_blocks(4, blocks)
    assert state.trace == pytest.approx(1)
    for block, given in zip(state.blocks(), blocks, strict=True):
        np.testing.assert_array_equal(block, given)


PURE = np.diag([1.0, 0, 0])


@pytest.mark.parametrize(
    ("size", "blocks", "error", "message"),
    [
        (0, [PURE], ValueError, "size must be an integer >= 1"),
        (2, [], ValueError, "blocks must be a sequence of 1 to 2 matrices"),
        (2, [PURE, [[0]], [[0]]], ValueError, "blocks must be a sequence of 1 to 2 matrices"),
        (2, PURE, ValueError, "blocks must be a sequence of 1 to 2 matrices"),
        (3, [PURE], ValueError, r"blocks must be of shape \(4, 4\) for J = 1.5"),
        (2, [PURE, PURE], ValueError, r"blocks must be of shape \(1, 1\) for J = 0"),
        (2, ["rho"], TypeError, r"blocks must be of shape \(3, 3\)"),
        (2, [2 * PURE], ValueError, "blocks must have trace 1 together, got 2"),
        (2, [np.diag([1.2, 0, -0.2])], ValueError, "blocks must have no negative eigen.* -0.2 "),
        (2, [PURE + np.eye(3, k=1) / 9], ValueError, "blocks must be Hermitian, got .* by 0.111"),
    ],
)
def test_what_is_no_density_matrix_is_refused(size, blocks, error, message):
    with pytest.raises(error, match=f"State.from_blocks: {message}"):
        State.from_blocks(size, blocks)
