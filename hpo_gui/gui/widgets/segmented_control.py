"""A row of joined buttons of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QWidget


class SegmentedControl(QWidget):
    """Chooses one of a few; arrow keys move between them.

    Parameters
    ----------
    options : (key, label) pairs; the first is chosen
    name : what is chosen, for screen readers

    Signals
    -------
    changed : the key the user chose (not sent by `set_current`)
    """

    changed = Signal(str)

    def __init__(
        self, options: Sequence[tuple[str, str]], name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for number, (key, text) in enumerate(options):
            place = _place(number, len(options))
            row.addWidget(self._make_button(key, text, place))
        if self._buttons:
            next(iter(self._buttons.values())).setChecked(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def _make_button(self, key: str, text: str, place: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setCheckable(True)
        button.setAutoDefault(False)
        button.setProperty("segment", place)
        bold = QFont(self.font())
        bold.setPixelSize(12)
        bold.setWeight(QFont.Weight.DemiBold)
        button.setMinimumWidth(QFontMetrics(bold).horizontalAdvance(text) + 24)
        button.clicked.connect(lambda: self.changed.emit(key))
        self._group.addButton(button)
        self._buttons[key] = button
        return button

    def current(self) -> str:
        """Return the key that is chosen, or "" when there are no options."""
        return next((key for key, b in self._buttons.items() if b.isChecked()), "")

    def set_current(self, key: str) -> None:
        """Choose ``key``, silently."""
        self._buttons[key].setChecked(True)

    def button(self, key: str) -> QPushButton:
        """Return one button, to disable or explain it."""
        return self._buttons[key]


def _place(number: int, count: int) -> str:
    if count == 1:
        return "only"
    return {0: "first", count - 1: "last"}.get(number, "middle")
