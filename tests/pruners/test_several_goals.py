"""Pruners in studies of several goals: rungs by fronts, and the median of every goal."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.kept import Kept
from hpo_gui.core.pareto import dominates
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Learned, Origin, Trial, TrialState, add_step
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.pruners.courses import all_losses_after, kept_losses_after
from hpo_gui.pruners.median import Median
from hpo_gui.pruners.pruner import Halts
from hpo_gui.pruners.successive_halving import SuccessiveHalving

GOALS = (Goal("loss"), Goal("fit_time"))
ABLE = [entry.name for entry in PRUNERS if getattr(entry.kind, "several_goals", False)]
STEPS = 8


def learnt(number: int, loss: float, time: float, state: TrialState, steps: int = STEPS) -> Trial:
    """A trial with the same two losses after each of its steps."""
    told = None if state.is_open else number + 1
    trial = Trial(number, {}, Origin("random"), state, told=told)
    for index in range(steps):
        trial = add_step(trial, index, Learned({"loss": (loss, loss), "fit_time": (time, time)}))
    return trial


def past(trials: list[Trial]) -> History:
    return History(Space([]), GOALS, trials, plan=Plan(60, steps=STEPS, learns=True))


def at_rung(points: list[tuple[float, float]], **options: object) -> list[str | None]:
    """The verdicts on trials that are all at the first rung, after one step."""
    trials = [
        learnt(number, *losses, TrialState.RUNNING, steps=1)
        for number, losses in enumerate(points)
    ]
    pruner = SuccessiveHalving(least=1, **options)  # type: ignore[arg-type]
    history = past(trials)
    return [pruner.should_stop(history, trial) for trial in trials]


def test_all_pruners_that_know_several_goals_say_so() -> None:
    assert ABLE == ["fold_racing", "successive_halving", "hyperband", "median", "none"]


FRONT = [(0.0, 1.0), (0.3, 0.6), (0.6, 0.3), (1.0, 0.0)]
BEHIND = [(0.2, 1.2), (0.5, 0.9), (0.9, 0.7), (1.2, 0.2)]


@pytest.mark.parametrize("options", [{}, {"mode": "synchronous", "cohort": 8}])
def test_from_a_rung_the_better_fronts_go_on(options: dict[str, object]) -> None:
    reasons = at_rung([*FRONT, *BEHIND], **options)
    assert reasons[:4] == [None] * 4
    for reason in reasons[4:]:
        assert reason is not None
        assert reason.startswith("After 1 of 8 steps, it is not among the best half of 8 trials")


def test_on_one_front_those_that_are_far_apart_go_on() -> None:
    crowd = [(0.48, 0.52), (0.49, 0.51), (0.50, 0.50), (0.51, 0.49)]
    reasons = at_rung([*FRONT[:1], (0.2, 0.75), *crowd, (0.75, 0.2), *FRONT[3:]])
    assert [number for number, reason in enumerate(reasons) if reason is None] == [0, 1, 6, 7]


def test_a_trial_without_a_number_for_one_goal_is_behind_all_others() -> None:
    reasons = at_rung([(-9.0, math.nan), *FRONT[:2], *BEHIND[:1]])
    assert [reason is None for reason in reasons] == [False, True, True, False]


def test_equals_all_go_on_where_nobody_waits() -> None:
    assert at_rung([(0.5, 0.5)] * 6) == [None] * 6


def test_what_the_first_fold_alone_tells_holds_after_the_others() -> None:
    goals = (Goal("loss"), Goal("model_size"))
    trial = Trial(0, {}, Origin("random"), TrialState.RUNNING)
    for index, scores in enumerate([{"loss": 1.0, "model_size": 70.0}, {"loss": 2.0}]):
        trial = add_step(trial, index, scores)
    history = History(Space([]), goals, [trial], plan=Plan(60, steps=5))
    assert all_losses_after(history, 1).tolist() == [[1.0, 70.0]]
    assert all_losses_after(history, 2).tolist() == [[1.5, 70.0]]
    assert np.isnan(all_losses_after(history, 3)).all()


def median(
    points: list[tuple[float, float]], own: tuple[float, float], percentile: float = 50.0
) -> str | None:
    trials = [learnt(n, *losses, TrialState.COMPLETE) for n, losses in enumerate(points)]
    new = learnt(len(trials), *own, TrialState.RUNNING, steps=3)
    return Median(percentile=percentile).should_stop(past([*trials, new]), new)


def test_the_median_stops_what_is_worse_by_every_goal() -> None:
    points = [*FRONT, (0.5, 0.5)]
    assert median(points, (0.9, 0.9)) == (
        "After 3 of 8 steps, it has not got beyond the median of 5 complete trials by any goal: "
        "0.9 against 0.5, 0.9 against 0.5."
    )
    assert median(points, (0.9, 0.4)) is None
    assert median(points, (0.4, 9.0)) is None


def test_a_lower_percentile_spares_a_compromise_that_nobody_beats_by_all_goals() -> None:
    ends = [(0.0, 1.0), (0.1, 0.9), (0.2, 0.8), (0.8, 0.2), (0.9, 0.1), (1.0, 0.0)]
    assert median(ends, (0.5, 0.5), percentile=25) is None
    assert median([*ends, (0.4, 0.4)], (0.5, 0.5), percentile=25) is not None


@pytest.mark.parametrize("name", ABLE)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**16), count=st.integers(1, 20))
def test_what_dominates_all_others_is_never_stopped(name: str, seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    states = [TrialState.COMPLETE, TrialState.RUNNING, TrialState.PRUNED]
    trials = []
    for number in range(count):
        loss, time = rng.random(2).tolist()
        trials.append(learnt(number, loss, time, states[int(rng.integers(3))]))
    pruner = PRUNERS.make(name)
    for steps in range(1, STEPS):
        new = learnt(count, -1.0, -1.0, TrialState.RUNNING, steps)
        history = past([*trials, new])
        assert pruner.should_stop(history, new) is None
        assert not isinstance(pruner, Halts) or not pruner.should_wait(history, new)
        for trial in trials:
            if trial.state.is_open:
                reason = pruner.should_stop(history, trial)
                assert reason == pruner.should_stop(history, trial)
                assert reason is None or reason.endswith(".")


def test_an_asynchronous_rung_lets_at_least_its_share_of_the_front_go_on() -> None:
    rng = np.random.default_rng(3)
    points = [(loss, time) for loss, time in rng.random((40, 2)).tolist()]
    going = [point for point, reason in zip(points, at_rung(points), strict=True) if not reason]
    assert 20 <= len(going) <= 22
    best = [p for p in points if not any(dominates(other, p) for other in points)]
    assert set(best) <= set(going)


KEPT = Kept("loss")


def learning(number: int, losses: list[float], seconds: float, state: TrialState) -> Trial:
    """A training whose time grows by so many seconds a step."""
    told = None if state.is_open else number + 1
    trial = Trial(number, {}, Origin("random"), state, told=told)
    for index, loss in enumerate(losses):
        both = {"loss": (loss, loss), "fit_time": (seconds * (index + 1),)}
        trial = add_step(trial, index, Learned(both))
    return trial


def test_at_a_rung_all_goals_are_those_of_the_step_that_would_remain() -> None:
    """The third is best by both goals in its first step, and the slowest in its last one."""
    trials = [
        learning(0, [0.60, 0.40], 1.0, TrialState.RUNNING),
        learning(1, [0.61, 0.41], 1.1, TrialState.RUNNING),
        learning(2, [0.05, 0.90], 1.5, TrialState.RUNNING),
        learning(3, [0.62, 0.42], 0.95, TrialState.RUNNING),
    ]
    plan = Plan(60, steps=STEPS, learns=True, kept=KEPT)
    kept = History(Space([]), GOALS, trials, plan=plan)
    assert kept_losses_after(kept, 2).tolist() == [
        [0.4, 2.0],
        [0.41, 2.2],
        [0.05, 1.5],
        [0.42, 1.9],
    ]
    pruner = SuccessiveHalving(eta=2, least=2)
    stopped = [pruner.should_stop(kept, trial) is not None for trial in trials]
    assert stopped == [False, True, False, False]


def test_the_median_of_several_goals_knows_that_times_only_grow() -> None:
    done = [learning(n, [0.5, 0.4, 0.3, 0.2], 1.0, TrialState.COMPLETE) for n in range(6)]
    worse = learning(6, [0.9, 0.9, 0.9], 2.9, TrialState.RUNNING)
    plan = Plan(60, steps=4, learns=True)
    history = History(Space([]), GOALS, [*done, worse], plan=plan)
    assert Median().should_stop(history, worse) is not None
