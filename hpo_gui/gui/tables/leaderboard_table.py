"""The leaderboard as a table: rank, score with its interval drawn, and what is only noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from hpo_gui.analysis.comparison import Interval
from hpo_gui.analysis.leaderboard import Place, leaderboard
from hpo_gui.core.durations import show_duration
from hpo_gui.core.trial import Trial
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.front_words import choice_words
from hpo_gui.gui.tables.score_text import (
    decimals_for,
    difference_text,
    metric_words,
    origin_title,
    score_text,
    spread_text,
)
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.widgets.plain_tips import plain_tip
from hpo_gui.gui.widgets.table_style import dress_table

Index = QModelIndex | QPersistentModelIndex
COUNT = 20
COMPARED = 5  # rows, the best ones, whose intervals are shown whole
MOST_NAMED = 8  # runs of a configuration
FOLLOW_MS = 400
WIDTH_FROM = 108  # px
RANK, NUMBER, SCORE, INTERVAL, BEHIND, VERDICT, TIME, FROM = range(8)
OTHERS = FROM + 1  # with several goals: a column for each of the others
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class IntervalModel(QAbstractTableModel):
    """A table with a column of intervals that `IntervalDelegate` draws on a common scale."""

    def intervals(self) -> Sequence[tuple[Interval, bool]]:
        """Of each row, and whether it is as good as the best within noise."""
        raise NotImplementedError

    def reference(self) -> float | None:
        """A score that is drawn as a dashed line in all rows."""
        return None

    def scale(self) -> tuple[float, float]:
        """The ends of the common scale: what is far worse than most does not flatten the rest."""
        told = [told for told, _ in self.intervals() if math.isfinite(told.mean)]
        reference = self.reference()
        seen = [] if reference is None or not math.isfinite(reference) else [reference]
        if not told:
            return 0.0, 1.0
        means = np.array([one.mean for one in told])
        halves = np.array([one.half_width for one in told])
        halves = np.where(np.isfinite(halves), halves, 0.0)
        low = min([*(means - halves)[:COMPARED], *seen])
        high = max([*(means + halves)[:COMPARED], *seen])
        return (low, high) if low < high else (low - 1.0, high + 1.0)


class LeaderboardModel(IntervalModel):
    """A few rows, made anew when trials finish."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = trial_store(session)
        self.places: tuple[Place, ...] = ()
        self._shown: tuple[tuple[str, ...], Trial | None] = ((), None)

    def refresh(self) -> None:
        """Rank the trials; nothing happens when the ranking is the same."""
        store = self._store
        places = leaderboard(store.history, COUNT, store.columns, store.test_ratio)
        if places == self.places and self._shown == (self._others, self._store.chosen):
            return
        self.beginResetModel()
        self._shown = self._others, self._store.chosen
        self.places = places
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """Return how many trials are ranked."""
        return 0 if parent.isValid() else len(self.places)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else OTHERS + len(self._others)

    @property
    def _others(self) -> tuple[str, ...]:
        """Metrics of the goals beside that looked at."""
        return tuple(goal.metric for goal in self._store.columns.goals[1:])

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's title."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT if section in (INTERVAL, VERDICT, FROM) else RIGHT
        if role == Qt.ItemDataRole.ToolTipRole and section == INTERVAL:
            return self.tr(
                "Mean and 95 % confidence interval, corrected for the overlap of the training "
                "sets. The dashed line is the defaults."
            )
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        several = self._store.several
        titles = (
            self.tr("front") if several else "",
            "#",
            metric_words(self._store.goal.metric),
            self.tr("95 % interval"),
            self.tr("behind best"),
            self.tr("standing") if several else self.tr("verdict"),
            self.tr("fit time"),
            self.tr("from"),
            *(metric_words(metric) for metric in self._others),
        )
        return titles[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's words."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT if index.column() in (INTERVAL, VERDICT, FROM) else RIGHT
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(self.places[index.row()], index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._repeats_words(self.places[index.row()])) or None
        if role == Qt.ItemDataRole.ForegroundRole and index.column() in (RANK, FROM, TIME):
            return QColor(tokens().muted)
        return None

    def _words(self, place: Place, column: int) -> str:
        trial, behind = place.trial, place.behind
        if column >= OTHERS:
            return score_text(trial.scores.get(self._others[column - OTHERS]))
        if column == SCORE:
            if place.repeats is not None and self._store.history.plan.averages:
                return score_text(place.repeats.mean)
            width = place.interval.half_width
            known = math.isfinite(width) and width > 0
            return score_text(place.interval.mean, max(decimals_for(width), 4) if known else 4)
        if column == TIME:
            seconds = trial.scores.get("fit_time", trial.seconds)
            return "" if seconds is None else show_duration(seconds)
        if column == FROM:
            return (
                self.tr("defaults") if place.is_baseline else origin_title(trial.origin.strategy)
            )
        if column == BEHIND:
            if behind is None or math.isnan(behind.mean):
                return ""
            return difference_text(behind.mean, behind.half_width)
        return {
            RANK: str(place.rank) if place.feasible or not self._store.several else "",
            NUMBER: f"{trial.number}{_times(place)}",
            VERDICT: self.verdict(place),
        }.get(column, "")

    def _repeats_words(self, place: Place) -> str:
        """How all runs of a configuration scored."""
        found = place.repeats
        if found is None:
            return ""
        digits = decimals_for(found.sd)
        text = f"{score_text(found.mean, digits)} {spread_text(found.sd, digits)}"
        runs = ", ".join(f"#{number}" for number in found.numbers[:MOST_NAMED])
        return self.tr("{0} over {1} runs: {2}").format(text, len(found.numbers), runs)

    def verdict(self, place: Place) -> str:
        """What can be said about a place, in words."""
        if self._store.several:
            return self._standing(place)
        if place.behind is None:
            return self.tr("best")
        words = {
            "better": self.tr("worse"),
            "within_noise": self.tr("≈ within noise"),
            "worse": self.tr("better?"),
            "unknown": "",
        }
        return words[place.behind.verdict]

    def _standing(self, place: Place) -> str:
        """What a trial is among several goals."""
        if not place.feasible:
            nearest = place.trial.number == self._store.pareto.nearest
            return self.tr("nearest") if nearest else self.tr("not feasible")
        words = choice_words(self._store, place.trial.number)
        return words or self.tr("dominated")

    def intervals(self) -> Sequence[tuple[Interval, bool]]:
        """Of each place."""
        return [(place.interval, place.within_noise) for place in self.places]

    def reference(self) -> float | None:
        """The score of the defaults."""
        return next((p.interval.mean for p in self.places if p.is_baseline), None)


def _times(place: Place) -> str:
    """How many runs a line stands for, where there are several."""
    return "" if place.repeats is None else f" ×{len(place.repeats.numbers)}"


class IntervalDelegate(QStyledItemDelegate):
    """Draws the mean and its interval of an `IntervalModel` on a scale that all rows share."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the cell, the reference, the interval and the mean."""
        super().paint(painter, option, index)
        model = index.model()
        if not isinstance(model, IntervalModel):
            return
        (told, within_noise), (low, high) = model.intervals()[index.row()], model.scale()
        if not math.isfinite(told.mean):
            return
        room = QRectF(option.rect).adjusted(16, 0, -16, 0)
        middle = room.center().y()

        def at(value: float) -> float:
            share = min(max((value - low) / (high - low), 0.0), 1.0)
            return room.x() + share * room.width()

        colors = tokens()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        reference = model.reference()
        if reference is not None and math.isfinite(reference):
            pen = QPen(QColor(colors.muted), 1)
            pen.setDashPattern([3, 3])
            painter.setPen(pen)
            x = at(reference)
            painter.drawLine(QPointF(x, room.top() + 1), QPointF(x, room.bottom() - 1))
        color = QColor(colors.accent if within_noise else colors.muted)
        half = told.half_width
        if math.isfinite(half):
            painter.setPen(QPen(color, 1.5))
            left, right = at(told.mean - half), at(told.mean + half)
            painter.drawLine(QPointF(left, middle), QPointF(right, middle))
            for end, whole in ((left, told.mean - half >= low), (right, told.mean + half <= high)):
                if whole:  # one that is cut off has no end to show
                    painter.drawLine(QPointF(end, middle - 3), QPointF(end, middle + 3))
        if low <= told.mean <= high:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(QPointF(at(told.mean), middle), 3.5, 3.5)
        else:
            _paint_beyond(painter, QPointF(at(told.mean), middle), color, told.mean > high)
        painter.restore()


def _paint_beyond(painter: QPainter, tip: QPointF, color: QColor, right: bool) -> None:
    """An arrow head at the end of the scale, for a mean that lies beyond it."""
    back = -6 if right else 6
    head = [tip, tip + QPointF(back, -4), tip + QPointF(back, 4)]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(head)


class RankingTable(QTableView):
    """A ranking that is made anew when trials finish, and selects with everybody else.

    A subclass makes the model, calls `begin`, and says which trial stands in a row.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self._telling = False
        dress_table(self)
        self.setTabKeyNavigation(False)

    def begin(self, model: IntervalModel, interval: int, widths: Mapping[int, int]) -> None:
        """Show a model, and follow the trials and the selection.

        Parameters
        ----------
        interval : the column that is drawn by `IntervalDelegate` and takes the room that is left
        widths : column -> pixels
        """
        self.setModel(model)
        self.setItemDelegateForColumn(interval, IntervalDelegate(self))
        head = self.horizontalHeader()
        for column, width in widths.items():
            head.resizeSection(column, width)
        head.setSectionResizeMode(interval, QHeaderView.ResizeMode.Stretch)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self.refresh)
        self._store.reset.connect(self.refresh)
        self._store.changed.connect(self._follow)
        self._store.chosen_changed.connect(self._follow)
        self._session.looking.selection_changed.connect(self._selection_came)
        self.selectionModel().selectionChanged.connect(self._tell)
        self.refresh()

    def number_at(self, row: int) -> int | None:
        """Number of the trial in a row; None where there is none."""
        raise NotImplementedError

    def rank(self) -> None:
        """Make the rows anew."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Rank again, and select again."""
        self._telling = True
        self.rank()
        self._telling = False
        self._selection_came(self._session.looking.selection)

    def _follow(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while hidden."""
        super().showEvent(event)
        self.refresh()

    def _tell(self) -> None:
        if self._telling:
            return
        rows = sorted({index.row() for index in self.selectedIndexes()})
        numbers = [self.number_at(row) for row in rows]
        self._telling = True
        self._session.looking.select([number for number in numbers if number is not None])
        self._telling = False

    def _selection_came(self, numbers: Sequence[int]) -> None:
        if self._telling:
            return
        self._telling = True
        self.clearSelection()
        chosen, flags = set(numbers), QItemSelectionModel.SelectionFlag
        for row in range(self.model().rowCount()):
            if self.number_at(row) in chosen:
                self.selectionModel().select(self.model().index(row, 0), flags.Select | flags.Rows)
                if self.selectionMode() == QAbstractItemView.SelectionMode.SingleSelection:
                    break
        self._telling = False


class LeaderboardTable(RankingTable):
    """See the module."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.ranking = LeaderboardModel(session, self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(self.tr("Leaderboard"))
        widths = {NUMBER: 52, SCORE: 84, BEHIND: 118, TIME: 68, FROM: WIDTH_FROM}
        self.begin(self.ranking, INTERVAL, widths)

    def number_at(self, row: int) -> int | None:
        """Number of the trial in a row."""
        return self.ranking.places[row].trial.number

    def rank(self) -> None:
        """Rank the trials, and show the columns that several goals leave room for."""
        self.ranking.refresh()
        several = self._store.several
        self.setColumnHidden(BEHIND, several)
        head = self.horizontalHeader()
        self.setColumnHidden(TIME, several)
        self.setColumnHidden(INTERVAL, len(self._store.goals) > 3)  # scores leave it no room
        head.resizeSection(SCORE, max(84, head.sectionSizeHint(SCORE)))
        verdict = max(150, self.sizeHintForColumn(VERDICT)) if several else 116
        head.resizeSection(VERDICT, verdict)
        head.resizeSection(RANK, 62 if several else 46)
        again = any(place.repeats is not None for place in self.ranking.places)
        head.resizeSection(NUMBER, 80 if again else 52)  # room for "118 ×12"
        for column in range(OTHERS, self.ranking.columnCount()):
            head.resizeSection(column, max(104, head.sectionSizeHint(column)))
            if head.visualIndex(column) != INTERVAL + 1 + column - OTHERS:
                head.moveSection(head.visualIndex(column), INTERVAL + 1 + column - OTHERS)
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what is least needed where there is little room."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Show where trials are from unless the intervals need the room."""
        head = self.horizontalHeader()
        others = (n for n in range(self.ranking.columnCount()) if n not in (INTERVAL, FROM))
        taken = sum(head.sectionSize(column) for column in others)  # a hidden one has none
        wanted = taken + head.sectionSizeHint(INTERVAL) + WIDTH_FROM
        cramped = wanted > self.viewport().width()
        self.setColumnHidden(FROM, cramped or len(self._store.goals) > 2)
