"""Trials in the plane of two goals: the front, what it dominates, thresholds, the knee."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.pareto import Rows, staircase
from hpo_gui.core.goal import Goal
from hpo_gui.gui.plots.axis import Axis
from hpo_gui.gui.plots.canvas import PlotCanvas
from hpo_gui.gui.plots.painted_canvas import FloatArray, Points
from hpo_gui.gui.plots.pareto_look import ParetoLook
from hpo_gui.gui.plots.scatter_layers import PointSeries, paint_points
from hpo_gui.gui.plots.score_range import ScoreRange, score_range
from hpo_gui.gui.plots.trial_tip import tip_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import metric_words, score_text, tr
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import SMALL, text_font
from hpo_gui.gui.widgets.painting import paint_marker

WIDE_RANGE = 100.0  # largest / smallest score from which an axis is logarithmic by itself
MOST_RINGS = 200
MOST_BARS = 150


class ParetoPlot(PlotCanvas):
    """See the module; its owner tells it when to look again.

    Parameters
    ----------
    across, up : places of the two goals
    small : one of several in a grid
    """

    crosses = True
    right_room = 26
    tick_spacing = (84, 40)

    def __init__(
        self,
        session: Session,
        look: ParetoLook,
        across: int = 0,
        up: int = 1,
        parent: QWidget | None = None,
        *,
        small: bool = False,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self._look = look
        self.across, self.up = across, up
        self._small = small
        self.wheel_zooms = not small
        self._rows: Rows = np.empty(0, dtype=np.intp)
        self._ranges = ScoreRange(Axis(0.0, 1.0)), ScoreRange(Axis(0.0, 1.0))
        self._take_name()
        session.looking.selection_changed.connect(self._repaint)
        self._store.chosen_changed.connect(self.repaint_back)
        self.picked.connect(self._pick)
        self.opened.connect(lambda number: session.looking.select([number]))

    def sizeHint(self) -> QSize:
        """Return the size alone, or in the grid."""
        return QSize(300, 220) if self._small else QSize(560, 300)

    @property
    def goals(self) -> tuple[Goal, Goal]:
        """The goals of the x and of the y axis."""
        goals = self._look.made.goals
        return goals[self.across], goals[self.up]

    @property
    def _of_two(self) -> bool:
        """Whether these are all goals: only then the front is a line in this plane."""
        return len(self._look.made.goals) == 2

    def selected(self) -> Sequence[int]:
        """Numbers of the selected trials."""
        return self._session.looking.selection

    def tip(self, number: int) -> str:
        """Return what is told about a trial."""
        return tip_of(self._store, number)

    def _pick(self, numbers: list[int], add: bool) -> None:
        self._session.looking.select(numbers, add=add)

    # --- computing ------------------------------------------------------------------------------

    def compute(self) -> None:
        """Read the trials that are shown; find round ends for both axes."""
        look = self._look
        look.renew()
        made = look.made
        self._rows = np.flatnonzero(look.rows)
        before = self.x_home, self.y_home
        self._ranges = (self._range(self.across, before[0]), self._range(self.up, before[1]))
        self.x_home, self.y_home = (found.axis for found in self._ranges)
        across, up = self.goals
        self.x_name, self.y_name = axis_words(across), axis_words(up)
        self._take_name()
        words = self.tr("{0:,} trials, {1:,} on the front")
        self.setAccessibleDescription(words.format(len(self._rows), len(made.front)))
        self.repaint_back()

    def _take_name(self) -> None:
        across, up = (metric_words(goal.metric) for goal in self.goals)
        self.setAccessibleName(self.tr("{0} against {1}").format(up, across))

    def _range(self, place: int, before: Axis) -> ScoreRange:
        goal = self._look.made.goals[place]
        scores = self._look.made.scores[self._rows, place]
        include: tuple[float, ...] = ()
        if len(scores) and goal.threshold is not None:
            low, high = float(scores.min()), float(scores.max())
            if low - (high - low) <= goal.threshold <= high + (high - low):
                include = (goal.threshold,)
        log = self._look.logs.get(goal.metric, is_wide(scores))
        side = "low" if goal.maximize else "high"
        return score_range(scores, bad_side=side, include=include, log=log, before=before)

    def _pixels(self, rows: Rows) -> tuple[FloatArray, FloatArray]:
        scores = self._look.made.scores[rows]
        x, y = scores[:, self.across], scores[:, self.up]
        if not self.is_zoomed:
            x, y = self._ranges[0].clip(x), self._ranges[1].clip(y)
        return self.x_pixels(x), self.y_pixels(y)

    def make_points(self) -> Points:
        """Return the trials in view."""
        x, y = self._pixels(self._rows)
        area = self.area().adjusted(-8, -8, 8, 8)
        seen = (x >= area.left()) & (x <= area.right()) & (y >= area.top()) & (y <= area.bottom())
        return Points(self._look.made.numbers[self._rows[seen]], x[seen], y[seen])

    # --- painting -------------------------------------------------------------------------------

    def paint_back(self, painter: QPainter, area: QRectF) -> None:
        """Paint areas, lines, bars and points; the front last."""
        painter.save()
        painter.setClipRect(area.adjusted(-8, -8, 8, 8))
        self._paint_infeasible(painter, area)
        if self._of_two and len(self._look.made.front):
            self._paint_dominated(painter, area)
        self._paint_points(painter, area)
        painter.restore()
        self._paint_thresholds(painter, area)

    def _paint_infeasible(self, painter: QPainter, area: QRectF) -> None:
        """Shade the side of each threshold where no trial is feasible."""
        shade = QColor(tokens().bad)
        shade.setAlphaF(0.10 if tokens().dark else 0.07)
        for goal, vertical in zip(self.goals, (True, False), strict=True):
            if goal.threshold is None:
                continue
            at = self._threshold_pixel(goal.threshold, vertical)
            if vertical:
                left, right = (area.left(), at) if goal.maximize else (at, area.right())
                part = QRectF(left, area.top(), right - left, area.height())
            else:  # pixels grow downwards
                top, bottom = (at, area.bottom()) if goal.maximize else (area.top(), at)
                part = QRectF(area.left(), top, area.width(), bottom - top)
            if part.width() > 0 and part.height() > 0:
                painter.fillRect(part.intersected(area), shade)

    def _threshold_pixel(self, value: float, vertical: bool) -> float:
        pixels = self.x_pixels if vertical else self.y_pixels
        at = float(pixels(np.array([value]))[0])
        return at if math.isfinite(at) else -1e6

    def _paint_thresholds(self, painter: QPainter, area: QRectF) -> None:
        pen = QPen(QColor(tokens().bad), 1)
        pen.setDashPattern([4, 4])
        painter.setFont(text_font(11))
        for goal, vertical in zip(self.goals, (True, False), strict=True):
            if goal.threshold is None:
                continue
            at = self._threshold_pixel(goal.threshold, vertical)
            low, high = (area.left(), area.right()) if vertical else (area.top(), area.bottom())
            if not low <= at <= high:
                continue
            painter.setPen(pen)
            if self._small:  # too little room for words
                ends = (
                    (QPointF(at, area.top()), QPointF(at, area.bottom()))
                    if vertical
                    else (QPointF(area.left(), at), QPointF(area.right(), at))
                )
                painter.drawLine(*ends)
                continue
            side = self.tr("at least {0}") if goal.maximize else self.tr("at most {0}")
            words = side.format(score_text(goal.threshold, 4))
            wide = painter.fontMetrics().horizontalAdvance(words) + 4
            if vertical:
                painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))
                fits = at + 5 + wide < area.right()
                place = QRectF(at + 5 if fits else at - 5 - wide, area.top(), wide, 15)
            else:
                painter.drawLine(QPointF(area.left(), at), QPointF(area.right(), at))
                place = QRectF(area.right() - wide, at - 16, wide, 15)
            painter.setPen(QColor(tokens().bad))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_dominated(self, painter: QPainter, area: QRectF) -> None:
        """The front as a staircase, and the area behind it."""
        x, y = staircase(self._look.made)
        across, up = self.goals
        end_x = area.left() if across.maximize else area.right()
        end_y = area.bottom() if up.maximize else area.top()
        line = [QPointF(a, b) for a, b in zip(self.x_pixels(x), self.y_pixels(y), strict=True)]
        line = [QPointF(line[0].x(), end_y), *line, QPointF(end_x, line[-1].y())]
        shade = QColor(tokens().accent)
        shade.setAlphaF(0.12 if tokens().dark else 0.07)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawPolygon(QPolygonF([*line, QPointF(end_x, end_y)]))
        edge = QColor(tokens().accent)
        edge.setAlphaF(0.75)
        painter.setPen(QPen(edge, 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(line))

    def _paint_points(self, painter: QPainter, area: QRectF) -> None:
        made, look, colors = self._look.made, self._look, tokens()
        shown = np.zeros(len(made.numbers), dtype=bool)
        shown[self._rows] = True
        close = look.undominated
        room = area.adjusted(-8, -8, 8, 8)
        for mask, color, shape, size in (
            (made.feasible & ~made.on_front & ~close, colors.muted, "circle", 5.0),
            (~made.feasible, colors.bad, "cross", 6.0),
            (close, colors.accent, "diamond_open", 8.0),
        ):
            rows = np.flatnonzero(mask & shown)
            if len(rows):
                x, y = self._pixels(rows)
                paint_points(painter, room, PointSeries(x, y, color, shape, size))
        rows = np.flatnonzero(made.on_front & shown)
        if look.bars and not self._small and 0 < len(rows) <= MOST_BARS:
            self._paint_bars(painter)
        if len(rows):
            x, y = self._pixels(rows)
            paint_points(painter, room, PointSeries(x, y, colors.accent, "circle", 8.0))

    def _paint_bars(self, painter: QPainter) -> None:
        """The intervals of the front's trials, in both directions."""
        made = self._look.made
        color = QColor(tokens().accent)
        color.setAlphaF(0.38)
        painter.setPen(QPen(color, 1))
        scores, widths = made.scores[made.front_rows], self._look.widths
        shown = self._store.mask[made.front]
        for score, width, seen in zip(scores, widths, shown, strict=True):
            x, y = float(score[self.across]), float(score[self.up])
            at = self.pixel(x, y)
            if not seen:
                continue
            wide, high = float(width[self.across]), float(width[self.up])
            if wide > 0:
                ends = self._ends(self.x_axis, x, wide)
                pixels = self.x_pixels(np.array(ends)).tolist()
                painter.drawLine(QPointF(pixels[0], at.y()), QPointF(pixels[1], at.y()))
            if high > 0:
                ends = self._ends(self.y_axis, y, high)
                pixels = self.y_pixels(np.array(ends)).tolist()
                painter.drawLine(QPointF(at.x(), pixels[0]), QPointF(at.x(), pixels[1]))

    @staticmethod
    def _ends(axis: Axis, middle: float, half: float) -> tuple[float, float]:
        """The ends of an interval; on a logarithmic axis it cannot reach 0."""
        low = middle - half
        return (max(low, axis.low * 0.1) if axis.log else low), middle + half

    def paint_front(self, painter: QPainter, area: QRectF) -> None:
        """Paint the knee, the chosen trial, and rings around what is selected or pointed at."""
        made = self._look.made
        knee, chosen = made.knee, self._store.chosen
        if knee is not None:
            self._paint_named(painter, area, knee, self.tr("knee #{0}").format(knee), "star")
        if chosen is not None and chosen.number == self._session.looking.choice != knee:
            words = self.tr("chosen #{0}").format(chosen.number)
            self._paint_named(painter, area, chosen.number, words, "diamond")
        if made.nearest is not None:
            words = self.tr("nearest #{0}").format(made.nearest)
            self._paint_named(painter, area, made.nearest, words, "star")
        points = self.points
        painter.setBrush(Qt.BrushStyle.NoBrush)
        ringed = np.isin(points.numbers, self._session.looking.selection[-MOST_RINGS:])
        for place in np.flatnonzero(ringed).tolist():
            painter.setPen(QPen(QColor(tokens().text), 2))
            painter.drawEllipse(QPointF(points.x[place], points.y[place]), 8, 8)
        for place in np.flatnonzero(points.numbers == self.pointed).tolist():
            painter.setPen(QPen(QColor(tokens().text), 1))
            painter.drawEllipse(QPointF(points.x[place], points.y[place]), 8, 8)

    def _paint_named(
        self, painter: QPainter, area: QRectF, number: int, words: str, shape: str
    ) -> None:
        places = np.flatnonzero(self.points.numbers == number)
        if not len(places):
            return
        at = QPointF(self.points.x[places[0]], self.points.y[places[0]])
        paint_marker(painter, at, shape, tokens().text, 13)
        if self._small:
            return
        painter.setFont(text_font(SMALL - 1, QFont.Weight.DemiBold))
        wide = painter.fontMetrics().horizontalAdvance(words) + 2
        # NOTE: the good side of the front is where nothing else stands
        right = self.goals[0].maximize == (at.x() + 12 + wide < area.right() + 20)
        left = at.x() + 11 if right else at.x() - 11 - wide
        left = min(max(left, area.left()), self.width() - wide - 4)
        top = at.y() - 20 if self.goals[1].maximize else at.y() + 6
        place = QRectF(left, min(max(top, area.top() - 8), area.bottom() - 16), wide, 15)
        plate = QColor(tokens().surface)
        plate.setAlphaF(0.8)
        painter.fillRect(place, plate)
        painter.setPen(QColor(tokens().text))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)


def axis_words(goal: Goal) -> str:
    """The metric with its direction, at the axis."""
    side = tr("{0} (larger is better)") if goal.maximize else tr("{0} (smaller is better)")
    return side.format(metric_words(goal.metric))


def is_wide(scores: FloatArray) -> bool:
    """Whether scores spread so far that a logarithmic axis shows more."""
    return bool(len(scores) and scores.min() > 0 and scores.max() >= WIDE_RANGE * scores.min())
