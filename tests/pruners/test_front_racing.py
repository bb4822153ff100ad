"""Fold racing with several goals: only what cannot get onto the Pareto front stops."""

from __future__ import annotations

import re

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, HistoryBuilder
from hpo_gui.core.pareto import is_front
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState, add_step
from hpo_gui.pruners.fold_racing import FoldRacing

FOLDS = 5
ERROR, TIME, SIZE = Goal("error"), Goal("fit_time"), Goal("model_size")
HARD = np.array([0.0, 0.4, 0.1, 0.3, 0.2])
"""How much harder each fold is, for everybody."""

FloatArray = NDArray[np.float64]


def raced(
    number: int, rows: FloatArray, goals: tuple[Goal, ...], state: TrialState = TrialState.COMPLETE
) -> Trial:
    """A trial by its losses, shape (folds done, goals); the size of a model in fold 0 only."""
    told = None if state.is_open else number + 1
    trial = Trial(number, {}, Origin("random"), state, told=told)
    for index, row in enumerate(np.asarray(rows).tolist()):
        scores = {
            goal.metric: goal.loss(loss)
            for goal, loss in zip(goals, row, strict=True)
            if goal.metric != "model_size" or index == 0
        }
        trial = add_step(trial, index, scores)
    return trial


def level(*means: float, noise: float = 0.0, seed: int = 0) -> FloatArray:
    """Losses of all folds around the means, shape (FOLDS, goals)."""
    rng = np.random.default_rng(seed)
    rows = np.array(means) + HARD[:, None] + noise * rng.standard_normal((FOLDS, len(means)))
    return np.asarray(rows)


def verdict(
    complete: list[FloatArray],
    rows: FloatArray,
    goals: tuple[Goal, ...] = (ERROR, TIME),
    **options: float,
) -> str | None:
    trials = [raced(number, past, goals) for number, past in enumerate(complete)]
    new = raced(len(trials), rows, goals, TrialState.RUNNING)
    past = History(Space([]), goals, [*trials, new], plan=Plan(60, steps=FOLDS))
    return msgspec.convert(options, FoldRacing).should_stop(past, new)


FRONT = [
    level(0.0, 1.0, noise=0.02, seed=1),
    level(0.5, 0.5, noise=0.02, seed=2),
    level(1.0, 0.0, noise=0.02, seed=3),
    level(1.1, 0.9, noise=0.02, seed=4),
    level(0.6, 1.2, noise=0.02, seed=5),
]
"""Three trials of the front: quick ones err; and two behind it."""


@pytest.mark.parametrize("done", [1, 2, 3, 4])
def test_what_one_trial_beats_by_every_goal_stops_and_says_so(done: int) -> None:
    reason = verdict(FRONT, level(0.8, 0.8)[:done])
    assert reason is not None
    told = re.fullmatch(
        rf"After {done} of 5 folds, it cannot plausibly beat trial 1 by any goal any more: "
        r"error (\S+) ± \S+ against 0\.7\S*, fit_time (\S+) ± \S+ against 0\.69\S*\.",
        reason,
    )
    assert told is not None
    assert [float(score) for score in told.groups()] == pytest.approx([1.0, 1.0], abs=0.03)


@pytest.mark.parametrize("means", [(0.2, 0.8), (0.7, 0.3), (0.45, 0.6), (-0.1, 9.0)])
def test_a_compromise_goes_on_though_each_goal_has_a_better_one(
    means: tuple[float, float],
) -> None:
    for done in range(1, FOLDS):
        assert verdict(FRONT, level(*means)[:done]) is None


def test_two_trials_that_beat_it_by_one_goal_each_are_no_reason() -> None:
    ends = [FRONT[0], FRONT[2], *(level(1.5, 1.5, noise=0.02, seed=n) for n in range(3))]
    assert verdict(ends, level(0.9, 0.9)[:2]) is None
    assert verdict([*ends, FRONT[1]], level(0.9, 0.9)[:2]) is not None


def test_a_higher_score_is_better_where_it_is_the_goal() -> None:
    goals = (Goal("accuracy"), TIME)
    past = [level(-0.9 + n / 10, 0.5 + n / 10, noise=0.01, seed=n) for n in range(5)]
    assert verdict(past, level(-0.5, 1.0)[:2], goals) is not None
    assert verdict(past, level(-0.95, 1.0)[:2], goals) is None
    assert verdict(past, level(-0.5, 0.4)[:2], goals) is None


def test_a_size_that_is_measured_once_is_known_exactly_from_then_on() -> None:
    goals = (ERROR, SIZE)
    past = [level(n / 10, 900 - 100 * n, noise=0.01, seed=n) for n in range(5)]
    for done in range(1, FOLDS):
        assert verdict(past, level(0.8, 500.5)[:done], goals) is not None
        assert verdict(past, level(0.8, 499.5)[:done], goals) is None
    # NOTE: with the same size the error alone decides
    assert verdict(past, level(0.8, 500.0)[:2], goals) is not None
    assert verdict(past, level(0.38, 500.0)[:2], goals) is None


def test_a_time_with_an_outlier_makes_the_test_careful() -> None:
    slow = [rows.copy() for rows in FRONT]
    for rows, fold in zip(slow, (0, 1, 2, 3, 4), strict=True):
        rows[fold, 1] += 4.0
    assert verdict(FRONT, level(0.8, 0.8)[:2]) is not None
    assert verdict(slow, level(0.8, 1.8)[:2]) is None


def test_a_goal_that_no_fold_tells_stops_nothing() -> None:
    goals = (ERROR, TIME)
    trials = [raced(number, rows, goals) for number, rows in enumerate(FRONT)]
    new = raced(5, level(9.0)[:2], (ERROR,), TrialState.RUNNING)
    past = History(Space([]), goals, [*trials, new], plan=Plan(60, steps=FOLDS))
    assert FoldRacing().should_stop(past, new) is None


def test_equals_never_stop() -> None:
    same = [level(0.3, 0.7)] * 6
    for done in range(1, FOLDS):
        assert verdict(same, level(0.3, 0.7)[:done]) is None


def test_nothing_stops_before_enough_trials_are_complete_or_after_the_last_fold() -> None:
    assert verdict(FRONT[:4], level(0.9, 0.9)[:2]) is None
    assert verdict(FRONT, level(0.9, 0.9)[:2], startup=6) is None
    assert verdict(FRONT, level(0.9, 0.9)) is None


class TestThresholds:
    LIMITED = (Goal("error", threshold=0.9), TIME)

    def test_what_cannot_reach_one_stops_once_another_trial_keeps_all(self) -> None:
        reason = verdict(FRONT, level(2.0, -1.0)[:2], self.LIMITED)
        assert reason is not None
        wanted = r"After 2 of 5 folds, error 2\.\d+ ± 0\.\d+ cannot plausibly reach the threshold "
        assert re.fullmatch(wanted + r"of 0\.9 any more\.", reason)

    def test_what_may_still_reach_it_goes_on(self) -> None:
        assert verdict(FRONT, level(0.7, -1.0)[:2], self.LIMITED) is None

    def test_while_no_trial_keeps_them_all_nothing_stops(self) -> None:
        nobody = (Goal("error", threshold=-5.0), TIME)
        assert verdict(FRONT, level(2.0, 2.0)[:2], nobody) is None

    def test_a_trial_that_misses_one_is_nobody_to_lose_to(self) -> None:
        # trial 2 would dominate it, and is not feasible
        assert verdict(FRONT, level(0.65, 0.1)[:2], self.LIMITED) is None
        past = [*FRONT, level(0.6, -0.5, noise=0.02, seed=9)]
        assert verdict(past, level(0.65, 0.1)[:2], self.LIMITED) is not None


# --- whole studies ----------------------------------------------------------------------------


def race(values: FloatArray, goals: tuple[Goal, ...]) -> tuple[NDArray[np.bool_], float]:
    """Run trials one by one; which of them ended, and the share of the fits.

    ``values``: losses, shape (n, FOLDS, goals).
    """
    builder = HistoryBuilder(Space([]), goals, plan=Plan(len(values), steps=FOLDS))
    ended = np.ones(len(values), dtype=bool)
    fits = 0
    for number, rows in enumerate(values):
        for done in range(1, FOLDS + 1):
            fits += 1
            trial = raced(number, rows[:done], goals, TrialState.RUNNING)
            builder.put(trial)
            if done < FOLDS and FoldRacing().should_stop(builder.snapshot(), trial):
                ended[number] = False
                break
        state = TrialState.COMPLETE if ended[number] else TrialState.PRUNED
        builder.put(msgspec.structs.replace(trial, state=state, told=number + 1))
    return ended, fits / (len(values) * FOLDS)


@settings(max_examples=25, deadline=None)
@given(
    means=st.lists(st.lists(st.integers(0, 6), min_size=3, max_size=3), min_size=6, max_size=25),
    count=st.integers(2, 3),
    hard=st.lists(st.integers(0, 4), min_size=FOLDS, max_size=FOLDS),
)
def test_without_noise_no_trial_of_the_final_front_is_stopped(
    means: list[list[int]], count: int, hard: list[int]
) -> None:
    levels = np.array(means, dtype=float)[:, :count]
    values = levels[:, None, :] + np.array(hard, dtype=float)[None, :, None]
    goals = (ERROR, TIME, SIZE)[:count]
    ended, _ = race(values, goals)
    if count == 3:
        levels[:, 2] += hard[0]
    assert ended[is_front(levels)].all()


@pytest.mark.parametrize("kind", ["both in every fold", "size once", "times with outliers"])
def test_with_noise_hardly_any_member_of_the_front_is_stopped(kind: str) -> None:
    goals = (ERROR, SIZE) if kind == "size once" else (ERROR, TIME)
    members = stopped = 0
    shares = []
    for seed in range(2):
        rng = np.random.default_rng([seed, *kind.encode()])
        along, behind = rng.random(50), rng.gamma(1.5, 0.25, (50, 1)) * rng.random((50, 2))
        means = np.column_stack([along, 1 - np.sqrt(along)]) + behind
        values = means[:, None, :] + HARD[None, :, None] + rng.normal(0, 0.03, (50, FOLDS, 2))
        if kind == "times with outliers":
            times = 10 ** (2 * means[:, 1:]) * np.exp(rng.normal(0, 0.1, (50, FOLDS)))
            values[:, :, 1] = np.where(rng.random((50, FOLDS)) < 0.03, 3 * times, times)
        ended, share = race(values, goals)
        ends = values.mean(axis=1)
        if kind == "size once":
            ends[:, 1] = values[:, 0, 1]
        members += int(is_front(ends).sum())
        stopped += int((is_front(ends) & ~ended).sum())
        shares.append(share)
    assert stopped <= 0.05 * members
    assert np.mean(shares) < 0.8
