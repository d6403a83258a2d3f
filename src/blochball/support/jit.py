"""numba.njit with a cache that notices changes of this package, and bits that ignore the cache.

Numba's own cache looks only at the file of the function that is called, and would go on using a
compiled kernel after a change in another file whose functions it calls.

Every compiled function holds copies of the functions that it calls, and whichever copy a process
loads first serves all callers. Copies are optimised for their callers, with fast-math flags to
different last bits; so a process that compiles would round differently from one that finds its
kernels in the cache. Inlining everything leaves no calls to share.

The cache lies in NUMBA_CACHE_DIR, beside the package or in the user's folder of caches, whichever
can be written first; where none can, every process compiles for itself.
"""

from __future__ import annotations

import functools
import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numba
from numba.core import config


def _sources() -> str:
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


STAMP: Final = _sources()  # of every source file of the package


def njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator: compiled without the GIL, cached on disk, inlined; options as numba's.

    Warns
    -----
    UserWarning
        Once in a process, where no folder can be written for the cache.
    """
    options = {"nogil": True, "error_model": "numpy", "forceinline": True, **options}

    def decorate(function: Callable[..., Any]) -> Any:
        try:
            compiled = numba.njit(cache=True, **options)(function)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            _warn()
            return numba.njit(**options)(function)
        if not config.DISABLE_JIT:  # type: ignore[attr-defined]
            # the index on disk is valid for one stamp only; normally date and size of one file
            compiled._cache._cache_file._source_stamp = STAMP
        return compiled

    return decorate


@functools.cache
def _warn() -> None:
    warnings.warn(
        "blochball: no folder can be written for compiled functions, neither that of the package "
        "nor the user's own; each process will compile them anew, which takes about a minute of "
        "one core. Set the environment variable NUMBA_CACHE_DIR to a folder that can be written.",
        stacklevel=3,
    )
