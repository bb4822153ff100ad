"""Editing a study that has trials: what the window says, and going on with the edit."""

import pytest
from msgspec import structs
from PySide6.QtWidgets import QPushButton

from hpo_gui.core.errors import StorageError
from hpo_gui.core.goal import Goal
from hpo_gui.gui.summaries import run_problem
from hpo_gui.gui.window.study_messages import edit_words
from hpo_gui.study.events import StateChanged
from tests.gui.test_main_window import end_run, open_window
from tests.support.window import RUNNING


@pytest.fixture
def opened(session, qtbot, tmp_path):
    """A session with a study of two trials that does not run."""
    session.opening.open_study(tmp_path / "old.hpostudy")
    qtbot.waitUntil(lambda: session.path is not None and not session.opening.title)
    return session


@pytest.fixture
def running(opened, engine, qtbot):
    opened.run()
    engine.runner.feed(StateChanged("starting"), *RUNNING)
    qtbot.waitUntil(lambda: opened.state == "running")
    return opened


def change_goal(session):
    goals = (Goal("f1", "maximize"),)
    spec = structs.replace(session.spec, goals=goals, metrics=("accuracy",))
    session.edit(spec, "Goal")


def found(session, qtbot):
    qtbot.waitUntil(lambda: session.study_edit.found is not None)
    return session.study_edit.found


def test_an_edit_of_an_open_study_is_told_in_words(opened, qtbot):
    assert not opened.study_edit.is_pending
    change_goal(opened)
    assert opened.study_edit.is_pending
    words = edit_words(found(opened, qtbot))
    assert words == (
        "goal: accuracy → f1. No trial has a score for f1: earlier ones do not count."
    )
    opened.undo.undo()
    assert not opened.study_edit.is_pending
    assert opened.study_edit.found is None


def test_another_number_of_workers_is_no_edit(opened):
    opened.set_workers(7)
    assert not opened.study_edit.is_pending


def test_applied_without_a_run_the_study_goes_on(opened, engine, qtbot):
    change_goal(opened)
    opened.study_edit.apply()
    qtbot.waitUntil(lambda: engine.resumed == [opened.path])
    qtbot.waitUntil(lambda: not opened.study_edit.is_pending)
    assert opened.recorded.goals[0].metric == "f1"


@pytest.mark.parametrize("stop", [False, True])
def test_applied_during_a_run_it_ends_and_the_next_one_begins(running, engine, qtbot, stop):
    change_goal(running)
    running.study_edit.apply(stop=stop)
    assert running.study_edit.goes_on
    qtbot.waitUntil(lambda: len(engine.resumed) == 2)
    control = "stop_now" if stop else "stop_after_current"
    assert (control,) in engine.runner.calls
    qtbot.waitUntil(lambda: running.recorded.goals[0].metric == "f1")
    assert not running.study_edit.goes_on


def test_while_it_waits_for_running_trials_they_can_be_stopped(running, engine, qtbot):
    engine.runner.stops_by_itself = False
    change_goal(running)
    running.study_edit.apply()
    running.study_edit.apply(stop=True)
    running.study_edit.apply()
    assert engine.runner.calls == [("stop_after_current",), ("stop_now",)]
    engine.runner._end()
    engine.runner.stops_by_itself = True
    engine.runner._end()
    qtbot.waitUntil(lambda: len(engine.resumed) == 2)


@pytest.mark.parametrize("control", ["stop_now", "stop_after_current"])
def test_who_stops_the_study_does_not_want_it_to_go_on(running, engine, qtbot, control):
    engine.runner.stops_by_itself = False
    change_goal(running)
    running.study_edit.apply()
    engine.runner.stops_by_itself = True
    getattr(running, control)()
    assert not running.study_edit.goes_on
    qtbot.waitUntil(lambda: not running.is_active)
    assert len(engine.resumed) == 1
    assert running.study_edit.is_pending


def test_what_the_study_cannot_go_on_with_is_refused_before_it_runs(opened, engine, qtbot):
    opened.edit(structs.replace(opened.spec, seed=77), "Seed")
    assert "seed must stay" in str(found(opened, qtbot).refusals[0])
    assert run_problem(opened) == "Another seed needs a new study."
    opened.study_edit.apply()
    assert engine.resumed == []
    opened.undo.undo()
    assert run_problem(opened) == ""


def test_a_new_study_begins_from_this_one(opened, qtbot):
    path = opened.path
    opened.edit(structs.replace(opened.spec, seed=77), "Seed")
    opened.new_study_from_this()
    qtbot.waitUntil(lambda: opened.path is None)
    assert opened.spec.seed == 77
    assert opened.spec.start.earlier == (str(path),)
    assert not opened.study_edit.is_pending


def test_changes_that_cannot_be_looked_at_are_told(opened, engine, qtbot, monkeypatch):
    def fails(*arguments):
        raise StorageError("the file", "is gone")

    monkeypatch.setattr(engine, "what_changes", fails)
    with qtbot.waitSignal(opened.notice) as told:
        change_goal(opened)
    assert "the file is gone" in f"{told.args[0]}"
    assert opened.study_edit.found is None


def test_results_are_of_what_ran_and_not_of_what_was_edited(opened, engine, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(engine, "test_scores", lambda spec, *_: asked.append(spec) or {})
    opened.edit(structs.replace(opened.spec, seed=77), "Seed")
    with qtbot.waitSignal(opened.study_jobs.open_test(1).finished):
        pass
    assert asked[0].seed == 0


def test_the_bar_leads_to_the_next_run(opened, engine, qtbot):
    window = open_window(opened)
    qtbot.addWidget(window, before_close_func=lambda widget: end_run(widget.session))
    change_goal(opened)
    found(opened, qtbot)
    bar = window.messages.bar("later")
    assert "accuracy → f1" in bar.text.text()
    (link,) = [b for b in bar.findChildren(QPushButton) if b.text() == "Apply and go on"]
    link.click()
    qtbot.waitUntil(lambda: engine.resumed == [opened.path])
    qtbot.waitUntil(lambda: window.messages.keys() == [])
