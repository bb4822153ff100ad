"""The model of the trial table: columns over the store, rows by an order of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
)

from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.gui.tables.repeat_words import mean_words
from hpo_gui.gui.tables.score_text import score_text
from hpo_gui.gui.tables.trial_columns import TrialColumn, TrialColumns
from hpo_gui.gui.tables.trial_order import Rows, TrialOrder
from hpo_gui.gui.tables.trial_store import TrialStore
from hpo_gui.gui.widgets.plain_tips import plain_tip

Index = QModelIndex | QPersistentModelIndex

TRIAL_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""Number of the row's trial."""
KEEP = 4000  # rows whose words are kept
MANY = 5000  # trials from which columns are read ahead, so that the first sort is quick too
AHEAD_MS = 40

RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class TrialModel(QAbstractTableModel):
    """See the module."""

    def __init__(self, store: TrialStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = store
        self._maker = TrialColumns(store)
        self.columns = self._maker.make()
        self._words: dict[int, tuple[str, ...]] = {}
        self._by = "number"
        self._order = TrialOrder(self._maker.numbers)
        self._cold: list[TrialColumn] = []
        self._ahead = QTimer(self)
        self._ahead.setInterval(AHEAD_MS)
        self._ahead.timeout.connect(self._read_ahead)
        self._rebuild()
        store.reset.connect(self._reset)
        store.changed.connect(self._change)
        store.filtered.connect(self._filtered)
        store.standing_changed.connect(self._restand)
        store.chosen_changed.connect(self._restand)

    # --- what the view asks ---------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """Return how many trials pass the filter."""
        return 0 if parent.isValid() else len(self._order.shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's title."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if column.numeric else LEFT
        if role == Qt.ItemDataRole.InitialSortOrderRole:
            return self._first_order(column.key)
        return plain_tip(column.tip) or None if role == Qt.ItemDataRole.ToolTipRole else None

    def _first_order(self, key: str) -> Qt.SortOrder:
        """The best, the newest and the longest first, words from A to Z."""
        counts = key in ("score", "counted")
        metric = self.store.goal.metric if counts else key.removeprefix("metric ")
        best_last = any(g.metric == metric and not g.maximize for g in self.store.goals)
        words = key in ("state", "from", "tags", "note") or key.startswith("param ")
        down = not (best_last or words)
        return Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's words."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self.words(int(self._order.shown[index.row()]))[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if self.columns[index.column()].numeric else LEFT
        if role == TRIAL_ROLE:
            return int(self._order.shown[index.row()])
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._tip(index))
        return None

    def _tip(self, index: Index) -> str:
        trial = self.trial_at(index.row())
        column = self.columns[index.column()]
        telling = ("state", "sd") if trial.state is TrialState.PRUNED else ("state",)
        if trial.failure is not None and column.key in telling:
            return trial.failure.message
        if column.key in ("number", "version") and (why := self.store.why_outside(trial.number)):
            return self.tr("Outside of today's space: {0}.").format(why)
        if self.is_pale(index.row(), index.column()):
            return self.tr("It was not tuned then; the trial had this value.")
        if column.key == "from" and trial.origin.reason:
            return trial.origin.reason
        if column.key == "note":
            return trial.note
        if self.is_by_hand(trial, column.key):
            return self.tr("Set by hand; measured: {0}").format(self._measured(trial, column.key))
        if column.key in ("score", "counted") and (mean := mean_words(self.store, trial.number)):
            return f"{mean}."
        text = self.words(trial.number)[index.column()]
        return text if len(text) > 14 else ""

    def is_by_hand(self, trial: Trial, key: str) -> bool:
        """Whether the score in a column was set by a person."""
        return trial.measured is not None and self._metric_of(key) in trial.measured.fold_scores

    def _measured(self, trial: Trial, key: str) -> str:
        assert trial.measured is not None
        return score_text(trial.measured.scores.get(self._metric_of(key)))

    def _metric_of(self, key: str) -> str:
        return self.store.goal.metric if key == "score" else key.removeprefix("metric ")

    def is_outside(self, row: int) -> bool:
        """Whether a row's trial is none of the space as it is now."""
        number = int(self._order.shown[row])
        history = self.store.session.history
        return history.edited and number < len(history) and not history.fits[number]

    def is_pale(self, row: int, column: int) -> bool:
        """Whether a cell shows a value that was not tuned when the trial was proposed."""
        key = self.columns[column].key
        if not self.store.edited or not key.startswith("param "):
            return False
        trial, name = self.trial_at(row), key.removeprefix("param ")
        return name in trial.params and not self.store.tuned(trial.number, name)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; NaN and what does not apply come last."""
        if not 0 <= column < len(self.columns):
            return
        self._by = self.columns[column].key
        self._order.key = self.columns[column].sort
        self._order.descending = order == Qt.SortOrder.DescendingOrder
        self.layoutAboutToBeChanged.emit()
        self._order.rebuild(self.store.running, self.store.mask)
        self.layoutChanged.emit()

    # --- rows -----------------------------------------------------------------------------------

    @property
    def shown(self) -> Rows:
        """Numbers of the trials from the first row to the last."""
        return self._order.shown

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """Key of the column sorted by, and whether the largest comes first."""
        return self._by, self._order.descending

    def trial_at(self, row: int) -> Trial:
        """The trial of a row."""
        return self.store.trial(int(self._order.shown[row]))

    def rows_of(self, numbers: Rows) -> Rows:
        """Rows of trials; those that do not pass the filter are left out."""
        place = np.full(self.store.count, -1, dtype=np.intp)
        place[self._order.shown] = np.arange(len(self._order.shown))
        rows: Rows = place[numbers[numbers < self.store.count]]
        return rows[rows >= 0]

    def column_of(self, key: str) -> int:
        """Place of a column by its key, or -1."""
        return next((i for i, column in enumerate(self.columns) if column.key == key), -1)

    def words_at(self, row: int) -> tuple[str, ...]:
        """All cells of a row."""
        return self.words(int(self._order.shown[row]))

    def words(self, number: int) -> tuple[str, ...]:
        """All cells of a trial, kept until it changes; running ones grow older all the time."""
        if number not in self._words:
            trial = self.store.trial(number)
            made = tuple(column.text(trial) for column in self.columns)
            if trial.state.is_open:
                return made
            if len(self._words) >= KEEP:
                self._words.clear()
            self._words[number] = made
        return self._words[number]

    # --- changes --------------------------------------------------------------------------------

    def _reset(self) -> None:
        self.beginResetModel()
        self.columns = self._maker.make()
        self._rebuild()
        self.endResetModel()

    def _rebuild(self) -> None:
        self._words.clear()
        column = self.columns[max(self.column_of(self._by), 0)]
        self._by, self._order.key = column.key, column.sort
        self._order.rebuild(self.store.running, self.store.mask)
        self._cold = list(self.columns) if self.store.count >= MANY else []
        if self._cold:
            self._ahead.start()

    @property
    def is_warming(self) -> bool:
        """Whether columns of a large study are still being read ahead."""
        return bool(self._cold)

    def _read_ahead(self) -> None:
        """Read one column, between two events."""
        if self._cold:
            self._cold.pop(0).sort()
        if not self._cold:
            self._ahead.stop()

    def _filtered(self) -> None:
        self.beginResetModel()
        self._order.show(self.store.running, self.store.mask)
        self.endResetModel()

    def _change(self, numbers: Rows) -> None:
        """Rows at the end come or go in one batch; what moved is told as changed words."""
        for number in numbers.tolist():
            self._words.pop(number, None)
        if self._maker.lacks(self.columns):
            self._reset()
            return
        before = self._order.shown
        self._order.update(numbers, self.store.running, self.store.mask)
        after = self._order.shown
        if len(after) > len(before):
            self.beginInsertRows(QModelIndex(), len(before), len(after) - 1)
            self.endInsertRows()
        elif len(after) < len(before):
            self.beginRemoveRows(QModelIndex(), len(after), len(before) - 1)
            self.endRemoveRows()
        if len(after):
            last = self.index(len(after) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def _restand(self) -> None:
        """Other trials than before are on the front, feasible or chosen."""
        if not self.store.several:
            return
        self._words.clear()
        if self._by == "front":
            self.layoutAboutToBeChanged.emit()
            self._order.rebuild(self.store.running, self.store.mask)
            self.layoutChanged.emit()
        elif len(self._order.shown):
            last = self.index(len(self._order.shown) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def tick(self) -> None:
        """Let running trials grow older."""
        if self.store.running.size and len(self._order.shown):
            row = int(self.store.running.size) - 1
            self.dataChanged.emit(self.index(0, 0), self.index(row, len(self.columns) - 1))
