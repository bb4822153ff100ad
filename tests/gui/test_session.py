from __future__ import annotations

import threading
from pathlib import Path

import pytest
from msgspec import structs

from hpo_gui.core.errors import DataError, SpecError
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.trial import TrialState
from hpo_gui.gui.engine import Problem
from hpo_gui.gui.session import Session
from hpo_gui.gui.study_check import QUICK_SECONDS
from hpo_gui.gui.worker_count import workers_of
from hpo_gui.study.events import Finished, Message, Progress, StateChanged, TrialChanged
from tests.support.window import RUNNING, SPACE, make_spec, make_trial


def run_until(qtbot, session, state):
    qtbot.waitUntil(lambda: session.state == state)


def end(qtbot, session, engine):
    """Let the run of a session finish."""
    with qtbot.waitSignal(session.stopped):
        engine.runner.feed(StateChanged("finished"), Finished("Done.", True), None)


# --- opening ------------------------------------------------------------------------------------


def test_a_new_session_is_empty(session):
    assert session.is_empty
    assert session.state == "idle"
    assert len(session.history) == 0
    assert session.problems == ()


def test_a_table_is_opened_in_the_background_and_everything_is_filled_in(qtbot, session, tmp_path):
    with qtbot.waitSignals([session.study_changed, session.spec_changed, session.history_reset]):
        session.opening.open_data(tmp_path / "wine.csv")
        assert session.opening.title
    assert session.spec.data.source == "wine.csv"
    assert session.base == tmp_path
    assert session.space == SPACE
    qtbot.waitUntil(lambda: not session.opening.title)


def test_a_table_that_cannot_be_read_is_told_and_what_was_shown_stays(qtbot, study, engine):
    engine.error = DataError("broken.csv", "must be text")
    with qtbot.waitSignal(study.notice) as told:
        study.opening.open_data("broken.csv")
    assert told.args[0].level == "error"
    assert "must be text" in told.args[0].text
    assert "DataError" in told.args[0].details
    assert study.spec.name == "wine"


def test_opening_can_be_cancelled(qtbot, session, engine):
    gate = threading.Event()
    engine.wait = gate.wait
    job = session.opening.open_data("wine.csv")
    with qtbot.waitSignal(job.cancelled):
        session.opening.cancel()
        assert not session.opening.title
        gate.set()
    assert session.is_empty


def test_the_last_of_two_files_opened_is_the_one_shown(qtbot, session, engine):
    gate = threading.Event()
    engine.wait = gate.wait
    session.opening.open_data("first.csv")
    job = session.opening.open_data("second.csv")
    with qtbot.waitSignal(job.ended):
        gate.set()
    qtbot.waitUntil(lambda: not session.jobs.running)
    assert session.spec.data.source == "second.csv"


def test_files_are_opened_by_their_ending(qtbot, session, tmp_path):
    spec = tmp_path / "wine.toml"
    spec.write_text('version = 1\nname = "written"\n[data]\nsource = "wine.csv"\n')
    with qtbot.waitSignal(session.study_changed):
        session.opening.open_any(spec)
    assert session.spec.name == "written"
    with qtbot.waitSignal(session.study_changed):
        session.opening.open_any(tmp_path / "old.hpostudy")
    assert session.path == tmp_path / "old.hpostudy"
    assert len(session.history) == 2
    assert session.history.best.number == 1
    assert session.is_done


def test_a_specification_that_breaks_a_rule_is_told(qtbot, session, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("seed = -1\n")
    with qtbot.waitSignal(session.notice) as told:
        session.opening.open_any(path)
    assert "seed" in told.args[0].text


def test_a_table_that_is_gone_is_a_problem_of_the_data_step(qtbot, session, tmp_path):
    path = tmp_path / "wine.toml"
    path.write_text('version = 1\n[data]\nsource = "missing.csv"\n')
    with qtbot.waitSignal(session.study_changed):
        session.opening.open_any(path)
    (problem,) = session.problems
    assert (problem.step, problem.field) == ("data", "source")


def test_a_history_can_be_shown_without_an_engine(qtbot):
    session = Session()
    trials = [make_trial(number, number / 10) for number in range(3)]
    session.show_history(make_spec(), SPACE, trials)
    assert session.history.best.number == 2
    assert session.goal.metric == "accuracy"
    session.edit(structs.replace(session.spec, name="renamed"), "Rename")
    assert session.spec.name == "renamed"


# --- editing ------------------------------------------------------------------------------------


def test_an_edit_is_checked_at_once_when_checks_are_quick(study, engine, qtbot):
    error = SpecError("seed", "must be lucky")
    engine.problems = (Problem("strategy", "seed", error),)
    with qtbot.waitSignals([study.spec_changed, study.problems_changed]):
        study.edit(structs.replace(study.spec, seed=13), "Seed")
    assert study.problems[0].error is error
    assert not study.is_checking


def test_an_edit_is_checked_in_the_background_when_checks_are_slow(study, engine, qtbot):
    study._check.seconds = QUICK_SECONDS * 10
    engine.problems = (Problem("strategy", "seed", SpecError("seed", "must be lucky")),)
    with qtbot.waitSignal(study.problems_changed):
        study.edit(structs.replace(study.spec, seed=13), "Seed")
        assert study.spec.seed == 13
        assert study.is_checking
        assert study.problems == ()
    assert study.problems


def test_edits_during_a_check_are_checked_too(study, engine, qtbot):
    study._check.seconds = QUICK_SECONDS * 10
    for seed in (1, 2, 3):
        study.edit(structs.replace(study.spec, seed=seed), f"Seed {seed}")
    qtbot.waitUntil(lambda: not study.is_checking)
    assert engine.resolved[-1].seed == 3
    assert study.spec.seed == 3


def test_a_run_waits_for_the_check_and_begins_with_what_was_checked(study, engine, qtbot):
    study._check.seconds = QUICK_SECONDS * 10
    study.edit(structs.replace(study.spec, seed=13), "Seed")
    study.run()
    assert not study.is_active
    qtbot.waitUntil(lambda: study.has_runner)
    assert not study.is_checking
    with qtbot.waitSignal(study.stopped):
        study.stop_now()


def test_a_run_that_was_asked_for_is_forgotten_where_the_check_finds_a_problem(
    study, engine, qtbot
):
    study._check.seconds = QUICK_SECONDS * 10
    engine.problems = (Problem("strategy", "seed", SpecError("seed", "must be lucky")),)
    study.edit(structs.replace(study.spec, seed=13), "Seed")
    study.run()
    qtbot.waitUntil(lambda: not study.is_checking)
    assert study.problems
    engine.problems = ()
    study.edit(structs.replace(study.spec, seed=14), "Seed")
    qtbot.waitUntil(lambda: not study.is_checking)
    assert not study.is_active
    assert engine.created == []


@pytest.mark.parametrize("act", ["new_study", "stop_now", "stop_after_current"])
def test_a_run_that_was_asked_for_is_forgotten_with_its_study_or_by_stop(
    study, engine, qtbot, act
):
    study._check.seconds = QUICK_SECONDS * 10
    study.edit(structs.replace(study.spec, seed=13), "Seed")
    study.run()
    getattr(study, act)()
    study.edit(structs.replace(make_spec(), seed=14), "Seed")
    qtbot.waitUntil(lambda: not study.is_checking)
    assert not study.is_active
    assert engine.created == []


def test_a_run_that_waits_begins_where_a_later_edit_is_checked_at_once(study, engine, qtbot):
    study._check.seconds = QUICK_SECONDS * 10
    study.edit(structs.replace(study.spec, seed=13), "Seed")
    study.run()
    assert not study.is_active
    study._check.seconds = 0.0
    study.edit(structs.replace(study.spec, seed=14), "Seed again")
    qtbot.waitUntil(lambda: study.has_runner)
    with qtbot.waitSignal(study.stopped):
        study.stop_now()


def test_edits_are_undone(study):
    study.edit(structs.replace(study.spec, seed=13), "Seed")
    study.undo.undo()
    assert study.spec.seed == 0
    assert study.undo.redoText() == "Seed"


def test_another_study_cannot_be_undone_into_the_last_one(study, qtbot):
    study.edit(structs.replace(study.spec, seed=13), "Seed")
    with qtbot.waitSignal(study.study_changed):
        study.opening.open_example("iris")
    assert not study.undo.canUndo()


def test_a_new_space_gives_a_new_history_before_the_first_run(study, engine, monkeypatch, qtbot):
    wider = Space([Float("depth", 0.0, 1.0), Float("width", 0.0, 1.0)])
    monkeypatch.setattr("tests.support.window.SPACE", wider)
    with qtbot.waitSignal(study.history_reset):
        study.edit(structs.replace(study.spec, seed=13), "Seed")
    assert study.space == wider
    assert study.builder.space == wider


# --- running ------------------------------------------------------------------------------------


def test_a_run_makes_a_study_file_and_reports_trials_in_batches(study, engine, qtbot):
    with qtbot.waitSignal(study.trials_changed) as changed:
        study.run()
        assert study.state == "starting"
        engine.runner.feed(*RUNNING)
    assert changed.args[0] == [0, 1]
    assert study.state == "running"
    assert study.history.trials[1].state is TrialState.RUNNING
    assert study.progress.finished == 1
    (path,) = engine.created
    assert study.path == path
    assert path.name == "wine-1.hpostudy"
    end(qtbot, study, engine)
    assert study.state == "finished"
    assert study.is_done


def test_trials_that_wait_before_the_run_are_there_from_the_start(study, engine, qtbot):
    waiting = make_trial(0, state=TrialState.WAITING)
    engine.runner.trials = (waiting,)
    with qtbot.waitSignal(study.history_reset):
        study.run()
    assert study.history.trials == (waiting,)
    engine.runner.feed(TrialChanged(make_trial(1)), TrialChanged(make_trial(0)))
    end(qtbot, study, engine)
    assert [trial.state for trial in study.history.trials] == ["complete", "complete"]


def test_each_finished_trial_is_signalled(study, engine, qtbot):
    finished = []
    study.trial_finished.connect(lambda trial: finished.append(trial.number))
    study.run()
    engine.runner.feed(*(TrialChanged(make_trial(number)) for number in range(5)))
    end(qtbot, study, engine)
    assert finished == [0, 1, 2, 3, 4]
    assert len(study.history) == 5


def test_many_events_come_in_few_batches(study, engine, qtbot):
    batches = []
    study.trials_changed.connect(batches.append)
    study.run()
    engine.runner.feed(*(TrialChanged(make_trial(number)) for number in range(500)))
    end(qtbot, study, engine)
    assert sum(len(batch) for batch in batches) == 500
    assert len(batches) < 50


def test_the_controls_reach_the_runner(study, engine, qtbot):
    study.run()
    engine.runner.feed(*RUNNING)
    run_until(qtbot, study, "running")
    study.pause()
    run_until(qtbot, study, "paused")
    assert study.is_active
    study.run()
    run_until(qtbot, study, "running")
    study.live.kill_trials([1])
    study.add_trial({"depth": 0.25})
    study.set_workers(3)
    with qtbot.waitSignal(study.stopped):
        study.stop_after_current()
    names = [call[0] for call in engine.runner.calls]
    assert names == [
        "pause",
        "resume",
        "kill_trial",
        "queue",
        "set_workers",
        "stop_after_current",
    ]
    assert study.spec.compute.workers == 3
    assert not study.is_done


def workers(engine):
    return [call[1] for call in engine.runner.calls if call[0] == "set_workers"]


def test_the_number_of_workers_reaches_the_run_by_whatever_edit(study, engine, qtbot):
    study.run()
    qtbot.waitUntil(lambda: study.has_runner)
    compute = structs.replace(study.spec.compute, workers=5)
    study.edit(structs.replace(study.spec, compute=compute), "Change where it runs")
    study.set_workers(3)
    assert workers(engine) == [5, 3]
    study.undo.undo()
    study.undo.undo()
    assert workers(engine) == [5, 3, 5, workers_of(study.spec)]
    study.edit(structs.replace(study.spec, seed=9), "Seed")
    assert len(workers(engine)) == 4
    with qtbot.waitSignal(study.stopped):
        study.stop_now()


def test_workers_set_while_the_study_starts_reach_its_run(study, engine, qtbot):
    study.run()
    assert study.state == "starting"
    study.set_workers(7)
    qtbot.waitUntil(lambda: study.has_runner)
    assert workers(engine) == [7]
    with qtbot.waitSignal(study.stopped):
        study.stop_now()


def test_a_stop_before_the_start_is_kept_until_then(study, engine, qtbot):
    gate = threading.Event()
    engine.wait = gate.wait
    study.run()
    study.stop_now()
    with qtbot.waitSignal(study.stopped):
        gate.set()
    assert engine.runner.calls == [("stop_now",)]


def test_a_runner_that_nobody_wants_any_more_is_ended(study, engine, qtbot):
    gate = threading.Event()
    engine.wait = gate.wait
    study.run()
    study.jobs.cancel_all()
    with qtbot.waitSignal(study.stopped):
        gate.set()
    assert study.state == "idle"
    assert engine.runner.calls == [("leave", True)]


def test_a_study_that_cannot_start_says_why_and_stays_editable(study, engine, qtbot):
    engine.error = SpecError("space", "must have parameters")
    with qtbot.waitSignals([study.notice, study.stopped]):
        study.run()
    assert study.state == "idle"
    assert study.path is None


def test_an_error_in_the_run_ends_it_with_a_notice(study, engine, qtbot):
    told = []
    study.notice.connect(told.append)
    study.run()
    engine.runner.feed(*RUNNING, ZeroDivisionError("in the strategy"))
    with qtbot.waitSignal(study.stopped):
        pass
    assert study.state == "idle"
    assert "in the strategy" in told[0].text
    assert "ZeroDivisionError" in told[0].details
    assert len(study.history) == 2


def test_messages_of_the_runner_are_told(study, engine, qtbot):
    study.run()
    with qtbot.waitSignal(study.notice) as told:
        engine.runner.feed(Message("warning", "Trial 3 failed", "memory limit", "log", 3))
    notice = told.args[0]
    assert (notice.head, notice.trial, notice.details) == ("Trial 3 failed", 3, "log")
    end(qtbot, study, engine)


def test_a_study_with_a_file_is_resumed(study, engine, qtbot, tmp_path):
    with qtbot.waitSignal(study.study_changed):
        study.opening.open_study(tmp_path / "old.hpostudy")
    study.run()
    run_trial = make_trial(2, 0.95)
    engine.runner.feed(TrialChanged(run_trial))
    end(qtbot, study, engine)
    assert engine.resumed == [tmp_path / "old.hpostudy"]
    assert study.history.best.number == 2


def test_a_trial_added_before_the_run_goes_into_the_specification(study):
    study.add_trial({"depth": 0.25})
    assert study.spec.start.configurations == ({"depth": 0.25},)


def test_closing_ends_a_run_and_waits_for_it(study, engine, qtbot):
    study.run()
    engine.runner.feed(*RUNNING)
    run_until(qtbot, study, "running")
    assert study.close()
    assert ("leave", True) in engine.runner.calls
    assert study.close()


# --- looking ------------------------------------------------------------------------------------


def test_selection_and_filter_are_shared(study, qtbot):
    with qtbot.waitSignal(study.looking.selection_changed) as selected:
        study.looking.select([3, 1, 3])
    assert selected.args[0] == (3, 1)
    with qtbot.assertNotEmitted(study.looking.selection_changed):
        study.looking.select([3, 1])
    with qtbot.waitSignal(study.looking.filter_changed):
        study.looking.set_filter("score > 0.5")
    assert study.looking.filter == "score > 0.5"


def test_simple_and_all_options_are_shared(study, qtbot):
    with qtbot.waitSignal(study.looking.options_changed):
        study.looking.set_options("all")
    assert study.looking.options == "all"


def test_results_are_exported_in_the_background(study, tmp_path, qtbot):
    job = study.study_jobs.export({"trials_csv": tmp_path / "t.csv"})
    with qtbot.waitSignal(job.finished) as done:
        pass
    assert done.args[0] == (tmp_path / "t.csv",)


def test_a_copy_needs_a_file(study, qtbot, tmp_path):
    assert study.study_jobs.save_copy(tmp_path / "copy.hpostudy") is None
    original = tmp_path / "old.hpostudy"
    original.write_text("a study")
    with qtbot.waitSignal(study.study_changed):
        study.opening.open_study(original)
    job = study.study_jobs.save_copy(tmp_path / "copy.hpostudy")
    with qtbot.waitSignal(job.finished):
        pass
    assert (tmp_path / "copy.hpostudy").read_text() == "a study"


def test_signals_survive_twenty_thousand_emits(study):
    count = 0

    def receive(_: object) -> None:
        nonlocal count
        count += 1

    study.progress_changed.connect(receive)
    for number in range(20_000):
        study.progress_changed.emit(number)
    assert count == 20_000


@pytest.mark.parametrize("spec", [StudySpec(), make_spec()])
def test_a_progress_without_an_end_is_fine(study, spec):
    study._run.progress = Progress(3, None, None, 1.0, None, None, 1, 2)
    assert study.progress.total is None
    assert isinstance(study.base, Path)
