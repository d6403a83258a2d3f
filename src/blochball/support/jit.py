"""numba.njit with a cache that notices changes of this package, and bits that ignore the cache.

Numba's own cache looks only at the file of the function that is called, and would go on using a
compiled kernel after a change in another file whose functions it calls.

Every compiled function holds copies of the functions that it calls, and whichever copy a process
loads first serves all callers. Copies are optimised for their callers, with fast-math flags to
different last bits; so a process that compiles would round differently from one that finds its
kernels in the cache. Inlining everything leaves no calls to share.

A function that is defined within another one captures compiled functions: that is how a loop is
compiled for what is called in it. Numba would know these by a random number that every process
draws anew, and never find them in its cache; here they are known by their names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
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
    """Return a decorator: compiled without the GIL, cached on disk, inlined; options as numba's."""

    def decorate(function: Callable[..., Any]) -> Any:
        compiled = numba.njit(
            nogil=True, cache=True, error_model="numpy", forceinline=True, **options
        )(function)
        if not config.DISABLE_JIT:  # type: ignore[attr-defined]
            # the index on disk is valid for one stamp only; normally date and size of one file
            compiled._cache._cache_file._source_stamp = STAMP
            if function.__closure__:
                compiled._cache._index_key = partial(_key, captured(function))
        return compiled

    return decorate


def captured(function: Callable[..., Any]) -> tuple[str, ...]:
    """Name all that a function has captured from the one around it, whatever the process."""
    names = []
    for cell in function.__closure__ or ():
        inner = getattr(cell.cell_contents, "py_func", None)
        if inner is None:
            names.append(repr(cell.cell_contents))
        else:
            names += [f"{inner.__module__}.{inner.__qualname__}", *captured(inner)]
    return tuple(names)


def _key(names: tuple[str, ...], signature: Any, codegen: Any) -> tuple[Any, ...]:
    return signature, codegen.magic_tuple(), names
