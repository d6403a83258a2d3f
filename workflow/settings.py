"""Settings of a config file as dataclasses: their annotations are the closed schema.

A field that a config may leave out has a default; any other key that is not there, is unknown or
has a wrong value is refused by its name. Units are part of a key: ``pump_in_N_gamma`` is a rate in
units of N Gamma, ``until_gamma_t`` the last value of Gamma t.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import jsonschema

# bounds are those of blochball.support.validation; of what is held in memory, a hundred times the
# largest that was tried
_WHOLE = 2**53
Positive = Annotated[float, {"minimum": 1e-100, "maximum": 1e100}]
Count = Annotated[int, {"minimum": 1, "maximum": _WHOLE}]
Several = Annotated[int, {"minimum": 2, "maximum": _WHOLE}]
Grid = Annotated[int, {"minimum": 2, "maximum": 100_000}]  # points of an axis, or sites of a chain
Place = Annotated[int, {"minimum": 1, "maximum": 100_000}]
Seed = Annotated[int, {"minimum": 0, "maximum": 2**63 - 1}]
# of a folder in results; that of `make bench` is taken
Name = Annotated[str, {"pattern": "^(?!bench$)[A-Za-z0-9_-]+$"}]
Counts = tuple[Count, ...]
Positives = Annotated[tuple[Positive, ...], {"minItems": 2}]
# values along an axis, of which zero may be one
Numbers = Annotated[tuple[Annotated[float, {"minimum": 0, "maximum": 1e100}], ...], {"minItems": 2}]

_TYPES = {int: "integer", float: "number", bool: "boolean", str: "string"}


def schema(kind: Any) -> dict[str, Any]:
    """Return the JSON schema of a dataclass, or of the type of one of its fields."""
    origin = get_origin(kind)
    if origin is Annotated:
        base, bounds = get_args(kind)
        return schema(base) | bounds
    if origin is tuple:
        item, _ = get_args(kind)
        return {"type": "array", "minItems": 1, "uniqueItems": True, "items": schema(item)}
    if origin is Literal:
        return {"enum": list(get_args(kind))}
    if not dataclasses.is_dataclass(kind):
        return {"type": _TYPES[kind]}
    hints = _hints(kind)
    fields = dataclasses.fields(kind)
    needed = [field.name for field in fields if field.default is dataclasses.MISSING]
    return closed({field.name: schema(hints[field.name]) for field in fields}, needed)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def closed(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    """Return the schema of a mapping with these keys and no others; by default all are required."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties) if required is None else required,
        "properties": properties,
    }


def build(kind: Any, value: Any) -> Any:
    """Return a checked entry of a config as the dataclass, or as the type of one of its fields."""
    if get_origin(kind) is Annotated:
        return build(get_args(kind)[0], value)
    if get_origin(kind) is tuple:
        return tuple(build(get_args(kind)[0], item) for item in value)
    if not dataclasses.is_dataclass(kind):
        return value
    hints = _hints(kind)
    return kind(**{key: build(hints[key], entry) for key, entry in value.items()})


def check(value: Any, schema: dict[str, Any]) -> None:
    """Check an entry of a config against a schema.

    Raises
    ------
    ValueError
        Naming every key that is unknown, missing or has a wrong value.
    """
    errors = _STRICT(schema).iter_errors(value)
    wrong = sorted(f"{error.json_path.removeprefix('$.')}: {error.message}" for error in errors)
    # a schema cannot ask for finite numbers, and YAML has others
    wrong += [f"{place}: {number} is not finite" for place, number in _infinite(value, "")]
    if wrong:
        raise ValueError("; ".join(wrong))


# to JSON Schema 2.0 is an integer; to the solvers it is none
_STRICT = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: type(value) is int
    ),
)


def _infinite(entry: Any, place: str) -> Iterator[tuple[str, float]]:
    """Yield the numbers in a config that are not finite, with their places."""
    if isinstance(entry, dict | list):
        for key, value in entry.items() if isinstance(entry, dict) else enumerate(entry):
            yield from _infinite(value, f"{place}.{key}".removeprefix("."))
    elif isinstance(entry, float) and not math.isfinite(entry):
        yield place, entry
