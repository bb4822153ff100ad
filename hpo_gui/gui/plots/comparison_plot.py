"""The best score so far of several studies over one axis, each named at the end of its line."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.study_comparison import Line, StudyComparison
from hpo_gui.gui.plots.axis import Axis, grown, score_axis
from hpo_gui.gui.plots.painted_canvas import FloatArray, PaintedCanvas
from hpo_gui.gui.plots.series import series_look
from hpo_gui.gui.tables.score_text import goal_words, score_text
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import SMALL, text_font
from hpo_gui.gui.widgets.painting import elided, paint_marker

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
        self.setAccessibleName(self.tr("Best score of each study"))

    def show_comparison(self, found: StudyComparison | None, along: str) -> None:
        """Show another comparison, or the same by trial or by time."""
        self.found, self.along = found, along
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
