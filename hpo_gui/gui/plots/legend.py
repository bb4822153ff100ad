"""The legend of a plot: markers and names in one line, for the head of a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from hpo_gui.gui.plots.series import series_look
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import SMALL, text_font
from hpo_gui.gui.widgets.painting import elided, paint_marker
from hpo_gui.gui.widgets.plain_tips import plain_tip

MARKER, GAP = 14, 16


@dataclass(frozen=True)
class LegendItem:
    """A line of the legend: a series' place, or a colour token and a marker."""

    text: str
    place: int = -1
    token: str = "muted"
    marker: str = "cross"


class Legend(QWidget):
    """Shows what the markers mean; what does not fit is in the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: tuple[LegendItem, ...] = ()
        self.setAccessibleName(self.tr("Legend"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def items(self) -> tuple[LegendItem, ...]:
        """What is shown."""
        return self._items

    def set_items(self, items: Sequence[LegendItem]) -> None:
        """Show these."""
        if tuple(items) == self._items:
            return
        self._items = tuple(items)
        words = ", ".join(item.text for item in self._items)
        self.setToolTip(plain_tip(words))
        self.setAccessibleDescription(words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for all items."""
        metrics = QFontMetrics(text_font(SMALL))
        wide = sum(metrics.horizontalAdvance(i.text) + MARKER + GAP + 1 for i in self._items)
        return QSize(wide, 18)

    def minimumSizeHint(self) -> QSize:
        """Return the room for nearly nothing."""
        return QSize(0, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint markers and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(SMALL))
        left, middle = 0.0, self.height() / 2
        for item in self._items:
            room = self.width() - left - MARKER
            if room < 20:
                break
            color, shape = (
                series_look(item.place)
                if item.place >= 0
                else (getattr(tokens(), item.token), item.marker)
            )
            size = 7.0 if shape == "cross" else 8.0
            paint_marker(painter, QPointF(left + 5, middle), shape, color, size)
            painter.setPen(QColor(tokens().muted))
            text = elided(painter, item.text, room)
            place = QRectF(left + MARKER, 0, room, self.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
            left += MARKER + painter.fontMetrics().horizontalAdvance(item.text) + GAP
