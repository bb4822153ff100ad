"""The canvas of plots with trials to point at: click, rubber band, zoom, pan, and keys."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from hpo_gui.gui.plots.painted_canvas import PaintedCanvas
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.widgets.painting import focus_ring

REACH = 10.0  # pixels within which a point is hit
DRAG = 5.0  # pixels after which a press becomes a rubber band


class PlotCanvas(PaintedCanvas):
    """See the module.

    Signals
    -------
    picked : trial numbers the user clicked or brushed, and whether to add them to the selection
    opened : number of the trial that was double-clicked
    """

    picked = Signal(object, bool)
    opened = Signal(int)

    wheel_zooms = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pointed = -1
        self._keyboard = False
        self._press: QPointF | None = None
        self._band: QRectF | None = None
        self._pan: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def tip(self, number: int) -> str:
        """What is told about a trial under the mouse."""
        return f"#{number}"

    def selected(self) -> Sequence[int]:
        """Numbers of the selected trials; the last is where walking goes on."""
        return ()

    def paint_over(self, painter: QPainter) -> None:
        """Paint the rubber band, and the ring of the focus when it came by key."""
        if self._band is not None:
            fill = QColor(tokens().accent)
            fill.setAlphaF(0.12)
            painter.setPen(QPen(QColor(tokens().accent), 1))
            painter.setBrush(fill)
            painter.drawRect(self._band.normalized())
        if self.hasFocus() and self._keyboard:
            focus_ring(painter, self.rect().adjusted(2, 2, -2, -2))

    # --- pointing -------------------------------------------------------------------------------

    def nearest(self, at: QPointF) -> int:
        """Number of the trial at a pixel, or -1."""
        points = self.points
        if not len(points.numbers):
            return -1
        across, down = np.abs(points.x - at.x()), np.abs(points.y - at.y())
        near = np.flatnonzero((across < REACH) & (down < REACH))
        if not len(near):
            return -1
        distance = across[near] ** 2 + down[near] ** 2
        last = len(near) - 1 - int(np.argmin(distance[::-1]))  # the newest of equals
        return int(points.numbers[near[last]])

    def inside(self, band: QRectF) -> list[int]:
        """Numbers of the trials inside a rectangle of pixels."""
        band, points = band.normalized(), self.points
        hit = (points.x >= band.left()) & (points.x <= band.right())
        hit &= (points.y >= band.top()) & (points.y <= band.bottom())
        return [int(number) for number in points.numbers[hit]]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, a rubber band (left) or moving the view (middle, or with Alt)."""
        self._keyboard = False
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if event.button() == Qt.MouseButton.MiddleButton or (
            alt and event.button() == Qt.MouseButton.LeftButton
        ):
            self._pan = event.position()
        elif event.button() == Qt.MouseButton.LeftButton:
            self._press = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Stretch the rubber band, move the view, or tell what is under the mouse."""
        at = event.position()
        if self._pan is not None:
            area, moved = self.area(), at - self._pan
            self._pan = at
            self.pan(-moved.x() / area.width(), moved.y() / area.height())
        elif self._press is not None:
            moved = at - self._press
            if self._band is not None or max(abs(moved.x()), abs(moved.y())) > DRAG:
                self._band = QRectF(self._press, at)
                self.update()
        else:
            self._point(at, event)

    def _point(self, at: QPointF, event: QMouseEvent) -> None:
        number = self.nearest(at)
        if number == self.pointed:
            return
        self.pointed = number
        pointing = Qt.CursorShape.PointingHandCursor
        self.setCursor(pointing if number >= 0 else Qt.CursorShape.ArrowCursor)
        where = event.globalPosition().toPoint()
        QToolTip.showText(where, self.tip(number) if number >= 0 else "", self)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Select what was clicked or brushed; with Ctrl or Shift in addition."""
        add = bool(
            event.modifiers()
            & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        )
        pressed, band = self._press, self._band
        self._press = self._band = self._pan = None
        if band is not None:
            self.picked.emit(self.inside(band), add)
        elif pressed is not None:
            number = self.nearest(event.position())
            self.picked.emit([number] if number >= 0 else [], add)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the trial, or show everything again where there is none."""
        number = self.nearest(event.position())
        if number >= 0:
            self.opened.emit(number)
        elif self.is_zoomed:
            self.reset_view()

    def leaveEvent(self, event: object) -> None:
        """Point at nothing."""
        self.pointed = -1
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the mouse; plots in scrolled lists want Ctrl for that."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if not (self.wheel_zooms or control) or not event.angleDelta().y():
            event.ignore()
            return
        self.zoom(0.999 ** event.angleDelta().y(), event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk along the points; + - 0 zoom; Escape lets go."""
        self._keyboard = True
        self.update()
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.walk(1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(0.8)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1.25)
        elif key == Qt.Key.Key_0:
            self.reset_view()
        elif key == Qt.Key.Key_Escape and (self._band is not None or self._press is not None):
            self._press = self._band = None
        elif key == Qt.Key.Key_Escape:
            self.picked.emit([], False)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: object) -> None:
        """Show the ring when the focus came by key."""
        reason = getattr(event, "reason", lambda: None)()
        by_key = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._keyboard = reason in by_key
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """Take the ring away."""
        self._keyboard = False
        self.update()

    def walk(self, step: int) -> None:
        """Select the next or the previous point from left to right."""
        points = self.points
        if not len(points.numbers):
            return
        order = np.argsort(points.x, kind="stable")
        walked = points.numbers[order]
        chosen = self.selected()
        places = np.flatnonzero(walked == chosen[-1]) if chosen else np.empty(0)
        if len(places):
            place = min(max(int(places[0]) + step, 0), len(walked) - 1)
        else:
            place = 0 if step > 0 else len(walked) - 1
        self.picked.emit([int(walked[place])], False)
