"""The loop between study and executor, driven by a scripted executor without processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scripted_executor import Scripted

from hpo_gui.core.errors import StorageError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.trial import Failure, Trial
from hpo_gui.pruners.none import NoPruner
from hpo_gui.strategies.grid import Grid
from hpo_gui.strategies.random import Random
from hpo_gui.study.events import (
    BudgetSet,
    Event,
    Finished,
    Message,
    Progress,
    StateChanged,
    TrialChanged,
)
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

SPACE = Space([Float("x", -1.0, 1.0)])
GOALS = (Goal("loss", "minimize"),)


def make(
    executor: Scripted, *, steps: int = 3, strategy: Any = None, pruner: Any = None, **budget: Any
) -> Runner:
    study = Study(SPACE, GOALS, strategy or Random(), seed=1)
    return Runner(
        study,
        executor,
        steps,
        budget=BudgetSpec(**budget),
        pruner=pruner or NoPruner(),
        clock=lambda: executor.now,
    )


def states(runner: Runner) -> list[str]:
    return [str(trial.state) for trial in runner.study.trials]


def finish(runner: Runner) -> tuple[list[Event], Finished]:
    events = list(runner.run())
    assert isinstance(events[-1], Finished)
    return events, events[-1]


def test_the_budget_of_trials_is_kept_exactly() -> None:
    runner = make(Scripted(workers=3), trials=7)
    _, end = finish(runner)
    assert states(runner) == ["complete"] * 7
    assert end.done
    assert "7 trials" in end.reason


def test_scores_are_means_over_the_steps() -> None:
    runner = make(Scripted(), trials=2)
    finish(runner)
    trial = runner.study.trials[0]
    x = trial.params["x"]
    assert trial.fold_scores["loss"] == (x, x + 1, x + 2)
    assert trial.scores["loss"] == pytest.approx(x + 1)


def test_a_grid_ends_when_nothing_is_left() -> None:
    runner = make(Scripted(workers=2), strategy=Grid(points=4))
    _, end = finish(runner)
    assert len(runner.study.trials) == 4
    assert end == Finished("There is nothing left to try.", done=True)


def test_every_change_of_a_trial_is_told_in_order() -> None:
    runner = make(Scripted(), trials=1)
    events, _ = finish(runner)
    told = [str(e.trial.state) for e in events if isinstance(e, TrialChanged)]
    assert told[0] == "waiting"
    assert told[-1] == "complete"
    assert "running" in told
    assert [e.state for e in events if isinstance(e, StateChanged)] == [
        "starting",
        "running",
        "stopping",
        "finished",
    ]
    progress = [e for e in events if isinstance(e, Progress)]
    assert progress[-1].finished == 1
    assert progress[-1].share == 1.0


def test_a_failing_trial_is_data_and_the_study_goes_on() -> None:
    bad = Failure("raised", "ValueError: no", "Traceback …")
    runner = make(Scripted(script=lambda task: bad if task.trial == 1 else None), trials=3)
    events, end = finish(runner)
    assert states(runner) == ["complete", "failed", "complete"]
    assert runner.study.trials[1].failure == bad
    messages = [e for e in events if isinstance(e, Message)]
    assert [m.trial for m in messages] == [1]
    assert end.done


def test_a_study_in_which_everything_fails_ends_with_the_reason() -> None:
    bad = Failure("raised", "ValueError: broken")
    runner = make(Scripted(script=lambda task: bad), trials=500)
    _, end = finish(runner)
    assert not end.done
    assert "broken" in end.reason
    assert len(runner.study.trials) < 20


def test_the_target_ends_the_study() -> None:
    runner = make(Scripted(), steps=1, target=0.0, trials=200)
    _, end = finish(runner)
    assert "target" in end.reason
    best = runner.study.best
    assert best is not None
    assert best.scores["loss"] <= 0.0
    assert len(runner.study.trials) < 200


def test_no_improvement_ends_the_study() -> None:
    runner = make(Scripted(), steps=1, no_improvement=5, trials=500)
    _, end = finish(runner)
    assert "No better score in the last" in end.reason
    best = runner.study.best
    assert best is not None
    assert runner.study.history.told - (best.told or 0) >= 5


def test_the_time_budget_stops_running_trials_which_wait_for_the_next_run() -> None:
    runner = make(Scripted(), steps=10**6, seconds=30.0)
    _, end = finish(runner)
    assert "time budget" in end.reason
    assert states(runner)[0] == "waiting"
    assert runner.study.trials[0].steps_done > 5


class StopSecondStep:
    """Prunes trial 1 after its second step."""

    def should_stop(self, history: History, trial: Trial) -> str | None:
        return "hopeless" if trial.number == 1 and trial.steps_done == 2 else None


def test_a_pruned_trial_keeps_the_steps_it_did_and_says_why() -> None:
    runner = make(Scripted(), pruner=StopSecondStep(), trials=3)
    _, end = finish(runner)
    assert states(runner) == ["complete", "pruned", "complete"]
    pruned = runner.study.trials[1]
    assert pruned.steps_done == 2
    assert pruned.failure == Failure("pruned", "hopeless")
    assert end.done


def run_until(runner: Runner, action: Callable[[], None], when: Callable[[], bool]) -> list[Event]:
    """Run to the end; call ``action`` once, as soon as ``when`` holds after an event."""
    events, acted = [], False
    for event in runner.run():
        events.append(event)
        if not acted and when():
            acted = True
            action()
    assert acted
    return events


def test_stop_after_current_finishes_what_runs_and_recalls_what_is_queued() -> None:
    executor = Scripted(workers=1)
    runner = make(executor, trials=50)
    events = run_until(
        runner, runner.stop_after_current, lambda: states(runner).count("complete") == 2
    )
    end = events[-1]
    assert isinstance(end, Finished)
    assert not end.done
    assert "running" not in states(runner)
    assert not executor.killed
    assert states(runner).count("complete") in (2, 3)
    assert set(states(runner)) == {"complete", "waiting"}


def test_stop_now_kills_and_the_trial_waits_for_the_next_run() -> None:
    executor = Scripted(workers=2)
    runner = make(executor, steps=100, trials=50)
    run_until(runner, runner.stop_now, lambda: executor.now > 1020)
    assert executor.killed
    assert set(states(runner)) == {"waiting"}
    assert executor.closed >= 1


def test_stopped_and_resumed_is_the_same_as_uninterrupted() -> None:
    whole = make(Scripted(), trials=8)
    finish(whole)
    executor = Scripted()
    part = make(executor, trials=8)
    run_until(part, part.stop_now, lambda: executor.now > 1010)
    study = Study(SPACE, GOALS, Random(), seed=1, trials=part.study.trials)
    rest = Scripted()
    resumed = Runner(study, rest, 3, budget=BudgetSpec(trials=8), pruner=NoPruner())
    finish(resumed)
    assert [t.params for t in study.trials] == [t.params for t in whole.study.trials]
    assert [t.fold_scores for t in study.trials] == [t.fold_scores for t in whole.study.trials]
    assert any(task.first > 0 for task in rest.submitted), "done steps are not repeated"


@pytest.mark.parametrize(
    ("count", "title", "text"),
    [
        (1, "1 interrupted trial", "Trial 0 ran when the study ended; it is continued now."),
        (
            2,
            "2 interrupted trials",
            "Trials 0, 1 ran when the study ended; they are continued now.",
        ),
    ],
)
def test_what_was_interrupted_is_told_when_a_study_goes_on(
    count: int, title: str, text: str
) -> None:
    crashed = Study(SPACE, GOALS, Random(), seed=1)
    crashed.ask(count)
    study = Study(SPACE, GOALS, Random(), seed=1, trials=crashed.trials)
    runner = Runner(study, Scripted(), 3, budget=BudgetSpec(trials=2), pruner=NoPruner())
    told = [event for event in runner.run() if isinstance(event, Message)]
    assert (told[0].head, told[0].text) == (title, text)


def test_killing_one_trial_cancels_it_and_the_study_goes_on() -> None:
    executor = Scripted()
    runner = make(executor, steps=20, trials=3)
    run_until(runner, lambda: runner.kill_trial(0), lambda: executor.now > 1005)
    assert states(runner)[0] == "cancelled"
    assert states(runner).count("complete") == 3


def test_pause_lets_running_trials_finish_and_resume_goes_on() -> None:
    executor = Scripted()
    runner = make(executor, trials=5)
    seen: list[str] = []
    for event in runner.run():
        if isinstance(event, StateChanged):
            seen.append(event.state)
            if event.state == "paused":
                assert not executor.queue
                runner.resume()
        if len(seen) == 2 and states(runner).count("complete") == 1:
            runner.pause()
    assert seen == ["starting", "running", "pausing", "paused", "running", "stopping", "finished"]
    assert states(runner) == ["complete"] * 5


def test_time_in_a_pause_does_not_count() -> None:
    executor = Scripted()
    runner = make(executor, trials=2, steps=1)
    before = 0.0
    for event in runner.run():
        if isinstance(event, StateChanged) and event.state == "running" and not before:
            runner.pause()
        if isinstance(event, StateChanged) and event.state == "paused":
            before = runner.seconds
            executor.now += 1000
            runner.resume()
    assert runner.seconds < before + 100


def test_a_trial_added_while_it_runs_is_evaluated_next_and_a_bad_one_is_named() -> None:
    executor = Scripted()
    runner = make(executor, trials=6)

    def add() -> None:
        runner.add_trial({"x": 0.25})
        runner.add_trial({"x": 99.0})

    events = run_until(runner, add, lambda: states(runner).count("complete") == 1)
    typed = [t for t in runner.study.trials if t.origin.strategy == "manual"]
    assert [(t.params, str(t.state)) for t in typed] == [({"x": 0.25}, "complete")]
    errors = [e for e in events if isinstance(e, Message) and e.level == "error"]
    assert len(errors) == 1
    assert "99" in errors[0].text


def test_workers_are_kept_busy_by_asking_one_ahead() -> None:
    executor = Scripted(workers=2)
    runner = make(executor, trials=20)
    longest = 0
    for _ in runner.run():
        longest = max(longest, len(executor.queue))
    assert longest == 4


def test_a_strategy_that_looks_at_scores_is_not_asked_ahead() -> None:
    class Looking:
        def propose(self, history: History, count: int, rng: Any) -> Any:
            return Random().propose(history, count, rng)

    executor = Scripted(workers=2)
    runner = make(executor, strategy=Looking(), trials=20)
    longest = 0
    for _ in runner.run():
        longest = max(longest, len(executor.queue))
    assert longest == 2


def test_progress_estimates_the_time_left() -> None:
    runner = Runner(
        Study(Space([Int("x", 1, 100)]), GOALS, Random(), seed=1),
        Scripted(),
        2,
        budget=BudgetSpec(trials=10),
        pruner=NoPruner(),
    )
    events = [e for e in runner.run() if isinstance(e, Progress)]
    last = events[-1]
    assert last.total == 10
    assert last.eta == 0.0


def test_a_raised_budget_counts_at_once_and_is_written_down() -> None:
    executor = Scripted(workers=2)
    runner = make(executor, trials=4)
    kept: list[BudgetSpec] = []
    runner._keep_budget = kept.append
    run_until(
        runner,
        lambda: runner.set_budget(BudgetSpec(trials=9)),
        lambda: states(runner).count("complete") == 2,
    )
    assert states(runner) == ["complete"] * 9
    assert kept == [BudgetSpec(trials=9)]
    assert runner.study.history.plan.trials == 9


def test_a_run_that_is_ending_because_its_budget_is_used_goes_on_with_a_larger_one() -> None:
    executor = Scripted(workers=3)
    runner = make(executor, steps=2, target=10.0, trials=50)
    stopping = [False]

    def raise_it() -> None:
        stopping[0] = True
        runner.set_budget(BudgetSpec(trials=12))

    events = run_until(runner, raise_it, lambda: runner._state == "stopping")
    told = [event.state for event in events if isinstance(event, StateChanged)]
    assert stopping == [True]
    assert told == ["starting", "running", "stopping", "running", "stopping", "finished"]
    assert states(runner) == ["complete"] * 12


@pytest.mark.parametrize("stop_first", [True, False])
def test_a_larger_budget_does_not_go_on_with_a_run_that_was_stopped(stop_first: bool) -> None:
    executor = Scripted(workers=3)
    runner = make(executor, steps=2, target=10.0, trials=50)

    def stop_and_raise() -> None:
        if stop_first:
            runner.stop_after_current()
        runner.set_budget(BudgetSpec(trials=12))
        if not stop_first:
            runner.stop_after_current()

    events = run_until(runner, stop_and_raise, lambda: runner._state == "stopping")
    assert events[-1] == Finished("Stopped after the running trials.", done=False)
    assert len(runner.study.trials) < 12


def test_a_stopped_run_whose_budget_was_used_is_done_all_the_same() -> None:
    runner = make(Scripted(workers=3), steps=2, target=10.0, trials=50)
    events = run_until(runner, runner.stop_after_current, lambda: runner._state == "stopping")
    assert isinstance(events[-1], Finished)
    assert events[-1].done


def test_a_budget_below_what_is_done_ends_the_run() -> None:
    runner = make(Scripted(), trials=50)
    run_until(
        runner,
        lambda: runner.set_budget(BudgetSpec(trials=1)),
        lambda: states(runner).count("complete") == 3,
    )
    assert states(runner).count("complete") <= 4


def test_a_budget_that_cannot_be_written_stays_as_it_was() -> None:
    runner = make(Scripted(), trials=4)

    def refuse(budget: BudgetSpec) -> None:
        raise StorageError("study", "is full")

    runner._keep_budget = refuse
    events = run_until(
        runner,
        lambda: runner.set_budget(BudgetSpec(trials=9)),
        lambda: states(runner).count("complete") == 2,
    )
    assert states(runner) == ["complete"] * 4
    (message,) = [event for event in events if isinstance(event, Message)]
    assert message.head == "The budget stays as it is"
    assert [e.budget for e in events if isinstance(e, BudgetSet)] == [BudgetSpec(trials=4)]


def test_a_run_that_is_done_was_not_stopped_by_who_asks_too_late() -> None:
    runner = make(Scripted(), trials=3)
    over: list[Event] = []
    for event in runner.run():
        over.append(event)
        if isinstance(event, StateChanged) and event.state == "finished":
            runner.stop_now()
            runner.leave()
    assert over[-1] == Finished("All 3 trials of the budget are done.", done=True)
