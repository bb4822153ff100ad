"""Limits of files: what would not fit into memory is refused before it is unpacked or read.

A small file can ask for any amount of memory: a zip or gzip archive, a Parquet file of one
repeated value, a spreadsheet with one cell in its last row and column. The limit is the memory
that is free; what is computed here is the least that reading would need.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol
from xml.parsers import expat

from hpo_gui.core.errors import DataError

MAX_COLUMNS = 50_000
TEXT_BYTES = 3.0  # of memory for a byte of text: its bytes, and at least 8 for a short number
CELL_BYTES = 120.0  # of memory for a cell of a spreadsheet, measured on 9 million cells
CHUNK = 1 << 20
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError),
    *(RuntimeError, NotImplementedError, ValueError, struct.error, OverflowError),
)
"""What Python raises for zip archives that are damaged, made to harm, or locked."""
_OVERLAP = 64  # a reference that lies across two chunks
# <c r="XFD1048576"> and <row r="1048576"> of a worksheet
_REFERENCE = re.compile(rb"""[\s:]r\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,7})["']""")


class _Reads(Protocol):
    def read(self, size: int, /) -> bytes: ...


def available_memory() -> float:
    """Bytes of memory that can be had now."""
    import psutil

    return float(psutil.virtual_memory().available)


def check_memory(file: str, needed: float) -> None:
    """Refuse what needs more memory than there is.

    Raises
    ------
    DataError : says how much is needed and how much there is
    """
    free = available_memory()
    if needed > free:
        raise DataError(
            file,
            f"needs at least {_shown(needed)} of memory, and {_shown(free)} are free",
            remedy="Choose a part of it: fewer rows, or fewer columns.",
        )


def check_text(raw: bytes, file: str) -> None:
    """Whether a text table fits into memory; `DataError` otherwise."""
    check_memory(file, TEXT_BYTES * len(raw))


def check_columns(columns: int, file: str) -> None:
    """Whether a table has no more columns than can be looked at; `DataError` otherwise."""
    if columns > MAX_COLUMNS:
        raise DataError(
            file,
            f"must have at most {MAX_COLUMNS:,} columns",
            columns,
            remedy="Leave out columns, or turn the table if its rows are columns.",
        )


def gunzip(raw: bytes, file: str) -> bytes:
    """The bytes in a gzip file; OSError, EOFError or zlib.error where it is damaged."""
    import gzip

    with gzip.open(io.BytesIO(raw)) as packed:
        return b"".join(_limited(packed, file))


def read_member(archive: zipfile.ZipFile, name: str, file: str) -> bytes:
    """The bytes of one file in a zip archive, whatever size the archive says that it has."""
    with archive.open(name) as member:
        return b"".join(_limited(member, file))


def _limited(stream: _Reads, file: str) -> Iterator[bytes]:
    """What is unpacked, until it is more than fits."""
    total = 0
    free = available_memory()
    while chunk := stream.read(CHUNK):
        total += len(chunk)
        if TEXT_BYTES * total > free:
            check_memory(file, TEXT_BYTES * total)
        yield chunk


def check_parquet(rows: int, columns: int, file: str) -> None:
    """Whether the values that a Parquet file says it has fit into memory."""
    check_columns(columns, file)
    check_memory(file, 8.0 * rows * columns)


# --- spreadsheets -----------------------------------------------------------------------------


def check_spreadsheet(raw: bytes, file: str) -> None:
    """Whether an Excel or ODS file can be unpacked and its sheets laid out in memory.

    Sheets are read as rectangles from their first to their last cell. Binary formats (xls, xlsb)
    are not looked into.

    Raises
    ------
    DataError : it needs more memory than there is, or is a damaged archive
    """
    if not raw.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            total = 0.0
            for member in archive.infolist():
                with archive.open(member) as stream:
                    if member.filename == "content.xml":
                        cells, size = _open_document_cells(stream, file)
                    else:
                        cells, size = _worksheet_cells(stream)
                total += size
                check_memory(file, total)
                check_memory(file, CELL_BYTES * cells)
    except DAMAGED:
        return  # damaged, or locked by a password: the reader says so


def is_binary_workbook(path: Path) -> bool:
    """Whether a file is an xlsb, which cannot be looked into before it is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.bin" in archive.namelist()
    except DAMAGED:
        return False


def _worksheet_cells(stream: IO[bytes]) -> tuple[int, int]:
    """Cells in the rectangle of a worksheet, and bytes of the member."""
    size = last_row = last_column = 0
    tail = b""
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        for letters, digits in set(_REFERENCE.findall(tail + chunk)):
            last_row = max(last_row, int(digits))
            last_column = max(last_column, _column_number(letters))
        tail = chunk[-_OVERLAP:]
    return last_row * max(last_column, 1), size


def _column_number(letters: bytes) -> int:
    """``A`` is 1, ``XFD`` 16384."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def _open_document_cells(stream: IO[bytes], file: str) -> tuple[int, int]:
    """Cells in the rectangle of the largest sheet of an ODS file, repetitions included."""
    sheet = _OpenDocument()
    size = 0
    parser = expat.ParserCreate()
    parser.StartElementHandler = sheet.start
    parser.EndElementHandler = sheet.end
    try:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError) as error:
        raise DataError(
            file, "must be a whole ODS file", str(error), remedy="Save it again."
        ) from error
    return sheet.cells, size


class _OpenDocument:
    """Follows the tables of an ODS file: cells and rows may stand for many equal ones."""

    def __init__(self) -> None:
        self.cells = 0
        self._rows = self._row_repeats = 0
        self._columns = self._used = self._width = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "table:table":
                self._rows = self._width = 0
            case "table:table-row":
                self._row_repeats = _times(attributes, "table:number-rows-repeated")
                self._columns = self._used = 0
            case "table:table-cell" | "table:covered-table-cell":
                self._columns += _times(attributes, "table:number-columns-repeated")
                if any("value" in key or "formula" in key for key in attributes):
                    self._used = self._columns

    def end(self, name: str) -> None:
        if name != "table:table-row":
            return
        self._rows += self._row_repeats
        if self._used:
            self._width = max(self._width, self._used)
            self.cells = max(self.cells, self._rows * self._width)


def _times(attributes: dict[str, str], name: str) -> int:
    return max(1, int(attributes.get(name, 1)))


def _shown(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"
