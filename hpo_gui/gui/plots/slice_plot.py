"""Slices: the score against each parameter, one small plot each, in a scrolled grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from hpo_gui.analysis.slices import Slice, slice_of
from hpo_gui.gui.plots.axis import Axis, Tick
from hpo_gui.gui.plots.canvas import PlotCanvas
from hpo_gui.gui.plots.painted_canvas import Points
from hpo_gui.gui.plots.scatter_layers import PointSeries, paint_points
from hpo_gui.gui.plots.score_range import ScoreRange, score_range
from hpo_gui.gui.plots.series import series_look, series_places
from hpo_gui.gui.plots.trial_tip import tip_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import metric_words
from hpo_gui.gui.tables.trial_store import TrialStore, trial_store
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import SMALL, text_font
from hpo_gui.gui.widgets.painting import elided

LEAST_WIDTH, HEIGHT = 250, 190
MANY = 5000  # trials beyond which slices follow once a second
SLOW_MS, QUICK_MS = 1000, 100
MOST_RINGS = 200


class SlicePlot(PlotCanvas):
    """The score against one parameter, for the trials that pass the filter."""

    wheel_zooms = False
    right_room = 14
    tick_spacing = (54, 40)

    def __init__(self, session: Session, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store: TrialStore = trial_store(session)
        self.name = name
        self._slice: Slice | None = None
        self._range = ScoreRange(Axis(0.0, 1.0))
        self.y_name = " "  # room for the title
        self.setAccessibleName(self.tr("Score against {0}").format(name))
        session.looking.selection_changed.connect(self._repaint)
        self.picked.connect(self._pick)
        self.opened.connect(lambda number: session.looking.select([number]))

    def sizeHint(self) -> QSize:
        """Return the size in the grid."""
        return QSize(LEAST_WIDTH, HEIGHT)

    def selected(self) -> Sequence[int]:
        """Numbers of the selected trials."""
        return self._session.looking.selection

    def tip(self, number: int) -> str:
        """Return what is told about a trial."""
        return tip_of(self._store, number)

    def _pick(self, numbers: list[int], add: bool) -> None:
        self._session.looking.select(numbers, add=add)

    def compute(self) -> None:
        """Read the slice of the parameter."""
        store = self._store
        if self.name not in store.columns.space:
            return
        made = slice_of(store.history, self.name, store.columns, store.mask)
        self._slice = made
        ticks = tuple(Tick(tick.position, tick.text) for tick in made.ticks)
        self.x_home = Axis(-0.04, 1.04, ticks=ticks)
        side = "low" if store.goal.maximize else "high"
        self._range = score_range(made.scores, bad_side=side, before=self.y_home)
        self.y_home = self._range.axis
        words = self.tr("{0} trials").format(len(made.numbers))
        if made.left_out:
            words += ", " + self.tr("{0} without it").format(made.left_out)
        self.setAccessibleDescription(words)
        self.repaint_back()

    def _pixels(self) -> Points:
        assert self._slice is not None
        y = self.y_pixels(self._range.clip(self._slice.scores))
        return Points(self._slice.numbers, self.x_pixels(self._slice.positions), y)

    def make_points(self) -> Points:
        """Return the trials of the slice."""
        return self._pixels() if self._slice is not None else Points()

    def paint_back(self, painter: QPainter, area: QRectF) -> None:
        """Paint the title and the points."""
        made, columns = self._slice, self._store.columns
        if made is None:
            return
        self._paint_title(painter, made)
        points = self.points
        codes = columns.strategy[made.numbers]
        for code, place in enumerate(series_places(columns.strategies)):
            chosen = codes == code
            color, shape = series_look(place)
            series = PointSeries(points.x[chosen], points.y[chosen], color, shape, 6.0)
            if len(series):
                paint_points(painter, area.adjusted(-4, -4, 4, 4), series)

    def _paint_title(self, painter: QPainter, made: Slice) -> None:
        painter.setFont(text_font(SMALL, QFont.Weight.DemiBold))
        painter.setPen(QColor(tokens().text))
        room = QRectF(14, 2, self.width() - 24, 18)
        name = elided(painter, self.name, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, name)
        used = painter.fontMetrics().horizontalAdvance(name) + 8
        painter.setFont(text_font(11))
        painter.setPen(QColor(tokens().muted))
        # NOTE: with one goal all slices show its score, and need not say so
        named = metric_words(self._store.goal.metric) if self._store.several else ""
        note = named if len(made.numbers) else self.tr("no trial with it yet")
        if made.left_out and len(made.numbers):
            without = self.tr("{0:,} without it").format(made.left_out)
            note = f"{named}, {without}" if named else without
        room.setLeft(room.left() + used)
        if room.width() > 30:
            text = elided(painter, note, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)

    def paint_front(self, painter: QPainter, area: QRectF) -> None:
        """Paint rings around the selected trials, else around the best."""
        if self._slice is None:
            return
        chosen = list(self._session.looking.selection[-MOST_RINGS:])
        if not chosen:
            chosen = self._store.marked[:MOST_RINGS]
        points = self.points
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for place in np.flatnonzero(np.isin(points.numbers, chosen)).tolist():
            painter.setPen(QPen(QColor(tokens().accent), 2))
            painter.drawEllipse(QPointF(points.x[place], points.y[place]), 7, 7)
        for place in np.flatnonzero(points.numbers == self.pointed).tolist():
            painter.setPen(QPen(QColor(tokens().text), 1))
            painter.drawEllipse(QPointF(points.x[place], points.y[place]), 7, 7)


class SlicesView(QScrollArea):
    """All slices, as many side by side as there is room for."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self.plots: list[SlicePlot] = []
        self._inner = QWidget()
        self._grid = QGridLayout(self._inner)
        self._grid.setContentsMargins(6, 8, 6, 8)
        self._grid.setSpacing(6)
        self.setWidget(self._inner)
        self._inner.setAutoFillBackground(False)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Score against each parameter"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._mark_stale)
        self._store.reset.connect(self._rebuild)
        self._store.filtered.connect(self._mark_stale)
        self._store.changed.connect(self._change)
        self._rebuild()

    def _rebuild(self) -> None:
        names = list(self._store.columns.space.names)
        if [plot.name for plot in self.plots] != names:
            for plot in self.plots:
                self._grid.removeWidget(plot)
                plot.deleteLater()
            self.plots = [SlicePlot(self._session, name, self._inner) for name in names]
            self._place()
        self._mark_stale()

    def _place(self) -> None:
        columns = self.columns_for(self.viewport().width())
        for number, plot in enumerate(self.plots):
            self._grid.addWidget(plot, number // columns, number % columns)
            plot.setFixedHeight(HEIGHT)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._grid.setRowStretch(self._grid.rowCount(), 1)

    def columns_for(self, width: int) -> int:
        """How many plots fit side by side."""
        return max(min(width // LEAST_WIDTH, max(len(self.plots), 1)), 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit as many side by side as there is room for."""
        super().resizeEvent(event)
        old = self.columns_for(max(event.oldSize().width(), 1))
        if self.columns_for(event.size().width()) != old:
            self._place()

    def showEvent(self, event: QShowEvent) -> None:
        """Lay out for the room there is."""
        super().showEvent(event)
        self._place()

    def _change(self) -> None:
        if not self._timer.isActive():
            self._timer.start(SLOW_MS if self._store.count > MANY else QUICK_MS)

    def _mark_stale(self) -> None:
        for plot in self.plots:
            plot.mark_stale()
