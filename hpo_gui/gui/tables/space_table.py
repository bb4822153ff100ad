"""The search-space table: tune, range, scale, choices and conditions, edited in their cells."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QContextMenuEvent, QHelpEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QTableView,
    QToolTip,
    QWidget,
)

from hpo_gui.core.value_text import write_value
from hpo_gui.gui.tables.choices_popup import ChoicesPopup
from hpo_gui.gui.tables.space_delegate import SpaceDelegate, field_rect
from hpo_gui.gui.tables.space_model import (
    ADVANCED,
    CHOICES,
    HIGH,
    KIND,
    LOW,
    MEAN,
    NAME,
    SAMPLED,
    SCALE,
    SD,
    START,
    STEP,
    TUNE,
    WHEN,
    SpaceTableModel,
)
from hpo_gui.gui.tables.space_preview import describe_preview
from hpo_gui.gui.tables.space_rows import KINDS, ParameterRow
from hpo_gui.gui.theme import current_theme
from hpo_gui.gui.widgets.plain_tips import plain_tip
from hpo_gui.gui.widgets.table_style import EDIT_ROW, dress_table

WIDTHS = {
    TUNE: 54,
    NAME: 170,
    KIND: 118,
    LOW: 84,
    HIGH: 84,
    SCALE: 96,
    STEP: 72,
    MEAN: 72,
    SD: 72,
    CHOICES: 190,
    START: 88,
    WHEN: 150,
    SAMPLED: 142,
}
NARROW = {
    TUNE: 54,
    NAME: 138,
    KIND: 108,
    LOW: 72,
    HIGH: 72,
    SCALE: 84,
    CHOICES: 146,
    WHEN: 118,
    SAMPLED: 112,
}
STRETCH = {CHOICES: 0.5, WHEN: 0.3, NAME: 0.2}
MOST_VALUES = 20


class SpaceTable(QTableView):
    """Shows a `SpaceTableModel`; every cell works by mouse and by keyboard.

    Signals
    -------
    remove_wanted, restore_wanted : number of the row
    """

    remove_wanted = Signal(int)
    restore_wanted = Signal(int)

    def __init__(self, model: SpaceTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._space = model
        self.menu: QMenu | None = None
        self.popup: ChoicesPopup | None = None
        dress_table(self, EDIT_ROW)
        self.setAccessibleName(self.tr("Search space"))
        self.setItemDelegate(SpaceDelegate(self, self._names_and_values))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.EditKeyPressed | triggers.AnyKeyPressed)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.horizontalHeader().setSectionsClickable(False)
        self.clicked.connect(self.activate)
        current_theme().changed.connect(self.viewport().update)
        self.show_advanced(False)

    def show_advanced(self, wanted: bool) -> None:
        """Show or hide the columns of steps and distributions."""
        for column in ADVANCED:
            self.setColumnHidden(column, not wanted)
        self._fit()

    def activate(self, index: QModelIndex) -> None:
        """Do what a click on a cell does."""
        if not index.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        column = index.column()
        if column == TUNE:
            self._space.toggle(index)
        elif column == KIND:
            self._open_kinds(index)
        elif column == SCALE:
            self._open_scales(index)
        elif column == CHOICES and self._space.row_at(index).tuned:
            self._open_choices(index)
        elif index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.edit(index)

    # --- Qt -----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return, Space and F2 work on the current cell; Delete removes what the user added."""
        index, key = self.currentIndex(), event.key()
        if self.state() == QAbstractItemView.State.EditingState:
            super().keyPressEvent(event)  # what an open edit leaves over, such as its Return
            return
        if index.isValid() and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.activate(index)
            return
        typed = index.isValid() and bool(index.flags() & Qt.ItemFlag.ItemIsEditable)
        if index.isValid() and key == Qt.Key.Key_Space and not typed:
            self.activate(index)
            return
        if index.isValid() and key == Qt.Key.Key_Delete:
            self._delete(index)
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give spare width to the columns with long texts."""
        super().resizeEvent(event)
        self._fit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with a parameter."""
        index = self.indexAt(event.pos())
        if not index.isValid():
            return
        row, number = self._space.row_at(index), self._space.number_at(index)
        menu = self._new_menu(self.tr("Parameter {0}").format(row.name))
        tune = menu.addAction(self.tr("Fix it") if row.tuned else self.tr("Tune it"))
        tune.triggered.connect(lambda: self._space.toggle(index))
        if row.added:
            remove = menu.addAction(self.tr("Remove it"))
            remove.triggered.connect(lambda: self.remove_wanted.emit(number))
        else:
            again = menu.addAction(self.tr("Reset it to recommended"))
            again.triggered.connect(lambda: self.restore_wanted.emit(number))
        menu.popup(event.globalPos())

    def viewportEvent(self, event: object) -> bool:
        """Say in words what the little bars show."""
        if isinstance(event, QHelpEvent):
            index = self.indexAt(event.pos())
            if index.isValid() and index.column() == SAMPLED:
                parameter = self._space.parameter_at(index)
                QToolTip.showText(
                    event.globalPos(),
                    plain_tip(describe_preview(parameter) if parameter else ""),
                    self,
                )
                return True
        return super().viewportEvent(event)  # type: ignore[arg-type]  # any event will do

    # --- cells --------------------------------------------------------------------------------

    def _delete(self, index: QModelIndex) -> None:
        row = self._space.row_at(index)
        if row.added and index.column() == NAME:
            self.remove_wanted.emit(self._space.number_at(index))
        elif index.flags() & Qt.ItemFlag.ItemIsEditable and index.column() != NAME:
            self._space.setData(index, "")

    def _open_kinds(self, index: QModelIndex) -> None:
        row = self._space.row_at(index)
        words = {
            "float": self.tr("float"),
            "int": self.tr("int"),
            "categorical": self.tr("categorical"),
            "ordinal": self.tr("ordinal"),
        }
        menu = self._new_menu(self.tr("Type of {0}").format(row.name))
        for kind in KINDS:
            action = menu.addAction(words[kind])
            self._check(action, row.tuned and row.kind == kind)
            action.triggered.connect(lambda _=False, kind=kind: self._space.set_kind(index, kind))
        fixed = menu.addAction(self.tr("fixed"))
        self._check(fixed, not row.tuned)
        fixed.triggered.connect(lambda: self._space.set_kind(index, None))
        self._popup(menu, index)

    def _open_scales(self, index: QModelIndex) -> None:
        row = self._space.row_at(index)
        menu = self._new_menu(self.tr("Scale of {0}").format(row.name))
        for log, words in ((False, self.tr("linear")), (True, self.tr("log"))):
            action = menu.addAction(words)
            self._check(action, row.log == log)
            action.triggered.connect(lambda _=False, log=log: self._space.set_log(index, log))
        self._popup(menu, index)

    def _check(self, action: QAction, on: bool) -> None:
        action.setCheckable(True)
        action.setChecked(on)

    def _new_menu(self, name: str) -> QMenu:
        if self.menu is not None:
            self.menu.deleteLater()
        self.menu = QMenu(self)
        self.menu.setAccessibleName(name)
        return self.menu

    def _popup(self, menu: QMenu, index: QModelIndex) -> None:
        chosen = next((a for a in menu.actions() if a.isChecked()), None)
        if chosen is not None:
            menu.setActiveAction(chosen)
        menu.popup(self._below(index))

    def _below(self, index: QModelIndex) -> QPoint:
        field = field_rect(self.visualRect(index))
        return self.viewport().mapToGlobal(field.bottomLeft() + QPoint(0, 2))

    def _open_choices(self, index: QModelIndex) -> None:
        number = self._space.number_at(index)
        popup = ChoicesPopup(self._space.row_at(index), self)

        def take(row: ParameterRow) -> None:
            self._space.edited.emit(number, row, self.tr("Change choices of {0}"))

        popup.edited.connect(take)
        popup.destroyed.connect(lambda: setattr(self, "popup", None))
        self.popup = popup
        popup.open_below(self._below(index))

    def _names_and_values(self, name: str) -> dict[str, list[str]]:
        """For completion: the other tuned parameters and some of their values."""
        found: dict[str, list[str]] = {}
        for number in range(self._space.rowCount()):
            index = self._space.index(number, NAME)
            parameter = self._space.parameter_at(index)
            if parameter is not None and parameter.name != name:
                values = parameter.grid(5)[:MOST_VALUES]
                found[parameter.name] = [write_value(value) for value in values]
        return found

    def _fit(self) -> None:
        """Share the width out: fixed widths, and what is left to the long columns."""
        shown = [column for column in WIDTHS if not self.isColumnHidden(column)]
        room = self.viewport().width()
        narrow = {column: NARROW.get(column, WIDTHS[column]) for column in shown}
        least, usual = sum(narrow.values()), sum(WIDTHS[column] for column in shown)
        share = min(max((room - least) / (usual - least), 0.0), 1.0)
        widths = {c: round(narrow[c] + share * (WIDTHS[c] - narrow[c])) for c in shown}
        spare = max(room - usual, 0)
        for column in shown:
            widths[column] += int(spare * STRETCH.get(column, 0.0))
        widths[SAMPLED] += max(room - sum(widths.values()), 0)
        for column, width in widths.items():
            self.setColumnWidth(column, width)
