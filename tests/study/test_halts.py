"""Pruners that compare trials at certain steps, children of trials, and states that are kept."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, Literal

import numpy as np
import pytest
from msgspec.structs import replace
from scripted_executor import Scripted

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.trial import Origin, Proposal, Trial, TrialState
from hpo_gui.execution.executor import StepDone, Task
from hpo_gui.pruners.successive_halving import SuccessiveHalving
from hpo_gui.strategies.random import Random
from hpo_gui.study.events import Finished
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

SPACE = Space([Float("x", -1.0, 1.0)])
GOALS = (Goal("loss", "minimize"),)


class BestOfThree:
    """After two steps, three trials in a row wait for each other; the best one goes on."""

    def _rivals(self, history: History, trial: Trial) -> list[Trial]:
        first = trial.number - trial.number % 3
        return list(history.trials[first : first + 3])

    def _all_there(self, history: History, trial: Trial) -> bool:
        rivals = self._rivals(history, trial)
        return len(rivals) == 3 and all(rival.steps_done >= 2 for rival in rivals)

    def next_halt(self, history: History, trial: Trial) -> int | None:
        return 2 if trial.steps_done < 2 else None

    def should_wait(self, history: History, trial: Trial) -> bool:
        return trial.steps_done == 2 and not self._all_there(history, trial)

    def should_stop(self, history: History, trial: Trial) -> str | None:
        if trial.steps_done != 2 or not self._all_there(history, trial):
            return None
        scores = [rival.course("loss")[1] for rival in self._rivals(history, trial)]
        return "Not the best of three." if trial.course("loss")[1] > min(scores) else None


def run(
    executor: Scripted, pruner: Any = None, strategy: Any = None, steps: int = 4, **options: Any
) -> tuple[Study, Finished]:
    study = options.pop("study", None) or Study(SPACE, GOALS, strategy or Random(), seed=1)
    states = options.pop("forget_states", None)
    runner = Runner(
        study,
        executor,
        steps,
        budget=BudgetSpec(**options),
        pruner=pruner,
        forget_states=states,
        clock=lambda: executor.now,
    )
    *_, end = runner.run()
    assert isinstance(end, Finished)
    return study, end


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_trials_wait_for_each_other_and_the_best_goes_on(workers: int) -> None:
    study, end = run(Scripted(workers), BestOfThree(), trials=9)
    assert end.done
    assert len(study.trials) == 9
    for first in (0, 3, 6):
        group = study.trials[first : first + 3]
        best = min(group, key=lambda trial: trial.params["x"])
        assert [str(t.state) for t in group if t is not best] == ["pruned", "pruned"]
        assert str(best.state) == "complete"
        assert [t.steps_done for t in group if t is not best] == [2, 2]
        assert best.steps_done == 4
        assert best.started is not None


def test_trials_that_wait_in_vain_go_on_when_nothing_else_can_run() -> None:
    study, end = run(Scripted(2), BestOfThree(), trials=5)
    assert end.done
    assert [str(trial.state) for trial in study.trials[3:]] == ["complete", "complete"]


def test_a_study_that_ended_while_trials_waited_goes_on_with_them() -> None:
    executor = Scripted(1)
    study = Study(SPACE, GOALS, Random(), seed=1)
    runner = Runner(
        study,
        executor,
        4,
        budget=BudgetSpec(trials=3),
        pruner=BestOfThree(),
        clock=lambda: executor.now,
    )
    events = runner.run()
    for _ in events:
        if sum(trial.steps_done == 2 for trial in study.trials) == 2:
            runner.stop_now()
            break
    list(events)
    assert sorted(str(trial.state) for trial in study.trials[:2]) == ["waiting", "waiting"]
    again = Study(SPACE, GOALS, Random(), seed=1, trials=study.trials)
    run(Scripted(1), BestOfThree(), study=again, trials=3)
    assert sorted(str(trial.state) for trial in again.trials) == ["complete", "pruned", "pruned"]


class Never:
    """Asked after every step, stops the trials with an odd number after one."""

    def should_stop(self, history: History, trial: Trial) -> str | None:
        return "Odd." if trial.number % 2 else None


@pytest.mark.parametrize("workers", [1, 2])
def test_slow_folds_are_done_one_by_one_so_that_a_verdict_saves_the_next(workers: int) -> None:
    executor = Scripted(workers)
    study, _ = run(executor, Never(), steps=4, trials=6)
    first = [task for task in executor.submitted if task.trial == 0]
    assert (first[0].first, first[0].last) == (0, 4)  # nothing was known of how slow they are
    later = [(task.first, task.last) for task in executor.submitted if task.trial == 4]
    assert later == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert [trial.steps_done for trial in study.trials[3:]] == [1, 4, 1]
    spent = [task.spent for task in executor.submitted if task.trial == 4]
    assert spent == [0.0, 1.0, 2.0, 3.0]


class Children:
    """Trial 0 does two steps; each trial after it goes on from the one before for one more."""

    looks_at_scores = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        number = len(history)
        if number and history.trials[-1].state.is_open:
            return []
        parent = number - 1 if number else None
        return [Proposal({"x": 0.5}, Origin("children"), parent, number + 2)]

    def keeps_states(self, history: History) -> Container[int]:
        return {len(history) - 1}


def test_children_begin_where_their_parents_have_ended() -> None:
    executor, wanted = Scripted(1), []
    study, _ = run(
        executor, None, Children(), trials=3, forget_states=lambda trials: wanted.append(trials)
    )
    asked = [(t.trial, t.first, t.last, t.parent, t.begins, t.keep) for t in executor.submitted]
    assert asked == [(0, 0, 2, None, 0, True), (1, 2, 3, 0, 2, True), (2, 3, 4, 1, 3, True)]
    assert [trial.steps_done for trial in study.trials] == [2, 3, 4]
    assert wanted == [{0}, {1}, {2}]
    child = study.trials[2]
    assert child.scores["loss"] == pytest.approx(0.5 + 3)


class Telling(Scripted):
    """The loss is the parameter, and a trial that goes on tells of its next steps."""

    def _advance(self, task: Task) -> None:
        if self.steps.get(task.trial, task.first) >= task.last or task.trial not in self.steps:
            self.steps[task.trial] = task.first
        before = len(self.outcomes)
        super()._advance(task)
        self.outcomes[before:] = [
            replace(one, scores={"loss": task.params["x"]}) if isinstance(one, StepDone) else one
            for one in self.outcomes[before:]
        ]


class LaterIsBetter:
    """The second cohort of eight is better than the first one."""

    looks_at_scores = False

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        n = len(history)
        return [Proposal({"x": (0.5 if n < 8 else 0.1) + 0.01 * (n % 8)}, Origin("random"))]


@pytest.mark.parametrize("mode", ["synchronous", "asynchronous"])
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_those_on_their_way_may_still_win_before_a_study_ends_for_want_of_progress(
    workers: int, mode: Literal["synchronous", "asynchronous"]
) -> None:
    """The losers of a cohort finish first, and are no sign that nothing better comes."""
    plan = Plan(100, steps=8, learns=True)
    study, end = run(
        Telling(workers),
        SuccessiveHalving(mode=mode),
        study=Study(SPACE, GOALS, LaterIsBetter(), seed=1, plan=plan),
        steps=8,
        trials=100,
        no_improvement=6,
        forget_states=lambda number: None,
    )
    assert end.done
    assert "No better score" in end.reason
    waiting = [t for t in study.trials if t.state is TrialState.WAITING and t.steps_done]
    assert waiting == []
    assert study.best is not None
    assert study.best.scores["loss"] < 0.2
