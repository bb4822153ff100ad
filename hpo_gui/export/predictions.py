"""What a model says of the rows of a table, as CSV: one line a row, in the table's order."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hpo_gui.export.files import check_suffix, replaced
from hpo_gui.export.table import cell, without_formula

FORMATS = (".csv",)


def check_predictions_path(path: Path) -> None:
    """`ExportError` where the name does not end in one of `FORMATS`."""
    check_suffix(path, FORMATS)


def write_predictions_csv(columns: Mapping[str, Sequence[Any]], path: Path) -> None:
    """Write columns of equal length; texts that a spreadsheet would run get a quote in front."""
    with replaced(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(map(without_formula, columns))
        for row in zip(*columns.values(), strict=True):
            writer.writerow([cell(value) for value in row])
