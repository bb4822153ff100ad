"""Completion of conditions: after ``kernel =`` come values, after ``and`` other parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit

_JOIN = re.compile(r"^(.*\s(?:and|or)\s+)(.*)$", re.IGNORECASE | re.DOTALL)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)


def proposals(text: str, values: Mapping[str, Sequence[str]]) -> list[str]:
    """Whole texts that ``text`` could become next.

    >>> proposals("ker", {"kernel": ["rbf", "poly"]})
    ['kernel = rbf', 'kernel = poly']
    >>> proposals("kernel = rbf or ", {"kernel": ["rbf", "poly"]})
    ['kernel = rbf or poly']
    """
    last = _AND.split(text)[-1]
    if "=" in last:
        name = last.partition("=")[0].strip().strip("`")
        match = _JOIN.match(last)
        head, typed = (match.group(1), match.group(2)) if match else _after_equals(last)
        start = text[: len(text) - len(last)] + head
        used = last[: len(last) - len(typed)]
        return [
            start + value
            for value in values.get(name, ())
            if value.lower().startswith(typed.lower()) and f" {value} " not in f"{used} "
        ]
    start, typed = text[: len(text) - len(last)], last.strip().strip("`").lower()
    named = [name for name in values if name.lower().startswith(typed)]
    return [
        f"{start}{_quoted(name)} = {value}" for name in named for value in list(values[name])[:8]
    ]


def complete_conditions(edit: QLineEdit, values: Mapping[str, Sequence[str]]) -> None:
    """Let ``edit`` propose conditions while they are typed."""
    model = QStringListModel(edit)
    completer = QCompleter(model, edit)
    completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    completer.setMaxVisibleItems(8)
    edit.setCompleter(completer)

    def propose(text: str) -> None:
        found = proposals(text, values)
        model.setStringList([] if found == [text] else found)

    edit.textEdited.connect(propose)
    propose(edit.text())


def _after_equals(last: str) -> tuple[str, str]:
    name, _, typed = last.partition("=")
    rest = typed.lstrip("= ")
    return f"{name.rstrip()} = ", rest


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[^\W\d][\w.-]*", name) else f"`{name}`"
