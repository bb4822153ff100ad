"""How a text table is written: separator, decimal sign, header; found in its first lines."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from hpo_gui.evaluation.missing_codes import MISSING_CODES

SEPARATORS = (",", ";", "\t", "|", " ")
SEPARATOR_TITLES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "spaces"}
MAX_LINES = 300
CLEAR = 0.5  # votes above which a row is a header beyond doubt
_NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*$")
_NUMBERS = re.compile(r"[-+.,\d]+\s+[-+.,\d]+$")
_COMMA_NUMBER = re.compile(r"\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*$")
_POINT_NUMBER = re.compile(r"\s*[-+]?\d*\.\d+([eE][-+]?\d+)?\s*$")
_THOUSANDS = re.compile(r"\s*[-+]?[1-9]\d{0,2}([.,]\d{3})+\s*$")

Rows = list[list[str]]


class Layout(msgspec.Struct, frozen=True):
    """Where a table stands in its file.

    Attributes
    ----------
    skip : lines before the table (a title, remarks)
    header : the first row of the table holds names
    names : the names, when the header has one cell less than the rows (R leaves out the name of
        the row names); None when the header can be taken as it is
    trailing : each row ends with a separator that the header has not
    rows : the first rows, header included
    """

    skip: int
    header: bool
    names: tuple[str, ...] | None
    trailing: bool
    rows: tuple[tuple[str, ...], ...]


def find_layout(head: str, separator: str, header: bool | None = None) -> Layout:
    """Find the table in the first lines of a text.

    Parameters
    ----------
    header : whether there is one, if the user said so
    """
    numbered = _number_rows(head, separator)
    rows = [row for _, row in numbered]
    start = _find_start(rows)
    names: tuple[str, ...] | None = None
    if start == 1 and header is not False and _lacks_one_name(rows):
        named = [["", *rows[0]], *rows[1:]]
        if header or (count_votes(rows[1:]) <= CLEAR and find_header(named)):
            start, names = 0, _distinct(("row", *rows[0]))
    trailing = start == 1 and not names and len(rows[0]) == len(rows[1]) - 1 > 1
    start = 0 if trailing else start
    body = rows[start:]
    return Layout(
        skip=numbered[start][0] if start else 0,
        header=bool(names) or (find_header(body) if header is None else header),
        names=names,
        trailing=trailing,
        rows=tuple(map(tuple, body)),
    )


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names as pandas makes them from a header: numbered where they occur again, none empty."""
    counts: Counter[str] = Counter()
    taken: dict[str, None] = {}
    for index, name in enumerate(names):
        wanted = found = name or f"Unnamed: {index}"
        while found in taken:
            counts[wanted] += 1
            found = f"{wanted}.{counts[wanted]}"
        taken[found] = None
    return tuple(taken)


def _lacks_one_name(rows: Rows) -> bool:
    """Whether the rows have one cell more than the header, and not just a separator at the end."""
    width = len(rows[1])
    return len(rows[0]) == width - 1 and any(row[-1] for row in rows[1:] if len(row) == width)


def _find_start(rows: Rows) -> int:
    """The first row that is as wide as most are; 0 unless only narrow rows stand before it."""
    if not rows:
        return 0
    width, count = Counter(map(len, rows)).most_common(1)[0]
    if width < 2 or count < len(rows) / 2:
        return 0
    start = next(index for index, row in enumerate(rows) if len(row) == width)
    return start if all(len(row) < width for row in rows[:start]) else 0


def split_lines(head: str, separator: str) -> Rows:
    """The first rows of a text, split into cells; quotes are honoured, empty lines left out."""
    return [row for _, row in _number_rows(head, separator)]


def _number_rows(head: str, separator: str) -> list[tuple[int, list[str]]]:
    """Rows with the number of lines before each."""
    lines = split_at_line_ends(head)
    rows: list[tuple[int, list[str]]] = []
    if separator == " ":
        rows = [(index, _split_spaces(line)) for index, line in enumerate(lines)]
    else:
        reader = csv.reader(lines, delimiter=separator)
        before = 0
        with contextlib.suppress(csv.Error):  # an endless field: what came before it will do
            for row in reader:
                rows.append((before, row))
                before = reader.line_num
    return [(line, row) for line, row in rows if any(cell.strip() for cell in row)][:MAX_LINES]


def split_at_line_ends(text: str) -> list[str]:
    """Lines as a CSV file has them; `str.splitlines` would split at more characters."""
    return list(io.StringIO(text, newline=""))


def _split_spaces(line: str) -> list[str]:
    """Cells between runs of spaces, as pandas reads them."""
    try:
        return next(csv.reader([re.sub(r"\s+", " ", line.strip())], delimiter=" "), [])
    except csv.Error:  # a cell too long for Python's reader
        return line.split()


def find_separator(head: str) -> str:
    """The separator that makes the most even table; a comma when there is only one column."""
    best, best_score = ",", 0.0
    for separator in SEPARATORS:
        score = _evenness(split_lines(head, separator))
        if separator == " ":
            score *= 0.6  # texts hold spaces too: only when nothing else will do
        if score > best_score:
            best, best_score = separator, score
    return best


def _evenness(rows: Rows) -> float:
    """0 for no table; towards 1 the more rows have equally many cells, and clean ones."""
    if not rows:
        return 0.0
    width, count = Counter(map(len, rows)).most_common(1)[0]
    if width < 2:
        return 0.0
    share = count / len(rows)
    header = 1.0 if len(rows[0]) == width else 0.5
    cells = [cell for row in rows[:100] if len(row) == width for cell in row[:1000]]
    clean = sum(map(_cleanness, cells)) / len(cells)
    return share**2 * header * clean


def _cleanness(cell: str) -> float:
    """How much a cell looks like one value, rather than like several."""
    if _NUMBER.match(cell):
        return 1.0
    text = cell.strip()
    if _NUMBERS.match(text):
        return 0.3
    return 0.5 if any(sign in text for sign in ";\t|") or text.count(",") > 1 else 0.9


def find_decimal(
    rows: Sequence[Sequence[str]], separator: str, usual: Literal[".", ","] | None = None
) -> Literal[".", ","]:
    """The decimal sign: a comma when numbers are written so, and hardly any with a point.

    Parameters
    ----------
    usual : the sign of an earlier table of the same kind, for one that does not show its own
    """
    if separator == ",":
        return "."
    cells = [cell for row in rows for cell in row]
    commas = [cell for cell in cells if _COMMA_NUMBER.match(cell)]
    points = [cell for cell in cells if _POINT_NUMBER.match(cell)]
    clear = [cell for cell in points if not _THOUSANDS.match(cell)]
    if usual == "," and not clear:
        return ","
    if not all(map(_THOUSANDS.match, commas)):  # 25.563 beside 0,5 says nothing of the sign
        points = clear
    return "," if len(commas) > len(points) else "."


def find_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row holds names.

    Names stand over numbers, or at least do not turn up among the values; a first row of numbers
    is a header only when it counts (0, 1, 2 or 2010, 2011, 2012).
    """
    if len(rows) < 2:
        return not any(map(_is_number, rows[0])) if rows else True
    if _counts_up(rows[0]) and not all(_counts_up(row) for row in rows[1:4]):
        return True
    return count_votes(rows) >= 0


def count_votes(rows: Sequence[Sequence[str]]) -> float:
    """How much speaks for the first row being names (above 0) or values (below)."""
    if not rows:
        return 0.0
    first, body = rows[0], rows[1:]
    votes = 0.0
    for index, cell in enumerate(first):
        below = [row[index] for row in body if index < len(row)]
        votes += _vote(cell, [value for value in below if not is_missing(value)])
    return votes


def _vote(cell: str, below: Sequence[str]) -> float:
    if not below:
        return 0.0
    numbers_below = sum(map(_is_number, below)) / len(below) > 0.8
    if _is_number(cell):
        return -1.0
    if cell.strip() and is_missing(cell):
        return -0.25
    if numbers_below:
        return 1.0
    return -0.6 if cell in below else 0.1


def _counts_up(cells: Sequence[str]) -> bool:
    """Whether at least two of the cells are whole numbers, rising by one."""
    plain = [cell.strip() for cell in cells]
    numbers = [int(cell) for cell in plain if cell.isdecimal() and len(cell) < 10]
    others = len(cells) - len(numbers)
    steps = {second - first for first, second in itertools.pairwise(numbers)}
    return len(numbers) >= 2 and others <= 2 and steps == {1}


def _is_number(cell: str) -> bool:
    return bool(_NUMBER.match(cell))


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a missing value."""
    return cell.strip() in MISSING_CODES
