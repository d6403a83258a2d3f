"""Checks on single arguments; every message says who asked, for what, and what came instead.

Whatever comes, the answer is a TypeError or a ValueError, soon and in little memory: arguments are
measured before they are copied, and shown in few words.
"""

from __future__ import annotations

import math
import numbers
import operator
import os
import reprlib
import sys
import warnings
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball.support.arguments import hint
from blochball.support.memory import available

# products of two or three larger ones overflow; no rate, time or angle is
LARGEST = 1e100
# integers beyond it are not exact as floating-point numbers
MOST = 2**53
# ensembles, collective jumps, output times: a hundred times those of a large calculation
LONGEST = 10**6
# bytes that any process may have: its limits, which are in files, need not be read
ALWAYS = 2**20

# what a solver keeps only where it is asked for it
_KEPT = {
    "spin_covariance": 'moments="second"',
    "pair_covariance": 'moments="pairs"',
    "correlation": "correlations=times",
    "first_order": "two_time",
    "second_order": "two_time",
}

_SHORT = reprlib.Repr()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxdict = 20
_SHORT.maxstring = _SHORT.maxother = 200


def shown(value: Any) -> str:
    """Return `value` for a message: its repr, of what is long the beginning and the end."""
    try:
        return " ".join(_SHORT.repr(value).split())  # on one line
    except Exception:  # an integer of thousands of digits; a repr that fails
        return f"an object of type {type(value).__name__}"


def real(owner: str, name: str, value: Any, minimum: float | None = None) -> float:
    """Return `value` as a finite float, at least `minimum` and at most LARGEST in magnitude.

    Raises
    ------
    TypeError
        If `value` is not a real number (booleans, strings and complex numbers are not).
    ValueError
        If it is not finite, too large, or lies below `minimum`.
    """
    what = f"{owner}: {name} must be a finite real number" + (
        "" if minimum is None else f" >= {minimum:g}"
    )
    # arrays without dimensions are numbers, too
    scalar = isinstance(value, np.ndarray | xr.DataArray) and value.ndim == 0
    number = value.item() if scalar else value
    no_number = isinstance(number, bool | np.bool_ | np.timedelta64)
    if no_number or not isinstance(number, numbers.Real):
        raise TypeError(f"{what}, got {shown(value)}")
    try:
        number = float(number)
    except OverflowError as error:
        raise TypeError(f"{what}, got {shown(value)}") from error
    if not math.isfinite(number) or (minimum is not None and number < minimum):
        raise ValueError(f"{what}, got {shown(value)}")
    if abs(number) > LARGEST:
        raise ValueError(f"{what}, of magnitude {LARGEST:g} at most, got {shown(value)}")
    return number


def positive(owner: str, name: str, value: Any) -> float:
    """Return `value` as a finite float > 0; see `real`."""
    number = real(owner, name, value, 0)
    if number == 0:
        raise ValueError(f"{owner}: {name} must be > 0, got {number!r}")
    return number


def integer(owner: str, name: str, value: Any, minimum: int, maximum: int = MOST) -> int:
    """Return `value` as an int within bounds; a float is refused even when it is whole."""
    what = f"{owner}: {name} must be an integer >= {minimum}"
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{what}, got {value!r}")
    try:
        number = operator.index(value)
    except Exception as error:
        raise TypeError(f"{what}, got {shown(value)}") from error
    if number < minimum:
        raise ValueError(f"{what}, got {shown(value)}")
    if number > maximum:
        raise ValueError(f"{what} and <= {maximum}, got {shown(value)}")
    return number


def seed(owner: str, value: Any) -> int:
    """Return a seed of random numbers: what an integer of a NetCDF file can hold."""
    if value is None:
        raise TypeError(
            f"{owner}: seed must be an integer >= 0, got None; a result that nobody can repeat is "
            "none, so take one yourself: seed=secrets.randbits(32), which the result records"
        )
    return integer(owner, "seed", value, 0, 2**63 - 1)


def flag(owner: str, name: str, value: Any) -> bool:
    """Return `value` if it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{owner}: {name} must be True or False, got {shown(value)}")
    return bool(value)


def choice(owner: str, name: str, value: Any, allowed: Iterable[str]) -> str:
    """Return `value` if it is one of the strings `allowed`."""
    allowed = tuple(allowed)
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{owner}: {name} must be one of {', '.join(allowed)}, got {shown(value)}")
    return value


def path(owner: str, name: str, value: Any) -> Path:
    """Return `value` as a Path."""
    what = f"{owner}: {name} must be a path, got {shown(value)}"
    if not isinstance(value, str | os.PathLike) or not str(value):
        raise TypeError(what)
    try:
        found = Path(value)
        bare = b"\0" not in os.fsencode(found)
    except (TypeError, UnicodeEncodeError) as error:  # a path of bytes; half a character
        raise TypeError(what) from error
    if not bare:
        raise ValueError(what)
    return found


def instance(owner: str, name: str, value: Any, kind: type) -> None:
    """Refuse what is not of the class `kind`."""
    if not isinstance(value, kind):
        raise TypeError(f"{owner}: {name} must be a {kind.__name__}, got {shown(value)}")


def members(owner: str, name: str, value: Any, kind: type) -> tuple[Any, ...]:
    """Return one or several objects of the class `kind` as a tuple."""
    if isinstance(value, kind):
        return (value,)
    what = f"{owner}: {name} must"
    try:
        items = iter(value)
    except Exception as error:
        raise TypeError(f"{what} be a sequence of {kind.__name__}, got {shown(value)}") from error
    found = tuple(islice(_checked(what, items, kind), LONGEST + 1))
    if len(found) > LONGEST:
        raise ValueError(f"{what} hold at most {LONGEST} {kind.__name__}, got more")
    return found


def _checked(what: str, items: Iterator[Any], kind: type) -> Iterator[Any]:
    # one by one: an endless iterator of something else is refused at its first item
    for item in items:
        if not isinstance(item, kind):
            raise TypeError(f"{what} hold {kind.__name__} only, got {shown(item)}")
        yield item


def array(
    owner: str, name: str, value: ArrayLike, shape: tuple[int | None, ...], what: str
) -> NDArray[np.complex128]:
    """Return `value` as a finite complex array of the given shape (None: any length).

    A number stands for an array that holds it alone, where the shape allows one.
    """
    found = _numbers(owner, name, value, shape, what, scalar=True)
    memory(owner, name, 2.0 * found.size)
    with np.errstate(over="ignore", invalid="ignore"):
        return _finite(owner, name, found.astype(np.complex128), what)


def reals(owner: str, name: str, value: ArrayLike, what: str) -> NDArray[np.float64]:
    """Return `value` as a finite one-dimensional array of real numbers."""
    found = _numbers(owner, name, value, (None,), what)
    if np.iscomplexobj(found):
        raise TypeError(f"{owner}: {name} must be {what}, got complex numbers")
    with np.errstate(over="ignore"):
        return _finite(owner, name, found.astype(np.float64), what)


def _numbers(
    owner: str,
    name: str,
    value: Any,
    shape: tuple[int | None, ...],
    what: str,
    scalar: bool = False,
) -> NDArray[Any]:
    """Return `value` as an array of numbers of the given shape, not yet looked at one by one."""
    message = f"{owner}: {name} must be {what}"
    try:
        many = len(value)  # of a range, say, before its entries exist
    except Exception:
        many = 0
    if many > LONGEST:
        raise ValueError(f"{message}, at most {LONGEST} of them, got {many}")
    try:
        found = np.asarray(value)
    except Exception as error:  # ragged nested sequences, or whatever the object itself raises
        raise TypeError(f"{message}, got {shown(value)}") from error
    if found.dtype.kind not in "iufc" or isinstance(value, bytearray | memoryview):
        raise TypeError(f"{message}, got {shown(value)}")
    if scalar and found.ndim == 0 and all(want in (1, None) for want in shape):
        found = found.reshape((1,) * len(shape))
    matches = found.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, found.shape, strict=True)
    )
    if not matches:
        raise ValueError(f"{message}, got an array of shape {found.shape}")
    return found


def _finite(owner: str, name: str, found: NDArray[Any], what: str) -> NDArray[Any]:
    if not np.isfinite(found).all():
        raise ValueError(f"{owner}: {name} must be {what}, got a value that is not finite")
    if found.size and max(np.abs(found.real).max(), np.abs(found.imag).max()) > LARGEST:
        raise ValueError(f"{owner}: {name} must be {what}, got a magnitude above {LARGEST:g}")
    return found


def times(owner: str, value: ArrayLike, name: str = "times") -> NDArray[np.float64]:
    """Return the output times: one-dimensional, finite, >= 0 and strictly increasing."""
    what = "a non-empty one-dimensional sequence of real numbers, increasing from a value >= 0"
    found = reals(owner, name, value, what)
    what = f"{owner}: {name} must be {what}"
    if found.size == 0:
        raise ValueError(f"{what}, got an empty one")
    if found[0] < 0:
        raise ValueError(f"{what}, got {found[0]:g} as the first")
    wrong = np.diff(found) <= 0
    if wrong.any():
        k = int(np.argmax(wrong))
        raise ValueError(f"{what}, got {found[k]:g} followed by {found[k + 1]:g}")
    return found


def among(
    owner: str, name: str, value: ArrayLike, allowed: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Return, for times that must be some of `allowed` (to rounding), which ones they are."""
    wanted = times(owner, value, name)
    after = np.minimum(np.searchsorted(allowed, wanted), allowed.size - 1)
    before = np.maximum(after - 1, 0)
    early = wanted - allowed[before] < allowed[after] - wanted
    nearest = np.where(early, before, after)
    off = ~np.isclose(allowed[nearest], wanted, rtol=1e-9, atol=0)
    if off.any():
        raise ValueError(f"{owner}: {name} must be some of the times, got {wanted[off][0]:g}")
    return nearest


def dataset(owner: str, ds: Any, variables: Iterable[str] = (), name: str = "ds") -> None:
    """Refuse what is not a Dataset with these variables."""
    instance(owner, name, ds, xr.Dataset)
    for variable in variables:
        if variable not in ds:
            kept = f", which {_KEPT[variable]} keeps" if variable in _KEPT else ""
            raise ValueError(
                f"{owner}: {name} must hold `{variable}`{kept}, got {shown(sorted(map(str, ds)))}"
            )


def sampled(
    owner: str, ds: xr.Dataset, names: Iterable[str], covariance: str = "covariance"
) -> bool:
    """Return whether a Dataset holds the covariance of its means; refuse one that has lost it.

    Parameters
    ----------
    names : iterable of str
        Variables that something is derived from.
    covariance : str
        Name of the covariance of their means.
    """
    if covariance in ds:
        return True
    if any(f"{name}_stderr" in ds for name in names):
        raise ValueError(
            f"{owner}: ds must hold `{covariance}`, for the standard error, which twa.solve keeps "
            f"with covariances=True, got {shown(sorted(map(str, ds)))}"
        )
    return False


def memory(owner: str, name: str, count: float, limit: float | None = None) -> None:
    """Refuse an argument that makes so many numbers that they do not fit into memory.

    Parameters
    ----------
    count : float
        Numbers of eight bytes that would be held at once.
    limit : float, optional
        In bytes; by default what this process may have (`available`).
    """
    whose = "the memory_limit that was given"
    if limit is None:
        if 8 * count < ALWAYS:
            return
        limit, whose = available()
    if 8 * count > limit:
        raise ValueError(
            f"{owner}: {name} must be such that all fits into memory ({limit / 2**30:.3g} GiB, "
            f"{whose}), got one that takes {8 * count / 2**30:.3g} GiB"
        )


def no_options(owner: str, method: str, options: dict[str, Any]) -> None:
    """Refuse options that `method` does not know: a TypeError that names them."""
    if options:
        names = ", ".join(f"{name}{hint(name)}" for name in sorted(options))
        raise TypeError(f"{owner}: {method} takes no option named {names}")


def warn(message: str) -> None:
    """Give a UserWarning at the user's line: the first that is not in this package."""
    inside = str(Path(__file__).parents[1]) + os.sep
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(inside):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)
