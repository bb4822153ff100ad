"""The model of the trial table: columns over the store, rows by an order of its own."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
)

from hpo_gui.core.parameter import Categorical, Ordinal
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.gui.durations import show_duration
from hpo_gui.gui.tables.score_text import (
    decimals_for,
    metric_words,
    origin_title,
    param_text,
    score_text,
    spread_text,
    state_words,
)
from hpo_gui.gui.tables.trial_order import FloatArray, Rows, TrialOrder
from hpo_gui.gui.tables.trial_store import TrialStore
from hpo_gui.gui.widgets.plain_tips import plain_tip

Index = QModelIndex | QPersistentModelIndex

TRIAL_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""Number of the row's trial."""
LONGEST_SHOWN = 200  # letters of a note that a cell can show
KEEP = 4000  # rows whose words are kept
MANY = 5000  # trials from which columns are read ahead, so that the first sort is quick too
AHEAD_MS = 40

RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True)
class TrialColumn:
    """A column of the table.

    Attributes
    ----------
    key : stable name: "number", "state", "front", "score", "sd", "time", "version", "from",
        "tags", "note", "expected", "param <name>", "metric <name>"
    text : what a trial shows
    sort : numbers to sort by
    """

    key: str
    title: str
    text: Callable[[Trial], str]
    sort: Callable[[], FloatArray]
    numeric: bool = True
    tip: str = ""


class TrialModel(QAbstractTableModel):
    """See the module."""

    def __init__(self, store: TrialStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = store
        self.columns: tuple[TrialColumn, ...] = ()
        self._words: dict[int, tuple[str, ...]] = {}
        self._by = "number"
        self._order = TrialOrder(self._numbers)
        self._cold: list[TrialColumn] = []
        self._ahead = QTimer(self)
        self._ahead.setInterval(AHEAD_MS)
        self._ahead.timeout.connect(self._read_ahead)
        self._make_columns()
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
        metric = key.removeprefix("metric ") if key != "score" else self.store.goal.metric
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
        self._make_columns()
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
        if self._new_metrics() or self._new_words():
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

    # --- columns --------------------------------------------------------------------------------

    def _new_metrics(self) -> bool:
        known = {c.key.removeprefix("metric ") for c in self.columns}
        return not set(self.store.metrics[1:]) <= known

    def _new_words(self) -> bool:
        store, known = self.store, {column.key for column in self.columns}
        return (store.has_tags and "tags" not in known) or (
            store.has_notes and "note" not in known
        )

    def _make_columns(self) -> None:
        store = self.store
        columns, metric = store.columns, store.goal.metric
        self.columns = (
            TrialColumn("number", "#", lambda t: str(t.number), self._numbers),
            TrialColumn(
                "state",
                self.tr("state"),
                lambda t: state_words(t.state),
                lambda: columns.states.astype(float),
                numeric=False,
            ),
            *self._standing(),
            TrialColumn(
                "score",
                metric_words(metric),
                lambda t: score_text(t.scores.get(metric)),
                lambda: columns.scores,
                tip=self.tr("Mean over the folds."),
            ),
            TrialColumn(
                "sd",
                "±",
                self._spread,
                lambda: columns.sd(metric),
                tip=self.tr(
                    "Standard deviation over the folds; how far a trial is that runs or was "
                    "stopped early."
                ),
            ),
            *(self._metric(goal.metric) for goal in columns.goals[1:]),
            TrialColumn("time", self.tr("time"), _seconds, lambda: columns.seconds),
            *self._words_of_people(),
            *(self._parameter(name) for name in columns.space.names),
            *self._version(),
            *(self._metric(name) for name in store.metrics[len(columns.goals) :]),
            TrialColumn(
                "from",
                self.tr("from"),
                lambda t: origin_title(t.origin.strategy),
                self._origins,
                numeric=False,
            ),
            TrialColumn(
                "expected",
                self.tr("expected"),
                _expected,
                lambda: columns.expected,
                tip=self.tr("The score that the strategy expected, ± its standard deviation."),
            ),
        )

    def _version(self) -> tuple[TrialColumn, ...]:
        """After an edit: the version of the specification that a trial was proposed by."""
        store = self.store
        if not store.edited:
            return ()

        def sort() -> FloatArray:
            raw = store.session.history.raw
            return np.array([trial.spec_version for trial in raw], dtype=float)

        tip = self.tr("The version of the specification that the trial belongs to.")
        words = self.tr("version")
        return (TrialColumn("version", words, lambda t: str(t.spec_version), sort, tip=tip),)

    def _standing(self) -> tuple[TrialColumn, ...]:
        """With several goals: which trials are on the front, and which are not feasible."""
        store = self.store
        if not store.several:
            return ()

        def text(trial: Trial) -> str:
            if trial.state is not TrialState.COMPLETE:
                return ""
            if not store.standing["feasible"][trial.number]:
                return self.tr("not feasible")
            words = self.tr("front") if store.standing["front"][trial.number] else ""
            if trial.number == store.session.looking.choice:
                return self.tr("chosen")
            return self.tr("knee") if trial.number == store.pareto.knee else words

        def sort() -> FloatArray:
            standing = store.standing
            return standing["front"].astype(float) + standing["feasible"]

        tip = self.tr(
            "Trials on the Pareto front: no other one is as good in all goals and better."
        )
        return (TrialColumn("front", self.tr("front"), text, sort, numeric=False, tip=tip),)

    def _words_of_people(self) -> tuple[TrialColumn, ...]:
        """Tags and notes, once there are some."""
        tags = TrialColumn("tags", self.tr("tags"), _tags, self._tags, numeric=False)
        note = TrialColumn("note", self.tr("note"), _note, self._notes, numeric=False)
        wanted = ((tags, self.store.has_tags), (note, self.store.has_notes))
        return tuple(column for column, there in wanted if there)

    def _numbers(self) -> FloatArray:
        return np.arange(self.store.count, dtype=float)

    def _origins(self) -> FloatArray:
        codes = self.store.columns.strategy
        return _by_words(codes, [origin_title(name) for name in self.store.columns.strategies])

    def _tags(self) -> FloatArray:
        codes = self.store.columns.tags
        return _by_words(codes, [", ".join(tags) for tags in self.store.columns.tag_sets])

    def _notes(self) -> FloatArray:
        codes = self.store.columns.note
        return _by_words(codes, self.store.columns.notes)

    def _parameter(self, name: str) -> TrialColumn:
        columns = self.store.columns
        listed = isinstance(columns.space[name], Categorical | Ordinal)
        return TrialColumn(
            f"param {name}",
            name,
            lambda trial: param_text(trial, name),
            lambda: columns.positions(name),
            numeric=not listed,
            tip=name,
        )

    def _metric(self, name: str) -> TrialColumn:
        columns = self.store.columns
        timed = name.endswith("_time")

        def text(trial: Trial) -> str:
            value = trial.scores.get(name)
            return show_duration(value) if timed and value is not None else score_text(value)

        return TrialColumn(
            f"metric {name}", metric_words(name), text, lambda: columns.metric(name), tip=name
        )

    def _spread(self, trial: Trial) -> str:
        total = trial.steps or self.store.total_steps
        if trial.state is TrialState.RUNNING:
            if total == 1:
                return ""
            done = min(trial.steps_done + 1, total) if total else trial.steps_done + 1
            return self._place(trial, done, total) if total else str(done)
        if trial.state is TrialState.PRUNED and total:
            return self._place(trial, trial.steps_done, total)
        return spread_text(trial.sd(self.store.goal.metric))

    def _place(self, trial: Trial, done: int, total: int) -> str:
        """How far a trial is."""
        if self.store.history.plan.rows:
            words = self.tr("share {0}/{1}")
        else:
            words = self.tr("step {0}/{1}") if trial.curves else self.tr("fold {0}/{1}")
        return words.format(done, total)


def _by_words(codes: NDArray[np.int32], words: Sequence[str]) -> FloatArray:
    """Codes of words as ranks by alphabet; NaN where there is no word."""
    if not len(words):
        return np.full(len(codes), np.nan)
    ranks = np.argsort(np.argsort(words, kind="stable"), kind="stable")
    return np.where(codes >= 0, ranks[codes], np.nan)


def _tags(trial: Trial) -> str:
    return ", ".join(trial.tags)


def _note(trial: Trial) -> str:
    return " ".join(trial.note[:LONGEST_SHOWN].split())


def _expected(trial: Trial) -> str:
    mean, sd = trial.origin.mean, trial.origin.sd
    if mean is None:
        return ""
    digits = decimals_for(math.nan if sd is None else sd)
    spread = "" if sd is None else spread_text(sd, digits)
    return f"{score_text(mean, digits)} {spread}".strip()


def _seconds(trial: Trial) -> str:
    if trial.state is TrialState.RUNNING and trial.started is not None:
        return show_duration(max(time.time() - trial.started, 0.0))
    return "" if trial.seconds is None else show_duration(trial.seconds)
