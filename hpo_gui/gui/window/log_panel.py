"""The log: everything the window had to say, filtered by level, trial and words."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from hpo_gui.gui.notices import Notice
from hpo_gui.gui.theme import current_theme, tokens
from hpo_gui.gui.widgets.buttons import IconButton, LinkButton, explain
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.dialogs import ErrorDialog
from hpo_gui.gui.widgets.labels import label
from hpo_gui.gui.widgets.plain_tips import plain_tip
from hpo_gui.gui.widgets.search_box import SearchBox
from hpo_gui.gui.widgets.table_style import dress_table

KEPT = 5000
LEVELS = ("info", "good", "warning", "error")
TOKENS = {"info": "muted", "good": "good", "warning": "warning", "error": "bad"}
Index = QModelIndex | QPersistentModelIndex


class Line(msgspec.Struct, frozen=True):
    """A notice and when it came (seconds since 1970)."""

    at: float
    notice: Notice


class LogModel(QAbstractTableModel):
    """The newest notices, the newest last; a filter leaves some out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []
        self.rows: list[int] = []
        self._level = ""
        self._words = ""
        current_theme().changed.connect(self._repaint)

    def put(self, notice: Notice) -> None:
        """Add a notice; the oldest is dropped when there are too many."""
        if len(self.lines) >= KEPT:
            self.beginResetModel()
            del self.lines[: KEPT // 10]
            self.rows = [row for row in range(len(self.lines)) if self._fits(self.lines[row])]
            self.endResetModel()
        line = Line(time.time(), notice)
        self.lines.append(line)
        if self._fits(line):
            place = len(self.rows)
            self.beginInsertRows(QModelIndex(), place, place)
            self.rows.append(len(self.lines) - 1)
            self.endInsertRows()

    def set_filter(self, level: str, words: str) -> None:
        """Show only a level ("" for all) and lines with all these words."""
        self.beginResetModel()
        self._level, self._words = level, words.lower()
        self.rows = [row for row, line in enumerate(self.lines) if self._fits(line)]
        self.endResetModel()

    def line(self, row: int) -> Line:
        """The line shown in a row."""
        return self.lines[self.rows[row]]

    def _fits(self, line: Line) -> bool:
        notice = line.notice
        if self._level and notice.level != self._level:
            return False
        text = f"{_trial(notice)} {notice.head} {notice.text}".lower()
        return all(word in text for word in self._words.split())

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """Return the number of lines shown."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        """Return time, level, trial and words."""
        return 0 if parent.isValid() else 4

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the names of the columns."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("time"), self.tr("level"), self.tr("trial"), self.tr("message"))[
                section
            ]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        line = self.line(index.row())
        notice = line.notice
        if role == Qt.ItemDataRole.DisplayRole:
            at = time.strftime("%H:%M:%S", time.localtime(line.at))
            trial = "" if notice.trial is None else str(notice.trial)
            return (at, notice.level, trial, _one_line(notice))[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and index.column() < 3:
            return QColor(getattr(tokens(), TOKENS[notice.level] if index.column() else "muted"))
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(f"{notice.head}\n{notice.text}".strip())
        return None

    def _repaint(self) -> None:
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, 3))


class LogPanel(QFrame):
    """The log under the pages.

    Signals
    -------
    closed : the user put it away
    """

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar")
        self.setProperty("edge", "top")
        self.setAccessibleName(self.tr("Log"))
        self.model = LogModel(self)
        self.level = Combo(
            [("", self.tr("all levels")), *((level, level) for level in LEVELS)],
            self.tr("Level"),
            dense=True,
        )
        self.search = SearchBox(self.tr("Search: words, or a trial such as #12"))
        self.search.setMaximumWidth(280)
        self.copy_button = LinkButton(self.tr("Copy details"), "copy")
        self.view = QTableView()
        self._build()
        self.level.picked.connect(lambda _: self._filter())
        self.search.searched.connect(lambda _: self._filter())
        self.copy_button.clicked.connect(self.copy)
        self.view.doubleClicked.connect(lambda index: self.show_details(index.row()))
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._explain())
        self.model.modelReset.connect(self._explain)
        self._explain()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(16, 6, 10, 4)
        head.setSpacing(10)
        head.addWidget(label(self.tr("Log"), "strong"))
        head.addWidget(self.level)
        head.addWidget(self.search, 1)
        head.addStretch(1)
        head.addWidget(self.copy_button)
        close = IconButton("close", self.tr("Close the log"))
        close.clicked.connect(self.closed)
        head.addWidget(close)
        self.view.setModel(self.model)
        self.view.setAccessibleName(self.tr("Messages"))
        dress_table(self.view)
        header = self.view.horizontalHeader()
        for column, width in enumerate((90, 80, 60)):
            self.view.setColumnWidth(column, width)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.setSpacing(0)
        column_.addLayout(head)
        column_.addWidget(self.view, 1)

    def put(self, notice: Notice) -> None:
        """Write a notice down, and follow it when the end was in sight."""
        bar = self.view.verticalScrollBar()
        at_end = bar.value() >= bar.maximum()
        self.model.put(notice)
        if at_end and self.isVisible():
            self.view.scrollToBottom()

    def show_trial(self, number: int) -> None:
        """Show only what is about one trial."""
        self.search.setText(f"#{number}")

    def copy(self) -> None:
        """Put the selected messages, or all that are shown, on the clipboard."""
        rows = [index.row() for index in self.view.selectionModel().selectedRows()]
        lines = [self.model.line(row) for row in rows or range(self.model.rowCount())]
        QApplication.clipboard().setText("\n\n".join(_whole(line) for line in lines))

    def show_details(self, row: int) -> ErrorDialog:
        """Open a message with its details."""
        notice = self.model.line(row).notice
        dialog = ErrorDialog(notice.head, notice.text, "", notice.details, self.window())
        dialog.open()
        return dialog

    def _filter(self) -> None:
        self.model.set_filter(str(self.level.current_key() or ""), self.search.text())

    def _explain(self) -> None:
        empty = self.model.rowCount() == 0
        explain(self.copy_button, self.tr("There is no message to copy.") if empty else "")


def _trial(notice: Notice) -> str:
    return "" if notice.trial is None else f"#{notice.trial}"


def _one_line(notice: Notice) -> str:
    text = " ".join(notice.text.split())
    return f"{notice.head} — {text}" if text else notice.head


def _whole(line: Line) -> str:
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(line.at))
    notice = line.notice
    parts = (f"{at} {notice.level} {_trial(notice)} {notice.head}", notice.text, notice.details)
    return "\n".join(part for part in parts if part)
