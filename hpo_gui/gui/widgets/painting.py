"""Small pieces of painting that several widgets and delegates share."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from hpo_gui.gui.theme import tokens

RADIUS = 6.0
Draw = Callable[[QPainter, QPointF, float], None]


def rounded(painter: QPainter, rect: QRect | QRectF, color: str, radius: float = RADIUS) -> None:
    """Fill a rounded rectangle."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(QRectF(rect), radius, radius)


def focus_ring(painter: QPainter, rect: QRect | QRectF, radius: float = RADIUS) -> None:
    """Draw the ring of two pixels in the accent colour, just inside ``rect``."""
    painter.setPen(QPen(QColor(tokens().accent), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), radius, radius)


def elided(
    painter: QPainter,
    text: str,
    width: float,
    mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> str:
    """Return ``text`` cut with … so that it fits ``width`` in the painter's font."""
    return painter.fontMetrics().elidedText(text, mode, int(width))


def paint_marker(
    painter: QPainter, center: QPointF, shape: str, color: str, size: float = 8.0
) -> None:
    """Paint a marker of a series or a trial state.

    Parameters
    ----------
    shape : circle, ring, ring_dotted, diamond, diamond_open, triangle, triangle_down, square,
        cross, plus, bar, star or struck_ring
    size : width and height in pixels

    Raises
    ------
    KeyError
        When there is no such shape.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(color), 1.5)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    if shape in ("circle", "diamond", "triangle", "triangle_down", "square", "star"):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(QColor(color)))
    else:
        if shape == "ring_dotted":
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    _MARKERS[shape](painter, center, size / 2)
    painter.restore()


def _ellipse(painter: QPainter, c: QPointF, r: float) -> None:
    painter.drawEllipse(c, r, r)


def _ring(painter: QPainter, c: QPointF, r: float) -> None:
    painter.drawEllipse(c, r - 0.5, r - 0.5)


def _struck_ring(painter: QPainter, c: QPointF, r: float) -> None:
    _ring(painter, c, r)
    painter.drawLine(c + QPointF(-r, r), c + QPointF(r, -r))


def _polygon(*points: tuple[float, float]) -> Draw:
    def draw(painter: QPainter, c: QPointF, r: float) -> None:
        painter.drawPolygon(QPolygonF([c + QPointF(x * r, y * r) for x, y in points]))

    return draw


def _lines(*ends: tuple[float, float, float, float]) -> Draw:
    def draw(painter: QPainter, c: QPointF, r: float) -> None:
        for x1, y1, x2, y2 in ends:
            painter.drawLine(c + QPointF(x1 * r, y1 * r), c + QPointF(x2 * r, y2 * r))

    return draw


_STAR = [
    (sin(k * pi / 5) * (1.15, 0.5)[k % 2], -cos(k * pi / 5) * (1.15, 0.5)[k % 2])
    for k in range(10)
]
_DIAMOND = ((0.0, -1.0), (0.9, 0.0), (0.0, 1.0), (-0.9, 0.0))

_MARKERS: dict[str, Draw] = {
    "circle": _ellipse,
    "ring": _ring,
    "ring_dotted": _ring,
    "struck_ring": _struck_ring,
    "diamond": _polygon(*_DIAMOND),
    "diamond_open": _polygon(*_DIAMOND),
    "triangle": _polygon((0, -1), (1, 0.85), (-1, 0.85)),
    "triangle_down": _polygon((0, 1), (1, -0.85), (-1, -0.85)),
    "square": _polygon((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
    "star": _polygon(*_STAR),
    "cross": _lines((-0.7, -0.7, 0.7, 0.7), (-0.7, 0.7, 0.7, -0.7)),
    "plus": _lines((-0.9, 0, 0.9, 0), (0, -0.9, 0, 0.9)),
    "bar": _lines((-0.8, 0, 0.8, 0)),
}
