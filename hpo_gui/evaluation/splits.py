"""Validation: how the rows are split into rows to learn from and rows to judge by.

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

from hpo_gui.core.catalogue import Catalogue, Entry
from hpo_gui.core.errors import DataError, SpecError
from hpo_gui.core.spec import Choice

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Dataset, Task

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
            _check_class_sizes(dataset, 2, "hold_out")
            _check_both_sides(dataset, judged)
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

        _check_rows(dataset, self.folds)
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

        _check_rows(dataset, self.folds)
        _check_class_sizes(dataset, self.folds, "stratified_k_fold")
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

        _check_rows(dataset, self.folds)
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

        _check_rows(dataset, self.folds)
        _check_class_sizes(dataset, self.folds, "repeated_stratified_k_fold")
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

        groups = _groups(dataset, self.folds, "group_k_fold")
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

        groups = _groups(dataset, self.folds, "stratified_group_k_fold")
        _check_class_sizes(dataset, self.folds, "stratified_group_k_fold")
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

        _check_rows(dataset, 2)
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


def _check_rows(dataset: Dataset, folds: int) -> None:
    rows = len(dataset.train)
    if folds > rows:
        raise DataError(
            "validation.folds",
            f"must not be more than the {rows} rows to learn from",
            folds,
            remedy="Use fewer folds, or a table with more rows.",
        )


def _check_class_sizes(dataset: Dataset, folds: int, kind: str) -> None:
    if dataset.task != "classification":
        return
    codes, counts = np.unique(dataset.target[dataset.train], return_counts=True)
    rarest = int(np.argmin(counts))
    if counts[rarest] < folds:
        label = _label(dataset, int(codes[rarest]))
        raise DataError(
            f"class “{label}” of {dataset.target_name}",
            f"must have at least {folds} rows for {kind}",
            int(counts[rarest]),
            remedy=f"Use {max(2, int(counts[rarest]))} folds or k_fold, or leave these rows out."
            if counts[rarest] > 1
            else "Use k_fold, or leave these rows out.",
        )


def _check_both_sides(dataset: Dataset, judged: int) -> None:
    classes = len(np.unique(dataset.target[dataset.train]))
    learnt = len(dataset.train) - judged
    if min(judged, learnt) < classes:
        raise DataError(
            "validation.test_share",
            f"must leave a row of each of the {classes} classes on both sides",
            f"{learnt} and {judged} rows",
            remedy="Change the share, or switch stratification off.",
        )


def _groups(dataset: Dataset, folds: int, kind: str) -> NDArray[np.int64]:
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


def _check_training_classes(dataset: Dataset, splits: list[Split]) -> None:
    for index, (learn, _) in enumerate(splits):
        codes = np.unique(dataset.target[learn])
        if len(codes) < 2:
            only = f"only “{_label(dataset, int(codes[0]))}”" if len(codes) else "no row"
            raise DataError(
                f"fold {index + 1}",
                f"must have at least two classes to learn from, and has {only}",
                remedy="Shuffle the rows, use stratified folds, or change the groups.",
            )


def _label(dataset: Dataset, code: int) -> object:
    return dataset.classes[code] if code < len(dataset.classes) else code
