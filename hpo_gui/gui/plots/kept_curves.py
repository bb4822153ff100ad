"""The faint learning curves of all trials that do not run, painted once onto a kept picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from hpo_gui.analysis.learning_curves import ENDS, LearningCurves
from hpo_gui.gui.plots.painted_canvas import FloatArray
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.theme_tokens import mix
from hpo_gui.gui.widgets.painting import paint_marker

SMOOTH = 60  # curves up to which they are drawn smoothly
AT_ONCE = 120  # curves painted onto the kept picture in one frame
MARKS = {"pruned": ("muted", "cross"), "early": ("good", "ring"), "failed": ("bad", "cross")}
"""How the end of a trial is marked: a colour token and a marker."""
OPEN = ENDS.index("open")


class KeptCurves:
    """Knows which curves the kept picture has, and paints the others, some a frame.

    Parameters
    ----------
    lines : the points of curves, one a row of scores

    Attributes
    ----------
    painted : number of a trial on the kept picture -> its steps
    """

    def __init__(self, lines: Callable[[FloatArray], list[QPolygonF]]) -> None:
        self.painted: dict[int, int] = {}
        self._lines = lines
        self._unmarked: list[tuple[QPointF, str]] = []  # ends of curves without their marks yet

    def clear(self) -> None:
        """The picture is empty."""
        self.painted, self._unmarked = {}, []

    def lacks(self, shown: LearningCurves) -> bool:
        """Whether something is missing on the picture."""
        return bool(len(self._new_rows(shown)) or self._unmarked)

    def paint_some(self, painter: QPainter, shown: LearningCurves) -> bool:
        """Paint the newest curves that are missing; whether others are left for the next frame.

        The marks of ends come after all curves.
        """
        rows = self._new_rows(shown)
        if len(rows):
            self._paint_rows(painter, shown, rows[-AT_ONCE:])
        if len(rows) > AT_ONCE:
            return True
        for at, end in self._unmarked:
            token, marker = MARKS[end]
            paint_marker(painter, at, marker, getattr(tokens(), token), 5.0)
        self._unmarked = []
        return False

    def _new_rows(self, shown: LearningCurves) -> NDArray[np.intp]:
        """Rows of the curves that the kept picture does not have yet."""
        pairs = zip(shown.numbers.tolist(), shown.done.tolist(), strict=True)
        new = np.array([self.painted.get(n) != done for n, done in pairs], dtype=bool)
        rows: NDArray[np.intp] = np.flatnonzero(new & (shown.ends != OPEN))
        return rows

    def _paint_rows(
        self, painter: QPainter, shown: LearningCurves, rows: NDArray[np.intp]
    ) -> None:
        # NOTE: smooth lines take ten times as long
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(shown.numbers) <= SMOOTH)
        painter.setPen(QPen(QColor(_faint(shown)), 1))
        for row, line in zip(rows.tolist(), self._lines(shown.scores[rows]), strict=True):
            painter.drawPolyline(line)
            self.painted[int(shown.numbers[row])] = int(shown.done[row])
            end = ENDS[int(shown.ends[row])]
            if end in MARKS and not line.isEmpty():
                # NOTE: a copy: what `last` gives lies in the line, and is freed with it
                self._unmarked.append((QPointF(line.last()), end))


def _faint(shown: LearningCurves) -> str:
    share = 0.45 if len(shown.numbers) <= SMOOTH else 0.65
    return mix(tokens().muted, tokens().surface, share)
