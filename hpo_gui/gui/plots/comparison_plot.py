"""The best score so far of several studies over one axis, each named at the end of its line."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from hpo_gui.analysis.study_comparison import Line, StudyComparison
from hpo_gui.core.durations import show_duration
from hpo_gui.gui.plots.axis import Axis, grown, score_axis
from hpo_gui.gui.plots.painted_canvas import FloatArray, PaintedCanvas
from hpo_gui.gui.plots.series import series_look
from hpo_gui.gui.tables.score_text import goal_words, score_text
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import SMALL, text_font
from hpo_gui.gui.widgets.painting import elided, paint_marker
from hpo_gui.gui.widgets.plain_tips import plain_tip

LABEL = 17  # pixels between two names
ROOM = 196
LATE = 0.25  # share of the trials that the scores in view are of, at least


class ComparisonPlot(PaintedCanvas):
    """See the module."""

    right_room = ROOM

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: StudyComparison | None = None
        self.along = "trial"
        self._at: float | None = None  # what is pointed at on the x axis
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Best score of each study"))

    def show_comparison(self, found: StudyComparison | None, along: str) -> None:
        """Show another comparison, or the same by trial or by time."""
        self.found, self.along, self._at = found, along, None
        self._view_changed()

    def curve(self, line: Line) -> tuple[FloatArray, FloatArray]:
        """What is drawn of a study."""
        return line.by_time if self.along == "time" else line.by_trial

    def compute(self) -> None:
        """Choose the axes: the first few scores, which are often far off, may be out of view."""
        found = self.found
        curves = [self.curve(line) for line in found.lines] if found is not None else []
        ends = [float(x[-1]) for x, _ in curves if len(x)]
        last = max(ends, default=1.0)
        time = self.along == "time"
        high = max(last, 0.1) if time else grown(last)
        self.x_home = Axis(0.0, high, kind="time" if time else "count")
        self.x_name = self.tr("time at work") if time else self.tr("trial")
        self.y_name = goal_words(found.goal) if found is not None else ""
        low, top = _in_view(curves)
        self.y_home = score_axis(low, top)
        self._describe()

    def _describe(self) -> None:
        if self.found is None:
            return
        told = [
            f"{line.name}: {score_text(line.score)}"
            for line in self.found.lines
            if line.score is not None
        ]
        self.setAccessibleDescription("; ".join(told))

    def paint_back(self, painter: QPainter, area: QRectF) -> None:
        """Paint the lines, their ends and their names."""
        if self.found is None:
            return
        ends: list[tuple[float, float, int]] = []
        for place, line in enumerate(self.found.lines):
            x, y = self.curve(line)
            if not len(x):
                continue
            across, down = self.x_pixels(x), self.y_pixels(y)
            color, marker = series_look(place)
            pen = QPen(QColor(color), 2)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.save()
            painter.setClipRect(area.adjusted(-1, -4, 1, 4))
            painter.setPen(pen)
            points = zip(across.tolist(), down.tolist(), strict=True)
            painter.drawPolyline(QPolygonF([QPointF(a, b) for a, b in points]))
            painter.restore()
            end = QPointF(float(across[-1]), float(down[-1]))
            paint_marker(painter, end, marker, color, 9)
            ends.append((end.x(), end.y(), place))
        self._paint_names_of_lines(painter, area, ends)

    def _paint_names_of_lines(
        self, painter: QPainter, area: QRectF, ends: list[tuple[float, float, int]]
    ) -> None:
        """Each name at the right, as near to the end of its line as the others leave room."""
        assert self.found is not None
        painter.setFont(text_font(SMALL, QFont.Weight.DemiBold))
        metrics = QFontMetricsF(painter.font())
        tops = _spread([y - LABEL / 2 for _, y, _ in ends], area.top() - 6, area.bottom() - LABEL)
        left = area.right() + 14
        for (x, y, place), top in zip(ends, tops, strict=True):
            color, marker = series_look(place)
            line = self.found.lines[place]
            score = score_text(line.score)
            wide = metrics.horizontalAdvance(score) + 8
            room = self.width() - left - 16 - 10
            middle = top + LABEL / 2
            pen = QPen(QColor(color), 1, Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.drawLine(QPointF(x + 7, y), QPointF(left - 4, middle))
            paint_marker(painter, QPointF(left + 4, middle), marker, color, 8)
            painter.setPen(QColor(tokens().text))
            name = elided(painter, line.name, room - wide)
            place_ = QRectF(left + 14, top, room, LABEL)
            painter.drawText(place_, Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(QColor(tokens().muted))
            painter.drawText(
                place_, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, score
            )

    # --- pointing -------------------------------------------------------------------------------

    def scores_at(self, at: float) -> list[tuple[int, float]]:
        """Place of each study and its best score so far, the best first; those with a score.

        Parameters
        ----------
        at : a place on the x axis; a study that was over by then has its last score
        """
        assert self.found is not None
        scores: list[tuple[int, float]] = []
        for place, line in enumerate(self.found.lines):
            x, y = self.curve(line)
            corner = int(np.searchsorted(x, at, side="right")) - 1
            if corner >= 0:
                scores.append((place, float(y[corner])))
        scores.sort(key=lambda one: one[1], reverse=self.found.goal.maximize)
        return scores

    def pointed_at(self, at: QPointF) -> str:
        """What is told at a pixel: every study's best score so far; "" outside of the plot."""
        place = self._place(at)
        if self.found is None or place is None:
            return ""
        head = self.tr("after trial {0}").format(f"{int(place):,}")
        if self.along == "time":
            head = self.tr("after {0} at work").format(show_duration(place))
        told = [head]
        for number, score in self.scores_at(place):
            line = self.found.lines[number]
            x, _ = self.curve(line)
            words = f"{line.name}: {score_text(score)}"
            told.append(self.tr("{0} (its last)").format(words) if place > x[-1] else words)
        if len(told) == 1:
            told.append(self.tr("no scores yet"))
        return "\n".join(told)

    def _place(self, at: QPointF) -> float | None:
        """A place on the x axis: a whole trial, or seconds; None outside of the plot."""
        area = self.area()
        if not area.contains(at):
            return None
        place = self.x_axis.value((at.x() - area.x()) / area.width())
        return place if self.along == "time" else float(round(place))

    def paint_front(self, painter: QPainter, area: QRectF) -> None:
        """Paint where the lines are pointed at."""
        if self.found is None or self._at is None:
            return
        x = float(self.x_pixels(np.array([self._at]))[0])
        painter.setPen(QPen(QColor(tokens().muted), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        for place, score in self.scores_at(self._at):
            end, _ = self.curve(self.found.lines[place])
            at = self.pixel(self._at, score)
            if self._at <= end[-1] and area.contains(at):
                color, marker = series_look(place)
                paint_marker(painter, at, marker, color, 8)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what is under the mouse."""
        self._at = self._place(event.position())
        words = self.pointed_at(event.position())
        QToolTip.showText(event.globalPosition().toPoint(), plain_tip(words), self)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing any more."""
        self._at = None
        self.update()
        super().leaveEvent(event)


def _in_view(curves: list[tuple[FloatArray, FloatArray]]) -> tuple[float, float]:
    """The scores to show: all ends, and what each line does after its first quarter."""
    seen: list[float] = []
    for x, y in curves:
        if len(x):
            late = x >= x[-1] * LATE
            late[-1] = True
            seen += [float(y[late].min()), float(y[late].max())]
    finite = [value for value in seen if math.isfinite(value)]
    return (min(finite), max(finite)) if finite else (0.0, 1.0)


def _spread(tops: list[float], low: float, high: float) -> list[float]:
    """The same places moved apart so that names do not overlap, within the area."""
    order = np.argsort(tops, kind="stable")
    placed = [0.0] * len(tops)
    floor = low
    for place in order.tolist():
        placed[place] = max(tops[place], floor)
        floor = placed[place] + LABEL
    ceiling = high
    for place in order.tolist()[::-1]:
        placed[place] = min(placed[place], ceiling)
        ceiling = placed[place] - LABEL
    return placed
