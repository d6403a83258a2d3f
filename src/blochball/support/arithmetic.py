"""Arithmetic on dataclasses that hold numbers, as if each were one long vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blochball.support import validation


def combine(owner: str, name: str, values: Sequence[Any], shares: Sequence[float]) -> Any:
    """Return the weighted sum of numbers, of arrays, or of dataclasses that hold them.

    Parameters
    ----------
    owner, name : str
        Of whom and of what an error speaks.
    values : sequence
        Of one type. What is not a number must be equal in all; an array that is None is zero.
    shares : sequence of float
        Weights of the values; they add up to 1.


    Raises
    ------
    ValueError
        Naming what is not a number and differs.
    """
    first = values[0]
    if any(isinstance(value, np.ndarray) for value in values):
        if all(value is not None and np.array_equal(value, first) for value in values):
            return first
        return sum(s * v for s, v in zip(shares, values, strict=True) if v is not None)
    if isinstance(first, float | complex) and all(isinstance(v, float | complex) for v in values):
        # equal numbers stay as they are to the last bit
        same = all(value == first for value in values)
        return first if same else sum(s * v for s, v in zip(shares, values, strict=True))
    same_kind = all(type(value) is type(first) for value in values)
    # what holds nothing that differs is not made anew
    if same_kind and is_dataclass(first):
        kind: Any = type(first)
        parts = {
            f.name: combine(owner, f"{name}.{f.name}", [getattr(v, f.name) for v in values], shares)
            for f in fields(first)
        }
        same = all(part is getattr(first, label) for label, part in parts.items())
        return first if same else kind(**parts)
    if same_kind and isinstance(first, tuple) and len({len(v) for v in values}) == 1:
        combined = tuple(
            combine(owner, f"{name}[{k}]", entries, shares)
            for k, entries in enumerate(zip(*values, strict=True))
        )
        same = all(part is other for part, other in zip(combined, first, strict=True))
        return first if same else combined
    if same_kind and isinstance(first, Mapping) and len({tuple(v) for v in values}) == 1:
        return {
            key: combine(owner, f"{name}[{key!r}]", [v[key] for v in values], shares)
            for key in first
        }
    for value in values:
        if value != first:
            raise ValueError(
                f"{owner} must differ in numbers only, got "
                f"{name} {validation.shown(first)} and {validation.shown(value)}"
            )
    return first


def numbers(value: Any) -> NDArray[np.complex128]:
    """Return all numbers in a System, or in a part of it, in one array; integers are left out."""
    if isinstance(value, float | complex):
        return np.array([value], complex)
    if isinstance(value, np.ndarray):
        return value.astype(complex).ravel()
    if is_dataclass(value):
        value = [getattr(value, f.name) for f in fields(value)]
    elif isinstance(value, Mapping):
        value = list(value.values())
    elif not isinstance(value, tuple):
        return np.empty(0, complex)
    return np.concatenate([np.empty(0, complex), *map(numbers, value)])
