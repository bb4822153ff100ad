"""Plots of a population over the steps of training: scores, parameters, and who copied whom."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.parameter_axis import spaced_ticks
from hpo_gui.analysis.population import (
    NOBODY,
    Lineage,
    Path,
    level_paths,
    lineage,
    parameter_levels,
    score_paths,
)
from hpo_gui.core.trial import TrialState
from hpo_gui.gui.plots.axis import Axis, Tick
from hpo_gui.gui.plots.canvas import PlotCanvas
from hpo_gui.gui.plots.painted_canvas import FloatArray, Points
from hpo_gui.gui.plots.score_range import score_range
from hpo_gui.gui.plots.trial_tip import tip_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import metric_words
from hpo_gui.gui.tables.trial_store import TrialStore, trial_store
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.theme_tokens import mix
from hpo_gui.gui.typography import SMALL, text_font
from hpo_gui.gui.widgets.painting import elided

LEAST_WIDTH, HEIGHT = 280, 220
FAINT = 0.62  # of the way from the text's colour to the surface
FEW_VALUES = 12  # of a parameter, whose lines would lie on each other
SPREAD = 0.5  # of the room of a value that its lines take
CROSS = 3.0  # pixels from the middle of a mark to its ends


class LineagePlot(PlotCanvas):
    """A line a trial, from left to right as it learns; subclasses say what is upward.

    Who survives is strong, who was replaced is faint and ends in a mark; the path to the best
    trial, or to the selected ones, stands out.
    """

    wheel_zooms = False
    right_room = 16
    tick_spacing = (64, 34)

    def __init__(self, session: Session, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store: TrialStore = trial_store(session)
        self.title = title
        self.y_name = " "  # room for the title
        self.x_name = self.tr("steps of training")
        self.made: Lineage | None = None
        self._paths: tuple[Path, ...] = ()
        self.setAccessibleName(title)
        session.looking.selection_changed.connect(self._repaint)
        self.picked.connect(self._pick)
        self.opened.connect(lambda number: session.looking.select([number]))

    # --- to be filled in ------------------------------------------------------------------------

    def paths(self, made: Lineage) -> tuple[Path, ...]:
        """The line of each trial in values of the axes; sets ``y_home``."""
        raise NotImplementedError

    # --- model ----------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Return the size in the grid."""
        return QSize(LEAST_WIDTH, HEIGHT)

    def selected(self) -> Sequence[int]:
        """Numbers of the selected trials."""
        return self._session.looking.selection

    def tip(self, number: int) -> str:
        """Return what is told about a trial, and why it was proposed."""
        trial = self._store.trial(number)
        return f"{tip_of(self._store, trial.number)}<br>{escape(trial.origin.reason)}"

    def _pick(self, numbers: list[int], add: bool) -> None:
        self._session.looking.select(numbers, add=add)

    def compute(self) -> None:
        """Read the lineage."""
        made = lineage(self._store.history)
        self.made = made
        end = max(int(made.ends.max(initial=0)), self._store.history.plan.steps, 1)
        self.x_home = Axis(0.0, float(end), kind="count")
        self._paths = self.paths(made)
        words = self.tr("{0} trials, {1} of them copies of others")
        self.setAccessibleDescription(words.format(len(made.numbers), len(made.copies)))
        self.repaint_back()

    def _shown(self) -> list[int]:
        """Rows of the trials that pass the filter and have a line."""
        if self.made is None:
            return []
        passed = self._store.mask[self.made.numbers]
        return [row for row in np.flatnonzero(passed).tolist() if len(self._paths[row][0])]

    def make_points(self) -> Points:
        """Return the ends of the lines."""
        rows = self._shown()
        if self.made is None or not rows:
            return Points()
        ends = np.array([[self._paths[row][0][-1], self._paths[row][1][-1]] for row in rows])
        keep = np.isfinite(ends[:, 1])
        return Points(
            self.made.numbers[rows][keep],
            self.x_pixels(ends[keep, 0]),
            self.y_pixels(ends[keep, 1]),
        )

    # --- painting -------------------------------------------------------------------------------

    def paint_back(self, painter: QPainter, area: QRectF) -> None:
        """Paint the title and all lines, the faint ones first."""
        self._paint_title(painter)
        if self.made is None:
            return
        painter.setClipRect(area.adjusted(-5, -5, 5, 5))
        survives = self.made.survives
        for row in sorted(self._shown(), key=lambda row: bool(survives[row])):
            self._paint_line(painter, row, *self._look(row))
            if self.made.stopped[row]:
                self._paint_mark(painter, row)

    def _look(self, row: int) -> tuple[str, float]:
        """Colour and width of a trial's line."""
        assert self.made is not None
        colors = tokens()
        if not self.made.survives[row]:
            return mix(colors.muted, colors.surface, FAINT), 1.0
        return mix(colors.accent, colors.surface, 0.35), 1.5

    def paint_front(self, painter: QPainter, area: QRectF) -> None:
        """Paint the path to the selected trials, else to the best one, and what is pointed at."""
        if self.made is None:
            return
        painter.setClipRect(area.adjusted(-5, -5, 5, 5))
        chosen = [self.made.line(number) for number in self._session.looking.selection]
        lines = [line for line in chosen if len(line)] or [np.flatnonzero(self.made.wins)]
        for line in lines:
            for row in line.tolist():
                self._paint_line(painter, row, tokens().accent, 2.6)
        if lines and len(lines[-1]):
            self._paint_end(painter, int(lines[-1][-1]))
        if self.pointed >= 0:
            for row in self.made.line(self.pointed).tolist():
                self._paint_line(painter, row, tokens().text, 1.4)

    def _pixels(self, row: int) -> tuple[FloatArray, FloatArray]:
        steps, values = self._paths[row]
        keep = np.isfinite(values)
        return self.x_pixels(steps[keep]), self.y_pixels(values[keep])

    def _paint_line(self, painter: QPainter, row: int, color: str, width: float) -> None:
        x, y = self._pixels(row)
        pen = QPen(QColor(color), width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        if len(x) == 1:
            painter.drawPoint(QPointF(float(x[0]), float(y[0])))
        elif len(x):
            painter.drawPolyline(QPolygonF([QPointF(*at) for at in zip(x, y, strict=True)]))

    def _paint_mark(self, painter: QPainter, row: int) -> None:
        """A cross where a trial was replaced; a red one where it failed."""
        assert self.made is not None
        x, y = self._pixels(row)
        if not len(x):
            return
        failed = self._store.trial(int(self.made.numbers[row])).state is TrialState.FAILED
        painter.setPen(QPen(QColor(tokens().bad if failed else tokens().muted), 1.4))
        middle = QPointF(float(x[-1]), float(y[-1]))
        for down in (CROSS, -CROSS):
            painter.drawLine(middle + QPointF(-CROSS, -down), middle + QPointF(CROSS, down))

    def _paint_end(self, painter: QPainter, row: int) -> None:
        x, y = self._pixels(row)
        if len(x):
            painter.setPen(QPen(QColor(tokens().surface), 1.5))
            painter.setBrush(QColor(tokens().accent))
            painter.drawEllipse(QPointF(float(x[-1]), float(y[-1])), 4.5, 4.5)
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_title(self, painter: QPainter) -> None:
        painter.setFont(text_font(SMALL, QFont.Weight.DemiBold))
        painter.setPen(QColor(tokens().text))
        room = QRectF(14, 2, self.width() - 24, 18)
        words = elided(painter, self.title, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)


class ScorePathsPlot(LineagePlot):
    """The score of every member over the steps."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", parent)
        self.setAccessibleName(self.tr("Score of the population over the steps"))

    def paths(self, made: Lineage) -> tuple[Path, ...]:
        """Return the learning curves."""
        store = self._store
        self.title = metric_words(store.goal.metric)
        found = score_paths(store.history, made)
        values = [values for _, values in found if len(values)]
        scores = np.concatenate(values) if values else np.empty(0)
        side = "low" if store.goal.maximize else "high"
        fitting = score_range(scores, bad_side=side, before=self.y_home)
        self.y_home = fitting.axis
        return tuple((steps, fitting.clip(values)) for steps, values in found)


class ParameterPathsPlot(LineagePlot):
    """One parameter of every member over the steps."""

    def __init__(self, session: Session, name: str, parent: QWidget | None = None) -> None:
        super().__init__(session, name, parent)
        self.name = name
        self.setAccessibleName(self.tr("{0} over the steps").format(name))

    def paths(self, made: Lineage) -> tuple[Path, ...]:
        """Return a level each; those of a list are spread a little, so that they can be told."""
        columns = self._store.columns
        if self.name not in columns.space:
            return tuple((np.empty(0), np.empty(0)) for _ in made.numbers)
        parameter = columns.space[self.name]
        ticks = tuple(Tick(tick.position, tick.text) for tick in spaced_ticks(parameter))
        self.y_home = Axis(-0.05, 1.05, ticks=ticks)
        levels = parameter_levels(columns, made, self.name)
        if parameter.size <= FEW_VALUES and len(made.lanes):
            lanes = made.lanes / max(int(made.lanes.max()), 1) - 0.5
            levels = levels + SPREAD * lanes / parameter.size
        return level_paths(made, levels)


class LineageTreePlot(LineagePlot):
    """A lane a member; a line that changes lanes is a copy."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", parent)
        self.title = self.tr("lineage: lines that change lanes are copies")
        self.setAccessibleName(self.tr("Who went on from whom"))

    def paths(self, made: Lineage) -> tuple[Path, ...]:
        """Return the lanes."""
        lanes = int(made.lanes.max(initial=0)) + 1
        every = max(lanes // 8, 1)
        ticks = tuple(Tick(float(lane), str(lane + 1)) for lane in range(0, lanes, every))
        self.y_home = Axis(lanes - 0.5, -0.5, ticks=ticks)
        found = []
        for row, lane in enumerate(made.lanes.tolist()):
            begin, end, parent = float(made.begins[row]), float(made.ends[row]), made.parents[row]
            steps, places = [begin, end], [float(lane), float(lane)]
            if parent != NOBODY and made.lanes[parent] != lane:
                # the link leans, so that those of several copies can be told apart
                reach = min(0.3 * (end - begin), 1.0)
                steps = [begin, begin + reach, end]
                places = [float(made.lanes[parent]), float(lane), float(lane)]
            found.append((np.array(steps), np.array(places)))
        return tuple(found)
