"""What becomes of configurations that were tried already, and of trials that are run again."""

from __future__ import annotations

import pytest
from scripted_executor import Scripted

from hpo_gui.core.acts import Correct, Retract
from hpo_gui.core.errors import ActError
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Int
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec, Duplicates
from hpo_gui.core.trial import Failure, Origin, Proposal, Trial, TrialState
from hpo_gui.core.wanted import Again, Typed
from hpo_gui.strategies.random import Random
from hpo_gui.study.events import Message
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

SPACE = Space([Int("x", 0, 100), Categorical("kind", ("a", "b"))])
GOALS = (Goal("accuracy"),)
ONE = {"x": 1, "kind": "a"}


def scored(duplicates: Duplicates = "run") -> Study:
    """A study with one scored configuration."""
    study = Study(SPACE, GOALS, Random(), seed=7, duplicates=duplicates)
    study.begin(study.add(ONE).number)
    study.tell(0, {"accuracy": 0.75, "fit_time": 2.0})
    return study


def test_the_usual_policy_runs_a_known_configuration_again_with_the_same_seed() -> None:
    trial = scored().add(ONE)
    assert (trial.state, trial.seed) == (TrialState.WAITING, 7)


def test_reuse_completes_it_at_once_with_the_score_that_is_known() -> None:
    study = scored("reuse")
    trial = study.add(ONE)
    assert trial.state is TrialState.COMPLETE
    assert trial.scores == study.trials[0].scores
    assert trial.fold_scores == study.trials[0].fold_scores
    assert (trial.told, study.history.told) == (2, 2)
    assert trial.origin.strategy == "manual"
    assert "that of trial 0" in trial.origin.reason
    assert "was not run" in trial.origin.reason


@pytest.mark.parametrize("what", ["other values", "failed", "retracted", "running", "other seed"])
def test_reuse_takes_no_score_that_is_of_something_else(what: str) -> None:
    study = scored("reuse")
    params = dict(ONE)
    if what == "other values":
        params["x"] = 2
    if what == "retracted":
        study.act(Retract(0))
    if what == "other seed":
        study.act(Retract(0))
        study.begin(study.repeat(0, fresh=True).number)
        study.tell(1, 0.5)
    if what in ("failed", "running"):
        study = Study(SPACE, GOALS, Random(), seed=7, duplicates="reuse")
        study.begin(study.add(ONE).number)
    if what == "failed":
        study.fail(0, Failure("crashed", "It died."))
    assert study.add(params).state is TrialState.WAITING


def test_reuse_goes_by_the_score_that_counts_now() -> None:
    study = scored("reuse")
    study.act(Correct(0, {"accuracy": 0.9}))
    assert study.add(ONE).scores["accuracy"] == 0.9


def test_average_runs_it_again_with_a_seed_of_its_own_each_time() -> None:
    study = scored("average")
    seeds = [study.add(ONE).seed for _ in range(3)]
    assert len({7, *seeds}) == 4
    assert seeds == [scored_again.seed for scored_again in _three_more(scored("average"))]
    assert study.add({"x": 2, "kind": "a"}).seed == 7


def _three_more(study: Study) -> list[Trial]:
    return [study.add(ONE) for _ in range(3)]


def test_a_repeat_by_hand_runs_whatever_the_policy_is() -> None:
    study = scored("reuse")
    same, fresh = study.repeat(0), study.repeat(0, fresh=True)
    assert (same.state, fresh.state) == (TrialState.WAITING, TrialState.WAITING)
    assert same.seed == 7
    assert fresh.seed != 7
    assert same.origin == Origin("repeat", "Trial 0 once more, with the same seed 7.")
    assert str(fresh.seed) in fresh.origin.reason
    assert fresh.params == same.params == ONE


def test_what_cannot_be_repeated_is_named() -> None:
    start = [Proposal(dict(ONE), Origin("population"), parent=0)]
    study = Study(SPACE, GOALS, Random(), start=start)
    with pytest.raises(ActError, match="it went on from trial 0"):
        study.repeat(0)
    with pytest.raises(ActError, match="trial 5 must be one of the study"):
        study.repeat(5)
    queued = study.queue([Again(0), Typed({"x": 1, "kind": "c"}), Typed({"x": 3, "kind": "b"})])
    assert [trial.params["x"] for trial in queued.trials] == [3]
    assert len(queued.refused) == 2


class TwoValues:
    """Proposes the same two configurations over and over."""

    looks_at_scores = False

    def propose(self, history, count, rng):  # type: ignore[no-untyped-def]
        origin = Origin("two values")
        return [Proposal({"x": len(history) % 2, "kind": "a"}, origin)][:count]


def run(duplicates: Duplicates, trials: int, workers: int = 2) -> tuple[Runner, list[int]]:
    executor = Scripted(workers=workers)
    study = Study(SPACE, (Goal("loss", "minimize"),), TwoValues(), seed=3, duplicates=duplicates)
    budget = BudgetSpec(trials=trials)
    runner = Runner(study, executor, 1, budget=budget, clock=lambda: executor.now)
    list(runner.run())
    return runner, [task.trial for task in executor.submitted]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_strategy_that_repeats_itself_costs_no_worker_where_scores_are_reused(
    workers: int,
) -> None:
    runner, ran = run("reuse", 12, workers)
    assert {str(trial.state) for trial in runner.study.trials} == {"complete"}
    assert len(runner.study.trials) >= 12
    assert 2 <= len(ran) <= 2 * (workers + 1)
    told = [trial.told for trial in runner.study.trials]
    assert sorted(told) == list(range(1, len(told) + 1))


def test_each_repeat_of_a_strategy_gets_a_seed_where_they_are_averaged() -> None:
    runner, ran = run("average", 6)
    assert len(ran) == 6
    of_zero = [trial.seed for trial in runner.study.trials if trial.params["x"] == 0]
    assert len(set(of_zero)) == len(of_zero) == 3


def test_what_was_queued_and_what_could_not_be_is_told() -> None:
    executor = Scripted()
    study = scored("reuse")
    runner = Runner(study, executor, 1, budget=BudgetSpec(trials=2), clock=lambda: executor.now)
    runner.queue([Again(0, fresh=True), Again(44), Typed(ONE)])
    heads = [event.head for event in runner.run() if isinstance(event, Message)]
    assert heads == ["Trial 1 queued", "Trial 2 has a known score", "The trial was not added"]
