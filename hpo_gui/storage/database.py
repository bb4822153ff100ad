"""Connections to study files: checks before SQLite touches anything, and errors in plain words."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hpo_gui.core.errors import NewerFileError, ReadOnlyError, StorageError
from hpo_gui.storage import schema

HEADER = b"SQLite format 3\0"
HEADER_SIZE = 100
APPLICATION_ID_AT = 68  # offset in the header: https://www.sqlite.org/fileformat.html
BUSY_SECONDS = 10.0
KEEPS_ALL = "Nothing computed so far is lost: it is still in memory."


@contextlib.contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the file system into a `StorageError` about a file."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise  # a mistake of this program, not of the user or the disk
    except sqlite3.Error as error:
        raise _translated(path, error) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(str(path), f"cannot be used: {reason}") from error
    except UnicodeDecodeError as error:  # of a text in it, or of SQLite's own words about it
        raise damaged(path, "a text in it is not UTF-8") from error


def _translated(path: Path, error: sqlite3.Error) -> StorageError:
    text = str(error)
    name = str(path)
    if "disk is full" in text:
        remedy = f"{KEEPS_ALL} Free some space, or save the study on another disk."
        return StorageError(name, "cannot be written: the disk is full", remedy=remedy)
    if "readonly" in text:
        return ReadOnlyError(name, "cannot be written: the system forbids it")
    if "locked" in text or "busy" in text:
        rule = "cannot be written: another program holds it"
        return StorageError(name, rule, remedy="Close that program, then try again.")
    if "too big" in text:
        rule = "cannot hold this much data"
        return StorageError(name, rule, remedy="Do not keep a copy of the data in the study.")
    if "unable to open" in text:
        return StorageError(name, "cannot be opened: the system forbids it")
    if "disk I/O" in text:
        remedy = f"{KEEPS_ALL} Check the disk, or save the study on another one."
        return StorageError(name, f"cannot be reached: {text}", remedy=remedy)
    return damaged(path, text)


def passes_by_itself(error: sqlite3.Error) -> bool:
    """Whether writing may work again with the same connection: space is freed, a lock given up."""
    text = str(error)
    return any(words in text for words in ("disk is full", "locked", "busy", "too big"))


def damaged(path: Path, details: str) -> StorageError:
    """The error for a file that is not what it should be."""
    remedy = "Nothing was changed. Use a backup, or a copy of the file from before."
    return StorageError(str(path), f"must be a sound study file ({details})", remedy=remedy)


def check_is_study(path: Path) -> None:
    """Look at the header before SQLite does.

    Raises
    ------
    StorageError : missing, a directory, empty, cut off, or a file of another kind
    """
    name = str(path)
    if path.is_dir():
        raise StorageError(name, "must be a file, not a folder")
    if not path.exists():
        raise StorageError(name, "must exist", remedy="Choose another file.")
    with plain_errors(path), path.open("rb") as file:
        header = file.read(HEADER_SIZE)
    if not header:
        raise damaged(path, "it is empty")
    if not header.startswith(HEADER):
        raise StorageError(name, "must be a study file of this program, but is something else")
    if len(header) < HEADER_SIZE:
        raise damaged(path, "it is cut off")
    mark = int.from_bytes(header[APPLICATION_ID_AT : APPLICATION_ID_AT + 4], "big")
    if mark != schema.APPLICATION_ID:
        raise StorageError(name, "must be a study file, but is another program's database")


def check_schema(path: Path, connection: sqlite3.Connection) -> int:
    """Check what SQLite finds in the file; returns the schema's version.

    Raises
    ------
    NewerFileError : written by a newer version of the program
    StorageError : tables are missing, or somebody has added code to the file
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > schema.VERSION:
        raise NewerFileError(
            str(path),
            f"must have a format up to {schema.VERSION}",
            version,
            remedy="Update the program to open it.",
        )
    found = connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
    for kind, name, sql in found:
        plain = kind == "index" or (kind == "table" and str(sql).startswith("CREATE TABLE"))
        if not plain:
            raise damaged(path, f"it contains a {kind} {name!r} that does not belong there")
    missing = set(schema.TABLES) - {name for kind, name, _ in found if kind == "table"}
    if version < 1 or missing:
        raise damaged(path, f"no {', '.join(sorted(missing)) or 'version'} in it")
    return version


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open for reading and writing; every commit is on the disk when it returns."""
    return _connect(
        path,
        "mode=rw",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        # macOS: otherwise a power cut could tear a checkpoint, and with it the file.
        "checkpoint_fullfsync = ON",
    )


def connect_reader(
    path: Path, *, alone: bool = False, with_log: bool = True
) -> tuple[sqlite3.Connection, Path | None]:
    """Open for reading.

    Parameters
    ----------
    alone : nobody can write meanwhile; then SQLite needs, and leaves, no files beside this one
    with_log : False where the log beside it is another file's

    Returns
    -------
    The connection, and a folder to delete after use or None: a file in a folder that cannot be
    written is read as it is, or from a copy if its log holds what is not in the file yet.
    """
    if not with_log:
        return _connect(path, "mode=ro&immutable=1"), None
    log = log_path(path)
    if not alone or (log.exists() and log.stat().st_size):
        try:
            return _connect(path, "mode=ro"), None
        except sqlite3.OperationalError as error:
            if "unable to open" not in str(error) and "readonly" not in str(error):
                raise
    if not log.exists() or log.stat().st_size == 0:
        return _connect(path, "mode=ro&immutable=1"), None
    folder = Path(tempfile.mkdtemp(prefix="hpo-study-"))
    copy = folder / path.name
    shutil.copyfile(path, copy)
    shutil.copyfile(log, log_path(copy))
    return _connect(copy, "mode=rw"), folder


def log_path(path: Path) -> Path:
    """SQLite's write-ahead log of a file."""
    return path.with_name(f"{path.name}-wal")


def index_path(path: Path) -> Path:
    """SQLite's index of that log."""
    return path.with_name(f"{path.name}-shm")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One durable transaction; nothing of it remains when anything in it fails."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some errors have ended it already
            with contextlib.suppress(sqlite3.Error):  # the first error says what is wrong
                connection.execute("ROLLBACK")
        raise


def _connect(path: Path, mode: str, *pragmas: str) -> sqlite3.Connection:
    """Open a file in autocommit mode, and make sure that it can be read."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", *pragmas):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give another name to write a file under; it is there whole in the end, or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        put_in_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def copy_into(source: sqlite3.Connection, path: Path) -> None:
    """Write what a connection sees as one file."""
    with written_whole(path) as partial:
        target = sqlite3.connect(partial, isolation_level=None)
        try:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
            target.execute("DELETE FROM meta WHERE key = 'writer'")
        finally:
            target.close()


def put_in_place(partial: Path, path: Path) -> None:
    """Move a finished file to its name; what an older file left beside it must not be read."""
    _sync(partial)
    log = log_path(path)
    if log.exists():
        # SQLite would apply it to the new file. It may be all that is left of another study.
        log.replace(free_name(log))
    index_path(path).unlink(missing_ok=True)
    partial.replace(path)
    _sync(path.parent)


def free_name(path: Path) -> Path:
    """A name beside a file under which it can be put aside."""
    number = 1
    while (candidate := path.with_name(f"{path.name}.orphan{number}")).exists():
        number += 1
    return candidate


def _sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk; folders cannot be synced on Windows."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot sync a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
