"""Every kind of validation gives what scikit-learn's splitter gives, or says why it cannot."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import model_selection

from hpo_gui.core.errors import DataError, SpecError
from hpo_gui.core.spec import Choice
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.splits import SPLITS, default_validation, describe, make_splits
from tests.evaluation.small_datasets import classes_dataset, numbers_dataset

SEED = 11
GROUPS = np.repeat(np.arange(12), 5)
FOLDS = np.tile([-1, 0, 1, 2], 15)
HALF = {"shuffle": True, "random_state": SEED}

LIKE_SCIKIT_LEARN: list[tuple[str, dict[str, Any], Any]] = [
    ("k_fold", {"folds": 4}, model_selection.KFold(4, **HALF)),
    ("k_fold", {"folds": 4, "shuffle": False}, model_selection.KFold(4)),
    ("stratified_k_fold", {"folds": 4}, model_selection.StratifiedKFold(4, **HALF)),
    ("stratified_k_fold", {"shuffle": False}, model_selection.StratifiedKFold(5)),
    (
        "repeated_k_fold",
        {"folds": 3, "repeats": 2},
        model_selection.RepeatedKFold(n_splits=3, n_repeats=2, random_state=SEED),
    ),
    (
        "repeated_stratified_k_fold",
        {"folds": 3, "repeats": 2},
        model_selection.RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=SEED),
    ),
    ("group_k_fold", {"folds": 4}, model_selection.GroupKFold(4)),
    ("group_k_fold", {"folds": 4, "shuffle": True}, model_selection.GroupKFold(4, **HALF)),
    ("stratified_group_k_fold", {"folds": 4}, model_selection.StratifiedGroupKFold(4, **HALF)),
    (
        "time_series",
        {"folds": 3, "gap": 2, "max_train_size": 20, "test_size": 8},
        model_selection.TimeSeriesSplit(3, gap=2, max_train_size=20, test_size=8),
    ),
    ("time_series", {}, model_selection.TimeSeriesSplit(5)),
    ("leave_one_out", {}, model_selection.LeaveOneOut()),
    (
        "hold_out",
        {"test_share": 0.2},
        model_selection.StratifiedShuffleSplit(1, test_size=0.2, random_state=SEED),
    ),
    (
        "hold_out",
        {"test_share": 0.33, "stratify": False},
        model_selection.ShuffleSplit(1, test_size=0.33, random_state=SEED),
    ),
]


def grouped(**facts: Any) -> Dataset:
    """60 rows, of which the first 50 in reverse order are to tune on."""
    given = {"groups": GROUPS, "fold_column": FOLDS, "train": np.arange(50)[::-1], **facts}
    return classes_dataset(60, **given)


@pytest.mark.parametrize(("kind", "options", "splitter"), LIKE_SCIKIT_LEARN)
def test_splits_are_those_of_scikit_learn(
    kind: str, options: dict[str, Any], splitter: Any
) -> None:
    dataset = grouped()
    train = dataset.train
    groups = GROUPS[train] if "group" in kind else None
    expected = splitter.split(np.zeros((50, 1)), dataset.target[train], groups)
    found = make_splits(dataset, Choice(kind, options), SEED)
    for (learn, judge), (wanted_learn, wanted_judge) in zip(found, expected, strict=True):
        assert np.array_equal(learn, train[wanted_learn])
        assert np.array_equal(judge, train[wanted_judge])


def test_a_fold_column_says_where_each_row_is_judged() -> None:
    dataset = grouped()
    splits = make_splits(dataset, Choice("column", {"column": "fold"}), SEED)
    assert len(splits) == 3
    for number, (learn, judge) in enumerate(splits):
        assert set(FOLDS[judge]) == {number}
        assert -1 in FOLDS[learn]


@pytest.mark.parametrize("kind", SPLITS.names)
def test_splits_are_repeatable_disjoint_and_within_the_training_rows(kind: str) -> None:
    dataset = grouped()
    choice = Choice(kind, {"column": "fold"} if kind == "column" else {})
    first, second = (make_splits(dataset, choice, SEED) for _ in range(2))
    for (learn, judge), (learn_again, judge_again) in zip(first, second, strict=True):
        assert np.array_equal(learn, learn_again)
        assert np.array_equal(judge, judge_again)
        assert len(learn)
        assert len(judge)
        assert not set(learn) & set(judge)
        assert set(learn) | set(judge) <= set(dataset.train)


@pytest.mark.parametrize("kind", ["group_k_fold", "stratified_group_k_fold"])
def test_a_group_is_never_on_both_sides(kind: str) -> None:
    for learn, judge in make_splits(grouped(), Choice(kind), SEED):
        assert not set(GROUPS[learn]) & set(GROUPS[judge])


def test_time_only_goes_forward() -> None:
    for learn, judge in make_splits(numbers_dataset(60), Choice("time_series", {"gap": 2}), SEED):
        assert learn.max() + 2 < judge.min()


def test_a_hold_out_without_shuffling_judges_by_the_last_rows() -> None:
    options = {"test_share": 0.25, "shuffle": False}
    ((learn, judge),) = make_splits(numbers_dataset(40), Choice("hold_out", options), SEED)
    assert list(learn) == list(range(30))
    assert list(judge) == list(range(30, 40))


def test_another_seed_gives_other_folds() -> None:
    dataset = numbers_dataset(60)
    first, second = (make_splits(dataset, Choice("k_fold"), seed) for seed in (1, 2))
    assert not np.array_equal(first[0][1], second[0][1])


@pytest.mark.parametrize("kind", SPLITS.names)
def test_every_kind_is_described_in_a_sentence(kind: str) -> None:
    text = describe(Choice(kind, {"column": "fold"} if kind == "column" else {}))
    assert text.endswith(".")
    assert text[0].isupper() or text[0].isdigit()


# --- what cannot be split ---------------------------------------------------------------------


def rare(count: int = 3) -> Dataset:
    target = np.zeros(60, dtype=np.int64)
    target[:count] = 1
    return classes_dataset(60, count=2, target=target)


ERRORS: list[tuple[Dataset, Choice, str]] = [
    (rare(), Choice("stratified_k_fold"), "class “b” of target must have at least 5 rows"),
    (rare(), Choice("repeated_stratified_k_fold"), "Use 3 folds or k_fold"),
    (rare(1), Choice("stratified_k_fold"), "Use k_fold, or leave"),
    (rare(1), Choice("hold_out"), "at least 2 rows for hold_out"),
    (numbers_dataset(4), Choice("k_fold"), "more than the 4 rows"),
    (numbers_dataset(1), Choice("leave_one_out"), "more than the 1 rows"),
    (numbers_dataset(9), Choice("group_k_fold"), "must have a group column"),
    (numbers_dataset(60, groups=np.arange(60) % 3), Choice("group_k_fold"), "the 3 groups"),
    (numbers_dataset(5), Choice("time_series"), "before the first of 5 test parts"),
    (numbers_dataset(60), Choice("time_series", {"gap": 59}), "before the first"),
    (numbers_dataset(60), Choice("column", {"column": "fold"}), "whole numbers in the table"),
    (
        numbers_dataset(60, fold_column=np.zeros(60, dtype=np.int64)),
        Choice("column", {"column": "fold"}),
        "two different fold numbers",
    ),
    (numbers_dataset(3), Choice("hold_out", {"test_share": 0.9}), "rows on both sides"),
    (
        classes_dataset(9, target=np.sort(np.arange(9) % 3)),
        Choice("hold_out", {"test_share": 0.2}),
        "each of the 3 classes",
    ),
    (
        classes_dataset(20, count=2, target=np.repeat([0, 1], 10)),
        Choice("k_fold", {"folds": 2, "shuffle": False}),
        "fold 1 must have at least two classes",
    ),
]


@pytest.mark.parametrize(("dataset", "choice", "words"), ERRORS)
def test_rows_that_cannot_be_split_are_explained(
    dataset: Dataset, choice: Choice, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        make_splits(dataset, choice, SEED)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice("kfold"), "`k_fold`"),
        (Choice("k_fold", {"folds": 1}), "validation.folds"),
        (Choice("k_fold", {"fold": 3}), "is not an option of k_fold"),
        (Choice("hold_out", {"test_share": 1.0}), "validation.test_share"),
        (Choice("time_series", {"gap": -1}), "validation.gap"),
        (Choice("time_series", {"test_size": 0}), "validation"),
        (Choice("column"), "column"),
        (Choice("stratified_k_fold"), "Choose k_fold"),
    ],
)
def test_wrong_options_are_explained(choice: Choice, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        make_splits(numbers_dataset(60), choice, SEED)


# --- defaults ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "kind", "folds"),
    [
        ({"task": "classification", "rows": 150, "smallest_class": 50}, "stratified_k_fold", 5),
        ({"task": "classification", "rows": 150, "smallest_class": 3}, "stratified_k_fold", 3),
        ({"task": "classification", "rows": 150, "smallest_class": 1}, "k_fold", 5),
        ({"task": "regression", "rows": 150}, "k_fold", 5),
        ({"task": "regression", "rows": 3}, "k_fold", 3),
        ({"task": "regression", "rows": 90, "groups": 4}, "group_k_fold", 4),
        (
            {"task": "classification", "rows": 90, "smallest_class": 20, "groups": 9},
            "stratified_group_k_fold",
            5,
        ),
        ({"task": "regression", "rows": 90, "times": True}, "time_series", 5),
    ],
)
def test_defaults_follow_the_data(facts: dict[str, Any], kind: str, folds: int) -> None:
    choice = default_validation(**facts)
    assert choice.name == kind
    assert choice.options["folds"] == folds
    describe(choice)


def test_splitting_never_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind in SPLITS.names:
            make_splits(grouped(), Choice(kind, {"column": "f"} if kind == "column" else {}), 1)
