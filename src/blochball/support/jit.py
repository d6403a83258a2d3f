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

A compiled function that another one calls is compiled for it without what Python would call it by,
and is not kept: it is part of the other one. That saves a quarter of the time.

The cache lies in NUMBA_CACHE_DIR, beside the package or in the user's folder of caches, whichever
can be written first; where none can, every process compiles for itself. Of several processes that
need the same function one compiles it, and the others wait. The logger "blochball" says so where it
takes seconds.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import numba
from numba.core import config

from blochball.support.patience import after

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None  # type: ignore[assignment]

PATIENCE = 2.0  # seconds of silence
_LOG = logging.getLogger("blochball")
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
def _imports(path: Path) -> frozenset[Path]:
    """Return the files of the package that a file of it imports by itself."""
    found = set()
    for package, names in _IMPORT.findall(_content(path).decode()):
        folder = _ROOT.joinpath(*package.split("."))
        found.add(folder.with_suffix(".py"))
        found.update(folder / f"{name}.py" for name in re.findall(r"\w+", names))
    return frozenset(file for file in found if file.is_file())


@cache
def _reached(name: str) -> frozenset[Path]:
    """Return a file, the files of the package that it imports, and those that they import."""
    path = Path(name).resolve()
    if _ROOT not in path.parents:
        return frozenset()
    reached, todo = {path}, [path]
    while todo:
        new = _imports(todo.pop()) - reached
        reached |= new
        todo += new
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
    options["no_cfunc_wrapper"] = True  # nobody calls them from C
    within = {"no_cpython_wrapper": True, **options}

    def decorate(function: Callable[..., Any]) -> Any:
        if function.__closure__:
            # numba names its files after it: one for each set of captured functions
            digest = hashlib.sha256(repr(captured(function)).encode()).hexdigest()
            function.__qualname__ += f"-{digest:.12}"
        if config.DISABLE_JIT:  # type: ignore[attr-defined]
            return function
        inner = numba.njit(**within)(function)
        try:
            compiled = numba.njit(cache=True, **options)(function)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            _warn()
            compiled = numba.njit(**options)(function)
        else:
            # the index on disk is valid for one stamp only; normally date and size of one file
            compiled._cache._cache_file._source_stamp = stamp_of(function)
            if function.__closure__:
                compiled._cache._index_key = _key
        if not counted:
            _refuse_arrays(inner)
            _refuse_arrays(compiled)
        # which compiled functions ask for what they call
        compiled.get_call_template = inner.get_call_template
        compiled.get_overload = inner.get_overload
        _compile_once(compiled)
        return compiled

    return decorate


def _compile_once(compiled: Any) -> None:
    """Have one process compile while others wait, and say so where it takes long."""
    inherited = compiled.compile

    def compile_once(signature: Any) -> Any:
        with _said(), _alone(getattr(compiled._cache, "_cache_file", None)):
            return inherited(signature)

    compiled.compile = compile_once


@contextmanager
def _alone(cache_file: Any) -> Iterator[None]:
    """Keep other processes from compiling what this one compiles: they find it in the cache."""
    with ExitStack() as held:
        # not where the folder cannot be written, or its file system has no locks
        with suppress(OSError):
            if fcntl is not None and cache_file is not None:
                path = Path(f"{cache_file._index_path}.lock")
                path.parent.mkdir(parents=True, exist_ok=True)
                lock = held.enter_context(path.open("w"))
                fcntl.flock(lock, fcntl.LOCK_EX)  # the kernel lets go of it with the process
        yield


@contextmanager
def _said() -> Iterator[None]:
    """Say that something is compiled, if it takes longer than PATIENCE."""
    started = time.perf_counter()
    try:
        with after(PATIENCE, _announce):
            yield
    finally:
        seconds = time.perf_counter() - started
        if seconds > PATIENCE:
            _LOG.warning("blochball: compiled in %.0f s", seconds)


@cache
def _announce() -> None:
    # the level that is shown unless somebody asks for another
    _LOG.warning(
        "blochball: compiling what this kind of run needs, which happens once and takes some ten "
        "seconds, or waiting for another process that compiles it"
    )


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
