"""The dataset: a table's rows with known roles, ready for folds; frozen and picklable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class Dataset:
    """Rows to learn from.

    Attributes
    ----------
    frame : the raw feature columns, shape (n, d): numbers as float64, categories as ``object``
        (texts, None where missing), dates as the file has them
    numbers : names of the feature columns that hold numbers
    categories : names of the feature columns that hold categories, true/false among them
    target : (n,) float64 for regression, class codes 0 … k-1 (int64) for classification
    train : row numbers that tuning sees, ascending (by time when there is a time column)
    test : row numbers locked away until export; may be empty
    classes : the original class labels by code, sorted; empty for regression
    target_name : column that `target` came from
    groups : (n,) group codes, or None
    times : (n,) sortable numbers, or None
    weights : (n,) non-negative sample weights, or None
    fold_column : (n,) whole numbers for the validation kind ``column``, or None
    dates : names of the feature columns that hold dates, with how each is written (None: as dates)
    """

    frame: pd.DataFrame
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    target: NDArray[np.float64] | NDArray[np.int64]
    task: Task
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    classes: tuple[object, ...] = ()
    target_name: str = "target"
    groups: NDArray[np.int64] | None = None
    times: NDArray[np.float64] | None = None
    weights: NDArray[np.float64] | None = None
    fold_column: NDArray[np.int64] | None = None
    dates: tuple[tuple[str, str | None], ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(str(name) for name in self.frame.columns)
