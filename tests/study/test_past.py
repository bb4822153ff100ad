"""The past of a study is found again: what a strategy was asked about, and what a pruner saw."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from scripted_executor import Scripted

from hpo_gui.core.acts import Correct, Retract, Uncorrect
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.thought import Thought, as_proposed, think
from hpo_gui.core.trial import Failure, Trial, TrialState
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.strategies.random import Random
from hpo_gui.strategies.strategy import Strategy
from hpo_gui.study.past import Judged, Past, PastAct, judged
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study
from tests.contracts.test_strategies import FEW, NAMES, SEVERAL, make

SPACE = Space(
    [Float("x", -1.0, 1.0), Int("n", 1, 30, log=True), Categorical("kind", ["a", "b", "c"])]
)
LOSS = (Goal("loss", "minimize"),)
TWO = (Goal("loss", "minimize"), Goal("size", "minimize"))


def scores_of(trial: Trial) -> dict[str, float]:
    x, n = trial.params["x"], trial.params["n"]
    return {"loss": (x - 0.3) ** 2 + math.log(n) / 9, "size": n + abs(x)}


def study_in_disorder(strategy: Strategy, goals: tuple[Goal, ...], trials: int = 12) -> Study:
    """Three workers, whose trials end in any order: some fail, some are stopped, one is typed."""
    study = Study(SPACE, goals, strategy, seed=5, plan=Plan(trials, workers=3))
    rng = np.random.default_rng(8)
    held: Thought | None = None  # of a thinker that is asked ahead
    running: list[int] = []
    while len(study.trials) < trials:
        if len(study.trials) == 5:
            running.append(study.add({"x": 0.5, "n": 3, "kind": "b"}).number)
            held = None
            continue
        thought = held or think(strategy, study.history, study.seed)
        if thought.proposal is None:
            break
        trial = study.join(thought)
        running.append(study.begin(trial.number).number)
        ahead = len(study.trials) % 3 == 0
        held = think(strategy, study.history, study.seed) if ahead else None
        held = held if held is None or held.proposal is not None else None
        while len(running) >= 3:
            end_one(study, running.pop(int(rng.integers(len(running)))), rng)
    return study


def end_one(study: Study, number: int, rng: np.random.Generator) -> None:
    trial, chance = study.trials[number], rng.random()
    if chance < 0.1:
        study.fail(number, Failure("raised", "It did not work."))
        return
    study.tell_step(number, 0, scores_of(trial), 1.0, 1.0)
    if chance < 0.3:
        study.fail(number, Failure("pruned", "It was hopeless."), state=TrialState.PRUNED)
    else:
        study.complete(number)


CASES = [(name, LOSS) for name in NAMES if name not in FEW]
CASES += [(name, TWO) for name in SEVERAL if name not in FEW]


@pytest.mark.parametrize(
    ("name", "goals"), CASES, ids=[f"{name}-{len(goals)}" for name, goals in CASES]
)
def test_every_proposal_of_a_parallel_study_is_made_again_from_the_past(
    name: str, goals: tuple[Goal, ...]
) -> None:
    strategy = make(name, SPACE)
    study = study_in_disorder(strategy, goals)
    assert len(study.trials) > 3
    plan = study.history.plan
    past = Past(SPACE, goals, study.trials, lambda trials, told: plan)
    for trial in study.trials:
        if trial.origin.strategy == "manual":
            continue
        fresh = make(name, SPACE)  # without any memo
        again = think(fresh, past.before(trial.number), study.seed)
        assert again.proposal is not None
        assert again.proposal.params == trial.params, trial.number
        assert again.asked == trial.asked


@pytest.mark.parametrize("name", ["random", "hill_climbing", "tpe", "cma_es"])
def test_every_proposal_is_made_again_where_a_person_did_something(name: str) -> None:
    study = Study(SPACE, LOSS, make(name, SPACE), seed=5)
    acts: list[PastAct] = []
    for count in range(16):
        (trial,) = study.ask()
        study.tell(trial.number, scores_of(trial))
        best = study.best
        assert best is not None
        act = {
            4: Retract(best.number),
            7: Correct(2, {"loss": -1.0}),
            10: Uncorrect(2),
            11: Retract(best.number),
        }.get(count)
        if act is not None:
            study.act(act)
            acts.append(PastAct(len(study.trials), act))
    past = Past(SPACE, LOSS, study.trials, acts=acts)
    backwards = Past(SPACE, LOSS, study.trials, acts=acts)
    assert len(acts) == 4
    for trial in study.trials:
        again = think(make(name, SPACE), past.before(trial.number), study.seed)
        assert again.proposal is not None
        assert again.proposal.params == trial.params, trial.number
    for trial in reversed(study.trials):
        one, other = backwards.before(trial.number), past.before(trial.number)
        np.testing.assert_array_equal(one.losses, other.losses)


def test_the_past_is_the_same_in_any_order_of_asking() -> None:
    study = study_in_disorder(Random(), LOSS)
    forwards = Past(SPACE, LOSS, study.trials)
    backwards = Past(SPACE, LOSS, study.trials)
    then = [forwards.before(number) for number in range(len(study.trials))]
    for number in reversed(range(len(study.trials))):
        again = backwards.before(number)
        assert again.trials == then[number].trials
        assert again.told == then[number].told == study.trials[number].asked
        np.testing.assert_array_equal(again.losses, then[number].losses)


def test_what_had_not_finished_is_shown_as_it_was_proposed() -> None:
    study = study_in_disorder(Random(), LOSS)
    past = Past(SPACE, LOSS, study.trials)
    for trial in study.trials:
        for seen in past.before(trial.number).trials:
            now = study.trials[seen.number]
            known = now.told is not None and now.told <= trial.asked
            assert seen == (now if known else as_proposed(now))


def test_the_plan_is_the_one_of_its_time() -> None:
    study = study_in_disorder(Random(), LOSS)

    def plan_at(trials: int, told: int) -> Plan:
        return Plan(10 if trials < 7 else 99)

    past = Past(SPACE, LOSS, study.trials, plan_at)
    assert past.before(6).plan.trials == 10
    assert past.before(7).plan.trials == 99
    assert past.before(3).plan.trials == 10


PRUNED: list[tuple[str, dict[str, Any]]] = [
    ("median", {"startup": 2}),
    ("successive_halving", {"eta": 3}),
    ("successive_halving", {"eta": 2, "mode": "synchronous", "cohort": 5}),
    ("hyperband", {}),
]


@pytest.mark.parametrize(("name", "options"), PRUNED)
def test_every_verdict_is_given_again_on_what_the_pruner_saw(
    name: str, options: dict[str, Any]
) -> None:
    steps, plan = 9, Plan(30, workers=3, steps=9, learns=True)
    space = Space([Float("x", -1.0, 1.0)])
    study, executor = Study(space, LOSS, Random(), seed=1, plan=plan), Scripted(3)
    pruner, moments = PRUNERS.make(name, options), []
    runner = Runner(
        study,
        executor,
        steps,
        budget=BudgetSpec(trials=30),
        pruner=pruner,
        forget_states=lambda wanted: None,
        note_judged=moments.append,
        clock=lambda: executor.now,
    )
    list(runner.run())
    pruned = [trial for trial in study.trials if trial.state is TrialState.PRUNED]
    assert {moment.trial for moment in moments} == {trial.number for trial in pruned}
    assert pruned
    past = Past(space, LOSS, study.trials, lambda trials, told: plan)
    for moment in moments:
        history = past.at(moment)
        trial = history.trials[moment.trial]
        failure = study.trials[moment.trial].failure
        assert failure is not None
        assert pruner.should_stop(history, trial) == failure.message


def test_what_a_pruner_saw_is_written_down_in_few_words() -> None:
    study = Study(SPACE, LOSS, Random(), seed=1)
    first, second, _ = study.ask(3)
    study.tell(first.number, 1.0)
    study.tell_step(second.number, 0, {"loss": 2.0}, 1.0, 1.0)
    assert judged(study.history, second.number) == Judged(1, 3, 1, {1: 1})


def test_a_trial_as_proposed_has_kept_nothing_of_what_came_after() -> None:
    study = Study(SPACE, LOSS, Random(), seed=1)
    proposed = study.propose(1)[0]
    study.begin(proposed.number)
    ended = study.tell(proposed.number, 1.0)
    assert as_proposed(ended) == proposed
    assert as_proposed(structs.replace(ended, failure=Failure("raised", ""))) == proposed
