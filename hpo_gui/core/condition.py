"""Conditions: a parameter is active only while its parents have certain values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from hpo_gui.core.errors import SpecError
from hpo_gui.core.value import Params, Value, freeze, same, show

When = dict[str, tuple[Value, ...]]
"""Parent name -> values for which the child is active; all parents must agree."""


def is_active(when: Mapping[str, tuple[Value, ...]], params: Params) -> bool:
    """Whether a parameter with this condition is active in ``params`` (its active parents)."""
    return all(
        parent in params and any(same(params[parent], value) for value in allowed)
        for parent, allowed in when.items()
    )


def format_condition(when: Mapping[str, tuple[Value, ...]]) -> str:
    """Write a condition as people read it.

    >>> format_condition({"kernel": ("rbf", "poly"), "shrinking": (True,)})
    'kernel = rbf or poly and shrinking = true'
    """
    return " and ".join(
        f"{parent} = {' or '.join(_show_choice(value) for value in allowed)}"
        for parent, allowed in when.items()
    )


def parse_condition(text: str) -> When:
    """Read ``kernel = rbf or poly and bootstrap = true``; empty text is no condition.

    Raises
    ------
    SpecError : a part is not of the form ``parameter = value or value``
    """
    when: When = {}
    for part in re.split(r"\s+and\s+", text.strip()) if text.strip() else []:
        parent, equals, values = part.partition("=")
        if not equals or not parent.strip() or not values.strip("= "):
            raise SpecError(
                "only if",
                "must read like `kernel = rbf or poly`",
                text,
                remedy="Name a parameter, an equals sign and its values, joined by `or`.",
            )
        words = re.split(r"\s+or\s+", values.strip("= "))
        when[parent.strip()] = tuple(_read_choice(word) for word in words)
    return when


def _show_choice(value: Value) -> str:
    text = show(value)
    return text if same(_read_choice(text), value) else json.dumps(value)


def _read_choice(word: str) -> Value:
    word = word.strip()
    if word.lower() in ("none", "null"):
        return None
    try:
        return freeze(json.loads(word.replace("(", "[").replace(")", "]")))
    except ValueError:
        return word.strip("'\"")
