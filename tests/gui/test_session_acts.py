"""Acts, queueing and the budget through the session: with a run, without one, and in trouble."""

from __future__ import annotations

import threading
import time

import pytest
from msgspec import structs

from hpo_gui.core.acting import do_acts
from hpo_gui.core.acts import Annotate, Retract
from hpo_gui.core.errors import ReadOnlyError
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.trial import TrialState
from hpo_gui.core.wanted import Again, Typed
from hpo_gui.gui import jobs
from hpo_gui.gui.arrivals import MOST_AT_ONCE
from hpo_gui.gui.window.run_bar import more_trials
from hpo_gui.study.events import Finished, StateChanged, TrialsActed
from tests.support.window import SPACE, make_spec, make_trial


@pytest.fixture
def opened(session, qtbot, tmp_path):
    """A session that shows a study with two trials and a file."""
    with qtbot.waitSignal(session.study_changed):
        session.opening.open_study(tmp_path / "old.hpostudy")
    return session


@pytest.fixture
def running(opened, engine, qtbot):
    """The same while it runs."""
    opened.run()
    engine.runner.feed(StateChanged("running"))
    qtbot.waitUntil(lambda: opened.state == "running")
    return opened


def end(session, engine, qtbot):
    with qtbot.waitSignal(session.stopped):
        engine.runner.feed(StateChanged("finished"), Finished("Done.", True), None)


def test_without_a_run_acts_are_done_in_a_job_and_shown(opened, qtbot):
    with qtbot.waitSignal(opened.acted) as told:
        opened.live.act([Retract(0, "wrong data"), Retract(7)])
    acted = told.args[0]
    assert [one.act.number for one in acted.done] == [0]
    assert len(acted.refused) == 1
    assert opened.history.trials[0].state is TrialState.RETRACTED
    assert opened.history.complete.tolist() == [1]


def test_a_retracted_trial_makes_room_in_the_budget_of_a_study_that_was_done(
    running, engine, qtbot
):
    running.edit(structs.replace(running.spec, budget=BudgetSpec(trials=2)), "Fewer")
    end(running, engine, qtbot)
    assert running.is_done
    assert (running.finished, more_trials(running)) == (2, 2)
    with qtbot.waitSignal(running.acted):
        running.live.act([Retract(1, "wrong data")])
    assert not running.is_done
    assert (running.finished, more_trials(running)) == (1, 0)


def test_acts_follow_each_other_and_a_run_waits_for_them(opened, engine, qtbot):
    gate = threading.Event()
    engine.wait = gate.wait
    opened.live.act([Retract(0)])
    opened.live.act([Retract(1)])
    opened.run()
    assert engine.resumed == []
    with qtbot.waitSignals([opened.acted, opened.acted]):
        gate.set()
    qtbot.waitUntil(lambda: len(engine.resumed) == 1)
    assert opened.is_active


def test_closing_the_window_loses_no_act_that_waits(opened, engine):
    gate, done = threading.Event(), []
    engine.wait = lambda: gate.wait(5)
    act = engine.act
    engine.act = lambda path, acts: (done.extend(acts), act(path, acts))[1]
    opened.live.act([Retract(0)])
    opened.live.act([Retract(1)])
    gate.set()
    assert opened.close()
    assert done == [Retract(0), Retract(1)]


def test_an_act_that_waits_begins_only_when_the_one_before_is_written(opened, engine, monkeypatch):
    """However long that takes: a study file has one writer."""
    monkeypatch.setattr(jobs, "JOIN_SECONDS", 0.01)
    spans, act = [], engine.act

    def slow(path, acts):
        began = time.monotonic()
        time.sleep(0.3)
        told = act(path, acts)
        spans.append((began, time.monotonic()))
        return told

    engine.act = slow
    opened.live.act([Retract(0)])
    opened.live.act([Retract(1)])
    assert opened.close()
    (_, first_over), (second_began, _) = spans
    assert first_over <= second_began


def test_closing_the_window_loses_no_act_that_waits_for_the_end_of_a_run(running, engine, qtbot):
    done, act = [], engine.act
    engine.act = lambda path, acts: (done.extend(acts), act(path, acts))[1]
    engine.runner.feed(StateChanged("finished"), Finished("Done.", True))
    qtbot.waitUntil(lambda: running.state == "finished")
    running.live.act([Retract(0)])
    running.live.act([Retract(1)])
    assert done == []
    assert running.close()
    assert done == [Retract(0), Retract(1)]


def test_during_a_run_the_runner_does_them_and_no_trial_finishes_again(running, engine, qtbot):
    finished = []
    running.trial_finished.connect(finished.append)
    acts = [Retract(1, "wrong data")]
    running.live.act(acts)
    assert engine.runner.calls == [("act", tuple(acts))]
    acted = do_acts(acts, lambda number: running.history.trials[number], make_spec().goals)
    with qtbot.waitSignal(running.acted):
        engine.runner.feed(TrialsActed(acted))
    assert running.history.trials[1].state is TrialState.RETRACTED
    assert finished == []


def test_an_act_while_the_run_ends_waits_until_the_file_is_free(running, engine, qtbot):
    engine.runner.feed(StateChanged("finished"), Finished("Done.", True))
    qtbot.waitUntil(lambda: running.state == "finished")
    running.live.act([Retract(0)])
    assert engine.runner.calls == []
    with qtbot.waitSignal(running.acted):
        engine.runner.feed(None)
    assert running.history.trials[0].state is TrialState.RETRACTED


def test_a_study_that_can_only_be_read_says_why(opened, qtbot):
    opened._replace(read_only="Another program writes it.")
    for action in (
        lambda: opened.live.act([Retract(0)]),
        lambda: opened.live.queue([Again(0)]),
        lambda: opened.live.kill_trials([0]),
    ):
        with qtbot.waitSignal(opened.notice) as told:
            action()
        assert told.args[0].text == "Another program writes it."
    assert opened.history.trials[0].state is TrialState.COMPLETE


def test_a_file_that_cannot_be_written_is_told_and_the_next_act_is_tried(opened, engine, qtbot):
    engine.error = ReadOnlyError("old.hpostudy", "can only be read")
    with qtbot.waitSignal(opened.notice) as told:
        opened.live.act([Retract(0)])
    assert told.args[0].head == "That was not possible"
    engine.error = None
    with qtbot.waitSignal(opened.acted):
        opened.live.act([Annotate(0, "odd")])
    assert opened.history.trials[0].note == "odd"


def test_a_study_without_a_file_says_so(study, qtbot):
    with qtbot.waitSignal(study.notice) as told:
        study.live.queue([Again(0)])
    assert told.args[0].head == "The study has no file yet"


def test_queued_trials_are_shown_and_told(opened, qtbot):
    with qtbot.waitSignals([opened.notice, opened.trials_changed]):
        opened.add_trial({"depth": 0.25})
    assert opened.history.trials[2].state is TrialState.WAITING


def test_during_a_run_trials_are_queued_by_the_runner(running, engine):
    running.live.queue([Again(0, fresh=True)])
    running.add_trial({"depth": 0.25})
    assert engine.runner.calls == [
        ("queue", (Again(0, fresh=True),)),
        ("queue", (Typed({"depth": 0.25}),)),
    ]


def test_trials_are_stopped_by_the_runner_or_skipped_in_the_file(running, engine, qtbot):
    running.live.kill_trials([0, 1])
    assert engine.runner.calls == [("kill_trial", 0), ("kill_trial", 1)]
    end(running, engine, qtbot)
    with qtbot.waitSignal(running.trials_changed):
        running.live.kill_trials([1])
    assert running.history.trials[1].state is TrialState.CANCELLED


def test_a_new_budget_reaches_the_run_and_so_does_its_undo(running, engine):
    before = running.spec.budget
    running.set_budget(BudgetSpec(trials=33))
    running.undo.undo()
    assert engine.runner.calls == [
        ("set_budget", BudgetSpec(trials=33)),
        ("set_budget", before),
    ]


def test_a_budget_that_the_run_refuses_is_an_edit_that_waits(running, engine, qtbot):
    before = running.recorded.budget
    engine.runner.budget, engine.runner.keeps_budgets = before, False
    running.set_budget(BudgetSpec(trials=33))
    qtbot.waitUntil(lambda: running.recorded.budget == before)
    assert running.spec.budget == BudgetSpec(trials=33)
    engine.runner.keeps_budgets = True
    running.undo.undo()
    running.set_budget(BudgetSpec(trials=44))
    qtbot.waitUntil(lambda: running._run._budgets_asked == 0)
    assert running.recorded.budget == BudgetSpec(trials=44)


def test_a_budget_that_the_run_never_got_is_not_recorded(running, engine, qtbot):
    before = running.recorded.budget
    engine.runner.set_budget = lambda budget: None  # the run was over a moment before
    running.set_budget(BudgetSpec(trials=33))
    assert running.recorded.budget == BudgetSpec(trials=33)
    end(running, engine, qtbot)
    assert running.recorded.budget == before


def test_very_many_changes_are_taken_a_few_at_a_time(session, qtbot):
    count = MOST_AT_ONCE + 1000
    trials = [structs.replace(make_trial(0), number=number) for number in range(count)]
    session.show_history(make_spec(), SPACE, trials)
    seen = []
    session.trials_changed.connect(seen.append)
    with qtbot.waitSignals([session.acted, session.history_reset]):
        session.live.act([Retract(number) for number in range(count)])
    assert seen == []
    assert len(session.history.complete) == 0


def test_a_change_behind_very_many_comes_after_them(running, engine, qtbot):
    many = [make_trial(number) for number in range(MOST_AT_ONCE + 10)]
    running.take_trials(many)
    last = make_trial(MOST_AT_ONCE + 10, 0.75)
    with qtbot.waitSignal(running.history_reset):
        running.take_trials([last, structs.replace(many[0], note="odd")])
    assert running.history.trials[-1] == last
    assert running.history.trials[0].note == "odd"
