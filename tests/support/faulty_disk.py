"""A disk that fails at a chosen moment: at the n-th time that something is written.

It does not wait for the disk: what a power cut would leave is not what it is for.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ERRORS: dict[str, tuple[type[sqlite3.Error], str]] = {
    "full": (sqlite3.OperationalError, "database or disk is full"),
    "io": (sqlite3.OperationalError, "disk I/O error"),
    "read-only": (sqlite3.OperationalError, "attempt to write a readonly database"),
    "locked": (sqlite3.OperationalError, "database is locked"),
    "damaged": (sqlite3.DatabaseError, "database disk image is malformed"),
}
WRITES = ("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE", "COMMIT", "CREATE", "REPLACE")


class FaultyDisk:
    """Counts what is written, by SQLite and around it, and fails from the n-th time on.

    Attributes
    ----------
    fail_at : number of the write that fails first; None for never
    lasts : how many in a row fail
    error : key of `ERRORS`
    after : a failing commit has been done all the same
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.writes = 0
        self.fail_at: int | None = None
        self.lasts = 1
        self.error = "io"
        self.after = False
        disk, connect = self, sqlite3.connect

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> Any:
                sql = sql.replace("synchronous = FULL", "synchronous = OFF")
                return disk.write(sql, lambda: super(Connection, self).execute(sql, *values))

            def executemany(self, sql: str, *values: Any) -> Any:
                return disk.write(sql, lambda: super(Connection, self).executemany(sql, *values))

            def backup(self, *arguments: Any, **options: Any) -> None:
                disk.write("INSERT", lambda: super(Connection, self).backup(*arguments, **options))

        def faulty(*arguments: Any, **options: Any) -> sqlite3.Connection:
            return connect(*arguments, factory=Connection, **options)

        monkeypatch.setattr(sqlite3, "connect", faulty)
        replace = Path.replace
        monkeypatch.setattr(
            Path, "replace", lambda path, target: self._touch(lambda: replace(path, target))
        )
        monkeypatch.setattr(os, "fsync", lambda file: self._touch(lambda: None))

    @contextlib.contextmanager
    def failing(
        self, at: int, error: str = "io", *, lasts: int = 1, after: bool = False
    ) -> Iterator[None]:
        """Let the write number ``at`` from now, and the next ones, fail."""
        self.fail_at, self.error, self.lasts, self.after = self.writes + at, error, lasts, after
        try:
            yield
        finally:
            self.fail_at = None

    def write(self, sql: str, action: Callable[[], Any]) -> Any:
        """A statement of SQL."""
        if not sql.startswith(WRITES) or not self._fails():
            return action()
        if self.after and sql == "COMMIT":
            action()
        kind, words = ERRORS[self.error]
        raise kind(words)

    def _touch(self, action: Callable[[], Any]) -> Any:
        """A write beside SQLite."""
        if self._fails():
            code = errno.ENOSPC if self.error == "full" else errno.EIO
            raise OSError(code, os.strerror(code))
        return action()

    def _fails(self) -> bool:
        self.writes += 1
        first = self.fail_at
        return first is not None and first <= self.writes < first + self.lasts
