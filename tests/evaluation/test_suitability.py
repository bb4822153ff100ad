"""Which models suit a table, by facts alone."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from hpo_gui.evaluation.models import MODELS
from hpo_gui.evaluation.suitability import (
    LIMITS,
    TableFacts,
    left_out,
    suitable_models,
    why_not,
)

SMALL = TableFacts("classification", 400, 10, 3)


def facts(**changes: Any) -> TableFacts:
    return dataclasses.replace(SMALL, **changes)


def names(found: TableFacts) -> set[str]:
    return {entry.name for entry in suitable_models(found)}


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_small_table_suits_every_model_of_its_task_that_is_installed(task: Any) -> None:
    wanted = {e.name for e in MODELS.values() if task in e.tasks and e.available}
    assert names(facts(task=task, classes=0 if task == "regression" else 3)) == wanted


def test_the_cheapest_models_come_first() -> None:
    costs = [entry.cost for entry in suitable_models(SMALL)]
    assert costs == sorted(costs)


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        (
            "svm",
            {"rows": 10_001},
            "square of the rows, and there are 10,001 rows (at most 10,000)",
        ),
        ("knn", {"columns": 2000}, "so many columns, and there are 2,000 columns"),
        ("gradient_boosting", {"rows": 20_000, "columns": 50}, "3,000,000 cells"),
        ("ridge", {"needs_probabilities": True}, "no probabilities"),
        ("svm", {"needs_probabilities": True}, "no probabilities"),
        ("knn", {"weighted": True}, "cannot weigh rows"),
        ("decision_tree", {"by_steps": True}, "step by step"),
        ("lasso", {}, "not made for classification"),
        (
            "linear_regression",
            {"task": "regression", "classes": 0, "rows": 50, "columns": 60},
            "more rows than columns, and there are 60 columns",
        ),
    ],
)
def test_each_model_left_out_has_one_sentence_why(
    name: str, changes: dict[str, Any], words: str
) -> None:
    why = why_not(MODELS[name], facts(**changes))
    assert words in why
    assert why[0].isupper()
    assert why.endswith(".")
    assert name not in names(facts(**changes))


def test_a_limit_itself_is_still_allowed() -> None:
    assert why_not(MODELS["svm"], facts(rows=10_000)) == ""


def test_more_classes_make_more_cells_only_for_models_with_such_a_limit() -> None:
    wide = facts(rows=5_000, columns=60, classes=10)
    assert why_not(MODELS["gradient_boosting"], wide)
    assert not why_not(MODELS["gradient_boosting"], dataclasses.replace(wide, classes=2))
    assert not why_not(MODELS["hist_gradient_boosting"], wide)


def test_a_model_whose_package_is_missing_tells_how_to_install_it() -> None:
    missing = dataclasses.replace(MODELS["lightgbm"], requires="no_such_package", package="this")
    assert why_not(missing, SMALL) == "Its package is not installed: pip install this."


def test_a_huge_table_leaves_models_and_tells_of_all_others() -> None:
    huge = facts(rows=3_000_000, columns=100, classes=2)
    found, without = names(huge), {model.name for model in left_out(huge)}
    assert {"hist_gradient_boosting", "sgd", "naive_bayes"} <= found
    of_task = {e.name for e in MODELS.values() if "classification" in e.tasks}
    assert found | without == of_task
    assert not found & without


def test_every_limit_is_of_a_model_of_the_catalogue() -> None:
    assert set(LIMITS) <= set(MODELS)
