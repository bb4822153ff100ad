"""Where Tab leads: through a window as it is read, whatever was made when.

Qt goes from widget to widget in the order in which they were made. Rows, pills and whole pages
are made when they are needed, and would come last.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLayout,
    QLineEdit,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QTextEdit,
    QWidget,
)

WHOLE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QTabBar,
    QTextEdit,
)
"""Widgets whose parts are no stations of their own."""


def set_tab_order(widget: QWidget) -> None:
    """Let Tab go through what is in this widget as it is read."""
    for one, other in pairwise(reading_order(widget)):
        QWidget.setTabOrder(one, other)


def reading_order(widget: QWidget) -> Iterator[QWidget]:
    """What is shown and takes the focus by Tab, as the layouts have it."""
    if widget.isHidden():
        return
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None:
        yield widget
    if not isinstance(widget, WHOLE):
        for part in _parts(widget):
            yield from reading_order(part)


def _parts(widget: QWidget) -> list[QWidget]:
    """The children in the order of reading, then those that no layout holds."""
    laid: list[QWidget | None]
    if isinstance(widget, QStackedWidget):
        return [page for page in (widget.currentWidget(),) if page is not None]
    if isinstance(widget, QScrollArea):
        return [inner for inner in (widget.widget(),) if inner is not None]
    if isinstance(widget, QSplitter):
        laid = [widget.widget(place) for place in range(widget.count())]
    else:
        laid = list(_laid(widget.layout()))
    known = [part for part in laid if part is not None]
    others = [
        child
        for child in widget.children()
        if isinstance(child, QWidget) and not child.isWindow() and child not in known
    ]
    return known + others


def _laid(layout: QLayout | None) -> Iterator[QWidget]:
    """The widgets of a layout and of those in it."""
    if layout is None:
        return
    for place in range(layout.count()):
        item = layout.itemAt(place)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            yield widget
        elif (inner := item.layout()) is not None:
            yield from _laid(inner)
