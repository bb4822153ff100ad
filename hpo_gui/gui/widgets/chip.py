"""Chips: small pills that show a value, can be chosen, or can be removed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from hpo_gui.gui.focus import has_ring
from hpo_gui.gui.icons import paint_icon
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import SMALL, text_font

CROSS = 14


class Chip(QAbstractButton):
    """A pill.

    Parameters
    ----------
    text : what it says
    selectable : it can be switched on and off, and looks like a button
    removable : it has a cross; Delete and Backspace do the same
    tone : "" or a colour token (good, warning, bad, accent, muted) for the text

    Signals
    -------
    removed : the user wants it gone (the owner takes it away)
    """

    removed = Signal()

    def __init__(
        self,
        text: str,
        parent: QWidget | None = None,
        *,
        selectable: bool = False,
        removable: bool = False,
        tone: str = "",
    ) -> None:
        super().__init__(parent)
        self._tone = tone
        self._removable = removable
        self.setCheckable(selectable)
        self.setText(text)
        live = selectable or removable
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if live else Qt.FocusPolicy.NoFocus)
        if live:
            self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        """Change what it says."""
        super().setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()

    def set_tone(self, tone: str) -> None:
        """Change the colour of the text to that of a token; "" is ordinary text."""
        self._tone = tone
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for the text at its boldest."""
        width = QFontMetricsF(self._font(bold=True)).horizontalAdvance(self.text())
        side = 24 if self.isCheckable() else 18
        cross = CROSS if self._removable else 0
        return QSize(int(width + 0.999) + side + cross, 28 if self.isCheckable() else 22)

    def minimumSizeHint(self) -> QSize:
        """Return the same: a chip is never cut."""
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove on Delete and Backspace."""
        if self._removable and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Remove when the cross was hit."""
        if self._removable and self._cross_rect().adjusted(-3, -9, 9, 9).contains(
            event.position()
        ):
            self.setDown(False)
            self.removed.emit()
            return
        super().mouseReleaseEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pill, its text and its cross."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_pill(painter)
        painter.setFont(self._font(bold=self.isChecked()))
        painter.setPen(QColor(self._text_color()))
        area = QRectF(self.rect())
        if self._removable:
            area.setRight(self._cross_rect().left() + 2)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.text())
        if self._removable:
            paint_icon(painter, "close", self._cross_rect(), tokens().muted)

    def _paint_pill(self, painter: QPainter) -> None:
        colors = tokens()
        fill, edge, width = colors.chip, "", 1.0
        if self.isCheckable():
            fill = colors.accent_soft if self.isChecked() else colors.surface
            if self.underMouse() and not self.isChecked() and self.isEnabled():
                fill = colors.hover
            edge = colors.accent if self.isChecked() else colors.border
        elif self._tone:
            fill = colors.accent_soft
        if has_ring(self):
            edge, width = colors.accent, 2.0
        painter.setPen(QPen(QColor(edge), width) if edge else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(fill))
        inset = width / 2 if edge else 0.0
        body = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(body, body.height() / 2, body.height() / 2)

    def _text_color(self) -> str:
        colors = tokens()
        if not self.isEnabled():
            return colors.disabled_text
        if self.isChecked():
            return colors.accent
        return str(getattr(colors, self._tone)) if self._tone else colors.text

    def _cross_rect(self) -> QRectF:
        center = QPointF(self.width() - 6 - CROSS / 2, self.height() / 2)
        return QRectF(center.x() - 5, center.y() - 5, 10, 10)

    def _font(self, *, bold: bool) -> QFont:
        weight = QFont.Weight.DemiBold if bold else QFont.Weight.Normal
        if not self.isCheckable():
            weight = QFont.Weight.Medium if self._tone else QFont.Weight.Normal
        return text_font(SMALL, weight)
