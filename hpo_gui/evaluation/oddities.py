"""What looks odd in a table's columns, whatever their roles: said, never changed silently."""

from __future__ import annotations

from collections.abc import Sequence

from hpo_gui.evaluation.columns import Column
from hpo_gui.evaluation.distribution import show_number
from hpo_gui.evaluation.notice import Notice

NAMED = 3  # columns or values named in one notice
FEW_ROWS = 20
UNITS = 0.9  # of the texts
MIXED = 0.2  # a smaller share of numbers among texts is nothing odd


def notices_about(columns: Sequence[Column]) -> tuple[Notice, ...]:
    """Notices on the shape of the table and on odd values."""
    notices = list(_about_shape(columns))
    for column in columns:
        notices += _about_values(column)
    return tuple(notices)


def quote_names(names: Sequence[str]) -> str:
    """Name a few columns: "`a`, `b` and 3 more"."""
    shown = ", ".join(f"`{name}`" for name in names[:NAMED])
    more = len(names) - NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _about_shape(columns: Sequence[Column]) -> list[Notice]:
    if len(columns) == 1:
        text = "there is nothing to learn from; is the separator right? See Reading options."
        return [Notice("error", "Only one column:", text)]
    rows = columns[0].rows
    if rows == 1:
        return [Notice("error", "Only one row:", "a model needs at least two, better hundreds.")]
    if rows < FEW_ROWS:
        return [Notice("warning", f"Only {rows} rows:", "scores will be very uncertain.")]
    return []


def _about_values(column: Column) -> list[Notice]:
    notices = []
    if column.odd_count:
        text = (
            f"of `{column.name}` are no numbers ({', '.join(f'“{x}”' for x in column.odd)}) "
            "and count as missing."
        )
        notices.append(Notice("warning", _values(column.odd_count), text, column.name))
    if column.infinite:
        text = f"of `{column.name}` are infinite and count as missing."
        notices.append(Notice("warning", _values(column.infinite), text, column.name))
    if column.unit_share > UNITS and column.number_share < MIXED:
        text = (
            f"looks like numbers with units or separators (“{column.examples[0]}”), which are "
            "read as text; leave only digits and the decimal sign in the file."
        )
        notices.append(Notice("warning", f"`{column.name}`", text, column.name))
    if MIXED <= column.number_share < 1:
        text = (
            f"of `{column.name}` are numbers, the others texts ({_examples(column)}): "
            "all count as categories."
        )
        share = f"{column.number_share:.0%} of the values"
        notices.append(Notice("warning", share, text, column.name))
    return [*notices, *_about_codes(column)]


def _examples(column: Column) -> str:
    """A few of the most frequent texts that are no numbers."""
    texts = [text for text, _ in column.top if not text.lstrip("+-").replace(".", "").isdigit()]
    return ", ".join(f"“{text}”" for text in texts[:NAMED]) or "…"


def _about_codes(column: Column) -> list[Notice]:
    if not column.suspect_count or column.suspect is None:
        return []
    text = (
        f"of `{column.name}` are {show_number(column.suspect)}, which often means missing; "
        "if so, name it in Reading options."
    )
    return [Notice("warning", _values(column.suspect_count), text, column.name)]


def _values(count: int) -> str:
    return f"{count:,} value{'s' if count != 1 else ''}"
