"""The picture of the splits, as numbers: which rows each fold learns from and is judged by.

Rows are sampled, not averaged, so that mixed folds look mixed: a column of the picture is one row
of the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.spec import Choice

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Dataset

UNUSED, LEARN, JUDGE = 0, 1, 2
COLUMNS, FOLDS = 160, 50
MOST_LABELS = 7  # colours of the strip; further classes and groups use them again


@dataclass(frozen=True)
class SplitsPicture:
    """What a kind of validation does with the rows.

    Attributes
    ----------
    sentence : for people
    order : what the rows are ordered by: "row", "class", "group" or "time"
    rows, locked : rows that tuning sees, and rows locked away until export
    every : one of so many rows is shown
    count : number of folds; the first ``len(codes)`` are shown
    codes : (folds shown, columns) of UNUSED, LEARN, JUDGE
    sizes : rows to learn from and to judge by, of every fold shown
    strip : (columns,) class or group of the row, as small whole numbers; empty without either
    labels : names of the numbers in the strip, the first few
    strip_title : what the strip shows
    """

    sentence: str
    order: str
    rows: int
    locked: int
    every: int
    count: int
    codes: NDArray[np.uint8]
    sizes: tuple[tuple[int, int], ...]
    strip: NDArray[np.int64]
    labels: tuple[str, ...]
    strip_title: str


def splits_picture(dataset: Dataset, choice: Choice, seed: int) -> SplitsPicture:
    """Compute the picture; imports scikit-learn.

    Raises
    ------
    SpecError, DataError : as `evaluation.splits.make_splits`
    """
    from hpo_gui.evaluation.splits import describe, make_splits

    splits = make_splits(dataset, choice, seed)
    order, ordered = _order(dataset, choice)
    shown = ordered[_sample(len(ordered))]
    codes = np.zeros((min(len(splits), FOLDS), len(shown)), dtype=np.uint8)
    for fold, (learn, judge) in enumerate(splits[:FOLDS]):
        row_codes = np.zeros(len(dataset.frame), dtype=np.uint8)
        row_codes[learn], row_codes[judge] = LEARN, JUDGE
        codes[fold] = row_codes[shown]
    strip, labels, title = _strip(dataset, shown, order)
    return SplitsPicture(
        sentence=describe(choice),
        order=order,
        rows=len(dataset.train),
        locked=len(dataset.test),
        every=max(round(len(ordered) / max(len(shown), 1)), 1),
        count=len(splits),
        codes=codes,
        sizes=tuple((len(learn), len(judge)) for learn, judge in splits[:FOLDS]),
        strip=strip,
        labels=labels,
        strip_title=title,
    )


def _sample(rows: int) -> NDArray[np.intp]:
    if rows <= COLUMNS:
        return np.arange(rows)
    return np.linspace(0, rows - 1, COLUMNS).round().astype(np.intp)


def _order(dataset: Dataset, choice: Choice) -> tuple[str, NDArray[np.intp]]:
    """Groups or classes side by side where the kind looks at them, else the order of the rows."""
    train = dataset.train
    if "group" in choice.name and dataset.groups is not None:
        return "group", train[np.argsort(dataset.groups[train], kind="stable")]
    if choice.name == "time_series":
        return "time" if dataset.times is not None else "row", train
    if "stratified" in choice.name and dataset.task == "classification":
        return "class", train[np.argsort(dataset.target[train], kind="stable")]
    return "row", train


def _strip(
    dataset: Dataset, shown: NDArray[np.intp], order: str
) -> tuple[NDArray[np.int64], tuple[str, ...], str]:
    if order == "group" and dataset.groups is not None:
        numbers = np.unique(dataset.groups[shown], return_inverse=True)[1]
        return numbers.astype(np.int64), (), "group"
    if dataset.task == "classification":
        labels = tuple(str(label) for label in dataset.classes)
        return dataset.target[shown].astype(np.int64), labels, dataset.target_name
    return np.zeros(0, dtype=np.int64), (), ""
