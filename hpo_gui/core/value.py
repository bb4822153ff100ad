"""Parameter values: JSON values with tuples for lists, compared without mixing up true and 1."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

Value: TypeAlias = Any  # None | bool | int | float | str | tuple[Value, ...] | dict[str, Value]
Params: TypeAlias = dict[str, Value]


def freeze(value: Value) -> Value:
    """Turn JSON arrays into tuples, all the way down."""
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    if isinstance(value, Mapping):
        return {str(key): freeze(item) for key, item in value.items()}
    return value


def identity(value: Value) -> object:
    """A hashable key: equal for equal JSON values, and different for true and 1.

    >>> identity(1) == identity(1.0), identity(True) == identity(1)
    (True, False)
    """
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, list | tuple):
        return ("array", tuple(identity(item) for item in value))
    if isinstance(value, Mapping):
        return ("object", frozenset((key, identity(item)) for key, item in value.items()))
    return value


def identical(first: object, second: object) -> bool:
    """Whether two structs, or other values, are equal in all that is in them, and true not 1.

    >>> identical((1, "a"), (1.0, "a")), identical((True,), (1,))
    (True, False)
    """
    if first != second:
        return False
    builtins = msgspec.to_builtins
    return identity(builtins(first)) == identity(builtins(second))


def is_json(value: Value) -> bool:
    """Whether JSON can hold the value: no NaN, no infinity, nothing but JSON's own kinds."""
    if isinstance(value, list | tuple):
        return all(is_json(item) for item in value)
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_json(item) for key, item in value.items())
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int | str)


def same(first: Value, second: Value) -> bool:
    """Whether two values are the same JSON value."""
    return identity(first) == identity(second)


def show(value: Value) -> str:
    """Write a value as people read it: ``none``, ``true``, ``0.0831``, ``(64, 32)``, ``rbf``."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else str(value)
    if isinstance(value, tuple | list):
        return "(" + ", ".join(show(item) for item in value) + ")"
    if isinstance(value, Mapping):
        return json.dumps(value)
    return str(value)


def params_key(params: Mapping[str, Value]) -> frozenset[tuple[str, object]]:
    """A hashable key of a whole configuration, for finding duplicates."""
    return frozenset((name, identity(value)) for name, value in params.items())
