"""Several studies open at once: one is shown, the others go on behind it and lose nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from pytestqt.qtbot import QtBot

from hpo_gui.core.acting import Acted
from hpo_gui.core.acts import Act, Retract
from hpo_gui.core.errors import StorageError
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.wanted import Again, Queued, Wanted
from hpo_gui.gui.held_study import HeldStudy
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.open_studies import OpenStudies
from hpo_gui.gui.session import Session
from hpo_gui.study.events import Finished, Message, StateChanged, Stuck
from tests.support.many_runners import ManyRunners
from tests.support.window import make_spec


@pytest.fixture
def engine() -> ManyRunners:
    return ManyRunners()


@pytest.fixture
def studies(engine: ManyRunners, qtbot: QtBot) -> Iterator[OpenStudies]:
    session = Session(engine)
    made = OpenStudies(session)
    yield made
    engine.end_all()
    assert session.close()


def show(qtbot: QtBot, studies: OpenStudies, name: str, trials: int = 10) -> str:
    """Open a study that has no file; its key."""
    job = studies.session.opening.open_draft(make_spec(name, trials), studies.session.base)
    with qtbot.waitSignal(job.ended):
        pass
    return studies.shown


def run(qtbot: QtBot, studies: OpenStudies) -> None:
    studies.session.run()
    qtbot.waitUntil(lambda: studies.session.state == "running")


def held(studies: OpenStudies, key: str) -> HeldStudy:
    return studies.held[key]


def test_a_running_study_goes_on_behind_another_one(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    wine = show(qtbot, studies, "wine")
    run(qtbot, studies)
    show(qtbot, studies, "iris")
    assert (studies.session.state, studies.session.is_active) == ("idle", False)
    assert studies.session.progress is None
    engine.advance("wine", 0.8)
    qtbot.waitUntil(lambda: held(studies, wine).progress is not None)
    assert held(studies, wine).history.best is not None
    assert len(studies.session.history) == 0
    assert engine.runners["wine"].calls == []


def test_showing_it_again_brings_everything_that_came_meanwhile(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    wine = show(qtbot, studies, "wine")
    run(qtbot, studies)
    iris = show(qtbot, studies, "iris")
    engine.advance("wine", 0.8)
    qtbot.waitUntil(lambda: held(studies, wine).progress is not None)
    with qtbot.waitSignals([studies.session.study_changed, studies.session.history_reset]):
        studies.show(wine)
    session = studies.session
    assert (studies.shown, session.spec.name, session.state) == (wine, "wine", "running")
    assert session.history.best is not None
    assert session.progress is not None
    assert iris not in studies.held  # nothing of it would be lost
    with qtbot.waitSignal(session.trials_changed):
        engine.advance("wine", 0.9)
    session.stop_now()
    qtbot.waitUntil(lambda: not session.is_active)
    assert engine.runners["wine"].calls == [("stop_now",)]


def test_signals_of_a_study_put_aside_do_not_reach_the_one_shown(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    wine = show(qtbot, studies, "wine")
    run(qtbot, studies)
    show(qtbot, studies, "iris")
    seen: list[str] = []
    session = studies.session
    session.trials_changed.connect(lambda _: seen.append("trials"))
    session.state_changed.connect(lambda state: seen.append(state))
    session.stopped.connect(lambda: seen.append("stopped"))
    engine.advance("wine")
    engine.finish("wine")
    qtbot.waitUntil(lambda: wine not in studies.held)
    assert seen == []


def test_a_study_that_ends_behind_the_window_is_closed_and_told(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    wine = show(qtbot, studies, "wine")
    run(qtbot, studies)
    show(qtbot, studies, "iris")
    last: list[HeldStudy] = []
    studies.held_stopped.connect(last.append)
    engine.finish("wine")
    qtbot.waitUntil(lambda: wine not in studies.held)
    assert [(study.spec.name, study.is_done) for study in last] == [("wine", True)]


def test_what_a_held_study_has_to_say_is_told_with_its_name(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    show(qtbot, studies, "wine")
    run(qtbot, studies)
    show(qtbot, studies, "iris")
    with qtbot.waitSignal(studies.session.notice) as told:
        engine.runners["wine"].feed(Message("warning", "Checkpoints are not kept", "No room."))
    notice = told.args[0]
    assert isinstance(notice, Notice)
    assert notice.head == "wine: Checkpoints are not kept"


def test_undo_and_the_look_of_a_study_come_back_with_it(
    qtbot: QtBot, studies: OpenStudies
) -> None:
    wine, session = show(qtbot, studies, "wine"), studies.session
    before = session.spec
    for trials in (20, 30):
        budget = BudgetSpec(trials=trials)
        session.edit(structs.replace(session.spec, budget=budget), f"Budget {trials}")
    session.undo.undo()
    session.looking.set_filter("score > 0.5")
    show(qtbot, studies, "iris")
    assert (session.looking.filter, session.undo.canUndo()) == ("", False)
    studies.show(wine)
    assert session.looking.filter == "score > 0.5"
    assert (session.spec.budget.trials, session.undo.undoText()) == (20, "Budget 20")
    assert session.undo.redoText() == "Budget 30"
    session.undo.redo()
    assert session.spec.budget.trials == 30
    session.undo.undo()
    session.undo.undo()
    assert session.spec == before
    assert session.undo.isClean()


def test_only_what_would_be_lost_stays_open(qtbot: QtBot, studies: OpenStudies) -> None:
    plain = show(qtbot, studies, "plain")
    edited, session = show(qtbot, studies, "edited"), studies.session
    assert plain not in studies.held
    session.edit(structs.replace(session.spec, seed=5), "Seed")
    kept = show(qtbot, studies, "kept")
    studies.keep()
    show(qtbot, studies, "iris")
    assert list(studies.held) == [edited, kept]
    assert [study.spec.name for _, study in studies.all()] == ["iris", "edited", "kept"]
    studies.show(kept)
    show(qtbot, studies, "iris")
    assert list(studies.held) == [edited, kept]  # once kept, always kept


def test_an_edit_that_was_run_and_then_undone_waits_behind_another_study(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    wine, session = show(qtbot, studies, "wine"), studies.session
    session.edit(structs.replace(session.spec, seed=5), "Seed")
    run(qtbot, studies)
    engine.advance("wine")
    with qtbot.waitSignal(session.stopped):
        engine.finish("wine")
    session.undo.undo()
    assert session.study_edit.is_pending
    assert session.undo.isClean()
    show(qtbot, studies, "iris")
    assert held(studies, wine).is_edited
    assert held(studies, wine).spec.seed == 0
    studies.show(wine)
    session.undo.redo()
    assert not session.is_edited
    show(qtbot, studies, "iris")
    assert wine not in studies.held  # its file has all of it


def test_a_file_that_is_open_already_is_shown_and_not_opened_twice(
    qtbot: QtBot, studies: OpenStudies
) -> None:
    wine, session = show(qtbot, studies, "wine"), studies.session
    run(qtbot, studies)
    path = session.path
    assert path is not None
    show(qtbot, studies, "iris")
    assert studies.open(path) is None
    assert (studies.shown, session.state) == (wine, "running")
    assert studies.open(path) is None  # it is shown, and runs: nothing to do
    assert (studies.shown, session.state) == (wine, "running")


def test_a_file_that_is_open_by_the_time_it_was_read_is_shown_as_it_is(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners, tmp_path: Path
) -> None:
    path, session = tmp_path / "wine.hpostudy", studies.session
    with qtbot.waitSignal(session.study_changed):
        studies.open(path)
    wine = studies.shown
    with qtbot.waitSignal(session.opening.open_study(path).ended):
        run(qtbot, studies)
    assert studies.shown == wine
    assert session.is_active
    with qtbot.waitSignal(session.opening.open_study(path).ended):
        pass
    assert (studies.shown, session.state, studies.held) == (wine, "running", {})
    session.opening.opened.disconnect()  # as if it were read slowly
    show_other = session.opening.open_study(tmp_path / "iris.hpostudy")
    with qtbot.waitSignal(show_other.finished) as loaded:
        pass
    session._arrived(loaded.args[0])
    assert list(studies.held) == [wine]
    with qtbot.waitSignal(session.opening.open_study(path).finished) as loaded:
        pass
    session._arrived(loaded.args[0])
    assert (studies.shown, session.state) == (wine, "running")
    assert studies.held == {}


def test_a_file_with_edits_that_wait_is_not_opened_a_second_time(
    qtbot: QtBot, studies: OpenStudies, tmp_path: Path
) -> None:
    path, session = tmp_path / "wine.hpostudy", studies.session
    with qtbot.waitSignal(session.study_changed):
        studies.open(path)
    session.edit(structs.replace(session.spec, seed=5), "Seed")
    assert studies.open(path) is None
    assert (session.spec.seed, studies.held) == (5, {})
    session.undo.undo()
    assert studies.open(path) is not None  # as nothing is lost


def test_closing_ends_all_runs(qtbot: QtBot, studies: OpenStudies, engine: ManyRunners) -> None:
    for name in ("one", "two", "three"):
        show(qtbot, studies, name)
        run(qtbot, studies)
    assert [study.spec.name for _, study in studies.active] == ["three", "one", "two"]
    assert studies.session.close()
    assert all(runner.calls[-1] == ("leave", True) for runner in engine.runners.values())
    assert not studies.active


def test_all_can_be_ended_after_their_running_trials(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    show(qtbot, studies, "one")
    run(qtbot, studies)
    show(qtbot, studies, "two")
    run(qtbot, studies)
    studies.stop_after_current()
    qtbot.waitUntil(lambda: not studies.active)
    calls = [runner.calls for runner in engine.runners.values()]
    assert calls == [[("stop_after_current",)], [("stop_after_current",)]]


def test_a_held_study_can_be_paused_and_resumed(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    wine = show(qtbot, studies, "wine")
    run(qtbot, studies)
    show(qtbot, studies, "iris")
    held(studies, wine).control("pause")
    qtbot.waitUntil(lambda: held(studies, wine).state == "paused")
    assert not studies.is_busy
    assert len(studies.active) == 1
    studies.close(wine)
    assert wine in studies.held  # a run is never thrown away
    held(studies, wine).run(engine, studies.session.live.acts)
    qtbot.waitUntil(lambda: held(studies, wine).state == "running")
    assert engine.runners["wine"].calls == [("pause",), ("resume",)]


def test_a_study_that_is_starting_can_be_put_aside(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    wine = show(qtbot, studies, "wine")
    studies.session.run()
    assert studies.session.state == "starting"
    show(qtbot, studies, "iris")
    qtbot.waitUntil(lambda: held(studies, wine).state == "running")
    assert held(studies, wine).path is not None


def test_two_studies_of_one_name_get_files_of_their_own(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    for _ in range(2):
        show(qtbot, studies, "wine")
        run(qtbot, studies)
    assert [path.name for path in engine.created] == ["wine-1.hpostudy", "wine-2.hpostudy"]


def test_a_held_study_learns_that_its_run_has_refused_a_budget(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    wine = show(qtbot, studies, "wine")
    run(qtbot, studies)
    engine.runners["wine"].keeps_budgets = False
    engine.runners["wine"].budget = BudgetSpec(trials=7)
    studies.session.set_budget(BudgetSpec(trials=50))
    show(qtbot, studies, "iris")
    kept = held(studies, wine)
    qtbot.waitUntil(lambda: kept._run._budgets_asked == 0)
    studies.show(wine)
    assert studies.session.spec.budget == BudgetSpec(trials=50)
    assert studies.session.recorded is not None
    assert studies.session.recorded.budget == BudgetSpec(trials=7)


def test_an_error_in_a_held_run_is_told_and_the_others_go_on(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    show(qtbot, studies, "wine")
    run(qtbot, studies)
    show(qtbot, studies, "iris")
    run(qtbot, studies)
    with qtbot.waitSignal(studies.session.notice) as told:
        engine.runners["wine"].feed(ValueError("it broke"))
    assert "wine: The study stopped" in told.args[0].head
    qtbot.waitUntil(lambda: len(studies.active) == 1)
    assert studies.session.state == "running"
    engine.runners["iris"].feed(StateChanged("running"))


def test_a_run_that_is_just_ending_does_not_end_for_the_study_shown_next(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    wine = show(qtbot, studies, "wine")
    run(qtbot, studies)
    engine.runners["wine"].feed(StateChanged("finished"))  # its processes end, which takes a while
    qtbot.waitUntil(lambda: studies.session.state == "finished")
    show(qtbot, studies, "iris")
    with qtbot.waitSignal(studies.stopped) as stopped:
        engine.runners["wine"].feed(Finished("The budget is used.", True), None)
    assert stopped.args == [wine]
    assert (studies.session.state, studies.session.is_done) == ("idle", False)
    assert studies.held == {}


def test_an_act_on_a_study_whose_run_is_ending_is_done_behind_another_one(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[Path, Sequence[Act]]] = []

    def act(path: Path, acts: Sequence[Act]) -> Acted:
        done.append((path, acts))
        return Acted()

    monkeypatch.setattr(engine, "act", act)
    show(qtbot, studies, "wine")
    run(qtbot, studies)
    path = studies.session.path
    engine.runners["wine"].feed(StateChanged("finished"))
    qtbot.waitUntil(lambda: studies.session.state == "finished")
    studies.session.live.act((Retract(0),))
    show(qtbot, studies, "iris")
    assert done == []
    engine.runners["wine"].feed(Finished("The budget is used.", True), None)
    qtbot.waitUntil(lambda: done == [(path, (Retract(0),))])


@pytest.mark.parametrize("is_shown", [True, False])
def test_a_run_begins_when_an_act_on_its_file_is_through(
    qtbot: QtBot,
    studies: OpenStudies,
    engine: ManyRunners,
    monkeypatch: pytest.MonkeyPatch,
    is_shown: bool,
) -> None:
    may_end = threading.Event()

    def act(path: Path, acts: Sequence[Act]) -> Acted:
        may_end.wait(10)
        return Acted()

    monkeypatch.setattr(engine, "act", act)
    wine = show(qtbot, studies, "wine")
    run(qtbot, studies)
    engine.finish("wine")
    qtbot.waitUntil(lambda: not studies.session.has_runner)
    studies.keep()
    studies.session.live.act((Retract(0),))
    if is_shown:
        studies.session.run()
    else:
        show(qtbot, studies, "iris")
        held(studies, wine).run(engine, studies.session.live.acts)
    study = studies.study(wine)
    assert study is not None
    assert study.state == "starting"
    assert engine.resumed == []
    may_end.set()
    qtbot.waitUntil(lambda: study.state == "running")
    assert engine.resumed == [study.path]


def test_a_file_is_read_again_when_an_act_on_it_is_through(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, events, read = threading.Event(), list[str](), engine.open_study

    def act(path: Path, acts: Sequence[Act]) -> Acted:
        assert may_end.wait(10)
        events.append(f"write {path.stem}")
        return Acted()

    def open_study(path: Path) -> Any:
        events.append(f"read {path.stem}")
        return read(path)

    monkeypatch.setattr(engine, "act", act)
    monkeypatch.setattr(engine, "open_study", open_study)
    session = studies.session
    for name in ("wine", "iris"):  # iris is read although the act is under way
        with qtbot.waitSignal(session.study_changed):
            studies.open(Path(f"{name}.hpostudy"))
        if name == "wine":
            session.live.act((Retract(0),))
    job = studies.open(Path("wine.hpostudy"))
    assert job is not None
    assert not job.join(0.1)
    with qtbot.waitSignal(session.study_changed):
        may_end.set()
    assert events == ["read wine", "read iris", "write wine", "read wine"]


def test_opening_a_file_that_waits_for_an_act_can_be_given_up(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()

    def act(path: Path, acts: Sequence[Act]) -> Acted:
        assert may_end.wait(10)
        return Acted()

    monkeypatch.setattr(engine, "act", act)
    session = studies.session
    with qtbot.waitSignal(session.study_changed):
        studies.open(Path("wine.hpostudy"))
    session.live.act((Retract(0),))
    job = studies.open(Path("wine.hpostudy"))
    assert job is not None
    with qtbot.waitSignal(job.cancelled):
        session.opening.cancel()
    may_end.set()
    qtbot.waitUntil(lambda: not session.live.acts.is_busy)


def test_trials_queued_while_the_run_is_ending_go_to_their_own_study(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[Path, Sequence[Wanted]]] = []

    def queue(path: Path, wanted: Sequence[Wanted]) -> Queued:
        done.append((path, wanted))
        return Queued()

    monkeypatch.setattr(engine, "queue", queue)
    show(qtbot, studies, "wine")
    run(qtbot, studies)
    path = studies.session.path
    engine.runners["wine"].feed(StateChanged("finished"))
    qtbot.waitUntil(lambda: studies.session.state == "finished")
    studies.session.live.queue((Again(0),))
    show(qtbot, studies, "iris")
    engine.runners["wine"].feed(Finished("The budget is used.", True), None)
    qtbot.waitUntil(lambda: done == [(path, (Again(0),))])


def test_a_study_behind_the_window_that_cannot_be_saved_is_told_once(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    wine = show(qtbot, studies, "wine")
    run(qtbot, studies)
    show(qtbot, studies, "iris")
    told: list[Notice] = []
    studies.session.notice.connect(told.append)
    full = StorageError("wine.hpostudy", "cannot be written: the disk is full")
    engine.runners["wine"].feed(Stuck(full, 1))
    qtbot.waitUntil(lambda: held(studies, wine).stuck == Stuck(full, 1))
    engine.runners["wine"].feed(Stuck(full, 2))
    qtbot.waitUntil(lambda: held(studies, wine).stuck == Stuck(full, 2))
    (notice,) = told
    assert notice.head == "wine: The study cannot be saved"
    assert "the disk is full" in notice.text


def test_an_act_that_waits_for_the_end_of_a_run_is_written_when_the_window_closes(
    qtbot: QtBot, studies: OpenStudies, engine: ManyRunners
) -> None:
    """The study is behind another one by then."""
    done: list[Act] = []
    engine.act = lambda path, acts: (done.extend(acts), Acted())[1]  # type: ignore[method-assign]
    wine = show(qtbot, studies, "wine")
    run(qtbot, studies)
    engine.runners["wine"].feed(StateChanged("finished"), Finished("Done.", True))
    qtbot.waitUntil(lambda: studies.session.state == "finished")
    studies.session.live.act([Retract(0)])
    show(qtbot, studies, "iris")
    assert held(studies, wine).has_runner
    assert done == []
    assert studies.session.close()
    assert done == [Retract(0)]
