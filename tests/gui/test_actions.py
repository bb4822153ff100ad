from __future__ import annotations

import pytest
from PySide6.QtWidgets import QMenu, QWidget

from hpo_gui.core.errors import StudioError
from hpo_gui.gui.actions import Actions, Command, match, shown_keys
from hpo_gui.gui.commands import commands


@pytest.fixture
def owner(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def test_a_command_becomes_an_action_with_keys_and_help(owner):
    done = []
    actions = Actions(owner)
    command = Command("study.run", "Run", "Study", ("F5",), "Start the study.", "run")
    action = actions.add(command, lambda: done.append("run"))
    assert shown_keys(action) == "F5"
    assert action.toolTip() == "Start the study. (F5)"
    assert actions.trigger("study.run")
    assert done == ["run"]


def test_a_disabled_command_says_why_and_is_not_done(owner):
    done = []
    actions = Actions(owner)
    actions.add(Command("study.run", "Run", "Study", ("F5",), "Start."), lambda: done.append(1))
    actions.allow("study.run", "Choose a target first.")
    assert not actions.trigger("study.run")
    assert actions.why_not("study.run") == "Choose a target first."
    actions.allow("study.run")
    assert actions.why_not("study.run") == ""
    assert actions.trigger("study.run")
    assert done == [1]


def test_a_command_is_registered_once(owner):
    actions = Actions(owner)
    actions.add(Command("a", "A"), lambda: None)
    with pytest.raises(StudioError, match="once"):
        actions.add(Command("a", "A"), lambda: None)


def test_menus_are_made_from_the_registry(owner):
    actions = Actions(owner)
    actions.add(Command("a", "A", "File"), lambda: None)
    actions.add_separator("File")
    actions.add(Command("b", "B", "File"), lambda: None)
    actions.add(Command("c", "C", "Edit"), lambda: None)
    menu = QMenu(owner)
    actions.fill(menu, "File")
    assert [action.text() for action in menu.actions()] == ["A", "", "B"]


def test_of_a_group_one_is_checked(owner):
    actions = Actions(owner)
    for key in ("light", "dark"):
        actions.add(Command(key, key, "View", group="theme"), lambda: None)
    actions["light"].setChecked(True)
    actions["dark"].setChecked(True)
    assert not actions["light"].isChecked()


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("stop", "Stop now", "Show the folder of the studies"),
        ("os", "Open study…", "Shortcuts and other things"),
        ("dark", "Theme: dark", "Add a trial, or look at recent k"),
        ("run", "Run", "Stop after the running trials"),
    ],
)
def test_the_palette_ranks_what_people_mean_first(query, better, worse):
    assert match(query, better) is not None
    lesser = match(query, worse)
    assert lesser is None or match(query, better) > lesser


def test_letters_out_of_order_do_not_match():
    assert match("nur", "Run") is None
    assert match("", "Run") == 0
    assert match("quit now", "Quit") is None


def test_every_command_says_what_it_does_and_no_key_is_used_twice():
    real = [command for command in commands() if command is not None]
    assert all(command.help and command.text and command.menu for command in real)
    assert all(command.help.endswith(".") for command in real)
    keys = [key for command in real for key in command.keys]
    assert len(keys) == len(set(keys))
    ids = [command.id for command in real]
    assert len(ids) == len(set(ids))
