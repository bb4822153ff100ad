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
    try:
        table = _read(path, told, record)
    except DataError as error:
        try:
            table = _read(path, ReadingSpec(missing=told.missing), record)
        except DataError:
            raise error from None
    else:
        if not _has(table, features):
            table = _otherwise(path, told, record, features) or table
    _tell_sheet(table, told.sheet)
    return table


def _otherwise(
    path: Path, told: ReadingSpec, record: TableRecord, features: Collection[str]
) -> Table | None:
    """The table by looking at it; None where that finds the columns no better."""
    try:
        table = _read(path, ReadingSpec(missing=told.missing), record)
    except DataError:
        return None
    return table if _has(table, features) else None


def _has(table: Table, features: Collection[str]) -> bool:
    return set(features) <= set(table.column_names)


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
