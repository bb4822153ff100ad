"""The learning rate of the strong curves, in a strip below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from hpo_gui.gui.plots.axis import Axis
from hpo_gui.gui.plots.painted_canvas import TICK_FONT, FloatArray
from hpo_gui.gui.plots.strong_curves import Strong
from hpo_gui.gui.tables.score_text import tr
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import text_font
from hpo_gui.gui.widgets.painting import elided

WIDE = 20.0  # a rate that varies by more than this factor gets a logarithmic axis


def rate_axis(curves: Sequence[Strong]) -> Axis:
    """The axis of the learning rates that were really used."""
    rates = np.array([rate for s in curves for rate in s.course.rate if s.named])
    rates = rates[np.isfinite(rates)]
    if not len(rates):
        return Axis(0.0, 1.0)
    low, high = float(rates.min()), float(rates.max())
    if low > 0 and high / low > WIDE:
        return Axis(low / 1.3, high * 1.3, log=True)
    return Axis(0.0, high * 1.15 if high > 0 else 1.0)


def paint_rates(
    painter: QPainter,
    room: QRectF,
    beside: float,
    curves: Sequence[Strong],
    across: Callable[[FloatArray], FloatArray],
) -> None:
    """Paint the learning rate of each step, with its axis.

    Parameters
    ----------
    room, beside : the strip, and the pixels of words at its right
    across : steps -> pixels
    """
    colors, axis = tokens(), rate_axis(curves)
    painter.setFont(text_font(TICK_FONT))
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    ticks = axis.make_ticks(2)
    for tick in (ticks[0], ticks[-1]) if len(ticks) > 2 else ticks:
        y = round(_heights(room, axis, np.array([tick.value]))[0]) + 0.5
        painter.setPen(QPen(QColor(colors.hairline), 1))
        painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
        painter.setPen(QColor(colors.muted))
        place = QRectF(0, y - 9, room.left() - 8, 18)
        painter.drawText(place, right, elided(painter, tick.text, place.width()))
    painter.setPen(QColor(colors.muted))
    words = QRectF(room.right() + 10, room.top(), beside - 14, 18)
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, tr("learning rate"))
    painter.setClipRect(room.adjusted(-4, -4, 4, 4))
    for strong in reversed([s for s in curves if s.named]):
        down = _heights(room, axis, np.array(strong.course.rate, dtype=float))
        places = across(np.arange(1, len(down) + 1, dtype=float))
        fit = np.isfinite(down)
        line = QPolygonF(list(map(QPointF, places[fit].tolist(), down[fit].tolist())))
        painter.setPen(QPen(QColor(strong.color), 1.8 if strong is curves[0] else 1.2))
        painter.drawPolyline(line)


def _heights(room: QRectF, axis: Axis, rates: FloatArray) -> FloatArray:
    return room.bottom() - axis.place(rates) * room.height()
