"""Gaps between groups: how they are written, what is refused, and that they are what they say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpo_gui.core.errors import SpecError
from hpo_gui.core.spec import Choice, DataSpec, ModelSpec
from hpo_gui.evaluation.cross_validation import CrossValidation
from hpo_gui.evaluation.dataset import make_dataset
from hpo_gui.evaluation.evaluation_check import check_evaluation
from hpo_gui.evaluation.gap_score import GapScorer
from hpo_gui.evaluation.group_gap import (
    LEAST_ROWS,
    MEASURES,
    GroupGap,
    can_group,
    check_gap_column,
    gap_columns,
    measure_names,
    read_gap,
)
from hpo_gui.evaluation.metrics import (
    canonical_metric,
    check_metric,
    metric_direction,
    metric_title,
)
from hpo_gui.evaluation.row_values import make_compared
from hpo_gui.evaluation.table import make_table
from tests.evaluation.small_datasets import classes_dataset, numbers_dataset

TWO_FOLDS = Choice("k_fold", {"folds": 2})


class Answering:
    """A model that answers what it was given."""

    _estimator_type = "classifier"
    classes_ = np.array([0, 1])

    def __init__(self, predicted: Any) -> None:
        self.predicted = np.asarray(predicted)

    def predict(self, rows: object) -> np.ndarray:
        return self.predicted

    def __sklearn_tags__(self) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression().__sklearn_tags__()


def gap_of(measure: str, predicted: Any, target: Any, groups: Any, weights: Any = None) -> float:
    scorer = GapScorer(GroupGap(measure, "sex"))
    target = np.asarray(target)
    rows = np.zeros((len(target), 1))
    weights = None if weights is None else np.asarray(weights, dtype=float)
    groups = np.asarray(groups)
    return scorer(Answering(predicted), rows, target, groups=groups, sample_weight=weights)


A_AND_B = np.repeat([0, 1], 20)
HALF = np.tile([0, 1], 20)


@pytest.mark.parametrize(
    ("text", "measure", "column"),
    [
        ("gap(accuracy, sex)", "accuracy", "sex"),
        ("gap(accuracy,sex)", "accuracy", "sex"),
        ("  gap ( accuracy ,  body mass (g), rounded )", "accuracy", "body mass (g), rounded"),
    ],
)
def test_a_gap_is_a_measure_and_a_column(text: str, measure: str, column: str) -> None:
    gap = read_gap(text)
    assert gap == GroupGap(measure, column)
    assert gap is not None
    assert read_gap(gap.name) == gap
    assert canonical_metric(text) == f"gap({measure}, {column})"


@pytest.mark.parametrize("text", ["accuracy", "gap", "gap(accuracy)", "gap(accuracy, )", "gap_x"])
def test_every_other_name_is_no_gap(text: str) -> None:
    assert read_gap(text) is None


def test_a_gap_is_minimized_and_has_a_title() -> None:
    assert metric_direction("gap(accuracy, sex)") == "minimize"
    assert metric_title("gap(selection_rate, sex)") == "Gap by sex: Selection rate"
    assert gap_columns(["gap(accuracy, sex)", "r2", "gap(recall, sex)", "gap(f1, age)"]) == (
        "sex",
        "age",
    )


@pytest.mark.parametrize(
    ("name", "task", "classes", "words"),
    [
        ("gap(acuracy, sex)", "classification", 2, "Did you mean `accuracy`"),
        ("gap(accuracy)", "classification", 2, "must read like `gap"),
        ("gap accuracy sex", "classification", 2, "must read like `gap"),
        ("gap(selection_rate, sex)", "classification", 3, "must be the gap of one of accuracy"),
        ("gap(accuracy, sex)", "regression", None, "must be the gap of one of mean_error"),
        ("gap(neg_log_loss, sex)", "classification", 2, "must be the gap of one of"),
    ],
)
def test_a_gap_of_what_cannot_be_compared_is_refused(
    name: str, task: Any, classes: int | None, words: str
) -> None:
    with pytest.raises(SpecError, match=words.replace("(", r"\(")):
        check_metric(name, task, classes)


def test_the_demographic_parity_difference_is_the_gap_of_the_selection_rate() -> None:
    predicted = np.r_[np.ones(15), np.zeros(5), np.ones(4), np.zeros(16)].astype(int)
    assert gap_of("selection_rate", predicted, HALF, A_AND_B) == pytest.approx(0.75 - 0.2)


def test_the_equal_opportunity_difference_is_the_gap_of_the_true_positive_rate() -> None:
    predicted = HALF.copy()
    predicted[np.flatnonzero(HALF)[:5]] = 0  # half of the positive rows of the first group
    assert gap_of("true_positive_rate", predicted, HALF, A_AND_B) == pytest.approx(0.5)
    assert gap_of("recall", predicted, HALF, A_AND_B) == pytest.approx(0.5)
    assert gap_of("false_positive_rate", predicted, HALF, A_AND_B) == 0.0
    assert gap_of("accuracy", predicted, HALF, A_AND_B) == pytest.approx(0.25)


def test_the_largest_of_several_differences_counts() -> None:
    groups = np.repeat([0, 1, 2], [20, 20, 20])
    target = np.ones(60, dtype=int)
    predicted = np.r_[np.ones(20), np.ones(10), np.zeros(10), np.ones(15), np.zeros(5)].astype(int)
    assert gap_of("accuracy", predicted, target, groups) == pytest.approx(0.5)


def test_numbers_are_compared_by_their_mean_error() -> None:
    target = np.linspace(0, 1, 40)
    predicted = target + np.where(A_AND_B, 0.3, -0.1)
    assert gap_of("mean_error", predicted, target, A_AND_B) == pytest.approx(0.4)
    assert gap_of("mean_prediction", target, target, A_AND_B) == pytest.approx(
        target[20:].mean() - target[:20].mean()
    )


def test_weights_count_in_each_group() -> None:
    predicted = np.r_[np.ones(10), np.zeros(30)].astype(int)
    weights = np.r_[np.full(10, 3.0), np.ones(30)]
    assert gap_of("selection_rate", predicted, HALF, A_AND_B, weights) == pytest.approx(0.75)
    assert gap_of("accuracy", predicted, np.ones(40), A_AND_B, weights) == pytest.approx(0.75)


def test_a_group_with_too_few_rows_is_left_out() -> None:
    groups = np.repeat([0, 1, 2], [20, 20, LEAST_ROWS - 1])
    target = np.ones(len(groups), dtype=int)
    predicted = np.r_[np.ones(40), np.zeros(LEAST_ROWS - 1)].astype(int)
    assert gap_of("accuracy", predicted, target, groups) == 0.0
    one_more = np.append(groups, 2)
    assert gap_of("accuracy", np.append(predicted, 0), np.ones(len(one_more)), one_more) == 1.0


def test_a_group_without_the_rate_is_left_out_and_one_group_gives_no_gap() -> None:
    groups = np.repeat([0, 1, 2], 20)
    target = np.r_[np.zeros(20), np.ones(40)].astype(int)  # the first has no positive row
    predicted = np.r_[np.zeros(20), np.ones(20), np.zeros(20)].astype(int)
    for measure in ("true_positive_rate", "recall"):
        assert gap_of(measure, predicted, target, groups) == 1.0
        assert math.isnan(gap_of(measure, predicted[:40], target[:40], groups[:40]))


@pytest.mark.parametrize("classes", [2, 3])
def test_every_measure_offered_has_a_score_in_every_fold(classes: int) -> None:
    sex = np.random.default_rng(0).integers(0, 2, 200)
    dataset = classes_dataset(200, classes, compared={"sex": sex})
    metrics = tuple(f"gap({name}, sex)" for name in measure_names("classification", classes))
    model = (ModelSpec("logistic_regression"),)
    objective = CrossValidation(dataset, model, TWO_FOLDS, metrics=metrics, goals=metrics)
    scores, _ = objective.step(0, {}, 0)
    for name in metrics:
        assert 0 <= scores[name] <= check_metric(name, "classification", classes).most


def test_every_measure_of_numbers_has_a_score() -> None:
    sex = np.random.default_rng(0).integers(0, 2, 200)
    dataset = numbers_dataset(200, compared={"sex": sex})
    metrics = tuple(f"gap({name}, sex)" for name in measure_names("regression"))
    objective = CrossValidation(
        dataset, (ModelSpec("ridge"),), TWO_FOLDS, metrics=metrics, goals=metrics
    )
    scores, _ = objective.step(0, {}, 0)
    assert all(scores[name] >= 0 for name in metrics)
    assert len(metrics) >= 10
    assert set(MEASURES) >= {"mean_error", "mean_prediction"}


def test_missing_values_are_a_group_of_their_own() -> None:
    found = make_compared(pd.Series(["male", None, "female", np.nan, "male"], name="sex"))
    assert found.tolist() == [1, 2, 0, 2, 1]
    numbers = make_compared(pd.Series([1.0, np.nan, 0.0, 1.0], name="sex"))
    assert numbers.tolist() == [1, 2, 0, 1]
    truths = make_compared(pd.Series([True, False, True], name="sex"))
    assert truths.tolist() == [1, 0, 1]


PEOPLE = pd.DataFrame(
    {
        "age": np.arange(60) + 0.5,
        "sex": ["male", "female", None] * 20,
        "same": ["x"] * 60,
        "income": np.sin(np.arange(60.0)),
        "paid": ["yes", "no"] * 30,
    }
)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("sx", "Did you mean `sex`"),
        ("weight", "Columns are: age, sex"),
        ("paid", "of another column than the target"),
        ("same", "`same` has 1"),
        ("age", "a few ranges of it"),
    ],
)
def test_a_column_without_groups_is_refused_with_a_remedy(column: str, words: str) -> None:
    table = make_table(PEOPLE, "people")
    assert column not in table.column_names or not can_group(table, column, "paid")
    with pytest.raises(SpecError, match=words):
        check_gap_column(GroupGap("accuracy", column), table, "paid")


def test_an_ignored_column_can_be_compared_by() -> None:
    table = make_table(PEOPLE, "people")
    check_gap_column(GroupGap("accuracy", "sex"), table, "paid")
    data = DataSpec("people", target="paid", ignore=("sex",))
    dataset = make_dataset(table, data, 0, compared=("sex",))
    assert "sex" not in dataset.features
    assert np.bincount(dataset.compared["sex"]).tolist() == [20, 20, 20]


def test_folds_with_too_small_groups_are_refused_before_the_study() -> None:
    sex = np.repeat([0, 1], [50, 10])
    dataset = classes_dataset(60, 2, compared={"sex": sex})
    goal = ("gap(accuracy, sex)",)
    model = (ModelSpec("decision_tree"),)
    with pytest.raises(SpecError, match="two groups of at least 10 rows in each test part"):
        check_evaluation(dataset, model, TWO_FOLDS, goal)
    assert check_evaluation(dataset, model, TWO_FOLDS, ("accuracy", *goal)) == 2
