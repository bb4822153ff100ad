"""Validation: how the rows are split into rows to learn from and rows to judge by.

The kinds as a catalogue, the one that fits when the user says nothing, and the splits themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hpo_gui.core.catalogue import Catalogue, Entry
from hpo_gui.core.errors import DataError, SpecError
from hpo_gui.core.spec import Choice
from hpo_gui.evaluation.split_checks import label_of
from hpo_gui.evaluation.validations import (
    Column,
    GroupKFold,
    HoldOut,
    KFold,
    LeaveOneOut,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    Split,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeries,
    Validation,
)

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Dataset, Task

SPLITS: Catalogue[Any] = Catalogue(
    "validation",
    (
        Entry(
            "hold_out",
            "Hold-out",
            "Use when there are many rows and one judgement is enough.",
            HoldOut,
        ),
        Entry(
            "k_fold", "K-fold", "Use when the target is a number and rows are independent.", KFold
        ),
        Entry(
            "stratified_k_fold",
            "Stratified k-fold",
            "Use when the target is a class and rows are independent.",
            StratifiedKFold,
        ),
        Entry(
            "repeated_k_fold",
            "Repeated k-fold",
            "Use when there are few rows and scores jump from fold to fold.",
            RepeatedKFold,
        ),
        Entry(
            "repeated_stratified_k_fold",
            "Repeated stratified k-fold",
            "Use when there are few rows of some class and scores jump from fold to fold.",
            RepeatedStratifiedKFold,
        ),
        Entry(
            "group_k_fold",
            "Group k-fold",
            "Use when several rows belong together, such as visits of one patient.",
            GroupKFold,
        ),
        Entry(
            "stratified_group_k_fold",
            "Stratified group k-fold",
            "Use when rows belong together and the target is a class.",
            StratifiedGroupKFold,
        ),
        Entry(
            "time_series",
            "Time series",
            "Use when the model will predict the future from the past.",
            TimeSeries,
        ),
        Entry(
            "leave_one_out",
            "Leave one out",
            "Use when there are very few rows.",
            LeaveOneOut,
        ),
        Entry(
            "column",
            "Fold column",
            "Use when the folds are given in the table.",
            Column,
        ),
    ),
)

STRATIFIED = ("stratified_k_fold", "repeated_stratified_k_fold", "stratified_group_k_fold")


def make_validation(choice: Choice) -> Validation:
    """The kind of validation that a study names; `SpecError` for a wrong option."""
    made: Validation = SPLITS.make(choice.name, choice.options)
    return made


def describe(choice: Choice) -> str:
    """What happens, in one sentence."""
    return make_validation(choice).describe()


def default_validation(
    task: Task,
    rows: int,
    *,
    smallest_class: int | None = None,
    groups: int | None = None,
    times: bool = False,
) -> Choice:
    """What fits the data when the user says nothing: five folds where possible.

    Parameters
    ----------
    rows : training rows
    smallest_class : rows of the rarest class
    groups : number of different groups; None without a group column
    times : there is a time column
    """
    folds = max(2, min(5, rows))
    if times:
        return Choice("time_series", {"folds": max(2, min(5, rows - 1))})
    if groups is not None:
        folds = max(2, min(folds, groups))
        enough = smallest_class is None or smallest_class >= folds
        stratified = task == "classification" and enough
        return Choice(
            "stratified_group_k_fold" if stratified else "group_k_fold", {"folds": folds}
        )
    if task == "regression" or (smallest_class is not None and smallest_class < 2):
        return Choice("k_fold", {"folds": folds, "shuffle": True})
    folds = min(folds, smallest_class or folds)
    return Choice("stratified_k_fold", {"folds": folds, "shuffle": True})


def make_splits(dataset: Dataset, choice: Choice, seed: int) -> list[Split]:
    """Split the training rows, and check that every part can be learnt from.

    Raises
    ------
    SpecError : a wrong option, or stratified folds of a regression target
    DataError : too few rows, groups or members of a class; one class in a training fold
    """
    validation = make_validation(choice)
    if choice.name in STRATIFIED and dataset.task == "regression":
        raise SpecError(
            "validation.kind",
            "must not be stratified when the target is a number",
            choice.name,
            remedy=f"Choose {choice.name.replace('stratified_', '')}.",
        )
    splits = validation.split(dataset, seed)
    if dataset.task == "classification":
        _check_training_classes(dataset, splits)
    return splits


def _check_training_classes(dataset: Dataset, splits: list[Split]) -> None:
    for index, (learn, _) in enumerate(splits):
        codes = np.unique(dataset.target[learn])
        if len(codes) < 2:
            only = f"only “{label_of(dataset, int(codes[0]))}”" if len(codes) else "no row"
            raise DataError(
                f"fold {index + 1}",
                f"must have at least two classes to learn from, and has {only}",
                remedy="Shuffle the rows, use stratified folds, or change the groups.",
            )
