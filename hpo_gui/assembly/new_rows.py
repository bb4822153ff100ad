"""New rows for a model: read as the study has read its own table, where the model tells."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from pathlib import Path

import msgspec

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import ReadingSpec
from hpo_gui.evaluation.table import Table, read_table
from hpo_gui.evaluation.table_record import TableRecord


def read_new_rows(path: Path, record: TableRecord | None, features: Collection[str]) -> Table:
    """Read a table of new rows.

    What the study was told of its table holds here too, as far as the columns of the model are
    found so: a file of another program has other separators, and sheets of other names.

    Parameters
    ----------
    record : of the model; None for one without, whose table is read by looking at it
    features : columns that the model takes

    Raises
    ------
    DataError : it cannot be read
    """
    if record is None:
        return read_table(str(path), Path())
    told = msgspec.structs.replace(record.reading, header=record.header)
    looked = ReadingSpec(missing=told.missing)
    try:
        table = _read(path, told, record)
    except DataError as error:
        try:
            table = _read(path, looked, record)
        except DataError:
            raise error from None
    else:
        if _lacks(table, features):
            table = _better(table, path, looked, record, features)
    _tell_sheet(table, told.sheet)
    return table


def _better(
    table: Table, path: Path, looked: ReadingSpec, record: TableRecord, features: Collection[str]
) -> Table:
    """The table by looking at it, if that finds more of the columns."""
    try:
        other = _read(path, looked, record)
    except DataError:
        return table
    return other if _lacks(other, features) < _lacks(table, features) else table


def _lacks(table: Table, features: Collection[str]) -> int:
    """How many of the columns are not in the table."""
    return len(set(features).difference(table.column_names))


def _read(path: Path, reading: ReadingSpec, record: TableRecord) -> Table:
    """Read by an encoding that the study was told only where the file is not plainly Unicode."""
    looked = msgspec.structs.replace(reading, encoding=None)
    table = read_table(str(path), Path(), looked, record)
    found = table.reading.encoding
    if reading.encoding is None or found is None or found.startswith("utf"):
        return table
    return read_table(str(path), Path(), reading, record)


def _tell_sheet(table: Table, wanted: str | None) -> None:
    found = table.reading.sheet
    if wanted is not None and found is not None and found != wanted:
        warnings.warn(
            f"{table.name} has no sheet “{wanted}” with the columns of the study; “{found}” was "
            "read.",
            stacklevel=2,
        )
