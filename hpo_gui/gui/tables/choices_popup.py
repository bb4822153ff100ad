"""The popup that edits the choices of a parameter: chips to remove, a field to add."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from hpo_gui.core.value_text import write_value
from hpo_gui.gui.tables.space_rows import ParameterRow, add_choice, remove_choice
from hpo_gui.gui.widgets.buttons import SecondaryButton
from hpo_gui.gui.widgets.chip_list import ChipList
from hpo_gui.gui.widgets.labels import label, wrapped

WIDTH = 320


class ChoicesPopup(QFrame):
    """Edits one row's choices, or whether its range includes none; Escape closes it.

    Signals
    -------
    edited : the new row
    """

    edited = Signal(object)

    def __init__(self, row: ParameterRow, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("kind", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(self.tr("Choices of {0}").format(row.name))
        self.setFixedWidth(WIDTH)
        self._row = row
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 12, 12, 12)
        self._column.setSpacing(8)
        self._column.addWidget(label(row.name, "strong"))
        self.chips = ChipList("remove", self.accessibleName(), gap=6)
        self.field = QLineEdit()
        self.error = wrapped("", "error")
        self.none_box = QCheckBox(self.tr("None is one more choice, in 1 of 10 draws"))
        if row.is_range:
            self._build_range()
        else:
            self._build_list()
        self._show()

    def _build_range(self) -> None:
        self.none_box.clicked.connect(self._set_none)
        self._column.addWidget(self.none_box)
        self.setFocusProxy(self.none_box)

    def _build_list(self) -> None:
        self.chips.removed.connect(self._remove)
        self.field.setPlaceholderText(self.tr("Add a value: rbf, 0.5, (64, 32), none"))
        self.field.setAccessibleName(self.tr("Add a value"))
        self.field.returnPressed.connect(self._add)
        add = SecondaryButton(self.tr("Add"), "plus")
        add.clicked.connect(self._add)
        line = QHBoxLayout()
        line.addWidget(self.field, 1)
        line.addWidget(add)
        self._column.addWidget(self.chips)
        self._column.addLayout(line)
        self.error.hide()
        self._column.addWidget(self.error)
        self.setFocusProxy(self.field)

    def open_below(self, corner: QPoint) -> None:
        """Show it with its top left corner at a place of the screen, kept on the screen."""
        self.adjustSize()
        screen = self.screen().availableGeometry()
        x = min(corner.x(), screen.right() - self.width())
        y = min(corner.y(), screen.bottom() - self.height())
        self.move(max(x, screen.left()), max(y, screen.top()))
        self.show()
        (self.none_box if self._row.is_range else self.field).setFocus(
            Qt.FocusReason.PopupFocusReason
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)

    def _show(self) -> None:
        self.none_box.setChecked(self._row.or_none)
        self.chips.set_items(
            [(str(i), write_value(choice)) for i, choice in enumerate(self._row.choices)]
        )
        self.adjustSize()

    def _change(self, row: ParameterRow) -> None:
        self._row = row
        self.edited.emit(row)
        self._show()

    def _set_none(self, on: bool) -> None:
        self._change(replace(self._row, or_none=on))

    def _add(self) -> None:
        if not self.field.text().strip():
            return
        row, problem = add_choice(self._row, self.field.text())
        self._tell(problem)
        if not problem:
            self.field.clear()
            self._change(row)

    def _remove(self, key: str) -> None:
        if len(self._row.choices) == 1:
            self._tell(self.tr("A parameter needs at least one choice."))
            return
        self._tell("")
        self._change(remove_choice(self._row, int(key)))
        self.field.setFocus()

    def _tell(self, problem: str) -> None:
        self.error.setText(problem)
        self.error.setVisible(bool(problem))
        self.adjustSize()
