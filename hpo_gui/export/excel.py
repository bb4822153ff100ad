"""Tables as Excel workbooks: the trials, and what was done to them.

Texts are written as texts, numbers as numbers and times as times; no cell can be a formula. Rows
go to the disk one by one, so that memory stays small however long a table is.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hpo_gui.core.errors import ExportError
from hpo_gui.core.history import History
from hpo_gui.export.audit_trail import EventLike, audit_rows
from hpo_gui.export.files import check_suffix, replaced
from hpo_gui.export.table import starts_formula, trial_columns

FORMATS = (".xlsx",)
MOST_ROWS, MOST_COLUMNS, MOST_LETTERS = 1_048_576, 16_384, 32_767
"""What Excel allows: rows and columns of a sheet, letters of a cell (Excel specifications)."""

LARGEST_WHOLE = 2**53  # Excel keeps numbers as doubles: larger whole numbers would change
_NO_LETTERS = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}  # XML has no way to write them
TIMES = ("started", "finished")
WIDTHS = {"time": 20, "text": 80, "reason": 30, "error": 40, "note": 40}
WIDTH, LETTER = 10, 1.1  # of a column at least, and of a letter of its heading


def write_trials_excel(history: History, path: Path) -> None:
    """Write the table of `export.table.trial_columns`, one row a trial.

    Times are UTC. A text that is too long for a cell is cut, and ends with how long it was.

    Raises
    ------
    ExportError : the suffix is not .xlsx, there are more trials or columns than a sheet can hold,
        or the file cannot be written
    """
    check_suffix(path, FORMATS)
    check_fits(len(history) + 1)
    columns = trial_columns(history)
    for name in TIMES:
        columns[name] = [_moment(text) for text in columns[name]]
    _write("trials", list(columns), zip(*columns.values(), strict=True), path)


def write_audit_excel(events: Sequence[EventLike], path: Path) -> None:
    """Write ``time, kind, trial, reason, text``, one row for everything that was done.

    Raises
    ------
    ExportError : as in `write_trials_excel`
    """
    check_suffix(path, FORMATS)
    check_fits(len(events) + 1)
    head, *rows = audit_rows(events)
    told = ((_moment(time), *rest) for time, *rest in rows)
    _write("what was done", list(head), told, path)


def check_fits(rows: int, columns: int = 1) -> None:
    """Raise an `ExportError` where a sheet cannot hold so many rows or columns, head included."""
    for what, count, most in (("rows", rows, MOST_ROWS), ("columns", columns, MOST_COLUMNS)):
        if count > most:
            raise ExportError(
                f"{what} of the table",
                f"must be at most {most:,}, as many as a sheet of Excel holds",
                count,
                remedy="Write it as CSV or Parquet, which have no such limit.",
            )


def _write(title: str, head: Sequence[str], rows: Iterable[Sequence[Any]], path: Path) -> None:
    check_fits(1, len(head))
    with replaced(path) as temporary, _workbook(temporary) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "quote_prefix": True})
        quoted = book.add_format({"quote_prefix": True})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = book.add_worksheet(title)
        sheet.freeze_panes(1, 1)
        for place, name in enumerate(head):
            wide = WIDTHS.get(name, 20 if name in TIMES else max(WIDTH, LETTER * len(name)))
            sheet.set_column(place, place, min(wide, 80))
            sheet.write_string(0, place, fitted(name), bold)
        for line, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                _put(sheet, line, place, value, quoted, moment)


@contextmanager
def _workbook(path: Path) -> Iterator[Any]:
    """A workbook that is written at the end; after an error nothing of it remains."""
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import XlsxWriterException

    with tempfile.TemporaryDirectory(prefix="hpo-studio-") as folder:
        # NOTE: without constant memory all cells would be held until the end
        options = {"constant_memory": True, "tmpdir": folder, "use_zip64": True}
        book = Workbook(path, options)
        try:
            yield book
            book.close()
        except XlsxWriterException as error:
            raise _told_by_system(error) from error
        finally:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()


def _told_by_system(error: BaseException) -> BaseException:
    """The error of the system inside one of the library's, such as that the disk is full."""
    inside = error.args[0] if error.args else None
    return inside if isinstance(inside, OSError) else error


def _put(sheet: Any, line: int, place: int, value: Any, quoted: Any, moment: Any) -> None:
    """Write a cell as what it is; None leaves it empty."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(line, place, value, moment)
    elif isinstance(value, int | float) and math.isfinite(value) and abs(value) <= _most(value):
        sheet.write_number(line, place, value)
    else:
        text = json.dumps(value) if isinstance(value, tuple | dict) else str(value)
        # NOTE: a text is no formula; the quote keeps it a text when somebody edits the cell
        style = quoted if starts_formula(text) else None
        sheet.write_string(line, place, fitted(text), style)


def _most(value: float) -> float:
    return LARGEST_WHOLE if isinstance(value, int) else math.inf


def fitted(text: str) -> str:
    """A text that a cell can hold; a longer one is cut, and says how long it was."""
    text = text.encode("utf-8", "replace").decode().translate(_NO_LETTERS)
    if len(text.encode("utf-16-le")) // 2 <= MOST_LETTERS:
        return text
    told = f"… [cut: {len(text):,} letters]"
    kept = text.encode("utf-16-le")[: 2 * (MOST_LETTERS - len(told))].decode("utf-16-le", "ignore")
    return kept + told


def _moment(text: str | None) -> datetime | None:
    """A time in UTC from ISO 8601, without its zone, which Excel does not know."""
    return (
        None if text is None else datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    )
