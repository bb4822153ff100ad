"""Making and opening study files: who may write, and what the file must look like."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from hpo_gui.core.errors import StorageError
from hpo_gui.core.living import lives
from hpo_gui.storage import codec, database, migrations, schema
from hpo_gui.storage.writer_lock import Identity, WriterLock, identity


@dataclass(frozen=True)
class Opened:
    """A file that is open.

    Attributes
    ----------
    lock : the right to write; None where it is only read
    reason : why it is only read, as a sentence; else empty
    folder : holds the copy that is read in the file's stead, to be deleted; usually None
    guard : keeps others from writing while this one reads; usually None
    identities : of the file and of what SQLite keeps beside it; empty where it is only read
    """

    path: Path
    connection: sqlite3.Connection
    lock: WriterLock | None = None
    reason: str = ""
    folder: Path | None = None
    guard: WriterLock | None = None
    identities: dict[Path, Identity | None] = field(default_factory=dict)

    @property
    def is_there(self) -> bool:
        """Whether the file of this name still is the one that was opened for writing."""
        return identity(self.path) == self.identities.get(self.path)

    def set_log_aside(self) -> Path | None:
        """Where another file has taken the place of this one, keep it from the log of this one.

        SQLite would apply the log to the other file, which would be lost.

        Returns
        -------
        Where the log is now; None where there was nothing to do.
        """
        log, index = database.log_path(self.path), database.index_path(self.path)
        if self.is_there or identity(log) is None or identity(log) != self.identities.get(log):
            return None
        aside = database.free_name(log)
        log.replace(aside)
        if identity(index) == self.identities.get(index):
            index.unlink(missing_ok=True)
        return aside

    def close(self) -> None:
        if self.lock is not None:
            with contextlib.suppress(OSError):
                self.set_log_aside()
            with contextlib.suppress(sqlite3.Error):  # the next writer puts its own name
                self.connection.execute("DELETE FROM meta WHERE key = 'writer'")
        self.connection.close()
        for held in (self.lock, self.guard):
            if held is not None:
                held.release()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def create(path: Path, spec_json: str, note: str) -> Opened:
    """Make a file that does not exist yet; see `StudyFile.create`."""
    with database.plain_errors(path):
        lock = WriterLock(path)
        if path.exists() or not lock.acquire():
            remedy = "Open it, or choose another name."
            raise StorageError(str(path), "must not exist yet", remedy=remedy)
        try:
            _check_log_is_free(path)
            _write_new(path, spec_json, note)
            return open_locked(path, lock)
        except BaseException:
            lock.release()
            raise


def open_existing(path: Path, *, read_only: bool) -> Opened:
    """Open a file for writing if possible; see `StudyFile.open`."""
    database.check_is_study(path)
    if read_only:
        return _open_reader(path, "It was opened for reading only.")
    lock = WriterLock(path)
    try:
        if not os.access(path, os.W_OK):
            return _open_reader(path, "The system forbids writing to the file.")
        if path.stat().st_nlink > 1:  # each name would have a lock and a log of its own
            return _open_reader(path, "The file has another name as well (a hard link).")
        if not lock.acquire():
            return _open_reader(path, None)
    except OSError as error:
        return _open_reader(path, f"Its folder cannot be written: {error.strerror}.")
    try:
        return open_locked(path, lock)
    except BaseException:
        lock.release()
        raise


def look_into(path: Path, *, with_log: bool = True) -> Opened:
    """Open a file for a moment's reading; see `StudyFile.look_into`.

    Parameters
    ----------
    with_log : what SQLite's log beside it holds is part of it
    """
    database.check_is_study(path)
    guard = WriterLock(path)
    try:
        alone = guard.acquire()
    except OSError:  # nothing can be left in that folder anyway
        alone = False
    try:
        reason = "It was opened for reading only."
        opened = _open_reader(path, reason, alone=alone, with_log=with_log)
    except BaseException:
        guard.release()
        raise
    return replace(opened, guard=guard if alone else None)


def open_locked(path: Path, lock: WriterLock) -> Opened:
    """Open a file for writing, whose lock is held."""
    with database.plain_errors(path):
        had_log = database.log_path(path).exists()
        connection = database.connect_writer(path)
        try:
            version = database.check_schema(path, connection)
            if not had_log:
                _check_not_renamed(path, connection)
            if version < schema.VERSION:
                database.copy_into(connection, migrations.backup_path(path, version))
                migrations.migrate(connection, version)
            with contextlib.suppress(sqlite3.OperationalError):  # a full disk can still be read
                connection.execute(
                    "INSERT OR REPLACE INTO meta (key, text) VALUES ('writer', ?)",
                    (_introduction(path),),
                )
                # Into the file itself: see `_check_not_renamed`.
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except BaseException:
            connection.close()
            raise
    beside = (path, database.log_path(path), database.index_path(path))
    return Opened(path, connection, lock, identities={name: identity(name) for name in beside})


def _open_reader(
    path: Path, reason: str | None, *, alone: bool = False, with_log: bool = True
) -> Opened:
    """Open for reading, because of ``reason`` or (None) because of another writer."""
    with database.plain_errors(path):
        had_log = database.log_path(path).exists()
        connection, folder = database.connect_reader(path, alone=alone, with_log=with_log)
        try:
            version = database.check_schema(path, connection)
            if with_log and not had_log:
                _check_not_renamed(path, connection)
            if version < schema.VERSION:
                connection = _in_memory(connection)
                migrations.migrate(connection, version)
            reason = blame(connection) if reason is None else reason
        except BaseException:
            connection.close()
            raise
    return Opened(path, connection, None, reason, folder)


def _write_new(path: Path, spec_json: str, note: str) -> None:
    """Write a study without trials; it gets its name when it is whole."""

    def fill(connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT INTO specs (version, at, note, json) VALUES (1, ?, ?, ?)",
            (time.time(), codec.clean(note), spec_json),
        )

    with database.written_whole(path) as partial:
        write_empty(partial, fill)


def write_empty(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Write the tables, and what ``fill`` puts into them, into a file that nobody knows yet."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        with database.transaction(connection):
            for statement in schema.STATEMENTS:
                connection.execute(statement)
            fill(connection)
            connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {schema.VERSION}")
    finally:
        connection.close()


def _in_memory(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of a database that can be changed without changing the file."""
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.backup(copy)
    connection.close()
    return copy


def _introduction(path: Path) -> str:
    facts = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
    return json.dumps({**facts, "file": path.name})


def _check_not_renamed(path: Path, connection: sqlite3.Connection) -> None:
    """Refuse a file without its newest trials, whose writer was killed before it was renamed.

    What SQLite had not put into the file yet is in the log, which has kept the old name.

    Raises
    ------
    StorageError : that log is there, and no other study of that name
    """
    row = connection.execute("SELECT text FROM meta WHERE key = 'writer'").fetchone()
    try:
        name = str(json.loads(row[0] if row else "")["file"])
        before = path.with_name(name)
        log = database.log_path(before)
        lost = name != path.name and not before.exists() and log.stat().st_size > 0
    except (ValueError, KeyError, TypeError, OSError):
        return
    if lost:
        raise StorageError(
            str(path),
            f"was called {name} when its program was killed, and lacks its newest trials: they "
            f"are still in {log.name}",
            remedy=f"Rename that file to {database.log_path(path).name}, or this one back.",
        )


def _check_log_is_free(path: Path) -> None:
    """Refuse a name under which the log of a study has remained that was renamed after a kill.

    It would be set aside, where that study does not look for it.

    Raises
    ------
    StorageError : as in `_check_not_renamed`, of that study
    """
    if not database.log_path(path).exists():
        return
    for other in sorted(path.parent.glob(f"*{path.suffix}")):
        try:
            database.check_is_study(other)
            connection, _ = database.connect_reader(other, with_log=False)
        except (StorageError, sqlite3.Error):
            continue  # nothing that can be asked
        with contextlib.closing(connection), contextlib.suppress(sqlite3.Error):
            _check_not_renamed(other, connection)


def blame(connection: sqlite3.Connection) -> str:
    """Say who writes the file, as far as is known; where no writer lives somebody reads it."""
    row = connection.execute("SELECT text FROM meta WHERE key = 'writer'").fetchone()
    try:
        facts = json.loads(row[0] if row else "")
        here = facts["host"] == socket.gethostname()
        if here and not lives(int(facts["pid"]), float(facts["since"])):
            row = None  # it was killed, and its line has remained
        since = datetime.datetime.fromtimestamp(facts["since"]).strftime("%Y-%m-%d %H:%M")
        who = f" (process {facts['pid']} on {facts['host']}, since {since})"
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        who = ""
    if row is None:
        return "Another window or program is reading this study, or has just opened it."
    return f"Another window or program is writing this study{who}."


def tidy(path: Path) -> None:
    """Take away what SQLite has left beside a file that nobody writes; never an error.

    A mere reader cannot do that: it leaves its files behind when it closes last.
    """
    if not database.log_path(path).exists():
        return
    lock = WriterLock(path)
    with contextlib.suppress(OSError, sqlite3.Error):
        if lock.acquire():
            try:
                database.connect_writer(path).close()
            finally:
                lock.release()
