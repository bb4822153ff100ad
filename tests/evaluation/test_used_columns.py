"""The number of columns used is counted in columns of the table, not in prepared features."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hpo_gui.core.spec import Choice, ModelSpec, PreprocessingSpec
from hpo_gui.evaluation.cross_validation import CrossValidation
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.fold import prepare_fold
from hpo_gui.evaluation.models import MODELS
from hpo_gui.evaluation.treatments import MAX_ONE_HOT
from hpo_gui.evaluation.used_columns import used_columns
from tests.evaluation.small_datasets import classes_dataset, numbers_dataset

TWO_FOLDS = Choice("k_fold", {"folds": 2})


def columns_used(dataset: Dataset, model: str, **fixed: Any) -> float:
    objective = CrossValidation(
        dataset, (ModelSpec(model, fixed),), TWO_FOLDS, metrics=("n_features",)
    )
    return objective.step(0, {}, 0)[0]["n_features"]


def test_a_column_without_a_coefficient_is_not_used() -> None:
    dataset = numbers_dataset(120, mixed=True)
    assert columns_used(dataset, "lasso", alpha=1e-6) == 5
    assert columns_used(dataset, "lasso", alpha=5.0) == 1
    assert columns_used(dataset, "lasso", alpha=1e6) == 0


def test_a_tree_uses_the_columns_that_it_asks_about() -> None:
    dataset = classes_dataset(120, 2)
    assert columns_used(dataset, "decision_tree", max_depth=1) == 1
    assert columns_used(dataset, "decision_tree") > 1


@pytest.mark.parametrize("model", ["knn", "svm", "naive_bayes"])
def test_a_model_that_does_not_say_uses_all(model: str) -> None:
    assert columns_used(classes_dataset(120, 2, mixed=True), model) == 5


def test_importances_of_another_length_mean_all() -> None:
    class Odd:
        coef_ = np.zeros(7)

    assert used_columns(Odd(), np.array([0, 0, 1])) == 2


@pytest.mark.parametrize("encoding", ["one_hot", "ordinal", "target"])
@pytest.mark.parametrize("classes", [2, 3])
def test_each_prepared_feature_is_traced_to_its_column(encoding: Any, classes: int) -> None:
    rows = 200
    many = np.array([f"v{n % (MAX_ONE_HOT + 15)}" for n in range(rows)], dtype=object)
    frame = classes_dataset(rows, classes, mixed=True).frame
    dataset = classes_dataset(
        rows,
        classes,
        frame=frame.assign(many=many, x9=np.arange(rows, dtype=float)),
        numbers=("x0", "x1", "x2", "x3", "x9"),
        categories=("many", "colour"),
    )
    half = np.arange(rows // 2)
    fold = prepare_fold(
        dataset,
        half,
        half + rows // 2,
        PreprocessingSpec(categories=encoding),
        needs=MODELS["ridge"].needs,
    )
    sources = fold.sources
    assert len(sources) == fold.learn.shape[1]
    assert set(sources.tolist()) == set(range(7))
    numbers = [dataset.features.index(name) for name in dataset.numbers]
    assert sources[:5].tolist() == numbers
    # a category that is another one in every row changes features of its own column only
    changed = dataset.frame.assign(colour="red")
    moved = fold.preprocessor.transform(changed.iloc[half + rows // 2]) != fold.judge
    assert set(sources[moved.any(axis=0)].tolist()) == {dataset.features.index("colour")}
