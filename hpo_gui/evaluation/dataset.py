"""The dataset: a table's rows with known roles, ready for folds; frozen and picklable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import ColumnType, DataSpec
from hpo_gui.evaluation.categories import category_texts
from hpo_gui.evaluation.locked_test import lock_rows
from hpo_gui.evaluation.role_guess import type_problem
from hpo_gui.evaluation.roles import Roles, assign_roles, unknown_column
from hpo_gui.evaluation.row_values import (
    make_compared,
    make_folds,
    make_groups,
    make_target,
    make_times,
    make_weights,
    to_numbers,
    typed_target,
)
from hpo_gui.evaluation.table import Table
from hpo_gui.evaluation.table_record import TableRecord, numbers_among
from hpo_gui.evaluation.task import Task

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Dataset", "Task", "make_dataset"]


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
    compared : column -> (n,) codes of its groups, for the gaps between them (`group_gap`)
    record : how the table was read, for the model file; None for rows that were never a table
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
    compared: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    record: TableRecord | None = None

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(str(name) for name in self.frame.columns)


def make_dataset(
    table: Table,
    data: DataSpec,
    seed: int,
    fold_column: str | None = None,
    compared: Sequence[str] = (),
) -> Dataset:
    """Turn a table into rows to learn from.

    Rows without a target are left out (`assign_roles` says so in a notice). Nothing is filled,
    encoded or scaled here: that happens inside the folds.

    Parameters
    ----------
    seed : of the study; decides which rows are locked away
    fold_column : the column that numbers the folds, for the validation kind ``column``; it is
        no feature then
    compared : columns of any role whose groups are compared

    Raises
    ------
    DataError : no target, no feature, one row, one class, an infinite target, bad weights …
    """
    if fold_column is not None and fold_column not in table.column_names:
        raise unknown_column("validation.column", fold_column, table.column_names)
    roles = assign_roles(table, data, fold_column=fold_column)
    target_name = _check_roles(table, roles)
    values = typed_target(table.frame[target_name], roles.of(target_name).type)
    kept = np.flatnonzero(values.notna().to_numpy())
    _check_rows(target_name, len(kept), len(table.frame))
    frame = table.frame if len(kept) == len(table.frame) else table.frame.iloc[kept]
    frame = frame.reset_index(drop=True)
    target, classes = make_target(values.iloc[kept], target_name, roles.task, kept)
    groups = make_groups(frame, roles, kept)
    times = make_times(frame, table, roles, kept)
    train, test = lock_rows(
        data.test_share,
        seed,
        codes=target.astype(np.int64) if roles.task == "classification" else None,
        groups=groups,
        times=times,
        rows=len(frame),
    )
    features, numbers, categories, dates = _make_features(frame, table, roles)
    return Dataset(
        frame=features,
        numbers=numbers,
        categories=categories,
        dates=dates,
        target=target,
        task=roles.task,
        train=train,
        test=test,
        classes=classes,
        target_name=target_name,
        groups=groups,
        times=times,
        weights=make_weights(frame, roles, kept),
        fold_column=make_folds(frame, fold_column, kept),
        compared={name: make_compared(frame[name]) for name in compared},
        record=_make_record(table, data, features, numbers, categories),
    )


def _make_record(
    table: Table,
    data: DataSpec,
    features: pd.DataFrame,
    numbers: tuple[str, ...],
    categories: tuple[str, ...],
) -> TableRecord:
    """How the table was read, for others with the same columns."""
    # A column of fractions has no thousands points, even if a few new rows look as if it had.
    fractions = {name: False for name in numbers if not table.column(name).whole}
    told = {name: table.points[name] for name in features if name in table.points}
    return TableRecord(
        reading=data.reading,
        decimal=table.reading.decimal,
        header=table.reading.header,
        categories={name: numbers_among(features[name].unique()) for name in categories},
        points=fractions | told,
    )


def _check_roles(table: Table, roles: Roles) -> str:
    if roles.target is None:
        raise DataError(
            "data.target",
            f"must be a column of {table.name} with at least two values",
            remedy="Choose the column to predict.",
        )
    if not roles.features:
        raise DataError(
            "data.features",
            f"must leave a column of {table.name} to learn from besides the target",
            roles.target,
            remedy="Make an ignored column a feature, or check the separator of the file.",
        )
    by_name = {column.name: column for column in table.columns}
    for role in roles.columns:
        problem = type_problem(by_name[role.name], role.type)
        if role.role != "ignore" and problem is not None:
            raise DataError(
                f"data.types.{role.name}",
                f"must fit the column, but {problem}",
                role.type,
                remedy="Choose another type, or ignore the column.",
            )
    return roles.target


def _check_rows(target: str, kept: int, rows: int) -> None:
    if kept == 0:
        raise DataError(
            "data.target",
            f"must be a column with values, but in `{target}` all are missing",
            remedy="Choose another target.",
        )
    if kept < 2:
        raise DataError(
            "data.source",
            "must have at least two rows with a target",
            kept if kept == rows else f"{kept} of {rows}",
            remedy="Choose a table with more rows.",
        )


def _make_features(
    frame: pd.DataFrame, table: Table, roles: Roles
) -> tuple[pd.DataFrame, tuple[str, ...], tuple[str, ...], tuple[tuple[str, str | None], ...]]:
    """The feature columns, and which of them hold numbers, categories and dates."""
    import pandas as pd

    kinds: dict[str, ColumnType] = {
        column.name: column.type for column in roles.columns if column.role == "feature"
    }
    numbers = tuple(name for name, kind in kinds.items() if kind == "number")
    dates = tuple(name for name, kind in kinds.items() if kind == "date")
    categories = tuple(name for name, kind in kinds.items() if kind in ("category", "text"))
    parts = [frame[list(dates)]]
    if numbers:
        cells = np.column_stack([to_numbers(frame[name]) for name in numbers])
        finite = np.nan_to_num(cells, copy=False, nan=np.nan, posinf=np.nan, neginf=np.nan)
        parts.append(pd.DataFrame(finite, columns=list(numbers)))
    if categories:
        parts.append(category_texts(frame[list(categories)]))
    features = pd.concat(parts, axis=1)[list(kinds)]
    formats = tuple((name, table.column(name).date_format) for name in dates)
    return features, numbers, categories, formats
