"""Named horizontal bars with their uncertainty, such as the importance of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import SMALL, text_font
from hpo_gui.gui.widgets.painting import elided, rounded
from hpo_gui.gui.widgets.plain_tips import plain_tip

ROW, BAR = 23, 8.0


@dataclass(frozen=True, slots=True)
class NamedBar:
    """One bar: its share (0 to 1), the half-width of its error, and how it is written."""

    name: str
    share: float
    error: float = 0.0
    text: str = ""


class BarList(QWidget):
    """Names, bars with error lines, and numbers, one row each."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: tuple[NamedBar, ...] = ()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_bars(self, bars: Sequence[NamedBar]) -> None:
        """Show these bars, from the top."""
        self._bars = tuple(bars)
        said = [f"{bar.name}: {_number(bar)} ± {bar.error:.2f}" for bar in self._bars]
        self.setAccessibleDescription("\n".join(said))
        self.setToolTip(plain_tip("\n".join(said)))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for all rows."""
        return QSize(240, max(len(self._bars) * ROW, 1))

    def minimumSizeHint(self) -> QSize:
        """Return a narrow size."""
        return QSize(120, max(len(self._bars) * ROW, 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(SMALL))
        for number, bar in enumerate(self._bars):
            self._paint_row(painter, QRectF(0, number * ROW, self.width(), ROW), bar)

    def _paint_row(self, painter: QPainter, row: QRectF, bar: NamedBar) -> None:
        colors = tokens()
        names, numbers = row.width() * 0.43, 38.0
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(colors.text))
        painter.drawText(row, left | middle, elided(painter, bar.name, names))
        painter.setPen(QColor(colors.muted))
        painter.drawText(row, right | middle, _number(bar))
        track = QRectF(
            row.x() + names + 8,
            row.center().y() - BAR / 2,
            row.width() - names - numbers - 8,
            BAR,
        )
        rounded(painter, track, colors.chip, BAR / 2)
        filled = QRectF(track)
        filled.setWidth(max(track.width() * min(max(bar.share, 0.0), 1.0), BAR))
        rounded(painter, filled, colors.bar, BAR / 2)
        if bar.error > 0:
            low, high = (min(max(bar.share + s * bar.error, 0.0), 1.0) for s in (-1, 1))
            painter.setPen(QPen(QColor(colors.text), 1))
            y = row.center().y()
            painter.drawLine(
                QPointF(track.x() + low * track.width(), y),
                QPointF(track.x() + high * track.width(), y),
            )


def _number(bar: NamedBar) -> str:
    return bar.text or f"{bar.share:.2f}"
