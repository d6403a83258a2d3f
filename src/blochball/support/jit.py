"""numba.njit with a cache that notices changes of this package, and bits that ignore the cache.

Numba's own cache looks only at the file of the function that is called, and would go on using a
compiled kernel after a change in another file whose functions it calls. Ours looks at all files of
the package that this file imports, and that they import.

Every compiled function holds copies of the functions that it calls, and whichever copy a process
loads first serves all callers. Copies are optimised for their callers, with fast-math flags to
different last bits; so a process that compiles would round differently from one that finds its
kernels in the cache. Inlining everything leaves no calls to share.

A function that is defined within another one captures compiled functions: that is how a loop is
compiled for what is called in it. Numba would know these by a random number that every process
draws anew, and never find them in its cache; here they are known by their names.

The cache lies in NUMBA_CACHE_DIR, beside the package or in the user's folder of caches, whichever
can be written first; where none can, every process compiles for itself.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import numba
from numba.core import config

_ROOT = Path(__file__).parents[1]
_IMPORT = re.compile(rf"^\s*from {_ROOT.name}\.?([\w.]*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)


@cache
def _content(path: Path) -> bytes:
    return path.read_bytes()


@cache
def _digest(paths: frozenset[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(_ROOT).as_posix().encode())
        digest.update(_content(path))
    return digest.hexdigest()


STAMP: Final = _digest(frozenset(_ROOT.rglob("*.py")))  # of every source file of the package


@cache
def _reached(name: str) -> frozenset[Path]:
    """Return a file, the files of the package that it imports, and those that they import."""
    path = Path(name).resolve()
    if _ROOT not in path.parents:
        return frozenset()
    reached, todo = {path}, [path]
    while todo:
        for package, names in _IMPORT.findall(_content(todo.pop()).decode()):
            folder = _ROOT.joinpath(*package.split("."))
            inner = [folder / f"{name}.py" for name in re.findall(r"\w+", names)]
            for file in (folder.with_suffix(".py"), *inner):
                if file not in reached and file.is_file():
                    reached.add(file)
                    todo.append(file)
    return frozenset(reached)


def stamp_of(function: Callable[..., Any]) -> str:
    """Return the hash of every file that can decide what a function compiles to."""
    files: frozenset[Path] = frozenset()
    todo = [function]
    while todo:
        function = todo.pop()
        files |= _reached(function.__code__.co_filename)
        cells = [cell.cell_contents for cell in function.__closure__ or ()]
        todo += [cell.py_func for cell in cells if hasattr(cell, "py_func")]
    return _digest(files)


def njit(counted: bool = True, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator: compiled without the GIL, cached on disk, inlined; options as numba's.

    Parameters
    ----------
    counted : bool
        False for what makes no arrays and returns numbers or nothing: then no references to arrays
        are counted. A count is a locked instruction, for which threads that share arrays wait.
    **options
        Of numba.njit.

    Warns
    -----
    UserWarning
        Once in a process, where no folder can be written for the cache.
    """
    options = {"nogil": True, "error_model": "numpy", "forceinline": True, **options}
    options["_nrt"] = counted

    def decorate(function: Callable[..., Any]) -> Any:
        if function.__closure__:
            # numba names its files after it: one for each set of captured functions
            digest = hashlib.sha256(repr(captured(function)).encode()).hexdigest()
            function.__qualname__ += f"-{digest:.12}"
        try:
            compiled = numba.njit(cache=True, **options)(function)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            _warn()
            return numba.njit(**options)(function)
        if not config.DISABLE_JIT:  # type: ignore[attr-defined]
            if not counted:
                _refuse_arrays(compiled)
            # the index on disk is valid for one stamp only; normally date and size of one file
            compiled._cache._cache_file._source_stamp = stamp_of(function)
            if function.__closure__:
                compiled._cache._index_key = _key
        return compiled

    return decorate


def _refuse_arrays(compiled: Any) -> None:
    """Have the compilation fail where arrays are returned: their receivers would count on them."""
    inherited = compiled.compile

    def compile_checked(signature: Any) -> Any:
        entry = inherited(signature)
        for overload in compiled.overloads.values():
            returned = overload.signature.return_type
            if overload.target_context.data_model_manager[returned].contains_nrt_meminfo():
                raise TypeError(
                    f"{compiled.py_func.__qualname__} returns {returned}: it must be counted"
                )
        return entry

    compiled.compile = compile_checked


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


def _key(signature: Any, codegen: Any) -> tuple[Any, ...]:
    # the name of the file says the rest
    return signature, codegen.magic_tuple()


@cache
def _warn() -> None:
    warnings.warn(
        "blochball: no folder can be written for compiled functions, neither that of the package "
        "nor the user's own; each process will compile them anew, which takes about a minute of "
        "one core. Set the environment variable NUMBA_CACHE_DIR to a folder that can be written.",
        stacklevel=3,
    )
