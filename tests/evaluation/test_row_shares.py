"""Growing shares of the rows are nested and stratified, and end as plain cross-validation."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Categorical, Int
from hpo_gui.core.spec import Choice, ModelSpec, RowsSpec
from hpo_gui.core.trial import Learned
from hpo_gui.evaluation.cross_validation import (
    CrossValidation,
    CrossValidationFactory,
    write_bundle,
)
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.row_shares import (
    RowShares,
    RowSharesFactory,
    check_rows,
    order_rows,
    rows_of_share,
)
from tests.evaluation.small_datasets import classes_dataset, numbers_dataset

THREE = Choice("k_fold", {"folds": 3})
TREE = (ModelSpec("decision_tree"),)
ROWS = RowsSpec(steps=4, least=0.3)
TIMES = ("fit_time", "predict_time")


def objective(
    dataset: Dataset | None = None, rows: RowsSpec = ROWS, **changes: Any
) -> tuple[CrossValidation, RowShares]:
    dataset = classes_dataset(90) if dataset is None else dataset
    metric = "accuracy" if dataset.task == "classification" else "r2"
    usual = {"models": TREE, "validation": THREE, "metrics": (metric,), "seed": 5, **changes}
    evaluation = CrossValidation(dataset, **usual)
    return evaluation, RowShares(evaluation, rows)


def learned(shares: RowShares, index: int, seed: int = 1, **params: Any) -> Learned:
    scores, state = shares.step(shares.start(params, seed), params, index)
    assert state == seed
    assert isinstance(scores, Learned)
    return scores


@pytest.mark.parametrize(
    ("steps", "least", "expected"),
    [(4, 0.125, (0.125, 0.25, 0.5, 1.0)), (2, 0.1, (0.1, 1.0)), (3, 0.25, (0.25, 0.5, 1.0))],
)
def test_shares_grow_geometrically_to_all_rows(
    steps: int, least: float, expected: tuple[float, ...]
) -> None:
    shares = RowsSpec(steps, least).shares
    assert shares == pytest.approx(expected)
    assert shares[-1] == 1.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steps": 1}, "rows.steps must be at least 2"),
        ({"steps": 21}, "rows.steps must be at most 20"),
        ({"least": 0.0}, "rows.least must be more than 0 and less than 1"),
        ({"least": 1.0}, "rows.least must be more than 0 and less than 1"),
        ({"least": math.nan}, "rows.least must be more than 0 and less than 1"),
    ],
)
def test_shares_that_make_no_sense_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        RowsSpec(**options)


def test_a_share_is_rounded_up_and_never_more_than_all() -> None:
    assert [rows_of_share(50, share) for share in (0.1, 0.101, 0.3, 1.0)] == [5, 6, 15, 50]
    assert rows_of_share(3, 0.9999) == 3


def test_every_beginning_of_the_order_is_stratified_and_keeps_each_class() -> None:
    classes = np.array([0] * 80 + [1] * 17 + [2] * 3)
    order = order_rows(100, classes, np.random.default_rng(0))
    assert sorted(order) == list(range(100))
    for count in range(3, 101):
        sizes = np.bincount(classes[order[:count]], minlength=3)
        assert (sizes >= 1).all()
        assert (np.abs(sizes - count * np.array([0.8, 0.17, 0.03])) <= 2).all()


def test_without_classes_the_order_is_a_permutation_that_the_seed_decides() -> None:
    first, again, other = (order_rows(40, None, np.random.default_rng(s)) for s in (1, 1, 2))
    assert sorted(first) == list(range(40))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("dataset", [classes_dataset(90), numbers_dataset(90)])
def test_shares_of_a_fold_are_nested(dataset: Dataset) -> None:
    evaluation, shares = objective(dataset)
    for fold in range(evaluation.steps):
        parts = [shares.rows(fold, index) for index in range(4)]
        assert parts[-1] is None
        sets = [set(part.tolist()) for part in parts[:-1] if part is not None]
        assert [len(part) for part in sets] == [18, 27, 41]
        assert sets[0] < sets[1] < sets[2]


def test_the_rows_are_the_same_for_every_trial_and_worker_and_others_for_each_fold() -> None:
    _, shares = objective()
    _, again = objective()
    _, other = objective(seed=6)
    first = shares.rows(0, 0)
    assert np.array_equal(first, again.rows(0, 0))
    assert not np.array_equal(first, shares.rows(1, 0))
    assert not np.array_equal(first, other.rows(0, 0))


CASES: dict[str, tuple[Dataset, dict[str, Any]]] = {
    "classes": (classes_dataset(90, mixed=True), {}),
    "numbers": (numbers_dataset(90, mixed=True), {}),
    "weights": (classes_dataset(90, weights=np.linspace(1, 4, 90)), {}),
    "forest": (
        classes_dataset(90),
        {"models": (ModelSpec("random_forest", {"n_estimators": 4}),)},
    ),
    "linear": (numbers_dataset(90), {"models": (ModelSpec("ridge"),)}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_last_step_is_plain_cross_validation_bit_for_bit(case: str) -> None:
    dataset, changes = CASES[case]
    evaluation, shares = objective(dataset, **changes)
    found = learned(shares, 3)
    assert found.counts
    state = evaluation.start({}, 1)
    plain = [evaluation.step(state, {}, fold)[0] for fold in range(evaluation.steps)]
    for name, scores in found.folds.items():
        if name not in TIMES:
            assert scores == tuple(fold[name] for fold in plain if name in fold)
    assert found.folds.keys() == plain[0].keys()


def test_a_step_fits_on_its_share_only_and_is_judged_by_all_rows() -> None:
    dataset = classes_dataset(90, weights=np.linspace(1, 4, 90))
    evaluation, shares = objective(dataset)
    candidate, _ = evaluation.choice.pick({})
    fold, rows = evaluation.fold(1, candidate), shares.rows(1, 0)
    assert rows is not None
    part = fold.learning_from(rows)
    assert part.learn.shape == (18, 4)
    assert np.array_equal(part.learn_target, fold.learn_target[rows])
    assert part.learn_weights is not None
    assert len(part.learn_weights) == 18
    assert part.judge is fold.judge
    sizes = [learned(shares, index).folds["model_size"][0] for index in (0, 3)]
    assert sizes[0] < sizes[1]  # a tree of fewer rows has fewer leaves


def test_steps_need_no_state_so_that_a_halted_trial_goes_on_as_it_would_have() -> None:
    _, shares = objective()
    whole = [learned(shares, index).folds["accuracy"] for index in range(4)]
    _, later = objective()
    assert learned(later, 2).folds["accuracy"] == whole[2]
    assert not hasattr(later, "learns")


def test_workers_make_it_from_the_bundle(tmp_path: Path) -> None:
    dataset = classes_dataset(90)
    cross = CrossValidationFactory(write_bundle(dataset, tmp_path), TREE, THREE, seed=5)
    made = RowSharesFactory(cross, ROWS)()
    assert made.steps == 4
    assert np.array_equal(made.rows(0, 1), objective(dataset)[1].rows(0, 1))


# --- too few rows -------------------------------------------------------------------------------

KNN = "k_nearest_neighbors"


@pytest.mark.parametrize(
    ("dataset", "models", "least", "words"),
    [
        (classes_dataset(90), TREE, 0.1, "at least 10 rows in the first step, .* gives 6 of 60"),
        (classes_dataset(90, 8), TREE, 0.2, r"at least 16 rows .*\(2 a class\), .* 12 of 60"),
        (numbers_dataset(90), TREE, 0.1, "share of 0.17 or more"),
        (numbers_dataset(12), TREE, 0.5, "Leave `.rows.` out: the table is small"),
        (
            numbers_dataset(90),
            (ModelSpec(KNN, {}, (Int("n_neighbors", 1, 30),)),),
            0.3,
            r"at least 30 rows .*as many as `n_neighbors` may be.*gives 18.*share of 0.5 or more",
        ),
        (
            numbers_dataset(90),
            (ModelSpec(KNN, {}, (Categorical("n_neighbors", (1, 25)),)),),
            0.3,
            "at least 25 rows",
        ),
        (numbers_dataset(90), (ModelSpec(KNN, {"n_neighbors": 20}),), 0.3, "at least 20 rows"),
    ],
)
def test_a_first_share_that_is_too_small_is_refused_with_one_that_is_not(
    dataset: Dataset, models: tuple[ModelSpec, ...], least: float, words: str
) -> None:
    with pytest.raises(SpecError, match=words):
        check_rows(dataset, models, THREE, RowsSpec(least=least))


def test_the_share_that_is_advised_is_enough() -> None:
    check_rows(numbers_dataset(90), TREE, THREE, RowsSpec(least=0.17))
    check_rows(classes_dataset(90, 8), TREE, THREE, RowsSpec(least=0.27))
