"""A window that shows a study of another program follows it, and says so."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from pytestqt.qtbot import QtBot

from hpo_gui.assembly.opened import DUMMY
from hpo_gui.core.acting import do_acts
from hpo_gui.core.acts import Retract
from hpo_gui.core.history import HistoryBuilder
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.spec_text import spec_to_json
from hpo_gui.core.trial import TrialState
from hpo_gui.gui.engine import View
from hpo_gui.gui.following import PIECE, Following
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.loading import make_history
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.message_bar import MessageStack
from hpo_gui.gui.window.read_only_messages import ReadOnlyMessages
from hpo_gui.gui.window.run_bar import eta_words
from hpo_gui.storage.study_file import StudyFile
from tests.support.window import FakeEngine, make_spec, make_trial


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wine.hpostudy"


@pytest.fixture
def writer(path: Path) -> Iterator[StudyFile]:
    """What writes the study; to the window it is another program."""
    with StudyFile.create(path, spec_to_json(make_spec("wine", trials=2))) as file:
        file.put([make_trial(0, 0.4), make_trial(1, 0.9)])
        yield file


class Watcher:
    """A session that follows, by looks that the test asks for."""

    def __init__(self, session: Session, messages: MessageStack) -> None:
        self.session = session
        self.seen = True
        self.following = Following(session, lambda: self.seen)
        self.following._timer.setInterval(10)
        self.following.own = 0
        self.messages = messages
        self.bars = ReadOnlyMessages(self.following, messages, lambda: None, messages)

    @property
    def head(self) -> str:
        """What the bar says first; "" without a bar."""
        keys = self.messages.keys()
        return self.messages.bar("read only").head.text() if "read only" in keys else ""


@pytest.fixture
def watcher(session: Session, qtbot: QtBot) -> Iterator[Watcher]:
    messages = MessageStack()
    qtbot.addWidget(messages)
    made = Watcher(session, messages)
    yield made
    made.following.close()


def open_read_only(
    watcher: Watcher, engine: FakeEngine, path: Path, qtbot: QtBot, reason: str = "Another writes."
) -> None:
    opened = engine.open_study(path)
    opened.read_only = reason
    engine.open_study = lambda path: opened  # type: ignore[method-assign]
    with qtbot.waitSignal(watcher.following.changed):
        watcher.session.opening.open_study(path)


def test_trials_of_another_program_appear_as_they_come(
    watcher: Watcher, engine: FakeEngine, writer: StudyFile, path: Path, qtbot: QtBot
) -> None:
    open_read_only(watcher, engine, path, qtbot)
    qtbot.waitUntil(lambda: watcher.head == "Read only: following")
    assert "process" in watcher.session.read_only_reason
    store = trial_store(watcher.session)
    watcher.session.looking.select([1])
    writer.put([make_trial(2, 0.95), make_trial(3, state=TrialState.RUNNING)])
    qtbot.waitUntil(lambda: len(watcher.session.history) == 4)
    assert store.count == 4
    best = watcher.session.history.best
    assert best is not None
    assert best.number == 2
    assert watcher.session.looking.selection == (1,)
    assert eta_words(watcher.session) == "1 running elsewhere"


def test_what_the_window_has_done_to_trials_is_not_shown_a_second_time(
    watcher: Watcher, engine: FakeEngine, writer: StudyFile, path: Path, qtbot: QtBot
) -> None:
    open_read_only(watcher, engine, path, qtbot)
    known = dict(enumerate(watcher.session.builder.trials))
    acted = do_acts((Retract(0, "wrong data"), Retract(1)), known.get, ())
    assert len(acted.trials) == 2
    writer.act(acted.done)
    watcher.session.take_trials(acted.trials)  # as the acts of the window itself are
    changes: list[list[int]] = []
    watcher.session.trials_changed.connect(changes.append)
    writer.put([make_trial(2, 0.7)])
    qtbot.waitUntil(lambda: len(watcher.session.builder.trials) == 3)
    assert changes == [[2]]


def test_a_window_that_was_hidden_for_long_catches_up_piece_by_piece(
    watcher: Watcher, engine: FakeEngine, writer: StudyFile, path: Path, qtbot: QtBot
) -> None:
    open_read_only(watcher, engine, path, qtbot)
    pieces: list[int] = []
    watcher.session.trials_changed.connect(lambda numbers: pieces.append(len(numbers)))
    writer.put(make_trial(number) for number in range(2, 2 * PIECE + 52))
    qtbot.waitUntil(lambda: len(watcher.session.history) == 2 * PIECE + 52)
    assert pieces == [PIECE, PIECE, 50]


def test_when_the_writer_is_gone_the_study_can_be_taken_over(
    watcher: Watcher, engine: FakeEngine, writer: StudyFile, path: Path, qtbot: QtBot
) -> None:
    open_read_only(watcher, engine, path, qtbot)
    qtbot.waitUntil(lambda: watcher.head == "Read only: following")
    assert not watcher.following.can_take_over
    writer.put([make_trial(2, 0.95)])
    writer.close()
    qtbot.waitUntil(lambda: watcher.head == "Nobody writes this study any more")
    assert len(watcher.session.history) == 3
    assert "take it over" in watcher.session.read_only_reason
    del engine.open_study
    with qtbot.waitSignal(watcher.session.study_changed):
        watcher.following.take_over()
    assert not watcher.session.read_only
    assert watcher.head == ""
    with StudyFile.open(path) as file:
        assert not file.read_only


def test_a_study_that_lies_open_is_read_only_once_another_program_writes_it(
    watcher: Watcher, writer: StudyFile, path: Path, qtbot: QtBot
) -> None:
    writer.close()
    with qtbot.waitSignal(watcher.session.study_changed):
        watcher.session.opening.open_study(path)
    assert watcher.head == ""
    with StudyFile.open(path) as other:
        other.put([make_trial(2, 0.95)])
        with qtbot.waitSignal(watcher.session.read_only_changed):
            pass
        assert watcher.session.read_only
        assert len(watcher.session.history) == 3
        assert watcher.head == "Read only: following"


def test_what_the_window_itself_writes_makes_nothing_read_only(
    watcher: Watcher, writer: StudyFile, path: Path, qtbot: QtBot
) -> None:
    writer.close()
    with qtbot.waitSignal(watcher.session.study_changed):
        watcher.session.opening.open_study(path)
    watch = watcher.following._watch
    assert watch is not None
    watcher.following.own = os.getpid()
    with StudyFile.open(path) as own:
        own.log("note", "ours")
        with qtbot.waitSignal(watch.came):
            pass
    assert not watcher.session.read_only


def test_another_version_of_the_specification_is_shown_and_the_selection_stays(
    watcher: Watcher, engine: FakeEngine, writer: StudyFile, path: Path, qtbot: QtBot
) -> None:
    open_read_only(watcher, engine, path, qtbot)
    watcher.session.looking.select([1])
    spec = structs.replace(make_spec("wine", trials=2), seed=77)
    told: list[Notice] = []
    watcher.session.notice.connect(told.append)
    writer.add_spec(spec_to_json(spec), "changed")
    with qtbot.waitSignal(watcher.session.history_reset):
        pass
    assert watcher.session.spec.seed == 77
    assert [notice.head for notice in told] == ["The other program has changed the study"]
    assert watcher.session.looking.selection == (1,)
    assert len(watcher.session.history) == 2
    assert watcher.session.read_only


def test_the_scores_of_the_dummy_come_when_they_are_written(
    watcher: Watcher, engine: FakeEngine, writer: StudyFile, path: Path, qtbot: QtBot
) -> None:
    open_read_only(watcher, engine, path, qtbot)
    writer.set_meta(DUMMY, '{"accuracy": [0.25, 0.5]}')
    with qtbot.waitSignal(watcher.session.history_reset):
        pass
    assert watcher.session.history.plan.dummy == {"accuracy": (0.25, 0.5)}


def test_what_was_edited_in_the_window_is_not_lost_by_a_look(
    watcher: Watcher, writer: StudyFile, path: Path, qtbot: QtBot
) -> None:
    writer.close()
    with qtbot.waitSignal(watcher.session.study_changed):
        watcher.session.opening.open_study(path)
    session = watcher.session
    session.edit(structs.replace(session.spec, seed=5), "Seed")
    with StudyFile.open(path) as other, qtbot.waitSignal(session.read_only_changed):
        other.log("note", "Only looked at.")
    assert session.spec.seed == 5


def hold_renewals(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let what reads a changed study wait until the event is set."""
    gate, make = threading.Event(), engine.resolve

    def resolve(spec: StudySpec, table: object) -> View:
        if threading.current_thread().name.startswith("job: Reading what"):
            assert gate.wait(10)
        return make(spec, table)

    monkeypatch.setattr(engine, "resolve", resolve)
    return gate


def begin_renewal(
    watcher: Watcher, engine: FakeEngine, writer: StudyFile, path: Path, qtbot: QtBot
) -> Job:
    open_read_only(watcher, engine, path, qtbot)
    writer.add_spec(spec_to_json(structs.replace(make_spec("wine", trials=2), seed=77)), "seed")
    qtbot.waitUntil(lambda: watcher.following._renewing is not None)
    job = watcher.following._renewing
    assert job is not None
    return job


def test_another_study_that_is_shown_meanwhile_is_not_replaced(
    watcher: Watcher,
    engine: FakeEngine,
    writer: StudyFile,
    path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = hold_renewals(engine, monkeypatch)
    job = begin_renewal(watcher, engine, writer, path, qtbot)
    watcher.session.new_study()
    with qtbot.waitSignal(job.ended):
        gate.set()
    assert watcher.session.path is None
    assert watcher.session.is_empty


def test_a_run_that_begins_meanwhile_keeps_its_specification(
    watcher: Watcher,
    engine: FakeEngine,
    writer: StudyFile,
    path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = hold_renewals(engine, monkeypatch)
    job = begin_renewal(watcher, engine, writer, path, qtbot)
    watcher.session.run_with(engine.runner)
    with qtbot.waitSignal(job.ended):
        gate.set()
    assert watcher.session.spec.seed == 0
    assert len(watcher.session.builder.trials) == 0


@pytest.mark.parametrize("at_the_first_look", [False, True])
def test_an_edit_made_while_scores_of_the_dummy_are_read_stays(
    watcher: Watcher,
    engine: FakeEngine,
    writer: StudyFile,
    path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    at_the_first_look: bool,
) -> None:
    """A first look tells the specification as well, which is no other one for that."""
    session, gate = watcher.session, threading.Event()

    def make(*args: Any, see: Any = None) -> HistoryBuilder:
        assert gate.wait(10)
        return make_history(*args, see=see)

    if not at_the_first_look:
        open_read_only(watcher, engine, path, qtbot)
        qtbot.waitUntil(lambda: watcher.following.has_looked)
    monkeypatch.setattr("hpo_gui.gui.following.make_history", make)
    writer.set_meta(DUMMY, '{"accuracy": [0.25, 0.5]}')
    if at_the_first_look:
        open_read_only(watcher, engine, path, qtbot)
    qtbot.waitUntil(lambda: watcher.following._renewing is not None)
    session.edit(structs.replace(session.spec, seed=5), "Seed")
    gate.set()
    qtbot.waitUntil(lambda: bool(session.history.plan.dummy))
    assert session.spec.seed == 5
    assert session.undo.canUndo()


def test_an_edit_that_another_program_overtakes_is_told_and_can_be_brought_back(
    watcher: Watcher, writer: StudyFile, path: Path, qtbot: QtBot
) -> None:
    writer.close()
    session = watcher.session
    with qtbot.waitSignal(session.study_changed):
        session.opening.open_study(path)
    session.edit(structs.replace(session.spec, seed=5), "Seed")
    told: list[str] = []
    session.notice.connect(lambda notice: told.append(notice.head))
    other = StudyFile.open(path)
    other.add_spec(spec_to_json(structs.replace(make_spec("wine", trials=2), seed=77)), "seed")
    qtbot.waitUntil(lambda: session.spec.seed == 77)
    other.close()
    assert "Your edits have made room for those of the other program" in told
    session.undo.undo()
    assert session.spec.seed == 5


def test_nothing_is_read_while_nobody_sees_the_window(
    watcher: Watcher, engine: FakeEngine, writer: StudyFile, path: Path, qtbot: QtBot
) -> None:
    open_read_only(watcher, engine, path, qtbot)
    qtbot.waitUntil(lambda: watcher.following.has_looked)
    watcher.seen = False
    assert watcher.following._watch is not None
    watch = watcher.following._watch
    watch._thread.submit(lambda: None).result()
    looks = watch._follower.looks
    for _ in range(5):
        watcher.following.look()
    watch._thread.submit(lambda: None).result()
    assert watch._follower.looks == looks
    watcher.seen = True
    watcher.following.look()
    watch._thread.submit(lambda: None).result()
    assert watch._follower.looks > looks


def test_a_file_that_is_deleted_is_told_and_what_was_shown_stays(
    watcher: Watcher, engine: FakeEngine, writer: StudyFile, path: Path, qtbot: QtBot
) -> None:
    open_read_only(watcher, engine, path, qtbot)
    qtbot.waitUntil(lambda: watcher.head == "Read only: following")
    writer.close()
    path.unlink()
    qtbot.waitUntil(lambda: watcher.head == "The study is followed no more")
    assert len(watcher.session.history) == 2
    assert not watcher.following.can_take_over


def test_a_folder_that_cannot_be_written_offers_nothing_to_take_over(
    watcher: Watcher,
    engine: FakeEngine,
    writer: StudyFile,
    path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writer.close()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    open_read_only(watcher, engine, path, qtbot, "The system forbids writing to the file.")
    qtbot.waitUntil(lambda: watcher.following.has_looked)
    assert watcher.head == "Read-only"
    text = watcher.messages.bar("read only").text.text()
    assert text == "The system forbids writing to the file."
