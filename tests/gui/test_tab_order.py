"""Tab leads through a window as it is read, whatever was made when."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hpo_gui.gui.tab_order import reading_order, set_tab_order


def test_rows_made_late_come_where_they_stand(qtbot):
    window, row = QWidget(), QHBoxLayout()
    column = QVBoxLayout(window)
    first, last = QLineEdit(), QPushButton("last")
    column.addWidget(first)
    column.addLayout(row)
    column.addWidget(last)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    late = [QPushButton(f"{n}") for n in range(3)]
    for button in reversed(late):
        row.insertWidget(0, button)
    qtbot.waitUntil(late[-1].isVisible)
    set_tab_order(window)
    first.setFocus()
    seen = []
    for _ in range(5):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        seen.append(QApplication.focusWidget())
    assert seen == [*late, last, first]


def test_parts_are_read_as_they_are_held(qtbot):
    window = QWidget()
    column = QVBoxLayout(window)
    splitter, stack, area = QSplitter(), QStackedWidget(), QScrollArea()
    inner, chosen = QPushButton("inner"), QComboBox()
    chosen.setEditable(True)
    area.setWidget(inner)
    sides = [QPushButton("left"), QPushButton("right")]
    splitter.addWidget(sides[1])
    splitter.insertWidget(0, sides[0])
    pages = [QPushButton("shown"), QPushButton("not shown")]
    for page in pages:
        stack.addWidget(page)
    hidden = QPushButton("hidden")
    for part in (area, chosen, QLabel("words"), hidden, stack, splitter):
        column.addWidget(part)
    hidden.hide()
    qtbot.addWidget(window)
    window.show()
    read = [w for w in reading_order(window) if w is not area]
    assert read == [inner, chosen, pages[0], *sides]
