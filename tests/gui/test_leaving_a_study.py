"""What was begun for one study reaches that study or none: never the one shown next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hpo_gui.core.acting import Acted, do_acts
from hpo_gui.core.acts import Act, Annotate
from hpo_gui.core.errors import StorageError
from hpo_gui.core.spec import ReadingSpec
from hpo_gui.gui.cards.note_card import NoteCard
from hpo_gui.gui.engine import View
from hpo_gui.gui.loading import Loaded, make_history
from hpo_gui.gui.open_studies import OpenStudies
from hpo_gui.gui.panels.run_panel import RunPanel
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_acts import annotate
from tests.support.window import SPACE, FakeEngine, FakeTable, make_spec, make_trial

Show = Callable[[str, int], None]
Acts = list[tuple[str, Act]]


@pytest.fixture
def acts(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> Acts:
    """The acts done to files: name of the study and act."""
    done: Acts = []

    def act(path: Path, acts: Sequence[Act]) -> Acted:
        if engine.error is not None:
            raise engine.error
        done.extend((path.stem, one) for one in acts)
        return do_acts(acts, lambda number: make_trial(number), make_spec().goals)

    monkeypatch.setattr(engine, "act", act)
    return done


@pytest.fixture
def show(session: Session, acts: Acts, tmp_path: Path) -> Show:
    """Show a study with a file and so many trials; any other one shown stays open."""
    studies = OpenStudies(session, session)

    def opened(name: str, count: int) -> None:
        spec, trials = make_spec(name), [make_trial(number) for number in range(count)]
        view = View(None, SPACE, spec.goals)
        loaded = Loaded(
            spec,
            tmp_path,
            FakeTable(),
            view,
            tmp_path / f"{name}.hpostudy",
            read_as=("wine.csv", ReadingSpec()),
            history=make_history(view, spec, trials),
            recorded=spec,
        )
        session._show(loaded)
        studies.keep()

    return opened


# --- notes --------------------------------------------------------------------------------------


@pytest.fixture
def panel(session: Session, show: Show, qtbot: QtBot) -> RunPanel:
    """Study B with four trials."""
    show("B", 4)
    made = RunPanel(session)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def card(panel: RunPanel, session: Session, qtbot: QtBot) -> NoteCard:
    """The note of trial 1 of study B, being typed."""
    session.looking.select([1])
    panel.focus_field("note")
    made = panel.inspector.note
    qtbot.waitUntil(made.note.hasFocus)
    QTest.keyClicks(made.note, "hello B")
    return made


def test_a_note_still_typed_when_another_study_comes_is_kept_in_its_own(
    card: NoteCard, session: Session, show: Show, acts: Acts, qtbot: QtBot
) -> None:
    show("A", 4)
    session.looking.select([1])
    assert card.note.toPlainText() == ""
    session.looking.select([0])
    qtbot.waitUntil(lambda: not session.jobs.running)
    assert acts == [("B", Annotate(1, "hello B"))]


def test_a_note_is_typed_and_an_empty_study_comes(
    card: NoteCard, session: Session, acts: Acts, qtbot: QtBot
) -> None:
    session.new_study()
    qtbot.waitUntil(lambda: not session.jobs.running)
    assert acts == [("B", Annotate(1, "hello B"))]
    assert card.note.toPlainText() == ""


def test_what_is_typed_on_after_another_study_has_come_is_no_note_of_it(
    card: NoteCard, session: Session, show: Show, acts: Acts, qtbot: QtBot
) -> None:
    show("A", 4)
    focused = QApplication.focusWidget()
    if focused is not None:
        QTest.keyClicks(focused, " and more")
    session.looking.select([2])
    qtbot.waitUntil(lambda: not session.jobs.running)
    assert [name for name, _ in acts] == ["B"]


def test_a_note_that_was_sent_already_is_not_sent_again_when_another_study_comes(
    card: NoteCard, show: Show, session: Session, acts: Acts, qtbot: QtBot
) -> None:
    card.keep()
    show("A", 4)
    qtbot.waitUntil(lambda: not session.jobs.running)
    assert acts == [("B", Annotate(1, "hello B"))]


def test_a_note_that_could_not_be_written_is_tried_again_when_another_study_comes(
    card: NoteCard,
    show: Show,
    session: Session,
    acts: Acts,
    engine: FakeEngine,
    qtbot: QtBot,
) -> None:
    engine.error = StorageError("study file", "must be writable")
    card.keep()
    qtbot.waitUntil(lambda: not session.jobs.running)
    engine.error = None
    show("A", 4)
    qtbot.waitUntil(lambda: bool(acts))
    assert acts == [("B", Annotate(1, "hello B"))]


def test_a_note_does_not_follow_to_a_trial_that_is_shown_of_itself(
    card: NoteCard, session: Session, acts: Acts, qtbot: QtBot
) -> None:
    trials = session.builder.trials
    card.show_trial(trials[3])  # as where a better one ends and none is selected
    assert card.note.toPlainText() == ""
    assert not card.note.hasFocus()
    qtbot.waitUntil(lambda: not session.jobs.running)
    assert acts == [("B", Annotate(1, "hello B"))]


def test_the_trial_that_a_note_is_typed_for_stays_when_a_better_one_ends(
    panel: RunPanel, session: Session, qtbot: QtBot
) -> None:
    card, shown = panel.inspector.note, panel.inspector.shown_trial()
    assert shown is not None
    card.edit()
    qtbot.waitUntil(card.note.hasFocus)
    QTest.keyClicks(card.note, "half")
    session.take_trials([make_trial(4, 0.9)])
    qtbot.waitUntil(lambda: len(session.builder.trials) == 5)
    panel.inspector.refresh()
    QTest.keyClicks(card.note, " a thought")
    assert card.note.toPlainText() == "half a thought"
    assert session.looking.selection == (shown.number,)


def test_a_note_for_a_trial_that_is_not_there_goes_nowhere(
    session: Session, show: Show, acts: Acts, qtbot: QtBot
) -> None:
    show("A", 2)
    annotate(session, 2, "late", ())
    qtbot.waitUntil(lambda: not session.jobs.running)
    assert acts == []


def test_an_error_while_a_field_is_left_is_told_and_does_not_stop_the_focus(
    card: NoteCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[BaseException] = []
    monkeypatch.setattr("sys.excepthook", lambda kind, error, trace: told.append(error))

    def fails() -> None:
        raise IndexError("no such trial")

    monkeypatch.setattr(card, "keep", fails)
    left = QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.TabFocusReason)
    assert not card.eventFilter(card.note, left)
    assert [str(error) for error in told] == ["no such trial"]
