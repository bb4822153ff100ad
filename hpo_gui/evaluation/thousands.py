"""Thousands points: 25.563 is 25563 in a file whose decimal sign is a comma, or it is not.

Decided once, when a table is made, so that all who see the table see the same numbers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hpo_gui.evaluation.notice import Notice

if TYPE_CHECKING:
    import pandas as pd

NUMBERS_AT_LEAST = 0.5  # of the values; a column of fewer is none of numbers, whatever one says

# NOTE: no group of thousands begins with 0, so that 0.123 is a fraction
_in_thousands = re.compile(r"\s*[-+]?[1-9]\d{0,2}(\.\d{3})+\s*", re.ASCII).fullmatch
_whole = re.compile(r"\s*[-+]?\d+\s*", re.ASCII).fullmatch
_below_1000 = re.compile(r"\s*[-+]?\d{1,3}\s*", re.ASCII).fullmatch
_may_be = re.compile(r"\s*[-+]?\d*\.\d", re.ASCII).match

Read = tuple["pd.DataFrame", dict[str, bool], tuple[Notice, ...]]


def read_thousands(frame: pd.DataFrame, known: Mapping[str, bool], texts: Collection[str]) -> Read:
    """Read thousands points in the columns of a file whose decimal sign is a comma.

    A column of texts has them if at least one of its numbers is written so, and all others are
    whole numbers below 1000 or written so too: "25.563", "790". A single "1.5" or "1563" says that
    its points are decimal points. Cells that hold no numbers stay as they are.

    Parameters
    ----------
    frame : plain columns
    known : column -> how an earlier table of the same kind was read, which decides
    texts : columns that are left as they are

    Returns
    -------
    the frame, column -> whether its points are thousands points, notices
    """
    points: dict[str, bool] = {}
    notices: list[Notice] = []
    changed: dict[str, Any] = {}
    for name, values in frame.items():
        column = str(name)
        if values.dtype.kind in "iufbM" or (column in texts and not known.get(column)):
            continue
        found = _has_thousands(values, known.get(column))
        if found is None:
            continue
        points[column] = found
        if found:
            changed[column], example = _without_points(values)
            notices.append(_about(column, example))
    return frame.assign(**changed) if changed else frame, points, tuple(notices)


def _has_thousands(values: pd.Series[Any], known: bool | None) -> bool | None:
    """Whether the points of a column are thousands points; None for one without."""
    import pandas as pd

    counts = values.value_counts(sort=False)
    cells = [cell for cell in counts.index if isinstance(cell, str)]
    if not any(map(_may_be, cells)):
        return None
    read = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce").to_numpy(np.float64)
    numbers = [
        cell
        for cell, number in zip(cells, read, strict=True)
        if not np.isnan(number) or _in_thousands(cell)  # 1.234.567 is no number otherwise
    ]
    if not any("." in cell for cell in numbers):
        return None
    if known is None and counts[numbers].sum() < NUMBERS_AT_LEAST * counts.sum():
        return None
    if known is False:
        return False
    others = _whole if known else _below_1000
    return all(_in_thousands(cell) or others(cell) for cell in numbers)


def _without_points(values: pd.Series[Any]) -> tuple[pd.Series[Any], str]:
    """The column without thousands points, as numbers if all of it are; the first such cell."""
    import pandas as pd

    cells = [cell for cell in values.dropna().unique() if isinstance(cell, str)]
    pointed = [cell for cell in cells if _in_thousands(cell)]
    plain: dict[Any, Any] = {cell: cell.replace(".", "") for cell in pointed}
    texts = values.map(lambda cell: plain.get(cell, cell), na_action="ignore")
    numbers = pd.to_numeric(texts, errors="coerce")
    return numbers if numbers.isna().sum() == texts.isna().sum() else texts, pointed[0]


def _about(column: str, example: str) -> Notice:
    text = (
        f"in `{column}`, as the decimal sign of the file is a comma: “{example.strip()}” is read "
        f"as {example.strip().replace('.', '')}."
    )
    return Notice("info", "Thousands points", text, column)
