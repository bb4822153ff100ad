"""The table of a data file's columns: type, role, what is missing, distribution, treatment."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from hpo_gui.evaluation.columns import Column
from hpo_gui.evaluation.roles import ColumnRole
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.choice_delegate import TONE_ROLE, ChoiceDelegate
from hpo_gui.gui.theme import current_theme, tokens
from hpo_gui.gui.typography import BODY, text_font
from hpo_gui.gui.widgets.mini_histogram import HISTOGRAM_ROLE, HistogramDelegate
from hpo_gui.gui.widgets.plain_tips import plain_tip
from hpo_gui.gui.widgets.table_style import EDIT_ROW, dress_table

NAME, TYPE, ROLE, MISSING, DISTINCT, BARS, TREATMENT = range(7)
WIDTHS = (176, 124, 124, 82, 82, 160)
TYPES = ("number", "category", "text", "date")
ROLES = ("feature", "target", "group", "time", "weight", "ignore")
Index = QModelIndex | QPersistentModelIndex


class ColumnModel(QAbstractTableModel):
    """Rows are the columns of the session's table, filtered by name and sorted.

    Signals
    -------
    role_wanted, type_wanted : the column's name, and what the user chose for it
    """

    role_wanted = Signal(str, str)
    type_wanted = Signal(str, str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.columns: tuple[Column, ...] = ()
        self.roles: tuple[ColumnRole, ...] = ()
        self.rows: list[int] = []
        self._words = ""
        self._sorted: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)
        session.table_changed.connect(self.refresh)
        current_theme().changed.connect(self._repaint)
        self.refresh()

    def refresh(self) -> None:
        """Show the session's table and roles; only the cells when the columns are the same."""
        table, roles = self.session.table, self.session.roles
        columns = () if table is None else table.columns
        if columns is self.columns:
            self.roles = () if roles is None else roles.columns
            self._repaint()
            return
        self.beginResetModel()
        self.columns = columns
        self.roles = () if roles is None else roles.columns
        self._arrange()
        self.endResetModel()

    def set_filter(self, words: str) -> None:
        """Show only columns whose name holds the words."""
        self.beginResetModel()
        self._words = words.lower()
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order in the file."""
        self.layoutAboutToBeChanged.emit()
        self._sorted = (column, order)
        self._arrange()
        self.layoutChanged.emit()

    def _arrange(self) -> None:
        words = self._words
        self.rows = [
            row for row, column in enumerate(self.columns) if words in column.name.lower()
        ]
        column, order = self._sorted
        if column >= 0:
            backwards = order is Qt.SortOrder.DescendingOrder
            self.rows.sort(key=lambda row: self._key(row, column), reverse=backwards)

    def _key(self, row: int, column: int) -> Any:
        facts = self.columns[row]
        if column == MISSING:
            return facts.missing
        if column == DISTINCT:
            return facts.distinct
        return (self._text(row, column).lower(), row)

    def column_of(self, row: int) -> Column:
        """The column shown in a row."""
        return self.columns[self.rows[row]]

    def role_of(self, row: int) -> ColumnRole | None:
        """The role of the column shown in a row; None while there are none."""
        place = self.rows[row]
        return self.roles[place] if place < len(self.roles) else None

    def row_of(self, name: str) -> int:
        """The row of a column by name, or -1."""
        found = (r for r, place in enumerate(self.rows) if self.columns[place].name == name)
        return next(found, -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """Return the number of columns shown."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        """Return the number of facts about each."""
        return 0 if parent.isValid() else 7

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the names and the alignment of the facts."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section in (MISSING, DISTINCT):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            self.tr("name"),
            self.tr("type"),
            self.tr("role"),
            self.tr("missing"),
            self.tr("distinct"),
            self.tr("distribution"),
            self.tr("what happens to it"),
        )[section]

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let type and role be edited."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() in (TYPE, ROLE):
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        place, column = self.rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(place, column)
            case Qt.ItemDataRole.EditRole:
                role_of = self.roles[place].role if place < len(self.roles) else ""
                return role_of if column == ROLE else self._text(place, column)
            case Qt.ItemDataRole.TextAlignmentRole if column in (MISSING, DISTINCT):
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            case Qt.ItemDataRole.ForegroundRole:
                return self._color(place, column)
            case Qt.ItemDataRole.FontRole if column == NAME:
                return text_font(BODY, QFont.Weight.Medium)
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(self._tip(place, column))
            case Qt.ItemDataRole.AccessibleDescriptionRole:
                return self._tip(place, column)
        if role == HISTOGRAM_ROLE and column == BARS:
            return self.columns[place].bars
        if role == TONE_ROLE and column == ROLE and place < len(self.roles):
            return {"target": "accent", "ignore": "muted"}.get(self.roles[place].role, "")
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another type or role."""
        name = self.column_of(index.row()).name
        if index.column() == ROLE and value in ROLES:
            self.role_wanted.emit(name, value)
            return True
        if index.column() == TYPE and value in TYPES:
            self.type_wanted.emit(name, value)
            return True
        return False

    def _text(self, place: int, column: int) -> str:
        facts = self.columns[place]
        role = self.roles[place] if place < len(self.roles) else None
        match column:
            case 0:
                return facts.name
            case 1:
                return facts.type if role is None else role.type
            case 2:
                return "" if role is None else role_title(role.role)
            case 3:
                return f"{facts.missing:,}"
            case 4:
                return f"{facts.distinct:,}"
            case 6:
                return "" if role is None else role.treatment
        return ""

    def _color(self, place: int, column: int) -> QColor | None:
        colors = tokens()
        if column == MISSING:
            return QColor(colors.warning if self.columns[place].missing else colors.muted)
        return QColor(colors.muted) if column == TREATMENT else None

    def _tip(self, place: int, column: int) -> str:
        facts = self.columns[place]
        if column == BARS:
            return describe_values(facts)
        if column == ROLE and place < len(self.roles):
            return self.roles[place].reason
        if column == NAME:
            return f"{facts.name}\n" + ", ".join(facts.examples)
        return self._text(place, TREATMENT) if column == TREATMENT else ""

    def _repaint(self) -> None:
        if self.rows:
            last = self.index(len(self.rows) - 1, TREATMENT)
            self.dataChanged.emit(self.index(0, 0), last)


class ColumnTable(QTableView):
    """Shows a `ColumnModel`; a choice in one of several selected rows holds for all of them."""

    def __init__(self, model: ColumnModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns = model
        self.setModel(model)
        self.setAccessibleName(self.tr("Columns"))
        dress_table(self, EDIT_ROW)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setTabKeyNavigation(False)
        self.types = ChoiceDelegate(self, [(key, key) for key in TYPES])
        self.roles = ChoiceDelegate(self, [(key, role_title(key)) for key in ROLES])
        self._bars = HistogramDelegate(self)
        self.setItemDelegateForColumn(TYPE, self.types)
        self.setItemDelegateForColumn(ROLE, self.roles)
        self.setItemDelegateForColumn(BARS, self._bars)
        for column, width in enumerate(WIDTHS):
            self.setColumnWidth(column, width)
        head = self.horizontalHeader()
        head.setSectionResizeMode(TREATMENT, QHeaderView.ResizeMode.Stretch)
        head.setSectionsClickable(True)
        head.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        head.setSortIndicatorClearable(True)
        self.setSortingEnabled(True)

    def chosen_with(self, name: str) -> list[str]:
        """The columns that a choice in the row of ``name`` is for."""
        rows = [index.row() for index in self.selectionModel().selectedRows()]
        names = [self.columns.column_of(row).name for row in rows]
        return names if name in names and len(names) > 1 else [name]

    def show_column(self, name: str) -> None:
        """Go to a column."""
        row = self.columns.row_of(name)
        if row >= 0:
            self.setCurrentIndex(self.columns.index(row, ROLE))
            self.scrollTo(self.columns.index(row, NAME))
            self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the choices of the current cell on Return and Space as well."""
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        delegate = {TYPE: self.types, ROLE: self.roles}.get(self.currentIndex().column())
        if event.key() in keys and delegate is not None:
            delegate.open_menu(self.currentIndex())
            return
        super().keyPressEvent(event)


def role_title(role: str) -> str:
    """A role as people read it."""
    return QCoreApplication.translate("roles", role.capitalize())


def describe_values(column: Column) -> str:
    """The distribution of a column in words."""
    if column.bar_kind == "categories" and column.top:
        shown = [f"{label}: {count:,}" for label, count in column.top[:12]]
        more = column.distinct - len(shown)
        return "\n".join([*shown, *([f"… {more:,} more"] if more > 0 else [])])
    if column.low is not None and column.high is not None and column.type == "number":
        return f"{column.low:g} … {column.high:g}"
    return ", ".join(column.examples)
