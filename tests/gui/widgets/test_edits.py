"""Edits: what people type is understood or explained, and only good values are sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from hpo_gui.gui.theme import Theme
from hpo_gui.gui.widgets.json_edit import JsonEdit
from hpo_gui.gui.widgets.number_rule import NumberRule, read_number, show_number
from hpo_gui.gui.widgets.search_box import CommandBox, SearchBox
from hpo_gui.gui.widgets.value_edit import ValueEdit


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7.0),
        (" 1e-3 ", 0.001),
        ("−2.5", -2.5),
        ("2^-5", 2**-5),
        ("2 ** 10", 1024.0),
        ("10^-3", 0.001),
        ("1/3", 1 / 3),
        ("3*4", 12.0),
        ("10_000", 10000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("(-8)^2", None),
        ("-8^2", 64.0),
        ("1/0", None),
        ("0^-1", None),
        ("-8^0.5", None),
        ("9^9999", None),
        ("9999^900", None),
        ("nan", None),
        ("inf", None),
        ("1,5", None),
        ("", None),
        ("1e", None),
        ("__import__", None),
        ("1e999", None),
    ],
)
def test_numbers_are_read_as_typed(text: str, value: float | None) -> None:
    assert read_number(text) == (None if value is None else pytest.approx(value))


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6))
def test_a_number_shown_is_read_back_the_same(value: float) -> None:
    assert read_number(show_number(value)) == value


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading(text: str) -> None:
    read_number(text)
    NumberRule(integer=True, at_least=0).problem(text)


@pytest.mark.parametrize(
    ("rule", "text", "problem"),
    [
        (NumberRule(), "", "Type a number."),
        (NumberRule(optional=True), "", ""),
        (NumberRule(), "1,5", "Write the decimal sign as a point: 1.5"),
        (NumberRule(), "much", "Not a number. Examples: 0.1, 1e-3, 2^-5."),
        (NumberRule(integer=True), "2.5", "Must be a whole number."),
        (NumberRule(integer=True), "2.0", ""),
        (NumberRule(at_least=1), "0.5", "Must be at least 1."),
        (NumberRule(above=0), "0", "Must be above 0."),
        (NumberRule(at_most=10), "11", "Must be at most 10."),
        (NumberRule(below=1), "1", "Must be below 1."),
        (NumberRule(at_least=0, at_most=1), "1", ""),
    ],
)
def test_a_rule_says_what_is_wrong(rule: NumberRule, text: str, problem: str) -> None:
    assert rule.problem(text) == problem


def test_whole_numbers_come_out_whole() -> None:
    value = NumberRule(integer=True).value("2^3")
    assert value == 8
    assert isinstance(value, int)


@pytest.fixture
def edit(themed: Theme, qtbot: QtBot) -> ValueEdit:
    edit = ValueEdit(NumberRule(above=0, at_most=1), "from")
    qtbot.addWidget(edit)
    edit.set_value(0.1)
    return edit


def test_a_good_number_is_sent_once(edit: ValueEdit, qtbot: QtBot) -> None:
    edit.setText("2^-1")
    with qtbot.waitSignal(edit.value_changed) as told:
        qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert told.args == [0.5]
    with qtbot.assertNotEmitted(edit.value_changed):
        edit.editingFinished.emit()


def test_a_wrong_number_is_explained_and_not_sent(edit: ValueEdit, qtbot: QtBot) -> None:
    with qtbot.waitSignal(edit.error_changed) as told:
        edit.setText("-1")
    assert told.args == ["Must be above 0."]
    assert edit.property("invalid") is True
    assert edit.toolTip() == edit.accessibleDescription() == "Must be above 0."
    assert edit.value() is None
    with qtbot.assertNotEmitted(edit.value_changed):
        qtbot.keyClick(edit, Qt.Key.Key_Return)
    with qtbot.waitSignal(edit.error_changed) as told:
        edit.setText("1")
    assert told.args == [""]
    assert edit.property("invalid") is False


def test_setting_a_value_is_silent_and_keeps_what_was_typed(edit: ValueEdit, qtbot: QtBot) -> None:
    edit.setText("1e-1")
    with qtbot.assertNotEmitted(edit.value_changed):
        edit.set_value(0.1)
    assert edit.text() == "1e-1"
    edit.set_value(0.25)
    assert edit.text() == "0.25"


def test_an_empty_optional_number_means_none(themed: Theme, qtbot: QtBot) -> None:
    edit = ValueEdit(NumberRule(optional=True))
    qtbot.addWidget(edit)
    edit.set_value(3)
    edit.clear()
    with qtbot.waitSignal(edit.value_changed) as told:
        edit.editingFinished.emit()
    assert told.args == [None]


def test_the_owner_can_add_an_error_of_its_own(edit: ValueEdit) -> None:
    edit.set_hint("Lowest value")
    assert edit.toolTip() == "Lowest value"
    edit.set_error("Must be below `to`.")
    assert edit.error() == edit.toolTip() == "Must be below `to`."
    edit.set_error("")
    assert edit.error() == ""
    assert edit.toolTip() == "Lowest value"


def test_a_new_rule_checks_again(edit: ValueEdit) -> None:
    edit.set_rule(NumberRule(above=0.5))
    assert edit.error() == "Must be above 0.5."


@pytest.mark.parametrize(
    ("declared", "text", "value", "error"),
    [
        (list[int], "[1, 2]", [1, 2], ""),
        (dict[str, Any], '{"C": [0.1, 1]}', {"C": [0.1, 1]}, ""),
        (list[int], '["a"]', None, "Expected `int`, got `str` - at `$[0]`"),
        (list[int], "", None, "Type a value, such as [1, 2] or {}."),
    ],
)
def test_json_is_read_and_checked_against_its_type(
    themed: Theme, qtbot: QtBot, declared: object, text: str, value: object, error: str
) -> None:
    edit = JsonEdit(declared, "values")
    qtbot.addWidget(edit)
    edit.setText("0")
    edit.setText(text)
    assert edit.value() == value
    assert edit.error() == error


def test_broken_json_is_explained_and_not_sent(themed: Theme, qtbot: QtBot) -> None:
    edit = JsonEdit(dict[str, Any], "values")
    qtbot.addWidget(edit)
    edit.set_value({"a": 1})
    assert edit.text() == '{"a":1}'
    edit.setText('{"a":')
    assert edit.error().startswith("This is not JSON")
    assert 'Examples: [1, 2] or {"C": 10}.' in edit.error()
    with qtbot.assertNotEmitted(edit.value_changed):
        edit.editingFinished.emit()
    edit.setText('{"a": 2}')
    with qtbot.waitSignal(edit.value_changed) as told:
        edit.editingFinished.emit()
    assert told.args == [{"a": 2}]


def test_a_search_waits_for_a_pause_but_not_for_return(themed: Theme, qtbot: QtBot) -> None:
    box = SearchBox("Search models")
    qtbot.addWidget(box)
    heard: list[str] = []
    box.searched.connect(heard.append)
    qtbot.keyClicks(box, "fore")
    assert heard == []
    qtbot.waitUntil(lambda: heard == ["fore"])
    qtbot.keyClicks(box, "st")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert heard == ["fore", "forest"]
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert heard == ["fore", "forest", ""]
    assert box.text() == ""


def test_the_command_box_opens_with_space_and_names_its_shortcut(
    themed: Theme, qtbot: QtBot
) -> None:
    box = CommandBox("Find a command", "Ctrl+Shift+P")
    qtbot.addWidget(box)
    assert box.toolTip() == "Find a command (Ctrl+Shift+P)"
    with qtbot.waitSignal(box.clicked):
        qtbot.keyClick(box, Qt.Key.Key_Space)
