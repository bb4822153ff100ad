"""Plain columns: whatever a file holds, as numbers, booleans, dates or texts with plain names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from hpo_gui.evaluation.notice import Notice

if TYPE_CHECKING:
    import pandas as pd

NAMED = 3


def plain_frame(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Notice, ...]]:
    """Give every column a name of its own and one of four plain types.

    Numbers become float64 or a NumPy integer, true/false stays boolean when none is missing, dates
    stay dates, everything else becomes text. Nullable and categorical types, which mean the same,
    are turned into those.
    """
    import pandas as pd

    names, notices = plain_names(list(frame.columns))
    given = [values for _, values in frame.items()]
    plain = [plain_series(values) for values in given]
    if any(new is not old for new, old in zip(plain, given, strict=True)):
        frame = pd.concat(plain, axis=1)
    return frame.set_axis(names, axis=1).reset_index(drop=True), notices


def plain_names(names: list[Any]) -> tuple[list[str], tuple[Notice, ...]]:
    """Names as texts, each only once: the second ``a`` becomes ``a.1``, as pandas does it."""
    if names == list(range(len(names))):
        text = f"columns are named column_1 … column_{len(names)}."
        return [f"column_{n + 1}" for n in range(len(names))], (
            Notice("info", "No header found:", text),
        )
    plain: list[str] = []
    used: set[str] = set()
    renamed: list[str] = []
    for index, given in enumerate(names):
        name = base = _name_text(given, index)
        number = 0
        while name in used:
            number += 1
            name = f"{base}.{number}"
        if number:
            renamed.append(name)
        used.add(name)
        plain.append(name)
    return plain, _about_duplicates(renamed)


def number_of(name: str) -> int | None:
    """Which column without a header gets this name, counted from 0; None for another name."""
    number = name.removeprefix("column_")
    return int(number) - 1 if number != name and number.isdecimal() and len(number) < 10 else None


def _name_text(given: Any, index: int) -> str:
    if isinstance(given, tuple):
        return " ".join(str(part) for part in given)
    text = str(given)
    return text if text.strip() else f"Unnamed: {index}"


def _about_duplicates(renamed: list[str]) -> tuple[Notice, ...]:
    if not renamed:
        return ()
    shown = ", ".join(f"`{name}`" for name in renamed[:NAMED])
    more = " …" if len(renamed) > NAMED else ""
    return (Notice("warning", "Column names occur twice:", f"the later ones are {shown}{more}."),)


def plain_series(values: pd.Series[Any]) -> pd.Series[Any]:
    """A column in its plain type; the very same one if it is plain already."""
    import pandas as pd

    dtype: Any = values.dtype
    if isinstance(dtype, np.dtype):
        return _plain_numpy(values, dtype)
    if isinstance(dtype, pd.CategoricalDtype):
        return plain_series(values.astype(dtype.categories.dtype))
    if isinstance(dtype, pd.StringDtype):
        return values
    if isinstance(dtype, pd.DatetimeTZDtype):
        moments: pd.Series[Any] = values.dt.tz_convert("UTC").dt.tz_localize(None)
        return moments
    if pd.api.types.is_bool_dtype(dtype):
        return _plain_objects(values.astype(object))
    if pd.api.types.is_integer_dtype(dtype) and not values.hasnans:
        return values.astype("int64")
    if pd.api.types.is_numeric_dtype(dtype):
        return values.astype("float64")
    return _plain_objects(values.astype(object))


def _plain_numpy(values: pd.Series[Any], dtype: np.dtype[Any]) -> pd.Series[Any]:
    if dtype.kind in "iuf":
        return values if dtype.itemsize in (1, 4, 8) else values.astype(np.float64)
    if dtype.kind in "bM":
        return values
    if dtype.kind == "m":
        seconds: pd.Series[Any] = values.dt.total_seconds()
        return seconds
    return _plain_objects(values.astype(object))


def _plain_objects(values: pd.Series[Any]) -> pd.Series[Any]:
    """Objects of one kind in the plain type of that kind; a mixture as texts."""
    import pandas as pd

    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "string":
        return values
    if kind == "boolean":
        return values.where(values.notna(), None) if values.hasnans else values.astype(bool)
    if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
        numbers = values.map(_float, na_action="ignore").astype(np.float64)
        exact = kind == "integer" and not values.hasnans and numbers.abs().max() < 2**63
        return values.astype(np.int64) if exact else numbers
    if kind in ("date", "datetime", "datetime64"):
        return plain_series(pd.to_datetime(values, errors="coerce", utc=True))
    if kind == "empty":
        return values.astype(np.float64)
    return values.map(_text, na_action="ignore")


def _float(value: Any) -> float:
    """A number as a double; beyond 1.8e308 an infinite one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
