"""Marks the widget that the keyboard works on: a ring after Tab, none after a click.

The style sheet and the painted widgets look at the dynamic property ``ring``. Edits show their
focus always, since a click into them starts typing.
"""

from __future__ import annotations

import weakref

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget


class FocusRing(QObject):
    """Follows the focus of the application and moves the ring.

    A window that becomes active again shows the ring only where it was before.
    """

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._last: weakref.ref[QWidget] | None = None
        app.focusChanged.connect(self._move)

    def _move(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None:
            show_ring(old, False)
        if new is None:
            return
        clicked = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        came_back = self._last is not None and self._last() is new
        shown = not clicked and (old is not None or came_back)
        self._last = weakref.ref(new) if shown else None
        show_ring(new, shown)


def show_ring(widget: QWidget, shown: bool) -> None:
    """Put the ring on ``widget`` or take it off."""
    if has_ring(widget) == shown:
        return
    widget.setProperty("ring", shown)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def has_ring(widget: QWidget) -> bool:
    """Whether ``widget`` has to show that the keyboard works on it."""
    return bool(widget.property("ring"))
