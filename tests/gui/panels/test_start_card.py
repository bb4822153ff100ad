"""The card of the first trials: its switches, and the earlier studies that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from earlier_studies import write_study
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hpo_gui.core.spec import Choice, ModelSpec, StartSpec
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.gui.cards.start_card import StartCard, about_tested
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import origin_title
from tests.support.real_session import open_sample, settle

LEFT = Qt.MouseButton.LeftButton
FOREST = (ModelSpec("random_forest"),)


@pytest.fixture
def real(qtbot: QtBot) -> Iterator[Session]:
    session = open_sample(qtbot)
    yield session
    assert session.close()


@pytest.fixture
def card(qtbot: QtBot, real: Session) -> StartCard:
    made = StartCard(real)
    qtbot.addWidget(made)
    made.resize(560, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


def old_study(folder: Path, name: str, depth: int, score: float) -> str:
    return str(
        write_study(folder / f"{name}.hpostudy", [({"max_depth": depth}, score)], models=FOREST)
    )


def test_the_switches_show_what_fits_the_strategy(
    qtbot: QtBot, card: StartCard, real: Session
) -> None:
    assert card.defaults.isChecked()
    assert card.tested.isChecked()
    assert not card.earlier.toggle.isChecked()
    assert "did well on many other tables" in card.about_tested.text()
    card.change("Choose grid", strategy=Choice("grid", {"points": 2}))
    settle(qtbot, real)
    assert not card.defaults.isChecked()
    assert not card.tested.isChecked()


def test_tested_points_are_switched_off_and_undone(
    qtbot: QtBot, card: StartCard, real: Session
) -> None:
    before = len(real.start)
    assert before > 1
    QTest.mouseClick(card.tested, LEFT)
    settle(qtbot, real)
    assert real.spec.start == StartSpec(tested=False)
    assert len(real.start) == 1
    assert real.undo.undoText() == "Begin without tested starting points"
    real.undo.undo()
    settle(qtbot, real)
    assert real.spec.start == StartSpec()
    assert card.tested.isChecked()
    assert len(real.start) == before


def test_the_keyboard_reaches_every_switch_by_its_name(card: StartCard) -> None:
    for toggle in (card.defaults, card.earlier.toggle, card.tested):
        assert toggle.accessibleName() == toggle.text() != ""
        assert toggle.focusPolicy() & Qt.FocusPolicy.TabFocus
    card.tested.setFocus()
    QTest.keyClick(card.tested, Qt.Key.Key_Space)
    assert not card.tested.isChecked()


def test_the_switch_takes_the_newest_recent_studies_that_fit(
    qtbot: QtBot, card: StartCard, real: Session, tmp_path: Path
) -> None:
    paths = [old_study(tmp_path, f"forest-{n}", n, 0.9) for n in range(1, 5)]
    tree = write_study(tmp_path / "tree.hpostudy", [], models=(ModelSpec("decision_tree"),))
    gone = str(tmp_path / "gone.hpostudy")
    real.recent_studies = lambda: [gone, str(tree), *paths]
    QTest.mouseClick(card.earlier.toggle, LEFT)
    settle(qtbot, real)
    assert real.spec.start.earlier == tuple(paths[:3])
    assert card.earlier.toggle.isChecked()
    assert len(card.earlier.remove_buttons) == 3
    assert card.earlier.remove_buttons[0].accessibleName() == "Do not begin from forest-1"
    QTest.mouseClick(card.earlier.remove_buttons[0], LEFT)
    assert real.spec.start.earlier == tuple(paths[1:3])
    QTest.mouseClick(card.earlier.toggle, LEFT)
    assert real.spec.start.earlier == ()
    assert not card.earlier.add_button.isVisible()
    real.undo.undo()
    assert card.earlier.toggle.isChecked()


def test_without_a_study_that_fits_the_switch_stays_off_and_says_why(
    qtbot: QtBot, card: StartCard, real: Session, tmp_path: Path
) -> None:
    QTest.mouseClick(card.earlier.toggle, LEFT)
    assert not card.earlier.toggle.isChecked()
    assert card.earlier.about.text() == "There are no earlier studies yet."
    real.recent_studies = lambda: [str(tmp_path / "gone.hpostudy")]
    QTest.mouseClick(card.earlier.toggle, LEFT)
    settle(qtbot, real)
    assert not card.earlier.toggle.isChecked()
    assert "None of 1 recent studies fits" in card.earlier.about.text()
    assert "gone.hpostudy" in card.earlier.about.text()
    assert real.spec.start == StartSpec()


def test_a_study_is_added_by_its_file_or_refused_with_the_reason(
    qtbot: QtBot, card: StartCard, real: Session, tmp_path: Path
) -> None:
    good = old_study(tmp_path, "good", 5, 0.9)
    card.earlier.add_study(good)
    settle(qtbot, real)
    assert real.spec.start.earlier == (good,)
    (tmp_path / "bad.hpostudy").write_text("no study")
    card.earlier.add_study(str(tmp_path / "bad.hpostudy"))
    settle(qtbot, real)
    assert real.spec.start.earlier == (good,)
    assert card.earlier.about.property("role") == "error"
    assert "bad.hpostudy" in card.earlier.about.text()
    card.earlier.ask()
    assert card.earlier.dialog is not None
    card.earlier.dialog.reject()


def test_how_many_points_there_are_is_told_in_words() -> None:
    points = [Proposal({}, Origin("tested"))] * 2
    assert about_tested(points, on=True).startswith("2 configurations")
    assert about_tested(points[:1], on=True).startswith("One configuration")
    assert "There are none" in about_tested((), on=True)
    assert about_tested((), on=False).startswith("Configurations that did well")


def test_the_origins_have_titles_of_their_own() -> None:
    assert origin_title("tested") == "starting point"
    assert origin_title("earlier") == "earlier study"
    assert origin_title("manual") == "by hand"
