"""Tiles of which one is chosen, and the papers behind the choice."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hpo_gui.gui.theme import Theme
from hpo_gui.gui.widgets.choice_tiles import ChoiceTiles, TileGroup, TileText
from hpo_gui.gui.widgets.reference_list import ReferenceList, reference_link

AMENT = "Ament et al. (2023), Unexpected improvements, arXiv 2310.20708"
PLAIN = "Bergstra, Bengio (2012), Random search <for> optimization, JMLR 13"
LEFT = Qt.MouseButton.LeftButton


def words(*names: str) -> tuple[TileText, ...]:
    return tuple(TileText(name, name.title(), f"Use when {name} suits.") for name in names)


@pytest.fixture
def tiles(themed: Theme, qtbot: QtBot) -> ChoiceTiles:
    groups = [
        TileGroup("Chosen for you", words("automatic")),
        TileGroup("Learn", words("bayesian", "tpe", "cma", "climbing")),
        TileGroup("Nothing here", ()),
    ]
    made = ChoiceTiles(groups, "Strategy")
    qtbot.addWidget(made)
    made.resize(1000, 200)
    with qtbot.waitExposed(made):
        made.show()
    return made


def place(tiles: ChoiceTiles, key: str) -> QPoint:
    return tiles.tiles[key].mapTo(tiles, QPoint(0, 0))


def test_a_click_tells_the_key_and_chooses(tiles: ChoiceTiles, qtbot: QtBot) -> None:
    with qtbot.waitSignal(tiles.chosen) as told:
        QTest.mouseClick(tiles.tiles["tpe"], LEFT)
    assert told.args == ["tpe"]
    assert tiles.current() == "tpe"


def test_it_is_set_silently_also_to_nothing(tiles: ChoiceTiles, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(tiles.chosen):
        tiles.set_current("cma")
        assert tiles.current() == "cma"
        tiles.set_current("unknown")
    assert tiles.current() == ""


def test_each_group_begins_a_row_and_tiles_stand_in_columns(tiles: ChoiceTiles) -> None:
    first, second = place(tiles, "automatic"), place(tiles, "bayesian")
    assert first.x() == second.x()
    assert first.y() < second.y()
    row = [place(tiles, key) for key in ("bayesian", "tpe", "cma", "climbing")]
    assert len({at.y() for at in row}) == 1
    assert [at.x() for at in row] == sorted(at.x() for at in row)
    assert len({tile.width() for tile in tiles.tiles.values()}) == 1


def test_with_little_room_rows_break_and_no_title_is_cut(tiles: ChoiceTiles, qtbot: QtBot) -> None:
    tiles.resize(330, 400)
    qtbot.waitUntil(lambda: place(tiles, "cma").y() > place(tiles, "bayesian").y())
    assert all(tile.width() >= tile.sizeHint().width() for tile in tiles.tiles.values())
    tiles.resize(1600, 400)
    qtbot.waitUntil(lambda: place(tiles, "cma").y() == place(tiles, "bayesian").y())
    assert tiles.tiles["cma"].width() <= 260


def test_what_a_tile_stands_for_is_told_to_all(tiles: ChoiceTiles) -> None:
    tile = tiles.tiles["tpe"]
    assert tile.accessibleName() == "Tpe"
    assert tile.accessibleDescription() == tile.toolTip() == "Use when tpe suits."


def test_arrow_keys_move_between_the_tiles(tiles: ChoiceTiles, qtbot: QtBot) -> None:
    tiles.activateWindow()
    tiles.set_current("bayesian")
    tiles.tiles["bayesian"].setFocus()
    QTest.keyClick(tiles.tiles["bayesian"], Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: tiles.tiles["tpe"].hasFocus())


@pytest.mark.parametrize(
    ("citation", "part", "address"),
    [
        (AMENT, "arXiv 2310.20708", "https://arxiv.org/abs/2310.20708"),
        ("X (2020), arXiv:2005.12345v2.", "arXiv:2005.12345v2", "https://arxiv.org/abs/2005.12345v2"),
        ("X (2022), JAIR 74, doi 10.1613/jair.1.13643.", "doi 10.1613/jair.1.13643", "https://doi.org/10.1613/jair.1.13643"),
        ("Page, https://example.org/a_b.", "https://example.org/a_b", "https://example.org/a_b"),
        (PLAIN, "", ""),
        ("", "", ""),
    ],
)  # fmt: skip
def test_papers_with_an_address_get_a_link(citation: str, part: str, address: str) -> None:
    assert reference_link(citation) == (part, address)


def test_papers_are_shown_on_demand_and_followed(
    themed: Theme, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    visited: list[str] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: visited.append(url.toString()) or True
    )
    listed = ReferenceList()
    qtbot.addWidget(listed)
    listed.set_references((AMENT, PLAIN))
    listed.show()
    assert listed.button.text() == "Papers (2) ▾"
    assert not listed.lines[0].isVisible()
    QTest.mouseClick(listed.button, LEFT)
    assert listed.lines[0].isVisible()
    assert "&lt;for&gt;" in listed.lines[1].text()
    assert listed.lines[0].focusPolicy() & Qt.FocusPolicy.TabFocus
    assert listed.lines[0].accessibleName() == AMENT
    listed.lines[0].linkActivated.emit("https://arxiv.org/abs/2310.20708")
    assert visited == ["https://arxiv.org/abs/2310.20708"]
    QTest.mouseClick(listed.button, LEFT)
    assert not listed.lines[0].isVisible()


def test_without_papers_there_is_no_link(themed: Theme, qtbot: QtBot) -> None:
    listed = ReferenceList()
    qtbot.addWidget(listed)
    listed.set_references((AMENT,))
    assert listed.button.text() == "Paper ▾"
    listed.set_references(())
    assert listed.isHidden()
