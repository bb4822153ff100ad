"""What a table's columns hold: type, missing values, distribution; found when it is read.

Everything that roles, notices and the window need to know about a column is kept in a small frozen
`Column`, so that no later question has to touch the rows again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.spec import ColumnType
from hpo_gui.evaluation.dates import find_date_format, parse_dates
from hpo_gui.evaluation.distribution import (
    MAX_BARS,
    MAX_TOP,
    SHOWN_ROWS,
    heights,
    histogram,
    show_number,
    top_of,
)
from hpo_gui.evaluation.missing_codes import SUSPECTS

if TYPE_CHECKING:
    import pandas as pd

FEW_VALUES = 12  # numbers with so few values get one bar each
MAX_EXAMPLES = 5
MAX_ODD = 5
FEW_TEXTS = 25  # so few different texts are always categories
LONG_TEXT = 50  # letters
MIN_NUMBERS = 10  # different numbers at least, for the same
NUMBER_SHARE = 0.95  # of the filled cells must be numbers, for a column of numbers written as text


_WITH_UNIT = re.compile(
    r"\s*[-+]?[$€£¥]?\s?[-+]?\d{1,3}((['’., \u202f]\d{3})*([.,]\d+)?|\d*([.,]\d+)?)"
    r"\s?([%‰°$€£¥]|[^\W\d_]{1,3})?\s*"
).fullmatch
_MAY_BE_NUMBER = re.compile(r"\s*[-+]?\.?(\d|inf)", re.IGNORECASE).match


class Column(msgspec.Struct, frozen=True):
    """What is known about one column.

    Attributes
    ----------
    type : ``category`` also for true/false; ``text`` is free text, too varied to be a category
    missing : number of empty cells
    distinct : number of different values, missing not counted
    bars : heights 0 … 1 of the small distribution, at most 24
    bar_kind : ``categories`` when each bar is one value
    examples : a few values as they stand in the file
    top : the most frequent values with their number of rows, most frequent first
    rows : number of rows of the table
    whole : all numbers are whole
    low, high : least and greatest finite number (dates: days since 1970); None without any
    infinite : number of cells that hold an infinite number
    ordered : values never fall from row to row and none is missing (numbers and dates)
    rarest : rows of the least frequent value; 0 when there are too many values to count
    letters : mean length of the texts
    date_format : how dates are written; None when they were stored as dates
    odd : a few values that are not of the column's type and count as missing
    odd_count : number of such cells
    number_share : of the filled cells of a column of categories or texts that hold numbers
        (true and false are numbers here)
    unit_share : of the different texts of such a column that are numbers with something around
        them ("1,234.5", "12 %", "5 kg")
    suspect : a number far from all others that often stands for a missing value (-999), or None
    suspect_count : number of cells that hold it
    """

    name: str
    type: ColumnType
    missing: int
    distinct: int
    bars: tuple[float, ...] = ()
    bar_kind: Literal["histogram", "categories"] = "histogram"
    examples: tuple[str, ...] = ()
    top: tuple[tuple[str, int], ...] = ()
    rows: int = 0
    whole: bool = False
    low: float | None = None
    high: float | None = None
    infinite: int = 0
    ordered: bool = False
    rarest: int = 0
    letters: float = 0.0
    date_format: str | None = None
    odd: tuple[str, ...] = ()
    odd_count: int = 0
    number_share: float = 0.0
    unit_share: float = 0.0
    suspect: float | None = None
    suspect_count: int = 0

    @property
    def filled(self) -> int:
        """Number of cells that hold a value."""
        return self.rows - self.missing


def describe_columns(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Look at every column of a table.

    Parameters
    ----------
    frame : columns are numbers, booleans, dates, or texts (``object`` or ``str``)
    """
    return tuple(describe_column(str(name), values) for name, values in frame.items())


def describe_column(name: str, values: pd.Series[Any]) -> Column:
    """Look at one column."""
    kind = values.dtype.kind
    if kind in "iuf" and isinstance(values.dtype, np.dtype):
        return _describe_numbers(name, values.to_numpy())
    if kind == "M":
        return _describe_dates(name, values, None)
    return _describe_texts(name, values)


def _describe_numbers(name: str, values: NDArray[Any]) -> Column:
    """A column of numbers; NaN is missing, infinite numbers are counted apart."""
    missing, infinite = 0, 0
    finite = values
    if values.dtype.kind == "f":
        usable = np.isfinite(values)
        if not usable.all():
            missing = int(np.isnan(values).sum())
            infinite = len(values) - int(usable.sum()) - missing
            finite = values[usable]
    distinct, numbers, counts = _count_numbers(finite)
    few = numbers is not None and len(numbers) <= FEW_VALUES
    suspect, suspect_count = _find_suspect(finite)
    return Column(
        name=name,
        type="number",
        missing=missing,
        distinct=distinct,
        bars=heights(counts) if few and counts is not None else histogram(finite),
        bar_kind="categories" if few else "histogram",
        examples=tuple(show_number(value) for value in finite[:MAX_EXAMPLES].tolist()),
        top=top_of([show_number(value) for value in numbers.tolist()], counts)
        if numbers is not None and counts is not None and len(numbers) <= MAX_TOP
        else (),
        rows=len(values),
        whole=bool(len(finite)) and _all_whole(finite),
        low=float(finite.min()) if len(finite) else None,
        high=float(finite.max()) if len(finite) else None,
        infinite=infinite,
        ordered=missing == infinite == 0 and bool(np.all(finite[1:] >= finite[:-1])),
        rarest=int(counts.min()) if counts is not None and len(counts) else 0,
        suspect=suspect,
        suspect_count=suspect_count,
    )


def _find_suspect(finite: NDArray[Any]) -> tuple[float | None, int]:
    """The least or greatest number, if it looks like a code for missing: repeated and far away."""
    if len(finite) < 10:
        return None, 0
    for code in (float(finite.min()), float(finite.max())):
        if code not in SUSPECTS:
            continue
        others = finite[finite != code]
        count = len(finite) - len(others)
        if count < 2 or len(others) < 2:
            continue
        low, high = float(others.min()), float(others.max())
        gap = low - code if code < low else code - high
        if gap > high - low:
            return code, count
    return None, 0


def _count_numbers(
    finite: NDArray[Any],
) -> tuple[int, NDArray[Any] | None, NDArray[np.int64] | None]:
    """Number of distinct values; the values and their counts when there are not too many."""
    if len(finite) > SHOWN_ROWS:
        import pandas as pd

        found = pd.unique(finite)  # hashing is faster than sorting a million numbers
        if len(found) > 1000:
            return len(found), None, None
    numbers, counts = np.unique(finite, return_counts=True)
    return len(numbers), numbers, counts


def _all_whole(finite: NDArray[Any]) -> bool:
    return finite.dtype.kind in "iu" or bool(np.all(finite == np.trunc(finite)))


def _describe_dates(name: str, values: pd.Series[Any], date_format: str | None) -> Column:
    """A column of dates, stored as such or written as texts."""
    days = parse_dates(values, date_format)
    facts = _describe_numbers(name, days)
    filled = values[~np.isnan(days)]
    return msgspec.structs.replace(
        facts,
        type="date",
        bars=histogram(days[np.isfinite(days)]),
        bar_kind="histogram",
        examples=tuple(str(value) for value in filled.head(MAX_EXAMPLES)),
        top=(),
        whole=False,
        date_format=date_format,
    )


def _describe_texts(name: str, values: pd.Series[Any]) -> Column:
    """A column of texts or true/false: may turn out to hold numbers, dates, categories or text."""
    counts = values.value_counts(sort=False)
    labels = counts.index.to_numpy(dtype=object)
    rows = np.asarray(counts, dtype=np.int64)
    filled = int(rows.sum())
    texts = [str(label) for label in labels]
    number_share = float(bool(len(labels)) and all(isinstance(label, bool) for label in labels))
    if all(isinstance(label, str) for label in labels[:100]):
        numbers = _as_numbers(texts)
        good = ~np.isnan(numbers)
        number_share = float(rows[good].sum() / max(1, filled))
        if good.sum() >= MIN_NUMBERS and number_share >= NUMBER_SHARE:
            return _numbers_in_texts(name, values, texts, rows, numbers)
        date_format = find_date_format(texts)
        if date_format is not None:
            return _describe_dates(name, values, date_format)
    letters = sum(map(len, texts)) / len(texts) if texts else 0.0
    by_label = sorted(range(len(texts)), key=texts.__getitem__) if len(texts) <= FEW_VALUES else []
    bars = rows[by_label] if by_label else np.sort(rows)[::-1][:MAX_BARS]
    return Column(
        name=name,
        type="text" if _is_free_text(len(texts), filled, letters) else "category",
        missing=len(values) - filled,
        distinct=len(texts),
        bars=heights(bars),
        bar_kind="categories",
        examples=tuple(texts[:MAX_EXAMPLES]),
        top=top_of(texts, rows),
        rows=len(values),
        rarest=int(rows.min()) if len(rows) else 0,
        letters=letters,
        number_share=number_share,
        unit_share=_unit_share(texts),
    )


def _unit_share(texts: list[str]) -> float:
    """How many of some texts are numbers with thousands separators, units or currencies."""
    if len(texts) < MIN_NUMBERS:
        return 0.0
    some = texts[:: max(1, len(texts) // 100)]
    return sum(bool(_WITH_UNIT(text)) for text in some) / len(some)


def _is_free_text(distinct: int, filled: int, letters: float) -> bool:
    """Whether values are so varied or long that they cannot serve as categories."""
    return distinct > FEW_TEXTS and (distinct > filled / 2 or letters > LONG_TEXT)


def _as_numbers(texts: list[str]) -> NDArray[np.float64]:
    """The texts as numbers; NaN for those that are none."""
    if not any(map(_MAY_BE_NUMBER, texts)):  # most columns of texts hold no numbers at all
        return np.full(len(texts), np.nan)
    import pandas as pd

    numbers = pd.to_numeric(np.array(texts, dtype=object), errors="coerce")
    return np.asarray(numbers, dtype=np.float64)


def _numbers_in_texts(
    name: str,
    values: pd.Series[Any],
    texts: list[str],
    rows: NDArray[np.int64],
    numbers: NDArray[np.float64],
) -> Column:
    """A column of numbers among which a few cells hold something else."""
    odd = np.flatnonzero(np.isnan(numbers))
    by_text = dict(zip(texts, numbers, strict=True))
    return msgspec.structs.replace(
        _describe_numbers(name, values.map(by_text).to_numpy(np.float64)),
        odd=tuple(texts[index] for index in odd[:MAX_ODD]),
        odd_count=int(rows[odd].sum()),
    )
