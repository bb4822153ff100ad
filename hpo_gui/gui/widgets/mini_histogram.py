"""Small histograms, as widgets and in table cells."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from hpo_gui.gui.theme import tokens
from hpo_gui.gui.widgets.plain_tips import plain_tip

HISTOGRAM_ROLE = int(Qt.ItemDataRole.UserRole) + 40
WIDTH, HEIGHT = 120, 22


def paint_histogram(painter: QPainter, rect: QRectF, heights: Sequence[float], color: str) -> None:
    """Paint bars side by side, the highest as high as ``rect``.

    Parameters
    ----------
    heights : one number a bar, at least 0; nothing is painted for none or all zero
    """
    top = max(heights, default=0.0)
    if top <= 0:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    step = rect.width() / len(heights)
    gap = 1.0 if step >= 3 else 0.0
    for number, height in enumerate(heights):
        if height <= 0:
            continue
        left, right = rect.x() + number * step, rect.x() + (number + 1) * step - gap
        tall = max(1.0, rect.height() * height / top)
        bar = QRectF(round(left), rect.bottom() - tall, round(right) - round(left), tall)
        painter.fillRect(bar, QColor(color))
    painter.restore()


class MiniHistogram(QWidget):
    """A histogram of a column or of what will be sampled."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heights: tuple[float, ...] = ()
        self.setAccessibleName(name or self.tr("Distribution"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_bars(self, heights: Sequence[float], description: str = "") -> None:
        """Show one bar a number; ``description`` says it in words (tooltip, screen readers)."""
        self._heights = tuple(heights)
        self.setToolTip(plain_tip(description))
        self.setAccessibleDescription(description)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size it has in tables."""
        return QSize(WIDTH, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bars."""
        painter = QPainter(self)
        paint_histogram(painter, QRectF(self.rect()), self._heights, tokens().histogram)


class HistogramDelegate(QStyledItemDelegate):
    """Paints the bar heights that the model gives for `HISTOGRAM_ROLE`."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint the cell without text, then the bars."""
        super().paint(painter, option, index)
        heights = index.data(HISTOGRAM_ROLE)
        if heights is None:
            return
        cell = QRectF(option.rect)
        width = min(WIDTH, cell.width() - 24)
        tall = min(HEIGHT, cell.height() - 10)
        area = QRectF(cell.x() + 12, cell.center().y() - tall / 2, width, tall)
        paint_histogram(painter, area, heights, tokens().histogram)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the room for a histogram with the padding of a cell."""
        return QSize(WIDTH + 24, HEIGHT + 14)
