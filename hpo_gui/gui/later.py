"""Doing something after the event under way, such as a click on a widget that will be replaced."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def later(owner: QObject, work: Callable[[], object]) -> None:
    """Do ``work`` when the event under way has been handled, if ``owner`` still lives then."""
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.timeout.connect(lambda: work())
    timer.timeout.connect(timer.deleteLater)
    timer.start(0)
