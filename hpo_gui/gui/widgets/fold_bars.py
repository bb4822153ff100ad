"""The scores of the folds of one trial as numbered bars."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import text_font
from hpo_gui.gui.widgets.plain_tips import plain_tip

BAR, GAP, TALL, LABEL = 34.0, 10.0, 30.0, 18.0
LOWEST = 0.5  # height of the worst bar, as a share of the best


class FoldBars(QWidget):
    """One bar a fold; the worst is low but visible, the exact score is in the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scores: tuple[float | None, ...] = ()
        self.setAccessibleName(self.tr("Scores of the folds"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_scores(self, scores: Sequence[float | None]) -> None:
        """Show these scores; None is a fold without a score yet. More is shown as higher."""
        self._scores = tuple(scores)
        said = ", ".join("—" if s is None else f"{s:.4g}" for s in self._scores)
        self.setAccessibleDescription(said)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for all bars."""
        count = max(len(self._scores), 1)
        return QSize(int(count * (BAR + GAP) - GAP), int(TALL + LABEL))

    def minimumSizeHint(self) -> QSize:
        """Return the room for narrow bars."""
        return QSize(max(len(self._scores), 1) * 4, int(TALL + LABEL))

    def event(self, event: QEvent) -> bool:
        """Tell the score of the bar under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.tooltip_at(event.pos().x())
            QToolTip.showText(event.globalPos(), plain_tip(words), self)
            return True
        return super().event(event)

    def tooltip_at(self, x: float) -> str:
        """Return what is told about the bar at ``x`` pixels; "" beside the bars."""
        if not self._scores:
            return ""
        number = int(x // self._step())
        if not 0 <= number < len(self._scores):
            return ""
        score = self._scores[number]
        told = self.tr("not run") if score is None else f"{score:.6g}"
        return self.tr("Fold {0}: {1}").format(number + 1, told)

    def _step(self) -> float:
        return min(BAR + GAP, self.width() / max(len(self._scores), 1))

    def _height(self, score: float) -> float:
        known = [s for s in self._scores if s is not None]
        low, high = min(known), max(known)
        share = (score - low) / (high - low) if high > low else 1.0
        return TALL * (LOWEST + (1 - LOWEST) * share)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint bars and numbers."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(10))
        step = self._step()
        width = step * BAR / (BAR + GAP)
        for number, score in enumerate(self._scores):
            self._paint_bar(painter, QRectF(number * step, 0, width, TALL), score)
            if step >= 14:
                painter.setPen(QColor(tokens().muted))
                place = QRectF(number * step, TALL + 3, width, LABEL - 3)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(number + 1))

    def _paint_bar(self, painter: QPainter, room: QRectF, score: float | None) -> None:
        if score is None:
            painter.setPen(QPen(QColor(tokens().strong_border), 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(room.adjusted(0.5, TALL * 0.5, -0.5, -0.5), 2, 2)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().bar))
        painter.drawRoundedRect(room.adjusted(0, TALL - self._height(score), 0, 0), 2, 2)
