"""A table: the rows of a file with what is known about its columns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hpo_gui.core.spec import ReadingSpec
from hpo_gui.evaluation.columns import Column, describe_columns
from hpo_gui.evaluation.encoding import TITLES
from hpo_gui.evaluation.notice import Notice
from hpo_gui.evaluation.oddities import notices_about
from hpo_gui.evaluation.plain_values import plain_frame
from hpo_gui.evaluation.reading import find_file, read_bytes, read_rows
from hpo_gui.evaluation.samples import PREFIX
from hpo_gui.evaluation.sniffing import SEPARATOR_TITLES
from hpo_gui.evaluation.table_record import NO_RECORD, TableRecord, known_categories
from hpo_gui.evaluation.thousands import read_thousands

if TYPE_CHECKING:
    import pandas as pd


AS_FOUND = ReadingSpec()


@dataclass(frozen=True, eq=False)
class Table:
    """Rows and columns of a file, as read.

    Attributes
    ----------
    name : file name
    path : where it was read from; None for a table that was never a file
    bytes : size of the file
    sha256 : of the file's bytes
    frame : numbers, booleans, dates, and texts; missing as NaN / None / NaT
    reading : how it was read: nothing left to guess
    columns : one for each column of the frame, in order
    notices : what to know about the file (about roles: see `roles.assign_roles`)
    points : column -> whether the points in its texts are thousands points
    """

    name: str
    path: Path | None
    bytes: int
    sha256: str
    frame: pd.DataFrame
    reading: ReadingSpec
    columns: tuple[Column, ...]
    notices: tuple[Notice, ...] = ()
    points: dict[str, bool] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.frame)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of a name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def summary(self) -> str:
        """One line, "344 rows × 8 columns · comma, UTF-8, header · 15 kB"."""
        rows, columns = self.rows, len(self.columns)
        size = f"{rows:,} row{'s' * (rows != 1)} × {columns:,} column{'s' * (columns != 1)}"
        return " · ".join((size, *filter(None, [self._how_read()]), show_size(self.bytes)))

    def _how_read(self) -> str:
        used = self.reading
        parts = []
        if used.separator is not None:
            parts.append(SEPARATOR_TITLES.get(used.separator, repr(used.separator)))
        if used.encoding is not None:
            parts.append(TITLES.get(used.encoding, used.encoding))
        if used.decimal == ",":
            parts.append("decimal comma")
        if used.sheet is not None:
            parts.append(f"sheet “{used.sheet}”")
        if used.header is not None:
            parts.append("header" if used.header else "no header")
        return ", ".join(parts)


def show_size(size: int) -> str:
    """A file size, "15 kB"."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= scale:
            amount = size / scale
            return f"{amount:.2g} {unit}" if amount < 10 else f"{amount:.0f} {unit}"
    return f"{size} bytes"


def read_table(
    source: str, base: Path, reading: ReadingSpec = AS_FOUND, record: TableRecord = NO_RECORD
) -> Table:
    """Read a table and look at its columns.

    Parameters
    ----------
    source : ``sample:<name>``, or a path relative to `base`
    reading : how to read it; what is left out is found by looking
    record : of an earlier table of the same kind, for what the file cannot tell

    Raises
    ------
    DataError : names the file or the option, the rule it breaks, and what to do
    """
    path = find_file(source, base)
    raw = read_bytes(path)
    frame, used, notices = read_rows(raw, path, reading, record)
    return make_table(
        frame,
        path.name,
        reading=used,
        notices=(*_about_place(path, source, base), *notices),
        path=path,
        size=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
        record=record,
    )


def _about_place(path: Path, source: str, base: Path) -> tuple[Notice, ...]:
    """Say so where a study takes its data from outside its own folder."""
    if source.startswith(PREFIX) or path.resolve().is_relative_to(base.resolve()):
        return ()
    return (Notice("info", "Data from outside the study's folder:", f"{path.resolve()}."),)


def make_table(
    frame: pd.DataFrame,
    name: str = "table",
    *,
    reading: ReadingSpec = AS_FOUND,
    notices: tuple[Notice, ...] = (),
    path: Path | None = None,
    size: int = 0,
    sha256: str = "",
    record: TableRecord = NO_RECORD,
) -> Table:
    """Look at the columns of a frame, however it came about."""
    plain, about_names = plain_frame(frame)
    points: dict[str, bool] = {}
    about_points: tuple[Notice, ...] = ()
    if reading.decimal == ",":
        plain, points, about_points = read_thousands(plain, record.points, record.categories)
    sign = reading.decimal or "."
    for name in plain.columns.intersection(list(record.categories)):
        if plain[name].dtype.kind == "O":
            texts = known_categories(plain[name], record.categories[name], sign)
            plain = plain.assign(**{name: texts})
    columns = describe_columns(plain)
    return Table(
        name=name,
        path=path,
        bytes=size,
        sha256=sha256,
        frame=plain,
        reading=reading,
        columns=columns,
        notices=(*notices, *about_names, *about_points, *notices_about(columns)),
        points=points,
    )
