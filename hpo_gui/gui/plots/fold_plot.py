"""Folds side by side: how single trials did on each fold, and the paired difference in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.comparison import compare
from hpo_gui.analysis.leaderboard import leaderboard
from hpo_gui.core.trial import Trial
from hpo_gui.gui.plots.axis import Axis, Tick
from hpo_gui.gui.plots.canvas import PlotCanvas
from hpo_gui.gui.plots.painted_canvas import Points
from hpo_gui.gui.plots.score_range import score_range
from hpo_gui.gui.plots.series import series_look
from hpo_gui.gui.plots.trial_tip import tip_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import decimals_for, goal_words, score_text
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import SMALL, text_font
from hpo_gui.gui.widgets.painting import elided, paint_marker

MOST = 6


@dataclass(frozen=True)
class FoldLine:
    """A trial's fold scores with its words."""

    trial: Trial
    scores: tuple[float, ...]
    words: str


class FoldPlot(PlotCanvas):
    """The selected trials, else the best ones, beside the defaults."""

    wheel_zooms = False
    right_room = 270
    tick_spacing = (40, 36)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self.lines: list[FoldLine] = []
        self.setAccessibleName(self.tr("Scores on each fold"))
        self._store.reset.connect(self.mark_stale)
        self._store.changed.connect(self.mark_stale)
        session.looking.selection_changed.connect(self.mark_stale)
        self.opened.connect(lambda number: session.looking.select([number]))

    def tip(self, number: int) -> str:
        """Return what is told about a trial."""
        return tip_of(self._store, number)

    def trials(self) -> list[Trial]:
        """Which trials are shown: the selected ones, else the three best; then the defaults."""
        store = self._store
        selected = self._session.looking.selection
        chosen = [store.trial(n) for n in selected if n < store.count][-MOST:]
        chosen = [trial for trial in chosen if trial.fold_scores.get(store.goal.metric)]
        if len(chosen) < 2:
            places = leaderboard(store.history, 3, store.columns, store.test_ratio)
            chosen += [p.trial for p in places if p.trial not in chosen]
        baseline = store.summary.baseline
        if baseline is not None and baseline not in chosen:
            chosen.append(baseline)
        return chosen[:MOST]

    def compute(self) -> None:
        """Read the folds of the trials."""
        metric = self._store.goal.metric
        trials = self.trials()
        self.lines = [FoldLine(t, t.fold_scores[metric], self._words(t, trials)) for t in trials]
        folds = max((len(line.scores) for line in self.lines), default=1)
        every = max(folds // 20, 1)
        ticks = tuple(
            Tick(float(f), self.tr("fold {0}").format(f + 1) if folds <= 8 else str(f + 1))
            for f in range(0, folds, every)
        )
        self.x_home = Axis(-0.3, folds - 0.7, ticks=ticks)
        values = np.array([score for line in self.lines for score in line.scores])
        self.y_home = score_range(values, before=self.y_home).axis
        self.y_name = goal_words(self._store.goal)
        self.setAccessibleDescription("; ".join(line.words for line in self.lines))
        self.repaint_back()

    def _words(self, trial: Trial, trials: Sequence[Trial]) -> str:
        """Its mean, and how it differs from the first trial shown."""
        goal, summary = self._store.goal, self._store.summary
        name = f"#{trial.number}"
        if summary.best is not None and trial.number == summary.best.number:
            name += " " + self.tr("best") if not self._store.several else ""
        elif summary.baseline is not None and trial.number == summary.baseline.number:
            name += " " + self.tr("defaults")
        if trial is trials[0]:
            return f"{name}  {score_text(trial.scores[goal.metric])}"
        told = compare(trial, trials[0], goal, self._store.test_ratio)
        if math.isnan(told.mean):
            return name
        width = told.half_width
        digits = decimals_for(width) if math.isfinite(width) and width > 0 else 4
        better = score_text(told.mean, digits)
        words = f"+{better}" if told.mean > 0 else better
        if math.isfinite(width):
            words += f" ± {score_text(width, digits)}"
        noise = ", " + self.tr("noise") if told.verdict == "within_noise" else ""
        return f"{name}  {words}{noise}"

    def make_points(self) -> Points:
        """Return one point a fold and trial."""
        numbers = [line.trial.number for line in self.lines for _ in line.scores]
        folds = np.array([f for line in self.lines for f in range(len(line.scores))], dtype=float)
        scores = np.array([score for line in self.lines for score in line.scores])
        chosen = np.array(numbers, dtype=np.intp)
        return Points(chosen, self.x_pixels(folds), self.y_pixels(scores))

    def paint_back(self, painter: QPainter, area: QRectF) -> None:
        """Paint the lines, the points and, at the right, the words."""
        places = self._word_places(area)
        for order, (line, y) in enumerate(zip(self.lines, places, strict=True)):
            color, shape = self._look(line.trial, order)
            x = self.x_pixels(np.arange(len(line.scores), dtype=float))
            down = self.y_pixels(np.array(line.scores))
            dots = [QPointF(a, b) for a, b in zip(x, down, strict=True) if math.isfinite(b)]
            faint = QColor(color)
            faint.setAlphaF(0.55)
            painter.setPen(QPen(faint, 1.2))
            painter.drawPolyline(QPolygonF(dots))
            for dot in dots:
                paint_marker(painter, dot, shape, color, 8.0)
            self._paint_word(painter, area, line, y, (color, shape))

    def _look(self, trial: Trial, order: int) -> tuple[str, str]:
        summary = self._store.summary
        if summary.baseline is not None and trial.number == summary.baseline.number:
            return tokens().muted, "plus"
        return series_look(order % 6)

    def _word_places(self, area: QRectF) -> list[float]:
        """Pixels of the words: beside the last point, but never over each other."""
        wanted = [self.pixel(0, float(np.nanmean(line.scores))).y() for line in self.lines]
        order = sorted(range(len(wanted)), key=wanted.__getitem__)
        placed, last = [0.0] * len(wanted), area.top() - 20
        for index in order:
            last = max(wanted[index], last + 20)
            placed[index] = last
        over = max(last - area.bottom(), 0.0)
        return [place - over for place in placed]

    def _paint_word(
        self, painter: QPainter, area: QRectF, line: FoldLine, y: float, look: tuple[str, str]
    ) -> None:
        left = area.right() + 16
        paint_marker(painter, QPointF(left + 4, y), look[1], look[0], 8.0)
        painter.setFont(text_font(SMALL, QFont.Weight.Medium))
        painter.setPen(QColor(tokens().text))
        room = QRectF(left + 16, y - 9, self.width() - left - 24, 18)
        text = elided(painter, line.words, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
