"""A line edit for lists and tables of values, written as JSON."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from hpo_gui.gui.typography import monospace_font
from hpo_gui.gui.widgets.labels import set_look
from hpo_gui.gui.widgets.plain_tips import plain_tip


class JsonEdit(QLineEdit):
    """Edits a value of a declared type as JSON; a red border and a tooltip tell what is wrong.

    Parameters
    ----------
    declared : the Python type that the value must have
    optional : whether an empty field is allowed and means None
    name : what the value is, for screen readers

    Signals
    -------
    value_changed : the value, once editing it is finished
    error_changed : what is wrong; "" when all is well
    """

    value_changed = Signal(object)
    error_changed = Signal(str)

    def __init__(
        self,
        declared: Any = Any,
        name: str = "",
        parent: QWidget | None = None,
        *,
        optional: bool = False,
    ) -> None:
        super().__init__(parent)
        self._declared, self._optional = declared, optional
        self._error = ""
        self._value: Any = None
        self._sent: Any = None
        self.setAccessibleName(name)
        self.setFont(monospace_font())
        self.textChanged.connect(self._check)
        self.editingFinished.connect(self._finish)

    def value(self) -> Any:
        """Return the value as plain data; None while empty or wrong."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show ``value``, silently."""
        self._sent = value
        self.setText("" if value is None else msgspec.json.encode(value).decode())
        self._check()

    def error(self) -> str:
        """Return what is wrong, or ""."""
        return self._error

    def _check(self) -> None:
        self._value, error = self._read(self.text().strip())
        if error == self._error:
            return
        self._error = error
        self.setToolTip(plain_tip(error))
        self.setAccessibleDescription(error)
        set_look(self, "invalid", bool(error))
        self.error_changed.emit(error)

    def _read(self, text: str) -> tuple[Any, str]:
        if not text:
            return None, "" if self._optional else self.tr("Type a value, such as [1, 2] or {}.")
        try:
            value = msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            words = self.tr('This is not JSON: {0}. Examples: [1, 2] or {{"C": 10}}.')
            return None, words.format(error)
        try:
            msgspec.convert(value, self._declared)
        except msgspec.ValidationError as error:
            return None, str(error)
        return value, ""

    def _finish(self) -> None:
        if self._error or self._value == self._sent:
            return
        self._sent = self._value
        self.value_changed.emit(self._value)
