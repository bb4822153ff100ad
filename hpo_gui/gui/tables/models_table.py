"""The models of a study as a table: the best trial of each, what it costs, what is only noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from hpo_gui.analysis.comparison import Interval
from hpo_gui.analysis.model_board import ModelPlace, model_board
from hpo_gui.core.durations import show_duration
from hpo_gui.gui.session import Session
from hpo_gui.gui.summaries import title_of
from hpo_gui.gui.tables.leaderboard_table import IntervalModel, RankingTable
from hpo_gui.gui.tables.score_text import (
    decimals_for,
    difference_text,
    metric_words,
    score_text,
)
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.theme import tokens

Index = QModelIndex | QPersistentModelIndex
FOLLOW_MS = 400
NARROW = 960
RANK, MODEL, SCORE, INTERVAL, BEHIND, VERDICT, TRIALS, TIME, FIT, PREDICT = range(10)
WORDS = (MODEL, INTERVAL, VERDICT)
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class ModelsModel(IntervalModel):
    """One row a model."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self.places: tuple[ModelPlace, ...] = ()

    def refresh(self) -> None:
        """Rank the models; nothing happens when the ranking is the same."""
        store = self._store
        names = [model.name for model in self._session.spec.models]
        places: tuple[ModelPlace, ...] = ()
        if len(names) > 1:
            places = model_board(store.history, names, store.columns, store.test_ratio)
        if repr(places) == repr(self.places):  # NOTE: NaN is not equal to itself
            return
        self.beginResetModel()
        self.places = places
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """Return how many models there are."""
        return 0 if parent.isValid() else len(self.places)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else PREDICT + 1

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's title."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT if section in WORDS else RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._hint(section)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        titles = (
            "",
            self.tr("model"),
            metric_words(self._store.goal.metric),
            self.tr("95 % interval"),
            self.tr("behind best"),
            self.tr("verdict"),
            self.tr("trials"),
            self.tr("time"),
            self.tr("fit"),
            self.tr("predict"),
        )
        return titles[section]

    def _hint(self, section: int) -> str | None:
        return {
            INTERVAL: self.tr(
                "Mean and 95 % confidence interval of the model's best trial, corrected for the "
                "overlap of the training sets."
            ),
            TIME: self.tr("What all its trials have taken."),
            FIT: self.tr("Mean over the folds, of the best trial."),
            PREDICT: self.tr("Mean over the folds, of the best trial."),
        }.get(section)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's words."""
        place, column = self.places[index.row()], index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT if column in WORDS else RIGHT
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(place, column)
        if role == Qt.ItemDataRole.ToolTipRole and column in (MODEL, VERDICT, TRIALS):
            return self._facts(place)
        if role == Qt.ItemDataRole.ForegroundRole and column in (RANK, TIME, FIT, PREDICT):
            return QColor(tokens().muted)
        if role == Qt.ItemDataRole.ForegroundRole and column == TRIALS and place.failed:
            return QColor(tokens().warning)
        return None

    def _words(self, place: ModelPlace, column: int) -> str:
        if column == MODEL:
            return title_of(place.model)
        if column == TRIALS:
            if place.failed:
                return self.tr("{0:,} ({1:,} failed)").format(place.trials, place.failed)
            return f"{place.trials:,}"
        if column == TIME:
            return show_duration(place.seconds) if place.trials else ""
        if column == VERDICT:
            return self.verdict(place)
        if place.best is None:
            return ""
        if column == SCORE:
            width = place.interval.half_width
            known = math.isfinite(width) and width > 0
            return score_text(place.interval.mean, max(decimals_for(width), 4) if known else 4)
        if column == BEHIND:
            behind = place.behind
            if behind is None or math.isnan(behind.mean):
                return ""
            return difference_text(behind.mean, behind.half_width)
        seconds = {FIT: place.fit_time, PREDICT: place.predict_time}.get(column, math.nan)
        if column == RANK:
            return str(place.rank)
        return show_duration(seconds) if math.isfinite(seconds) else ""

    def verdict(self, place: ModelPlace) -> str:
        """What can be said about a model, in words."""
        if place.best is None:
            return self.tr("no score") if place.trials else self.tr("not tried")
        if place.behind is None:
            return self.tr("best")
        words = {
            "better": self.tr("worse"),
            "within_noise": self.tr("≈ within noise"),
            "worse": self.tr("better?"),
            "unknown": "",
        }
        return words[place.behind.verdict]

    def _facts(self, place: ModelPlace) -> str:
        counts = self.tr("{0} complete, {1} stopped early, {2} failed").format(
            place.complete, place.pruned, place.failed
        )
        if place.gain is not None:
            size = difference_text(place.gain.mean, place.gain.half_width)
            counts += "\n" + self.tr("{0} better than a dummy").format(size)
        if not place.failure:
            return counts
        return counts + "\n" + self.tr("The last one failed: {0}").format(place.failure)

    def intervals(self) -> Sequence[tuple[Interval, bool]]:
        """Of each model's best trial."""
        return [(place.interval, place.within_noise) for place in self.places]


class ModelsTable(RankingTable):
    """See the module; a click selects the model's best trial everywhere."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.ranking = ModelsModel(session, self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAccessibleName(self.tr("Models"))
        widths = {
            RANK: 32,
            MODEL: 140,
            SCORE: 104,
            BEHIND: 132,
            VERDICT: 124,
            TIME: 84,
            FIT: 68,
            PREDICT: 76,
        }
        self.begin(self.ranking, INTERVAL, widths)

    @property
    def chosen(self) -> ModelPlace | None:
        """The selected model, or the best; None where none has a score."""
        rows = sorted({index.row() for index in self.selectedIndexes()})
        place = self.ranking.places[rows[0] if rows else 0] if self.ranking.places else None
        return place if place is not None and place.best is not None else None

    def number_at(self, row: int) -> int | None:
        """Number of a model's best trial; None where it has no score."""
        best = self.ranking.places[row].best
        return None if best is None else best.number

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what is least needed where there is little room."""
        super().resizeEvent(event)
        narrow = event.size().width() < NARROW
        for column in (BEHIND, FIT, PREDICT):
            self.setColumnHidden(column, narrow)

    def rank(self) -> None:
        """Rank the models, with room for the failures where there are any."""
        self.ranking.refresh()
        failed = any(place.failed for place in self.ranking.places)
        self.horizontalHeader().resizeSection(TRIALS, 112 if failed else 62)
