"""Files: from a path to bytes, and from bytes to rows, whatever the format."""

from __future__ import annotations

import difflib
import io
import stat
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import ReadingSpec
from hpo_gui.evaluation.delimited import read_delimited
from hpo_gui.evaluation.missing_codes import MISSING_CODES
from hpo_gui.evaluation.notice import Notice
from hpo_gui.evaluation.samples import PREFIX, find_sample, sample_path
from hpo_gui.evaluation.size_limits import (
    DAMAGED,
    check_columns,
    check_memory,
    check_parquet,
    check_spreadsheet,
    check_text,
    gunzip,
    read_member,
)
from hpo_gui.evaluation.sniffing import find_header
from hpo_gui.evaluation.table_record import NO_RECORD, TableRecord

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (
    *(".csv", ".tsv", ".txt", ".tab", ".dat", ".data", ".csv.gz", ".tsv.gz", ".zip"),
    *(".parquet", ".pq", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
)
"""Endings of files that may hold a table, for open dialogs."""

_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # Excel since 2007 and ODS; older Excel

LONGEST_PATH = 300  # letters of a path in a message

Rows = tuple["pd.DataFrame", ReadingSpec, tuple[Notice, ...]]


def find_file(source: str, base: Path) -> Path:
    """The file behind ``sample:<name>`` or a path relative to `base`; it may not exist."""
    if source.startswith(PREFIX):
        return sample_path(find_sample(source[len(PREFIX) :]))
    try:
        return base / Path(source).expanduser()
    except RuntimeError:  # the home of nobody: then it is a name that begins with ~
        return base / source


def read_bytes(path: Path) -> bytes:
    """All bytes of a file; `DataError` says why that cannot be."""
    try:
        if path.is_dir():
            raise DataError(
                str(path), "must be a file, but is a folder", remedy="Choose a file inside it."
            )
        return _read_plain(path)
    except FileNotFoundError as error:
        raise DataError(str(path), "does not exist", remedy=_suggest(path)) from error
    except PermissionError as error:
        raise DataError(
            str(path),
            "must be readable, but this computer does not let you read it",
            remedy="Change its permissions, or copy it to a folder of your own.",
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(_short(path), f"cannot be read: {reason}") from error


def _read_plain(path: Path) -> bytes:
    """The bytes of an ordinary file; a device or a pipe may have no end."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise DataError(
            str(path), "must be a file, but is a device or a pipe", remedy="Choose another one."
        )
    check_memory(str(path), facts.st_size)
    return path.read_bytes()


def _short(path: Path) -> str:
    shown = str(path)
    return shown if len(shown) <= LONGEST_PATH else f"{shown[:LONGEST_PATH]}…"


def _suggest(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"There is no folder {folder} either."
    try:
        names = [item.name for item in folder.iterdir()]
    except OSError:  # the folder may not be listed
        names = []
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"Did you mean `{near[0]}`?" if near else "Was it moved or renamed?"


def read_rows(
    raw: bytes, path: Path, reading: ReadingSpec, record: TableRecord = NO_RECORD
) -> Rows:
    """The rows of a file; the format is told by its first bytes, not by its name."""
    if not raw:
        raise DataError(path.name, "is empty", remedy="Choose a file with a header and rows.")
    if raw.startswith(b"\x1f\x8b"):
        raw = _unzip(raw, path)
    if raw.startswith(b"PAR1"):
        return _read_parquet(raw, path, reading)
    if raw.startswith(b"PK\x03\x04"):
        member = _only_table(raw, path)
        if member is not None:
            return read_rows(member, path, reading, record)
    if raw.startswith(_SPREADSHEETS):
        return _read_spreadsheet(raw, path, reading)
    check_text(raw, path.name)
    return read_delimited(raw, path.name, reading, record)


def _unzip(raw: bytes, path: Path) -> bytes:
    try:
        return gunzip(raw, path.name)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            path.name, "must be a whole gzip file", str(error), remedy="Copy or download it again."
        ) from error


def _only_table(raw: bytes, path: Path) -> bytes | None:
    """The one table in a zip archive; None when the archive is a spreadsheet or damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
            if {"[Content_Types].xml", "content.xml"} & set(names):
                return None
            tables = [
                name
                for name in names
                if name.lower().endswith(SUFFIXES) and not name.startswith("__MACOSX")
            ]
            if len(tables) != 1:
                raise DataError(
                    path.name,
                    "must hold exactly one table",
                    tuple(names[:10]),
                    remedy="Unpack it and choose one of its files.",
                )
            return read_member(archive, tables[0], path.name)
    except DAMAGED:
        return None  # damaged, or locked by a password: the spreadsheet reader says so


def _read_parquet(raw: bytes, path: Path, reading: ReadingSpec) -> Rows:
    import pandas as pd
    import pyarrow
    import pyarrow.parquet

    try:
        facts = pyarrow.parquet.read_metadata(io.BytesIO(raw))
        check_parquet(facts.num_rows, facts.num_columns, path.name)
        frame = pd.read_parquet(io.BytesIO(raw))
    except (pyarrow.ArrowException, OSError, ValueError, LookupError, TypeError) as error:
        raise DataError(
            path.name, "must be a whole Parquet file", str(error), remedy="Write it again."
        ) from error
    if frame.index.names != [None]:
        frame = frame.reset_index()
    return _with_rows(frame, path), reading, ()


def _read_spreadsheet(raw: bytes, path: Path, reading: ReadingSpec) -> Rows:
    """One sheet of an Excel or ODS file: empty rows and columns around the table are left out."""
    import pandas as pd
    from python_calamine import CalamineError

    check_spreadsheet(raw, path.name)
    codes = sorted(MISSING_CODES if reading.missing is None else {"", *reading.missing})
    try:
        book = pd.ExcelFile(io.BytesIO(raw), engine="calamine")
        names = [str(name) for name in book.sheet_names]
        sheet = _find_sheet(names, reading.sheet, path)
        cells = pd.read_excel(
            book, sheet_name=sheet, header=None, keep_default_na=False, na_values=codes
        )
    except (CalamineError, ValueError, LookupError, TypeError, OSError) as error:
        raise DataError(
            path.name,
            "must be a table in text, Parquet, Excel or ODS form",
            str(error),
            remedy="Open it in the program that made it and save it as CSV.",
        ) from error
    cells = cells.dropna(how="all").dropna(how="all", axis=1)
    if cells.empty:
        raise DataError(
            path.name, "must have values", sheet, remedy=f"Its sheets are: {', '.join(names)}."
        )
    texts = cells.head(300).astype("string").fillna("").to_numpy(dtype=object).tolist()
    header = reading.header if reading.header is not None else find_header(texts)
    used = msgspec.structs.replace(reading, sheet=sheet, header=header)
    notices: tuple[Notice, ...] = ()
    if len(names) > 1 and reading.sheet is None:
        others = ", ".join(name for name in names if name != sheet)
        notices = (Notice("info", f"Sheet “{sheet}”", f"was read; others are: {others}."),)
    return _with_rows(_take_header(cells, header), path), used, notices


def _find_sheet(names: list[str], wanted: str | None, path: Path) -> str:
    if wanted is None and names:
        return names[0]
    if wanted in names:
        return wanted
    raise DataError(
        "data.reading.sheet",
        f"must be a sheet of {path.name}",
        wanted,
        remedy=f"Its sheets are: {', '.join(names)}.",
    )


def _take_header(cells: pd.DataFrame, header: bool) -> pd.DataFrame:
    names: list[Any] = list(range(cells.shape[1]))
    if header:
        names = [_header_text(cell, index) for index, cell in enumerate(cells.iloc[0])]
        cells = cells.iloc[1:]
    return cells.set_axis(names, axis=1).reset_index(drop=True).infer_objects()


def _header_text(cell: object, index: int) -> str:
    if cell is None or cell != cell or cell == "":
        return f"Unnamed: {index}"
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _with_rows(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    check_columns(frame.shape[1], path.name)
    if len(frame) and frame.shape[1]:
        return frame
    raise DataError(
        path.name,
        "must have rows below its header",
        tuple(map(str, frame.columns[:5])),
        remedy="Choose a table with values.",
    )
