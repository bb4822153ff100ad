"""Tabs with what stands beside them; in a narrow window that goes below them."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QTabBar, QWidget

LEFT, RIGHT, SPACING = 6, 10, 8
TIGHTER = 10
"""Pixels that a tab saves where tabs stand close, see `QTabBar[tight]` in the style sheet."""


class TabRow(QWidget):
    """See the module.

    Qt would scroll tabs that have no room, so that nobody sees what there is.

    Parameters
    ----------
    tabs : get all the room that they need, and stand closer where that is not enough
    beside : from left to right, with their stretch
    """

    def __init__(
        self, tabs: QTabBar, *beside: tuple[QWidget, int], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._tabs = tabs
        self._beside = QWidget()
        row = QHBoxLayout(self._beside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addStretch(1)
        for widget, stretch in beside:
            row.addWidget(widget, stretch)
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(LEFT, 4, RIGHT, 0)
        self._layout.setSpacing(SPACING)
        self._layout.addWidget(tabs)
        self._layout.addWidget(self._beside, 1)

    @property
    def is_stacked(self) -> bool:
        """Whether the tabs have a row of their own."""
        return self._layout.direction() == QBoxLayout.Direction.TopToBottom

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out for the new width."""
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Lay out anew when tabs appear, or get bold and thus wider."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        tight = bool(self._tabs.property("tight"))
        seen = sum(self._tabs.isTabVisible(place) for place in range(self._tabs.count()))
        tabs = self._tabs.sizeHint().width() + (TIGHTER * seen if tight else 0)
        room = self.width() - LEFT - RIGHT
        stacked = tabs + SPACING + self._beside.minimumSizeHint().width() > room
        directions = QBoxLayout.Direction
        self._layout.setDirection(directions.TopToBottom if stacked else directions.LeftToRight)
        self._layout.setContentsMargins(LEFT, 4, RIGHT, 4 if stacked else 0)
        if tight != (stacked and tabs > room):
            self._tabs.setProperty("tight", not tight)
            self._tabs.style().unpolish(self._tabs)
            self._tabs.style().polish(self._tabs)
            self._tabs.updateGeometry()
