"""Learning curves: all trials faint, the chosen ones strong, and the learning rate below."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.learning_curves import ENDS, LearningCurves, learning_curves
from hpo_gui.gui.plots.axis import Axis, Tick
from hpo_gui.gui.plots.canvas import PlotCanvas
from hpo_gui.gui.plots.kept_curves import MARKS, OPEN, KeptCurves
from hpo_gui.gui.plots.legend import LegendItem
from hpo_gui.gui.plots.painted_canvas import TICK_FONT, FloatArray, Points
from hpo_gui.gui.plots.rate_strip import paint_rates, rate_axis
from hpo_gui.gui.plots.score_range import ScoreRange, score_range
from hpo_gui.gui.plots.strong_curves import MOST_CHOSEN, Strong, choose_strong, name_of
from hpo_gui.gui.plots.trial_tip import tip_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import goal_words, share_text
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import SMALL, text_font
from hpo_gui.gui.widgets.painting import elided, paint_marker

NEAR = 7.0  # pixels within which a curve is hit
BESIDE = 0.25  # of a step, within which its end is
MOST_RUNNING = 64
STRIP, STRIP_GAP = 38, 34  # pixels of the learning rate, and above it
TALL = 250  # pixels of the plot from which there is room for it


class LearningPlot(PlotCanvas):
    """See the module.

    Signals
    -------
    legend_changed : what the legend shows
    told : which trials are left out, in words
    """

    legend_changed = Signal(object)
    told = Signal(str)
    right_room = 128

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self._log = False
        self._shown: LearningCurves | None = None
        self._range = ScoreRange(self.y_home)
        self._strong: list[Strong] = []
        self._has_strip = False
        self._kept = KeptCurves(self._lines)
        self._rest = QTimer(self)  # paints the rest of the kept picture, some curves a frame
        self._rest.setSingleShot(True)
        self._rest.setInterval(0)
        self._rest.timeout.connect(self._paint_rest)
        self.setAccessibleName(self.tr("Learning curves of the trials"))
        self._store.reset.connect(self.reset_view)
        self._store.changed.connect(self._follow)
        self._store.filtered.connect(self._refilter)
        session.looking.selection_changed.connect(self.mark_stale)
        session.spec_changed.connect(self.mark_stale)
        self.picked.connect(self._pick)
        self.opened.connect(self._open)

    # --- what is shown --------------------------------------------------------------------------

    def set_log(self, log: bool) -> None:
        """Make the y axis logarithmic, where all that is shown lies above 0."""
        self._log = log
        self.reset_view()

    def selected(self) -> Sequence[int]:
        """Numbers of the selected trials."""
        return self._session.looking.selection

    def tip(self, number: int) -> str:
        """Return what is told about a trial."""
        return tip_of(self._store, number)

    @property
    def curves(self) -> LearningCurves | None:
        """What is drawn."""
        return self._shown

    @property
    def strong(self) -> list[Strong]:
        """The trials that are drawn strong, the one looked at first."""
        return self._strong

    def _follow(self) -> None:
        """Slot of this widget, so that the connection ends with it."""
        self.mark_stale_soon()

    def _refilter(self) -> None:
        self.repaint_back()
        self.mark_stale()

    def _pick(self, numbers: list[int], add: bool) -> None:
        self._session.looking.select(numbers, add=add)

    def _open(self, number: int) -> None:
        self._session.looking.select([number])

    # --- computing ------------------------------------------------------------------------------

    def compute(self) -> None:
        """Read the curves; the kept picture stays when the axes do."""
        store, planned = self._store, self._store.planned_training
        keep = self._session.looking.selection[-MOST_CHOSEN:]
        learnt = store.mask & store.columns.learnt
        shown = learning_curves(store.history, planned, learnt=learnt, keep=keep)
        before = self.x_home, self.y_home, self._has_strip
        self._shown = shown
        self._strong = choose_strong(store, shown, self._session.looking.selection)
        self._has_strip = self._wants_strip()
        self.x_home = _steps_axis(shown.steps, store.history.plan.rows)
        words = self.tr("{0}, after each step")
        if store.history.plan.rows:
            words = self.tr("{0}, over the share of the rows that was learnt from")
        self.y_name = words.format(goal_words(store.goal))
        values = [shown.scores.ravel(), *(np.array(s.course.train) for s in self._strong[:1])]
        self._range = score_range(
            np.concatenate(values),
            bad_side="low" if store.goal.maximize else "high",
            log=self._log,
            before=self.y_home,
        )
        self.y_home = self._range.axis
        if (self.x_home, self.y_home, self._has_strip) != before and not self.is_zoomed:
            self.repaint_back()
        if self.has_picture:
            self._paint_new()
        self._tell(shown)

    def _tell(self, shown: LearningCurves) -> None:
        present = {ENDS[code] for code in np.unique(shown.ends).tolist()}
        words = {
            "pruned": self.tr("pruned"),
            "early": self.tr("done early"),
            "failed": self.tr("failed"),
        }
        items = [
            LegendItem(words[end], token=token, marker=marker)
            for end, (token, marker) in MARKS.items()
            if end in present
        ]
        self.legend_changed.emit(items)
        text = ""
        if shown.left_out:
            text = self.tr("the best and the newest {0:,} of {1:,}").format(
                len(shown.numbers), len(shown.numbers) + shown.left_out
            )
        self.told.emit(text)
        said = [self.tr("{0} trials").format(len(shown.numbers))]
        said += [name_of(self._store, strong) for strong in self._strong if strong.named]
        self.setAccessibleDescription(", ".join(said))

    # --- pixels ---------------------------------------------------------------------------------

    @property
    def has_strip(self) -> bool:
        """Whether the learning rate is shown below."""
        return self._has_strip

    def _wants_strip(self) -> bool:
        rates = self._strong[0].course.rate if self._strong else ()
        return self.height() >= TALL and any(math.isfinite(rate) for rate in rates)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find out again whether there is room for the learning rate."""
        super().resizeEvent(event)
        self.mark_stale()

    def area(self) -> QRectF:
        """Where the curves are painted; the learning rate has its strip below."""
        area = super().area()
        if self.has_strip:
            area.setHeight(max(area.height() - STRIP - STRIP_GAP + 18, 40))
        return area

    def strip(self) -> QRectF:
        """Where the learning rate is painted."""
        area = self.area()
        return QRectF(area.left(), area.bottom() + STRIP_GAP, area.width(), STRIP)

    def _measure(self) -> None:
        """Make room for the words of both y axes."""
        super()._measure()
        if self.has_strip:
            ticks = rate_axis(self._strong).make_ticks(2)
            widest = max((self.fontMetrics().horizontalAdvance(t.text) for t in ticks), default=0)
            self._left = min(max(self._left, int(widest * TICK_FONT / 13) + 24), 140)

    def _heights(self, scores: FloatArray) -> FloatArray:
        return self.y_pixels(scores if self.is_zoomed else self._range.clip(scores))

    def _lines(self, scores: FloatArray, first: int = 0) -> list[QPolygonF]:
        """The points of curves, one a row, whose values begin at step ``first``."""
        down = self._heights(scores)
        across = self.x_pixels(np.arange(first, first + scores.shape[1], dtype=float)).tolist()
        return [
            QPolygonF([QPointF(x, y) for x, y in zip(across, row, strict=True) if y == y])
            for row in down.tolist()
        ]

    def _line(self, values: Sequence[float] | FloatArray, first: int = 0) -> QPolygonF:
        return self._lines(np.asarray(values, dtype=float)[None, :], first)[0]

    def make_points(self) -> Points:
        """Return the ends of the curves, for walking."""
        shown = self._shown
        if shown is None or not len(shown.numbers):
            return Points()
        down = self._heights(shown.scores[np.arange(len(shown.numbers)), shown.done])
        return Points(shown.numbers, self.x_pixels(shown.done.astype(float)), down)

    def inside(self, band: QRectF) -> list[int]:
        """Numbers of the trials whose curves have a point inside a rectangle of pixels."""
        shown, band = self._shown, band.normalized()
        if shown is None:
            return []
        across = self.x_pixels(np.arange(shown.scores.shape[1], dtype=float))
        down = self._heights(shown.scores)
        hit = (down >= band.top()) & (down <= band.bottom())
        hit &= (across >= band.left()) & (across <= band.right())
        return [int(number) for number in shown.numbers[hit.any(axis=1)]]

    def nearest(self, at: QPointF) -> int:
        """Number of the trial whose curve passes a pixel, or -1; a strong one before others."""
        shown, area = self._shown, self.area()
        if shown is None or not len(shown.numbers):
            return -1
        last = shown.scores.shape[1] - 1
        step = self.x_axis.value((at.x() - area.x()) / area.width())
        if not -0.2 <= step <= last + 0.2:
            return -1
        left = min(max(math.floor(step), 0), max(last - 1, 0))
        right = min(left + 1, last)
        share = min(max(step - left, 0.0), 1.0)
        ends = self._heights(shown.scores[:, [left, right]])
        if share < BESIDE or share > 1 - BESIDE:  # the end of a curve is hit from beside it too
            near, far = (0, 1) if share < BESIDE else (1, 0)
            ends[:, far] = np.where(np.isnan(ends[:, far]), ends[:, near], ends[:, far])
        away = np.abs(ends[:, 0] * (1 - share) + ends[:, 1] * share - at.y())
        away[[strong.row for strong in self._strong]] -= NEAR / 2
        if np.isnan(away).all():
            return -1
        best = int(np.nanargmin(away))
        return int(shown.numbers[best]) if away[best] < NEAR else -1

    # --- painting: the kept picture -------------------------------------------------------------

    def paint_back(self, painter: QPainter, area: QRectF) -> None:
        """Paint the curves of all trials that do not run; many of them in several frames."""
        self._kept.clear()
        painter.setClipRect(area.adjusted(-6, -6, 6, 6))
        self._paint_some(painter)

    def _paint_rest(self) -> None:
        if self.has_picture and self.isVisible():
            self._paint_new()
            self.update()

    def _paint_new(self) -> None:
        """Paint what has come since onto the kept picture."""
        if self._shown is None or not self._kept.lacks(self._shown):
            return
        painter = self.paint_onto_picture()
        try:
            self._paint_some(painter)
        finally:
            painter.end()

    def _paint_some(self, painter: QPainter) -> None:
        if self._shown is not None and self._kept.paint_some(painter, self._shown):
            self._rest.start()

    # --- painting: every frame ------------------------------------------------------------------

    def paint_front(self, painter: QPainter, area: QRectF) -> None:
        """Paint what runs, what is chosen, what is pointed at, and the learning rate."""
        shown = self._shown
        if shown is None:
            return
        painter.save()
        painter.setClipRect(area.adjusted(-6, -6, 6, 6))
        self._paint_running(painter, shown)
        for strong in reversed(self._strong):
            self._paint_strong(painter, shown, strong)
        self._paint_pointed(painter, shown)
        painter.restore()
        self._paint_words(painter, area)
        if self.has_strip:
            paint_rates(painter, self.strip(), self.right_room, self._strong, self.x_pixels)

    def _paint_running(self, painter: QPainter, shown: LearningCurves) -> None:
        painter.setPen(QPen(QColor(tokens().accent_running), 1.2))
        rows = np.flatnonzero(shown.ends == OPEN)[-MOST_RUNNING:]
        for line in self._lines(shown.scores[rows]):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(line)
            if not line.isEmpty():
                painter.setBrush(QColor(tokens().accent_running))
                painter.drawEllipse(line.last(), 2.2, 2.2)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_strong(self, painter: QPainter, shown: LearningCurves, strong: Strong) -> None:
        first = strong is self._strong[0]
        color = QColor(strong.color)
        if first and strong.course.train:
            pen = QPen(color, 1.4)
            pen.setDashPattern([4, 3])
            painter.setPen(pen)
            painter.drawPolyline(self._line(strong.course.train, 1))
        painter.setPen(QPen(color, 2.2 if first else 1.6))
        line = self._line(shown.scores[strong.row])
        painter.drawPolyline(line)
        counts = strong.course.counts
        if 0 < counts < strong.course.done:
            at = self.pixel(counts, 0.0)
            score = shown.scores[strong.row, counts : counts + 1]
            at.setY(float(self._heights(score)[0]))
            paint_marker(painter, at, "circle", strong.color, 7.0)
        if strong.course.end in MARKS and not line.isEmpty():
            token, marker = MARKS[strong.course.end]
            paint_marker(painter, line.last(), marker, getattr(tokens(), token), 7.0)

    def _paint_pointed(self, painter: QPainter, shown: LearningCurves) -> None:
        rows = np.flatnonzero(shown.numbers == self.pointed)
        if len(rows):
            painter.setPen(QPen(QColor(tokens().text), 1.6))
            painter.drawPolyline(self._line(shown.scores[int(rows[0])]))

    def _paint_words(self, painter: QPainter, area: QRectF) -> None:
        """Name the strong curves at the right, where they end, but never over each other."""
        assert self._shown is not None
        wanted: list[tuple[float, str, str]] = []
        for strong in self._strong:
            end = self._line(self._shown.scores[strong.row])
            if strong.named and not end.isEmpty():
                wanted.append((end.last().y(), name_of(self._store, strong), strong.color))
        train = self._strong[0].course.train if self._strong else ()
        line = self._line(train, 1)
        if not line.isEmpty():
            wanted.append((line.last().y(), self.tr("train"), self._strong[0].color))
        wanted = sorted(w for w in wanted if area.top() - 8 <= w[0] <= area.bottom() + 8)
        places: list[float] = []
        for y, _, _ in wanted:
            places.append(max(y, places[-1] + 16 if places else area.top()))
        over = max(places[-1] - area.bottom(), 0.0) if places else 0.0
        painter.setFont(text_font(SMALL - 1, QFont.Weight.DemiBold))
        for (_, text, color), y in zip(wanted, places, strict=True):
            painter.setPen(QColor(color))
            room = QRectF(area.right() + 10, y - over - 9, self.right_room - 14, 18)
            words = elided(painter, text, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)


def _steps_axis(steps: int, shares: Sequence[float]) -> Axis:
    """The steps of a training from 0 on, or the shares of the rows, each with its size."""
    if not shares:
        return Axis(0.0, float(max(steps, 1)), kind="count")
    ticks = (Tick(float(step), share_text(share)) for step, share in enumerate(shares, 1))
    return Axis(0.5, float(len(shares)), kind="count", ticks=tuple(ticks))
