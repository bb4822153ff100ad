"""The table of trials: sorts, filters, selects and keeps its place while trials arrive."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTableView, QWidget

from hpo_gui.core.trial import TrialState
from hpo_gui.export.table import without_formula
from hpo_gui.gui.icons import set_icon
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables import trial_acts
from hpo_gui.gui.tables.score_text import widest_texts
from hpo_gui.gui.tables.trial_actions import copy_params, use_as_start
from hpo_gui.gui.tables.trial_acts import why_not
from hpo_gui.gui.tables.trial_columns import TrialColumn
from hpo_gui.gui.tables.trial_delegates import TrialDelegate
from hpo_gui.gui.tables.trial_model import TRIAL_ROLE, TrialModel
from hpo_gui.gui.tables.trial_order import Rows
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.plain_tips import plain_tip
from hpo_gui.gui.widgets.table_style import dress_table

WIDTHS = {
    "state": 112,
    "front": 96,
    "score": 100,
    "sd": 84,
    "time": 78,
    "from": 116,
    "expected": 136,
    "tags": 120,
    "note": 180,
}
HIDDEN = ("expected",)  # at first
MOST_RANGES = 2000
TICK_MS = 500
Flag = QItemSelectionModel.SelectionFlag


class TrialTable(QTableView):
    """See the module.

    Signals
    -------
    export_wanted : number of a trial whose model is to be exported
    """

    export_wanted = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._store = trial_store(session)
        self.trials = TrialModel(self._store, self)
        self._hidden = set(HIDDEN)
        self._telling = False
        self._anchor: tuple[int, int] | None = None
        dress_table(self)
        self.setModel(self.trials)
        self.setItemDelegate(TrialDelegate(self.trials, self._store, self))
        self.setAccessibleName(self.tr("Trials"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTabKeyNavigation(False)
        self._dress_head()
        self._dress_columns()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._listen()

    def _listen(self) -> None:
        self._store.changed.connect(self._keep_place)
        self.trials.modelAboutToBeReset.connect(self._note_place)
        self.trials.modelReset.connect(self._dress_columns)
        self.trials.modelReset.connect(self._show_selection)
        self.trials.layoutChanged.connect(self._show_selection)
        self.selectionModel().selectionChanged.connect(self._tell_selection)
        self.session.looking.selection_changed.connect(self._selection_came)
        self.session.state_changed.connect(self._run_timer)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        self._run_timer()

    # --- columns --------------------------------------------------------------------------------

    def _dress_head(self) -> None:
        head = self.horizontalHeader()
        # NOTE: with the table's own one the head asks for every cell of the selection, which takes
        # 2 s for 100,000 rows
        head.setSelectionModel(QItemSelectionModel(self.trials, self))
        head.setSectionsMovable(True)
        head.setSectionsClickable(True)
        head.setSortIndicatorShown(True)
        head.setStretchLastSection(True)
        head.setSortIndicator(0, Qt.SortOrder.DescendingOrder)
        head.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        head.customContextMenuRequested.connect(self._show_column_menu)
        head.sortIndicatorChanged.connect(self.trials.sort)

    def _dress_columns(self) -> None:
        for place, column in enumerate(self.trials.columns):
            self.setColumnWidth(place, self._width(column))
            self.setColumnHidden(place, column.key in self._hidden)
        key, descending = self.trials.sorted_by
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        head = self.horizontalHeader()
        head.blockSignals(True)
        head.setSortIndicator(self.trials.column_of(key), order)
        head.blockSignals(False)

    def _width(self, column: TrialColumn) -> int:
        metrics = self.fontMetrics()
        if column.key == "number":
            return metrics.horizontalAdvance("0" * len(str(self._store.count))) + 44
        kind, _, name = column.key.partition(" ")
        known = kind == "param" and name in self._store.columns.space
        texts = widest_texts(self._store.columns.space[name]) if known else ()
        words = max(map(metrics.horizontalAdvance, (column.title, *texts)))
        least = WIDTHS.get(column.key, 72)
        return min(max(words + 28, least), 220)

    def column_menu(self) -> QMenu:
        """A menu that shows and hides columns."""
        menu = QMenu(self)
        for column in self.trials.columns[1:]:
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(column.key not in self._hidden)
            action.toggled.connect(lambda on, key=column.key: self.show_column(key, on))
        menu.addSeparator()
        menu.addAction(self.tr("Show all"), self._show_all_columns)
        return menu

    def show_column(self, key: str, on: bool) -> None:
        """Show or hide a column."""
        self._hidden -= {key}
        if not on:
            self._hidden.add(key)
        self.setColumnHidden(self.trials.column_of(key), not on)

    def _show_all_columns(self) -> None:
        for key in list(self._hidden):
            self.show_column(key, True)

    def _show_column_menu(self, at: QPoint) -> None:
        self.column_menu().popup(self.horizontalHeader().mapToGlobal(at))

    # --- selection ------------------------------------------------------------------------------

    def selected_numbers(self) -> list[int]:
        """Numbers of the selected trials, in the order of the rows."""
        shown = self.trials.shown
        ranges = self.selectionModel().selection().toList()
        spans = sorted((part.top(), part.bottom()) for part in ranges)
        parts = [shown[top : bottom + 1] for top, bottom in dict.fromkeys(spans)]
        return np.concatenate(parts).tolist() if parts else []

    def _tell_selection(self) -> None:
        if self._telling:
            return
        numbers = self.selected_numbers()
        current = self.currentIndex()
        if current.isValid() and (number := current.data(TRIAL_ROLE)) in numbers:
            numbers = [n for n in numbers if n != number] + [number]  # the one looked at is last
        self._telling = True
        self.session.looking.select(numbers)
        self._telling = False

    def _selection_came(self, numbers: Sequence[int]) -> None:
        if self._telling:
            return
        self._show_selection()
        rows = self.trials.rows_of(np.array(numbers[-1:], dtype=np.intp))
        if len(rows) and self.isVisible():
            self.scrollTo(self.trials.index(int(rows[0]), 0))

    def _show_selection(self) -> None:
        """Select the rows of the session's trials, wherever they stand now."""
        numbers = self.session.looking.selection
        rows = self.trials.rows_of(np.array(numbers, dtype=np.intp))
        last = self.trials.columnCount() - 1
        chosen = QItemSelection()
        for top, bottom in _spans(np.sort(rows))[:MOST_RANGES]:
            chosen.select(self.trials.index(top, 0), self.trials.index(bottom, last))
        self._telling = True
        self.selectionModel().select(chosen, Flag.ClearAndSelect)
        newest = self.trials.rows_of(np.array(numbers[-1:], dtype=np.intp))
        if len(newest):
            index = self.trials.index(int(newest[0]), max(self.currentIndex().column(), 0))
            self.selectionModel().setCurrentIndex(index, Flag.NoUpdate)
        self._telling = False

    # --- place ----------------------------------------------------------------------------------

    def _note_place(self) -> None:
        """Remember the topmost row, unless the table is scrolled to its top."""
        top = self.rowAt(0)
        self._anchor = None
        if self.verticalScrollBar().value() > 0 and top >= 0:
            offset = self.rowViewportPosition(top)
            self._anchor = int(self.trials.shown[top]), offset

    def _keep_place(self) -> None:
        """The rows moved: select and scroll so that nothing jumps under the eyes."""
        if self.session.looking.selection:
            self._show_selection()
        if self._anchor is not None and self.verticalScrollBar().value() > 0:
            rows = self.trials.rows_of(np.array([self._anchor[0]], dtype=np.intp))
            if len(rows):
                place = int(rows[0]) * self.verticalHeader().defaultSectionSize()
                self.verticalScrollBar().setValue(place - self._anchor[1])
        self._note_place()

    def scrollContentsBy(self, across: int, down: int) -> None:
        """Remember where the user scrolled to."""
        super().scrollContentsBy(across, down)
        self._note_place()

    # --- time -----------------------------------------------------------------------------------

    def _run_timer(self) -> None:
        if self.session.is_active:
            self._timer.start()
        else:
            self._timer.stop()

    def _tick(self) -> None:
        if self.isVisible():
            self.trials.tick()

    # --- commands -------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy on Ctrl+C, retract on Delete, clear the selection on Escape."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_rows()
        elif event.key() == Qt.Key.Key_Delete:
            trial_acts.retract(self.session, self.selected_numbers(), self.window())
        elif event.key() == Qt.Key.Key_Escape and self.session.looking.selection:
            self.session.looking.select([])
        else:
            super().keyPressEvent(event)

    def copy_rows(self) -> None:
        """Put the selected rows, with the titles, on the clipboard, separated by tabs."""
        head = self.horizontalHeader()
        places = [head.logicalIndex(visual) for visual in range(head.count())]
        places = [place for place in places if not self.isColumnHidden(place)]
        lines = ["\t".join(self.trials.columns[place].title for place in places)]
        for number in self.selected_numbers():
            words = self.trials.words(number)
            lines.append("\t".join(_pasted(words[place]) for place in places))
        QGuiApplication.clipboard().setText("\n".join(lines))

    def menu_for(self, number: int) -> QMenu:
        """What can be done with a trial."""
        menu, trial = QMenu(self), self._store.trial(number)
        copy = menu.addAction(self.tr("Copy rows"), self.copy_rows)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        set_icon(copy, "copy")
        menu.addAction(self.tr("Copy parameters"), lambda: copy_params(trial))
        start = menu.addAction(self.tr("Use as start"), lambda: use_as_start(self.session, trial))
        start.setToolTip(self.tr("The next run begins with this configuration."))
        menu.addSeparator()
        self._add_acts(menu, number)
        menu.addSeparator()
        export = menu.addAction(self.tr("Export model…"), lambda: self.export_wanted.emit(number))
        set_icon(export, "export")
        export.setEnabled(trial.state is TrialState.COMPLETE)
        return menu

    def _add_acts(self, menu: QMenu, number: int) -> None:
        """What changes trials: the selected ones, where this is one of them."""
        session, parent = self.session, self.window()
        selected = self.selected_numbers()
        numbers = selected if number in selected else [number]
        reasons = why_not(session, numbers)
        waiting = self._store.trial(number).state is TrialState.WAITING
        stop = self.tr("Take out of the queue") if waiting else self.tr("Stop this trial")
        entries: tuple[tuple[str, str, Callable[[], object]], ...] = (
            ("kill", stop, lambda: trial_acts.kill(session, numbers)),
            (
                "retract",
                self.tr("Retract…"),
                lambda: trial_acts.retract(session, numbers, parent),
            ),
            ("restore", self.tr("Restore"), lambda: trial_acts.restore(session, numbers)),
            (
                "correct",
                self.tr("Correct a score…"),
                lambda: trial_acts.correct(session, number, parent),
            ),
            (
                "uncorrect",
                self.tr("Take the correction back"),
                lambda: trial_acts.uncorrect(session, numbers),
            ),
            ("note", self.tr("Note and tags"), lambda: self._edit_note(number, numbers)),
            (
                "again",
                self.tr("Run again"),
                lambda: trial_acts.run_again(session, numbers, fresh=False),
            ),
            (
                "repeat",
                self.tr("Repeat with a new seed"),
                lambda: trial_acts.run_again(session, numbers, fresh=True),
            ),
            (
                "copy",
                self.tr("Queue an edited copy…"),
                lambda: trial_acts.edited_copy(session, number),
            ),
        )
        menu.setToolTipsVisible(True)
        for key, words, action in entries:
            if key in ("kill", "restore", "uncorrect") and reasons[key]:
                continue  # seldom possible: shown where it is
            added = menu.addAction(words, action)
            added.setEnabled(not reasons[key])
            added.setToolTip(plain_tip(reasons[key]))
            if key == "kill":
                set_icon(added, "stop", "bad")

    def _edit_note(self, number: int, numbers: Sequence[int]) -> None:
        self.session.looking.select([*(other for other in numbers if other != number), number])
        self.session.go_to.emit("run", "note")

    def _show_menu(self, at: QPoint) -> None:
        index: QModelIndex | QPersistentModelIndex = self.indexAt(at)
        if index.isValid():
            self.menu_for(index.data(TRIAL_ROLE)).popup(self.viewport().mapToGlobal(at))


def _spans(rows: Rows) -> list[tuple[int, int]]:
    """First and last of each run of neighbouring rows; ``rows`` are sorted."""
    if not len(rows):
        return []
    breaks = np.flatnonzero(np.diff(rows) > 1)
    tops = rows[np.concatenate([[0], breaks + 1])]
    bottoms = rows[np.concatenate([breaks, [len(rows) - 1]])]
    return list(zip(tops.tolist(), bottoms.tolist(), strict=True))


def _pasted(words: str) -> str:
    """One cell for a spreadsheet: numbers stay numbers, and nothing becomes a formula."""
    try:
        float(words)
    except ValueError:
        return without_formula(" ".join(words.split()))
    return words
