"""The Qt model of the search-space table: rows in, edits out; it decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from hpo_gui.core.parameter import Parameter
from hpo_gui.gui.tables.space_reading import Reading
from hpo_gui.gui.tables.space_rows import ParameterRow, change_kind, change_text
from hpo_gui.gui.widgets.plain_tips import plain_tip

Index = QModelIndex | QPersistentModelIndex

TUNE, NAME, KIND, LOW, HIGH, SCALE, STEP, MEAN, SD, CHOICES, START, WHEN, SAMPLED = range(13)
FIELDS = {
    NAME: "name",
    LOW: "low",
    HIGH: "high",
    STEP: "step",
    MEAN: "mean",
    SD: "sd",
    START: "start",
    WHEN: "when",
}
RIGHT = (LOW, HIGH, STEP, MEAN, SD)
ADVANCED = (STEP, MEAN, SD, START)
RANGE_ONLY = (LOW, HIGH, SCALE, STEP, MEAN, SD)


class SpaceTableModel(QAbstractTableModel):
    """Shows rows; sends what the user wants of them.

    Signals
    -------
    edited : number of the row, the new row, and the words of the edit with {0} for its name
    """

    edited = Signal(int, object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[ParameterRow, ...] = ()
        self._reading = Reading()
        self._visible: list[int] = []
        self._everything = False

    def show(self, rows: Sequence[ParameterRow], reading: Reading, everything: bool) -> None:
        """Show ``rows``; ``everything`` includes those that the simple view hides."""
        visible = [
            i for i, row in enumerate(rows) if everything or row.simple or row.tuned or row.value
        ]
        same_shape = visible == self._visible and [rows[i].name for i in visible] == [
            self._rows[i].name if i < len(self._rows) else None for i in self._visible
        ]
        if not same_shape:
            self.beginResetModel()
        self._rows, self._reading = tuple(rows), reading
        self._visible, self._everything = visible, everything
        if not same_shape:
            self.endResetModel()
        elif visible:
            self.dataChanged.emit(
                self.index(0, 0), self.index(len(visible) - 1, self.columnCount() - 1)
            )

    def row_at(self, index: Index) -> ParameterRow:
        """The row that a cell belongs to."""
        return self._rows[self._visible[index.row()]]

    def number_at(self, index: Index) -> int:
        """The number of that row among all rows, hidden ones included."""
        return self._visible[index.row()]

    def parameter_at(self, index: Index) -> Parameter | None:
        """The last good parameter of a tuned row."""
        row = self.row_at(index)
        return self._reading.good.get(row.name) if row.tuned else None

    def error_at(self, index: Index) -> str:
        """What is wrong in a cell, or ""."""
        number, column = self.number_at(index), index.column()
        field = FIELDS.get(column, "choices" if column == CHOICES else "")
        errors = self._reading.errors
        if column == CHOICES and not self.row_at(index).tuned:
            field = "value"
        return errors.get((number, field), "")

    def change(self, index: Index, row: ParameterRow, words: str) -> None:
        """Ask for ``row`` in place of the one at ``index``."""
        if row != self.row_at(index):
            self.edited.emit(self.number_at(index), row, words)

    def applies(self, index: Index) -> bool:
        """Whether a cell means anything for its row."""
        row, column = self.row_at(index), index.column()
        if column in (TUNE, NAME, KIND, CHOICES):
            return True
        if not row.tuned:
            return False
        return column not in RANGE_ONLY or row.is_range

    # --- Qt -----------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """Number of rows shown."""
        return 0 if parent.isValid() else len(self._visible)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        """Number of columns, hidden ones included."""
        return 0 if parent.isValid() else SAMPLED + 1

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles()[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in RIGHT else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._hints().get(section)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Cells that mean nothing for their row cannot be reached."""
        if not self.applies(index) or index.column() == SAMPLED:
            return Qt.ItemFlag.ItemIsSelectable
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        row, column = self.row_at(index), index.column()
        editable = column in FIELDS and (column != NAME or row.added)
        if column == CHOICES and not row.tuned:
            editable = True
        return flags | Qt.ItemFlag.ItemIsEditable if editable else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts, and what is wrong as tooltip."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self.text_at(index)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self.error_at(index) or self._hint_at(index))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = f"{self.row_at(index).name}, {self._titles()[index.column()]}"
            error = self.error_at(index)
            return f"{words}: {self.text_at(index)}" + (f", {error}" if error else "")
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take typed text, right or wrong."""
        if role != Qt.ItemDataRole.EditRole:
            return False
        row, column, text = self.row_at(index), index.column(), str(value).strip()
        if column == CHOICES:
            self.change(index, replace(row, value=text), self.tr("Set {0}"))
        elif column in FIELDS:
            new = change_text(row, FIELDS[column], text)
            self.change(index, new, self._words(column))
        return True

    def toggle(self, index: Index) -> None:
        """Tune a fixed parameter, or fix a tuned one."""
        row = self.row_at(index)
        words = self.tr("Fix {0}") if row.tuned else self.tr("Tune {0}")
        value = "" if not row.tuned else row.value
        self.change(index, replace(row, tuned=not row.tuned, value=value), words)

    def set_kind(self, index: Index, kind: Any) -> None:
        """Make it another type; None fixes it."""
        row = self.row_at(index)
        if kind is None:
            if row.tuned:
                self.toggle(index)
            return
        new = change_kind(row, kind)
        self.change(index, replace(new, value=""), self.tr("Change the type of {0}"))

    def set_log(self, index: Index, log: bool) -> None:
        """Change the scale."""
        row = self.row_at(index)
        self.change(index, replace(row, log=log), self.tr("Change the scale of {0}"))

    def text_at(self, index: Index) -> str:
        """What a cell says."""
        row, column = self.row_at(index), index.column()
        if column == TUNE:
            return self.tr("tuned") if row.tuned else self.tr("fixed")
        if column == KIND:
            return row.kind if row.tuned else self.tr("fixed")
        if not self.applies(index):
            return ""
        if column == SCALE:
            return self.tr("log") if row.log else self.tr("linear")
        if column == CHOICES:
            return row.shown_value if not row.tuned else ""
        return str(getattr(row, FIELDS[column])) if column in FIELDS else ""

    def _words(self, column: int) -> str:
        if column == NAME:
            return self.tr("Rename {0}")
        if column == WHEN:
            return self.tr("Change the condition of {0}")
        if column == START:
            return self.tr("Change the start of {0}")
        if column in (LOW, HIGH):
            return self.tr("Change range of {0}")
        return self.tr("Change the distribution of {0}")

    def _hint_at(self, index: Index) -> str:
        row, column = self.row_at(index), index.column()
        if column == NAME:
            return row.name
        if column == WHEN and row.tuned:
            return row.when or self.tr(
                "Tuned in every trial. Type a condition, such as {0}."
            ).format("kernel = rbf or poly")
        return ""

    def _titles(self) -> tuple[str, ...]:
        return (
            self.tr("tune"),
            self.tr("parameter"),
            self.tr("type"),
            self.tr("from"),
            self.tr("to"),
            self.tr("scale"),
            self.tr("step"),
            self.tr("mean"),
            self.tr("sd"),
            self.tr("choices"),
            self.tr("starts at"),
            self.tr("only if"),
            self.tr("will be sampled"),
        )

    def _hints(self) -> dict[int, str]:
        return {
            STEP: self.tr("Distance between values; empty for all values"),
            MEAN: self.tr("Centre of a normal distribution; empty for a uniform one"),
            SD: self.tr("Standard deviation; in natural-log units on a log scale"),
            START: self.tr("Value of the first trial; empty for the middle"),
            WHEN: self.tr("Parents and their values, such as kernel = rbf or poly"),
        }
