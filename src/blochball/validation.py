"""Checks on single arguments; every message says who asked, for what, and what came instead."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def real(owner: str, name: str, value: Any, minimum: float | None = None) -> float:
    """Return `value` as a finite float, at least `minimum`.

    Raises
    ------
    TypeError
        If `value` is not a real number (booleans, strings and complex numbers are not).
    ValueError
        If it is not finite or lies below `minimum`.
    """
    what = f"{owner}: {name} must be a finite real number" + (
        "" if minimum is None else f" >= {minimum:g}"
    )
    if isinstance(value, bool | np.bool_ | str | bytes | complex | np.complexfloating):
        raise TypeError(f"{what}, got {value!r}")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"{what}, got {value!r}") from error
    if not math.isfinite(number) or (minimum is not None and number < minimum):
        raise ValueError(f"{what}, got {value!r}")
    return number


def integer(owner: str, name: str, value: Any, minimum: int) -> int:
    """Return `value` as an int, at least `minimum`; a float is refused even when it is whole."""
    what = f"{owner}: {name} must be an integer >= {minimum}"
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{what}, got {value!r}")
    try:
        number = operator.index(value)
    except TypeError as error:
        raise TypeError(f"{what}, got {value!r}") from error
    if number < minimum:
        raise ValueError(f"{what}, got {value!r}")
    return number


def choice(owner: str, name: str, value: Any, allowed: Iterable[str]) -> str:
    """Return `value` if it is one of the strings `allowed`."""
    allowed = tuple(allowed)
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{owner}: {name} must be one of {', '.join(allowed)}, got {value!r}")
    return value


def path(owner: str, name: str, value: Any) -> Path:
    """Return `value` as a Path."""
    if not isinstance(value, str | os.PathLike) or not str(value):
        raise TypeError(f"{owner}: {name} must be a path, got {value!r}")
    return Path(value)


def array(
    owner: str, name: str, value: ArrayLike, shape: tuple[int | None, ...], what: str
) -> NDArray[np.complex128]:
    """Return `value` as a finite complex array of the given shape (None: any length)."""
    try:
        found = np.asarray(value)
    except ValueError as error:  # ragged nested sequences
        raise TypeError(f"{owner}: {name} must be {what}, got {value!r}") from error
    if found.dtype.kind not in "iufc":
        raise TypeError(f"{owner}: {name} must be {what}, got {value!r}")
    matches = found.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, found.shape, strict=True)
    )
    if not matches:
        raise ValueError(f"{owner}: {name} must be {what}, got an array of shape {found.shape}")
    found = found.astype(np.complex128)
    if not np.isfinite(found).all():
        raise ValueError(f"{owner}: {name} must be {what}, got a value that is not finite")
    return found


def times(owner: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return the output times: one-dimensional, finite, >= 0 and strictly increasing."""
    what = "a non-empty one-dimensional sequence of real numbers, increasing from a value >= 0"
    found = array(owner, "times", value, (None,), what)
    if np.iscomplexobj(np.asarray(value)):
        raise TypeError(f"{owner}: times must be {what}, got complex numbers")
    if found.size == 0:
        raise ValueError(f"{owner}: times must be {what}, got an empty one")
    real_times = found.real.copy()
    if real_times[0] < 0:
        raise ValueError(f"{owner}: times must be {what}, got {real_times[0]:g} as the first")
    steps = np.diff(real_times)
    if (steps <= 0).any():
        k = int(np.argmax(steps <= 0))
        pair = f"{real_times[k]:g} followed by {real_times[k + 1]:g}"
        raise ValueError(f"{owner}: times must be {what}, got {pair}")
    return real_times


def no_options(owner: str, method: str, options: dict[str, Any]) -> None:
    """Refuse options that `method` does not know: a TypeError that names them."""
    if options:
        names = ", ".join(sorted(options))
        raise TypeError(f"{owner}: {method} takes no option named {names}")
