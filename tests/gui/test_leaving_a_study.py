"""What was begun for one study reaches that study or none: never the one shown next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from hpo_gui.analysis.ensemble import Member
from hpo_gui.core.acting import Acted, do_acts
from hpo_gui.core.acts import Act, Annotate
from hpo_gui.core.errors import StorageError
from hpo_gui.core.parameter import Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.spec import DataSpec, EnsembleSpec, ReadingSpec, StudySpec
from hpo_gui.gui.cards.ensemble_card import EnsembleCard
from hpo_gui.gui.cards.export_drawer import ExportDrawer
from hpo_gui.gui.cards.final_test import FinalTestCard, final_test
from hpo_gui.gui.cards.note_card import NoteCard
from hpo_gui.gui.cards.start_card import StartCard
from hpo_gui.gui.cards.strategy_choice import StrategyChoiceCard
from hpo_gui.gui.engine import Earlier, View
from hpo_gui.gui.loading import Loaded, make_history
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.of_study import close_popups
from hpo_gui.gui.open_studies import OpenStudies
from hpo_gui.gui.panels.run_panel import RunPanel
from hpo_gui.gui.preferences import PreferenceStore
from hpo_gui.gui.recent import RecentFiles
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_acts import annotate
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.window.file_commands import FileCommands
from hpo_gui.gui.window.trial_commands import trial_handlers
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
def studies(session: Session) -> OpenStudies:
    return OpenStudies(session, session)


@pytest.fixture
def show(session: Session, studies: OpenStudies, acts: Acts, tmp_path: Path) -> Show:
    """Show a study with a file, locked rows and so many trials; the others stay open."""

    def opened(name: str, count: int) -> None:
        data = DataSpec("wine.csv", target="kind", test_share=0.2)
        spec = structs.replace(make_spec(name), data=data, ensemble=EnsembleSpec())
        trials = [make_trial(number) for number in range(count)]
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


# --- the locked test and exports ----------------------------------------------------------------


@pytest.fixture
def gate(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """What is set so that a locked test may end."""
    opened, scores = threading.Event(), engine.test_scores

    def waits(*given: object) -> dict[str, float]:
        opened.wait(5.0)
        if engine.error is not None:
            raise engine.error
        return scores(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "test_scores", waits)
    yield opened
    opened.set()


@pytest.fixture
def exported(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Of each export: name of the study, its trials, names of the folders, trial, scores."""
    done: list[tuple[object, ...]] = []

    def export(spec, base, history, wanted, trial, test, study):
        folders = {path.parent.name for path in wanted.values()}
        done.append((spec.name, len(history), folders, trial, test))
        return tuple(wanted.values())

    monkeypatch.setattr(engine, "export", export)
    return done


def end_test(gate: threading.Event, session: Session, qtbot: QtBot) -> None:
    gate.set()
    qtbot.waitUntil(lambda: not session.jobs.running)


def test_a_test_that_ends_after_another_study_has_come_tells_nothing_of_that_one(
    session: Session, show: Show, studies: OpenStudies, gate: threading.Event, qtbot: QtBot
) -> None:
    show("A", 4)
    card, of_a = FinalTestCard(session), studies.shown
    qtbot.addWidget(card)
    final_test(session).open(3)
    show("B", 4)
    assert final_test(session).job is None
    end_test(gate, session, qtbot)
    assert final_test(session).scores == {}
    assert "took no part in anything" in card.text.text()
    studies.show(of_a)
    assert final_test(session).scores == {3: {"accuracy": 0.8}}
    assert "took no part in anything" not in card.text.text()


def test_a_test_under_way_is_known_when_its_study_is_shown_again(
    session: Session, show: Show, studies: OpenStudies, gate: threading.Event
) -> None:
    show("A", 4)
    of_a, job = studies.shown, final_test(session).open(3)
    show("B", 4)
    studies.show(of_a)
    assert final_test(session).job is job


def test_a_test_that_fails_after_another_study_has_come_is_told_as_a_notice(
    session: Session,
    show: Show,
    gate: threading.Event,
    engine: FakeEngine,
    qtbot: QtBot,
) -> None:
    show("A", 4)
    card = FinalTestCard(session)
    qtbot.addWidget(card)
    told: list[Notice] = []
    session.notice.connect(told.append)
    engine.error = StorageError("table", "must be there")
    final_test(session).open(3)
    show("B", 4)
    end_test(gate, session, qtbot)
    assert card.error.isHidden()
    assert [notice.head for notice in told] == ["The locked test could not be opened"]


def test_a_study_with_fewer_trials_is_shown_after_the_test_was_opened(
    session: Session, show: Show, gate: threading.Event, qtbot: QtBot
) -> None:
    show("A", 4)
    card = FinalTestCard(session)
    qtbot.addWidget(card)
    final_test(session).open(3)
    end_test(gate, session, qtbot)
    assert not card.tile.isHidden()
    show("B", 2)
    assert card.tile.isHidden()


def test_rows_that_were_opened_stay_so_when_the_study_goes_on(
    session: Session, show: Show, gate: threading.Event, qtbot: QtBot
) -> None:
    show("A", 2)
    card = FinalTestCard(session)
    qtbot.addWidget(card)
    final_test(session).open(1)
    end_test(gate, session, qtbot)
    with qtbot.waitSignal(session.history_reset):
        session.run()
    assert final_test(session).scores == {1: {"accuracy": 0.8}}
    assert "took no part in anything" not in card.text.text()


def test_another_study_that_has_got_the_file_of_one_has_not_opened_its_rows(
    session: Session, show: Show, gate: threading.Event, studies: OpenStudies, qtbot: QtBot
) -> None:
    show("A", 2)
    final_test(session).open(1)
    end_test(gate, session, qtbot)
    later = structs.replace(make_trial(0), started=5000.0, finished=5001.0)
    path, spec = session.path, session.spec
    session.new_study()
    session.show_history(spec, SPACE, [later, make_trial(1)], path=path)
    assert final_test(session).scores == {}


def test_an_export_that_opens_the_test_is_of_the_study_it_was_asked_for(
    session: Session,
    show: Show,
    gate: threading.Event,
    exported: list[tuple[object, ...]],
    qtbot: QtBot,
) -> None:
    show("A", 4)
    drawer, told = drawer_of(session, qtbot), []
    session.notice.connect(told.append)
    drawer.which.set_current_key(0)
    drawer.export()
    show("B", 2)
    assert drawer.progress.isHidden()
    assert drawer.write.isEnabled()
    end_test(gate, session, qtbot)
    qtbot.waitUntil(lambda: bool(told))
    assert exported == [("A", 4, {"A results"}, 0, {"accuracy": 0.8})]
    assert drawer.done.isHidden()
    assert told[0].head.startswith("Written: ")
    assert told[0].text.endswith("A results")


def test_an_export_that_fails_after_another_study_has_come_is_told_as_a_notice(
    session: Session, show: Show, engine: FakeEngine, monkeypatch, qtbot: QtBot
) -> None:
    goes_on = threading.Event()

    def fails(*_: object) -> None:
        goes_on.wait(5.0)
        raise StorageError("disk", "must have room")

    monkeypatch.setattr(engine, "export", fails)
    show("A", 4)
    drawer, told = drawer_of(session, qtbot), []
    session.notice.connect(told.append)
    drawer.open_test.setChecked(False)
    drawer.export()
    show("B", 2)
    end_test(goes_on, session, qtbot)
    assert [notice.head for notice in told] == ["The results were not written"]
    assert drawer.error.isHidden()


def test_the_drawer_tells_of_a_test_that_fails_once(
    session: Session, show: Show, gate: threading.Event, engine: FakeEngine, qtbot: QtBot
) -> None:
    show("A", 4)
    drawer = drawer_of(session, qtbot)
    engine.error = StorageError("table", "must be there")
    drawer.export()
    end_test(gate, session, qtbot)
    assert "must be there" in drawer.error.text()
    assert drawer.progress.isHidden()


def drawer_of(session: Session, qtbot: QtBot) -> ExportDrawer:
    made = ExportDrawer(session)
    qtbot.addWidget(made)
    made.begin("trials_csv")
    return made


def test_an_ensemble_is_forgotten_before_a_study_with_fewer_trials_comes(
    session: Session, show: Show, qtbot: QtBot
) -> None:
    show("A", 4)
    card = EnsembleCard(session)
    qtbot.addWidget(card)
    card.choose.click()
    qtbot.waitUntil(lambda: card.found is not None)
    card.found = replace(card.found, members=(Member(3, 3),))
    show("B", 1)
    assert card.found is None


# --- dialogs, menus and forms -------------------------------------------------------------------


def assert_closes(dialog: QDialog, show: Show, qtbot: QtBot) -> None:
    """A dialog of the study shown is closed, unanswered, when B is shown."""
    answers: list[int] = []
    dialog.finished.connect(answers.append)
    show("B", 4)
    assert answers == [QDialog.DialogCode.Rejected.value]
    qtbot.waitUntil(lambda: not isValid(dialog))


@pytest.fixture
def files(session: Session, show: Show, qtbot: QtBot) -> FileCommands:
    """The File menu of study A."""
    show("A", 4)
    window = QWidget()
    qtbot.addWidget(window)
    return FileCommands(session, PreferenceStore(), RecentFiles(), window, lambda path: None)


@pytest.mark.parametrize("command", ["save_spec", "save_copy", "report", "save_elsewhere"])
def test_a_file_asked_for_by_one_study_is_not_written_of_another(
    files: FileCommands, show: Show, command: str, qtbot: QtBot
) -> None:
    getattr(files, command)()
    dialog = files.dialog
    assert dialog is not None
    qtbot.waitUntil(dialog.isVisible)
    assert_closes(dialog, show, qtbot)


def test_a_file_to_open_can_still_be_chosen_after_another_study_has_come(
    files: FileCommands, show: Show
) -> None:
    files.open_study()
    show("B", 4)
    assert files.dialog is not None
    assert files.dialog.isVisible()
    files.dialog.reject()


@pytest.mark.parametrize("command", ["trial.retract", "trial.correct", "study.repeat"])
def test_a_question_about_trials_of_one_study_is_closed_before_another_comes(
    session: Session, show: Show, command: str, acts: Acts, qtbot: QtBot
) -> None:
    show("A", 4)
    window = QWidget()
    qtbot.addWidget(window)
    session.looking.select([1])
    trial_handlers(session, window)[command]()
    (dialog,) = window.findChildren(MessageDialog)
    assert_closes(dialog, show, qtbot)
    qtbot.waitUntil(lambda: not session.jobs.running)
    assert acts == []


def test_values_of_a_grid_are_not_those_of_another_study(
    session: Session, show: Show, qtbot: QtBot
) -> None:
    show("A", 4)
    card = StrategyChoiceCard(session)
    qtbot.addWidget(card)
    with qtbot.waitExposed(card):
        card.show()
    card.ask_values()
    assert card.dialog is not None
    assert_closes(card.dialog, show, qtbot)


def test_a_configuration_is_not_added_to_another_study(
    session: Session, show: Show, qtbot: QtBot
) -> None:
    show("A", 4)
    card = StrategyChoiceCard(session)
    qtbot.addWidget(card)
    with qtbot.waitExposed(card):
        card.show()
    card.configurations.add_button.click()
    dialog = card.configurations.dialog
    assert dialog is not None
    assert_closes(dialog, show, qtbot)


def test_earlier_studies_that_were_looked_at_for_one_are_not_taken_by_another(
    session: Session,
    show: Show,
    engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    goes_on, look = threading.Event(), engine.look_at_earlier

    def waits(spec: StudySpec, path: Path) -> Earlier:
        goes_on.wait(5.0)
        return look(spec, path)

    monkeypatch.setattr(engine, "look_at_earlier", waits)
    show("A", 4)
    card = StartCard(session)
    qtbot.addWidget(card)
    card.earlier.add_study("old.hpostudy")
    show("B", 4)
    end_test(goes_on, session, qtbot)
    assert session.spec.start.earlier == ()


def test_menus_are_closed_when_another_study_is_shown(qtbot: QtBot) -> None:
    menu = QMenu()
    qtbot.addWidget(menu)
    menu.addAction("Retract…")
    menu.popup(QPoint(0, 0))
    qtbot.waitUntil(menu.isVisible)
    close_popups()
    assert not menu.isVisible()


def test_the_form_of_a_trial_is_closed_before_another_study_comes(
    panel: RunPanel, session: Session
) -> None:
    panel.focus_field("add_trial")
    assert panel.side.currentWidget() is panel.add_trial
    space = Space([Float("width", 0.0, 1.0)])
    session.show_history(make_spec("A"), space, [])
    assert panel.side.currentWidget() is panel.inspector


def test_the_form_of_a_trial_follows_the_space_and_keeps_what_still_fits(
    panel: RunPanel, session: Session
) -> None:
    panel.focus_field("add_trial")
    panel.add_trial._set("depth", 0.75)
    spec, history = session.spec, session.builder
    wider = Space([Float("depth", 0.0, 2.0), Int("leaves", 1, 9)])
    view = View(None, wider, spec.goals)
    loaded = replace(session.shown, view=view, history=make_history(view, spec, history.trials))
    assert session.renew(loaded, session.shown)
    form = panel.add_trial
    assert panel.side.currentWidget() is form
    assert list(form.fields) == ["depth", "leaves"]
    assert form.fields["depth"].value() == 0.75
    form.add_trial()
    assert form.error.isHidden()


def test_the_form_of_a_trial_stays_as_it_is_when_many_trials_come(
    panel: RunPanel, session: Session
) -> None:
    panel.focus_field("add_trial")
    field = panel.add_trial.fields["depth"]
    session.history_reset.emit()
    assert panel.add_trial.fields["depth"] is field
