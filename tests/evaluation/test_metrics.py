"""The table of metrics agrees with scikit-learn, and wrong names are explained."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.metrics import get_scorer

from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.evaluation.metric_table import COST_NAMES, METRICS, OURS
from hpo_gui.evaluation.metrics import (
    best_score,
    check_metric,
    default_metric,
    metric_direction,
    metric_names,
    metric_title,
)

OUR_NAMES = tuple(metric.name for metric in OURS)
SCORERS = [name for name in METRICS if name not in (*COST_NAMES, *OUR_NAMES)]
CLASS_SCORERS = [name for name in SCORERS if "classification" in METRICS[name].tasks]
NUMBER_SCORERS = [name for name in SCORERS if "regression" in METRICS[name].tasks]


def test_the_table_holds_all_scorers_of_scikit_learn() -> None:
    from sklearn.metrics import get_scorer_names

    assert set(SCORERS) == set(get_scorer_names())


@pytest.mark.parametrize("name", CLASS_SCORERS + NUMBER_SCORERS)
def test_needs_and_weights_are_those_of_the_scorer(name: str) -> None:
    from sklearn.metrics import get_scorer

    scorer = get_scorer(name)
    needs = {"predict": "labels", "predict_proba": "probabilities"}
    method: Any = scorer._response_method
    assert METRICS[name].needs == (needs[method] if isinstance(method, str) else "scores")
    weighted = "sample_weight" in inspect.signature(scorer._score_func).parameters
    # NOTE: roc_auc_score refuses weights for one class against another
    assert METRICS[name].weighted == (weighted and "_ovo" not in name)


@pytest.mark.parametrize("classes", [2, 3])
def test_every_metric_offered_can_be_computed(classes: int) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import get_scorer

    rng = np.random.default_rng(0)
    target = np.arange(60) % classes
    rows = rng.normal(size=(60, 2)) + target[:, None]
    model = LogisticRegression().fit(rows, target)
    for name in metric_names("classification", classes):
        if name not in SCORERS:
            continue
        options = {"sample_weight": np.ones(60)} if METRICS[name].weighted else {}
        assert np.isfinite(get_scorer(name)(model, rows, target, **options)), name


def test_every_regression_metric_can_be_computed_for_positive_numbers() -> None:
    from sklearn.linear_model import LinearRegression
    from sklearn.metrics import get_scorer

    rows = np.arange(1.0, 40.0)[:, None]
    model = LinearRegression().fit(rows, rows[:, 0])
    for name in NUMBER_SCORERS:
        options = {"sample_weight": np.ones(39)} if METRICS[name].weighted else {}
        assert np.isfinite(get_scorer(name)(model, rows, rows[:, 0], **options)), name


@pytest.mark.parametrize("name", CLASS_SCORERS + NUMBER_SCORERS)
def test_scorers_are_maximized(name: str) -> None:
    assert metric_direction(name) == "maximize"


@pytest.mark.parametrize("name", [*COST_NAMES, "n_features"])
def test_costs_are_minimized_and_fit_both_tasks(name: str) -> None:
    assert metric_direction(name) == "minimize"
    assert name in metric_names("classification")
    assert name in metric_names("regression")


def test_every_metric_has_a_title_of_its_own() -> None:
    offered = [m for m in METRICS.values() if m.tasks]
    assert len({m.title for m in offered}) == len(offered)
    assert metric_title("my_metric") == "my_metric"
    assert metric_title("accuracy") == "Accuracy"


def test_the_usual_metrics_come_first() -> None:
    assert metric_names("classification")[0] == "accuracy"
    assert metric_names("regression")[0] == "neg_root_mean_squared_error"


def test_metrics_of_two_classes_are_not_offered_for_three() -> None:
    assert {"f1", "roc_auc"} <= set(metric_names("classification", 2))
    assert not {"f1", "roc_auc"} & set(metric_names("classification", 3))
    assert "top_k_accuracy" not in metric_names("classification", 2)


@pytest.mark.parametrize(
    ("sizes", "metric"),
    [((), "accuracy"), ((50, 50), "accuracy"), ((90, 10), "balanced_accuracy")],
)
def test_imbalanced_classes_are_judged_in_balance(sizes: tuple[int, ...], metric: str) -> None:
    assert default_metric("classification", sizes) == metric


@pytest.mark.parametrize(
    ("name", "task", "classes", "words"),
    [
        ("acuracy", "classification", 2, "`accuracy`"),
        ("rmse", "regression", None, "`neg_root_mean_squared_error`"),
        ("mean_squared_error", "regression", None, "`neg_mean_squared_error`"),
        ("AUC", "classification", 2, "`roc_auc`"),
        ("f1", "classification", 3, "f1_macro"),
        ("roc_auc", "classification", 3, "roc_auc_ovr"),
        ("matthews", "classification", 3, "matthews_corrcoef"),
        ("top_k_accuracy", "classification", 2, "three classes"),
        ("r2", "classification", 2, "r2 is for regression"),
        ("rand_score", "classification", 2, "not for tables"),
        ("xyz", "regression", None, "must be one of neg_root"),
    ],
)
def test_a_wrong_metric_is_answered_with_the_right_one(
    name: str, task: Any, classes: int | None, words: str
) -> None:
    with pytest.raises(SpecError, match=words):
        check_metric(name, task, classes)


def test_a_right_metric_is_given_back() -> None:
    assert check_metric("f1", "classification", 2).title == "F1"
    assert check_metric("f1", "classification").classes == "two"


@pytest.mark.parametrize(
    ("goal", "best"),
    [
        (Goal("accuracy", "maximize"), 1.0),
        (Goal("neg_log_loss", "maximize"), 0.0),
        (Goal("model_size", "minimize"), 0.0),
        (Goal("gap(accuracy, sex)", "minimize"), 0.0),
        (Goal("neg_log_loss", "minimize"), None),
        (Goal("value", "minimize"), None),
    ],
)
def test_the_best_score_that_a_metric_can_have_is_known(goal: Goal, best: float | None) -> None:
    assert best_score(goal) == best


def test_what_is_told_of_the_poisson_deviance_allows_counts_of_zero() -> None:
    scored = get_scorer("neg_mean_poisson_deviance")
    model = DummyRegressor().fit([[0.0]] * 2, [0.0, 1.0])
    assert scored(model, [[0.0]] * 2, [0.0, 1.0]) == pytest.approx(-np.log(2))
    note = METRICS["neg_mean_poisson_deviance"].note
    assert note == "The target must not be negative, and predictions must be above 0."
