"""When a study ends, and above all when the next trials are not worth it, on histories by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec import structs
from scripted_executor import Scripted

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec, StudySpec
from hpo_gui.core.spec_text import parse_spec, spec_to_toml
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.strategies.random import Random
from hpo_gui.study.budget import gain_in_doubt, why_done
from hpo_gui.study.events import Finished
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

SPACE = Space([Float("x", -1.0, 1.0)])
ACCURACY = Goal("accuracy", "maximize")


def make(scores: Sequence[float], origins: Sequence[str] = ()) -> History:
    trials = [
        Trial(
            number,
            {"x": 0.0},
            Origin(origins[number] if origins else "random"),
            TrialState.COMPLETE,
            scores={"accuracy": score},
            told=number + 1,
        )
        for number, score in enumerate(scores)
    ]
    return History(SPACE, [ACCURACY], trials)


def verdict(budget: BudgetSpec, history: History) -> str | None:
    return why_done(budget, history, 0.0, gain_in_doubt(budget, history))


def settled(count: int) -> list[float]:
    """Scores that came close to 0.9 at once and vary by little."""
    return [0.9 - 0.001 * (k * 37 % 100) / 100 for k in range(count)]


def test_a_study_ends_when_little_is_expected_and_says_how_much() -> None:
    reason = verdict(BudgetSpec(gain=0.001), make(settled(60)))
    assert reason is not None
    assert reason.startswith("The next 20 trials are expected to make accuracy better by ")
    assert "(at most " in reason
    assert reason.endswith("): less than 0.001.")


def test_the_number_of_trials_looked_ahead_is_the_specifications() -> None:
    reason = verdict(BudgetSpec(gain=0.001, gain_trials=7), make(settled(60)))
    assert reason is not None
    assert reason.startswith("The next 7 trials ")


def test_a_study_goes_on_while_more_is_expected() -> None:
    climbing = [0.5 + 0.01 * k for k in range(40)]
    assert verdict(BudgetSpec(gain=0.001), make(climbing)) is None


def test_a_budget_of_one_trial_ends_in_its_own_words() -> None:
    said = verdict(BudgetSpec(trials=1), make([0.5]))
    assert said == "The only trial of the budget is done."


def test_without_the_rule_nothing_is_estimated() -> None:
    history = make(settled(60))
    assert gain_in_doubt(BudgetSpec(), history) is None
    assert verdict(BudgetSpec(), history) is None


@pytest.mark.parametrize(("count", "ends"), [(10, False), (19, False), (20, True)])
def test_a_study_never_ends_before_twenty_trials(count: int, ends: bool) -> None:
    assert (verdict(BudgetSpec(gain=1.0), make([0.5] * count)) is not None) == ends


def test_starting_trials_do_not_make_it_end() -> None:
    starts = ["default", *["tested"] * 14, *["earlier"] * 10]
    for count, ends in ((9, False), (10, True)):
        origins = [*starts, *["random"] * count]
        history = make([0.5] * len(origins), origins)
        assert (verdict(BudgetSpec(gain=1.0), history) is not None) == ends


def test_a_target_is_reached_by_a_trial_that_keeps_the_thresholds_only() -> None:
    goals = Goal("accuracy", "maximize"), Goal("size", "minimize", threshold=10.0)
    budget = BudgetSpec(target=0.9)

    def of(size: float) -> History:
        scores = {"accuracy": 0.95, "size": size}
        trial = Trial(0, {}, Origin("random"), TrialState.COMPLETE, scores=scores, told=1)
        return History(Space(()), goals, [trial])

    assert why_done(budget, of(20.0), 0.0) is None
    assert "reached the target" in (why_done(budget, of(5.0), 0.0) or "")


def test_a_history_without_a_score_goes_on() -> None:
    assert verdict(BudgetSpec(gain=1.0), make([])) is None
    assert verdict(BudgetSpec(gain=1.0), make([float("nan")] * 30)) is None


def test_the_runner_ends_the_study_for_it() -> None:
    executor = Scripted()
    goals = (Goal("loss", "minimize"),)
    runner = Runner(
        Study(SPACE, goals, Random(), seed=1),
        executor,
        1,
        budget=BudgetSpec(gain=0.05, trials=500),
        clock=lambda: executor.now,
    )
    *_, end = runner.run()
    assert isinstance(end, Finished)
    assert end.done
    assert "are expected to make loss better by" in end.reason
    assert 20 <= len(runner.study.trials) < 200


def test_the_rule_survives_the_way_through_a_file() -> None:
    spec = StudySpec(budget=BudgetSpec(gain=0.001, gain_trials=30, target=0.9, no_improvement=5))
    assert parse_spec(spec_to_toml(spec)).budget == spec.budget


def test_trials_outside_of_an_edited_space_are_not_enough_to_end_a_study() -> None:
    found = make(settled(60))
    trials = [
        structs.replace(trial, params={"x": 5.0 if trial.number < 50 else 0.0})
        for trial in found.trials
    ]
    edited = History(SPACE, found.goals, trials, edited=True)
    assert verdict(BudgetSpec(gain=0.5), found) is not None
    assert verdict(BudgetSpec(gain=0.5), edited) is None


def test_skipped_trials_are_no_trials_without_a_better_score() -> None:
    """Five that were queued by hand and skipped say nothing about what could come."""
    study = Study(Space([Int("x", 0, 99)]), [Goal("loss", "minimize")], Random(), seed=1)
    first = study.ask(1)[0]
    study.tell(first.number, 0.5)
    for x in range(5):
        study.skip(study.add({"x": x}).number)
    budget = BudgetSpec(no_improvement=5)
    assert why_done(budget, study.history, 0.0) is None
    for trial in study.ask(5):
        study.tell(trial.number, 0.9)
    assert why_done(budget, study.history, 0.0) == "No better score in the last 5 trials."
