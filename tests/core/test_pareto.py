"""Pareto dominance and the dominated hypervolume, against definitions written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, HistoryBuilder
from hpo_gui.core.hypervolume import (
    hypervolume,
    hypervolume_contributions,
    hypervolume_so_far,
    reference_point,
)
from hpo_gui.core.parameter import Float
from hpo_gui.core.pareto import (
    crowding_distance,
    dominates,
    epsilon_front,
    fronts,
    is_front,
    knee,
)
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState

NAN = math.nan


@st.composite
def points(draw: st.DrawFn) -> np.ndarray:
    """Up to 24 points with 1 to 5 goals on a small grid, so that many are equal; some NaN."""
    goals = draw(st.integers(1, 5))
    value = st.one_of(st.integers(0, 4).map(float), st.just(NAN))
    rows = draw(st.lists(st.lists(value, min_size=goals, max_size=goals), max_size=24))
    return np.array(rows, dtype=float).reshape(-1, goals)


def _is_front_by_definition(losses: np.ndarray) -> list[bool]:
    known = [row for row in losses if not np.isnan(row).any()]
    return [
        not np.isnan(row).any() and not any(dominates(other, row) for other in known)
        for row in losses
    ]


@given(points())
@settings(max_examples=300, deadline=None)
def test_a_front_is_what_nothing_dominates(losses: np.ndarray) -> None:
    assert is_front(losses).tolist() == _is_front_by_definition(losses)


@given(points())
@settings(max_examples=100, deadline=None)
def test_fronts_are_peeled_off_one_by_one(losses: np.ndarray) -> None:
    ranks = fronts(losses)
    known = ~np.isnan(losses).any(axis=1)
    for rank in range(int(ranks.max(initial=-1)) + 1):
        left = np.flatnonzero(known & (ranks >= rank))
        expected = left[_is_front_by_definition(losses[left])]
        assert np.flatnonzero(known & (ranks == rank)).tolist() == expected.tolist()
    assert (ranks[~known] == ranks.max(initial=0)).all()


def test_sorting_stops_when_enough_are_ranked() -> None:
    losses = np.array([[0.0, 0], [1, 1], [2, 2], [3, 3]])
    assert fronts(losses, enough=2).tolist() == [0, 1, 2, 2]


@pytest.mark.parametrize("goals", [2, 3, 4, 5])
def test_the_hypervolume_is_the_share_of_a_fine_grid_that_is_dominated(goals: int) -> None:
    """Points on a grid: the volume counts the cells that some point dominates."""
    rng = np.random.default_rng(goals)
    for _ in range(5):
        losses = rng.integers(0, 6, size=(12, goals)).astype(float)
        corners = np.stack(np.meshgrid(*[np.arange(6.0)] * goals), axis=-1).reshape(-1, goals)
        counted = sum(bool(np.any(np.all(losses <= corner, axis=1))) for corner in corners)
        assert hypervolume(losses, np.full(goals, 6.0)) == pytest.approx(counted)


def test_points_beyond_the_reference_and_without_scores_count_nothing() -> None:
    losses = np.array([[0.5, 0.5], [2.0, 0.0], [NAN, 0.1], [0.2, 1.0]])
    assert hypervolume(losses, [1.0, 1.0]) == pytest.approx(0.25)
    assert hypervolume(np.empty((0, 3)), [1.0, 1.0, 1.0]) == 0.0


@pytest.mark.parametrize("goals", [2, 3, 4])
def test_the_volume_so_far_is_the_volume_of_the_points_so_far(goals: int) -> None:
    losses = np.random.default_rng(goals).random((15, goals))
    losses[3, 0] = NAN
    bound = np.ones(goals)
    expected = [hypervolume(losses[: row + 1], bound) for row in range(15)]
    assert hypervolume_so_far(losses, bound) == pytest.approx(expected)


def test_a_contribution_is_what_would_be_missing() -> None:
    front = np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]])
    assert hypervolume_contributions(front, [3.0, 3.0]) == pytest.approx([1.0, 1.0, 1.0])


def test_equal_points_dominate_each_other_not_and_contribute_nothing() -> None:
    front = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert is_front(front).all()
    assert hypervolume_contributions(front, [2.0, 2.0]).tolist() == [0.0, 0.0]


def test_the_reference_is_a_tenth_of_the_range_beyond_the_worst() -> None:
    assert reference_point(np.array([[0.0, 5.0], [10.0, 5.0]])) == pytest.approx([11.0, 5.5])
    assert reference_point(np.zeros((1, 2))) == pytest.approx([0.1, 0.1])


def test_the_knee_is_where_all_goals_are_nearly_at_their_best() -> None:
    front = np.array([[0.0, 100.0], [0.1, 20.0], [0.6, 10.0], [1.0, 0.0]])
    assert knee(front) == 1
    assert knee(np.ones((3, 2))) is None
    assert knee(np.empty((0, 2))) is None


def test_ends_of_a_front_are_infinitely_far_from_their_neighbours() -> None:
    distance = crowding_distance(np.array([[0.0, 4.0], [1.0, 2.0], [4.0, 0.0]]))
    assert distance.tolist() == [math.inf, pytest.approx(2.0), math.inf]
    assert crowding_distance(np.ones((2, 2))).tolist() == [0.0, 0.0]
    assert crowding_distance(np.empty((0, 2))).tolist() == []


def test_within_epsilon_is_what_is_not_clearly_worse() -> None:
    losses = np.array([[0.0, 1.0], [0.05, 1.02], [0.5, 1.5], [1.0, 0.0], [NAN, 0.0]])
    assert epsilon_front(losses, 0.1).tolist() == [True, True, False, True, False]
    assert epsilon_front(losses, 0.0).tolist() == is_front(losses).tolist()


# --- the history ------------------------------------------------------------------------------

SPACE = Space([Float("x", 0.0, 1.0)])


def history(scores: list[tuple[float, float]], *goals: Goal) -> History:
    trials = [
        Trial(
            number,
            {"x": number / 100},
            Origin("random"),
            TrialState.COMPLETE,
            scores={"a": a, "b": b},
            told=number + 1,
        )
        for number, (a, b) in enumerate(scores)
    ]
    return History(SPACE, goals or (Goal("a", "maximize"), Goal("b", "minimize")), trials)


def test_the_front_of_a_study_is_in_the_order_of_the_first_goal() -> None:
    found = history([(0.5, 5.0), (0.9, 9.0), (0.7, 7.0), (0.6, 8.0)])
    assert found.front.tolist() == [1, 2, 0]
    assert found.best is found.trials[1]
    assert found.improved == 3


def test_only_feasible_trials_are_on_the_front() -> None:
    goals = (Goal("a", "maximize", threshold=0.65), Goal("b", "minimize"))
    found = history([(0.5, 5.0), (0.9, 9.0), (0.7, 7.0)], *goals)
    assert found.feasible.tolist() == [1, 2]
    assert found.front.tolist() == [1, 2]
    assert found.violations[:, 0] == pytest.approx([0.15, 0.0, 0.0])
    assert found.best_so_far.tolist() == [pytest.approx(NAN, nan_ok=True), -0.9, -0.9]


def test_where_no_trial_is_feasible_the_nearest_is_the_best() -> None:
    goals = (Goal("a", "maximize", threshold=1.0), Goal("b", "minimize", threshold=1.0))
    found = history([(0.5, 5.0), (0.9, 2.0), (0.99, 9.0)], *goals)
    assert not len(found.front)
    assert found.best is found.trials[1]
    assert found.improved == 2


def test_an_equal_of_a_trial_on_the_front_is_no_progress() -> None:
    assert history([(0.5, 5.0), (0.9, 9.0), (0.5, 5.0)]).improved == 2


def test_a_study_without_scores_has_no_front() -> None:
    found = history([])
    assert not len(found.front)
    assert found.best is None
    assert found.improved == 0
    assert history([(NAN, 1.0)]).best is None


def test_with_one_goal_the_front_is_the_best_trial_and_its_equals() -> None:
    found = history([(0.5, 5.0), (0.9, 9.0), (0.9, 1.0)], Goal("a", "maximize"))
    assert found.front.tolist() == [1, 2]
    assert found.best is found.trials[1]


def test_a_front_that_grows_is_that_of_all_trials() -> None:
    goals = [Goal(f"loss{place}", "minimize", threshold=0.9) for place in range(3)]
    rng = np.random.default_rng(4)
    builder = HistoryBuilder(Space([]), goals)

    def put(number: int, state: TrialState = TrialState.COMPLETE) -> None:
        drawn = rng.integers(0, 12, 3) / 12  # with equals
        scores = {goal.metric: float(value) for goal, value in zip(goals, drawn, strict=True)}
        builder.put(Trial(number, {}, Origin("random"), state, scores=scores, told=number + 1))

    for number in range(60):
        put(number)
        if number % 7 == 3:
            put(number // 2, TrialState.RETRACTED if number % 2 else TrialState.COMPLETE)
        if number % 3:  # now and then nobody asks
            grown = builder.snapshot()
            whole = History(grown.space, goals, grown.trials)
            assert grown.front.tolist() == whole.front.tolist()
            assert grown.led_by("loss1").front.tolist() == whole.led_by("loss1").front.tolist()
