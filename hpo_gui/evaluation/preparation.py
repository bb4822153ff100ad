"""From a table with roles to a `Dataset`: usable rows, and codes for all that is no feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import ColumnType, DataSpec
from hpo_gui.evaluation.categories import category_texts
from hpo_gui.evaluation.dataset import Dataset, Task
from hpo_gui.evaluation.dates import parse_dates
from hpo_gui.evaluation.locked_test import lock_rows
from hpo_gui.evaluation.roles import Role, Roles, assign_roles, unknown_column
from hpo_gui.evaluation.table import Table

if TYPE_CHECKING:
    import pandas as pd

NAMED = 5  # rows named in an error
Rows = NDArray[np.intp]


def make_dataset(
    table: Table, data: DataSpec, seed: int, fold_column: str | None = None
) -> Dataset:
    """Turn a table into rows to learn from.

    Rows without a target are left out (`assign_roles` says so in a notice). Nothing is filled,
    encoded or scaled here: that happens inside the folds.

    Parameters
    ----------
    seed : of the study; decides which rows are locked away
    fold_column : the column that numbers the folds, for the validation kind ``column``; it is
        no feature then

    Raises
    ------
    DataError : no target, no feature, one row, one class, an infinite target, bad weights …
    """
    roles = assign_roles(table, _without_fold_column(table, data, fold_column))
    target_name = _check_roles(table, roles)
    kept = np.flatnonzero(table.frame[target_name].notna().to_numpy())
    _check_rows(target_name, len(kept), len(table.frame))
    frame = table.frame if len(kept) == len(table.frame) else table.frame.iloc[kept]
    frame = frame.reset_index(drop=True)
    target, classes = _make_target(frame[target_name], target_name, roles.task, kept)
    groups = _make_groups(frame, roles, kept)
    times = _make_times(frame, table, roles, kept)
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
        weights=_make_weights(frame, roles, kept),
        fold_column=_make_folds(frame, fold_column, kept),
    )


def _without_fold_column(table: Table, data: DataSpec, fold_column: str | None) -> DataSpec:
    """The specification with the fold column ignored, unless it has a role."""
    import msgspec

    if fold_column is None:
        return data
    if fold_column not in table.column_names:
        raise unknown_column("validation.column", fold_column, table.column_names)
    named = {data.target, data.group, data.time, data.weight, *data.ignore, *(data.features or ())}
    if fold_column in named:
        return data
    return msgspec.structs.replace(data, ignore=(*data.ignore, fold_column))


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
    return roles.target


def _check_rows(target: str, kept: int, rows: int) -> None:
    if kept == 0:
        raise DataError("data.target", "must have values, but all are missing", target)
    if kept < 2:
        raise DataError(
            "data.source",
            "must have at least two rows with a target",
            kept if kept == rows else f"{kept} of {rows}",
            remedy="Choose a table with more rows.",
        )


def name_rows(rows: Rows) -> str:
    """Name a few rows as the window counts them, from 1: "rows 3, 17 and 4 more"."""
    shown = ", ".join(str(row + 1) for row in rows[:NAMED].tolist())
    more = f" and {len(rows) - NAMED:,} more" if len(rows) > NAMED else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"


def _make_target(
    values: pd.Series[Any], name: str, task: Task, kept: Rows
) -> tuple[NDArray[np.float64] | NDArray[np.int64], tuple[object, ...]]:
    """Numbers to predict, or class codes with the sorted labels."""
    if task == "classification":
        return _make_classes(values, name)
    numbers = _to_numbers(values)
    bad = np.flatnonzero(np.isnan(numbers))
    if len(bad):
        raise DataError(
            f"The target `{name}`",
            f"must hold numbers for regression, not texts ({name_rows(kept[bad])})",
            values.iloc[bad[0]],
            remedy="Choose classification, or another target.",
        )
    bad = np.flatnonzero(np.isinf(numbers))
    if len(bad):
        raise DataError(
            f"The target `{name}`",
            f"must be finite in every row, but is infinite in {name_rows(kept[bad])}",
            remedy="Mend or remove those rows in the file.",
        )
    if np.ptp(numbers) == 0:
        raise _nothing_to_predict(name, numbers[0].item())
    return numbers, ()


def _nothing_to_predict(name: str, value: object) -> DataError:
    return DataError(
        f"The target `{name}`",
        "must have at least two different values",
        value,
        remedy="Choose another target.",
    )


def _make_classes(
    values: pd.Series[Any], name: str
) -> tuple[NDArray[np.int64], tuple[object, ...]]:
    import pandas as pd

    codes, labels = pd.factorize(values, sort=True)
    if len(labels) < 2:
        raise _nothing_to_predict(name, _label(labels[0]))
    return codes.astype(np.int64), tuple(_label(label) for label in labels)


def _label(value: Any) -> object:
    """A class label as a plain value: 3 rather than 3.0, as a column of whole numbers has it."""
    if isinstance(value, np.generic):
        value = value.item()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _to_numbers(values: pd.Series[Any]) -> NDArray[np.float64]:
    """Numbers of a column; NaN for missing values and for texts."""
    import pandas as pd

    return np.asarray(pd.to_numeric(values, errors="coerce"), dtype=np.float64)


def _only(roles: Roles, role: Role) -> str | None:
    names = roles.names(role)
    return names[0] if names else None


def _make_codes(
    values: pd.Series[Any], parameter: str, rule: str, kept: Rows
) -> NDArray[np.int64]:
    """Codes 0 … k-1 of a column's values, sorted; `DataError` where one is missing."""
    import pandas as pd

    codes, _ = pd.factorize(values, sort=True)
    bad = np.flatnonzero(codes < 0)
    if len(bad):
        raise DataError(
            parameter,
            f"{rule}, but `{values.name}` is empty in {name_rows(kept[bad])}",
            remedy="Fill it in the file, or choose another column.",
        )
    return codes.astype(np.int64)


def _make_groups(frame: pd.DataFrame, roles: Roles, kept: Rows) -> NDArray[np.int64] | None:
    name = _only(roles, "group")
    if name is None:
        return None
    codes = _make_codes(frame[name], "data.group", "must name a group for every row", kept)
    if codes.max() == 0:
        raise DataError(
            "data.group",
            "must have at least two groups",
            name,
            remedy="Choose another column, or none.",
        )
    return codes


def _make_folds(
    frame: pd.DataFrame, fold_column: str | None, kept: Rows
) -> NDArray[np.int64] | None:
    if fold_column is None:
        return None
    rule = "must give every row a fold"
    return _make_codes(frame[fold_column], "validation.column", rule, kept)


def _make_times(
    frame: pd.DataFrame, table: Table, roles: Roles, kept: Rows
) -> NDArray[np.float64] | None:
    name = _only(roles, "time")
    if name is None:
        return None
    if roles.of(name).type == "date":
        times = parse_dates(frame[name], table.column(name).date_format)
    else:
        times = _to_numbers(frame[name])
    bad = np.flatnonzero(~np.isfinite(times))
    if len(bad):
        raise DataError(
            "data.time",
            f"must be a date or a number in every row, but `{name}` is not in "
            f"{name_rows(kept[bad])}",
            frame[name].iloc[bad[0]],
            remedy="Mend those rows in the file, or choose another column.",
        )
    return times


def _make_weights(frame: pd.DataFrame, roles: Roles, kept: Rows) -> NDArray[np.float64] | None:
    name = _only(roles, "weight")
    if name is None:
        return None
    weights = _to_numbers(frame[name])
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        raise DataError(
            "data.weight",
            f"must be a number of at least 0 in every row, but `{name}` is not in "
            f"{name_rows(kept[bad])}",
            frame[name].iloc[bad[0]],
            remedy="Mend those rows in the file, or choose another column.",
        )
    if weights.sum() == 0:
        raise DataError("data.weight", "must be above 0 in some row", name)
    return weights


def _make_features(
    frame: pd.DataFrame, table: Table, roles: Roles
) -> tuple[pd.DataFrame, tuple[str, ...], tuple[str, ...], tuple[tuple[str, str | None], ...]]:
    """The feature columns, and which of them hold numbers, categories and dates."""
    kinds: dict[str, ColumnType] = {name: roles.of(name).type for name in roles.features}
    numbers = tuple(name for name, kind in kinds.items() if kind == "number")
    dates = tuple(name for name, kind in kinds.items() if kind == "date")
    categories = tuple(name for name in kinds if name not in {*numbers, *dates})
    features = frame[list(kinds)].copy()
    for name in numbers:
        features[name] = _finite(_to_numbers(features[name]))
    if categories:
        texts = category_texts(features[list(categories)])
        for name in categories:
            features[name] = texts[name]
    formats = tuple((name, table.column(name).date_format) for name in dates)
    return features, numbers, categories, formats


def _finite(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isinf(numbers), np.nan, numbers)
