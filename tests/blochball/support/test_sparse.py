"""Sparse factors, and how many threads what uses them keeps busy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp
from threadpoolctl import threadpool_info, threadpool_limits

from blochball.support import sparse


def threads() -> set[int]:
    """Return how many threads each BLAS of this process may use."""
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_factors_solve() -> None:
    matrix = sp.csr_array(np.diag([3.0, 4.0, 5.0]) + np.eye(3, k=1) - 0.5 * np.eye(3, k=-1))
    right = np.array([1.0, 2.0, 3.0])
    solution = sparse.factorised(matrix).solve(right)
    np.testing.assert_allclose(matrix @ solution, right, rtol=1e-14)
    rotated = sparse.factorised(1j * matrix).solve(right.astype(complex))
    np.testing.assert_allclose(rotated, -1j * solution, rtol=1e-14)


def test_blas_keeps_to_one_thread_and_is_then_as_it_was() -> None:
    with threadpool_limits(2, user_api="blas"):
        assert threads() == {2}
        assert sparse.one_blas_thread(threads)() == {1}
        assert threads() == {2}


def test_it_is_as_it_was_after_an_error_too() -> None:

    @sparse.one_blas_thread
    def fails() -> None:
        raise ValueError("no")

    with threadpool_limits(2, user_api="blas"):
        with pytest.raises(ValueError, match="no"):
            fails()
        assert threads() == {2}
