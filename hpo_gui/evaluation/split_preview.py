"""The picture of the splits, as numbers: which rows each fold learns from and is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from hpo_gui.core.spec import Choice
from hpo_gui.evaluation.splits import Split, describe, make_splits

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Dataset

UNUSED, LEARN, JUDGE = 0, 1, 2


class FoldPreview(msgspec.Struct, frozen=True):
    """One fold.

    Attributes
    ----------
    learn, judge : number of rows
    cells : the rows from first to last in equal stretches: 0 unused, 1 to learn from, 2 to judge
        by; a stretch with both has what is more frequent there
    """

    learn: int
    judge: int
    cells: tuple[int, ...]


class SplitPreview(msgspec.Struct, frozen=True):
    """What a kind of validation does with the training rows.

    Attributes
    ----------
    sentence : for people
    order : what the rows are ordered by, from left to right
    folds : the first ones; ``count`` says how many there are
    """

    kind: str
    sentence: str
    order: str
    rows: int
    count: int
    folds: tuple[FoldPreview, ...]


def split_preview(
    dataset: Dataset, choice: Choice, seed: int, *, cells: int = 60, most: int = 20
) -> SplitPreview:
    """Compute the picture; imports scikit-learn, so call it outside the window's process.

    Parameters
    ----------
    cells : stretches per fold
    most : folds shown

    Raises
    ------
    SpecError, DataError : as `make_splits`
    """
    splits = make_splits(dataset, choice, seed)
    order = _order(dataset, choice)
    return SplitPreview(
        kind=choice.name,
        sentence=describe(choice),
        order=order,
        rows=len(dataset.train),
        count=len(splits),
        folds=tuple(_fold(dataset, split, cells, order) for split in splits[:most]),
    )


def _order(dataset: Dataset, choice: Choice) -> str:
    """Groups side by side where they matter, else the order of the rows."""
    if "group" in choice.name:
        return "group"
    if choice.name == "time_series" and dataset.times is not None:
        return "time"
    return "row"


def _fold(dataset: Dataset, split: Split, cells: int, order: str) -> FoldPreview:
    learn, judge = split
    codes = np.full(len(dataset.frame), UNUSED)
    codes[learn] = LEARN
    codes[judge] = JUDGE
    codes = codes[dataset.train]
    if order == "group" and dataset.groups is not None:
        codes = codes[np.argsort(dataset.groups[dataset.train], kind="stable")]
    parts = np.array_split(codes, min(cells, len(codes)))
    return FoldPreview(
        len(learn),
        len(judge),
        tuple(int(np.bincount(part, minlength=3).argmax()) for part in parts),
    )
