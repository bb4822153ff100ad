"""One slice of the landscape: expected score with its band, trials, and what is to be gained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.landscape import Landscape, LandscapeSlice
from hpo_gui.analysis.parameter_axis import spaced_ticks
from hpo_gui.analysis.slices import GOLDEN
from hpo_gui.gui.plots.axis import Axis, Tick
from hpo_gui.gui.plots.canvas import PlotCanvas
from hpo_gui.gui.plots.painted_canvas import Points
from hpo_gui.gui.plots.score_range import score_range
from hpo_gui.gui.plots.trial_tip import tip_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import score_text
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import SMALL, text_font
from hpo_gui.gui.widgets.painting import elided

FloatArray = NDArray[np.float64]
LEAST_WIDTH, HEIGHT = 250, 228
GAIN, GAP = 28, 20  # pixels of the curve below, and between
FAINTEST = 0.04  # nearness below which a trial is not shown
STRENGTHS = ((0.65, 1.0, 0.85), (0.3, 0.65, 0.45), (FAINTEST, 0.3, 0.2))
"""From nearness, to nearness, opacity of the trials between."""


class LandscapeSlicePlot(PlotCanvas):
    """Draws what `show_slice` gives it."""

    wheel_zooms = False
    right_room = 14
    tick_spacing = (54, 40)

    def __init__(self, session: Session, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self.name = name
        self.y_name = " "  # room for the title
        self._landscape: Landscape | None = None
        self._slice: LandscapeSlice | None = None
        self._most = 0.0
        self.setAccessibleName(self.tr("Expected score along {0}").format(name))
        session.looking.selection_changed.connect(self._repaint)
        self.picked.connect(self._pick)
        self.opened.connect(lambda number: session.looking.select([number]))

    def sizeHint(self) -> QSize:
        """Return the size in the grid."""
        return QSize(LEAST_WIDTH, HEIGHT)

    def show_slice(
        self, landscape: Landscape, made: LandscapeSlice, axis: Axis, most: float
    ) -> None:
        """Show a slice; ``axis`` of the score and ``most``, the largest gain, are all slices'."""
        self._landscape, self._slice, self._most = landscape, made, most
        parameter = self._store.columns.space[self.name]
        ticks = tuple(Tick(tick.position, tick.text) for tick in spaced_ticks(parameter))
        self.x_home, self.y_home = Axis(-0.04, 1.04, ticks=ticks), axis
        self.setAccessibleDescription(slice_words(made))
        self.mark_stale()
        self.repaint_back()

    # --- pointing -------------------------------------------------------------------------------

    def selected(self) -> Sequence[int]:
        """Numbers of the selected trials."""
        return self._session.looking.selection

    def tip(self, number: int) -> str:
        """Return what is told about a trial."""
        return tip_of(self._store, number)

    def _pick(self, numbers: list[int], add: bool) -> None:
        self._session.looking.select(numbers, add=add)

    def _shown(self) -> NDArray[np.bool_]:
        """Which known trials are painted: near enough, and let through by the filter."""
        landscape, made = self._landscape, self._slice
        assert landscape is not None, "asked for with a slice only"
        assert made is not None, "asked for with a slice only"
        passes = self._store.mask[landscape.numbers]
        return np.asarray((made.nearness >= FAINTEST) & passes & np.isfinite(self._places()))

    def _places(self) -> FloatArray:
        landscape, made = self._landscape, self._slice
        assert landscape is not None, "asked for with a slice only"
        assert made is not None, "asked for with a slice only"
        space = self._store.columns.space
        places: FloatArray = landscape.rows[:, space.names.index(self.name)]
        if not made.joined:
            # NOTE: beside the bar of what is expected, and spread, so that none hides another
            side = 0.2 + 0.25 * ((landscape.numbers * GOLDEN) % 1.0)
            places = places + side / len(made.values)
        return places

    def make_points(self) -> Points:
        """Return the trials that are shown."""
        landscape = self._landscape
        if landscape is None:
            return Points()
        shown = self._shown()
        scores = np.clip(landscape.scores, self.y_home.low, self.y_home.high)
        x, y = self.x_pixels(self._places()[shown]), self.y_pixels(scores[shown])
        return Points(landscape.numbers[shown], x, y)

    # --- geometry -------------------------------------------------------------------------------

    def area(self) -> QRectF:
        """Where the score is painted: above what is to be gained."""
        return super().area().adjusted(0, 0, 0, -GAIN - GAP)

    def gain_area(self) -> QRectF:
        """Where the expected improvement is painted."""
        whole = super().area()
        return QRectF(whole.left(), whole.bottom() - GAIN, whole.width(), GAIN)

    def _paint_x_ticks(self, painter: QPainter, area: QRectF) -> None:
        super()._paint_x_ticks(painter, super().area())

    # --- painting -------------------------------------------------------------------------------

    def paint_back(self, painter: QPainter, area: QRectF) -> None:
        """Paint the title, the band, the trials, and what is to be gained."""
        made = self._slice
        if made is None:
            return
        self._paint_title(painter, made)
        self._paint_gain(painter, made)
        painter.save()
        painter.setClipRect(area.adjusted(0, -2, 0, 2))
        self._paint_line(painter, made)
        self._paint_bars(painter, made)
        self._paint_trials(painter, made)
        painter.restore()

    def _paint_title(self, painter: QPainter, made: LandscapeSlice) -> None:
        painter.setFont(text_font(SMALL, QFont.Weight.DemiBold))
        painter.setPen(QColor(tokens().text))
        room = QRectF(14, 2, self.width() - 24, 18)
        name = elided(painter, self.name, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_line(self, painter: QPainter, made: LandscapeSlice) -> None:
        """The mean as a line, with bands of one and of two standard deviations."""
        outlook = made.outlook
        for part in runs(np.isfinite(outlook.mean[: made.joined])):
            x, mean, sd = self.x_pixels(made.positions[part]), outlook.mean[part], outlook.sd[part]
            painter.setPen(Qt.PenStyle.NoPen)
            for width, opacity in ((2, 0.13), (1, 0.18)):
                painter.setBrush(_faint(tokens().accent, opacity))
                up, down = self.y_pixels(mean + width * sd), self.y_pixels(mean - width * sd)
                painter.drawPolygon(
                    polygon(np.concatenate([x, x[::-1]]), np.concatenate([up, down[::-1]]))
                )
            painter.setPen(QPen(QColor(tokens().accent), 1.8))
            painter.drawPolyline(polygon(x, self.y_pixels(mean)))

    def _paint_bars(self, painter: QPainter, made: LandscapeSlice) -> None:
        """Values that stand for themselves: a dot with bars of one and two deviations."""
        outlook = made.outlook
        for place in range(made.joined, len(made.values)):
            mean, sd = outlook.mean[place], outlook.sd[place]
            if not np.isfinite(mean):
                continue
            x = float(self.x_pixels(made.positions[place : place + 1])[0])
            for width, thick, opacity in ((2, 3.0, 0.35), (1, 6.0, 0.55)):
                ends = self.y_pixels(np.array([mean - width * sd, mean + width * sd]))
                pen = QPen(_faint(tokens().accent, opacity), thick)
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
                painter.setPen(pen)
                painter.drawLine(QLineF(x, float(ends[0]), x, float(ends[1])))
            painter.setPen(QPen(QColor(tokens().surface), 1.5))
            painter.setBrush(QColor(tokens().accent))
            painter.drawEllipse(QPointF(x, float(self.y_pixels(np.array([mean]))[0])), 4.5, 4.5)

    def _paint_trials(self, painter: QPainter, made: LandscapeSlice) -> None:
        """The nearer a trial is to the slice, the stronger."""
        points, landscape = self.points, self._landscape
        assert landscape is not None, "asked for with a slice only"
        paint_by_nearness(painter, points, made.nearness[self._shown()])

    def _paint_gain(self, painter: QPainter, made: LandscapeSlice) -> None:
        area, colors = self.gain_area(), tokens()
        gain = np.nan_to_num(made.outlook.improvement)
        heights = gain / self._most * (area.height() - 2) if self._most > 0 else gain * 0
        x, y = self.x_pixels(made.positions), area.bottom() - heights
        color = colors.series[1]
        painter.setPen(QPen(QColor(colors.border), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        line, fill = QPen(QColor(color), 1.2), _faint(color, 0.28)
        for part in runs(np.isfinite(made.outlook.mean[: made.joined])):
            path = QPainterPath(QPointF(float(x[part][0]), area.bottom()))
            for across, down in zip(x[part].tolist(), y[part].tolist(), strict=True):
                path.lineTo(across, down)
            path.lineTo(float(x[part][-1]), area.bottom())
            painter.fillPath(path, fill)
            painter.setPen(line)
            painter.drawPolyline(polygon(x[part], y[part]))
        painter.setPen(line)
        painter.setBrush(fill)
        for place in range(made.joined, len(made.values)):
            if heights[place] > 0:
                painter.drawRect(QRectF(x[place] - 6, y[place], 12, heights[place]))
        self._name_gain(painter, float(gain.max()) if len(gain) else 0.0)

    def _name_gain(self, painter: QPainter, most: float) -> None:
        painter.setFont(text_font(11))
        painter.setPen(QColor(tokens().muted))
        place = self.gain_area().adjusted(0, 2 - GAP, 0, -GAIN - 3)
        words = self.tr("improvement ≤ {0}").format(score_text(most))
        text = elided(painter, words, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)

    def paint_front(self, painter: QPainter, area: QRectF) -> None:
        """Paint where the configuration stands, and rings around it and what is pointed at."""
        made, landscape = self._slice, self._landscape
        if made is None or landscape is None:
            return
        x = float(self.x_pixels(np.array([made.here]))[0])
        pen = QPen(QColor(tokens().muted), 1, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawLine(QLineF(x, area.top(), x, self.gain_area().bottom()))
        points = self.points
        painter.setBrush(Qt.BrushStyle.NoBrush)
        chosen = self._session.looking.selection[-50:] or (landscape.number,)
        for place in np.flatnonzero(np.isin(points.numbers, chosen)).tolist():
            painter.setPen(QPen(QColor(tokens().accent), 2))
            painter.drawEllipse(QPointF(points.x[place], points.y[place]), 6.5, 6.5)
        for place in np.flatnonzero(points.numbers == self.pointed).tolist():
            painter.setPen(QPen(QColor(tokens().text), 1))
            painter.drawEllipse(QPointF(points.x[place], points.y[place]), 6.5, 6.5)


def paint_by_nearness(
    painter: QPainter, points: Points, nearness: FloatArray, *, halo: bool = False
) -> None:
    """Paint trials as dots, three strengths by nearness; with a ring of the surface's colour."""
    for low, high, opacity in reversed(STRENGTHS):
        chosen = (nearness >= low) & ((nearness < high) | (high == 1.0))
        if not chosen.any():
            continue
        dots = polygon(points.x[chosen], points.y[chosen])
        layers = (
            ((7.5, tokens().surface), (5.0, tokens().text)) if halo else ((5.0, tokens().text),)
        )
        for size, color in layers:
            pen = QPen(_faint(color, max(opacity, 0.4) if halo else opacity), size)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(dots)


def slices_axis(landscape: Landscape, *, before: Axis | None = None) -> Axis:
    """An axis of the score on which all slices can be read, kept while it fits."""
    means = [made.outlook.mean for made in landscape.slices]
    widths = [made.outlook.sd for made in landscape.slices]
    shown = np.concatenate([np.concatenate(means), landscape.scores] if means else [np.zeros(1)])
    inside = shown[np.isfinite(shown)]
    side = "low" if landscape.goal.maximize else "high"
    ends: list[float] = []
    for mean, sd in zip(means, widths, strict=True):
        good = mean + sd if landscape.goal.maximize else mean - sd
        if np.isfinite(good).any():
            ends.append(float(np.nanmax(good) if landscape.goal.maximize else np.nanmin(good)))
    return score_range(inside, bad_side=side, include=ends, before=before).axis


def slice_words(made: LandscapeSlice) -> str:
    """A slice in words, for screen readers."""
    mean = made.outlook.mean[np.isfinite(made.outlook.mean)]
    if not len(mean):
        return ""
    return f"{made.name}: {score_text(float(mean.min()))} … {score_text(float(mean.max()))}"


def runs(finite: NDArray[np.bool_]) -> Iterator[slice]:
    """The stretches of at least one true place."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], finite, [False]]).astype(int)))
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield slice(first, last)


def polygon(x: FloatArray, y: FloatArray) -> QPolygonF:
    """Pixels as Qt wants them."""
    return QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])


def _faint(color: str, opacity: float) -> QColor:
    made = QColor(color)
    made.setAlphaF(opacity)
    return made
