"""Whole runs with each kind of pruner: they end, waste no step, and the best one is complete."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_executor import Scripted

from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.trial import TrialState
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.strategies.random import Random
from hpo_gui.study.events import Finished
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

SPACE = Space([Float("x", -1.0, 1.0)])
GOALS = (Goal("loss", "minimize"),)


def run(
    name: str, options: dict[str, Any], *, workers: int, trials: int, steps: int, planned: bool
) -> tuple[Study, Scripted]:
    """Trials with the loss x + step; without a plan nobody knows how many there will be."""
    plan = Plan(trials if planned else None, workers=workers, steps=steps, learns=True)
    study = Study(SPACE, GOALS, Random(), seed=1, plan=plan)
    executor = Scripted(workers)
    runner = Runner(
        study,
        executor,
        steps,
        budget=BudgetSpec(trials=trials),
        pruner=PRUNERS.make(name, options),
        forget_states=lambda wanted: None,
        clock=lambda: executor.now,
    )
    *_, end = runner.run()
    assert isinstance(end, Finished)
    assert end.done
    return study, executor


HALVINGS: list[tuple[str, dict[str, Any]]] = [
    ("successive_halving", {"eta": 3}),
    ("successive_halving", {"eta": 3, "mode": "synchronous"}),
    ("successive_halving", {"eta": 2, "mode": "synchronous", "cohort": 5}),
    ("hyperband", {}),
    ("hyperband", {"mode": "synchronous"}),
]


@pytest.mark.parametrize("planned", [True, False])
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("trials", [1, 4, 30])
@pytest.mark.parametrize(("name", "options"), HALVINGS)
def test_a_run_with_halving_ends_with_a_complete_trial_and_wastes_no_step(
    name: str, options: dict[str, Any], trials: int, workers: int, planned: bool
) -> None:
    study, executor = run(name, options, workers=workers, trials=trials, steps=9, planned=planned)
    ended = study.trials
    assert len(ended) == trials
    assert study.best is not None
    stopped = [trial for trial in ended if trial.state is TrialState.PRUNED]
    assert len(stopped) + sum(t.state is TrialState.COMPLETE for t in ended) == trials
    done = sum(task.last - task.first for task in executor.submitted)
    assert done == sum(trial.steps_done for trial in ended)
    assert all(trial.steps_done in (1, 2, 3, 4, 8) for trial in stopped)
    if trials == 30:
        assert study.best.params["x"] == min(trial.params["x"] for trial in ended)
        assert len(stopped) >= 10


@pytest.mark.parametrize("name", ["median", "patience", "threshold", "fold_racing"])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_run_with_any_other_pruner_ends_with_the_best(name: str, workers: int) -> None:
    options = {"threshold": {"upper": 5.5}}.get(name, {})
    study, _ = run(name, options, workers=workers, trials=20, steps=6, planned=True)
    assert study.best is not None
    assert study.best.params["x"] == min(trial.params["x"] for trial in study.trials)


@pytest.mark.parametrize("mode", ["asynchronous", "synchronous"])
@pytest.mark.parametrize(("options", "steps"), [({"eta": 100}, 9), ({"least": 9}, 9), ({}, 1)])
def test_halving_without_a_rung_or_enough_trials_stops_nothing(
    options: dict[str, Any], steps: int, mode: str
) -> None:
    more = {**options, "mode": mode}
    study, _ = run("successive_halving", more, workers=2, trials=12, steps=steps, planned=True)
    assert all(trial.state is TrialState.COMPLETE for trial in study.trials)
