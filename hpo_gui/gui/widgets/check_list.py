"""Check boxes for several of a few: a tuple of choices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from hpo_gui.gui.widgets.flow_layout import FlowLayout


class CheckList(QWidget):
    """Ticks some of the choices; at least so many as the declared type wants.

    Parameters
    ----------
    choices : (value, label) pairs
    declared : the Python type that the tuple must have

    Signals
    -------
    value_changed : the ticked values in the order of the choices, after a legal change
    error_changed : what is wrong; "" when all is well
    """

    value_changed = Signal(object)
    error_changed = Signal(str)

    def __init__(
        self,
        choices: Sequence[tuple[Any, str]],
        declared: Any = tuple,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._declared = declared
        self._error = ""
        self.boxes: dict[Any, QCheckBox] = {}
        row = FlowLayout(self, gap=14, line_gap=4)
        for value, text in choices:
            box = QCheckBox(text)
            box.clicked.connect(self._change)
            self.boxes[value] = box
            row.addWidget(box)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def value(self) -> tuple[Any, ...]:
        """The ticked values."""
        return tuple(value for value, box in self.boxes.items() if box.isChecked())

    def set_value(self, values: Iterable[Any] | None) -> None:
        """Tick these, silently."""
        ticked = list(values or ())
        for value, box in self.boxes.items():
            box.setChecked(value in ticked)
        self._check()

    def error(self) -> str:
        """What is wrong, or ""."""
        return self._error

    def _change(self) -> None:
        self._check()
        if not self._error:
            self.value_changed.emit(self.value())

    def _check(self) -> None:
        error = ""
        try:
            msgspec.convert(list(self.value()), self._declared)
        except msgspec.ValidationError as problem:
            few = "length >= " in str(problem)
            error = self.tr("Tick at least one.") if few else str(problem)
        if error != self._error:
            self._error = error
            self.error_changed.emit(error)
