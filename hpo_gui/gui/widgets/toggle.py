"""A switch for something that takes effect at once."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from hpo_gui.gui.focus import has_ring
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import text_font
from hpo_gui.gui.widgets.painting import focus_ring

WIDTH, HEIGHT, GAP = 30, 18, 8


class Toggle(QCheckBox):
    """A check box drawn as a switch."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        """Return the room for the switch, its ring and its words."""
        words = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(WIDTH + 6 + (GAP + words if self.text() else 0), HEIGHT + 6)

    def minimumSizeHint(self) -> QSize:
        """Return the same: words are never cut."""
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        """Take clicks anywhere."""
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the switch and its words."""
        colors = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(3, self.height() / 2 - HEIGHT / 2, WIDTH, HEIGHT)
        on = self.isChecked()
        fill = colors.accent if on else colors.strong_border
        knob = colors.accent_text if on else colors.surface
        if not self.isEnabled():
            fill, knob = colors.track, colors.disabled_text
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(body, HEIGHT / 2, HEIGHT / 2)
        x = body.right() - HEIGHT / 2 if on else body.left() + HEIGHT / 2
        painter.setBrush(QColor(knob))
        painter.drawEllipse(QPointF(x, body.center().y()), HEIGHT / 2 - 3, HEIGHT / 2 - 3)
        if has_ring(self):
            focus_ring(painter, body.adjusted(-3, -3, 3, 3), HEIGHT / 2 + 2)
        painter.setPen(QColor(colors.text if self.isEnabled() else colors.disabled_text))
        painter.setFont(text_font())
        words = QRectF(self.rect()).adjusted(WIDTH + 3 + GAP, 0, 0, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(words, flags, self.text())
