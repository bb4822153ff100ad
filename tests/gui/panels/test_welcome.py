from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from hpo_gui.gui.panels.welcome import SHOWN, Welcome, recent_note
from hpo_gui.gui.recent import RecentFile, RecentFiles


@pytest.fixture
def welcome(qtbot, tmp_path):
    page = Welcome(RecentFiles(tmp_path))
    qtbot.addWidget(page)
    page.resize(900, 700)
    page.show()
    return page


def test_the_buttons_tell_what_is_wanted(welcome, qtbot):
    for button, wanted in (
        (welcome.example_button, welcome.example_wanted),
        (welcome.data_button, welcome.data_wanted),
        (welcome.study_button, welcome.study_wanted),
    ):
        with qtbot.waitSignal(wanted):
            button.click()


def test_a_click_into_the_field_opens_a_file(welcome, qtbot):
    with qtbot.waitSignal(welcome.data_wanted):
        qtbot.mouseClick(welcome.drop, Qt.MouseButton.LeftButton, pos=welcome.drop.rect().center())


def test_without_recent_files_there_is_no_empty_list(welcome):
    assert not welcome.recent_part.isVisible()


def test_recent_files_are_listed_and_opened_by_a_click(welcome, qtbot):
    welcome.recent.put(RecentFile("/data/wine.csv", "wine.csv", "data"))
    welcome.recent.put(RecentFile("/studies/wine-1.hpostudy", "wine", note="0.97"))
    assert [row.text() for row in welcome.rows()] == ["wine", "wine.csv"]
    assert welcome.rows()[0].note == "0.97"
    with qtbot.waitSignal(welcome.file_wanted) as wanted:
        welcome.rows()[1].click()
    assert wanted.args == ["/data/wine.csv"]
    welcome.clear_button.click()
    assert welcome.rows() == []


def test_only_a_few_recent_files_are_shown(welcome):
    for number in range(SHOWN + 3):
        welcome.recent.put(RecentFile(f"/{number}", str(number)))
    assert len(welcome.rows()) == SHOWN


def test_notes_are_short():
    home = Path.home()
    assert recent_note(RecentFile(str(home / "data" / "a.csv"), "a", "data")) == "~/data"
    assert recent_note(RecentFile("sample:wine", "wine", "data")) == "example"
    assert recent_note(RecentFile("/x/s.hpostudy", "s", note="paused")) == "paused"


def test_a_file_over_the_window_warms_the_field(welcome):
    before = welcome.drop.grab().toImage()
    welcome.drop.set_hot(True)
    assert welcome.drop.grab().toImage() != before
