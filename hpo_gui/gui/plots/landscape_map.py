"""A map of the landscape: two parameters, with colour, contours and trials."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QImage, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.contours import contour_segments
from hpo_gui.analysis.landscape import Landscape, LandscapeMap
from hpo_gui.analysis.parameter_axis import is_listed, parameter_ticks
from hpo_gui.core.value import show
from hpo_gui.gui.plots.axis import Axis, Tick
from hpo_gui.gui.plots.canvas import PlotCanvas
from hpo_gui.gui.plots.colormap import ordered_color
from hpo_gui.gui.plots.landscape_slice import paint_by_nearness
from hpo_gui.gui.plots.painted_canvas import Points
from hpo_gui.gui.plots.trial_tip import tip_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import decimals_for, score_text
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import text_font
from hpo_gui.gui.widgets.painting import elided, paint_marker

FloatArray = NDArray[np.float64]
Quantity = Literal["mean", "sd", "improvement"]
BAR, BAR_GAP = 12, 14
DECADES = 4  # of improvement that have a colour of their own
MOST_RINGS = 200


class LandscapeMapPlot(PlotCanvas):
    """Draws what `show_map` gives it.

    Signals
    -------
    told : what is expected at the place under the mouse, or ""
    """

    told = Signal(str)

    right_room = 96
    tick_spacing = (64, 34)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self._landscape: Landscape | None = None
        self._map: LandscapeMap | None = None
        self.quantity: Quantity = "mean"
        self.setAccessibleName(self.tr("Map of the expected score"))
        session.looking.selection_changed.connect(self._repaint)
        self._store.filtered.connect(self.mark_stale)
        self._store.filtered.connect(self.repaint_back)
        self.picked.connect(self._pick)
        self.opened.connect(lambda number: session.looking.select([number]))

    def show_map(self, landscape: Landscape, made: LandscapeMap) -> None:
        """Show a map."""
        if self._map is None or self._map.names != made.names:
            self.reset_view()
        self._landscape, self._map = landscape, made
        self.x_name, self.y_name = made.names
        self.x_home, self.y_home = (self._axis(name) for name in made.names)
        self.setAccessibleDescription(self.tr("{0} and {1}").format(*made.names))
        self.mark_stale()
        self.repaint_back()

    def set_quantity(self, quantity: Quantity) -> None:
        """Choose what the colours show."""
        self.quantity = quantity
        self.repaint_back()

    def _axis(self, name: str) -> Axis:
        parameter = self._store.columns.space[name]
        ticks = tuple(Tick(tick.position, tick.text) for tick in parameter_ticks(parameter))
        return Axis(0.0, 1.0, ticks=ticks)

    # --- pointing -------------------------------------------------------------------------------

    def selected(self) -> Sequence[int]:
        """Numbers of the selected trials."""
        return self._session.looking.selection

    def tip(self, number: int) -> str:
        """Return what is told about a trial."""
        return tip_of(self._store, number)

    def _pick(self, numbers: list[int], add: bool) -> None:
        self._session.looking.select(numbers, add=add)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what is expected there."""
        super().mouseMoveEvent(event)
        self.told.emit(self.words_at(event.position()))

    def leaveEvent(self, event: object) -> None:
        """Tell nothing any more."""
        super().leaveEvent(event)
        self.told.emit("")

    def words_at(self, at: QPointF) -> str:
        """What is expected at a pixel."""
        made, area = self._map, self.area()
        if made is None or not area.contains(at):
            return ""
        x = self.x_axis.value((at.x() - area.x()) / area.width())
        y = self.y_axis.value((area.bottom() - at.y()) / area.height())
        column, row = int(x * len(made.values[0])), int(y * len(made.values[1]))
        if not (0 <= column < len(made.values[0]) and 0 <= row < len(made.values[1])):
            return ""
        outlook, mean = made.outlook, made.outlook.mean[row, column]
        values = (show(_short(made.values[0][column])), show(_short(made.values[1][row])))
        place = ", ".join(f"{n} = {v}" for n, v in zip(made.names, values, strict=True))
        if not np.isfinite(mean):
            return self.tr("{0}: not allowed, or does not apply").format(place)
        sd = float(outlook.sd[row, column])
        digits = decimals_for(sd)
        return self.tr("{0}: {1} ± {2}, expected improvement {3}").format(
            place,
            score_text(float(mean), digits),
            score_text(sd, digits),
            score_text(float(outlook.improvement[row, column])),
        )

    def _columns(self) -> tuple[int, int]:
        assert self._map is not None, "asked for with a map only"
        names = self._store.columns.space.names
        return names.index(self._map.names[0]), names.index(self._map.names[1])

    def _shown(self) -> NDArray[np.bool_]:
        assert self._landscape is not None, "asked for with a map only"
        rows = self._landscape.rows[:, self._columns()]
        passes = self._store.mask[self._landscape.numbers]
        return np.asarray(np.isfinite(rows).all(axis=1) & passes)

    def make_points(self) -> Points:
        """Return the known trials, then the open ones."""
        landscape = self._landscape
        if landscape is None or self._map is None:
            return Points()
        first, second = self._columns()
        shown = self._shown()
        rows = np.concatenate([landscape.rows[shown], landscape.open_rows])
        numbers = np.concatenate([landscape.numbers[shown], landscape.open_numbers])
        return Points(numbers, self.x_pixels(rows[:, first]), self.y_pixels(rows[:, second]))

    # --- painting -------------------------------------------------------------------------------

    def _numbers(self) -> FloatArray:
        """What the colours stand for, shape (b, a); the logarithm of an improvement."""
        assert self._map is not None, "asked for with a map only"
        outlook = self._map.outlook
        if self.quantity == "mean":
            return outlook.mean
        if self.quantity == "sd":
            return outlook.sd
        gain = outlook.improvement
        most = float(np.nanmax(gain)) if np.isfinite(gain).any() else 0.0
        if most <= 0:
            return np.where(np.isfinite(gain), 0.0, np.nan)
        floor = most / 10**DECADES
        return np.asarray(np.log10(np.maximum(gain, floor)))

    def paint_back(self, painter: QPainter, area: QRectF) -> None:
        """Paint colours, contours, known trials and the bar that explains the colours."""
        made, landscape = self._map, self._landscape
        if made is None or landscape is None:
            return
        numbers = self._numbers()
        finite = numbers[np.isfinite(numbers)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        painter.save()
        painter.setClipRect(area)
        painter.fillRect(area, QColor(tokens().surface))
        hatch = QBrush(QColor(tokens().strong_border), Qt.BrushStyle.BDiagPattern)
        painter.fillRect(area, hatch)
        shares = (numbers - low) / (high - low) if high > low else numbers * 0 + 0.5
        self._paint_cells(painter, made, self._good(shares))
        axis = Axis(low, high)
        if high > low:
            self._paint_contours(painter, made, numbers, axis)
        points = self.points
        known = int(self._shown().sum())
        dots = Points(points.numbers[:known], points.x[:known], points.y[:known])
        paint_by_nearness(painter, dots, np.maximum(made.nearness[self._shown()], 0.04), halo=True)
        painter.restore()
        self._paint_bar(painter, area, axis)

    def _good(self, shares: FloatArray) -> FloatArray:
        """Shares from worst to best: a small score may be the better one."""
        landscape = self._landscape
        assert landscape is not None, "asked for with a map only"
        turned = self.quantity == "mean" and not landscape.goal.maximize
        return 1 - shares if turned else shares

    def _place(self, made: LandscapeMap) -> QRectF:
        """Where all cells lie, in pixels; beyond the area while zoomed in."""
        ends = np.array([0.0, 1.0])
        (left, right), (bottom, top) = self.x_pixels(ends), self.y_pixels(ends)
        return QRectF(left, top, right - left, bottom - top)

    def _paint_cells(self, painter: QPainter, made: LandscapeMap, shares: FloatArray) -> None:
        space = self._store.columns.space
        image = color_image(shares)
        listed = any(is_listed(space[name]) or space[name].contains(None) for name in made.names)
        smooth = not listed and bool(np.isfinite(shares).all())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(self._place(made), image)

    def _paint_contours(
        self, painter: QPainter, made: LandscapeMap, numbers: FloatArray, axis: Axis
    ) -> None:
        """Lines at the ticks of the bar, so that colour is not all there is."""
        space = self._store.columns.space
        if any(is_listed(space[name]) for name in made.names):
            return
        line = QColor(tokens().text)
        line.setAlphaF(0.45)
        painter.setPen(QPen(line, 1))
        place = self._place(made)
        for tick in axis.make_ticks(5):
            segments = contour_segments(numbers, tick.value)
            x = place.left() + segments[:, :, 0] * place.width()
            y = place.bottom() - segments[:, :, 1] * place.height()
            lines = np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], axis=1)
            painter.drawLines([QLineF(*ends) for ends in lines.tolist()])

    def _paint_bar(self, painter: QPainter, area: QRectF, axis: Axis) -> None:
        bar = QRectF(area.right() + BAR_GAP, area.top(), BAR, area.height())
        if axis.high > axis.low:
            column = self._good(np.linspace(0, 1, 128))[:, None]
            painter.drawImage(bar, color_image(column))
        painter.setFont(text_font(11))
        painter.setPen(QColor(tokens().muted))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        ticks = axis.make_ticks(max(int(area.height() / 34), 2)) if axis.high > axis.low else ()
        for tick in ticks:
            y = bar.bottom() - float(axis.place(np.array([tick.value]))[0]) * bar.height()
            text = tick.text
            if self.quantity == "improvement":
                text = f"{10**tick.value:.1g}"
            room = QRectF(bar.right() + 6, y - 8, self.width() - bar.right() - 8, 16)
            painter.drawText(room, left, elided(painter, text, room.width()))

    def paint_front(self, painter: QPainter, area: QRectF) -> None:
        """Paint open trials, the configuration looked at, and what is selected or pointed at."""
        landscape = self._landscape
        if landscape is None or self._map is None:
            return
        points, colors = self.points, tokens()
        painter.save()
        painter.setClipRect(area.adjusted(-8, -8, 8, 8))
        for place in np.flatnonzero(np.isin(points.numbers, landscape.open_numbers)).tolist():
            at = QPointF(points.x[place], points.y[place])
            if np.isfinite(points.x[place]) and np.isfinite(points.y[place]):
                paint_marker(painter, at, "ring", colors.surface, 13)
                paint_marker(painter, at, "ring", colors.accent, 10)
        self._paint_here(painter, landscape)
        chosen = self._session.looking.selection[-MOST_RINGS:]
        rings = ((chosen, colors.accent, 2), ((self.pointed,), colors.text, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for numbers, color, width in rings:
            for place in np.flatnonzero(np.isin(points.numbers, numbers)).tolist():
                painter.setPen(QPen(QColor(color), width))
                painter.drawEllipse(QPointF(points.x[place], points.y[place]), 7, 7)
        painter.restore()

    def _paint_here(self, painter: QPainter, landscape: Landscape) -> None:
        """A star where the configuration looked at stands."""
        assert self._map is not None, "asked for with a map only"
        row = self._store.columns.space.encode(landscape.point)
        x, y = (row[place] for place in self._columns())
        if np.isfinite(x) and np.isfinite(y):
            at = self.pixel(float(x), float(y))
            paint_marker(painter, at, "star", tokens().surface, 19)
            paint_marker(painter, at, "star", tokens().accent, 14)


def color_image(shares: FloatArray) -> QImage:
    """Shares from worst to best, rows from bottom to top, as a picture; clear where NaN."""
    high, wide = shares.shape
    known = np.isfinite(shares)
    places = np.round(np.clip(np.where(known, shares, 0.0), 0, 1) * 255).astype(np.intp)
    pixels = np.zeros((high, wide, 4), dtype=np.uint8)
    pixels[:, :, :3] = _palette(tokens().name)[places]
    pixels[:, :, 3] = np.where(known, 255, 0)
    pixels = np.ascontiguousarray(pixels[::-1])
    return QImage(pixels.data, wide, high, 4 * wide, QImage.Format.Format_RGBA8888).copy()


@lru_cache(maxsize=4)
def _palette(theme: str) -> NDArray[np.uint8]:
    """The colours of 256 shares in a theme, shape (256, 3)."""
    colors = [ordered_color(place / 255) for place in range(256)]
    return np.array([_channels(color) for color in colors], dtype=np.uint8)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _short(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value
