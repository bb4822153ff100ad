"""What is refused before a study begins, as no trial could be evaluated."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import Choice, ModelSpec
from hpo_gui.evaluation.evaluation_check import check_evaluation
from tests.evaluation.small_datasets import classes_dataset

IN_ORDER = Choice("k_fold", {"folds": 3, "shuffle": False})
FIRST, REST = np.arange(60) < 20, np.arange(60) >= 20


def check(weights: Any, metric: str = "accuracy", **facts: Any) -> int:
    dataset = classes_dataset(60, weights=weights.astype(float), **facts)
    return check_evaluation(dataset, (ModelSpec("naive_bayes"),), IN_ORDER, (metric,))


@pytest.mark.parametrize(
    ("weights", "rows", "count"),
    [(REST, "to judge by in fold 1", 20), (FIRST, "to learn from in fold 1", 40)],
)
def test_folds_whose_rows_all_weigh_nothing_are_refused(
    weights: Any, rows: str, count: int
) -> None:
    message = f"data.weight must be above 0 in some of the rows {rows}, but got '0 in all {count}"
    with pytest.raises(DataError, match=re.escape(message)):
        check(weights)


def test_locked_rows_that_all_weigh_nothing_are_refused() -> None:
    train, test = np.arange(45), np.arange(45, 60)
    with pytest.raises(DataError, match="that are locked for the final test"):
        check(np.arange(60) < 45, train=train, test=test)


def test_one_row_that_weighs_something_is_enough_in_each_part() -> None:
    assert check(np.arange(60) % 20 == 0) == 3


def test_rows_that_weigh_nothing_may_judge_by_a_metric_without_weights() -> None:
    assert check(REST, "roc_auc_ovo") == 3
