"""Fold racing: what cannot win stops, what may win goes on."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from courses import LOSS, RETRACTED, RUNNING, folds, history
from scipy.stats import t as student

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Int
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState, add_step
from hpo_gui.pruners.fold_racing import FoldRacing
from hpo_gui.pruners.paired import WORTH

BEST = [1.0, 2.0, 1.5, 3.0, 2.5]  # mean 2
OTHERS = [
    [1.2, 2.1, 1.4, 3.2, 2.6],
    [1.1, 2.3, 1.8, 3.1, 2.4],
    [1.5, 2.2, 1.6, 3.4, 2.8],
    [1.3, 2.6, 1.9, 3.0, 2.7],
]


def racing(losses: list[float], folds_in_all: int = 5, **options: float) -> str | None:
    new = folds(5, losses, RUNNING)
    trials = [folds(number, row) for number, row in enumerate([BEST, *OTHERS])]
    past = history([*trials, new], folds_in_all, learns=False)
    return msgspec.convert(options, FoldRacing).should_stop(past, new)


def margin(differences: list[float]) -> float:
    """The rule computed by hand, with scipy's quantile."""
    usual = np.mean([np.var(np.subtract(row, BEST), ddof=1) for row in OTHERS])
    known = len(differences)
    freedom = WORTH + known - 1
    squares = float(np.sum(np.subtract(differences, np.mean(differences)) ** 2))
    variance = (WORTH * usual + squares) / freedom
    error = math.sqrt(variance * (1 / known - 1 / 5))
    return float(student.ppf(0.95, freedom)) * error


@pytest.mark.parametrize("shape", [[1.0], [1.0, 1.4], [0.8, 1.0, 1.1, 1.3]])
def test_the_bound_is_the_one_of_the_formula(shape: list[float]) -> None:
    def stops(size: float) -> bool:
        return racing((np.array(shape) * size + BEST[: len(shape)]).tolist()) is not None

    low, high = 0.0, 5.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if stops(middle) else (middle, high)
    differences = [part * high for part in shape]
    assert np.mean(differences) == pytest.approx(margin(differences), rel=1e-6)


def test_the_reason_compares_what_is_expected_with_the_best() -> None:
    reason = racing([2.0, 3.0, 2.5])
    assert reason is not None
    assert reason.startswith("After 3 of 5 folds, 3 ± 0.1")
    assert reason.endswith("cannot plausibly reach the 2 of trial 0 any more.")


def test_one_hard_fold_is_no_reason_where_it_is_hard_for_all() -> None:
    assert racing([1.1]) is None
    assert racing([1.0, 2.0, 1.5, 3.0]) is None
    assert racing([3.0]) is not None  # the mean so far is that of the fourth fold of the best


def test_a_higher_confidence_stops_less() -> None:
    assert racing([1.3, 2.3]) is not None
    assert racing([1.3, 2.3], confidence=0.9999) is None


def test_equal_scores_never_stop() -> None:
    trials = [folds(number, [0.1 + 0.2] * 5) for number in range(6)]
    new = folds(6, [0.3, 0.3], RUNNING)
    past = history([*trials, new], 5, learns=False)
    assert FoldRacing().should_stop(past, new) is None


def test_a_higher_score_is_better_where_it_is_the_goal() -> None:
    goal, plan = Goal("accuracy"), Plan(60, steps=5)

    def trial(number: int, scores: list[float], state: TrialState) -> Trial:
        made = Trial(number, {}, Origin("random"), state)
        for index, score in enumerate(scores):
            made = add_step(made, index, {"accuracy": score})
        return made

    rng = np.random.default_rng(0)
    past = [
        trial(number, (0.9 + rng.normal(0, 0.01, 5)).tolist(), TrialState.COMPLETE)
        for number in range(6)
    ]
    for score, stops in ((0.6, True), (0.97, False)):
        new = trial(6, [score], TrialState.RUNNING)
        reason = FoldRacing().should_stop(History(Space([]), [goal], [*past, new], plan=plan), new)
        assert (reason is not None) == stops


@pytest.mark.parametrize("folds_in_all", [1, 2])
def test_with_fewer_than_three_folds_nothing_stops(folds_in_all: int) -> None:
    trials = [folds(number, [1.0 + number] * folds_in_all) for number in range(8)]
    new = folds(8, [99.0], RUNNING)
    past = history([*trials, new], folds_in_all, learns=False)
    assert FoldRacing().should_stop(past, new) is None


def test_nothing_stops_before_enough_trials_are_complete() -> None:
    assert racing([9.0, 9.0], startup=6) is None
    assert racing([9.0, 9.0], startup=5) is not None


def test_a_retracted_trial_is_no_standard() -> None:
    trials = [folds(number, row) for number, row in enumerate([BEST, *OTHERS, OTHERS[0]])]
    lucky = folds(6, [0.1] * 5, RETRACTED)
    new = folds(7, [1.05, 2.05], RUNNING)
    past = history([*trials, lucky, new], 5, learns=False)
    assert FoldRacing().should_stop(past, new) is None


def test_trials_that_are_the_best_one_once_more_do_not_make_one_bad_fold_decide() -> None:
    copies = [folds(number, BEST) for number in range(11)]
    new = folds(11, [BEST[0] + 0.001], RUNNING)
    assert FoldRacing().should_stop(history([*copies, new], 5, learns=False), new) is None
    others = [folds(number + 11, row) for number, row in enumerate(OTHERS)]
    new = folds(15, [BEST[0] + 0.001], RUNNING)
    past = history([*copies, *others, new], 5, learns=False)
    assert FoldRacing().should_stop(past, new) is None
    lost = folds(15, [BEST[0] + 5.0], RUNNING)
    past = history([*copies, *others, lost], 5, learns=False)
    assert FoldRacing().should_stop(past, lost) is not None


def test_where_repeats_are_averaged_the_leader_is_the_mean_of_its_runs() -> None:
    """What people repeat was lucky at first; the mean of its runs is what is to be beaten."""
    space = Space([Int("x", 0, 100)])
    rng = np.random.default_rng(0)

    def scored(number: int, x: int, loss: float, steps: int = 5) -> Trial:
        state = TrialState.COMPLETE if steps == 5 else RUNNING
        told = number + 1 if steps == 5 else None
        trial = Trial(number, {"x": x}, Origin("random"), state, told=told, seed=number)
        for index in range(steps):
            trial = add_step(trial, index, {LOSS.metric: loss + rng.normal(0, 0.002)})
        return trial

    lucky, unlucky = scored(0, 1, 0.10), scored(1, 1, 0.30)
    others = [scored(number, number, 0.35) for number in range(2, 8)]
    new = scored(8, 50, 0.15, steps=2)
    for averages, stops in ((True, False), (False, True)):
        plan = Plan(60, steps=5, averages=averages)
        past = History(space, [LOSS], [lucky, unlucky, *others, new], plan=plan)
        assert (FoldRacing().should_stop(past, new) is not None) is stops
