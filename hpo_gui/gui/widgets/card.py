"""A card: a surface with a hairline border, an optional head, and a body."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from hpo_gui.gui.widgets.labels import ElidedLabel, label


class Card(QFrame):
    """A titled surface; put things into ``body`` and, at the right of the head, actions.

    Parameters
    ----------
    title, subtitle : the head; without a title, subtitle and actions there is none
    flush : let the body reach the borders, for tables and plots
    """

    def __init__(
        self,
        title: str = "",
        subtitle: str = "",
        parent: QWidget | None = None,
        *,
        flush: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.title = label(title, "title")
        self.subtitle = ElidedLabel(subtitle, "muted")
        self.head = QWidget(self)
        self._middle, self._actions = QHBoxLayout(), QHBoxLayout()
        self.body = QVBoxLayout()
        self._build_head()
        self._build(flush)
        self.set_title(title)
        self.set_subtitle(subtitle)
        self.head.setVisible(bool(title or subtitle))

    def _build_head(self) -> None:
        row = QHBoxLayout(self.head)
        row.setContentsMargins(14, 10, 14, 6)
        row.setSpacing(10)
        row.addWidget(self.title)
        row.addWidget(self.subtitle, 1)
        self._middle.setSpacing(14)
        self._actions.setSpacing(8)
        row.addLayout(self._middle)
        row.addStretch(1)
        row.addLayout(self._actions)

    def _build(self, flush: bool) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addLayout(self.body, 1)
        self.body.setSpacing(0 if flush else 8)
        self.body.setContentsMargins(*((0, 0, 0, 6) if flush else (14, 8, 14, 12)))

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
        self.head.setVisible(filled or bool(self.title.text() or self.subtitle.text()))
