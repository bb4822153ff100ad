"""Runs of the same configuration: together in the leaderboard, and what is worth repeating."""

from __future__ import annotations

import math

import pytest
from msgspec import structs

from hpo_gui.analysis.comparison import compare
from hpo_gui.analysis.convergence import convergence
from hpo_gui.analysis.leaderboard import best_configurations, leaderboard
from hpo_gui.analysis.repeats import repeats_of
from hpo_gui.core.acts import Correct, Retract, apply
from hpo_gui.core.history import History
from hpo_gui.core.plan import Plan
from hpo_gui.core.trial import Origin, Trial, TrialState
from tests.analysis.studies import ACCURACY, SPACE, make_trial


def run(number: int, depth: int, score: float, **changes: object) -> Trial:
    params = {
        "max_depth": depth,
        "max_features": 0.5,
        "min_samples_leaf": 1,
        "criterion": "gini",
        "bootstrap": False,
    }
    return make_trial(number, (score, score), params=params, **changes)  # type: ignore[arg-type]


TRIALS = (run(0, 1, 0.6), run(1, 2, 0.8), run(2, 1, 0.9), run(3, 3, 0.7), run(4, 1, 0.9))


def history(*trials: Trial, averages: bool = False) -> History:
    return History(SPACE, (ACCURACY,), trials or TRIALS, plan=Plan(averages=averages))


def test_mean_and_deviation_are_over_the_runs() -> None:
    found = repeats_of(history(), TRIALS[2], "accuracy")
    assert found is not None
    assert found.numbers == (0, 2, 4)
    assert found.mean == pytest.approx(0.8)
    assert found.sd == pytest.approx(math.sqrt(0.03))
    assert repeats_of(history(), TRIALS[1], "accuracy") is None
    assert repeats_of(history(), TRIALS[0], "f1") is None


def test_what_failed_or_was_retracted_is_no_run_that_counts() -> None:
    trials = [
        TRIALS[0],
        run(1, 1, 0.8, state=TrialState.FAILED),
        apply(Retract(2), run(2, 1, 0.9), ()),
        run(3, 1, 0.7),
    ]
    found = repeats_of(history(*trials), trials[0], "accuracy")
    assert found is not None
    assert found.numbers == (0, 3)
    assert repeats_of(history(*trials), trials[2], "accuracy") is None


def test_the_leaderboard_has_one_line_a_configuration() -> None:
    places = [place for place in leaderboard(history()) if not place.is_baseline]
    assert [(place.rank, place.trial.number) for place in places] == [(1, 2), (2, 1), (3, 3)]
    assert places[0].repeats is not None
    assert places[0].repeats.numbers == (0, 2, 4)
    assert places[1].repeats is None


def test_where_repeats_are_averaged_the_mean_decides_the_rank() -> None:
    places = [p for p in leaderboard(history(averages=True)) if not p.is_baseline]
    assert [place.trial.number for place in places][:2] in ([0, 1], [1, 0])
    assert history(averages=True).best in (TRIALS[0], TRIALS[1])
    trials = (*TRIALS, run(5, 1, 0.1))
    assert history(*trials, averages=True).best == TRIALS[1]


def test_the_best_different_configurations_are_repeated() -> None:
    assert best_configurations(history(), 2) == [2, 1]
    assert best_configurations(history(), 99) == [2, 1, 3]
    assert best_configurations(History(SPACE, (ACCURACY,)), 5) == []


def test_a_score_by_hand_stands_in_the_leaderboard_without_an_interval() -> None:
    trials = [apply(Correct(0, {"accuracy": 0.95}), TRIALS[0], (ACCURACY,)), TRIALS[1]]
    first = leaderboard(history(*trials))[0]
    assert first.trial.number == 0
    assert first.interval.mean == 0.95
    assert math.isnan(first.interval.half_width)


def test_a_score_by_hand_is_compared_without_a_verdict() -> None:
    by_hand = apply(Correct(0, {"accuracy": 0.95}), TRIALS[0], (ACCURACY,))
    told = compare(by_hand, TRIALS[1], ACCURACY)
    assert told.mean == pytest.approx(0.15)
    assert math.isnan(told.half_width)
    assert told.verdict == "unknown"


def test_the_score_that_counts_is_the_mean_only_where_repeats_are_averaged() -> None:
    mean, own = history(averages=True), history()
    assert mean.score(0) == mean.score(2) == mean.score(4) == pytest.approx(0.8)
    assert mean.score(1) == 0.8
    assert [own.score(number) for number in (0, 1, 2)] == [0.6, 0.8, 0.9]
    assert math.isnan(history(apply(Retract(0), run(0, 1, 0.6), ())).score(0))


def test_the_line_of_the_defaults_stands_where_they_count() -> None:
    default = structs.replace(TRIALS[0], origin=Origin("default"))
    found = convergence(history(default, *TRIALS[1:], averages=True))
    assert found.baseline == (0, pytest.approx(0.8))
    assert convergence(history(default, *TRIALS[1:])).baseline == (0, 0.6)


def test_where_repeats_are_averaged_intervals_and_verdicts_are_those_of_the_mean() -> None:
    """The first run of the best was lucky; its mean is hardly better than the other one."""
    lucky = structs.replace(
        run(0, 1, 0.0), scores={"accuracy": 0.95}, fold_scores={"accuracy": (0.94, 0.96)}
    )
    usual = structs.replace(
        run(1, 1, 0.0), scores={"accuracy": 0.85}, fold_scores={"accuracy": (0.84, 0.86)}
    )
    other = structs.replace(
        run(2, 2, 0.0), scores={"accuracy": 0.89}, fold_scores={"accuracy": (0.88, 0.90)}
    )
    places = leaderboard(history(lucky, usual, other, averages=True))
    assert [place.trial.number for place in places] == [0, 2]
    assert places[0].interval.mean == pytest.approx(0.90)
    assert places[1].behind is not None
    assert places[1].behind.mean == pytest.approx(0.01)
    own = leaderboard(history(lucky, usual, other))
    assert own[1].behind is not None
    assert own[1].behind.mean == pytest.approx(0.06)


def test_the_defaults_run_again_stand_in_one_line_with_their_better_run() -> None:
    """Run again they came out better: they are not in the leaderboard twice, with equal ranks."""
    default = structs.replace(run(0, 1, 0.6), origin=Origin("default"))
    trials = (default, run(1, 2, 0.8), run(2, 1, 0.7), run(3, 3, 0.5))
    for averages, shown in ((False, [1, 2, 3]), (True, [1, 0, 3])):
        places = leaderboard(history(*trials, averages=averages))
        assert [place.trial.number for place in places] == shown
        assert [place.rank for place in places] == [1, 2, 3]
        assert [place.is_baseline for place in places] == [False, True, False]


def test_the_defaults_come_last_where_none_of_their_runs_is_among_the_best() -> None:
    default = structs.replace(run(0, 1, 0.5), origin=Origin("default"))
    trials = (default, run(1, 2, 0.8), run(2, 1, 0.4), run(3, 3, 0.6))
    places = leaderboard(history(*trials), count=1)
    assert [(place.rank, place.trial.number) for place in places] == [(1, 1), (3, 0)]
    assert places[1].is_baseline
