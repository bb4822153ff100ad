"""Buttons: they tell why they are off, and a split button leaves its menu alone."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from hpo_gui.gui.theme import Theme
from hpo_gui.gui.widgets.buttons import IconButton, PrimaryButton, SplitButton, explain


def test_a_disabled_button_says_why_and_forgets_it_when_enabled(
    themed: Theme, qtbot: QtBot
) -> None:
    run = PrimaryButton("Run", "run")
    qtbot.addWidget(run)
    explain(run, "Choose a target column first.", "Start the study")
    assert not run.isEnabled()
    assert run.toolTip() == run.accessibleDescription() == "Choose a target column first."
    explain(run, "", "Start the study")
    assert run.isEnabled()
    assert run.toolTip() == "Start the study"


def test_a_split_button_does_its_first_thing_on_a_click(themed: Theme, qtbot: QtBot) -> None:
    menu = QMenu()
    qtbot.addWidget(menu)
    split = SplitButton("Stop", menu, "stop")
    qtbot.addWidget(split)
    split.show()
    with qtbot.waitSignal(split.clicked):
        qtbot.mouseClick(split.button, Qt.MouseButton.LeftButton)
    assert split.caret.menu() is menu
    assert split.caret.accessibleName() == "More ways to Stop"
    split.setText("Stop now")
    assert split.button.text() == "Stop now"


def test_an_icon_button_is_named_for_those_who_do_not_see_it(themed: Theme, qtbot: QtBot) -> None:
    button = IconButton("copy", "Copy parameters")
    qtbot.addWidget(button)
    assert button.accessibleName() == button.toolTip() == "Copy parameters"
    assert not button.icon().isNull()
