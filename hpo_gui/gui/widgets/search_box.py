"""A search field that waits for a pause in typing, and the box that opens the palette."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QSizePolicy, QWidget

from hpo_gui.gui.focus import has_ring
from hpo_gui.gui.icons import set_icon
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import BODY, text_font

PAUSE = 150  # milliseconds


class SearchBox(QLineEdit):
    """A line edit with a magnifier; Escape empties it.

    Signals
    -------
    searched : the text, once typing has paused, at once on Return and when it is emptied
    """

    searched = Signal(str)

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setClearButtonEnabled(True)
        action = self.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        set_icon(action, "search", "muted")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self._search)
        self.textChanged.connect(self._typed)
        self.returnPressed.connect(self._search)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Empty the field on Escape."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        super().keyPressEvent(event)

    def _typed(self, text: str) -> None:
        if text:
            self._timer.start()
        else:
            self._search()

    def _search(self) -> None:
        self._timer.stop()
        self.searched.emit(self.text())


class CommandBox(QAbstractButton):
    """Looks like a field, opens the command palette: "Find a command    Ctrl+Shift+P".

    Signals
    -------
    clicked : open the palette (from `QAbstractButton`)
    """

    def __init__(self, text: str, shortcut: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self._keys = shortcut
        self.setAccessibleName(text)
        self.setAccessibleDescription(shortcut)
        self.setToolTip(f"{text} ({shortcut})")
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the size it has in the menu bar."""
        return QSize(280, 26)

    def minimumSizeHint(self) -> QSize:
        """Return the room for the text alone."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 24, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, its words and its shortcut."""
        colors = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = 2.0 if has_ring(self) else 1.0
        edge = colors.accent if has_ring(self) else colors.border
        if self.underMouse() and not has_ring(self):
            edge = colors.strong_border
        painter.setPen(QPen(QColor(edge), width))
        painter.setBrush(QColor(colors.window))
        inset = width / 2
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 5.5, 5.5
        )
        inner = QRectF(self.rect()).adjusted(10, 0, -10, 0)
        painter.setPen(QColor(colors.muted))
        painter.setFont(text_font(BODY))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | middle, self.text())
        used = painter.fontMetrics().horizontalAdvance(self.text())
        painter.setFont(text_font(11))
        if used + painter.fontMetrics().horizontalAdvance(self._keys) + 12 < inner.width():
            painter.drawText(inner, Qt.AlignmentFlag.AlignRight | middle, self._keys)
