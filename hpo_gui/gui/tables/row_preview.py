"""The first rows of a table, as they were read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QTableView

from hpo_gui.gui.theme import tokens

if TYPE_CHECKING:
    from hpo_gui.evaluation.table import Table

SHOWN = 1000
FITTED = 100  # columns whose width is fitted; more would take too long
PADDING, NARROWEST, WIDEST = 32, 72, 280  # pixels
Index = QModelIndex | QPersistentModelIndex


class RowPreview(QAbstractTableModel):
    """The first 1,000 rows; a column is turned into Python values when it is first shown."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.table: Table | None = None
        self._values: dict[int, list[Any]] = {}

    def set_table(self, table: Table | None) -> None:
        """Show another table."""
        if table is self.table:
            return
        self.beginResetModel()
        self.table = table
        self._values = {}
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """Return the number of rows shown."""
        return 0 if parent.isValid() or self.table is None else min(self.table.rows, SHOWN)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() or self.table is None else len(self.table.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the names of the columns and the numbers of the rows."""
        if role == Qt.ItemDataRole.TextAlignmentRole and orientation is Qt.Orientation.Horizontal:
            return self._alignment(section)
        if role != Qt.ItemDataRole.DisplayRole or self.table is None:
            return None
        if orientation is Qt.Orientation.Horizontal:
            return self.table.columns[section].name
        return f"{section + 1:,}"

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a value; a missing one is a muted dash."""
        if role == Qt.ItemDataRole.DisplayRole:
            return show_cell(self._column(index.column())[index.row()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        if role == Qt.ItemDataRole.ForegroundRole:
            missing = is_missing(self._column(index.column())[index.row()])
            return QColor(tokens().disabled_text) if missing else None
        return None

    def _alignment(self, column: int) -> int:
        number = self.table is not None and self.table.columns[column].type == "number"
        side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
        return int(side | Qt.AlignmentFlag.AlignVCenter)

    def _column(self, column: int) -> list[Any]:
        if column not in self._values:
            assert self.table is not None
            self._values[column] = self.table.frame.iloc[:SHOWN, column].tolist()
        return self._values[column]


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing: None, NaN, NaT or NA."""
    if value is None:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return str(value) in ("NaT", "<NA>")


def show_cell(value: Any) -> str:
    """A cell as text."""
    if is_missing(value):
        return "—"
    if isinstance(value, float):
        return f"{value:.10g}"
    text = str(value)
    return text.removesuffix(" 00:00:00")


def fit_columns(view: QTableView) -> None:
    """Make the first columns as wide as their names and first values, within limits."""
    model, metrics = view.model(), view.fontMetrics()
    for column in range(min(model.columnCount(), FITTED)):
        texts = [str(model.headerData(column, Qt.Orientation.Horizontal))]
        texts += [model.index(row, column).data() for row in range(min(model.rowCount(), 20))]
        widest = max(metrics.horizontalAdvance(text) for text in texts)
        view.setColumnWidth(column, min(max(widest + PADDING, NARROWEST), WIDEST))
