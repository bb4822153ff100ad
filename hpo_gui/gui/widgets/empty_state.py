"""What an empty panel says: what belongs here and how to get it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hpo_gui.gui.icons import paint_icon
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.widgets.labels import label, wrapped

ICON = 28


class IconDisc(QWidget):
    """An icon in a soft round field."""

    def __init__(self, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self.setFixedSize(QSize(2 * ICON, 2 * ICON))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field and the icon."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().accent_soft))
        painter.drawEllipse(self.rect())
        inset = ICON / 2 + 1
        area = self.rect().toRectF().adjusted(inset, inset, -inset, -inset)
        paint_icon(painter, self._icon, area, tokens().accent)


class EmptyState(QWidget):
    """An icon, a title, one or two sentences, and buttons, in the middle of the room.

    Parameters
    ----------
    icon : name of an icon, or ""
    title, text : what belongs here, and how to get it
    actions : buttons, the most likely first
    """

    def __init__(
        self,
        icon: str,
        title: str,
        text: str = "",
        *actions: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title, self.text = label(title, "title"), wrapped(text, "muted")
        self.setAccessibleName(f"{title}. {text}")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(1)
        center = Qt.AlignmentFlag.AlignHCenter
        if icon:
            column.addWidget(IconDisc(icon, self), 0, center)
            column.addSpacing(4)
        column.addWidget(self.title, 0, center)
        self._add_text(column)
        column.addSpacing(8)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.addStretch(1)
        for action in actions:
            self._buttons.addWidget(action)
        self._buttons.addStretch(1)
        column.addLayout(self._buttons)
        column.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def _add_text(self, column: QVBoxLayout) -> None:
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text.setMaximumWidth(420)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.text, 100)
        row.addStretch(1)
        column.addLayout(row)

    def set_text(self, title: str, text: str = "") -> None:
        """Change the words."""
        self.title.setText(title)
        self.text.setText(text)
        self.setAccessibleName(f"{title}. {text}")
