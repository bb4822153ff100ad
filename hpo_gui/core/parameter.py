"""Parameters: one hyperparameter each, with its range, its scale and its place in the unit cube.

A *position* is a number in [0, 1]: see `core.position`.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import msgspec

from hpo_gui.core.condition import When
from hpo_gui.core.errors import SpecError
from hpo_gui.core.position import (
    grid_count,
    grid_values,
    is_finite,
    position_of,
    quantile_at,
    snap,
    value_at,
)
from hpo_gui.core.value import Value, freeze, identity, is_json, same

LARGEST_INT = 2**53


class _Range(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    name: str
    low: float
    high: float


class Float(
    _Range, frozen=True, kw_only=True, tag="float", omit_defaults=True, forbid_unknown_fields=True
):
    """A real number in [low, high].

    Parameters
    ----------
    log : the axis is logarithmic (low > 0); values are log-uniform
    step : only low, low + step, … (not with ``log``)
    mean, sd : draw from a normal distribution cut to the range; with ``log`` a log-normal one with
        median ``mean`` and ``sd`` in natural-log units
    or_none : None is one more value, beyond ``high``
    default : where a study starts; by default the middle of the axis
    when : the parents' values for which the parameter is active
    """

    log: bool = False
    step: float | None = None
    mean: float | None = None
    sd: float | None = None
    or_none: bool = False
    default: Value = msgspec.UNSET
    when: When = {}

    def __post_init__(self) -> None:
        _check_range(self)
        _freeze_condition(self)

    @property
    def is_whole(self) -> bool:
        """Whether all values are whole numbers."""
        return False

    @property
    def size(self) -> float:
        """Number of distinct values; inf for a continuous range."""
        count = math.inf if self.step is None and self.low < self.high else grid_count(self)
        return count + self.or_none

    def contains(self, value: Value) -> bool:
        if value is None:
            return self.or_none
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if not self.low <= value <= self.high:
            return False
        return self.step is None or math.isclose(
            value, self.decode(self.encode(value)), rel_tol=1e-9, abs_tol=self.step * 1e-9
        )

    def encode(self, value: Value) -> float:
        return position_of(self, value)

    def decode(self, position: float) -> Value:
        return value_at(self, position)

    def quantile(self, position: float) -> Value:
        return quantile_at(self, position)

    def grid(self, points: int) -> tuple[Value, ...]:
        return grid_values(self, points)

    @property
    def default_value(self) -> Value:
        return self.decode(0.5) if self.default is msgspec.UNSET else self.default


class _WholeRange(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    name: str
    low: int
    high: int


class Int(
    _WholeRange,
    frozen=True,
    kw_only=True,
    tag="int",
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """A whole number in [low, high]; parameters as in `Float`."""

    log: bool = False
    step: int = 1
    mean: float | None = None
    sd: float | None = None
    or_none: bool = False
    default: Value = msgspec.UNSET
    when: When = {}

    def __post_init__(self) -> None:
        _check_range(self)
        for field in ("low", "high"):
            if abs(getattr(self, field)) > LARGEST_INT:
                raise SpecError(
                    f"{self.name}.{field}",
                    "must lie within ±2^53",
                    getattr(self, field),
                    remedy="Larger whole numbers cannot be told apart; use a float.",
                )
        _freeze_condition(self)

    @property
    def is_whole(self) -> bool:
        """Whether all values are whole numbers."""
        return True

    @property
    def size(self) -> float:
        """Number of distinct values."""
        return grid_count(self) + self.or_none

    def contains(self, value: Value) -> bool:
        if value is None:
            return self.or_none
        if isinstance(value, bool) or not isinstance(value, int):
            return False
        return self.low <= value <= self.high and (value - self.low) % self.step == 0

    def encode(self, value: Value) -> float:
        return position_of(self, value)

    def decode(self, position: float) -> Value:
        return value_at(self, position)

    def quantile(self, position: float) -> Value:
        return quantile_at(self, position)

    def grid(self, points: int) -> tuple[Value, ...]:
        return grid_values(self, points)

    @property
    def default_value(self) -> Value:
        return self.decode(0.5) if self.default is msgspec.UNSET else self.default


class _Named(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    name: str


class Categorical(
    _Named, frozen=True, tag="categorical", omit_defaults=True, forbid_unknown_fields=True
):
    """One of several values without order: any JSON values, with tuples for arrays.

    Parameters
    ----------
    choices : at least one, all different (true and 1 are different)
    default : by default the first choice
    when : the parents' values for which the parameter is active
    """

    choices: tuple[Value, ...]
    default: Value = msgspec.UNSET
    when: When = {}

    def __post_init__(self) -> None:
        _check_choices(self, "choices", self.choices)

    @property
    def values(self) -> tuple[Value, ...]:
        return self.choices

    @property
    def size(self) -> float:
        """Number of distinct values."""
        return len(self.choices)

    def contains(self, value: Value) -> bool:
        return any(same(value, choice) for choice in self.choices)

    def encode(self, value: Value) -> float:
        return _encode_index(self.name, self.choices, value)

    def decode(self, position: float) -> Value:
        return _decode_index(self.choices, position)

    def quantile(self, position: float) -> Value:
        return _decode_index(self.choices, position)

    def grid(self, points: int) -> tuple[Value, ...]:
        """All choices, whatever ``points`` says."""
        return self.choices

    @property
    def default_value(self) -> Value:
        return self.choices[0] if self.default is msgspec.UNSET else self.default


class Ordinal(_Named, frozen=True, tag="ordinal", omit_defaults=True, forbid_unknown_fields=True):
    """One of several values in a meaningful order; parameters as in `Categorical`."""

    values: tuple[Value, ...]
    default: Value = msgspec.UNSET
    when: When = {}

    def __post_init__(self) -> None:
        _check_choices(self, "values", self.values)

    @property
    def size(self) -> float:
        """Number of distinct values."""
        return len(self.values)

    def contains(self, value: Value) -> bool:
        return any(same(value, choice) for choice in self.values)

    def encode(self, value: Value) -> float:
        return _encode_index(self.name, self.values, value)

    def decode(self, position: float) -> Value:
        return _decode_index(self.values, position)

    def quantile(self, position: float) -> Value:
        return _decode_index(self.values, position)

    def grid(self, points: int) -> tuple[Value, ...]:
        """All values, whatever ``points`` says."""
        return self.values

    @property
    def default_value(self) -> Value:
        return self.values[0] if self.default is msgspec.UNSET else self.default


Parameter: TypeAlias = Float | Int | Categorical | Ordinal
Numeric: TypeAlias = Float | Int


def nearest(parameter: Parameter, value: Value) -> Value:
    """The legal value nearest to ``value``; the parameter's own default where none is near."""
    if parameter.contains(value):
        return value
    if isinstance(parameter, Float | Int) and isinstance(value, int | float):
        if isinstance(value, bool) or not is_finite(value):
            return parameter.default_value
        return snap(parameter, min(max(value, parameter.low), parameter.high))
    return parameter.default_value


# --- ranges -----------------------------------------------------------------------------------


def _check_range(parameter: Numeric) -> None:
    name = parameter.name
    _check_name(name)
    for field in ("low", "high", "step", "mean", "sd"):
        number = getattr(parameter, field)
        if number is not None and not is_finite(number):
            raise SpecError(f"{name}.{field}", "must be a finite number", number)
    if parameter.low > parameter.high:
        raise SpecError(
            f"{name}.low",
            "must not be above `high`",
            (parameter.low, parameter.high),
            remedy="Swap the two ends of the range.",
        )
    if not is_finite(parameter.high - parameter.low):
        raise SpecError(f"{name}.high", "must leave a finite width", parameter.high)
    _check_scale(parameter)
    if parameter.default is not msgspec.UNSET and not parameter.contains(parameter.default):
        raise SpecError(f"{name}.default", "must lie in the range", parameter.default)


def _check_scale(parameter: Numeric) -> None:
    name = parameter.name
    smallest = 1 if isinstance(parameter, Int) else 0
    if parameter.log and (parameter.low < smallest or parameter.low <= 0):
        raise SpecError(
            f"{name}.low",
            f"must be {'at least 1' if smallest else 'above 0'} for a log range",
            parameter.low,
            remedy="Raise `low` or use a linear scale.",
        )
    if parameter.log and parameter.step not in ((1,) if isinstance(parameter, Int) else (None,)):
        raise SpecError(
            f"{name}.step",
            "must be left out of a log range",
            parameter.step,
            remedy="List the wanted values as an ordinal parameter.",
        )
    if parameter.step is not None and parameter.step <= 0:
        raise SpecError(f"{name}.step", "must be above 0", parameter.step)
    largest = max(abs(parameter.low), abs(parameter.high))
    if isinstance(parameter, Float) and parameter.step and parameter.step < largest * 1e-11:
        raise SpecError(
            f"{name}.step",
            "must be large enough to tell two values apart",
            parameter.step,
            remedy="Numbers are kept to 12 digits: leave the step out.",
        )
    if (parameter.mean is None) != (parameter.sd is None):
        raise SpecError(
            f"{name}.mean",
            "and `sd` belong together",
            (parameter.mean, parameter.sd),
            remedy="Give both for a normal distribution, none for a uniform one.",
        )
    if parameter.sd is not None and parameter.sd <= 0:
        raise SpecError(f"{name}.sd", "must be above 0", parameter.sd)
    if parameter.mean is not None and not parameter.low <= parameter.mean <= parameter.high:
        raise SpecError(f"{name}.mean", "must lie in the range", parameter.mean)


# --- lists of values --------------------------------------------------------------------------


def _check_choices(
    parameter: Categorical | Ordinal, field: str, choices: tuple[Value, ...]
) -> None:
    _check_name(parameter.name)
    msgspec.structs.force_setattr(parameter, field, freeze(choices))
    _freeze_condition(parameter)
    if not choices:
        raise SpecError(f"{parameter.name}.{field}", "must hold at least one value", list(choices))
    if len({identity(freeze(choice)) for choice in choices}) < len(choices):
        raise SpecError(f"{parameter.name}.{field}", "must be different", list(choices))
    for choice in choices:
        if not is_json(choice):
            raise SpecError(f"{parameter.name}.{field}", "must be JSON values", choice)
    if parameter.default is not msgspec.UNSET:
        msgspec.structs.force_setattr(parameter, "default", freeze(parameter.default))
        if not parameter.contains(parameter.default):
            raise SpecError(
                f"{parameter.name}.default", "must be one of the values", parameter.default
            )


def _encode_index(name: str, choices: tuple[Value, ...], value: Value) -> float:
    key = identity(value)
    for index, choice in enumerate(choices):
        if identity(choice) == key:
            return (index + 0.5) / len(choices)
    raise SpecError(name, f"must be one of {list(choices)}", value)


def _decode_index(choices: tuple[Value, ...], position: float) -> Value:
    return choices[min(max(int(position * len(choices)), 0), len(choices) - 1)]


def _freeze_condition(parameter: Parameter) -> None:
    when = {parent: tuple(freeze(v) for v in values) for parent, values in parameter.when.items()}
    msgspec.structs.force_setattr(parameter, "when", when)
    if parameter.name in when:
        raise SpecError(f"{parameter.name}.when", "must not name the parameter itself", when)
    for parent, values in when.items():
        if not values:
            raise SpecError(f"{parameter.name}.when.{parent}", "must list at least one value", [])


def _check_name(name: str) -> None:
    if not name or name != name.strip() or any(mark in name for mark in "`\n\r\t"):
        raise SpecError(
            "parameter name",
            "must be text without backquotes, line breaks or outer spaces",
            name,
        )
