"""Cards take no room for what they do not have; a flow breaks into lines like words."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hpo_gui.gui.theme import Theme
from hpo_gui.gui.widgets.buttons import SecondaryButton
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.flow_layout import FlowLayout
from hpo_gui.gui.widgets.labels import ElidedLabel, label


def test_a_card_without_a_head_shows_none(themed: Theme, qtbot: QtBot) -> None:
    card = Card()
    qtbot.addWidget(card)
    card.add(label("Body"))
    assert card.head.isHidden()
    card.add_action(SecondaryButton("Reset"))
    assert not card.head.isHidden()


def test_a_title_given_later_brings_the_head_and_names_the_card(
    themed: Theme, qtbot: QtBot
) -> None:
    card = Card()
    qtbot.addWidget(card)
    card.set_title("Columns")
    card.set_subtitle("8 of them")
    assert not card.head.isHidden()
    assert card.accessibleName() == "Columns"
    card.set_title("")
    card.set_subtitle("")
    assert card.head.isHidden()


def test_an_empty_body_takes_no_room(themed: Theme, qtbot: QtBot) -> None:
    empty, filled = Card("Title"), Card("Title")
    for card in (empty, filled):
        qtbot.addWidget(card)
    filled.add(label("x"))
    assert filled.sizeHint().height() >= empty.sizeHint().height() + 20


def test_the_body_of_a_flush_card_reaches_the_border(themed: Theme, qtbot: QtBot) -> None:
    card = Card("Table", flush=True)
    qtbot.addWidget(card)
    inside = QWidget()
    card.add(inside, 1)
    card.resize(300, 200)
    card.show()
    assert inside.x() == 1
    assert inside.width() == 298


@pytest.fixture
def holder(themed: Theme, qtbot: QtBot) -> QWidget:
    holder = QWidget()
    qtbot.addWidget(holder)
    return holder


@pytest.fixture
def flow(holder: QWidget) -> FlowLayout:
    flow = FlowLayout(holder, gap=10, line_gap=5)
    for _ in range(4):
        part = QWidget(holder)
        part.setFixedSize(50, 20)
        flow.addWidget(part)
    return flow


@pytest.mark.parametrize(
    ("width", "height"), [(230, 20), (229, 45), (110, 45), (60, 95), (10, 95)]
)
def test_a_flow_is_as_high_as_its_lines(flow: FlowLayout, width: int, height: int) -> None:
    assert flow.heightForWidth(width) == height


def test_a_flow_places_its_widgets_in_lines(flow: FlowLayout) -> None:
    flow.setGeometry(QRect(0, 0, 120, 100))
    placed = [flow.itemAt(k).geometry().topLeft().toTuple() for k in range(flow.count())]
    assert placed == [(0, 0), (60, 0), (0, 25), (60, 25)]


def test_a_flow_centres_low_widgets_in_their_line(flow: FlowLayout) -> None:
    parent = flow.parentWidget()
    high = QWidget(parent)
    high.setFixedSize(50, 40)
    flow.insert_widget(0, high)
    flow.setGeometry(QRect(0, 0, 400, 100))
    assert flow.itemAt(0).widget() is high
    assert flow.itemAt(1).geometry().y() == 10


def test_a_flow_gives_its_items_back(flow: FlowLayout) -> None:
    assert flow.sizeHint() == QSize(230, 20)
    assert flow.minimumSize() == QSize(50, 20)
    assert flow.takeAt(0) is not None
    assert flow.count() == 3
    assert flow.takeAt(7) is None
    assert flow.itemAt(-1) is None


def test_a_long_text_is_shortened_and_told_whole_in_the_tooltip(
    themed: Theme, qtbot: QtBot
) -> None:
    text = "weather station 2012, hourly, all sensors"
    words = ElidedLabel(text)
    qtbot.addWidget(words)
    words.resize(80, 20)
    words.show()
    assert words.shown_text().endswith("…")
    assert words.toolTip() == text
    words.resize(600, 20)
    assert words.shown_text() == text
    assert words.toolTip() == ""
