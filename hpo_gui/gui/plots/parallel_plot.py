"""Parallel coordinates: an axis a parameter, a line a trial; brushing an axis selects trials."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QToolTip, QWidget

from hpo_gui.analysis.parallel import Parallel, parallel
from hpo_gui.gui.plots.colormap import ordered_color
from hpo_gui.gui.plots.painted_canvas import FloatArray
from hpo_gui.gui.plots.trial_tip import tip_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import MISSING, metric_words
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.theme import current_theme, tokens
from hpo_gui.gui.theme_tokens import mix
from hpo_gui.gui.typography import SMALL, text_font
from hpo_gui.gui.widgets.painting import elided, focus_ring

SPACING, TOP, BOTTOM, SIDE = 96, 44, 22, 62
TICK = 11  # the size of tick words
BESIDE = 18  # pixels from the edge and to the axis, beside the words of the first one
MOST_SIDE = 130  # pixels that they take at most
INACTIVE = -0.1  # below the axis, where "—" stands
LINE = 13.0  # pixels from one tick's words to the next one's
NEAR = 6.0  # pixels within which a line is hit
MOST_CHOSEN = 60
SMOOTH = 80  # lines up to which they are drawn smoothly
FOLLOW_MS = 1000


class ParallelPlot(QWidget):
    """See the module. Dragging along an axis brushes it, a click on it lets go.

    Parameters
    ----------
    of_goals : the goals without the parameters, each with its good side up
    """

    def __init__(
        self, session: Session, parent: QWidget | None = None, *, of_goals: bool = False
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self._of_goals = of_goals
        self._shown: Parallel | None = None
        self._lines: FloatArray = np.empty((0, 0))
        self._lane = False
        self._left = float(SIDE)
        self._picture: QPixmap | None = None
        self._stale = True
        self._pointed = -1
        self._dragged: tuple[int, float] | None = None
        self.brushes: dict[int, tuple[float, float]] = {}
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(
            self.tr("Goals of the trials, side by side, better ones up")
            if of_goals
            else self.tr("Parameters of the best trials, side by side")
        )
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self.mark_stale)
        self._store.reset.connect(self._reset)
        self._store.filtered.connect(self.mark_stale)
        self._store.changed.connect(self._repaint_soon)
        session.looking.selection_changed.connect(self._repaint)
        current_theme().changed.connect(self.mark_stale)

    def _repaint_soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _repaint(self) -> None:
        """A slot of this widget, so that the connection ends with it."""
        self.update()

    def _reset(self) -> None:
        self.brushes.clear()
        self.updateGeometry()
        self.mark_stale()

    def mark_stale(self) -> None:
        """The model changed: compute again at the next frame."""
        self._stale = True
        self._picture = None
        self.update()

    # --- geometry -------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Return the room for all axes."""
        axes = self._axes
        return QSize(round(self._left + SIDE + SPACING * (axes - 1)), 280)

    def minimumSizeHint(self) -> QSize:
        """Return the same width: axes closer together cannot be read."""
        return QSize(self.sizeHint().width(), 180)

    @property
    def _axes(self) -> int:
        """How many axes there are."""
        return self._parameters + len(self._store.columns.goals)

    @property
    def _parameters(self) -> int:
        return 0 if self._of_goals else len(self._store.columns.space)

    def axis_x(self, axis: int) -> float:
        """The pixel of an axis."""
        count = self._axes
        if count == 1:
            return self.width() / 2
        return self._left + (self.width() - self._left - SIDE) * axis / (count - 1)

    def _y(self, position: float | FloatArray) -> float | FloatArray:
        return TOP + self._high() * (1 - position)

    def _high(self) -> float:
        """Pixels of an axis; where something is inactive, its lane lies below it."""
        return (self.height() - TOP - BOTTOM) / (1 - INACTIVE if self._lane else 1)

    def _axis_at(self, at: QPointF) -> int:
        count = self._axes
        near = [axis for axis in range(count) if abs(self.axis_x(axis) - at.x()) < 14]
        return near[0] if near else -1

    # --- computing ------------------------------------------------------------------------------

    def _compute(self) -> None:
        store = self._store
        self._shown = parallel(store.history, store.columns, store.mask, goals_only=self._of_goals)
        self._make_room()
        self._lane = bool(np.isnan(self._shown.lines).any())
        positions = np.where(np.isnan(self._shown.lines), INACTIVE, self._shown.lines)
        self._lines = np.asarray(self._y(positions), dtype=float)
        words = self.tr("{0} trials").format(len(self._shown.numbers))
        self.setAccessibleDescription(words)

    def _make_room(self) -> None:
        """Room at the left for the words of the first axis."""
        assert self._shown is not None
        metrics = QFontMetricsF(text_font(TICK))
        ticks = self._shown.axes[0].ticks if self._shown.axes else ()
        widest = max((metrics.horizontalAdvance(tick.text) for tick in ticks), default=0.0)
        left = min(max(SIDE, widest + BESIDE), MOST_SIDE)
        if left != self._left:
            self._left = left
            self.updateGeometry()

    def brushed(self) -> list[int]:
        """Numbers of the trials inside all brushes, the best first."""
        shown = self._shown
        if shown is None or not self.brushes:
            return []
        lines = np.where(np.isnan(shown.lines), INACTIVE, shown.lines)
        inside = np.ones(len(shown.numbers), dtype=bool)
        for axis, (low, high) in self.brushes.items():
            inside &= (lines[:, axis] >= low) & (lines[:, axis] <= high)
        return [int(number) for number in shown.numbers[inside][::-1]]

    def clear_brushes(self) -> None:
        """Let go of all brushes and of the selection."""
        self.brushes.clear()
        self._session.looking.select([])
        self.update()

    def nearest(self, at: QPointF) -> int:
        """Number of the trial whose line passes a pixel, or -1."""
        shown, count = self._shown, self._axes
        if shown is None or not len(shown.numbers) or count < 2:
            return -1
        step = self.axis_x(1) - self.axis_x(0)
        place = (at.x() - self.axis_x(0)) / step
        left = min(max(int(place), 0), count - 2)
        share = min(max(place - left, 0.0), 1.0)
        y = self._lines[:, left] * (1 - share) + self._lines[:, left + 1] * share
        away = np.abs(y - at.y())
        best = len(away) - 1 - int(np.argmin(away[::-1]))
        return int(shown.numbers[best]) if away[best] < NEAR else -1

    # --- painting -------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the kept lines, then what is chosen, the axes and the brushes."""
        if self._stale:
            self._stale = False
            self._compute()
        wanted = self.size() * self.devicePixelRatioF()
        if self._picture is None or self._picture.size() != wanted:
            self._render(wanted)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        assert self._picture is not None
        chosen = self._chosen()
        painter.setOpacity(0.25 if chosen else 1.0)
        painter.drawPixmap(0, 0, self._picture)
        painter.setOpacity(1.0)
        for number in chosen[:MOST_CHOSEN]:
            self._paint_line(painter, number, tokens().accent, 2.0 if len(chosen) < 8 else 1.2)
        if self._pointed >= 0:
            self._paint_line(painter, self._pointed, tokens().text, 2.0)
        self._paint_axes(painter)
        if self.hasFocus():
            focus_ring(painter, self.rect().adjusted(2, 2, -2, -2))

    def _chosen(self) -> list[int]:
        shown = self._shown
        if shown is None:
            return []
        known = set(shown.numbers.tolist())
        return [number for number in self._session.looking.selection if number in known]

    def _render(self, size: QSize) -> None:
        self._compute()
        assert self._shown is not None
        self._picture = QPixmap(size)
        self._picture.setDevicePixelRatio(self.devicePixelRatioF())
        self._picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self._picture)
        # NOTE: smooth or translucent lines take up to 3 ms each, these 0.15 and 0.01 ms
        few = len(self._shown.numbers) <= SMOOTH
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, few)
        try:
            for row, rank in enumerate(self._shown.ranks.tolist()):
                color = mix(ordered_color(rank), tokens().surface, 0.35 * (1 - rank))
                painter.setPen(QPen(QColor(color), 1))
                painter.drawPolyline(self._polygon(row))
        finally:
            painter.end()

    def _polygon(self, row: int) -> QPolygonF:
        return QPolygonF(
            [QPointF(self.axis_x(i), y) for i, y in enumerate(self._lines[row].tolist())]
        )

    def _paint_line(self, painter: QPainter, number: int, color: str, width: float) -> None:
        assert self._shown is not None
        rows = np.flatnonzero(self._shown.numbers == number)
        if len(rows):
            painter.setPen(QPen(QColor(color), width))
            painter.drawPolyline(self._polygon(int(rows[0])))

    def _paint_axes(self, painter: QPainter) -> None:
        assert self._shown is not None
        colors = tokens()
        for place, axis in enumerate(self._shown.axes):
            x = round(self.axis_x(place)) + 0.5
            painter.setPen(QPen(QColor(colors.strong_border), 1))
            painter.drawLine(QPointF(x, float(self._y(1.0))), QPointF(x, float(self._y(0.0))))
            last = place == len(self._shown.axes) - 1
            painter.setFont(text_font(SMALL - 1, QFont.Weight.DemiBold))
            painter.setPen(QColor(colors.text))
            goal = place >= self._parameters
            owner, _, name = (
                ("", "", metric_words(axis.name)) if goal else axis.name.rpartition(".")
            )
            room = max(self.axis_x(1) - self.axis_x(0) if place or not last else 0.0, SPACING) - 8
            # NOTE: the ends tell min_samples_split from min_samples_leaf
            words = elided(painter, name, room, Qt.TextElideMode.ElideMiddle)
            head = QRectF(x - room / 2, 16 if owner else 8, room, 18)
            painter.drawText(head, Qt.AlignmentFlag.AlignCenter, words)
            if owner:  # the model that the parameter belongs to
                painter.setFont(text_font(SMALL - 1))
                painter.setPen(QColor(colors.muted))
                words = elided(painter, owner, room, Qt.TextElideMode.ElideMiddle)
                painter.drawText(head.translated(0, -15), Qt.AlignmentFlag.AlignCenter, words)
            self._paint_ticks(painter, place, x)
            if place in self.brushes:
                self._paint_brush(painter, place, x)

    def _paint_ticks(self, painter: QPainter, place: int, x: float) -> None:
        assert self._shown is not None
        colors = tokens()
        painter.setFont(text_font(TICK))
        column = self._shown.lines[:, place]
        ticks = [(tick.position, tick.text) for tick in self._shown.axes[place].ticks]
        if np.isnan(column).any():
            ticks.append((INACTIVE, MISSING))
        painter.setPen(QPen(QColor(colors.strong_border), 1))
        for position, _ in ticks:
            y = float(self._y(position))
            painter.drawLine(QPointF(x - 3, y), QPointF(x, y))
        for position, text in self._legible(ticks, column):
            y = float(self._y(position))
            words = elided(painter, text, SPACING * 0.5 if place else self._left - BESIDE + 2)
            wide = painter.fontMetrics().horizontalAdvance(words)
            plate = QRectF(x - 7 - wide, y - 8, wide + 2, 16)
            surface = QColor(colors.surface)
            surface.setAlphaF(0.75)
            painter.fillRect(plate, surface)
            painter.setPen(QColor(colors.muted))
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)

    def _legible(
        self, ticks: Sequence[tuple[float, str]], column: FloatArray
    ) -> list[tuple[float, str]]:
        """Ticks with room for their words; values that trials have come before others."""
        places = np.array([position for position, _ in ticks])
        used = np.isin(np.round(places, 9), np.round(column, 9))  # at once: this is painting
        kept: list[tuple[float, str]] = []
        for place in sorted(range(len(ticks)), key=lambda place: not used[place]):
            position = ticks[place][0]
            if all(abs(position - other) * self._high() >= LINE for other, _ in kept):
                kept.append(ticks[place])
        return kept

    def _paint_brush(self, painter: QPainter, place: int, x: float) -> None:
        low, high = self.brushes[place]
        top, bottom = float(self._y(high)), float(self._y(low))
        fill = QColor(tokens().accent)
        painter.setPen(QPen(fill, 1))
        fill.setAlphaF(0.2)
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(x - 6, top, 12, max(bottom - top, 2)), 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    # --- pointing -------------------------------------------------------------------------------

    def _position(self, y: float) -> float:
        return min(max(1 - (y - TOP) / self._high(), INACTIVE - 0.02), 1.02)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a brush on an axis, or select a line."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        axis = self._axis_at(event.position())
        if axis >= 0:
            self._dragged = (axis, self._position(event.position().y()))
            return
        number = self.nearest(event.position())
        add = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        chosen = [number] if number >= 0 else []
        self.brushes.clear()
        self._session.looking.select(chosen, add=add)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Stretch the brush, or tell which trial is under the mouse."""
        if self._dragged is not None:
            axis, start = self._dragged
            now = self._position(event.position().y())
            if abs(now - start) > 0.02 or axis in self.brushes:
                self.brushes[axis] = (min(start, now), max(start, now))
                self.update()
            return
        number = self.nearest(event.position())
        if number != self._pointed:
            self._pointed = number
            tip = tip_of(self._store, number) if number >= 0 else ""
            QToolTip.showText(event.globalPosition().toPoint(), tip, self)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Select what the brushes hold; a click on an axis takes its brush away."""
        if self._dragged is None:
            return
        axis, start = self._dragged
        self._dragged = None
        if abs(self._position(event.position().y()) - start) <= 0.02:
            self.brushes.pop(axis, None)
        self._session.looking.select(self.brushed())
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Point at nothing."""
        self._pointed = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let go on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.clear_brushes()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the lines out again."""
        self.mark_stale()


class ParallelView(QScrollArea):
    """The plot, scrolled sideways when there are more axes than room."""

    def __init__(
        self, session: Session, parent: QWidget | None = None, *, of_goals: bool = False
    ) -> None:
        super().__init__(parent)
        self.plot = ParallelPlot(session, of_goals=of_goals)
        self.setWidget(self.plot)
        self.plot.setAutoFillBackground(False)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
