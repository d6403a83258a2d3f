"""Factors of sparse matrices that are nearly symmetric in structure and heavy on the diagonal."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu
from threadpoolctl import threadpool_limits

P = ParamSpec("P")
T = TypeVar("T")


def factorised(matrix: sparse.sparray) -> SuperLU:
    """Return L and U of a square matrix."""
    return splu(
        matrix.tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.01,
        options={"SymmetricMode": True},
    )


def one_blas_thread(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function that solves with such factors keep BLAS to one thread.

    The blocks of the factors are small. More threads gain nothing, and where other programs want
    the processors, too, they wait for each other for thirty times as long as they work.
    """
    return threadpool_limits.wrap(limits=1, user_api="blas")(function)  # type: ignore[no-any-return]
