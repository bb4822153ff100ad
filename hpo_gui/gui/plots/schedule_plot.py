"""The curve of a learning-rate schedule while it is edited, and others to compare it with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from hpo_gui.gui.learning_facts import BaseRate
from hpo_gui.gui.plots.axis import Axis
from hpo_gui.gui.plots.painted_canvas import PaintedCanvas
from hpo_gui.gui.plots.schedule_picture import Curve, SchedulePicture
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import text_font
from hpo_gui.gui.widgets.number_rule import show_number
from hpo_gui.gui.widgets.painting import rounded
from hpo_gui.gui.widgets.plain_tips import plain_tip

REACH = 8.0  # pixels within which a curve is pointed at
FEW = 40  # steps up to which each has a dot
DASHES = ([6.0, 3.0], [2.0, 2.0], [8.0, 3.0, 2.0, 3.0])
BADGE = 8.0  # radius of the number of a curve that is kept

FloatArray = NDArray[np.float64]


class SchedulePlot(PaintedCanvas):
    """Paints a `SchedulePicture`: learning rate by step, linear or logarithmic."""

    tick_spacing = (70, 34)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: SchedulePicture | None = None
        self.rate: BaseRate | None = None
        self.log = False
        self.setAccessibleName(self.tr("Picture of the schedule"))
        self.setMouseTracking(True)
        self.x_name = self.tr("step")

    def show_picture(self, picture: SchedulePicture | None, rate: BaseRate | None) -> None:
        """Paint another picture; ``rate`` is what the factors multiply, where it is known."""
        self.shown, self.rate = picture, rate
        self.y_name = self.tr("share of the base rate") if rate is None else rate.name
        self.setAccessibleDescription(self.sentence())
        self.redraw()

    def set_log(self, log: bool) -> None:
        """Use a logarithmic axis for the rate, or a linear one."""
        self.log = log
        self.redraw()

    def redraw(self) -> None:
        """Compute and paint everything again."""
        self.mark_stale()
        self.repaint_back()

    def sentence(self) -> str:
        """What the curve does, for those who do not see it."""
        if self.shown is None:
            return ""
        rates = self._rates(self.shown.curve)
        highest = int(np.argmax(rates))
        step = round(float(self.shown.x(self.shown.curve)[highest]))
        text = self.tr("{0}: {1} in the first step, at most {2} in step {3}, {4} in the last one.")
        first, last = show_rate(float(rates[0])), show_rate(float(rates[-1]))
        return text.format(
            self.shown.curve.title, first, show_rate(float(rates[highest])), step, last
        )

    def sizeHint(self) -> QSize:
        """Return the room for a small picture."""
        return QSize(420, 230)

    # --- what is painted ------------------------------------------------------------------------

    def compute(self) -> None:
        """Make room for all curves."""
        if self.shown is None:
            return
        curves = [self._rates(curve) for curve in (self.shown.curve, *self._compared())]
        if self.log and self.rate is not None:
            curves += list(self._band(self.rate))
        low = min(float(rates.min()) for rates in curves)
        high = max(float(rates.max()) for rates in curves)
        self.x_home = Axis(1, max(self.shown.steps, 2), kind="count")
        if self.log:
            room = max((high / low) ** 0.05, 1.1)
            self.y_home = Axis(low / room, high * room, log=True)
        else:
            self.y_home = Axis(0.0, high * 1.06)

    def paint_back(self, painter: QPainter, area: QRectF) -> None:
        """Paint the curves, the one that is edited on top."""
        picture, colors = self.shown, tokens()
        if picture is None:
            return
        if self.log and self.rate is not None and self.rate.is_tuned:
            self._paint_band(painter, self.rate)
        if len(picture.curve.losses):
            self._paint_losses(painter, area, picture.curve)
        for curve in picture.others:
            painter.setPen(QPen(QColor(colors.strong_border), 1.3))
            painter.drawPolyline(self._line(curve))
        for number, curve in enumerate(picture.pinned):
            self._paint_pinned(painter, curve, number)
        pen = QPen(QColor(colors.accent), 2.2)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        line = self._line(picture.curve)
        painter.drawPolyline(line)
        if picture.steps <= FEW:
            painter.setBrush(QColor(colors.accent))
            painter.setPen(Qt.PenStyle.NoPen)
            for point in line.toList():
                painter.drawEllipse(point, 2.6, 2.6)

    def _compared(self) -> tuple[Curve, ...]:
        assert self.shown is not None
        return (*self.shown.others, *self.shown.pinned)

    def _rates(self, curve: Curve) -> FloatArray:
        return curve.factors * (1.0 if self.rate is None else self.rate.value)

    def _band(self, rate: BaseRate) -> tuple[FloatArray, FloatArray]:
        """The lowest and the highest rates of the study's trials."""
        assert self.shown is not None
        factors = self.shown.curve.factors
        return factors * rate.low, factors * rate.high

    def _line(self, curve: Curve) -> QPolygonF:
        assert self.shown is not None
        return self._polygon(self.shown.x(curve), self._rates(curve))

    def _polygon(self, x: FloatArray, y: FloatArray) -> QPolygonF:
        across, down = self.x_pixels(x).tolist(), self.y_pixels(y).tolist()
        return QPolygonF([QPointF(a, b) for a, b in zip(across, down, strict=True)])

    def _paint_band(self, painter: QPainter, rate: BaseRate) -> None:
        assert self.shown is not None
        x = self.shown.x(self.shown.curve)
        low, high = self._band(rate)
        fill = QColor(tokens().accent)
        fill.setAlphaF(0.10)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        around = self._polygon(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]]))
        painter.drawPolygon(around)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_losses(self, painter: QPainter, area: QRectF, curve: Curve) -> None:
        """The example of a loss, in a scale of its own."""
        assert self.shown is not None
        x = self.x_pixels(self.shown.x(curve)).tolist()
        y = (area.bottom() - curve.losses / curve.losses.max() * area.height()).tolist()
        pen = QPen(QColor(tokens().muted), 1.2)
        pen.setDashPattern([3.0, 3.0])
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF([QPointF(a, b) for a, b in zip(x, y, strict=True)]))
        painter.setPen(QColor(tokens().muted))
        painter.setFont(text_font(11))
        words = self.tr("loss of an example")
        left = area.right() - painter.fontMetrics().horizontalAdvance(words) - 4
        above = float(np.interp(left, x, y)) - 18  # it falls: the words stand free
        painter.drawText(QPointF(left, above + 13), words)

    def _paint_pinned(self, painter: QPainter, curve: Curve, number: int) -> None:
        """A dashed curve with its number where it is easily told from the others."""
        color = pin_color(number)
        pen = QPen(QColor(color), 1.6)
        pen.setDashPattern(DASHES[number % len(DASHES)])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        line = self._line(curve)
        painter.drawPolyline(line)
        at = line.at(round((line.size() - 1) * (0.35 + 0.2 * number)))
        badge = QRectF(at.x() - BADGE, at.y() - BADGE, 2 * BADGE, 2 * BADGE)
        rounded(painter, badge, tokens().surface, BADGE)
        painter.setPen(QPen(QColor(color), 1.4))
        painter.drawEllipse(badge)
        painter.setFont(text_font(11, QFont.Weight.DemiBold))
        painter.setPen(QColor(tokens().text))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, str(number + 1))

    # --- pointing -------------------------------------------------------------------------------

    def pointed_at(self, at: QPointF) -> str:
        """What is told of the curve nearest to a pixel; "" where none is near."""
        picture = self.shown
        if picture is None or not self.area().adjusted(-4, -8, 4, 4).contains(at):
            return ""
        nearest, words = REACH, ""
        for curve in (picture.curve, *self._compared()):
            steps, rates = picture.x(curve), self._rates(curve)
            x, y = self.x_pixels(steps), self.y_pixels(rates)
            away = abs(float(np.interp(at.x(), x, y)) - at.y())
            if away < nearest:
                place = int(np.argmin(np.abs(x - at.x())))
                nearest, words = away, self._words(curve, steps[place], rates[place])
        return words

    def _words(self, curve: Curve, step: float, rate: float) -> str:
        return self.tr("{0}, step {1}: {2}").format(curve.title, round(step), show_rate(rate))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what is under the mouse."""
        words = self.pointed_at(event.position())
        QToolTip.showText(event.globalPosition().toPoint(), plain_tip(words), self)


def pin_color(number: int) -> str:
    """The colour of a curve that is kept to be compared."""
    places: Sequence[int] = (2, 1, 3)
    return tokens().series[places[number % len(places)]]


def show_rate(rate: float) -> str:
    """A learning rate in at most three digits."""
    return show_number(float(f"{rate:.3g}"))
