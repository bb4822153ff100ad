"""The kinds of validation, each with its options: how the training rows are split.

Every kind gives exactly what scikit-learn's splitter of the same name gives for the training rows
in their order (by time, where there is a time column).
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from hpo_gui.core.errors import DataError, SpecError
from hpo_gui.evaluation.split_checks import (
    check_both_sides,
    check_class_sizes,
    check_rows,
    groups_of,
)

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Dataset

Rows = NDArray[np.intp]
Split = tuple[Rows, Rows]
"""Row numbers of the table: to learn from, to judge by."""

Folds = Annotated[
    int, Meta(ge=2, le=1000, title="Folds", description="Parts; each is the judge once.")
]
Repeats = Annotated[
    int, Meta(ge=1, le=1000, title="Repeats", description="Rounds, each with new random folds.")
]
Shuffle = Annotated[
    bool, Meta(title="Shuffle", description="Mix the rows first; off keeps their order.")
]
Share = Annotated[
    float, Meta(gt=0, lt=1, title="Test share", description="Share of the rows to judge by.")
]


class Validation(Protocol):
    """One kind of validation, with its options as fields."""

    def split(self, dataset: Dataset, seed: int) -> list[Split]:
        """Pairs of row numbers (to learn from, to judge by) over the training rows.

        Raises
        ------
        DataError : the rows cannot be split like this
        """
        ...

    def describe(self) -> str:
        """What happens, in one sentence."""
        ...


class _Kind(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    pass


class HoldOut(_Kind, frozen=True):
    test_share: Share = 0.25
    shuffle: Shuffle = True
    stratify: Annotated[
        bool, Meta(title="Stratify", description="Keep the shares of the classes in both parts.")
    ] = True

    def split(self, dataset: Dataset, seed: int) -> list[Split]:
        from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

        rows = len(dataset.train)
        judged = math.ceil(rows * self.test_share)
        if not 0 < judged < rows:
            raise DataError(
                "validation.test_share",
                "must leave rows on both sides",
                self.test_share,
                remedy=f"There are {rows} rows.",
            )
        if not self.shuffle:
            places = np.arange(rows)
            return [(dataset.train[places[:-judged]], dataset.train[places[-judged:]])]
        if self.stratify and dataset.task == "classification":
            check_class_sizes(dataset, 2, "hold_out")
            check_both_sides(dataset, judged)
            splitter: Any = StratifiedShuffleSplit(1, test_size=judged, random_state=seed)
        else:
            splitter = ShuffleSplit(1, test_size=judged, random_state=seed)
        return _run(splitter, dataset)

    def describe(self) -> str:
        end = "chosen at random" if self.shuffle else "the last ones"
        return f"Learns from {1 - self.test_share:.0%} of the rows, judges by the rest, {end}."


class KFold(_Kind, frozen=True):
    folds: Folds = 5
    shuffle: Shuffle = True

    def split(self, dataset: Dataset, seed: int) -> list[Split]:
        from sklearn import model_selection

        check_rows(dataset, self.folds)
        return _run(
            model_selection.KFold(
                self.folds, shuffle=self.shuffle, random_state=seed if self.shuffle else None
            ),
            dataset,
        )

    def describe(self) -> str:
        return f"{self.folds} folds; each is the judge once, and the model learns from the others."


class StratifiedKFold(_Kind, frozen=True):
    folds: Folds = 5
    shuffle: Shuffle = True

    def split(self, dataset: Dataset, seed: int) -> list[Split]:
        from sklearn import model_selection

        check_rows(dataset, self.folds)
        check_class_sizes(dataset, self.folds, "stratified_k_fold")
        return _run(
            model_selection.StratifiedKFold(
                self.folds, shuffle=self.shuffle, random_state=seed if self.shuffle else None
            ),
            dataset,
        )

    def describe(self) -> str:
        return f"{self.folds} folds, each with the same shares of the classes."


class RepeatedKFold(_Kind, frozen=True):
    folds: Folds = 5
    repeats: Repeats = 3

    def split(self, dataset: Dataset, seed: int) -> list[Split]:
        from sklearn import model_selection

        check_rows(dataset, self.folds)
        return _run(
            model_selection.RepeatedKFold(
                n_splits=self.folds, n_repeats=self.repeats, random_state=seed
            ),
            dataset,
        )

    def describe(self) -> str:
        return f"{self.folds} folds, {self.repeats} times with new random folds."


class RepeatedStratifiedKFold(_Kind, frozen=True):
    folds: Folds = 5
    repeats: Repeats = 3

    def split(self, dataset: Dataset, seed: int) -> list[Split]:
        from sklearn import model_selection

        check_rows(dataset, self.folds)
        check_class_sizes(dataset, self.folds, "repeated_stratified_k_fold")
        return _run(
            model_selection.RepeatedStratifiedKFold(
                n_splits=self.folds, n_repeats=self.repeats, random_state=seed
            ),
            dataset,
        )

    def describe(self) -> str:
        return (
            f"{self.folds} folds with the same shares of the classes, "
            f"{self.repeats} times with new random folds."
        )


class GroupKFold(_Kind, frozen=True):
    folds: Folds = 5
    shuffle: Shuffle = False

    def split(self, dataset: Dataset, seed: int) -> list[Split]:
        from sklearn import model_selection

        groups = groups_of(dataset, self.folds, "group_k_fold")
        return _run(
            model_selection.GroupKFold(
                self.folds, shuffle=self.shuffle, random_state=seed if self.shuffle else None
            ),
            dataset,
            groups,
        )

    def describe(self) -> str:
        return f"{self.folds} folds; all rows of a group are in the same fold."


class StratifiedGroupKFold(_Kind, frozen=True):
    folds: Folds = 5
    shuffle: Shuffle = True

    def split(self, dataset: Dataset, seed: int) -> list[Split]:
        from sklearn import model_selection

        groups = groups_of(dataset, self.folds, "stratified_group_k_fold")
        check_class_sizes(dataset, self.folds, "stratified_group_k_fold")
        return _run(
            model_selection.StratifiedGroupKFold(
                self.folds, shuffle=self.shuffle, random_state=seed if self.shuffle else None
            ),
            dataset,
            groups,
        )

    def describe(self) -> str:
        return (
            f"{self.folds} folds with similar shares of the classes; "
            "all rows of a group are in the same fold."
        )


class TimeSeries(_Kind, frozen=True):
    folds: Folds = 5
    gap: Annotated[
        int, Meta(ge=0, title="Gap", description="Rows left out before each test part.")
    ] = 0
    max_train_size: Annotated[
        int | None,
        Meta(title="Longest past", description="Rows to learn from at most; empty for all."),
    ] = None
    test_size: Annotated[
        int | None,
        Meta(title="Test rows", description="Rows to judge by; empty for equal parts."),
    ] = None

    def __post_init__(self) -> None:
        for name in ("max_train_size", "test_size"):
            size = getattr(self, name)
            if size is not None and size < 1:
                raise SpecError(f"validation.{name}", "must be at least 1", size)

    def split(self, dataset: Dataset, seed: int) -> list[Split]:
        from sklearn import model_selection

        rows = len(dataset.train)
        judged = self.test_size or rows // (self.folds + 1)
        if judged < 1 or rows - self.gap - judged * self.folds < 1:
            raise DataError(
                "validation",
                f"must leave rows before the first of {self.folds} test parts",
                {"rows": rows, "gap": self.gap, "test_size": self.test_size},
                remedy="Use fewer folds, a smaller gap or fewer test rows.",
            )
        return _run(
            model_selection.TimeSeriesSplit(
                self.folds,
                max_train_size=self.max_train_size,
                test_size=self.test_size,
                gap=self.gap,
            ),
            dataset,
        )

    def describe(self) -> str:
        gap = f", {self.gap} rows later" if self.gap else ""
        return (
            f"{self.folds} steps in time: learns from the past, judges by what follows{gap}; "
            "without a time column, rows are taken in their order."
        )


class LeaveOneOut(_Kind, frozen=True):
    def split(self, dataset: Dataset, seed: int) -> list[Split]:
        from sklearn import model_selection

        check_rows(dataset, 2)
        return _run(model_selection.LeaveOneOut(), dataset)

    def describe(self) -> str:
        return "As many folds as rows; each row is judged by a model that saw all the others."


class Column(_Kind, frozen=True):
    column: Annotated[
        str,
        Meta(
            min_length=1,
            title="Column",
            description="Holds the number of each row's fold; -1 is never judged.",
        ),
    ]

    def split(self, dataset: Dataset, seed: int) -> list[Split]:
        from sklearn.model_selection import PredefinedSplit

        if dataset.fold_column is None:
            raise DataError(
                "validation.column",
                "must be a column of whole numbers in the table",
                self.column,
                remedy="Choose another column, or another kind of validation.",
            )
        numbers = dataset.fold_column[dataset.train]
        folds = np.unique(numbers[numbers != -1])
        if len(folds) < 1 or len(np.unique(numbers)) < 2:
            raise DataError(
                "validation.column",
                "must hold at least two different fold numbers",
                self.column,
                remedy="Give every row the number of its fold; -1 is never judged.",
            )
        return _run(PredefinedSplit(numbers), dataset)

    def describe(self) -> str:
        return f"The column “{self.column}” says in which fold each row is judged."


def _run(splitter: Any, dataset: Dataset, groups: NDArray[np.int64] | None = None) -> list[Split]:
    train = dataset.train
    places = np.zeros((len(train), 1))
    with warnings.catch_warnings():
        # NOTE: what it warns of (rare classes) is an error of ours, raised before
        warnings.simplefilter("ignore", UserWarning)
        return [
            (train[learn], train[judge])
            for learn, judge in splitter.split(places, dataset.target[train], groups)
        ]
