"""Values as people type and read them: ``none``, ``true``, ``0.1``, ``(64, 32)``, ``rbf``.

    value = "none" | "true" | "false" | number | quoted | list | object | word
    list = "(" [value {"," value} [","]] ")", or with square brackets
    word = any other text, up to what ends a value where it stands

What `write_value` writes, `read_value` reads back exactly.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from hpo_gui.core.errors import SpecError
from hpo_gui.core.value import Value, freeze, same, show

MAX_DEPTH = 20

_WORDS = {"none": None, "null": None, "true": True, "false": False}
_PLAIN = re.compile(r"[^\W\d][\w.+-]*")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_SINGLE = re.compile(r"'([^']*)'")
_IN_LIST = re.compile(r"\s*[,)\]]")
_AT_END = re.compile(r"\s*$")


def read_value(text: str) -> Value:
    """Read one value.

    Raises
    ------
    SpecError : it is empty, a bracket or a quote is not closed, or a number is too large
    """
    value, place = scan_value(text, 0, _AT_END)
    if not _AT_END.match(text, place):
        raise SpecError("value", f"must end at letter {place + 1}", text)
    return value


def write_value(value: Value) -> str:
    """Write a value so that `read_value` gives the same value back.

    >>> [write_value(v) for v in ("rbf", "none", None, (64, 32), (16,), 0.1, "1")]
    ['rbf', '"none"', 'none', '(64, 32)', '(16,)', '0.1', '"1"']
    """
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in (*_WORDS, "and", "or")
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple | list):
        inside = ", ".join(write_value(item) for item in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return show(value) if same(float(show(value)), value) else repr(value)
    return show(value)


def scan_value(text: str, place: int, end: re.Pattern[str], depth: int = 0) -> tuple[Value, int]:
    """Read the value that begins at ``place``.

    Parameters
    ----------
    end : matches where a value may end

    Returns
    -------
    The value, and the place behind it.
    """
    if depth > MAX_DEPTH:
        raise SpecError("value", f"must not be nested deeper than {MAX_DEPTH}", text)
    while place < len(text) and text[place].isspace():
        place += 1
    first = text[place : place + 1]
    if first and first in "([":
        return _scan_list(text, place, ")" if first == "(" else "]", depth)
    if first and first in '"{':
        try:
            value, after = json.JSONDecoder().raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise SpecError("value", f"has a {first} that is not closed", text) from error
        return freeze(value), after
    quoted = _SINGLE.match(text, place)
    if quoted and end.match(text, quoted.end()):
        return quoted.group(1), quoted.end()
    number = _NUMBER.match(text, place)
    if number and end.match(text, number.end()):
        return _number(number.group(), text), number.end()
    return _scan_word(text, place, end)


def _scan_word(text: str, place: int, end: re.Pattern[str]) -> tuple[Value, int]:
    stop = place
    while stop < len(text) and not end.match(text, stop):
        stop += 1
    word = text[place:stop].strip()
    if not word:
        raise SpecError("value", f"must stand at letter {place + 1}", text)
    return _WORDS.get(word.lower(), word), stop


def _scan_list(text: str, place: int, close: str, depth: int) -> tuple[Value, int]:
    items: list[Value] = []
    place += 1
    while True:
        while place < len(text) and text[place].isspace():
            place += 1
        if text[place : place + 1] == close:
            return tuple(items), place + 1
        item, place = scan_value(text, place, _IN_LIST, depth + 1)
        items.append(item)
        mark = _IN_LIST.match(text, place)
        if mark is None or mark.group().strip() not in (",", close):
            raise SpecError("value", f"must have a comma or a `{close}` in its list", text)
        place = mark.end() if mark.group().endswith(",") else mark.end() - 1


def _number(digits: str, text: str) -> int | float:
    if digits.lstrip("+-").isdigit() and len(digits) < 300:
        return int(digits)
    value = float(digits)
    if not math.isfinite(value):
        raise SpecError("value", "must be a finite number", text)
    return value
