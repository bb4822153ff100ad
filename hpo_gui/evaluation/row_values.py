"""What rows have besides features: target, group, fold, time and weight, checked, as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import ColumnType
from hpo_gui.evaluation.categories import category_texts
from hpo_gui.evaluation.dates import parse_dates
from hpo_gui.evaluation.roles import Role, Roles
from hpo_gui.evaluation.table import Table
from hpo_gui.evaluation.task import Task

if TYPE_CHECKING:
    import pandas as pd

NAMED = 5  # rows named in an error
NEVER_JUDGED = -1  # in a fold column, as for scikit-learn's PredefinedSplit

Rows = NDArray[np.intp]


def name_rows(rows: Rows) -> str:
    """Name a few rows as the window counts them, from 1: "rows 3, 17 and 4 more"."""
    shown = ", ".join(str(row + 1) for row in rows[:NAMED].tolist())
    more = f" and {len(rows) - NAMED:,} more" if len(rows) > NAMED else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"


def typed_target(values: pd.Series[Any], kind: ColumnType) -> pd.Series[Any]:
    """The target as its type says: a column of numbers without the texts that strayed into it."""
    import pandas as pd

    if kind != "number" or values.dtype.kind in "iuf":
        return values
    return pd.Series(to_numbers(values), name=values.name)


def make_target(
    values: pd.Series[Any], name: str, task: Task, kept: Rows
) -> tuple[NDArray[np.float64] | NDArray[np.int64], tuple[object, ...]]:
    """Numbers to predict, or class codes with the sorted labels."""
    numbers = to_numbers(values)
    bad = np.flatnonzero(np.isinf(numbers))
    if len(bad):
        raise DataError(
            f"The target `{name}`",
            f"must be finite in every row, but is infinite in {name_rows(kept[bad])}",
            remedy="Mend or remove those rows in the file.",
        )
    if task == "classification":
        return _make_classes(values, name)
    bad = np.flatnonzero(np.isnan(numbers))
    if len(bad):
        raise DataError(
            f"The target `{name}`",
            f"must hold numbers for regression, not texts ({name_rows(kept[bad])})",
            values.iloc[bad[0]],
            remedy="Choose classification, or another target.",
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


def to_numbers(values: pd.Series[Any]) -> NDArray[np.float64]:
    """Numbers of a column; NaN for missing values and for texts."""
    import pandas as pd

    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf":
        return values.to_numpy(np.float64)
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


def make_groups(frame: pd.DataFrame, roles: Roles, kept: Rows) -> NDArray[np.int64] | None:
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


def are_judged(folds: pd.Series[Any]) -> NDArray[np.bool_]:
    """Which rows of a fold column are judged at all."""
    numbers: NDArray[np.float64] = to_numbers(folds.astype(object))
    return np.not_equal(numbers, NEVER_JUDGED)


def make_folds(
    frame: pd.DataFrame, fold_column: str | None, kept: Rows
) -> NDArray[np.int64] | None:
    """Codes 0 … k-1 of the folds in the column's order; -1 where it says -1, as number or text."""
    if fold_column is None:
        return None
    values = frame[fold_column]
    codes = _make_codes(values, "validation.column", "must give every row a fold", kept)
    judged = are_judged(values)
    codes[~judged] = NEVER_JUDGED
    codes[judged] = np.unique(codes[judged], return_inverse=True)[1]
    return codes


def make_compared(values: pd.Series[Any]) -> NDArray[np.int64]:
    """Codes 0 … k-1 of the groups of a column, sorted; missing values are the last group."""
    import pandas as pd

    texts = category_texts(values.to_frame())[values.name]
    codes, groups = pd.factorize(texts, sort=True)
    return np.where(codes < 0, len(groups), codes).astype(np.int64)


def make_times(
    frame: pd.DataFrame, table: Table, roles: Roles, kept: Rows
) -> NDArray[np.float64] | None:
    name = _only(roles, "time")
    if name is None:
        return None
    if roles.of(name).type == "date":
        times = parse_dates(frame[name], table.column(name).date_format)
    else:
        times = to_numbers(frame[name])
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


def make_weights(frame: pd.DataFrame, roles: Roles, kept: Rows) -> NDArray[np.float64] | None:
    name = _only(roles, "weight")
    if name is None:
        return None
    weights = to_numbers(frame[name])
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
        raise DataError(
            "data.weight", "must be above 0 in some row", name, remedy="Choose another column."
        )
    return weights
