"""Whether rows can be split as asked: enough of them, of each class, and of groups.

All raise `DataError` where they cannot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import DataError

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Dataset


def check_rows(dataset: Dataset, folds: int) -> None:
    """Each fold has a row."""
    rows = len(dataset.train)
    if folds > rows:
        raise DataError(
            "validation.folds",
            f"must not be more than the {rows} rows to learn from",
            folds,
            remedy="Use fewer folds, or a table with more rows.",
        )


def check_class_sizes(dataset: Dataset, folds: int, kind: str) -> None:
    """Each class has a row for each fold; nothing is asked of a target that is a number."""
    if dataset.task != "classification":
        return
    codes, counts = np.unique(dataset.target[dataset.train], return_counts=True)
    rarest = int(np.argmin(counts))
    if counts[rarest] < folds:
        label = label_of(dataset, int(codes[rarest]))
        raise DataError(
            f"class “{label}” of {dataset.target_name}",
            f"must have at least {folds} rows for {kind}",
            int(counts[rarest]),
            remedy=f"Use {max(2, int(counts[rarest]))} folds or k_fold, or leave these rows out."
            if counts[rarest] > 1
            else "Use k_fold, or leave these rows out.",
        )


def check_both_sides(dataset: Dataset, judged: int) -> None:
    """Each class can have a row on both sides of one split."""
    classes = len(np.unique(dataset.target[dataset.train]))
    learnt = len(dataset.train) - judged
    if min(judged, learnt) < classes:
        raise DataError(
            "validation.test_share",
            f"must leave a row of each of the {classes} classes on both sides",
            f"{learnt} and {judged} rows",
            remedy="Change the share, or switch stratification off.",
        )


def groups_of(dataset: Dataset, folds: int, kind: str) -> NDArray[np.int64]:
    """The groups of the training rows, of which each fold has one."""
    if dataset.groups is None:
        raise DataError(
            "validation",
            f"{kind} must have a group column",
            remedy="Give a column the role “group” on the Data page, or choose another kind.",
        )
    groups = dataset.groups
    count = len(np.unique(groups[dataset.train]))
    if count < folds:
        raise DataError(
            "validation.folds",
            f"must not be more than the {count} groups",
            folds,
            remedy="Use fewer folds.",
        )
    return groups[dataset.train]


def label_of(dataset: Dataset, code: int) -> object:
    """The class that a code stands for."""
    return dataset.classes[code] if code < len(dataset.classes) else code
