"""What a trial counts with: its own scores, or the means over its repeats."""

from __future__ import annotations

import pytest
from msgspec import structs

from hpo_gui.analysis.comparison import compare
from hpo_gui.core.acts import Correct, apply
from hpo_gui.core.counting import counted
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Int
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState

SPACE = Space([Int("x", 0, 9)])
GOAL = Goal("accuracy")


def run(number: int, x: int, *folds: float, state: TrialState = TrialState.COMPLETE) -> Trial:
    mean = sum(folds) / max(len(folds), 1)
    told = None if state.is_open else number + 1
    scores = {"accuracy": mean}
    return Trial(
        number,
        {"x": x},
        Origin("random"),
        state,
        scores=scores,
        fold_scores={"accuracy": folds},
        told=told,
    )


def history(*trials: Trial, averages: bool = True) -> History:
    return History(SPACE, [GOAL], trials, plan=Plan(averages=averages))


def test_scores_and_folds_are_means_over_the_complete_repeats() -> None:
    first, second = run(0, 1, 0.5, 0.7), run(1, 1, 0.75, 0.85)
    failed = run(2, 1, 0.1, state=TrialState.FAILED)
    past = history(first, second, failed)
    found = counted(past, first)
    assert found.number == 0
    assert found.scores["accuracy"] == 0.7
    assert found.fold_scores["accuracy"] == pytest.approx((0.625, 0.775))
    assert counted(past, second).fold_scores == found.fold_scores
    assert counted(past, failed) is failed
    assert found.scores["accuracy"] == past.score(0)


def test_a_trial_counts_for_itself_where_nothing_is_averaged_or_repeated() -> None:
    first, second = run(0, 1, 0.5), run(1, 1, 0.75)
    assert counted(history(first, second, averages=False), first) is first
    alone = run(0, 2, 0.5)
    assert counted(history(alone), alone) is alone


def test_a_score_by_hand_counts_and_the_folds_of_the_others_tell() -> None:
    by_hand = structs.replace(run(0, 1), scores={"accuracy": 0.9}, fold_scores={"accuracy": ()})
    found = counted(history(by_hand, run(1, 1, 0.5, 0.7)), by_hand)
    assert found.scores["accuracy"] == 0.75
    assert found.fold_scores["accuracy"] == (0.5, 0.7)


def test_one_repeat_set_by_hand_leaves_the_others_their_interval() -> None:
    runs = (run(0, 1, 0.5, 0.7), run(1, 1, 0.6, 0.8), run(2, 2, 0.3, 0.4))
    by_hand = apply(Correct(1, {"accuracy": 0.9}), runs[1], [GOAL])
    past = history(runs[0], by_hand, runs[2])
    found = counted(past, runs[0])
    assert found.scores["accuracy"] == 0.75
    assert found.fold_scores["accuracy"] == (0.5, 0.7)
    assert compare(found, runs[2], GOAL).differences == pytest.approx((0.2, 0.3))


def test_where_all_repeats_were_set_by_hand_no_fold_is_known() -> None:
    runs = [
        apply(Correct(number, {"accuracy": 0.9}), run(number, 1, 0.5, 0.7), [GOAL])
        for number in (0, 1)
    ]
    found = counted(history(*runs), runs[0])
    assert found.scores["accuracy"] == 0.9
    assert found.fold_scores["accuracy"] == ()
