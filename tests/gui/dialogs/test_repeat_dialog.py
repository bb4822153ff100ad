"""The dialog that checks whether a study repeats: before, meanwhile, and its answers."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hpo_gui.assembly.repetition import Difference, Part, Repetition
from hpo_gui.core.errors import DataError
from hpo_gui.gui.dialogs.repeat_dialog import RepeatDialog
from hpo_gui.gui.session import Session
from hpo_gui.gui.window.reasons import reasons
from tests.support.window import FakeEngine, make_trial

OTHER = Difference(1, "score", "accuracy of fold 2", "0.5", "0.75")


@pytest.fixture
def ended(study: Session, tmp_path) -> Session:
    """A study with two trials and a file."""
    path = tmp_path / "study.hpostudy"
    study._take_trials((make_trial(0, 0.4), make_trial(1, 0.9)))
    study._replace(path=path)
    return study


@pytest.fixture
def dialog(ended: Session, qtbot: QtBot) -> RepeatDialog:
    made = RepeatDialog(ended)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.open()
    return made


def test_it_says_what_will_happen_before_anything_does(
    dialog: RepeatDialog, ended: Session
) -> None:
    assert "The 2 trials are computed again" in dialog.text.text()
    assert dialog.all_button.isVisible()
    assert dialog.quick_button.isVisible()
    assert not dialog.progress.isVisible()
    assert not ended.jobs.running


def test_it_shows_how_far_it_is_and_then_the_answer(
    dialog: RepeatDialog, engine: FakeEngine, qtbot: QtBot
) -> None:
    go_on = threading.Event()
    engine.wait = go_on.wait
    dialog.all_button.click()
    qtbot.waitUntil(lambda: dialog.stage.text() == "1 of 2 proposals")
    assert dialog.progress.shares[0] == 0.5
    assert not dialog.all_button.isVisible()
    go_on.set()
    qtbot.waitUntil(lambda: dialog.found is not None)
    assert dialog.answer.text() == "2 trials replayed: all proposals and scores are the same."
    assert dialog.answer.property("role") == "good"
    assert "• Proposals made again: 2, all the same." in dialog.details.text()
    assert not dialog.progress.isVisible()
    assert dialog.close_button.text() == "Close"


def test_a_difference_is_shown_with_what_has_changed_and_can_be_copied(
    dialog: RepeatDialog, engine: FakeEngine, qtbot: QtBot
) -> None:
    scores = Part(2, OTHER, {"scikit-learn": "1.7.1"})
    engine.repetition = Repetition(2, Part(2), Part(), scores, {}, {"scikit-learn": "1.8.0"})
    dialog.quick_button.click()
    qtbot.waitUntil(lambda: dialog.found is not None)
    assert dialog.answer.property("role") == "warning"
    dialog.copy_button.click()
    copied = QApplication.clipboard().text()
    assert "trial 1 has another score: accuracy of fold 2 was 0.5, and is 0.75 now." in copied
    assert "What has changed since: scikit-learn 1.7.1 then, 1.8.0 now." in copied


def test_what_stands_in_the_way_is_told(
    dialog: RepeatDialog, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.error = DataError("wine.csv", "must exist", remedy="Bring it back.")
    dialog.all_button.click()
    qtbot.waitUntil(dialog.answer.isVisible)
    assert "wine.csv must exist" in dialog.answer.text()
    assert dialog.answer.property("role") == "error"
    assert dialog.found is None
    assert not dialog.copy_button.isVisible()


def test_closing_it_gives_up(
    dialog: RepeatDialog, engine: FakeEngine, ended: Session, qtbot: QtBot
) -> None:
    go_on = threading.Event()
    engine.wait = go_on.wait
    dialog.all_button.click()
    qtbot.waitUntil(lambda: dialog.stage.text() == "1 of 2 proposals")
    dialog.reject()
    go_on.set()
    qtbot.waitUntil(lambda: not ended.jobs.running)
    assert dialog.found is None


def test_the_command_says_why_there_is_nothing_to_check(
    study: Session, ended: Session, qtbot: QtBot
) -> None:
    assert reasons(ended)["study.repeats"] == ""
    ended._replace(path=None)
    assert reasons(ended)["study.repeats"] == "The study has no file."
    ended.new_study()
    assert reasons(ended)["study.repeats"].startswith("There are no trials yet")


def test_the_answer_reads_as_sentences() -> None:
    same = Repetition(1, Part(1), Part(), None, None, {})
    assert same.head == "1 trial replayed: all proposals are the same."
    assert "an older version of HPO Studio" in " ".join(same.details)
    nothing = Repetition(3, Part(), Part(), None, {}, {})
    assert nothing.head == "3 trials: there was nothing to compare."
    moved = Difference(4, "proposal", "depth", "3", "4")
    both = Repetition(2000, Part(9, moved, {}), Part(), Part(5, OTHER, {}), {}, {})
    assert both.first is both.scores
    assert both.head.startswith("2,000 trials replayed: trial 1 has another score")
    assert (
        "Proposals made again: 9, until the first difference. Trial 4 would be another one: "
        "depth was 3, and is 4 now." in both.details
    )
    assert "Trials evaluated again: 5, until the first difference." in both.details
    assert "Versions, processor and system are those of then." in both.details
    stopped = Difference(2, "end", "", "stopped (why)", "it goes on")
    ends = Repetition(3, Part(1), Part(1, stopped, {}), None, {}, {})
    assert ends.head.endswith("trial 2 ends in another way: stopped (why) then, it goes on now.")
