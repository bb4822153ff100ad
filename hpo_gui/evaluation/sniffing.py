"""How a text table is written: separator, decimal sign, header; found in its first lines."""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from hpo_gui.evaluation.missing_codes import MISSING_CODES

SEPARATORS = (",", ";", "\t", "|", " ")
SEPARATOR_TITLES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "spaces"}
LOOKED_AT = 1 << 17  # characters
MAX_LINES = 300
_NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*$")
_COMMA_NUMBER = re.compile(r"\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*$")
_POINT_NUMBER = re.compile(r"\s*[-+]?\d*\.\d+([eE][-+]?\d+)?\s*$")

Rows = list[list[str]]


def split_lines(text: str, separator: str) -> Rows:
    """The first rows of a text, split into cells; quotes are honoured, empty lines left out."""
    head = text[:LOOKED_AT]
    whole = len(head) == len(text)
    if separator == " ":
        rows = [_split_spaces(line) for line in head.splitlines()]
    else:
        rows = _read(head.splitlines(keepends=True), separator)
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    return rows[:MAX_LINES] if whole or len(rows) < 2 else rows[:-1][:MAX_LINES]


def _split_spaces(line: str) -> list[str]:
    """Cells between runs of spaces, as pandas reads them."""
    return next(csv.reader([re.sub(r"\s+", " ", line.strip())], delimiter=" "), [])


def _read(lines: list[str], separator: str) -> Rows:
    rows: Rows = []
    reader = csv.reader(lines, delimiter=separator)
    with contextlib.suppress(csv.Error):  # an endless field: what came before it will do
        rows.extend(reader)
    return rows


def find_separator(text: str) -> str:
    """The separator that makes the most even table; a comma when there is only one column."""
    best, best_score = ",", 0.0
    for separator in SEPARATORS:
        score = _evenness(split_lines(text, separator))
        if separator == " ":
            score *= 0.6  # texts hold spaces too: only when nothing else will do
        if score > best_score:
            best, best_score = separator, score
    return best


def _evenness(rows: Rows) -> float:
    """0 for no table; towards 1 the more rows have equally many cells, and clean ones."""
    if not rows:
        return 0.0
    widths = Counter(map(len, rows))
    width, count = widths.most_common(1)[0]
    if width < 2:
        return 0.0
    share = count / len(rows)
    header = 1.0 if abs(len(rows[0]) - width) <= 1 else 0.5
    cells = [cell for row in rows[:100] if len(row) == width for cell in row]
    clean = sum(_cleanness(cell) for cell in cells) / len(cells)
    return share**2 * header * clean


def _cleanness(cell: str) -> float:
    """How much a cell looks like one value, rather than like several."""
    if _NUMBER.match(cell):
        return 1.0
    text = cell.strip()
    return 0.5 if any(sign in text for sign in ";\t|") or text.count(",") > 1 else 0.9


def find_decimal(rows: Rows, separator: str) -> Literal[".", ","]:
    """The decimal sign: a comma when numbers are written so, and hardly any with a point."""
    if separator == ",":
        return "."
    cells = [cell for row in rows for cell in row]
    commas = sum(bool(_COMMA_NUMBER.match(cell)) for cell in cells)
    points = sum(bool(_POINT_NUMBER.match(cell)) for cell in cells)
    return "," if commas > points else "."


def find_header(rows: Rows) -> bool:
    """Whether the first row holds names.

    Names stand over numbers, or at least do not turn up among the values; a first row of numbers
    is a header only when it counts (0, 1, 2 or 2010, 2011, 2012).
    """
    if len(rows) < 2:
        return not any(_is_number(cell) for cell in rows[0]) if rows else True
    first, body = rows[0], rows[1:]
    if _counts_up(first) and not all(_counts_up(row) for row in body[:3]):
        return True
    votes = 0.0
    for index, cell in enumerate(first):
        below = [row[index] for row in body if index < len(row)]
        votes += _vote(cell, [value for value in below if not is_missing(value)])
    return votes >= 0


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
    numbers = [int(cell) for cell in cells if cell.strip().isdecimal() and len(cell) < 10]
    others = len(cells) - len(numbers)
    steps = {second - first for first, second in itertools.pairwise(numbers)}
    return len(numbers) >= 2 and others <= 2 and steps == {1}


def _is_number(cell: str) -> bool:
    return bool(_NUMBER.match(cell))


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a missing value."""
    return cell.strip() in MISSING_CODES
