"""A study file in trouble is written once more: from the file itself, else from memory."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from hpo_gui.core.errors import StorageError
from hpo_gui.core.trial import Trial
from hpo_gui.storage import database, opening, tables
from hpo_gui.storage.opening import Opened
from hpo_gui.storage.small_tables import SmallTables
from hpo_gui.storage.writer_lock import WriterLock, identity


def move(
    opened: Opened, memory: SmallTables | None, trials: Sequence[Trial], path: Path
) -> tuple[Opened, bool]:
    """Write the whole study under another name, there whole or not at all, and open it.

    Parameters
    ----------
    opened : the file so far; it is read where it still can be, and stays open
    memory : everything but trials, in case that it cannot; None where it was never written
    trials : all, as the study knows them: the file may lack the newest

    Returns
    -------
    The file, open for writing, and whether it was written from the file so far (which also knows
    how long each step took).

    Raises
    ------
    StorageError : it is open in a program, or cannot be written either
    """
    with database.plain_errors(path):
        lock = _lock_on(path, opened.lock)
        try:
            from_file = _write(opened.connection, memory, trials, path)
            return opening.open_locked(path, lock), from_file
        except BaseException:
            if lock is not opened.lock:
                lock.release()
            raise


def reopen(opened: Opened, memory: SmallTables | None, trials: Sequence[Trial]) -> Opened:
    """Open the file of a study anew: its drive was away, or it was moved and brought back.

    Parameters
    ----------
    opened, memory, trials : as in `move`; what the file lacks of the trials is written

    Raises
    ------
    StorageError : it is still missing or damaged, is another study now, or was written meanwhile
    """
    path = opened.path
    mine = identity(database.log_path(path)) == opened.identities[database.log_path(path)]
    _check_same(path, memory, len(trials), with_log=opened.is_there or not mine)
    with database.plain_errors(path):
        lock = _lock_on(path, opened.lock)
        try:
            opened.set_log_aside()
            fresh = opening.open_locked(path, lock)
            try:
                with database.transaction(fresh.connection) as connection:
                    if memory is not None:
                        memory.write(connection)
                    tables.write_trials(connection, trials)
            except BaseException:
                fresh.connection.close()
                raise
        except BaseException:
            if lock is not opened.lock:
                lock.release()
            raise
    return fresh


def let_go(old: Opened, new: Opened) -> None:
    """Close a file in whose place another one was opened; it may be broken or gone."""
    if old.path != new.path:
        with contextlib.suppress(OSError):
            old.set_log_aside()
    with contextlib.suppress(sqlite3.Error):
        old.connection.close()
    if old.lock is not None and old.lock is not new.lock:
        if old.path == new.path:
            old.lock.forget()
        else:
            old.lock.release()


def _lock_on(path: Path, held: WriterLock | None) -> WriterLock:
    """The right to write a file: the lock that is held already, where it is on this file."""
    if held is not None and held.is_on(path):
        return held
    lock = WriterLock(path)
    if not lock.acquire():
        raise StorageError(str(path), "must not be open in another window or program")
    return lock


def _write(
    source: sqlite3.Connection, memory: SmallTables | None, trials: Sequence[Trial], path: Path
) -> bool:
    """Write a whole file from another one, else from memory; whether the first was possible."""
    with database.written_whole(path) as partial:
        try:
            _fill(partial, lambda target: _copy(source, target), trials)
            from_file = True
        except (sqlite3.Error, StorageError):
            if memory is None:
                raise
            partial.unlink(missing_ok=True)
            opening.write_empty(partial, memory.write)
            _fill(partial, lambda target: None, trials)
            from_file = False
    return from_file


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy a file that may be damaged, and see whether it is."""
    if source.in_transaction:
        source.execute("ROLLBACK")
    source.backup(target)
    target.execute("PRAGMA journal_mode = DELETE")
    if not _is_sound(target):
        raise sqlite3.DatabaseError("malformed")


def _is_sound(target: sqlite3.Connection) -> bool:
    found = target.execute("PRAGMA quick_check(1)").fetchone()
    return tuple(found) == ("ok",)


def _fill(
    partial: Path, prepare: Callable[[sqlite3.Connection], None], trials: Sequence[Trial]
) -> None:
    """Give a file exactly these trials."""
    target = sqlite3.connect(partial, isolation_level=None)
    try:
        prepare(target)
        database.check_schema(partial, target)
        with database.transaction(target):
            target.execute("DELETE FROM steps WHERE trial >= ?", (len(trials),))
            target.execute("DELETE FROM trials WHERE number >= ?", (len(trials),))
            target.execute("DELETE FROM meta WHERE key = 'writer'")  # of the file so far
            tables.write_trials(target, trials)
    finally:
        target.close()


def _check_same(path: Path, memory: SmallTables | None, trials: int, *, with_log: bool) -> None:
    """Whether a file is this study, and nobody has gone on with it; it is only read.

    Without the log, or from a copy of some time ago, it may lack the newest specifications.
    """
    remedy = f"{database.KEEPS_ALL} Save the study under another name."
    found = opening.look_into(path, with_log=with_log)
    try:
        with database.plain_errors(path):
            specs = SmallTables(found.connection).specs
            count = found.connection.execute("SELECT count(*) FROM trials").fetchone()[0]
    finally:
        found.close()
    if memory is None or not specs or specs != memory.specs[: len(specs)]:
        raise StorageError(str(path), "is another study now", remedy=remedy)
    if count > trials:
        raise StorageError(str(path), "was written by another program meanwhile", remedy=remedy)
