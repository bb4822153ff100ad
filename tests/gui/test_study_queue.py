"""The queue: one study after another, what happens when one fails, and that nothing is lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from pytestqt.qtbot import QtBot

from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import BudgetSpec, StudySpec
from hpo_gui.gui.engine import View
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.open_studies import OpenStudies
from hpo_gui.gui.queue_runner import QueueRunner
from hpo_gui.gui.session import Session
from hpo_gui.gui.study_queue import StudyQueue, entry_of, readable
from hpo_gui.study.events import Finished, StateChanged
from tests.support.many_runners import ManyRunners
from tests.support.window import make_spec


@pytest.fixture
def engine() -> ManyRunners:
    return ManyRunners()


@pytest.fixture
def runner(engine: ManyRunners, qtbot: QtBot, tmp_path: Path) -> Iterator[QueueRunner]:
    session = Session(engine)
    queue = StudyQueue(tmp_path / "settings")
    queue.load()
    made = QueueRunner(OpenStudies(session), queue)
    made.told = []  # type: ignore[attr-defined]
    made.notice.connect(made.told.append)  # type: ignore[attr-defined]
    yield made
    queue.close()
    engine.end_all()
    assert session.close()


def told(runner: QueueRunner) -> list[str]:
    notices: list[Notice] = runner.told  # type: ignore[attr-defined]
    return [notice.head for notice in notices]


def show(qtbot: QtBot, runner: QueueRunner, name: str) -> None:
    session = runner.session
    with qtbot.waitSignal(session.opening.open_draft(make_spec(name), session.base).ended):
        pass


def queue_up(qtbot: QtBot, runner: QueueRunner, *names: str) -> None:
    for name in names:
        show(qtbot, runner, name)
        runner.add_shown()


def states(runner: QueueRunner) -> dict[str, str]:
    return {entry.name: entry.state for entry in runner.queue.entries}


def until_runs(qtbot: QtBot, engine: ManyRunners, runner: QueueRunner, name: str) -> None:
    def runs() -> bool:
        working = [study for _, study in runner.studies.active if study.state == "running"]
        return [study.spec.name for study in working] == [name]

    qtbot.waitUntil(runs)


def test_studies_run_one_after_another_and_leave_the_queue(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners
) -> None:
    queue_up(qtbot, runner, "one", "two", "three")
    assert engine.runners == {}
    runner.go()
    for name in ("one", "two", "three"):
        until_runs(qtbot, engine, runner, name)
        assert states(runner)[name] == "running"
        engine.finish(name)
    qtbot.waitUntil(lambda: not runner.queue.goes)
    assert runner.queue.entries == ()
    assert told(runner)[-1].startswith("The queue is through: 3 done")
    assert [path.name for path in engine.created] == [
        "one-1.hpostudy",
        "two-1.hpostudy",
        "three-1.hpostudy",
    ]


def test_what_cannot_start_is_marked_told_and_passed_over(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners, tmp_path: Path
) -> None:
    for name in ("faulty", "broken", "good"):
        spec = make_spec(name)
        runner.queue.add(entry_of(name, base=tmp_path, spec=spec))
    runner.add_file(tmp_path / "missing.hpostudy")
    runner.add_file(tmp_path / "locked.hpostudy")
    runner.add_file(tmp_path / "nothing.toml")
    runner.go()
    until_runs(qtbot, engine, runner, "good")
    engine.finish("good")
    qtbot.waitUntil(lambda: not runner.queue.goes)
    problems = {entry.name: entry.problem for entry in runner.queue.entries}
    assert list(problems) == ["faulty", "broken", "missing", "locked", "nothing"]
    assert "must have a target" in problems["faulty"]
    assert "must exist" in problems["broken"]
    assert "must exist" in problems["missing"]
    assert problems["locked"] == "Another window writes it."
    assert "nothing.toml" in problems["nothing"]
    assert set(states(runner).values()) == {"failed"}
    assert "“faulty” did not start" in told(runner)
    assert told(runner)[-1].startswith("The queue is through: 1 done")
    assert not runner.studies.active


def test_a_study_that_is_being_checked_begins_when_that_is_over(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners
) -> None:
    queue_up(qtbot, runner, "one")
    session = runner.session
    session._check.seconds = 1.0
    session.edit(structs.replace(session.spec, seed=5), "Seed")
    runner.go()
    with qtbot.waitSignal(session.checked):
        assert states(runner) == {"one": "waiting"}
        runner._step()
        assert states(runner) == {"one": "waiting"}
    until_runs(qtbot, engine, runner, "one")


def test_a_study_put_aside_before_its_check_is_checked_before_it_begins(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_up(qtbot, runner, "one")
    session, resolve = runner.session, engine.resolve
    session._check.seconds = 1.0
    session.edit(structs.replace(session.spec, seed=5), "Seed")
    show(qtbot, runner, "two")

    def filled(spec: StudySpec, table: object) -> View:
        view = resolve(spec, table)
        return replace(view, spec=structs.replace(spec, duplicates="reuse"))

    monkeypatch.setattr(engine, "resolve", filled)
    runner.go()
    until_runs(qtbot, engine, runner, "one")
    (held,) = runner.studies.held.values()
    assert held.recorded is not None
    assert (held.recorded.seed, held.recorded.duplicates) == (5, "reuse")


@pytest.mark.parametrize("first", ["the queue", "the user"])
def test_an_entry_clicked_while_the_queue_opens_it_is_one_study(
    qtbot: QtBot,
    runner: QueueRunner,
    engine: ManyRunners,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    first: str,
) -> None:
    gate, read, seen = threading.Event(), engine.open_study, list[Path]()

    def open_study(path: Path) -> Any:
        seen.append(path)
        if (len(seen) == 1) == (first == "the user"):  # the queue begins to read before
            assert gate.wait(10)
        return read(path)

    monkeypatch.setattr(engine, "open_study", open_study)
    path = tmp_path / "wine.hpostudy"
    runner.add_file(path)
    runner.go()
    runner._step()
    qtbot.waitUntil(lambda: len(seen) == 1)
    runner.show(runner.queue.entries[0].id)
    if first == "the user":
        qtbot.waitUntil(lambda: runner.session.path == path)
    else:
        qtbot.waitUntil(lambda: not runner.is_loading)
    gate.set()
    qtbot.waitUntil(lambda: not runner.is_loading and not runner.session.opening.title)
    qtbot.waitUntil(lambda: runner.session.state == "running")
    assert (runner.session.path, runner.studies.held) == (path, {})
    assert runner.links == {runner.studies.shown: runner.queue.entries[0].id}
    assert states(runner) == {"wine": "running"}


@pytest.mark.parametrize("first", ["the queue", "the user"])
def test_a_study_set_up_for_the_queue_and_clicked_while_it_opens_is_one_study(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners, tmp_path: Path, first: str
) -> None:
    gate, seen = threading.Event(), list[int]()

    def wait() -> None:
        seen.append(len(seen))
        if (len(seen) == 1) == (first == "the user"):
            assert gate.wait(10)

    engine.wait = wait
    runner.queue.add(entry_of("wine", base=tmp_path, spec=make_spec("wine")))
    runner.go()
    runner._step()
    qtbot.waitUntil(lambda: len(seen) == 1)
    runner.show(runner.queue.entries[0].id)
    if first == "the user":
        qtbot.waitUntil(lambda: not runner.session.is_empty)
    else:
        qtbot.waitUntil(lambda: not runner.is_loading)
    gate.set()
    qtbot.waitUntil(lambda: not runner.is_loading and not runner.session.opening.title)
    qtbot.waitUntil(lambda: runner.session.state == "running")
    assert runner.studies.held == {}
    assert list(runner.links) == [runner.studies.shown]
    assert len(engine.created) == 1


def test_a_queued_file_that_is_opened_by_its_name_gets_the_edits_that_wait_in_the_queue(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners, tmp_path: Path
) -> None:
    path, spec = tmp_path / "wine.hpostudy", make_spec("wine", trials=40)
    runner.queue.add(entry_of("wine", path=path, spec=spec))
    with qtbot.waitSignal(runner.session.study_changed):
        runner.studies.open(path)
    assert runner.session.spec.budget.trials == 2
    runner.go()
    until_runs(qtbot, engine, runner, "wine")
    assert runner.session.is_active
    assert runner.session.spec.budget.trials == 40


def test_a_study_that_the_user_stops_makes_the_queue_wait(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners
) -> None:
    queue_up(qtbot, runner, "one", "two")
    runner.go()
    until_runs(qtbot, engine, runner, "one")
    ((_, study),) = runner.studies.active
    study.control("stop_now")  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: not runner.queue.goes)
    assert states(runner) == {"one": "waiting", "two": "waiting"}
    assert told(runner) == ["The queue waits: “one” was stopped"]
    runner.go()
    until_runs(qtbot, engine, runner, "one")
    assert [path.name for path in engine.resumed] == ["one-1.hpostudy"]


def test_a_study_that_fails_in_its_run_is_marked_and_the_next_begins(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners
) -> None:
    queue_up(qtbot, runner, "one", "two", "three")
    runner.go()
    until_runs(qtbot, engine, runner, "one")
    engine.runners["one"].feed(ValueError("the disk is full"))
    until_runs(qtbot, engine, runner, "two")
    hopeless = Finished("The first 20 trials all failed.", False)
    engine.runners["two"].feed(StateChanged("finished"), hopeless, None)
    until_runs(qtbot, engine, runner, "three")
    problems = [entry.problem for entry in runner.queue.entries]
    assert problems == ["the disk is full", "The first 20 trials all failed.", ""]


def test_the_shown_study_is_run_where_it_is(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners
) -> None:
    queue_up(qtbot, runner, "one")
    runner.go()
    qtbot.waitUntil(lambda: runner.session.state == "running")
    assert runner.studies.held == {}
    engine.finish("one")
    qtbot.waitUntil(lambda: runner.queue.entries == ())


def test_the_next_one_waits_for_a_study_that_was_started_by_hand(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners
) -> None:
    show(qtbot, runner, "mine")
    runner.session.run()
    qtbot.waitUntil(lambda: runner.session.state == "running")
    queue_up(qtbot, runner, "queued")
    runner.go()
    qtbot.wait(50)
    assert list(engine.runners) == ["mine"]
    engine.finish("mine")
    until_runs(qtbot, engine, runner, "queued")


def test_a_paused_study_of_the_queue_keeps_its_turn(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners
) -> None:
    queue_up(qtbot, runner, "one", "two")
    runner.go()
    until_runs(qtbot, engine, runner, "one")
    ((_, study),) = runner.studies.active
    study.control("pause")  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: study.state == "paused")
    qtbot.wait(50)
    assert list(engine.runners) == ["one"]
    study.control("resume")  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: study.state == "running")
    engine.finish("one")
    until_runs(qtbot, engine, runner, "two")


def test_edits_of_a_queued_study_count(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners
) -> None:
    queue_up(qtbot, runner, "one")
    session = runner.session
    session.edit(structs.replace(session.spec, budget=BudgetSpec(trials=77)), "Budget")
    show(qtbot, runner, "other")
    entry = runner.queue.entries[0]
    wanted, problem = readable(entry)
    assert (problem, wanted is not None and wanted.budget.trials) == ("", 77)
    runner.show(entry.id)
    assert session.spec.budget.trials == 77
    runner.go()
    qtbot.waitUntil(lambda: session.state == "running")
    assert session.recorded is not None
    assert session.recorded.budget.trials == 77


def test_the_same_study_is_queued_once(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners, tmp_path: Path
) -> None:
    queue_up(qtbot, runner, "one")
    assert runner.why_not_add() == "The study is in the queue already."
    runner.add_shown()
    assert runner.add_file(tmp_path / "a.hpostudy")
    assert not runner.add_file(tmp_path / "a.hpostudy", "a")
    assert told(runner) == ["“a” is in the queue already"]
    assert len(runner.queue.entries) == 2


def test_a_running_study_is_not_queued(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners
) -> None:
    show(qtbot, runner, "one")
    runner.session.run()
    qtbot.waitUntil(lambda: runner.session.state == "running")
    assert runner.why_not_add() == "The study is running."
    path = runner.session.path
    assert path is not None
    assert not runner.add_file(path)
    assert told(runner) == ["“one” is running already"]


def test_a_queued_study_that_is_run_by_hand_leaves_the_queue_when_it_is_done(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners
) -> None:
    queue_up(qtbot, runner, "one")
    runner.session.run()
    qtbot.waitUntil(lambda: states(runner) == {"one": "running"})
    engine.finish("one")
    qtbot.waitUntil(lambda: runner.queue.entries == ())


def test_taking_a_running_study_out_lets_it_go_on(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners
) -> None:
    queue_up(qtbot, runner, "one", "two")
    runner.go()
    until_runs(qtbot, engine, runner, "one")
    runner.remove(runner.queue.entries[0].id)
    assert states(runner) == {"two": "waiting"}
    assert engine.runners["one"].calls == []
    engine.finish("one")
    until_runs(qtbot, engine, runner, "two")


def test_entries_move_and_stay_within_the_queue(runner: QueueRunner, tmp_path: Path) -> None:
    for name in "abc":
        runner.queue.add(entry_of(name, path=tmp_path / name))
    first = runner.queue.entries[0].id
    runner.queue.move(first, 1)
    assert list(states(runner)) == ["b", "a", "c"]
    runner.queue.move(first, 99)
    assert list(states(runner)) == ["b", "c", "a"]
    runner.queue.move(first, -1)
    runner.queue.move("no such entry", 0)
    assert list(states(runner)) == ["a", "b", "c"]


def test_how_long_it_takes_is_known_where_there_is_a_limit_or_a_past(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners, tmp_path: Path
) -> None:
    spec = structs.replace(make_spec("timed"), budget=BudgetSpec(seconds=600))
    session = runner.session
    with qtbot.waitSignal(session.opening.open_draft(spec, tmp_path).ended):
        pass
    runner.add_shown()
    queue_up(qtbot, runner, "unknown")
    assert runner.seconds() == (600.0, 1)
    with qtbot.waitSignal(session.opening.open_study(tmp_path / "old.hpostudy").ended):
        pass
    more = structs.replace(session.spec, budget=BudgetSpec(trials=12))
    session.edit(more, "Budget")
    session.set_workers(2)
    runner.add_shown()
    assert runner.seconds() == (605.0, 1)  # 10 trials of a second on 2 workers


# --- the file ----------------------------------------------------------------------------------


def test_the_queue_outlives_the_program(qtbot: QtBot, tmp_path: Path) -> None:
    first = StudyQueue(tmp_path)
    first.load()
    spec = make_spec("draft", trials=42)
    first.add(entry_of("draft", base=tmp_path, spec=spec))
    first.add(entry_of("file", path=tmp_path / "a.hpostudy"))
    first.change(first.entries[1].id, state="running")
    first.set_going(True)
    first.close()
    second = StudyQueue(tmp_path)
    second.load()
    assert [(e.name, e.state) for e in second.entries] == [
        ("draft", "waiting"),
        ("file", "waiting"),
    ]
    assert second.entries[0].wanted == spec
    assert (second.goes, second.was_going) == (False, True)
    assert json.loads((tmp_path / "queue.json").read_text())["version"] == 1
    second.close()


def test_a_second_window_has_a_queue_of_its_own_and_inherits_from_a_dead_one(
    qtbot: QtBot, tmp_path: Path
) -> None:
    one, two = StudyQueue(tmp_path), StudyQueue(tmp_path)
    one.load()
    one.add(entry_of("of one", path=tmp_path / "1"))
    one.save()
    two.load()
    assert two.entries == ()
    two.add(entry_of("of two", path=tmp_path / "2"))
    two.close()
    one.close()
    three = StudyQueue(tmp_path)
    three.load()
    assert [entry.name for entry in three.entries] == ["of one", "of two"]
    assert sorted(path.name for path in tmp_path.glob("queue*.json")) == ["queue.json"]
    three.close()


@pytest.mark.parametrize(
    "content",
    ["not json", '{"version": 99, "entries": []}', '{"entries": [{"name": 3}]}', "[" * 9],
)
def test_a_queue_file_that_cannot_be_read_is_put_aside_and_told(
    qtbot: QtBot, tmp_path: Path, content: str
) -> None:
    (tmp_path / "queue.json").write_text(content)
    queue = StudyQueue(tmp_path)
    with qtbot.waitSignal(queue.notice) as heard:
        queue.load()
    assert heard.args[0].head == "The queue of the last time cannot be read"
    assert queue.entries == ()
    assert (tmp_path / "queue.json.broken").read_text() == content
    queue.close()


def test_a_specification_that_cannot_be_read_fails_alone(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners, tmp_path: Path
) -> None:
    broken = entry_of("hostile", base=tmp_path, spec=make_spec("x"))
    runner.queue.add(structs.replace(broken, spec={"goals": 3}))
    queue_up(qtbot, runner, "good")
    runner.go()
    until_runs(qtbot, engine, runner, "good")
    assert runner.queue.entries[0].state == "failed"
    runner.show(runner.queue.entries[0].id)
    assert told(runner)[-1] == "“hostile” cannot be opened"


def test_a_queue_that_cannot_be_kept_says_so_once(qtbot: QtBot, tmp_path: Path) -> None:
    queue = StudyQueue(tmp_path)
    queue.load()
    heads: list[str] = []
    queue.notice.connect(lambda notice: heads.append(notice.head))
    queue.path = tmp_path / "queue.json" / "below a file"
    (tmp_path / "queue.json").write_text("{}")
    queue.add(entry_of("a", path=tmp_path / "a"))
    queue.save()
    queue.save()
    assert heads == ["The queue is not kept when the window closes"]
    queue.close()


@pytest.mark.parametrize("stop", [False, True])
def test_going_on_with_an_edit_is_neither_a_stop_nor_a_failure(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners, tmp_path: Path, stop: bool
) -> None:
    session = runner.session
    with qtbot.waitSignal(session.opening.open_study(tmp_path / "old.hpostudy").ended):
        pass
    session.set_budget(BudgetSpec(trials=50))
    runner.add_shown()
    runner.go()
    qtbot.waitUntil(lambda: session.state == "running")
    session.edit(structs.replace(session.spec, goals=(Goal("f1", "maximize"),)), "Goal")
    session.study_edit.apply(stop=stop)
    qtbot.waitUntil(lambda: len(engine.resumed) == 2 and session.state == "running")
    assert runner.queue.goes
    assert list(states(runner).values()) == ["running"]
    assert told(runner) == []
    engine.finish(session.spec.name)
    qtbot.waitUntil(lambda: runner.queue.entries == ())


def test_a_study_that_the_user_leaves_with_a_rescue_copy_has_not_failed(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners
) -> None:
    queue_up(qtbot, runner, "one")
    runner.go()
    qtbot.waitUntil(lambda: runner.session.state == "running")
    runner.session.leave()
    qtbot.waitUntil(lambda: not runner.queue.goes)
    assert states(runner) == {"one": "waiting"}


def test_a_study_whose_code_has_changed_is_passed_over_and_told(
    qtbot: QtBot, runner: QueueRunner, engine: ManyRunners, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_up(qtbot, runner, "changed", "sound")
    runner.studies.show(next(key for key, s in runner.studies.all() if s.spec.name == "changed"))
    monkeypatch.setattr(
        engine, "untrusted", lambda spec, base: ("mine.py",) if spec.name == "changed" else ()
    )
    runner.go()
    until_runs(qtbot, engine, runner, "sound")
    assert states(runner)["changed"] == "failed"
    assert "“changed” did not start" in told(runner)
