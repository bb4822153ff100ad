"""The convergence plot: every trial's score, the best so far, and the baseline of the defaults."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from hpo_gui.gui.plots.convergence_points import ConvergencePoints
from hpo_gui.gui.tables.score_text import decimals_for, score_text
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import SMALL, text_font
from hpo_gui.gui.widgets.painting import paint_marker

TICK = 11
MOST_RINGS = 500
STEP = 6  # pixels from one place for words to the next
ENOUGH = 500  # trials that are looked at for such a place
NEAR_LINE = 32  # pixels around a level line within which its words stand


class ConvergencePlot(ConvergencePoints):
    """Paints lines, running trials, rings and words over the kept picture of the points."""

    def paint_front(self, painter: QPainter, area: QRectF) -> None:
        """Paint lines, running trials, rings and words."""
        if self._shown is None:
            return
        painter.save()
        painter.setClipRect(QRectF(0, area.top() - 8, self.width(), area.height() + 16))
        if self.has_line:
            self._paint_baseline(painter, area)
            self._paint_best_line(painter, area)
        self._paint_running(painter, area)
        self._paint_rings(painter, area)
        painter.restore()
        self._paint_note(painter, area)

    def _paint_baseline(self, painter: QPainter, area: QRectF) -> None:
        assert self._shown is not None
        if self._shown.baseline is None:
            return
        score = self._shown.baseline[1]
        y = self.pixel(0, score).y()
        if not area.top() <= y <= area.bottom():
            return
        pen = QPen(QColor(tokens().muted), 1)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
        best = self._best_word_place(area)
        for left, right in _beside(best, y, area):
            painter.drawLine(QPointF(left, y), QPointF(right, y))
        text = self.tr("defaults {0}").format(score_text(score, self._digits()))
        painter.setFont(text_font(TICK))
        painter.setPen(QColor(tokens().muted))
        wide = QFontMetricsF(painter.font()).horizontalAdvance(text)
        place = self._free_place(y, wide, area, best)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _free_place(self, y: float, wide: float, area: QRectF, taken: QRectF | None) -> QRectF:
        """Where words beside a level line hide the fewest trials, as far right as they can.

        Parameters
        ----------
        taken : words that stand already
        """
        above, below = y - 17, y + 2
        tops = [below, above] if self._best_line_above(y) else [above, below]
        if taken is not None:
            tops.append(taken.bottom() + 1)
        lefts = np.arange(area.right() - wide, area.left() - 1, -STEP).tolist()
        places = [
            place
            for left in lefts
            for top in tops
            if area.top() - 8 <= top and top + 15 <= area.bottom() + 8
            if not (place := QRectF(left, top, wide, 15)).intersects(taken or QRectF())
        ]
        if not places:
            return QRectF(area.right() - wide, tops[-1], wide, 15)
        return self._least_hiding(places, y)

    def _least_hiding(self, places: list[QRectF], y: float) -> QRectF:
        """The first of the places around a level line that hide the fewest trials."""
        x, up = self._pixels(np.flatnonzero(self._drawn & self._store.mask))
        near = np.flatnonzero(abs(up - y) < NEAR_LINE)
        near = near[:: len(near) // ENOUGH + 1]  # where there are more, all places hide some
        x, up = x[near], up[near]

        def hidden(place: QRectF) -> int:
            room = place.adjusted(-6, -6, 6, 6)
            across = (x > room.left()) & (x < room.right())
            return int((across & (up > room.top()) & (up < room.bottom())).sum())

        return min(places, key=hidden)

    def _best_line_above(self, y: float) -> bool:
        """Whether the best line would run through words that stand above ``y``."""
        assert self._shown is not None
        if not len(self._shown.line_y):
            return False
        best = self.pixel(0, float(self._shown.line_y[-1])).y()
        return y - 22 <= best <= y + 1

    def _paint_best_line(self, painter: QPainter, area: QRectF) -> None:
        shown = self._shown
        assert shown is not None
        if shown.best is None or not len(shown.line_x):
            return
        x, y = self.x_pixels(shown.line_x), self.y_pixels(shown.line_y)
        corners = [QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        pen = QPen(QColor(tokens().accent), 2)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.save()
        painter.setClipRect(area.adjusted(-2, -2, 2, 2), Qt.ClipOperation.IntersectClip)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(corners))
        painter.restore()
        if (place := self._best_word_place(area)) is not None:
            painter.setFont(text_font(SMALL - 1, QFont.Weight.DemiBold))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, self._best_word())

    def _best_word(self) -> str:
        assert self._shown is not None
        score = score_text(float(self._shown.line_y[-1]), self._digits())
        return self.tr("best {0}").format(score) if self.of_goal else score

    def _best_word_place(self, area: QRectF) -> QRectF | None:
        """Where the words of the best line stand; None while there is no line in view."""
        shown = self._shown
        if shown is None or shown.best is None or not len(shown.line_x):
            return None
        end = self.pixel(float(shown.line_x[-1]), float(shown.line_y[-1]))
        if not (area.left() <= end.x() and area.top() - 4 <= end.y() <= area.bottom()):
            return None
        metrics = QFontMetricsF(text_font(SMALL - 1, QFont.Weight.DemiBold))
        wide = metrics.horizontalAdvance(self._best_word()) + 2
        left = min(end.x(), area.right()) + 10
        least = area.top() - 8
        if left + wide <= self.width() - 6:
            return QRectF(left, max(end.y() - 8, least), wide, 16)
        right = min(area.right(), end.x()) - wide
        tops = [top for top in (end.y() - 22, end.y() + 6) if top > least] or [least]
        lefts = np.arange(right, area.left(), -STEP).tolist() or [right]
        places = [QRectF(left, top, wide, 16) for left in lefts for top in tops]
        return self._least_hiding(places, end.y())

    def _paint_running(self, painter: QPainter, area: QRectF) -> None:
        rows = self._store.running[:64]
        rows = rows[self._store.mask[rows]]
        x, y = self._pixels(rows)
        pen = QPen(QColor(tokens().muted), 1.3)
        pen.setDashPattern([2, 1.6])
        for across, down in zip(x.tolist(), y.tolist(), strict=True):
            if area.adjusted(-6, -6, 6, 6).contains(across, down):
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(QPointF(across, down), 4.2, 4.2)

    def _paint_rings(self, painter: QPainter, area: QRectF) -> None:
        """Rings around the selected trials, else the best, and around what is pointed at."""
        assert self._shown is not None
        count = self._store.count
        newest = self._session.looking.selection[-MOST_RINGS:]
        chosen = [number for number in newest if number < count]
        if not chosen and self._shown.best is not None and self.of_goal:
            chosen = self._store.marked
        rows = np.array(chosen[-MOST_RINGS:], dtype=np.intp)
        rows = rows[self._store.mask[rows]] if len(rows) else rows
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for across, down in zip(*(a.tolist() for a in self._pixels(rows)), strict=True):
            if math.isfinite(across) and area.adjusted(-2, -2, 2, 2).contains(across, down):
                painter.setPen(QPen(QColor(tokens().accent), 2))
                painter.drawEllipse(QPointF(across, down), 7.5, 7.5)
        if 0 <= self.pointed < self._store.count:
            x, y = self._pixels(np.array([self.pointed]))
            painter.setPen(QPen(QColor(tokens().text), 1))
            painter.drawEllipse(QPointF(float(x[0]), float(y[0])), 7.5, 7.5)
            paint_marker(painter, QPointF(float(x[0]), float(y[0])), "ring", tokens().text, 4)

    def _paint_note(self, painter: QPainter, area: QRectF) -> None:
        """Say how many scores stand at the edge."""
        if self.is_zoomed or not self._at_edge:
            return
        painter.setFont(text_font(TICK))
        painter.setPen(QColor(tokens().muted))
        text = self.tr("{0:,} worse at the edge").format(self._at_edge)
        down = self._store.goal.maximize
        top = area.bottom() - 22 if down else area.top() + 6
        place = QRectF(area.left(), top, area.width(), 15)
        side = Qt.AlignmentFlag.AlignRight
        line = self._baseline_y()
        if abs(place.center().y() - line) < 30:  # its words stand at the right
            side = Qt.AlignmentFlag.AlignLeft
        if abs(place.center().y() - line) < 9:  # it would strike the words out
            under = line + 2
            place.moveTop(under if under + 15 <= area.bottom() + 8 else line - 17)
        painter.drawText(place, side | Qt.AlignmentFlag.AlignVCenter, text)

    def _baseline_y(self) -> float:
        """The pixel of the line of the defaults; infinite where there is none."""
        shown = self._shown
        if not self.has_line or shown is None or shown.baseline is None:
            return math.inf
        return self.pixel(0, shown.baseline[1]).y()

    def _digits(self) -> int:
        return max(min(decimals_for((self.y_home.high - self.y_home.low) / 10), 6), 1)


def _beside(words: QRectF | None, y: float, area: QRectF) -> list[tuple[float, float]]:
    """The parts of a level line at the left and right of words, which it would strike out."""
    whole = area.left(), area.right()
    if words is None or not words.top() <= y <= words.bottom():
        return [whole]
    parts = (area.left(), words.left() - 4), (words.right() + 4, area.right())
    return [(left, right) for left, right in parts if left < right]
