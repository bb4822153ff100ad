"""The studies of a comparison as a table: best score, trials, time, and how each was tried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from hpo_gui.analysis.comparison import Interval
from hpo_gui.analysis.study_comparison import Line, StudyComparison
from hpo_gui.analysis.study_differences import choice_words, model_words
from hpo_gui.core.durations import show_duration
from hpo_gui.gui.plots.series import series_look
from hpo_gui.gui.summaries import title_of
from hpo_gui.gui.tables.leaderboard_table import IntervalDelegate, IntervalModel
from hpo_gui.gui.tables.score_text import difference_text, metric_words, score_text
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.widgets.painting import paint_marker
from hpo_gui.gui.widgets.table_style import dress_table

Index = QModelIndex | QPersistentModelIndex
STUDY, SCORE, INTERVAL, BEHIND, VERDICT, TRIALS, TIME, TO_BEST, STRATEGY, MODELS, SEED = range(11)
WORDS = (STUDY, INTERVAL, VERDICT, STRATEGY, MODELS)
WIDTHS = {
    STUDY: 150,
    SCORE: 92,
    BEHIND: 122,
    VERDICT: 98,
    TRIALS: 66,
    TIME: 66,
    TO_BEST: 82,
    STRATEGY: 96,
    MODELS: 130,
    SEED: 60,
}
NARROW = 960  # pixels below which what the card of differences tells too is left out
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class ComparisonModel(IntervalModel):
    """One row a study, in the order in which they were chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: StudyComparison | None = None

    def show_comparison(self, found: StudyComparison | None) -> None:
        """Show another comparison."""
        self.beginResetModel()
        self.found = found
        self.endResetModel()

    @property
    def lines(self) -> Sequence[Line]:
        """The rows."""
        return self.found.lines if self.found is not None else ()

    def intervals(self) -> Sequence[tuple[Interval, bool]]:
        """Of each study's best trial, and whether it leads or is as good within noise."""
        return [(line.interval, self._is_good(line)) for line in self.lines]

    def _is_good(self, line: Line) -> bool:
        if line.ahead is None:
            return self._leads(line)
        return line.ahead.verdict == "within_noise"

    def _leads(self, line: Line) -> bool:
        found = self.found
        return found is not None and found.leader is not None and found.lines[found.leader] is line

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """Return how many studies there are."""
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else SEED + 1

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
        metric = metric_words(self.found.goal.metric) if self.found is not None else ""
        titles = (
            self.tr("study"),
            metric,
            self.tr("95 % interval"),
            self.tr("behind best"),
            self.tr("verdict"),
            self.tr("trials"),
            self.tr("time"),
            self.tr("to best"),
            self.tr("strategy"),
            self.tr("models"),
            self.tr("seed"),
        )
        return titles[section]

    def _hint(self, section: int) -> str | None:
        return {
            INTERVAL: self.tr(
                "Mean and 95 % confidence interval of the study's best trial, corrected for the "
                "overlap of the training sets."
            ),
            BEHIND: self.tr("The best study's best trial against this one's, fold by fold."),
            TRIALS: self.tr("With a score, of all."),
            TIME: self.tr("While at least one trial ran."),
            TO_BEST: self.tr("Of that time, until the best trial had finished."),
        }.get(section)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's words."""
        line, column = self.lines[index.row()], index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT if column in WORDS else RIGHT
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(line, column)
        if role == Qt.ItemDataRole.DecorationRole and column == STUDY:
            return marker_icon(index.row())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._facts(line, column)
        if role == Qt.ItemDataRole.ForegroundRole and column in (TIME, TO_BEST, SEED):
            return QColor(tokens().muted)
        return None

    def _facts(self, line: Line, column: int) -> str:
        if column == STUDY:
            return "\n".join(filter(None, (line.name, line.studied.source)))
        if column == SCORE and line.best is not None:
            return self.tr("trial {0:,}").format(line.best.number)
        return self._words(line, column)

    def _words(self, line: Line, column: int) -> str:
        spec, ahead = line.studied.spec, line.ahead
        match column:
            case 0:
                return line.name
            case 1:
                return score_text(line.score)
            case 3:
                known = ahead is not None and not math.isnan(ahead.mean)
                return difference_text(ahead.mean, ahead.half_width) if ahead and known else ""
            case 4:
                return self.verdict(line)
            case 5:
                return f"{line.complete:,} / {line.trials:,}"
            case 6:
                return show_duration(line.seconds) if line.trials else ""
            case 7:
                return show_duration(line.to_best) if line.to_best is not None else ""
            case 8:
                return choice_words(spec.strategy)
            case 9:
                return ", ".join(title_of(m.name) for m in spec.models) or model_words(spec)
            case 10:
                return str(spec.seed)
        return ""

    def verdict(self, line: Line) -> str:
        """What may be said of a study, in a word or two."""
        if self._leads(line):
            return self.tr("best")
        if line.ahead is None:
            return ""
        return {
            "better": self.tr("worse"),
            "worse": self.tr("better"),
            "within_noise": self.tr("within noise"),
            "unknown": self.tr("cannot tell"),
        }[line.ahead.verdict]


class ComparisonTable(QTableView):
    """See `ComparisonModel`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = ComparisonModel(self)
        dress_table(self)
        self.setTabKeyNavigation(False)
        self.setAccessibleName(self.tr("Studies compared"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setModel(self.rows)
        self.setIconSize(QSize(12, 12))
        self.setItemDelegateForColumn(INTERVAL, IntervalDelegate(self))
        head = self.horizontalHeader()
        for column, width in WIDTHS.items():
            head.resizeSection(column, width)
        head.setSectionResizeMode(INTERVAL, QHeaderView.ResizeMode.Stretch)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what is least needed where there is little room."""
        super().resizeEvent(event)
        narrow = event.size().width() < NARROW
        for column in (TO_BEST, STRATEGY, MODELS, SEED):
            self.setColumnHidden(column, narrow)

    def show_comparison(self, found: StudyComparison | None) -> None:
        """Show another comparison."""
        self.rows.show_comparison(found)


def marker_icon(place: int) -> QIcon:
    """The marker of a study, as in the plot."""
    color, marker = series_look(place)
    picture = QPixmap(24, 24)
    picture.setDevicePixelRatio(2.0)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    paint_marker(painter, QPointF(QRect(0, 0, 12, 12).center()) + QPointF(0.5, 0.5), marker, color)
    painter.end()
    return QIcon(picture)
