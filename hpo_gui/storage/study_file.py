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
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from hpo_gui.core.acting import Done
from hpo_gui.core.acts import kind_of
from hpo_gui.core.errors import ReadOnlyError, StorageError
from hpo_gui.core.trial import StepScores, Trial
from hpo_gui.storage import codec, database, opening, rescue, tables
from hpo_gui.storage.opening import Opened
from hpo_gui.storage.records import AuditEvent, SpecRow, StepRow, StoredData
from hpo_gui.storage.small_tables import SmallTables
from hpo_gui.storage.writer_lock import WriterLock, identity

LOOK_AGAIN_SECONDS = 0.05
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
        self._identity = identity(self.path)
        self._memory: SmallTables | None = None  # while it is written: all but trials
        self._doubtful = False  # the connection has met something worse than a full disk

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
    def open_patiently(cls, path: Path, seconds: float) -> StudyFile:
        """Open a file to write it; waits a little for somebody who only looks into it.

        Parameters
        ----------
        seconds : after which it is opened for reading only, as `open` does at once

        Raises
        ------
        StorageError, NewerFileError : as in `open`
        """
        until = time.monotonic() + seconds
        while (file := cls.open(path)).read_only and time.monotonic() <= until:
            file.close()
            time.sleep(LOOK_AGAIN_SECONDS)
        return file

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
        """The version of the newest specification.

        Raises
        ------
        StorageError : there is none: the file is damaged
        """
        (newest,) = self._row("SELECT max(version) FROM specs")
        if not isinstance(newest, int):
            raise database.damaged(self.path, "no specification in it")
        return newest

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
        """All versions of the specification, the oldest first.

        Raises
        ------
        StorageError : there is none, or one is damaged
        """
        rows = self._rows("SELECT version, at, note, json FROM specs ORDER BY version")
        if not rows:
            raise database.damaged(self.path, "no specification in it")
        for version, at, note, json in rows:
            sound = isinstance(version, int) and isinstance(at, float)
            if not (sound and isinstance(note, str) and isinstance(json, str)):
                raise database.damaged(self.path, f"version {version} of its specification")
        return [SpecRow(version, at, note, json) for version, at, note, json in rows]

    def add_spec(self, json: str, note: str) -> int:
        """Add a version of the specification, tell of it in the audit trail, return its number."""
        with self._writing("specs", "events") as connection:
            version = self.spec_version + 1
            text = f"Version {version} of the specification: {note}"
            event = AuditEvent(time.time(), "spec", text, tables.count_trials(connection))
            tables.write_events(connection, (event,))
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
        with self.reading() as connection:
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
        with self.reading() as connection:
            return tables.read_steps(connection, trial)

    def trial(self, number: int) -> Trial | None:
        """One trial as it was put, without later steps; None where there is none."""
        with self.reading() as connection:
            try:
                return tables.read_trial(connection, number)
            except codec.BAD_ROW as error:
                raise database.damaged(self.path, f"a trial cannot be read: {error}") from error

    def trials(self, numbers: Iterable[int]) -> dict[int, Trial]:
        """Trials by their numbers, as `trial` gives them, without those that are not there."""
        with self.reading() as connection, tables.quick_memory():
            try:
                return {trial.number: trial for trial in tables.read_many(connection, numbers)}
            except codec.BAD_ROW as error:
                raise database.damaged(self.path, f"a trial cannot be read: {error}") from error

    # Audit trail, small texts, data.

    def act(self, done: Sequence[Done]) -> None:
        """Record what a person did to trials, and the trials after it, in one transaction.

        A trial must be in the file as it was before the first of its acts.
        """
        first = {one.before.number: one.before for one in reversed(done)}
        last = {one.after.number: one.after for one in done}
        with self._writing("events") as connection:
            tables.change_trials(connection, ((first[number], last[number]) for number in last))
            count, at = tables.count_trials(connection), time.time()
            events = (AuditEvent(at, kind_of(o.act), o.text, count, o.act) for o in done)
            tables.write_events(connection, events)

    def log(self, kind: str, text: str) -> None:
        """Add to the audit trail."""
        with self._writing("events") as connection:
            event = AuditEvent(time.time(), kind, text, tables.count_trials(connection))
            tables.write_events(connection, (event,))

    def events(self) -> list[AuditEvent]:
        """The audit trail, the oldest first.

        Raises
        ------
        StorageError : the file is damaged
        """
        with self.reading() as connection:
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
        with self._writing("meta") as connection:
            connection.execute("DELETE FROM meta WHERE key = ?", (key,))
            if text is not None:
                connection.execute("INSERT INTO meta VALUES (?, ?)", (key, codec.clean(text)))

    def store_data(self, name: str, sha256: str, content: bytes) -> None:
        """Keep a copy of the data, instead of the one before."""
        packed = zlib.compress(content)
        with self._writing("data") as connection:
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

    @property
    def is_there(self) -> bool:
        """Whether the file is still the one that was opened: not moved, replaced or deleted."""
        return identity(self.path) == self._identity

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

    def move_to(self, path: Path, trials: Sequence[Trial]) -> None:
        """Write the whole study under another name and go on there; the old file stays as it is.

        It is read from the file so far; where that is not possible any more it is written from
        memory, and then a copy of the data that is larger than 64 MiB is not in it.

        Parameters
        ----------
        trials : all, as the study knows them

        Raises
        ------
        StorageError : nothing has changed: it is this file, or cannot be written either
        """
        path = Path(path).resolve()
        with self._turn:
            self._check_open()
            if path == self.path and path.exists():
                raise StorageError(str(path), "must be another file than the one in trouble")
            before = self.path
            opened, from_file = rescue.move(self._opened, self._memory, trials, path)
            self._adopt(opened)
            how = "" if from_file else ", which could not be read any more: from memory"
            with contextlib.suppress(StorageError):  # it has moved; writing will tell again
                self.log("moved", f"From {before}{how}")

    def mend(self, trials: Sequence[Trial]) -> None:
        """After trouble, see to it that the file can be written again, if that is needed.

        Parameters
        ----------
        trials : all, as the study knows them

        Raises
        ------
        StorageError : it is still missing, damaged, or another file than it was
        """
        with self._turn:
            self._check_open()
            if not self.path.exists():
                raise self._gone()
            if self._doubtful or not self._opened.is_there:
                self._adopt(rescue.reopen(self._opened, self._memory, trials))

    def _adopt(self, opened: Opened) -> None:
        """Go on with a file in the place of the one so far."""
        before, self._opened = self._opened, opened
        rescue.let_go(before, opened)
        self.path = opened.path
        self._identity = identity(self.path)
        self._doubtful = False

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
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for this folder: nobody else uses it meanwhile."""
        with self._turn, database.plain_errors(self.path):
            self._check_open()
            yield self._opened.connection

    @contextlib.contextmanager
    def _writing(self, *changed: str) -> Iterator[sqlite3.Connection]:
        """One durable transaction; nothing of it remains when anything in it fails.

        Parameters
        ----------
        changed : the tables beside trials and steps that it writes to
        """
        with self.reading() as connection:
            if self.read_only:
                rule = "can only be read"
                raise ReadOnlyError(str(self.path), rule, remedy=self.read_only_reason)
            self._check_still_there()
            try:
                with database.transaction(connection):
                    memory = self._memory or SmallTables(connection)
                    yield connection
                    news = {table: memory.news(connection, table) for table in changed}
            except sqlite3.Error as error:
                self._doubtful |= not database.passes_by_itself(error)
                raise
            memory.keep(news)
            self._memory = memory

    def _check_still_there(self) -> None:
        """What is written to a deleted file is lost without a word."""
        if not self._opened.is_there:
            with contextlib.suppress(OSError):
                self._opened.set_log_aside()
            raise self._gone()

    def _gone(self) -> StorageError:
        return StorageError(
            str(self.path),
            "is not there any more: it was moved, replaced or deleted, or its drive is gone",
            remedy=f"{database.KEEPS_ALL} Save the study under another name.",
        )

    def _row(self, query: str, values: tuple[Any, ...] = ()) -> Any:
        with self.reading() as connection:
            return connection.execute(query, values).fetchone()

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with self.reading() as connection:
            return connection.execute(query, values).fetchall()
