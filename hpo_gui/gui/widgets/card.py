"""A card: a surface with a hairline border, an optional head, and a body."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from hpo_gui.gui.widgets.labels import ElidedLabel, label

PADDING, FLUSH_PADDING = (14, 12, 14, 12), (0, 0, 0, 6)


class CardBody(QVBoxLayout):
    """What a card holds; it takes room for its margins only once something is in it."""

    def __init__(self, *, flush: bool) -> None:
        super().__init__()
        self._flush, self._below_head, self._filled = flush, True, False
        self.setSpacing(0 if flush else 8)
        self.setContentsMargins(0, 0, 0, 0)

    def set_below_head(self, below: bool) -> None:
        """Take a little less room at the top below a head."""
        self._below_head = below
        self._fit(self._filled)

    def _fit(self, filled: bool) -> None:
        self._filled = filled
        if not filled:
            return
        top = 8 if self._below_head else PADDING[1]
        full = (PADDING[0], top, *PADDING[2:])
        self.setContentsMargins(*(FLUSH_PADDING if self._flush else full))

    def addWidget(
        self,
        widget: QWidget,
        stretch: int | None = 0,
        alignment: Qt.AlignmentFlag = Qt.AlignmentFlag(0),
    ) -> None:
        """Add a widget at the end."""
        self._fit(True)
        super().addWidget(widget, stretch or 0, alignment)

    def addLayout(self, layout: QLayout, stretch: int | None = 0) -> None:
        """Add a layout at the end."""
        self._fit(True)
        super().addLayout(layout, stretch or 0)


class Card(QFrame):
    """A titled surface; put things into ``body`` and, at the right of the head, actions.

    Parameters
    ----------
    title, subtitle : the head; without a title, subtitle and actions there is none
    flush : let the body reach the borders, for tables and plots
    stacked : put the subtitle under the title rather than beside it
    """

    def __init__(
        self,
        title: str = "",
        subtitle: str = "",
        parent: QWidget | None = None,
        *,
        flush: bool = False,
        stacked: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.title = label(title, "title")
        self.subtitle = ElidedLabel(subtitle, "muted")
        self.head = QWidget(self)
        self._middle, self._actions = QHBoxLayout(), QHBoxLayout()
        self.body = CardBody(flush=flush)
        self._build_head(stacked)
        self._build()
        self.set_title(title)
        self.set_subtitle(subtitle)

    def _build_head(self, stacked: bool) -> None:
        row = QHBoxLayout(self.head)
        row.setContentsMargins(14, 10, 14, 10 if stacked else 6)
        row.setSpacing(10)
        if stacked:
            words = QVBoxLayout()
            words.setSpacing(2)
            words.addWidget(self.title)
            words.addWidget(self.subtitle)
            row.addLayout(words)
        else:
            row.addWidget(self.title)
            row.addWidget(self.subtitle)
        self._middle.setSpacing(14)
        self._actions.setSpacing(8)
        row.addLayout(self._middle)
        row.addStretch(1)
        row.addLayout(self._actions)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addLayout(self.body, 1)

    def set_title(self, text: str) -> None:
        """Change the title; it names the card for screen readers too."""
        self.title.setText(text)
        self.title.setVisible(bool(text))
        self.setAccessibleName(text)
        self._show_head()

    def set_subtitle(self, text: str) -> None:
        """Change the muted words beside the title."""
        self.subtitle.setText(text)
        self.subtitle.setVisible(bool(text))
        self._show_head()

    def add_head_widget(self, widget: QWidget) -> None:
        """Put ``widget`` (such as a legend) after the title."""
        self._middle.addWidget(widget)
        self._show_head()

    def add_action(self, widget: QWidget) -> None:
        """Put ``widget`` at the right end of the head."""
        self._actions.addWidget(widget)
        self._show_head()

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        """Put ``widget`` under what the body holds already."""
        self.body.addWidget(widget, stretch)

    def _show_head(self) -> None:
        filled = self._middle.count() + self._actions.count() > 0
        shown = filled or bool(self.title.text() or self.subtitle.text())
        self.head.setVisible(shown)
        self.body.set_below_head(shown)
