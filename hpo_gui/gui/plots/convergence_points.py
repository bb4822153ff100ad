"""The trials of the convergence plot: which are shown, where, and in which looks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.convergence import Along, Convergence, convergence, volume_course
from hpo_gui.core.trial import STATE_CODES, TrialState
from hpo_gui.gui.plots.axis import Axis, grown
from hpo_gui.gui.plots.canvas import PlotCanvas
from hpo_gui.gui.plots.legend import LegendItem
from hpo_gui.gui.plots.painted_canvas import FloatArray, Points
from hpo_gui.gui.plots.scatter_layers import PointSeries, paint_points
from hpo_gui.gui.plots.score_range import ScoreRange, score_range
from hpo_gui.gui.plots.series import series_look, series_places, series_title
from hpo_gui.gui.plots.trial_tip import tip_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import goal_words, metric_words, score_text
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.theme import tokens

Mask = NDArray[np.bool_]
COMPLETE, PRUNED = STATE_CODES[TrialState.COMPLETE], STATE_CODES[TrialState.PRUNED]
FAILED, RUNNING = STATE_CODES[TrialState.FAILED], STATE_CODES[TrialState.RUNNING]
SECONDS = "seconds"
HYPERVOLUME = "hypervolume"
MOST_RINGS = 500


class ConvergencePoints(PlotCanvas):
    """See the module.

    Parameters
    ----------
    quantity : what the y axis shows at first, and for another study, see `set_quantity`

    Signals
    -------
    legend_changed : what the legend shows
    """

    legend_changed = Signal(object)
    right_room = 26

    def __init__(
        self, session: Session, quantity: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self._along: Along = "trial"
        self._usual = self._quantity = quantity
        self._log = False
        self._everything = False
        self._shown: Convergence | None = None
        self._y: FloatArray = np.empty(0)
        self._range = ScoreRange(self.y_home)
        self._at_edge = 0
        self._places: list[int] = []
        self._drawn: Mask = np.zeros(0, dtype=bool)
        self.setAccessibleName(self.tr("Scores of the trials and the best so far"))
        self._store.reset.connect(self._reset)
        self._store.changed.connect(self._change)
        self._store.filtered.connect(self._refilter)
        session.looking.selection_changed.connect(self._repaint)
        session.spec_changed.connect(self.mark_stale)
        self.picked.connect(self._pick)
        self.opened.connect(lambda number: session.looking.select([number]))

    # --- what is shown --------------------------------------------------------------------------

    def set_along(self, along: Along) -> None:
        """Choose the x axis."""
        self._along = along
        self.reset_view()

    def set_quantity(self, name: str) -> None:
        """Choose the y axis: "" for the goal, a metric, `SECONDS` or `HYPERVOLUME`."""
        self._quantity = name
        self.reset_view()

    def set_log(self, log: bool) -> None:
        """Make the y axis logarithmic, where all that is shown lies above 0."""
        self._log = log
        self.reset_view()

    def set_everything(self, everything: bool) -> None:
        """Make room for the worst scores too, instead of showing them at the edge."""
        self._everything = everything
        self.reset_view()

    @property
    def is_log(self) -> bool:
        """Whether the y axis is logarithmic now."""
        return self.y_axis.log

    @property
    def of_goal(self) -> bool:
        """Whether the y axis is that of the goal looked at."""
        return self._quantity in ("", self._store.goal.metric)

    @property
    def has_line(self) -> bool:
        """Whether there is a line of the best so far, or of the hypervolume."""
        return self.of_goal or self._quantity == HYPERVOLUME

    def selected(self) -> Sequence[int]:
        """Numbers of the selected trials."""
        return self._session.looking.selection

    def tip(self, number: int) -> str:
        """Return what is told about a trial."""
        return tip_of(self._store, number)

    # --- changes --------------------------------------------------------------------------------

    def _reset(self) -> None:
        self._quantity = self._usual
        self._zoom = None
        self._refilter()

    def _refilter(self) -> None:
        self.repaint_back()
        self.mark_stale()

    def _change(self, numbers: NDArray[np.intp]) -> None:
        known = numbers[numbers < len(self._drawn)]
        if self._drawn[known].any():  # such as a trial that was retracted
            self.repaint_back()
        self.mark_stale_soon()

    def _pick(self, numbers: list[int], add: bool) -> None:
        self._session.looking.select(numbers, add=add)

    # --- computing ------------------------------------------------------------------------------

    def compute(self) -> None:
        """Read the trials; the kept picture stays when the axes do."""
        columns = self._store.columns
        course = volume_course if self._quantity == HYPERVOLUME else convergence
        self._shown = course(self._store.history, columns, self._along)
        self._y = self._values()
        self.y_name = goal_words(self._store.goal) if self.of_goal else self._other_name()
        before = self.x_home, self.y_home
        self.x_home, self.y_home = self._x_range(), self._y_range(before[1])
        if (self.x_home, self.y_home) != before and not self.is_zoomed:
            self.repaint_back()
        if self.has_picture:
            self._paint_new()
        self._tell()

    def _values(self) -> FloatArray:
        assert self._shown is not None
        if self.has_line:
            return self._shown.scores
        columns = self._store.columns
        return columns.seconds if self._quantity == SECONDS else columns.metric(self._quantity)

    def _other_name(self) -> str:
        if self._quantity == SECONDS:
            return self.tr("time of the whole trial")
        if self._quantity == HYPERVOLUME:
            return self.tr("hypervolume that the front dominates (larger is better)")
        return metric_words(self._quantity)

    def _x_range(self) -> Axis:
        assert self._shown is not None
        x = self._shown.x
        if self._along == "trial":
            last = float(len(x) - 1)
        else:
            last = float(np.nanmax(x)) if np.isfinite(x).any() else 0.0
        budget = self._session.spec.budget
        if self._along == "trial":
            if budget.trials is not None and last <= budget.trials:
                return Axis(0.0, float(max(budget.trials, 2)), kind="count")
            return Axis(0.0, grown(last), kind="count")
        return Axis(0.0, grown(last, least=2), kind="time")

    def _y_range(self, before: Axis) -> Axis:
        """Round ends that hold what is shown, the baseline and the best included."""
        assert self._shown is not None
        fenced = self.of_goal and not self._everything
        baseline = self._shown.baseline if self.of_goal else None
        shown = self._store.mask & self._placed()
        complete = self._store.columns.states == COMPLETE
        scores = self._y[shown]
        self._range = score_range(
            scores,
            sure=self._y[shown & complete],
            bad_side=("low" if self._store.goal.maximize else "high") if fenced else "",
            include=() if baseline is None else (baseline[1],),
            log=self._log,
            before=before,
        )
        self._at_edge = int(self._range.beyond(scores).sum())
        return self._range.axis

    def _placed(self) -> Mask:
        """Trials that stand at a score of their own."""
        states = self._store.columns.states
        placed: Mask = (states == COMPLETE) | (states == PRUNED) | (states == RUNNING)
        return placed

    def _tell(self) -> None:
        columns = self._store.columns
        present = np.flatnonzero(np.bincount(columns.strategy[columns.states == COMPLETE]))
        names = columns.strategies
        places = series_places(names)
        if places[: len(self._places)] != self._places:
            self.repaint_back()
        self._places = places
        items = [
            LegendItem(series_title(names[code]), places[code])
            for code in sorted(present.tolist(), key=lambda code: places[code])
        ]
        if (columns.states == PRUNED).any():
            items.append(LegendItem(self.tr("stopped early")))
        if (columns.states == FAILED).any():
            items.append(LegendItem(self.tr("failed"), token="bad"))
        self.legend_changed.emit(items)
        self._describe()

    def _describe(self) -> None:
        shown, goal = self._shown, self._store.goal
        words = [self.tr("{0} trials").format(self._store.count)]
        if shown is not None and shown.best is not None and self.of_goal:
            best = score_text(float(shown.scores[shown.best]))
            words.append(
                self.tr("best {0} {1}, trial {2}").format(
                    metric_words(goal.metric), best, shown.best
                )
            )
        if shown is not None and shown.baseline is not None:
            words.append(self.tr("defaults {0}").format(score_text(shown.baseline[1])))
        self.setAccessibleDescription(", ".join(words))

    # --- pixels ---------------------------------------------------------------------------------

    def _pixels(self, rows: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        assert self._shown is not None
        values = self._y[rows] if self.is_zoomed else self._range.clip(self._y[rows])
        y = self.y_pixels(values)
        failed = self._store.columns.states[rows] == FAILED
        lost = failed | ~np.isfinite(self._y[rows])
        y = np.where(lost, self.area().bottom() - 5, y)
        return self.x_pixels(self._shown.x[rows]), y

    def make_points(self) -> Points:
        """Return all trials in view that pass the filter."""
        states = self._store.columns.states
        rows = np.flatnonzero(self._store.mask & (self._placed() | (states == FAILED)))
        x, y = self._pixels(rows)
        area = self.area().adjusted(-6, -6, 6, 6)
        seen = (x >= area.left()) & (x <= area.right()) & (y >= area.top()) & (y <= area.bottom())
        return Points(rows[seen], x[seen], y[seen])

    # --- painting -------------------------------------------------------------------------------

    def paint_back(self, painter: QPainter, area: QRectF) -> None:
        """Paint all finished trials."""
        done = self._done(slice(None))
        self._drawn = done.copy()
        painter.setClipRect(area.adjusted(-6, -6, 6, 6))
        self._paint_rows(painter, np.flatnonzero(done & self._store.mask))

    def _paint_new(self) -> None:
        """Paint trials that finished since onto the kept picture."""
        more = self._store.count - len(self._drawn)
        self._drawn = np.concatenate([self._drawn, np.zeros(more, dtype=bool)])
        rows = np.flatnonzero(~self._drawn)
        rows = rows[self._done(rows)]
        self._drawn[rows] = True
        painter = self.paint_onto_picture()
        try:
            self._paint_rows(painter, rows[self._store.mask[rows]])
        finally:
            painter.end()

    def _done(self, rows: NDArray[np.intp] | slice) -> Mask:
        states = self._store.columns.states[rows]
        done: Mask = (states == COMPLETE) | (states == PRUNED) | (states == FAILED)
        return done

    def _paint_rows(self, painter: QPainter, rows: NDArray[np.intp]) -> None:
        if not len(rows):
            return
        columns, colors = self._store.columns, tokens()
        states, codes = columns.states[rows], columns.strategy[rows]
        x, y = self._pixels(rows)
        area = self.area().adjusted(-6, -6, 6, 6)
        beyond = self._range.beyond(self._y[rows]) & (states != FAILED)
        seen = ~beyond if not self.is_zoomed else np.ones(len(rows), dtype=bool)
        looks = [((states == PRUNED) & seen, colors.muted, "cross", 6.0)]
        for code, place in enumerate(series_places(columns.strategies)):
            color, shape = series_look(place)
            mine = (states == COMPLETE) & (codes == code)
            looks.append((mine & seen, color, shape, 7.0))
            looks.append((mine & ~seen, color, self._edge_shape(), 6.0))
        looks.append((states == FAILED, colors.bad, "cross", 7.0))
        for chosen, color, shape, size in looks:
            if chosen.any():
                paint_points(painter, area, PointSeries(x[chosen], y[chosen], color, shape, size))

    def _edge_shape(self) -> str:
        """The marker of scores beyond the axis: it points to where they are."""
        return "triangle_down" if self._store.goal.maximize else "triangle"
