"""Which columns tell nothing and are better left out, and which one is the time."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hpo_gui.core.spec import ColumnType
from hpo_gui.evaluation.columns import Column
from hpo_gui.evaluation.target_guess import words

YEARS = (1850, 2150)
FEW_YEARS = 10
NUMBERS_AT_LEAST = 0.5  # of the values, for a column to be called one of numbers
TIME_ROWS = 20  # fewer dates in order may be so by chance
_ID_WORDS = frozenset("id ids uuid guid key index idx rowid identifier kennung".split())
_COUNT_WORDS = frozenset("number no nr num nummer".split())
_REMARK_WORDS = frozenset("comment comments remark remarks note notes description text".split())
_GROUP_WORDS = frozenset(
    "subject patient customer user person participant household group session animal individual "
    "site device machine batch store school".split()
)
_YEAR_WORDS = frozenset("year jahr yr season".split())


def reason_to_ignore(column: Column, kind: ColumnType) -> str | None:
    """Why a column should not be learnt from; None when it should be.

    Parameters
    ----------
    column : what is known about it
    kind : its type, corrected by the user
    """
    if column.distinct == 0:
        return "no values"
    if column.distinct == 1 and (not column.missing or kind != "category"):
        return "the same value in every row"
    if _is_row_number(column, kind):
        return "a different number in every row: looks like an id"
    if named_like_id(column) and column.distinct > max(20, column.filled / 4):
        return f"{column.distinct:,} values, named like an id"
    if kind == "date" and column.type == "date":
        return "a date: make it the time or a feature if it matters"
    if kind == "number":
        return _sampling_year(column)
    return _too_varied(column, kind)


def _is_row_number(column: Column, kind: ColumnType) -> bool:
    """Whole numbers, each once, without gaps or with a name that says so."""
    if kind != "number" or not column.whole or column.missing or column.distinct != column.rows:
        return False
    if column.low is None or column.high is None or column.rows < 3 or _is_year(column):
        return False
    gapless = column.high - column.low + 1 == column.rows
    return column.ordered if gapless else named_like_id(column)


def named_like_id(column: Column) -> bool:
    """Whether a name says id, key, index …, or is a row index that was saved without a name."""
    found = words(column.name)
    if not found or column.name.startswith("Unnamed: "):
        return column.whole
    return found[-1] in _ID_WORDS or (len(found) > 1 and found[-1] in _COUNT_WORDS)


def _sampling_year(column: Column) -> str | None:
    if not _is_year(column) or column.distinct > FEW_YEARS:
        return None
    return f"{column.distinct} values: looks like a sampling year"


def _is_year(column: Column) -> bool:
    if column.low is None or column.high is None or not column.whole:
        return False
    in_range = YEARS[0] <= column.low and column.high <= YEARS[1]
    return in_range and bool(_YEAR_WORDS & set(words(column.name)))


def _too_varied(column: Column, kind: ColumnType) -> str | None:
    if column.distinct == column.filled > 20:
        return "a different text in every row"
    remark = _REMARK_WORDS & set(words(column.name)) and column.letters > 20
    if kind == "text" or (remark and column.distinct > 5):
        return f"free text: {column.distinct:,} values, {column.letters:.0f} letters on average"
    return None


def guess_time(columns: Sequence[Column], types: dict[str, ColumnType]) -> str | None:
    """The column of dates that rise from row to row: the rows are a time series."""
    for column in columns:
        if types.get(column.name, column.type) != "date" or not column.ordered:
            continue
        if column.rows >= TIME_ROWS and column.distinct >= 0.9 * column.rows:
            return column.name
    return None


def type_problem(column: Column, kind: ColumnType) -> str | None:
    """Why a column cannot be of the type that the user gave it; None when it can."""
    if kind == "date" and column.type != "date":
        return "it holds no dates that can be read"
    if kind == "number" and column.type != "number" and column.number_share < NUMBERS_AT_LEAST:
        return f"only {column.number_share:.0%} of its values are numbers"
    return None


def hints_group(column: Column) -> bool:
    """Whether rows with the same value may belong together (several rows per patient)."""
    found = set(words(column.name))
    repeats = 1.2 <= column.filled / max(1, column.distinct) <= 200
    named = bool(found & _GROUP_WORDS) or (found & _ID_WORDS and re.search(r"\D", column.name))
    return bool(named) and repeats and column.distinct > 10
