"""The timeline: bars of trials side by side, as they ran."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.timeline import Timeline, timeline
from hpo_gui.core.trial import STATE_CODES, TrialState
from hpo_gui.gui.plots.axis import Axis, Tick
from hpo_gui.gui.plots.canvas import PlotCanvas
from hpo_gui.gui.plots.painted_canvas import FloatArray, Points
from hpo_gui.gui.plots.series import series_look, series_places
from hpo_gui.gui.plots.trial_tip import tip_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import text_font

FOLLOW_MS = 500
NARROW = 3.0  # pixels from which a bar has round corners
_CODE = {state: STATE_CODES[state] for state in TrialState}


class TimelinePlot(PlotCanvas):
    """See the module. Wheel zooms along the time only."""

    right_room = 22
    crosses = True

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self._shown: Timeline | None = None
        self.setAccessibleName(self.tr("When each trial ran"))
        self._store.reset.connect(self.reset_view)
        self._store.filtered.connect(self.mark_stale)
        self._store.changed.connect(self._follow)
        session.looking.selection_changed.connect(self.repaint_back)
        self.picked.connect(self._pick)
        self.opened.connect(lambda number: session.looking.select([number]))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self._tick)

    def _follow(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _tick(self) -> None:
        self.mark_stale()
        if self._session.is_active and self.isVisible():
            self._timer.start()

    def selected(self) -> Sequence[int]:
        """Numbers of the selected trials."""
        return self._session.looking.selection

    def tip(self, number: int) -> str:
        """Return what is told about a trial."""
        return tip_of(self._store, number)

    def _pick(self, numbers: list[int], add: bool) -> None:
        self._session.looking.select(numbers, add=add)

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom along the time only."""
        super().zoom(factor, at)
        self._keep_lanes()

    def pan(self, across: float, up: float) -> None:
        """Move along the time only."""
        super().pan(across, 0.0)
        self._keep_lanes()

    def _keep_lanes(self) -> None:
        if self._zoom is not None:
            self._zoom = (self._zoom[0], self.y_home)

    def compute(self) -> None:
        """Lay the trials out."""
        made = timeline(self._store.history, time.time(), self._store.columns, self._store.mask)
        self._shown = made
        lanes = max(made.lane_count, 1)
        ticks = tuple(Tick(float(lane), str(lane + 1)) for lane in range(lanes))
        every = max(lanes // 20, 1)
        self.y_home = Axis(lanes - 0.5, -0.5, ticks=ticks[::every])
        begin = float(made.begin.min()) if made.left_out and len(made.begin) else 0.0
        end = float(made.end.max()) if len(made.end) else 1.0
        self.x_home = Axis(begin, max(end, begin + 0.1) + (end - begin) * 0.02, kind="time")
        self.y_name = self._headline(made)
        self.setAccessibleDescription(self.y_name)
        self._keep_lanes()
        self.repaint_back()

    def _headline(self, made: Timeline) -> str:
        if not made.lane_count:
            return self.tr("no trial has started yet")
        words = self.tr("trials at once · busy {0:.0%} of the time").format(made.busy)
        if made.left_out:
            words += " · " + self.tr("the last {0:,} trials").format(len(made.numbers))
        return words

    def _bars(self) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        """Left, right and middle of each bar, and its height, in pixels."""
        assert self._shown is not None
        lane = self.area().height() / max(self._shown.lane_count, 1)
        high = min(max(lane * 0.62, 3.0), 28.0)
        left, right = self.x_pixels(self._shown.begin), self.x_pixels(self._shown.end)
        return left, right, self.y_pixels(self._shown.lanes.astype(float)), high

    def make_points(self) -> Points:
        """Return the middles of the bars, for brushing and walking."""
        if self._shown is None:
            return Points()
        left, right, middle, _ = self._bars()
        return Points(self._shown.numbers, (left + right) / 2, middle)

    def nearest(self, at: QPointF) -> int:
        """Number of the trial whose bar is at a pixel, or -1."""
        if self._shown is None:
            return -1
        left, right, middle, high = self._bars()
        hit = (at.x() >= left - 1) & (at.x() <= np.maximum(right, left + 3))
        hit &= np.abs(middle - at.y()) <= high / 2
        found = np.flatnonzero(hit)
        return int(self._shown.numbers[found[-1]]) if len(found) else -1

    def paint_back(self, painter: QPainter, area: QRectF) -> None:
        """Paint the bars."""
        if self._shown is None:
            return
        painter.setClipRect(area)
        columns, colors = self._store.columns, tokens()
        places = series_places(columns.strategies)
        chosen = set(self._session.looking.selection)
        left, right, middle, high = self._bars()
        for row, number in enumerate(self._shown.numbers.tolist()):
            if right[row] < area.left() or left[row] > area.right():
                continue
            wide = max(float(right[row] - left[row]) - 1.0, 1.0)
            bar = QRectF(float(left[row]), float(middle[row]) - high / 2, wide, high)
            color, _ = series_look(places[int(columns.strategy[number])])
            self._paint_bar(painter, bar, int(columns.states[number]), color)
            if number in chosen:
                painter.setPen(QPen(QColor(colors.text), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(bar.adjusted(-1, -1, 1, 1), 3, 3)
            self._paint_number(painter, bar, number)

    def _paint_bar(self, painter: QPainter, bar: QRectF, state: int, color: str) -> None:
        """Filled when complete, pale when stopped early, outlined while running or failed."""
        colors = tokens()
        fill = QColor(color)
        painter.setPen(Qt.PenStyle.NoPen)
        if state == _CODE[TrialState.FAILED]:
            fill = QColor(colors.bad)
        if state in (_CODE[TrialState.PRUNED], _CODE[TrialState.CANCELLED]):
            fill.setAlphaF(0.4)
        if state == _CODE[TrialState.RUNNING]:
            painter.setPen(QPen(fill, 1.2, Qt.PenStyle.DashLine))
            fill.setAlphaF(0.15)
        if bar.width() < NARROW:
            painter.fillRect(bar, fill)
            return
        painter.setBrush(fill)
        painter.drawRoundedRect(bar, 3, 3)
        if state == _CODE[TrialState.FAILED] and bar.width() > 10:
            painter.setPen(QPen(QColor(colors.bad_text), 1.5))
            c = bar.center()
            for dx, dy in ((3, 3), (3, -3)):
                painter.drawLine(c + QPointF(-dx, -dy), c + QPointF(dx, dy))

    def _paint_number(self, painter: QPainter, bar: QRectF, number: int) -> None:
        text = str(number)
        if bar.height() < 14 or bar.width() < 9 * len(text) + 6:
            return
        failed = self._store.columns.states[number] == _CODE[TrialState.FAILED]
        running = self._store.columns.states[number] == _CODE[TrialState.RUNNING]
        pale = self._store.columns.states[number] == _CODE[TrialState.PRUNED]
        if failed:
            return
        painter.setFont(text_font(11))
        on_surface = running or pale
        painter.setPen(QColor(tokens().text if on_surface else tokens().surface))
        painter.drawText(bar, Qt.AlignmentFlag.AlignCenter, text)
