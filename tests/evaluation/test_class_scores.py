"""Scores in folds that lack a class, in the rows to learn from or in those to judge by."""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as published
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from hpo_gui.core.errors import ObjectiveError, SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import Choice, ModelSpec
from hpo_gui.evaluation.calibration import calibration_error
from hpo_gui.evaluation.cross_validation import CrossValidation
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.dummy import dummy_scores
from hpo_gui.evaluation.ensemble_judge import fold_judges
from hpo_gui.evaluation.evaluation_check import check_evaluation
from hpo_gui.evaluation.held_out import predictions_of
from hpo_gui.evaluation.metric_table import METRICS
from hpo_gui.evaluation.scoring import Answers, Scorer
from tests.evaluation.small_datasets import classes_dataset

CLASSES = ("new", "worn", "broken")
CODES = np.array([0, 1, 2])
RANKINGS = ("roc_auc_ovr", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted")
PROBABLE = [
    name
    for name, metric in METRICS.items()
    if metric.needs != "labels" and name != "calibration_error"
]


def overlapping(rows: int = 90, count: int = 3) -> tuple[NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(0)
    target = np.arange(rows) % count
    return rng.normal(size=(rows, 2)) + target[:, None], target


def learnt_from(codes: tuple[int, ...], count: int = 3) -> LogisticRegression:
    rows, target = overlapping(count=count)
    own = np.isin(target, codes)
    return LogisticRegression().fit(rows[own], target[own])


def judged_by(codes: tuple[int, ...], count: int = 3) -> tuple[NDArray[Any], NDArray[Any]]:
    rows, target = overlapping(count=count)
    own = np.isin(target, codes)
    return rows[own], target[own]


def wide(model: Any, rows: NDArray[Any], count: int = 3) -> NDArray[Any]:
    """Its probabilities, 0 for classes that it has not learnt."""
    values = np.zeros((len(rows), count))
    values[:, model.classes_] = model.predict_proba(rows)
    return values


def score(
    metric: str, model: Any, judged: tuple[int, ...], classes: tuple[str, ...] = CLASSES
) -> float:
    rows, target = judged_by(judged, len(classes))
    return Scorer((metric,), classes=classes).score(model, rows, target)[metric]


def test_a_class_that_was_not_learnt_is_as_unlikely_as_can_be() -> None:
    model = learnt_from((0, 1))
    rows, target = judged_by((0, 2))
    said = np.clip(wide(model, rows), np.finfo(float).eps, 1)
    expected = np.log(said[np.arange(len(target)), target]).mean()
    assert expected < -15
    assert score("neg_log_loss", model, (0, 2)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("judged", [(0, 2), (0, 1), (2,)])
def test_the_brier_score_counts_every_class(judged: tuple[int, ...]) -> None:
    model = learnt_from((0, 1))
    rows, target = judged_by(judged)
    expected = -((wide(model, rows) - np.eye(3)[target]) ** 2).sum(axis=1).mean()
    assert score("neg_brier_score", model, judged) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("metric", ["d2_log_loss_score", "d2_brier_score"])
def test_explained_shares_count_every_class(metric: str) -> None:
    model = learnt_from((0, 1))
    rows, target = judged_by((0, 2))
    expected = getattr(published, metric)(target, wide(model, rows), labels=CODES)
    assert score(metric, model, (0, 2)) == pytest.approx(expected, abs=1e-12)
    assert expected < 0


@pytest.mark.parametrize("metric", RANKINGS)
def test_roc_auc_ranks_a_class_that_was_not_learnt_by_chance(metric: str) -> None:
    model = learnt_from((0, 1))
    rows, target = judged_by((0, 1, 2))
    kind = metric.split("_")[2]
    average = "weighted" if metric.endswith("weighted") else "macro"
    expected = published.roc_auc_score(
        target, wide(model, rows), multi_class=kind, average=average, labels=CODES
    )
    assert score(metric, model, (0, 1, 2)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("judged", [(0, 2), (1,)])
def test_log_loss_needs_no_row_of_every_class(judged: tuple[int, ...]) -> None:
    model = learnt_from((0, 1, 2))
    rows, target = judged_by(judged)
    own = model.predict_proba(rows)[np.arange(len(target)), target]
    assert score("neg_log_loss", model, judged) == pytest.approx(np.log(own).mean(), abs=1e-12)


def test_log_loss_of_two_classes_may_be_judged_by_one() -> None:
    model = learnt_from((0, 1), 2)
    rows, _ = judged_by((1,), 2)
    expected = np.log(model.predict_proba(rows)[:, 1]).mean()
    assert score("neg_log_loss", model, (1,), ("no", "yes")) == pytest.approx(expected, abs=1e-12)


def test_calibration_is_judged_by_the_predicted_class_where_one_was_not_learnt() -> None:
    model = learnt_from((0, 1))
    rows, target = judged_by((0, 1, 2))
    expected = calibration_error(wide(model, rows), target)
    assert score("calibration_error", model, (0, 1, 2)) == pytest.approx(expected, abs=1e-12)


def test_decision_values_of_two_classes_are_told_apart_among_three() -> None:
    rows, target = judged_by((0, 1))
    model = LinearSVC(random_state=0).fit(rows, target)
    everyone, codes = judged_by((0, 1, 2))
    values = model.decision_function(everyone)
    expected = np.mean(
        [
            published.average_precision_score(codes == 0, -values),
            published.average_precision_score(codes == 1, values),
            np.mean(codes == 2),  # as by chance
        ]
    )
    scorer = Scorer(("average_precision", "top_k_accuracy"), classes=CLASSES)
    scores = scorer.score(model, everyone, codes)
    assert scores["average_precision"] == pytest.approx(expected, abs=1e-12)
    assert scores["top_k_accuracy"] == pytest.approx(np.mean(codes < 2))


def test_single_precision_loses_nothing_against_double() -> None:
    model = learnt_from((0, 1))
    exact = score("neg_log_loss", model, (0, 2))
    single: Any = Answers(model)
    single.predict_proba = lambda rows: model.predict_proba(rows).astype(np.float32)
    single.predict_proba.__name__ = "predict_proba"
    assert score("neg_log_loss", single, (0, 2)) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize(
    ("metric", "judged"),
    [(name, (0, 2)) for name in (*RANKINGS, "average_precision")]
    + [("d2_log_loss_score", (1,)), ("d2_brier_score", (1,))],
)
def test_a_goal_without_a_value_says_what_is_missing(metric: str, judged: tuple[int, ...]) -> None:
    with pytest.raises(ObjectiveError) as caught:
        score(metric, learnt_from((0, 1, 2)), judged)
    text = str(caught.value)
    assert metric in text
    assert "“worn”" in text or "“new”" in text
    assert "neg_log_loss" in text


@pytest.mark.parametrize("metric", ["roc_auc", "roc_auc_ovr", "average_precision"])
def test_a_ranking_of_two_classes_has_no_value_with_one(metric: str) -> None:
    with pytest.raises(ObjectiveError, match="“no”"):
        score(metric, learnt_from((0, 1), 2), (1,), ("no", "yes"))


def test_what_is_no_goal_is_no_number_and_says_why() -> None:
    rows, target = judged_by((0, 2))
    scorer = Scorer(("accuracy", "roc_auc_ovr"), classes=CLASSES)
    with pytest.warns(UndefinedMetricWarning, match="roc_auc_ovr.*“worn”"):
        scores = scorer.score(learnt_from((0, 1, 2)), rows, target)
    assert math.isnan(scores["roc_auc_ovr"])
    assert scores["accuracy"] > 0.5


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("metric", PROBABLE)
def test_where_all_classes_are_there_scores_are_those_of_scikit_learn(
    metric: str, count: int, weighted: bool
) -> None:
    facts = METRICS[metric]
    if facts.classes == "two":
        count = 2
    if facts.classes == "many":
        count = 3
    model = learnt_from(tuple(range(count)), count)
    rows, target = overlapping(count=count)
    weights = np.linspace(0.5, 2, len(rows)) if weighted and facts.weighted else None
    options = {} if weights is None else {"sample_weight": weights}
    expected = float(get_scorer(metric)(model, rows, target, **options))
    found = Scorer((metric,), classes=CLASSES[:count]).score(model, rows, target, weights)
    assert found[metric] == expected


# --- datasets ---------------------------------------------------------------------------------

BY_TIME = Choice("time_series", {"folds": 3})


def ageing() -> Dataset:
    """ "new" comes early, "worn" always, "broken" late: no fold has all of them twice."""
    late = np.array([0, 1] * 30 + [1, 2] * 30)
    dataset = classes_dataset(rows=120, classes=CLASSES, times=np.arange(120))
    values = dataset.frame.to_numpy(copy=True)
    values[:, 0] += late
    dataset.frame.iloc[:, :] = values
    return Dataset(**{**vars(dataset), "target": late.astype(np.int64)})


def test_trial_dummy_and_ensemble_are_judged_by_all_classes_alike() -> None:
    dataset, models = ageing(), (ModelSpec("logistic_regression"),)
    check_evaluation(dataset, models, BY_TIME, ("neg_log_loss",))
    objective = CrossValidation(dataset, models, BY_TIME, metrics=("neg_log_loss", "accuracy"))
    judges = fold_judges(dataset, objective.splits, Goal("neg_log_loss"))
    dummies = dummy_scores(dataset, BY_TIME, ("neg_log_loss",))["neg_log_loss"]
    for index, (learn, judge) in enumerate(objective.splits):
        target = dataset.target[judge]
        scores = objective.evaluate({}, 0, index)
        fold = objective.fold(index, objective.choice.candidates["logistic_regression"])
        model = LogisticRegression(random_state=0, max_iter=1000)
        said = predictions_of(Answers(model.fit(fold.learn, fold.learn_target)), fold.judge, 3)
        assert said is not None
        assert judges[index].score(said) == pytest.approx(scores["neg_log_loss"], rel=1e-3)
        shares = np.bincount(dataset.target[learn], minlength=3) / len(learn)
        own = np.log(np.clip(shares, np.finfo(float).eps, 1))[target]
        assert dummies[index] == pytest.approx(own.mean(), abs=1e-9)


@pytest.mark.parametrize("metric", ["roc_auc_ovr", "roc_auc_ovo", "average_precision"])
def test_a_goal_that_a_test_part_gives_no_value_is_refused_before_the_start(metric: str) -> None:
    models = (ModelSpec("logistic_regression"),)
    with pytest.raises(SpecError) as caught:
        check_evaluation(ageing(), models, BY_TIME, (metric,))
    text = str(caught.value)
    assert metric in text
    assert "“broken” in part 1 of 3" in text
    assert "stratified" in text
    assert "neg_log_loss" in text
    assert check_evaluation(ageing(), models, BY_TIME, ("accuracy", metric)) == 3


def test_explained_shares_are_refused_where_a_test_part_has_one_class() -> None:
    early = np.repeat([0, 1], 30)
    dataset = classes_dataset(rows=60, count=2, times=np.arange(60))
    dataset = Dataset(**{**vars(dataset), "target": early})
    models = (ModelSpec("logistic_regression"),)
    split = Choice("hold_out", {"test_share": 0.2})
    ordered = Choice("hold_out", {**split.options, "shuffle": False})
    assert check_evaluation(dataset, models, split, ("d2_log_loss_score",)) == 1
    with pytest.raises(SpecError, match="two classes"):
        check_evaluation(dataset, models, ordered, ("d2_log_loss_score",))


# --- times ------------------------------------------------------------------------------------


@pytest.fixture
def tree_answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """A tree whose labels come from its probabilities, by a clock that ticks when it is read."""
    rows, target = overlapping()
    answers = Answers(DecisionTreeClassifier(random_state=0).fit(rows, target), probable=True)
    ticks = itertools.count()
    monkeypatch.setattr("hpo_gui.evaluation.scoring.time.perf_counter", lambda: next(ticks))
    return answers


def test_labels_taken_from_probabilities_take_the_time_of_both(tree_answers: Answers) -> None:
    rows, _ = overlapping()
    tree_answers.predict_proba(rows)
    tree_answers.predict(rows)
    assert tree_answers.seconds == {"predict_proba": 1, "predict": 2}
    assert tree_answers.predict_time == 2


def test_probabilities_asked_for_by_labels_are_timed_once(tree_answers: Answers) -> None:
    rows, _ = overlapping()
    tree_answers.predict(rows)
    tree_answers.predict_proba(rows)
    assert tree_answers.predict_time == 3  # with the two readings for the probabilities within


def test_labels_of_their_own_are_timed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, target = overlapping()
    answers = Answers(LogisticRegression().fit(rows, target), probable=True)
    ticks = itertools.count()
    with monkeypatch.context() as patch, warnings.catch_warnings():
        patch.setattr("hpo_gui.evaluation.scoring.time.perf_counter", lambda: next(ticks))
        answers.predict_proba(rows)
        answers.predict(rows)
    assert answers.predict_time == 1
