"""Models are ranked by their best trials, and what only chance tells apart is called noise."""

import math

import pytest

from hpo_gui.analysis.comparison import compare, interval
from hpo_gui.analysis.dummy import dummy_trial
from hpo_gui.analysis.model_board import ModelPlace, model_board, model_of
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Failure, Trial, TrialState
from tests.analysis.studies import ACCURACY, LOSS, SPACE, make_study, make_trial, random_trials

NAMES = ("svm", "random_forest", "knn")
BOTH = Space([Categorical("model", NAMES), Float("svm.C", 0.1, 10.0, when={"model": ("svm",)})])
GOOD = (0.95, 0.97, 0.94, 0.98, 0.96)
NEAR = (0.96, 0.94, 0.95, 0.97, 0.95)
BAD = (0.71, 0.74, 0.70, 0.72, 0.73)


def of(model: str, number: int, folds: tuple[float, ...] = (), **more: object) -> Trial:
    return make_trial(number, folds, params={"model": model}, **more)  # type: ignore[arg-type]


def board(*trials: Trial) -> dict[str, ModelPlace]:
    history = make_study(*trials, space=BOTH)
    return {place.model: place for place in model_board(history, NAMES)}


def test_each_model_stands_with_its_best_trial_and_all_its_trials_count() -> None:
    boom = Failure("raised", "C must be positive")
    places = board(
        of("svm", 0, BAD, seconds=2),
        of("random_forest", 1, NEAR, fit_time=0.25),
        of("svm", 2, GOOD, seconds=3),
        of("svm", 3, state=TrialState.FAILED, failure=boom, seconds=5),
        of("random_forest", 4, BAD[:2], state=TrialState.PRUNED),
    )
    svm, forest = places["svm"], places["random_forest"]
    assert list(places) == ["svm", "random_forest", "knn"]
    assert svm.best is not None
    assert (svm.rank, svm.best.number, svm.behind) == (1, 2, None)
    assert svm.interval == interval(GOOD)
    assert (svm.trials, svm.complete, svm.failed, svm.failure) == (3, 2, 1, "C must be positive")
    assert svm.seconds == pytest.approx(10)
    assert (forest.rank, forest.trials, forest.pruned, forest.failed) == (2, 2, 1, 0)
    assert forest.fit_time == pytest.approx(0.25)
    assert math.isnan(forest.predict_time)


def test_a_model_that_only_chance_tells_from_the_best_is_within_noise() -> None:
    trials = of("svm", 0, GOOD), of("random_forest", 1, NEAR), of("knn", 2, BAD)
    places = board(*trials)
    assert [place.within_noise for place in places.values()] == [True, True, False]
    assert places["knn"].behind == compare(trials[0], trials[2], ACCURACY)


def test_a_model_stands_with_a_trial_that_keeps_the_thresholds_where_it_has_one() -> None:
    goals = (ACCURACY, Goal("fit_time", "minimize", threshold=1.0))
    slow = {"fit_time": 2.0}
    trials = (
        of("svm", 0, GOOD, **slow),
        of("svm", 1, NEAR, fit_time=0.5),
        of("random_forest", 2, BAD, fit_time=0.5),
        of("knn", 3, GOOD, **slow),
    )
    history = History(BOTH, goals, trials)
    places = model_board(history, NAMES)
    assert [place.best.number for place in places if place.best is not None] == [1, 2, 3]
    assert places[0].best is history.best


def test_a_model_that_always_fails_stands_last_with_its_reason() -> None:
    boom = Failure("raised", "no such kernel")
    places = board(
        of("svm", 0, state=TrialState.FAILED, failure=boom),
        of("svm", 1, state=TrialState.FAILED, failure=boom),
        of("knn", 2, BAD),
    )
    assert list(places) == ["knn", "svm", "random_forest"]
    assert (places["svm"].rank, places["svm"].failed) == (None, 2)
    assert places["svm"].failure == "no such kernel"
    assert not places["svm"].within_noise
    assert (places["random_forest"].trials, places["random_forest"].failure) == (0, "")


def test_a_trial_that_has_not_begun_is_no_trial_of_its_model_yet() -> None:
    places = board(
        of("svm", 0, GOOD),
        of("svm", 1, state=TrialState.RUNNING),
        of("knn", 2, state=TrialState.WAITING),
    )
    assert (places["svm"].trials, places["knn"].trials) == (2, 0)


def test_one_fold_tells_no_difference_apart() -> None:
    places = board(of("svm", 0, (0.9,)), of("knn", 1, (0.8,)))
    behind = places["knn"].behind
    assert behind is not None
    assert behind.verdict == "unknown"
    assert math.isnan(places["svm"].interval.half_width)


def test_of_equal_scores_the_earlier_trial_is_the_best() -> None:
    places = board(of("knn", 0, GOOD), of("svm", 1, GOOD), of("knn", 2, GOOD))
    assert places["knn"].rank == 1
    assert places["knn"].best is not None
    assert places["knn"].best.number == 0
    assert places["svm"].within_noise


def test_for_a_loss_the_smallest_is_the_best() -> None:
    trials = [of("svm", 0, BAD, metric="log_loss"), of("knn", 1, GOOD, metric="log_loss")]
    first = model_board(make_study(*trials, space=BOTH, goal=LOSS), NAMES)[0]
    assert first.model == "svm"


def test_a_single_model_has_all_trials() -> None:
    history = History(SPACE, [ACCURACY], random_trials(90))
    (place,) = model_board(history, ["random_forest"])
    assert place.best is history.best
    assert place.trials == 90
    assert model_of(history.trials[3], ["random_forest"]) == "random_forest"


def test_without_trials_no_model_has_a_rank() -> None:
    assert [place.rank for place in model_board(make_study(space=BOTH), NAMES)] == [None] * 3


def test_trials_of_a_model_that_was_taken_out_are_nobodys() -> None:
    places = board(of("svm", 0, GOOD), of("mlp", 1, GOOD))
    assert sum(place.trials for place in places.values()) == 1


def test_models_are_compared_with_a_dummy_on_the_same_folds() -> None:
    plan = Plan(dummy={"accuracy": (0.4, 0.5, 0.4, 0.5, 0.4)})
    history = History(BOTH, [ACCURACY], [of("svm", 0, GOOD)], plan=plan)
    svm = model_board(history, NAMES)[0]
    dummy = dummy_trial(history)
    assert dummy is not None
    assert dummy.scores["accuracy"] == pytest.approx(0.44)
    assert svm.gain is not None
    assert svm.gain.verdict == "better"
    assert svm.gain.mean == pytest.approx(0.96 - 0.44)


def test_a_dummy_without_the_goals_score_is_not_there() -> None:
    history = History(BOTH, [ACCURACY], [], plan=Plan(dummy={"f1": (0.1,)}))
    assert dummy_trial(history) is None
