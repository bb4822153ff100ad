"""Fronts of studies against their definitions, and what is said of knee, chance and growth."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hpo_gui.analysis.comparison import compare
from hpo_gui.analysis.convergence import convergence, volume_course
from hpo_gui.analysis.front_growth import growth
from hpo_gui.analysis.leaderboard import leaderboard
from hpo_gui.analysis.parallel import parallel
from hpo_gui.analysis.pareto import (
    dominators,
    half_widths,
    pareto,
    ranks,
    staircase,
    suggested,
    within_epsilon,
)
from hpo_gui.analysis.significance import has_folds, not_dominated
from hpo_gui.core.counting import counted
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.hypervolume import hypervolume, hypervolume_so_far
from hpo_gui.core.parameter import Int
from hpo_gui.core.pareto import dominates, epsilon_front, is_front
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState, summarize
from tests.support.several_goals import (
    ACCURACY,
    DOMINATED,
    KNEE,
    SIZE,
    TIME,
    history,
    trial,
    trials,
)

LOSSES = st.integers(2, 4).flatmap(
    lambda goals: arrays(float, (9, goals), elements=st.integers(0, 6).map(float))
)


def of_losses(losses: np.ndarray, **goal: float) -> History:
    goals = [Goal(f"loss{place}", "minimize", **goal) for place in range(losses.shape[1])]
    made = [
        Trial(
            number,
            {},
            Origin("random"),
            TrialState.COMPLETE,
            scores={g.metric: float(v) for g, v in zip(goals, row, strict=True)},
            told=number + 1,
        )
        for number, row in enumerate(losses)
    ]
    return History(Space([]), goals, made)


@given(LOSSES)
def test_the_front_is_what_nothing_dominates(losses: np.ndarray) -> None:
    made = pareto(of_losses(losses))
    rows = range(len(losses))
    for row in rows:
        beaten = any(dominates(losses[other], losses[row]) for other in rows)
        assert made.on_front[row] != beaten
    assert sorted(made.front.tolist()) == np.flatnonzero(made.on_front).tolist()


@given(LOSSES)
def test_every_dominator_is_on_the_front_and_dominates(losses: np.ndarray) -> None:
    made = pareto(of_losses(losses))
    for row in range(len(losses)):
        found = dominators(made, row)
        assert bool(found) != made.on_front[row]
        assert all(dominates(losses[number], losses[row]) for number in found)


@given(LOSSES, st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_the_epsilon_front_keeps_to_its_definition(losses: np.ndarray, epsilon: float) -> None:
    within, front = epsilon_front(losses, epsilon), is_front(losses)
    for row, point in enumerate(losses):
        beaten = any(np.all(best <= point - epsilon) for best in losses[front])
        assert within[row] == (front[row] or not beaten)


@given(LOSSES)
def test_the_volume_grows_to_that_of_the_front(losses: np.ndarray) -> None:
    bound = np.full(losses.shape[1], 7.0)
    grown = hypervolume_so_far(losses, bound)
    for row in range(len(losses)):
        assert grown[row] == pytest.approx(hypervolume(losses[: row + 1], bound))


@given(LOSSES)
def test_the_staircase_bounds_what_the_front_dominates(losses: np.ndarray) -> None:
    history = of_losses(losses[:, :2])
    made = pareto(history)
    x, y = staircase(made)
    assert np.all(np.diff(x) >= 0)
    assert np.all(np.diff(y) <= 0)
    corners = set(zip(x.tolist(), y.tolist(), strict=True))
    assert all(tuple(row) in corners for row in made.losses[made.on_front].tolist())


def test_a_study_with_two_goals_has_front_knee_and_ends() -> None:
    made = pareto(history())
    assert made.front.tolist() == [0, 1, 2, 3, 4]
    assert made.bests == (0, 4)
    assert made.knee == KNEE
    assert dominators(made, DOMINATED) == (1, 2)
    assert ranks(made).tolist() == [0, 0, 0, 0, 0, 1]
    assert suggested(history()) == (history().trials[KNEE], "knee")


def test_a_front_that_bulges_outwards_or_has_two_points_has_no_knee() -> None:
    outwards = history([(0.9, 100.0), (0.62, 58.0), (0.5, 10.0)])
    assert len(pareto(outwards).front) == 3
    assert pareto(outwards).knee is None
    two = history([(0.9, 100.0), (0.5, 10.0)])
    assert pareto(two).knee is None
    assert suggested(two) == (two.trials[0], "best")


def test_thresholds_take_trials_off_the_front() -> None:
    goals = (Goal("accuracy", "maximize", threshold=0.9), SIZE)
    made = pareto(history(goals=goals))
    assert made.front.tolist() == [0, 1, 2]
    assert made.feasible.tolist() == [True, True, True, False, False, True]
    assert dominators(made, 3) == ()
    assert ranks(made).tolist() == [0, 0, 0, 2, 2, 1]


def test_without_a_feasible_trial_the_nearest_is_named() -> None:
    goals = (Goal("accuracy", "maximize", threshold=0.98), Goal("model_size", threshold=150.0))
    made = pareto(history(goals=goals))
    assert not len(made.front)
    assert made.bests == ()
    assert made.knee is None
    assert made.nearest == KNEE
    found = suggested(history(goals=goals))
    assert found is not None
    assert found[1] == "nearest"
    assert not len(growth(history(goals=goals), made).volumes)


def test_a_study_without_a_complete_trial_has_nothing() -> None:
    made = pareto(
        History(
            Space([]),
            [ACCURACY, SIZE],
            [trial(0, (0, 0), (ACCURACY, SIZE), state=TrialState.FAILED)],
        )
    )
    assert not len(made.numbers)
    assert made.nearest is None
    assert staircase(made)[0].tolist() == []


@pytest.mark.parametrize("scores", [[(0.5, 10.0)], [(0.5, 10.0)] * 4])
def test_one_trial_and_its_equals_are_the_front(scores: list[tuple[float, float]]) -> None:
    shown = history(scores)
    made = pareto(shown)
    assert made.front.tolist() == list(range(len(scores)))
    assert made.knee is None
    assert growth(shown, made).volume > 0


def test_a_goal_that_never_changes_leaves_the_best_of_the_other() -> None:
    made = pareto(history([(0.5, 10.0), (0.7, 10.0), (0.6, 10.0)]))
    assert made.front.tolist() == [1]
    assert made.bests == (1, 1)


def test_scales_far_apart_do_not_matter() -> None:
    scores = [(a * 1e-9, b * 1e9) for a, b in ((9, 9), (8, 4), (7, 1), (2, 0.9))]
    made = pareto(history(scores))
    assert made.front.tolist() == [0, 1, 2, 3]
    assert made.knee == 2
    assert within_epsilon(made, 0.1).all()
    assert 0 < growth(history(scores), made).share <= 1


def test_epsilon_lets_in_what_is_near_the_front() -> None:
    made = pareto(history([(0.9, 100.0), (0.5, 10.0), (0.895, 101.0), (0.6, 90.0)]))
    assert made.front.tolist() == [0, 3, 1]
    assert within_epsilon(made, 0.0).tolist() == [True, True, False, True]
    assert within_epsilon(made, 0.05).tolist() == [True, True, True, True]


def test_five_goals_have_a_front_and_a_growth() -> None:
    losses = np.random.default_rng(3).random((60, 5))
    shown = of_losses(losses)
    made = pareto(shown)
    grown = growth(shown, made)
    assert made.on_front.tolist() == is_front(losses).tolist()
    assert np.all(np.diff(grown.volumes) >= -1e-12)
    assert len(parallel(shown, goals_only=True).axes) == 5


def test_an_estimated_volume_is_near_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = of_losses(np.random.default_rng(5).random((200, 3)))
    made = pareto(shown)
    exact = growth(shown, made)
    monkeypatch.setattr("hpo_gui.analysis.front_growth.EXACT_COST", 0)
    rough = growth(shown, made)
    assert (exact.exact, rough.exact) == (True, False)
    assert np.all(np.diff(rough.volumes) >= 0)
    assert rough.volumes == pytest.approx(exact.volumes, abs=0.02 * exact.whole)


def test_growth_follows_the_order_of_finishing_and_the_references_of_the_goals() -> None:
    goals = (
        Goal("accuracy", "maximize", reference=0.5),
        Goal("model_size", "minimize", reference=1000.0),
    )
    made = trials(goals=goals)
    made[0], made[1] = _told(made[0], 2), _told(made[1], 1)
    shown = History(history().space, goals, made)
    grown = growth(shown, pareto(shown))
    assert grown.numbers.tolist() == [1, 0, 2, 3, 4, 5]
    assert grown.reference == (0.5, 1000.0)
    assert grown.volumes[0] == pytest.approx(0.47 * 500)
    assert np.all(np.diff(grown.volumes) >= 0)


def _told(one: Trial, order: int) -> Trial:
    import msgspec

    return msgspec.structs.replace(one, told=order)


# --- chance -----------------------------------------------------------------------------------


def noisy(count: int, goals: int, seed: int) -> History:
    rng = np.random.default_rng(seed)
    wanted = [Goal(f"loss{place}", "minimize") for place in range(goals)]
    made = []
    for number in range(count):
        folds = {
            goal.metric: tuple(float(v) for v in rng.random() * 0.2 + rng.normal(0, 0.02, 5))
            for goal in wanted
        }
        scores = {name: float(np.mean(values)) for name, values in folds.items()}
        made.append(
            Trial(
                number,
                {},
                Origin("random"),
                TrialState.COMPLETE,
                scores=scores,
                fold_scores=folds,
                told=number + 1,
            )
        )
    return History(Space([]), wanted, made)


@pytest.mark.parametrize(("goals", "seed"), [(2, 0), (2, 1), (3, 2)])
def test_significant_dominance_is_that_of_single_comparisons(goals: int, seed: int) -> None:
    shown = noisy(40, goals, seed)
    made = pareto(shown)
    kept = not_dominated(shown, made)
    for number in range(len(shown)):
        beaten = any(
            all(
                compare(shown.trials[best], shown.trials[number], goal).verdict == "better"
                for goal in shown.goals
            )
            for best in made.front.tolist()
            if best != number
        )
        assert kept[number] == (made.on_front[number] or not beaten)
    assert made.on_front.sum() < kept.sum() < len(shown)
    assert has_folds(shown, made)


def test_a_goal_measured_once_is_taken_as_exact() -> None:
    shown = history([(0.95, 100.0), (0.9501, 120.0), (0.80, 100.0), (0.949, 110.0)])
    made = pareto(shown)
    assert made.front.tolist() == [1, 0]
    # trial 2 is worse beyond chance where the size is the same; folds of trial 3 are those of 0,
    # each a little worse
    assert not_dominated(shown, made).tolist() == [True, True, False, False]


def test_intervals_of_the_front_need_two_folds() -> None:
    widths = half_widths(history(), pareto(history()).front)
    assert widths.shape == (5, 2)
    assert np.all(widths[:, 0] > 0)
    assert np.isnan(widths[:, 1]).all()


# --- what goes by several goals ---------------------------------------------------------------


def test_a_history_can_be_led_by_another_goal() -> None:
    shown = history()
    other = shown.led_by("model_size")
    assert shown.best is not None
    assert other.best is not None
    assert (shown.best.number, other.best.number) == (0, 4)
    assert other.goal is SIZE
    assert sorted(other.front.tolist()) == sorted(shown.front.tolist())
    assert shown.led_by("accuracy") is shown
    assert shown.led_by("unknown") is shown


def test_the_leaderboard_has_the_front_first() -> None:
    places = leaderboard(history())
    assert [place.trial.number for place in places] == [0, 1, 2, 3, 4, 5]
    assert [place.rank for place in places] == [1, 1, 1, 1, 1, 2]


@pytest.mark.parametrize("worst", [math.inf, 1.7e308])
def test_the_nearest_to_the_thresholds_come_first_beside_scores_without_end(worst: float) -> None:
    rows = np.array([(0.1, 5.0), (0.2, 1.5), (0.3, 1.25), (0.05, worst), (-1.7e308, 9.0)])
    shown = of_losses(rows, threshold=1.0)
    with np.errstate(over="raise", invalid="raise"):
        places = leaderboard(shown)
    assert places[0].trial is shown.best
    assert [place.trial.number for place in places[:3]] == [2, 1, 0]


def test_the_leaderboard_has_what_is_not_feasible_last() -> None:
    goals = (Goal("accuracy", "maximize", threshold=0.75), Goal("model_size", threshold=550.0))
    places = leaderboard(history(goals=goals))
    assert [place.trial.number for place in places if place.feasible] == [1, 2, 3]
    assert [place.trial.number for place in places[3:]] == [5, 4, 0]


def test_the_best_line_leaves_out_what_is_not_feasible() -> None:
    goals = (ACCURACY, Goal("model_size", threshold=550.0))
    shown = convergence(history(goals=goals))
    assert shown.best == 1
    assert shown.line_y[-1] == pytest.approx(0.97)


def test_the_course_of_the_volume_never_falls() -> None:
    course = volume_course(history())
    assert np.all(np.diff(course.line_y) >= 0)
    assert course.baseline is None
    assert math.isfinite(course.scores[DOMINATED])


def test_parallel_lines_of_goals_have_the_good_side_up() -> None:
    shown = parallel(history(), goals_only=True)
    assert [axis.name for axis in shown.axes] == ["accuracy", "model_size"]
    first = shown.lines[shown.numbers.tolist().index(0)]
    assert first.tolist() == [1.0, pytest.approx(0.0)]
    whole = parallel(history())
    assert [axis.name for axis in whole.axes] == ["x", "y", "accuracy", "model_size"]
    assert whole.ranks[whole.numbers.tolist().index(DOMINATED)] == 0.0


def test_three_goals_take_the_best_of_equals_by_the_others() -> None:
    made = pareto(
        history([(0.9, 5.0, 2.0), (0.9, 4.0, 2.0), (0.5, 1.0, 1.0)], (ACCURACY, SIZE, TIME))
    )
    assert made.bests == (1, 2, 2)


def test_ten_thousand_trials_are_analysed_in_less_than_a_fiftieth_of_all_comparisons() -> None:
    """In 7 ms on a quiet machine, between two frames; whatever else runs slows down both."""
    losses = np.random.default_rng(0).random((10_000, 2))
    shown, some = of_losses(losses), np.arange(0, 10_000, 50)
    seconds = []
    for _ in range(5):
        for name in ("complete", "feasible", "front", "best"):
            shown.__dict__.pop(name, None)
        begin = time.process_time()
        made = pareto(shown)
        seconds.append(time.process_time() - begin)
    begin = time.process_time()
    beaten = [(losses <= row).all(axis=1) & (losses < row).any(axis=1) for row in losses[some]]
    fiftieth = time.process_time() - begin
    assert np.intersect1d(made.front, some).tolist() == some[~np.any(beaten, axis=1)].tolist()
    assert min(seconds) < fiftieth


def test_averaged_repeats_are_dominated_by_what_they_count_with_not_by_a_lucky_run() -> None:
    runs = ((1.0, 1.0, 1.0), (0.82, 0.86, 0.84), (0.91, 0.91, 0.92), (0.5, 0.5, 0.5))
    sizes = ((100.0,) * 3, (300.0, 280.0, 290.0), (205.0, 195.0, 206.0), (400.0,) * 3)
    trials = [
        Trial(
            number,
            {"x": max(number - 1, 0)},
            Origin("random"),
            TrialState.COMPLETE,
            scores=summarize({"accuracy": accuracy, "loss": size}),
            fold_scores={"accuracy": accuracy, "loss": size},
            told=number + 1,
        )
        for number, (accuracy, size) in enumerate(zip(runs, sizes, strict=True))
    ]
    goals = (Goal("accuracy"), Goal("loss"))
    past = History(Space([Int("x", 0, 9)]), goals, trials, plan=Plan(averages=True))
    made = pareto(past)
    assert made.front.tolist() == [0, 1]
    mean = counted(past, trials[0])
    for number, verdict in ((2, "within_noise"), (3, "better")):
        assert compare(mean, trials[number], goals[0]).verdict == verdict
    assert not_dominated(past, made).tolist() == [True, True, True, False]
