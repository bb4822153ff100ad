"""What a study file holds beside its trials, kept in memory: enough to write it a second time.

When a file has been deleted, or its drive is gone, nothing can be read from it any more. The
trials are in the study's memory anyway; the specifications, the audit trail, the small texts and
the copy of the data are kept here.
"""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from typing import Any, TypeAlias

from hpo_gui.storage import schema

MOST_DATA_BYTES = 64 * 2**20  # of the packed copy of the data; a larger one is not kept
BIG = ("trials", "steps")
GROWING = ("events",)  # rows come with larger ids; none is changed or taken away
SMALL = tuple(table for table in schema.TABLES if table not in BIG)

Rows: TypeAlias = list[tuple[Any, ...]]


class SmallTables:
    """The rows of all tables but those of trials, as they were last written.

    Parameters
    ----------
    connection : of the file that they are read from
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._rows = {table: read(connection, table) for table in SMALL}

    @property
    def specs(self) -> Rows:
        """All versions of the specification: what tells a study from every other one."""
        return self._rows["specs"]

    def news(self, connection: sqlite3.Connection, table: str) -> Rows:
        """The rows of a table that was written to; of one that only grows those that are new."""
        if table not in GROWING:
            return read(connection, table)
        known = self._rows[table]
        query = f"SELECT {_columns(table)} FROM {table} WHERE id > ? ORDER BY id"
        return connection.execute(query, (known[-1][0] if known else -1,)).fetchall()

    def keep(self, news: dict[str, Rows]) -> None:
        """Take in what was written, by table: see `news`."""
        for table, rows in news.items():
            if table in GROWING:
                self._rows[table].extend(rows)
            else:
                self._rows[table] = rows

    def write(self, connection: sqlite3.Connection) -> None:
        """Put the rows into a file that has none, or older ones, inside a transaction."""
        for table, rows in self._rows.items():
            columns = _columns(table)
            marks = ", ".join("?" for _ in columns.split(","))
            connection.executemany(
                f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})", rows
            )


def read(connection: sqlite3.Connection, table: str) -> Rows:
    """All rows of a table; none where the copy of the data is too large to be kept."""
    query = f"SELECT {_columns(table)} FROM {table}"
    if table == "data":
        return connection.execute(
            query + " WHERE length(zlib) <= ?", (MOST_DATA_BYTES,)
        ).fetchall()
    return connection.execute(query).fetchall()


@functools.cache
def _columns(table: str) -> str:
    """The names of a table's columns: those of this program, not those that a file may have."""
    assert table in SMALL
    with contextlib.closing(sqlite3.connect(":memory:")) as empty:
        for statement in schema.STATEMENTS:
            empty.execute(statement)
        found = empty.execute("SELECT name FROM pragma_table_info(?) ORDER BY cid", (table,))
        return ", ".join(name for (name,) in found)
