"""A constraint as a small box of code that can be changed and removed."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
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
from hpo_gui.gui.typography import monospace_font
from hpo_gui.gui.widgets.painting import elided
from hpo_gui.gui.widgets.plain_tips import plain_tip

CROSS = 16
WIDEST = 420


class RuleChip(QAbstractButton):
    """Shows an expression; a click edits it, the cross and Delete remove it.

    Parameters
    ----------
    error : what is wrong with it, or ""

    Signals
    -------
    removed : the user wants it gone
    """

    removed = Signal()

    def __init__(self, text: str, error: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._error = error
        self.setText(text)
        self.setAccessibleName(text)
        self.setAccessibleDescription(error)
        self.setToolTip(plain_tip(error or text))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the room for the text and the cross."""
        width = QFontMetricsF(monospace_font()).horizontalAdvance(self.text())
        return QSize(min(int(width) + 20 + CROSS, WIDEST), 24)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove on Delete and Backspace, edit on Return."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Remove when the cross was hit."""
        if event.position().x() > self.width() - CROSS - 4 and self.rect().contains(
            event.position().toPoint()
        ):
            self.setDown(False)
            self.removed.emit()
            return
        super().mouseReleaseEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box, the expression and the cross."""
        colors = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = colors.bad if self._error else colors.border
        width = 1.6 if self._error else 1.0
        if has_ring(self):
            edge, width = colors.accent, 2.0
        elif self.underMouse() and not self._error:
            edge = colors.strong_border
        painter.setPen(QPen(QColor(edge), width))
        painter.setBrush(QColor(colors.surface))
        inset = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 5, 5)
        painter.setFont(monospace_font())
        painter.setPen(QColor(colors.bad if self._error else colors.text))
        area = QRectF(self.rect()).adjusted(8, 0, -CROSS - 4, 0)
        text = elided(painter, self.text(), area.width() + 2)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), text)
        cross = QRectF(self.width() - CROSS - 2, self.height() / 2 - 5, 10, 10)
        paint_icon(painter, "close", cross, colors.muted)
