"""Somebody who does with the window what a person can: find, click, type, wait."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from hpo_gui.gui.main_window import MainWindow

LONG, SHORT = 30_000, 3000  # ms
W = TypeVar("W", bound=QWidget)


class Person:
    """Does what a person can do: find things by their words, click, type, wait."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.session = window.session
        self.qtbot = qtbot
        self.told: list[str] = []
        self.session.notice.connect(lambda notice: self.told.append(f"{notice}"))

    def find(self, kind: type[W], words: str) -> W:
        """The visible widget whose text or accessible name is, or begins with, ``words``.

        Waits a little for it: forms and pills appear in the next turn of the loop.
        """
        found: list[W] = []

        def look() -> bool:
            found[:] = self._visible(kind, words)
            return bool(found)

        try:
            self.qtbot.waitUntil(look, timeout=SHORT)
        except self.qtbot.TimeoutError:
            seen = [w for w in self.window.findChildren(kind) if w.isVisible()]
            names = sorted({w.accessibleName() or getattr(w, "text", str)() for w in seen})
            raise AssertionError(f"nothing is called {words!r}; there are {names}") from None
        return found[0]

    def _visible(self, kind: type[W], words: str) -> list[W]:
        """Those that are called so, the whole names first."""
        seen = [w for w in self.window.findChildren(kind) if w.isVisible()]
        names = {w: (_text(w).replace("&", ""), w.accessibleName()) for w in seen}
        whole = [w for w in seen if words in names[w]]
        return whole + [w for w in seen if any(name.startswith(words) for name in names[w])]

    def click(self, words: str, kind: type[QAbstractButton] = QAbstractButton) -> None:
        button = self.find(kind, words)
        assert button.isEnabled(), f"{words} is disabled: {button.toolTip()}"
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(12, 12))

    def go_to(self, number: int) -> None:
        """Press Ctrl and the number of a page."""
        self.press(Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.ControlModifier)

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
        self.window.activateWindow()
        self.until(self.window.isActiveWindow, 5000)
        QTest.keyClick(self.window, key, modifiers)

    def type_into(self, words: str, text: str) -> None:
        edit = self.find(QLineEdit, words)
        edit.setFocus()
        edit.selectAll()
        QTest.keyClicks(edit, text)
        QTest.keyClick(edit, Qt.Key.Key_Return)

    def pick(self, words: str, choice: str) -> None:
        """Choose from a list by typing the beginning of what is chosen."""
        combo = self.find(QComboBox, words)
        combo.setFocus()
        QTest.keyClicks(combo, choice)
        assert combo.currentText().startswith(choice), combo.currentText()

    def open_tab(self, words: str, tab: str) -> None:
        """Click the tab of a view."""
        bar = self.find(QTabBar, words)
        (place,) = [i for i in range(bar.count()) if bar.tabText(i) == tab]
        assert bar.isTabVisible(place), f"{tab} is hidden"
        QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(place).center())
        assert bar.currentIndex() == place

    def until(self, condition: object, timeout: int = LONG) -> None:
        assert callable(condition)

        def met() -> None:
            assert condition(), f"{self.session.state}: {self.told}"

        self.qtbot.waitUntil(met, timeout=timeout)

    def settled(self) -> None:
        self.until(lambda: not self.session.is_checking and not self.session.opening.title)


def _text(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QAbstractButton) else ""
