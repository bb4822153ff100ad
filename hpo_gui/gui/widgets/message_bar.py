"""Bars that tell what was noticed, what went wrong, and what to do; and a stack of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from hpo_gui.gui.theme import tokens
from hpo_gui.gui.widgets.buttons import IconButton, LinkButton
from hpo_gui.gui.widgets.labels import label, wrapped

Level = Literal["info", "good", "warning", "error"]
EDGE_TOKENS: dict[Level, str] = {
    "info": "accent",
    "good": "good",
    "warning": "warning",
    "error": "bad",
}
Action = tuple[str, Callable[[], object]]


class MessageBar(QFrame):
    """A bar with a coloured left edge, a bold head, text, links, and a cross.

    Parameters
    ----------
    level : "info", "good", "warning" or "error"
    head : the point, in a few words, shown bold
    text : the rest of the sentence
    actions : (label, what to call) pairs, shown as links
    details : what "Copy details" puts on the clipboard; "" shows no such link
    closable : whether the user can put it away

    Signals
    -------
    closed : the user put it away
    """

    closed = Signal()

    def __init__(
        self,
        level: Level,
        head: str,
        text: str = "",
        parent: QWidget | None = None,
        *,
        actions: Sequence[Action] = (),
        details: str = "",
        closable: bool = True,
    ) -> None:
        super().__init__(parent)
        self.level: Level = level
        self.head, self.text = label(head, "strong"), wrapped(text, "")
        self.details = details
        self._links = QHBoxLayout()
        self._build(closable)
        for words, callback in actions:
            self.add_action(words, callback)
        if details:
            self.add_action(self.tr("Copy details"), self.copy_details)
        kind = {
            "info": self.tr("Note"),
            "good": self.tr("Success"),
            "warning": self.tr("Warning"),
            "error": self.tr("Error"),
        }[level]
        self.setAccessibleName(f"{kind}: {head} {text}".strip())

    def _build(self, closable: bool) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 8 if closable else 14, 4)
        self.setMinimumHeight(36)
        row.setSpacing(10)
        row.addWidget(self.head, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.text, 1)
        self.text.setVisible(bool(self.text.text()))
        if not self.text.text():
            row.addStretch(1)
        self._links.setSpacing(8)
        row.addLayout(self._links)
        self.close_button = IconButton("close", self.tr("Close this message"), self)
        self.close_button.clicked.connect(self._close)
        self.close_button.setVisible(closable)
        row.addWidget(self.close_button)

    def add_action(self, words: str, callback: Callable[[], object]) -> LinkButton:
        """Add a link that calls ``callback``."""
        link = LinkButton(words, parent=self)
        link.clicked.connect(lambda: callback())
        self._links.addWidget(link)
        return link

    def copy_details(self) -> None:
        """Put head, text and details on the clipboard."""
        parts = (self.head.text(), self.text.text(), self.details)
        QApplication.clipboard().setText("\n".join(part for part in parts if part))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the surface and its coloured edge."""
        colors = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 7.5, 7.5)
        painter.fillPath(shape, QColor(colors.surface))
        painter.setPen(QColor(colors.border))
        painter.drawPath(shape)
        painter.setClipPath(shape)
        edge = QColor(getattr(colors, EDGE_TOKENS[self.level]))
        painter.fillRect(QRectF(0, 0, 3, self.height()), edge)

    def _close(self) -> None:
        self.hide()
        self.closed.emit()


class MessageStack(QWidget):
    """Message bars under each other, each known by a key, so that none is told twice.

    Signals
    -------
    closed : the key of a message the user put away
    """

    closed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: dict[str, MessageBar] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.setAccessibleName(self.tr("Messages"))
        self.hide()

    def show_message(
        self,
        key: str,
        level: Level,
        head: str,
        text: str = "",
        *,
        actions: Sequence[Action] = (),
        details: str = "",
        closable: bool = True,
    ) -> MessageBar:
        """Show a message, in place of the one with the same key; see `MessageBar`."""
        bar = MessageBar(
            level, head, text, self, actions=actions, details=details, closable=closable
        )
        bar.closed.connect(lambda: self._closed(key))
        place = self._column.count()
        if key in self._bars:
            place = self._column.indexOf(self._bars[key])
            self._drop(key)
        self._column.insertWidget(place, bar)
        self._bars[key] = bar
        self.show()
        return bar

    def remove(self, key: str) -> None:
        """Take a message away; nothing happens when it is not shown."""
        if key in self._bars:
            self._drop(key)
        self.setVisible(bool(self._bars))

    def clear(self) -> None:
        """Take all messages away."""
        for key in self.keys():
            self.remove(key)

    def keys(self) -> list[str]:
        """Return the keys of the messages shown, from the top."""
        return list(self._bars)

    def bar(self, key: str) -> MessageBar:
        """Return one message."""
        return self._bars[key]

    def _drop(self, key: str) -> None:
        bar = self._bars.pop(key)
        self._column.removeWidget(bar)
        bar.hide()
        bar.deleteLater()

    def _closed(self, key: str) -> None:
        self.remove(key)
        self.closed.emit(key)
