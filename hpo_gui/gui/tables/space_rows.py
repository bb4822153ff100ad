"""The rows of the search-space table: what the user typed, and the parameter that it means.

A row keeps the text as typed, right or wrong; `read_row` makes a parameter of it or says what is
wrong, field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from hpo_gui.core.condition import format_condition, parse_condition
from hpo_gui.core.errors import SpecError, StudioError
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.value import Value, identity
from hpo_gui.core.value_text import read_value, write_value
from hpo_gui.gui.widgets.number_rule import NumberRule, read_number, show_number

Kind = Literal["float", "int", "categorical", "ordinal"]
KINDS: tuple[Kind, ...] = ("float", "int", "categorical", "ordinal")
NUMBERS = ("low", "high", "step", "mean", "sd")
OFFERED = 5  # values taken from a range that becomes a list
UNKNOWN = msgspec.UNSET


@dataclass(frozen=True)
class ParameterRow:
    """One line of the table.

    Attributes
    ----------
    tuned : whether it is searched; otherwise it is fixed
    kind : what it is, or would be, while it is tuned
    low, high, step, mean, sd, start, when : as typed; "" where left out
    value : its fixed value as typed; "" leaves the model's own default
    own_default : the model's default; UNKNOWN before it has been looked up
    note : a remark for people
    simple : whether the simple view shows it
    added : whether the user made it, so that it can be renamed and removed
    """

    name: str
    tuned: bool = True
    kind: Kind = "float"
    low: str = ""
    high: str = ""
    step: str = ""
    mean: str = ""
    sd: str = ""
    start: str = ""
    when: str = ""
    log: bool = False
    or_none: bool = False
    choices: tuple[Value, ...] = ()
    value: str = ""
    own_default: Any = UNKNOWN
    note: str = ""
    simple: bool = True
    added: bool = False

    @property
    def is_range(self) -> bool:
        """Whether it has two ends rather than a list of values."""
        return self.kind in ("float", "int")

    @property
    def shown_value(self) -> str:
        """The fixed value as people read it: typed, else the model's own default."""
        if self.value or self.own_default is UNKNOWN:
            return self.value
        return write_value(self.own_default)


def row_of(parameter: Parameter, like: ParameterRow | None = None) -> ParameterRow:
    """The row of a tuned parameter; what a parameter does not say is taken from ``like``."""
    base = like or ParameterRow(parameter.name)
    common: dict[str, Any] = {
        "tuned": True,
        "when": format_condition(parameter.when),
        "start": "" if parameter.default is msgspec.UNSET else write_value(parameter.default),
    }
    if isinstance(parameter, Categorical | Ordinal):
        kind: Kind = "categorical" if isinstance(parameter, Categorical) else "ordinal"
        return replace(base, kind=kind, choices=parameter.values, **common)
    is_int = isinstance(parameter, Int)
    step = None if is_int and parameter.step == 1 else parameter.step
    numbers = {
        "low": parameter.low,
        "high": parameter.high,
        "step": step,
        "mean": parameter.mean,
        "sd": parameter.sd,
    }
    texts: dict[str, Any] = {n: "" if v is None else show_number(v) for n, v in numbers.items()}
    return replace(
        base,
        kind="int" if is_int else "float",
        log=parameter.log,
        or_none=parameter.or_none,
        **texts,
        **common,
    )


def guess_row(name: str, default: Value, **options: Any) -> ParameterRow:
    """A fixed row, with a range around its default for the case that it is tuned."""
    row = ParameterRow(name, tuned=False, own_default=default, **options)
    if isinstance(default, bool):
        return replace(row, kind="categorical", choices=(default, not default))
    if isinstance(default, int) and default > 0:
        low, high = max(default // 10, 1), default * 10
        return replace(row, kind="int", low=str(low), high=str(high), log=True)
    if isinstance(default, int):
        return replace(row, kind="int", low=str(default), high=str(default + 10))
    if isinstance(default, float) and default > 0:
        low_text, high_text = show_number(default / 10), show_number(default * 10)
        return replace(row, kind="float", low=low_text, high=high_text, log=True)
    if isinstance(default, float):
        low_text, high_text = show_number(default), show_number(default + 1)
        return replace(row, kind="float", low=low_text, high=high_text)
    return replace(row, kind="categorical", choices=(default,))


def change_kind(row: ParameterRow, kind: Kind) -> ParameterRow:
    """The row as another type, keeping as much of its values as makes sense."""
    row = replace(row, tuned=True)
    if kind == row.kind:
        return row
    new = replace(row, kind=kind, start="")
    if row.is_range and not new.is_range:
        return new if row.choices else replace(new, choices=_listed(row))
    if not row.is_range and new.is_range:
        return new if row.low and row.high else _spanned(new)
    if kind == "int":
        texts: dict[str, Any] = {
            name: _rounded(getattr(row, name)) for name in ("low", "high", "step")
        }
        if row.log and texts["low"] == "0":
            texts["low"] = "1"
        return replace(new, **texts)
    return new


def change_text(row: ParameterRow, field: str, text: str) -> ParameterRow:
    """The row with other text in one of its fields."""
    changed: dict[str, Any] = {field: text}
    return replace(row, **changed)


def _listed(row: ParameterRow) -> tuple[Value, ...]:
    parameter, errors = read_row(row)
    return () if parameter is None or errors else parameter.grid(OFFERED)


def _spanned(row: ParameterRow) -> ParameterRow:
    numbers = [
        value
        for value in row.choices
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    low, high = (min(numbers), max(numbers)) if numbers else (0, 1)
    if row.kind == "int":
        low, high = round(low), round(high)
    return replace(row, low=show_number(low), high=show_number(high), log=False)


def _rounded(text: str) -> str:
    number = read_number(text)
    return text if number is None else show_number(round(number))


# --- reading ----------------------------------------------------------------------------------


def read_row(row: ParameterRow) -> tuple[Parameter | None, dict[str, str]]:
    """The parameter of a tuned row, and what is wrong: field -> sentence."""
    errors: dict[str, str] = {}
    numbers: dict[str, Any] = {}
    for field in NUMBERS if row.is_range else ():
        text = getattr(row, field)
        rule = _rule(row, field)
        problem = rule.problem(text)
        if problem:
            errors[field] = f"{row.name}, {FIELD_WORDS[field]}: {problem}"
        numbers[field] = rule.value(text)
    start = _read_start(row, errors)
    when = _read_when(row, errors)
    if errors:
        return None, errors
    try:
        return _make(row, numbers, start, when), {}
    except SpecError as error:
        field = field_of(error, row.name)
        return None, {field: sentence(error, row.name, field)}


FIELD_WORDS: Mapping[str, str] = {
    "low": "from",
    "high": "to",
    "step": "step",
    "mean": "mean",
    "sd": "sd",
    "start": "starts at",
    "choices": "choices",
    "when": "only if",
    "value": "value",
    "name": "name",
}


def _rule(row: ParameterRow, field: str) -> NumberRule:
    whole = row.kind == "int" and field in ("low", "high", "step")
    return NumberRule(integer=whole, optional=field not in ("low", "high"))


def _read_start(row: ParameterRow, errors: dict[str, str]) -> Any:
    if not row.start.strip():
        return msgspec.UNSET
    try:
        return read_value(row.start)
    except SpecError as error:
        errors["start"] = sentence(error, row.name, "start")
        return msgspec.UNSET


def _read_when(row: ParameterRow, errors: dict[str, str]) -> dict[str, tuple[Value, ...]]:
    try:
        return parse_condition(row.when)
    except SpecError as error:
        errors["when"] = sentence(error, row.name, "when")
        return {}


def _make(row: ParameterRow, numbers: dict[str, Any], start: Any, when: Any) -> Parameter:
    if row.kind == "categorical":
        return Categorical(row.name, row.choices, start, when)
    if row.kind == "ordinal":
        return Ordinal(row.name, row.choices, start, when)
    low, high, step = numbers.pop("low"), numbers.pop("high"), numbers.pop("step")
    options: dict[str, Any] = {"log": row.log, "or_none": row.or_none, "when": when, **numbers}
    if row.kind == "int":
        return Int(row.name, low, high, step=1 if step is None else step, default=start, **options)
    if isinstance(start, int) and not isinstance(start, bool):
        start = float(start)
    return Float(row.name, float(low), float(high), step=step, default=start, **options)


def field_of(error: StudioError, name: str) -> str:
    """The field of the row that an error of its parameter is about."""
    inside = error.parameter.removeprefix("space.").removeprefix(f"{name}.")
    field = inside.partition(".")[0]
    renamed = {"values": "choices", "default": "start"}.get(field, field)
    if renamed in FIELD_WORDS:
        return renamed
    return "name" if error.parameter == "parameter name" else "when"


def sentence(error: StudioError, name: str, field: str) -> str:
    """What is wrong with a field, in the words of the table: ``max_depth, from: must …``."""
    got, remedy = error.got, error.remedy
    return str(SpecError(f"{name}, {FIELD_WORDS[field]}:", error.rule, got, remedy=remedy))


def read_fixed(row: ParameterRow) -> tuple[Any, str]:
    """The fixed value of a row (UNKNOWN where it is left to the model), and what is wrong."""
    if not row.value.strip():
        return UNKNOWN, ""
    try:
        return read_value(row.value), ""
    except SpecError as error:
        return UNKNOWN, sentence(error, row.name, "value")


def add_choice(row: ParameterRow, text: str) -> tuple[ParameterRow, str]:
    """The row with one more choice, and what is wrong with ``text``."""
    try:
        value = read_value(text)
    except SpecError as error:
        return row, str(error)
    if any(identity(choice) == identity(value) for choice in row.choices):
        return row, f"{write_value(value)} is among the choices already."
    return replace(row, choices=(*row.choices, value)), ""


def remove_choice(row: ParameterRow, index: int) -> ParameterRow:
    """The row without one of its choices; a start that was that choice goes too."""
    removed = row.choices[index]
    kept = row.choices[:index] + row.choices[index + 1 :]
    start = "" if row.start == write_value(removed) else row.start
    return replace(row, choices=kept, start=start)
