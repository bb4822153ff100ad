"""What plots are painted on: axes, grid, the part in view, and a picture that is kept.

Everything costly happens inside the paint event: a plot that nobody sees computes nothing, and
any number of changes between two frames cost one. What seldom changes (grid, words, the bulk of
the points) is kept as a picture; what changes often is painted over it at every frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from hpo_gui.gui.plots.axis import Axis, Tick
from hpo_gui.gui.theme import current_theme, tokens
from hpo_gui.gui.typography import text_font
from hpo_gui.gui.widgets.painting import elided

FloatArray = NDArray[np.float64]
TICK_FONT = 11
SOON_MS = 25  # later than the table: each in a frame of its own


@dataclass(frozen=True)
class Points:
    """What can be pointed at: trial numbers and their pixels in the widget."""

    numbers: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    x: FloatArray = field(default_factory=lambda: np.empty(0))
    y: FloatArray = field(default_factory=lambda: np.empty(0))


class PaintedCanvas(QWidget):
    """See the module. Subclasses fill in `compute`, `paint_back` and `paint_front`."""

    right_room = 18
    tick_spacing = (90, 36)  # pixels between ticks, along x and y
    crosses = False  # vertical grid lines too

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.x_home = self.y_home = Axis(0.0, 1.0)
        self.x_name = self.y_name = ""
        self._points: Points | None = None
        self._zoom: tuple[Axis, Axis] | None = None
        self._picture: QPixmap | None = None
        self._stale = True
        self._left = 44
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._repaint)
        current_theme().changed.connect(self.repaint_back)

    # --- to be filled in ------------------------------------------------------------------------

    def compute(self) -> None:
        """Read the model; set axes and points. Called before painting when stale."""

    def paint_back(self, painter: QPainter, area: QRectF) -> None:
        """Paint what is kept as a picture."""

    def paint_front(self, painter: QPainter, area: QRectF) -> None:
        """Paint what is painted at every frame."""

    def make_points(self) -> Points:
        """What can be pointed at; asked for only when the mouse or a key needs it."""
        return Points()

    def paint_over(self, painter: QPainter) -> None:
        """Paint what stands over everything, such as a rubber band."""

    # --- staleness ------------------------------------------------------------------------------

    def mark_stale(self) -> None:
        """The model changed: compute again at the next frame."""
        self._outdate()
        self.update()

    def mark_stale_soon(self) -> None:
        """As `mark_stale`, but let the table, which hears the same news, be painted first."""
        self._outdate()
        if not self._soon.isActive():
            self._soon.start()

    def _outdate(self) -> None:
        self._stale = True
        self._points = None

    @property
    def points(self) -> Points:
        """What can be pointed at."""
        if self._points is None:
            self._refresh()
            self._points = self.make_points()
        return self._points

    def _repaint(self) -> None:
        """A slot of this widget, so that a connection ends with it."""
        self.update()

    def _refresh(self) -> None:
        if self._stale:
            self._stale = False
            self.compute()

    def repaint_back(self) -> None:
        """The kept picture is no longer right."""
        self._picture = None
        self.update()

    @property
    def has_picture(self) -> bool:
        """Whether a picture is kept, onto which new points may be painted."""
        return self._picture is not None

    def paint_onto_picture(self) -> QPainter:
        """A painter for adding to the kept picture, clipped to the area."""
        assert self._picture is not None
        painter = QPainter(self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.area().adjusted(-6, -6, 6, 6))
        return painter

    # --- geometry -------------------------------------------------------------------------------

    @property
    def x_axis(self) -> Axis:
        """The x axis in view."""
        return self._zoom[0] if self._zoom else self.x_home

    @property
    def y_axis(self) -> Axis:
        """The y axis in view."""
        return self._zoom[1] if self._zoom else self.y_home

    @property
    def is_zoomed(self) -> bool:
        """Whether a part is in view rather than everything."""
        return self._zoom is not None

    def area(self) -> QRectF:
        """Where the data is painted."""
        top = 26 if self.y_name else 10
        bottom = 42 if self.x_name else 28
        wide = max(self.width() - self._left - self.right_room, 10)
        return QRectF(self._left, top, wide, max(self.height() - top - bottom, 10))

    def x_pixels(self, values: FloatArray) -> FloatArray:
        """Pixels of values on the x axis."""
        area = self.area()
        return area.x() + self.x_axis.place(np.asarray(values, dtype=float)) * area.width()

    def y_pixels(self, values: FloatArray) -> FloatArray:
        """Pixels of values on the y axis."""
        area = self.area()
        return area.bottom() - self.y_axis.place(np.asarray(values, dtype=float)) * area.height()

    def pixel(self, x: float, y: float) -> QPointF:
        """The pixel of one pair of values."""
        at = self.x_pixels(np.array([x]))[0], self.y_pixels(np.array([y]))[0]
        return QPointF(float(at[0]), float(at[1]))

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(560, 280)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest useful size."""
        return QSize(160, 110)

    # --- zoom and pan ---------------------------------------------------------------------------

    def reset_view(self) -> None:
        """Show everything."""
        self._zoom = None
        self._view_changed()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Show ``factor`` times as much around a pixel, by default around the middle."""
        area = self.area()
        at = area.center() if at is None else at
        x = (at.x() - area.x()) / area.width()
        y = (area.bottom() - at.y()) / area.height()
        self._zoom = (
            self.x_axis.part(x - x * factor, x + (1 - x) * factor),
            self.y_axis.part(y - y * factor, y + (1 - y) * factor),
        )
        self._view_changed()

    def pan(self, across: float, up: float) -> None:
        """Move the view by shares of its width and height."""
        self._zoom = (
            self.x_axis.part(across, 1 + across),
            self.y_axis.part(up, 1 + up),
        )
        self._view_changed()

    def _view_changed(self) -> None:
        self.mark_stale()
        self.repaint_back()

    # --- painting -------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Compute when stale, renew the kept picture when needed, and paint."""
        self._refresh()
        ratio = self.devicePixelRatioF()
        wanted = self.size() * ratio
        if self._picture is None or self._picture.size() != wanted:
            self._render(wanted, ratio)
        assert self._picture is not None
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        try:
            painter.drawPixmap(0, 0, self._picture)
            self.paint_front(painter, self.area())
            self.paint_over(painter)
        finally:  # a painter that outlives its paint event takes the program down
            painter.end()

    def _render(self, size: QSize, ratio: float) -> None:
        self._measure()
        self._points = None
        self._picture = QPixmap(size)
        self._picture.setDevicePixelRatio(ratio)
        self._picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        try:
            self._paint_axes(painter)
            self.paint_back(painter, self.area())
        finally:
            painter.end()

    def _y_ticks(self) -> tuple[Tick, ...]:
        return self.y_axis.make_ticks(max(int(self.area().height() / self.tick_spacing[1]), 2))

    def _x_ticks(self) -> tuple[Tick, ...]:
        return self.x_axis.make_ticks(max(int(self.area().width() / self.tick_spacing[0]), 2))

    def _measure(self) -> None:
        """Make room for the words of the y axis."""
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(t.text) for t in self._y_ticks()), default=0)
        self._left = min(max(int(widest * TICK_FONT / 13) + 24, 34), 140)

    def _paint_axes(self, painter: QPainter) -> None:
        colors, area = tokens(), self.area()
        painter.setFont(text_font(TICK_FONT))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for tick in self._y_ticks():
            y = round(float(self.y_pixels(np.array([tick.value]))[0])) + 0.5
            painter.setPen(QPen(QColor(colors.hairline), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(colors.muted))
            room = QRectF(0, y - 9, self._left - 8, 18)
            painter.drawText(room, right, elided(painter, tick.text, room.width()))
        self._paint_x_ticks(painter, area)
        self._paint_names(painter, area)

    def _paint_x_ticks(self, painter: QPainter, area: QRectF) -> None:
        colors, ticks = tokens(), self._x_ticks()
        center = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        step = area.width() / max(len(ticks), 1)
        for tick in ticks:
            x = float(self.x_pixels(np.array([tick.value]))[0])
            if self.crosses:
                painter.setPen(QPen(QColor(colors.hairline), 1))
                line = round(x) + 0.5
                painter.drawLine(QPointF(line, area.top()), QPointF(line, area.bottom()))
            painter.setPen(QColor(colors.muted))
            room = min(step, 2 * x, 2 * (self.width() - x)) if self.x_axis.ticks else 120
            room = max(room, 16)
            place = QRectF(x - room / 2, area.bottom() + 10, room, 16)
            painter.drawText(place, center, elided(painter, tick.text, room - 2))

    def _paint_names(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(QColor(tokens().muted))
        if self.y_name:
            place = QRectF(14, 2, self.width() - 28, 16)
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, left, elided(painter, self.y_name, place.width()))
        if self.x_name:
            place = QRectF(area.left(), area.bottom() + 25, area.width(), 15)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, right, elided(painter, self.x_name, place.width()))
