"""The study file: specification, trials, steps, audit trail and data of one study, on disk.

Every call that writes is one transaction, which is on the disk when the call returns: after a
crash or a power cut the file opens with everything that had been acknowledged.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from hpo_gui.core.acts import Act, kind_of
from hpo_gui.core.errors import ReadOnlyError, StorageError
from hpo_gui.core.trial import StepScores, Trial
from hpo_gui.storage import codec, database, opening, tables
from hpo_gui.storage.opening import Opened
from hpo_gui.storage.records import AuditEvent, SpecRow, StepRow, StoredData
from hpo_gui.storage.writer_lock import WriterLock

MAX_DATA_BYTES = 8 * 2**30  # of the copy of a table, unpacked


class StudyFile:
    """An open study file; made by `create` and `open`.

    Calls from several threads wait for each other.

    Attributes
    ----------
    path : the file
    read_only : nothing can be written
    read_only_reason : why, as a sentence for people; empty when it can be written
    """

    def __init__(self, opened: Opened) -> None:
        self.path = opened.path
        self.read_only = opened.lock is None
        self.read_only_reason = opened.reason
        self._opened = opened
        self._turn = threading.RLock()
        self._closed = False
        self._identity = _identity(self.path)

    @classmethod
    def create(cls, path: Path, spec_json: str, note: str = "") -> StudyFile:
        """Make a new file for a specification and open it for writing.

        Raises
        ------
        StorageError : there is a file of this name, or the folder cannot be written
        """
        return cls(opening.create(Path(path).resolve(), spec_json, note))

    @classmethod
    def open(cls, path: Path, read_only: bool = False) -> StudyFile:
        """Open a file; for reading only where it is asked for, or where nothing else is possible.

        A file of an older version is brought up to date after a backup; where it can only be
        read, this happens in memory.

        Raises
        ------
        StorageError : missing, damaged, or no study file
        NewerFileError : written by a newer version of the program
        """
        return cls(opening.open_existing(Path(path).resolve(), read_only=read_only))

    @classmethod
    def look_into(cls, path: Path) -> StudyFile:
        """Open a file to read it and close it at once: nothing is changed, or left beside it.

        Meanwhile nobody else can begin to write; one who writes already is not disturbed.

        Raises
        ------
        StorageError, NewerFileError : as in `open`
        """
        return cls(opening.look_into(Path(path).resolve()))

    def __enter__(self) -> StudyFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # The specification.

    @property
    def spec_version(self) -> int:
        """The version of the newest specification."""
        return int(self._row("SELECT max(version) FROM specs")[0])

    def spec_json(self, version: int | None = None) -> str:
        """A version of the specification; by default the newest.

        Raises
        ------
        StorageError : there is no such version
        """
        version = self.spec_version if version is None else version
        row = self._row("SELECT json FROM specs WHERE version = ?", (version,))
        if row is None:
            raise StorageError("spec version", "must be in the study file", version)
        return str(row[0])

    def specs(self) -> list[SpecRow]:
        """All versions of the specification, the oldest first."""
        rows = self._rows("SELECT version, at, note, json FROM specs ORDER BY version")
        return [SpecRow(int(version), at, note, json) for version, at, note, json in rows]

    def add_spec(self, json: str, note: str) -> int:
        """Add a version of the specification, tell of it in the audit trail, return its number."""
        with self._writing() as connection:
            version = self.spec_version + 1
            text = f"Version {version} of the specification: {note}"
            event = AuditEvent(time.time(), "spec", text, tables.count_trials(connection))
            tables.write_event(connection, event)
            connection.execute(
                "INSERT INTO specs (version, at, note, json) VALUES (?, ?, ?, ?)",
                (version, time.time(), codec.clean(note), json),
            )
        return version

    # Trials and their steps.

    def load(self) -> list[Trial]:
        """All trials by number; open ones have all steps that were recorded.

        Trials that were running when the program died are still called running here.

        Raises
        ------
        StorageError : the file is damaged
        """
        with self._reading() as connection:
            try:
                return tables.read_trials(connection)
            except codec.BAD_ROW as error:
                raise database.damaged(self.path, f"a trial cannot be read: {error}") from error

    def put(self, trials: Iterable[Trial]) -> None:
        """Insert or replace trials, in one transaction."""
        self.record(trials)

    def put_step(
        self, trial: int, index: int, scores: StepScores, seconds: float, at: float
    ) -> None:
        """Record a step of a trial that has been put before; a transaction of its own."""
        self.record((), (StepRow(trial, index, scores, seconds, at),))

    def record(self, trials: Iterable[Trial] = (), steps: Iterable[StepRow] = ()) -> None:
        """Insert or replace trials, then steps, in one transaction.

        An open trial without any step starts afresh: its earlier steps are forgotten.
        """
        with self._writing() as connection:
            tables.write_trials(connection, trials)
            tables.write_steps(connection, steps)

    def steps(self, trial: int) -> list[StepRow]:
        """The recorded steps of a trial by index."""
        with self._reading() as connection:
            return tables.read_steps(connection, trial)

    def trial(self, number: int) -> Trial | None:
        """One trial as it was put, without later steps; None where there is none."""
        with self._reading() as connection:
            try:
                return tables.read_trial(connection, number)
            except codec.BAD_ROW as error:
                raise database.damaged(self.path, f"a trial cannot be read: {error}") from error

    # Audit trail, small texts, data.

    def act(self, act: Act, trial: Trial, text: str) -> None:
        """Record what a person did to a trial, and the trial after it, in one transaction."""
        with self._writing() as connection:
            tables.write_trials(connection, (trial,))
            event = AuditEvent(
                time.time(), kind_of(act), text, tables.count_trials(connection), act
            )
            tables.write_event(connection, event)

    def log(self, kind: str, text: str) -> None:
        """Add to the audit trail."""
        with self._writing() as connection:
            event = AuditEvent(time.time(), kind, text, tables.count_trials(connection))
            tables.write_event(connection, event)

    def events(self) -> list[AuditEvent]:
        """The audit trail, the oldest first.

        Raises
        ------
        StorageError : the file is damaged
        """
        with self._reading() as connection:
            try:
                return tables.read_events(connection)
            except codec.BAD_ROW as error:
                raise database.damaged(self.path, f"its audit trail: {error}") from error

    def meta(self, key: str) -> str | None:
        """A small text by its key; None when there is none."""
        row = self._row("SELECT text FROM meta WHERE key = ?", (key,))
        return None if row is None else str(row[0])

    def set_meta(self, key: str, text: str | None) -> None:
        """Store a small text; None removes it."""
        with self._writing() as connection:
            connection.execute("DELETE FROM meta WHERE key = ?", (key,))
            if text is not None:
                connection.execute("INSERT INTO meta VALUES (?, ?)", (key, codec.clean(text)))

    def store_data(self, name: str, sha256: str, content: bytes) -> None:
        """Keep a copy of the data, instead of the one before."""
        packed = zlib.compress(content)
        with self._writing() as connection:
            connection.execute("DELETE FROM data")
            connection.execute(
                "INSERT INTO data (name, sha256, size, zlib) VALUES (?, ?, ?, ?)",
                (codec.clean(name), sha256, len(content), packed),
            )

    def load_data(self) -> StoredData | None:
        """The copy of the data; None when there is none.

        Raises
        ------
        StorageError : it is not what was stored
        """
        row = self._row("SELECT name, sha256, size, zlib FROM data")
        if row is None:
            return None
        name, sha256, size, packed = row
        try:
            if not 0 <= int(size) <= MAX_DATA_BYTES:
                raise ValueError(f"{size} bytes are more than it can have")
            # Never more than was stored, whatever the compressed bytes pretend.
            content = zlib.decompressobj().decompress(packed, max(1, int(size)))
        except (zlib.error, ValueError, TypeError, OverflowError) as error:
            raise database.damaged(self.path, f"its copy of the data: {error}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise database.damaged(self.path, "its copy of the data has changed")
        return StoredData(name, sha256, content)

    # The file itself.

    @property
    def revision(self) -> int:
        """A number that changes whenever another program has written to the file."""
        return int(self._row("PRAGMA data_version")[0])

    def save_copy(self, path: Path) -> None:
        """Write the study as one file of another name, which is there whole or not at all.

        Raises
        ------
        StorageError : it is this file, it is open in a program, or it cannot be written
        """
        path = Path(path).resolve()
        if path == self.path:
            raise StorageError(str(path), "must be another file than the study itself")
        with database.plain_errors(path):
            lock = WriterLock(path)
            if not lock.acquire():
                raise StorageError(str(path), "must not be open in another window or program")
            try:
                with self._turn:
                    self._check_open()
                    database.copy_into(self._opened.connection, path)
            finally:
                lock.release()

    def close(self) -> None:
        """Free the file for others; may be called twice."""
        with self._turn:
            if self._closed:
                return
            self._closed = True
            self._opened.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StorageError(str(self.path), "must be open: it has been closed")

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._turn, database.plain_errors(self.path):
            self._check_open()
            yield self._opened.connection

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction; nothing of it remains when anything in it fails."""
        with self._reading() as connection:
            if self.read_only:
                rule = "can only be read"
                raise ReadOnlyError(str(self.path), rule, remedy=self.read_only_reason)
            self._check_still_there()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _check_still_there(self) -> None:
        """What is written to a deleted file is lost without a word."""
        if _identity(self.path) != self._identity:
            raise StorageError(
                str(self.path),
                "is not there any more: it was moved, replaced or deleted, or its drive is gone",
                remedy=f"{database.KEEPS_ALL} Save the study under another name.",
            )

    def _row(self, query: str, values: tuple[Any, ...] = ()) -> Any:
        with self._reading() as connection:
            return connection.execute(query, values).fetchone()

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with self._reading() as connection:
            return connection.execute(query, values).fetchall()


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one of the same name."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
