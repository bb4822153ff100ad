"""A line without axes, for a trend beside a number."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from hpo_gui.gui.theme import tokens
from hpo_gui.gui.widgets.plain_tips import plain_tip

MARGIN = 4.0
MAX_POINTS = 400


class Sparkline(QWidget):
    """Draws a series of numbers and marks the last one; values that are not finite are gaps."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: tuple[float, ...] = ()
        self.setAccessibleName(name or self.tr("Trend"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_values(self, values: Sequence[float], description: str = "") -> None:
        """Show ``values``; long series are thinned out, the last value always stays."""
        stride = math.ceil(len(values) / MAX_POINTS) or 1
        self._values = tuple(values[::-1][::stride][::-1])
        self.setToolTip(plain_tip(description))
        self.setAccessibleDescription(description)
        self.update()

    def sizeHint(self) -> QSize:
        """Return a small size."""
        return QSize(96, 24)

    def points(self) -> list[QPointF]:
        """Return where the finite values are drawn."""
        finite = [(k, v) for k, v in enumerate(self._values) if math.isfinite(v)]
        if not finite:
            return []
        low, high = min(v for _, v in finite), max(v for _, v in finite)
        wide = (self.width() - 2 * MARGIN) / max(len(self._values) - 1, 1)
        tall = self.height() - 2 * MARGIN
        scale = tall / (high - low) if high > low else 0.0
        base = self.height() - MARGIN if high > low else self.height() / 2
        return [QPointF(MARGIN + k * wide, base - (v - low) * scale) for k, v in finite]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line and its end."""
        points = self.points()
        if not points:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens().accent), 1.25))
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().accent))
        painter.drawEllipse(points[-1], 2.5, 2.5)
