"""Conditions: a parameter is active only while its parents have certain values."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hpo_gui.core.errors import SpecError
from hpo_gui.core.value import Value, same
from hpo_gui.core.value_text import scan_value, write_value

When = dict[str, tuple[Value, ...]]
"""Parent name -> values for which the child is active; all parents must agree."""

_PARENT = re.compile(r"\s*(?:`(?P<quoted>[^`]+)`|(?P<name>[^=`]*[^=`\s]))\s*==?")
_PLAIN_NAME = re.compile(r"[^\W\d][\w.-]*")
_VALUE_END = re.compile(r"\s*$|\s+(?:and|or)\s", re.IGNORECASE)
_MISSING = re.compile(r"\s*(?:and|or)\b", re.IGNORECASE)
_JOIN = re.compile(r"\s+(and|or)\s", re.IGNORECASE)


def is_active(when: Mapping[str, tuple[Value, ...]], params: Mapping[str, Value]) -> bool:
    """Whether a parameter with this condition is active in ``params`` (its active parents)."""
    return all(
        parent in params and any(same(params[parent], value) for value in allowed)
        for parent, allowed in when.items()
    )


def format_condition(when: Mapping[str, tuple[Value, ...]]) -> str:
    """Write a condition as people read it; `parse_condition` reads it back exactly.

    >>> format_condition({"kernel": ("rbf", "poly"), "shrinking": (True,)})
    'kernel = rbf or poly and shrinking = true'
    """
    return " and ".join(
        f"{_write_name(parent)} = {' or '.join(write_value(value) for value in allowed)}"
        for parent, allowed in when.items()
    )


def parse_condition(text: str) -> When:
    """Read ``kernel = rbf or poly and bootstrap = true``; empty text is no condition.

    Names with odd letters stand in backquotes, values as in `core.value_text`.

    Raises
    ------
    SpecError : a part is not of the form ``parameter = value or value``, or a parent comes twice
    """
    when: When = {}
    place = 0
    joined_by = "and" if text.strip() else ""
    while joined_by:
        match = _PARENT.match(text, place)
        if match is None:
            raise _mistake(text)
        parent = match.group("quoted") or match.group("name")
        if parent in when:
            raise SpecError(
                "only if",
                f"must name `{parent}` once",
                text,
                remedy=f"Join its values by `or`: `{parent} = a or b`.",
            )
        values, place, joined_by = _read_values(text, match.end())
        when[parent] = values
    return when


def _read_values(text: str, place: int) -> tuple[tuple[Value, ...], int, str]:
    """The values from ``place`` on, the place behind them, and "and" when a parent follows."""
    values: list[Value] = []
    while True:
        if _MISSING.match(text, place):
            raise _mistake(text)
        try:
            value, place = scan_value(text, place, _VALUE_END)
        except SpecError as error:
            raise _mistake(text) from error
        values.append(value)
        join = _JOIN.match(text, place)
        if join is None:
            if text[place:].strip():
                raise _mistake(text)
            return tuple(values), place, ""
        place = join.end()
        if join.group(1).lower() == "and":
            return tuple(values), place, "and"


def _mistake(text: str) -> SpecError:
    return SpecError(
        "only if",
        "must read like `kernel = rbf or poly`",
        text,
        remedy="Name a parameter, an equals sign and its values, joined by `or`.",
    )


def _write_name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else f"`{name}`"
