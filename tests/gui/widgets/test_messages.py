"""Messages and dialogs: told once, answered once, and copied whole."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hpo_gui.gui.theme import Theme
from hpo_gui.gui.widgets.buttons import LinkButton
from hpo_gui.gui.widgets.dialogs import ConfirmDialog, ErrorDialog, confirm
from hpo_gui.gui.widgets.message_bar import MessageBar, MessageStack

LEFT = Qt.MouseButton.LeftButton


def test_the_links_of_a_message_call_back(themed: Theme, qtbot: QtBot) -> None:
    called: list[str] = []
    bar = MessageBar(
        "warning", "19 missing", "values", actions=[("Change", lambda: called.append("x"))]
    )
    qtbot.addWidget(bar)
    assert bar.accessibleName() == "Warning: 19 missing values"
    qtbot.mouseClick(bar.findChild(LinkButton), LEFT)
    assert called == ["x"]


def test_details_are_copied_whole(themed: Theme, qtbot: QtBot) -> None:
    bar = MessageBar("error", "2 trials failed", "memory limit", details="Traceback …")
    qtbot.addWidget(bar)
    bar.copy_details()
    assert QApplication.clipboard().text() == "2 trials failed\nmemory limit\nTraceback …"


def test_a_message_with_the_same_key_takes_the_old_ones_place(themed: Theme, qtbot: QtBot) -> None:
    stack = MessageStack()
    qtbot.addWidget(stack)
    assert stack.isHidden()
    stack.show_message("a", "info", "first")
    stack.show_message("b", "info", "second")
    stack.show_message("a", "error", "first again")
    layout = stack.layout()
    assert layout is not None
    assert layout.count() == 2
    assert layout.itemAt(0).widget() is stack.bar("a")
    assert stack.bar("a").head.text() == "first again"


def test_a_closed_message_is_told_and_an_empty_stack_hides(themed: Theme, qtbot: QtBot) -> None:
    stack = MessageStack()
    qtbot.addWidget(stack)
    bar = stack.show_message("a", "info", "note")
    stack.remove("unknown")
    with qtbot.waitSignal(stack.closed) as told:
        qtbot.mouseClick(bar.close_button, LEFT)
    assert told.args == ["a"]
    assert stack.keys() == []
    assert stack.isHidden()
    stack.show_message("b", "info", "x")
    stack.clear()
    assert stack.isHidden()


@pytest.fixture
def window(themed: Theme, qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


def test_return_on_a_destructive_question_cancels(window: QWidget, qtbot: QtBot) -> None:
    dialog = ConfirmDialog("Delete?", "It is lost.", "Delete", window, destructive=True)
    dialog.open()
    heard: list[str] = []
    dialog.chosen.connect(heard.append)
    with qtbot.assertNotEmitted(dialog.confirmed):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert heard == ["cancel"]


def test_return_on_a_harmless_question_agrees(window: QWidget, qtbot: QtBot) -> None:
    dialog = ConfirmDialog("Open?", "It is open elsewhere.", "Open", window)
    dialog.open()
    with qtbot.waitSignals([dialog.confirmed, dialog.chosen]):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)


def test_a_third_choice_has_its_own_answer(window: QWidget, qtbot: QtBot) -> None:
    dialog = ConfirmDialog(
        "Close?", "A run is on.", "Stop", window, choices=(("pause", "Keep as paused"),)
    )
    dialog.open()
    with qtbot.waitSignal(dialog.chosen) as told, qtbot.assertNotEmitted(dialog.confirmed):
        qtbot.mouseClick(dialog.choice_buttons["pause"], LEFT)
    assert told.args == ["pause"]


def test_escape_cancels(window: QWidget, qtbot: QtBot) -> None:
    dialog = ConfirmDialog("Close?", "A run is on.", "Stop", window)
    dialog.open()
    with qtbot.waitSignal(dialog.chosen) as told:
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert told.args == ["cancel"]


def test_asking_returns_at_once_and_acts_on_yes(window: QWidget, qtbot: QtBot) -> None:
    done: list[str] = []
    dialog = confirm(window, "Delete?", "It is lost.", "Delete", lambda: done.append("x"))
    assert done == []
    assert dialog.cancel_button.isDefault()
    qtbot.mouseClick(dialog.verb_button, LEFT)
    assert done == ["x"]


def test_an_error_is_copied_with_its_remedy_and_details(window: QWidget, qtbot: QtBot) -> None:
    dialog = ErrorDialog("It failed", "No room.", "Make room.", "Traceback", window)
    qtbot.addWidget(dialog)
    qtbot.mouseClick(dialog.copy_button, LEFT)
    assert QApplication.clipboard().text() == "It failed\n\nNo room.\n\nMake room.\n\nTraceback"
    assert dialog.close_button.isDefault()


def test_an_error_without_details_offers_no_copy(window: QWidget, qtbot: QtBot) -> None:
    dialog = ErrorDialog("It failed", "No room.", parent=window)
    qtbot.addWidget(dialog)
    assert not hasattr(dialog, "copy_button")
    assert dialog.remedy.isHidden()
