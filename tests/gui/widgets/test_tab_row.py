"""Tabs and what stands beside them, in wide and in narrow windows."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLineEdit, QTabBar
from pytestqt.qtbot import QtBot

from hpo_gui.gui.plots.series import series_places
from hpo_gui.gui.widgets.tab_row import TabRow

WORDS = ("Trials", "Parameters", "Landscape", "Timeline")


def make_row(qtbot: QtBot) -> tuple[TabRow, QTabBar, QLineEdit]:
    tabs, field = QTabBar(), QLineEdit()
    tabs.setExpanding(False)
    for words in WORDS:
        tabs.addTab(words)
    field.setMinimumWidth(150)
    row = TabRow(tabs, (field, 1))
    qtbot.addWidget(row)
    row.show()
    return row, tabs, field


@pytest.mark.parametrize(("spare", "stacked"), [(200, False), (60, True)])
def test_what_stands_beside_tabs_goes_below_them_where_both_have_no_room(
    qtbot: QtBot, spare: int, stacked: bool
) -> None:
    row, tabs, field = make_row(qtbot)
    row.resize(tabs.sizeHint().width() + spare, 80)
    qtbot.waitUntil(lambda: row.is_stacked == stacked)
    row.layout().activate()
    assert (field.parentWidget().y() > tabs.y() + tabs.height() - 1) == stacked
    assert tabs.width() >= tabs.sizeHint().width(), "no tab is scrolled away"


def test_a_tab_that_appears_later_gets_room_too(qtbot: QtBot) -> None:
    row, tabs, _ = make_row(qtbot)
    tabs.setTabVisible(1, False)
    row.resize(tabs.sizeHint().width() + 190, 80)
    qtbot.waitUntil(lambda: not row.is_stacked)
    tabs.setTabVisible(1, True)
    qtbot.waitUntil(lambda: row.is_stacked)
    assert tabs.width() >= tabs.sizeHint().width()


@pytest.mark.parametrize("names", [["default", "population"], ["default", "tested", "population"]])
def test_a_population_never_looks_like_starting_points(names: list[str]) -> None:
    places = dict(zip(names, series_places(names), strict=True))
    assert places["population"] == 0
    assert places.get("tested", 1) == 1
