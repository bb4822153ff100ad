"""The summary and the leaderboard name the right trials."""

import math

import numpy as np
import pytest
from msgspec import structs

from hpo_gui.analysis.leaderboard import leaderboard
from hpo_gui.analysis.summary import cheaper_alternative, summarize
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.trial import TrialState
from tests.analysis.studies import LOSS, SPACE, make_study, make_trial, random_trials


def test_the_best_is_compared_with_the_defaults() -> None:
    result = summarize(
        make_study(
            make_trial(0, [0.90, 0.92, 0.91], strategy="default"),
            make_trial(1, [0.95, 0.97, 0.96]),
            make_trial(2, state=TrialState.FAILED),
        )
    )
    assert result.best is not None
    assert result.baseline is not None
    assert (result.best.number, result.baseline.number) == (1, 0)
    assert result.gain is not None
    assert result.gain.mean == pytest.approx(0.05)
    assert result.gain.verdict == "better"
    assert result.counts[TrialState.COMPLETE] == 2
    assert result.counts[TrialState.FAILED] == 1


def test_when_the_defaults_are_the_best_there_is_no_gain() -> None:
    result = summarize(
        make_study(make_trial(0, [0.9, 0.8], strategy="default"), make_trial(1, [0.5, 0.4]))
    )
    assert result.best is result.baseline
    assert result.gain is None


def test_an_empty_and_a_failed_study_have_no_best() -> None:
    for trials in [(), (make_trial(0, state=TrialState.FAILED),)]:
        result = summarize(make_study(*trials))
        assert (result.best, result.gain, result.alternative) == (None, None, None)


def test_a_cheaper_trial_within_one_standard_error_is_named() -> None:
    best = [0.90, 0.94, 0.98]  # mean 0.94, standard error 0.04 / sqrt(3) = 0.0231
    history = make_study(
        make_trial(0, best, fit_time=10.0),
        make_trial(1, [0.92, 0.92, 0.92], fit_time=4.0),
        make_trial(2, [0.9, 0.9, 0.9], fit_time=0.1),
        make_trial(3, [0.93, 0.93, 0.93], fit_time=5.0),
    )
    found = cheaper_alternative(history)
    assert found is not None
    assert (found.trial.number, found.cost, found.best_cost) == (1, 4.0, 10.0)


def test_a_trial_that_saves_little_time_is_not_named() -> None:
    history = make_study(
        make_trial(0, [0.90, 0.94], fit_time=10.0), make_trial(1, [0.91, 0.92], fit_time=9.0)
    )
    assert cheaper_alternative(history) is None


def test_the_leaderboard_ranks_and_marks_what_is_within_noise() -> None:
    history = make_study(
        make_trial(0, [0.80, 0.82, 0.81, 0.80], strategy="default"),
        make_trial(1, [0.95, 0.97, 0.96, 0.95]),
        make_trial(2, [0.96, 0.95, 0.96, 0.95]),
        make_trial(3, [math.nan]),
        make_trial(4, [0.99], state=TrialState.PRUNED),
    )
    places = leaderboard(history, count=2)
    assert [(p.rank, p.trial.number, p.is_baseline) for p in places] == [
        (1, 1, False),
        (2, 2, False),
        (3, 0, True),
    ]
    assert [place.within_noise for place in places] == [True, True, False]
    assert places[0].interval.mean == pytest.approx(0.9575)


def test_the_leaderboard_of_a_loss_begins_with_the_smallest() -> None:
    trials = random_trials(50, metric="log_loss")
    history = make_study(*trials, goal=LOSS)
    scores = [place.trial.scores["log_loss"] for place in leaderboard(history, 10)]
    assert scores[0] == pytest.approx(np.nanmin(history.losses[history.complete, 0]))
    assert scores[:10] == sorted(scores[:10])


def test_the_leaderboard_of_nothing_is_empty() -> None:
    assert leaderboard(make_study()) == ()


def test_the_standard_error_is_that_of_the_folds_whatever_a_step_is() -> None:
    """Of a training a step is a stretch of learning, not a fold."""
    folds = [0.90, 0.94, 0.98]  # standard error 0.0231
    for steps in (2, 50):
        curves = {"accuracy": (0.5,) * steps}
        best = structs.replace(make_trial(0, folds, fit_time=10.0), curves=curves)
        near = structs.replace(make_trial(1, [0.92] * 3, fit_time=4.0), curves=curves)
        far = structs.replace(make_trial(2, [0.91] * 3, fit_time=0.1), curves=curves)
        found = cheaper_alternative(make_study(best, near, far))
        assert found is not None
        assert found.trial.number == 1


def test_a_cheaper_one_keeps_the_threshold_that_the_best_one_keeps() -> None:
    goal = Goal("accuracy", threshold=0.93)
    trials = [
        make_trial(0, [0.90, 0.94, 0.98], fit_time=10.0),
        make_trial(1, [0.935] * 3, fit_time=4.0),
        make_trial(2, [0.925] * 3, fit_time=0.1),
    ]
    found = cheaper_alternative(History(SPACE, (goal,), trials))
    assert found is not None
    assert found.trial.number == 1


def test_the_best_trial_once_more_is_no_cheaper_alternative() -> None:
    """A repeat that took less time, as another program ran beside the first one, saves nothing."""
    params = {"max_depth": 3, "max_features": 0.5}
    history = make_study(
        make_trial(0, [0.90, 0.94, 0.98], fit_time=10.0, params=params),
        make_trial(1, [0.90, 0.94, 0.98], fit_time=4.0, params=params),
        make_trial(2, [0.92, 0.92, 0.92], fit_time=5.0, params={**params, "max_depth": 2}),
    )
    assert history.best is history.trials[0]
    found = cheaper_alternative(history)
    assert found is not None
    assert found.trial.number == 2
