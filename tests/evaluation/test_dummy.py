"""The dummy is scikit-learn's, on the folds of the study."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import KFold, cross_val_score

from hpo_gui.core.spec import Choice, ModelSpec
from hpo_gui.evaluation.dummy import check_with_dummy, dummy_scores
from tests.evaluation.small_datasets import classes_dataset, numbers_dataset

THREE = Choice("k_fold", {"folds": 3})


@pytest.mark.parametrize("metric", ["accuracy", "neg_log_loss", "balanced_accuracy"])
def test_a_classifier_says_how_frequent_the_classes_are(metric: str) -> None:
    dataset = classes_dataset(mixed=True)
    splits = KFold(3, shuffle=True, random_state=1)
    rows = np.zeros((60, 1))
    expected = cross_val_score(DummyClassifier(), rows, dataset.target, cv=splits, scoring=metric)
    assert dummy_scores(dataset, THREE, (metric,), 1)[metric] == pytest.approx(tuple(expected))


def test_a_regressor_says_the_mean() -> None:
    dataset = numbers_dataset()
    splits = KFold(3, shuffle=True, random_state=1)
    rows = np.zeros((60, 1))
    expected = cross_val_score(DummyRegressor(), rows, dataset.target, cv=splits, scoring="r2")
    assert dummy_scores(dataset, THREE, ("r2",), 1) == {"r2": pytest.approx(tuple(expected))}


def test_costs_and_metrics_without_a_value_are_left_out() -> None:
    dataset = numbers_dataset()
    dataset.target[:] = -np.abs(dataset.target)
    assert dummy_scores(dataset, THREE, ("fit_time", "neg_mean_gamma_deviance")) == {}


def test_the_check_of_a_study_gives_it_along() -> None:
    steps, scores = check_with_dummy(
        classes_dataset(), (ModelSpec("knn"),), THREE, ("accuracy",), 1
    )
    assert steps == 3
    assert len(scores["accuracy"]) == 3
