"""Following a study that another program writes: what is new since the last look, and no more.

A look costs one query where nothing was written. Otherwise it reads the rows after the last known
trial, those of the trials that were open, and the steps that these have got since. Finished
trials are never changed without an act in the audit trail, which names the trial.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hpo_gui.core.errors import StorageError
from hpo_gui.core.living import lives
from hpo_gui.core.trial import Trial
from hpo_gui.storage import codec, database, opening, tables
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.storage.writer_lock import WriterLock, identity

WRITER = "writer"  # key of the line in which a writer introduces itself
PIECE = 1000  # rows after which others get a turn
QUIET_SECONDS = 30.0  # after which a writer that says nothing is asked by its lock
NEVER = -1
EARLIER_SECONDS = 600.0  # an audit entry this much older than the first look is known already


class News(msgspec.Struct, frozen=True):
    """What another program has written since the last look.

    Attributes
    ----------
    trials : new and changed ones by number, open ones with all their steps
    spec : the newest version of the specification as JSON, where it is a new one
    meta : the small texts of the study file, where some are new; without the writer's own line
    """

    trials: tuple[Trial, ...] = ()
    spec: str | None = None
    meta: dict[str, str] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is new."""
        return not self.trials and self.spec is None and self.meta is None


class _Open(msgspec.Struct, frozen=True):
    """An open trial: its row as it was read, the trial with its steps, and the next step."""

    row: Trial
    trial: Trial
    next_step: int


class Follower:
    """Reads what is new in a study file; never writes, and never stands in a writer's way.

    For one thread at a time.

    Parameters
    ----------
    path : the study file
    known : its trials as far as they are known, trial i at place i
    spec : the specification as it is known, the JSON of the file; None to be told it
    at_rest : the file is as it is known: the first look is at what is written from now on

    Attributes
    ----------
    writer : who writes the file, as a sentence; "" when nobody does
    process : the number of the writer's process, 0 for nobody
    looks, read : how many looks there were, and how many rows they have read
    """

    def __init__(
        self,
        path: Path,
        known: Sequence[Trial] = (),
        spec: str | None = None,
        *,
        at_rest: bool = False,
    ) -> None:
        self.path = Path(path).resolve()
        self.writer = ""
        self.process = 0
        self.looks = self.read = 0
        self._known = list(known)
        self._open = {
            trial.number: _Open(trial, trial, 0) for trial in known if trial.state.is_open
        }
        self._spec = spec
        self._spec_version = 0
        self._meta: dict[str, str] | None = None
        self._event: int | None = None
        self._file: StudyFile | None = None
        self._identity: tuple[int, int] | None = None
        self._stamp: tuple[int, ...] = ()
        self._revision: int | None = None
        self._wrote_at = time.monotonic()
        if at_rest:
            self._stamp, self._identity = _stamp(self.path), identity(self.path)

    def look(self) -> News:
        """What is new since the last look, or since what was known; brings ``writer`` up to date.

        Raises
        ------
        StorageError : the file is gone, is another one now, or is damaged
        """
        self.looks += 1
        file = self._changed_file()
        news = News() if file is None else self._read(file)
        if self._file is not None:
            self.writer, self.process = self._written_by(self._file)
            if not self.writer:
                self._rest()
        return news

    def close(self) -> None:
        """Free the file; may be called twice.

        Where nobody writes it, what SQLite has left beside the file goes as well.
        """
        file, self._file = self._file, None
        if file is not None:
            file.close()
            opening.tidy(self.path)

    def _rest(self) -> None:
        """Leave a file alone that nobody writes: whoever moves or replaces it finds it whole."""
        self.close()
        self._stamp = _stamp(self.path)

    def _changed_file(self) -> StudyFile | None:
        """The file where something was written to it since the last look, else None.

        It is opened anew when it has been replaced, or has changed without showing it: what is
        read of a folder that cannot be written, or of a file of an older version, is a copy.
        """
        stamp = _stamp(self.path)
        if self._file is not None and self._file.is_there:
            revision = self._file.revision
            if revision == self._revision and stamp == self._stamp:
                return None
            if revision == self._revision:
                self._open_anew()
        elif stamp == self._stamp and identity(self.path) == self._identity:
            return None
        else:
            self._open_anew()
        assert self._file is not None
        self._stamp, self._revision = stamp, self._file.revision
        return self._file

    def _open_anew(self) -> None:
        before, self._file = self._file, None
        if before is not None:
            before.close()
        self._file = StudyFile.open(self.path, read_only=True)
        now = identity(self.path)
        if now != self._identity:  # perhaps the same study, put back from a copy
            self._identity = now
            self._spec_version = 0
            if self._event is not None:
                self._event = NEVER

    def _written_by(self, file: StudyFile) -> tuple[str, int]:
        """Who writes the file now, as a sentence and as a process; ("", 0) when nobody does."""
        text = file.meta(WRITER)
        process = None if text is None else _living(text)
        if process is None:
            return "", 0
        quiet = time.monotonic() - self._wrote_at > QUIET_SECONDS
        if quiet and is_free(self.path):  # its number belongs to another program by now
            return "", 0
        with file.reading() as connection:
            return opening.blame(connection), process

    def _read(self, file: StudyFile) -> News:
        self._wrote_at = time.monotonic()
        with file.reading() as connection:
            connection.execute("BEGIN")  # everything as it is at one moment
            try:
                self._check_same_study(connection)
                trials = self._trials(connection)
                return News(trials, self._new_spec(connection), self._new_meta(connection))
            except codec.BAD_ROW as error:
                raise database.damaged(self.path, f"a trial cannot be read: {error}") from error
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def _check_same_study(self, connection: Any) -> None:
        last = connection.execute("SELECT max(number) FROM trials").fetchone()[0]
        if (-1 if last is None else last) < len(self._known) - 1:
            raise StorageError(
                str(self.path),
                "is another study now: it has fewer trials than before",
                remedy="Open it again.",
            )

    # --- trials -------------------------------------------------------------------------------

    def _trials(self, connection: Any) -> tuple[Trial, ...]:
        changed: dict[int, Trial] = {}
        event = connection.execute("SELECT max(id) FROM events").fetchone()[0] or 0
        if self._event == NEVER:
            rows = self._differing(connection)
        else:
            acts = tables.read_acts_after(connection, self._event_known(connection))
            acted = {act.number for act in acts if act.number < len(self._known)}
            rows = tables.read_many(connection, {*self._open, *acted})
        for row in rows:
            self._take(connection, row, changed)
        for row in self._later(connection):
            self._take(connection, row, changed)
        self._event = event
        return tuple(changed[number] for number in sorted(changed))

    def _later(self, connection: Any) -> Iterator[Trial]:
        """The trials after the last known one."""
        while rows := tables.read_from(connection, len(self._known), PIECE):
            yield from rows
            time.sleep(0)  # the window's thread may want to paint

    def _differing(self, connection: Any) -> Iterator[Trial]:
        """The known trials that stand in the file with something else, and the open ones."""
        first = 0
        while first < len(self._known):
            count = min(PIECE, len(self._known) - first)
            for row in tables.read_from(connection, first, count):
                self.read += 1
                if row.number in self._open or row != self._known[row.number]:
                    yield row
            first += count
            time.sleep(0)

    def _take(self, connection: Any, row: Trial, changed: dict[int, Trial]) -> None:
        """Note a row, with the steps of an open trial; ``changed`` gets it where it is new."""
        self.read += 1
        if row.number > len(self._known):
            raise ValueError(f"trial {row.number} follows trial {len(self._known) - 1}")
        if row.state.is_open:
            trial = self._with_steps(connection, row)
        else:
            trial = row
            self._open.pop(row.number, None)
        if row.number == len(self._known):
            self._known.append(trial)
        elif self._known[row.number] == trial:
            return
        else:
            self._known[row.number] = trial
        changed[row.number] = trial

    def _with_steps(self, connection: Any, row: Trial) -> Trial:
        """An open trial with its steps; of those only the ones that are new are read."""
        before = self._open.get(row.number)
        if before is None or before.row != row or before.next_step == 0:
            before = _Open(row, row, 0)
        steps = tables.read_steps_from(connection, row.number, before.next_step)
        self.read += len(steps)
        trial = tables.add_steps(before.trial, steps)
        after = steps[-1].index + 1 if steps else before.next_step
        self._open[row.number] = _Open(row, trial, after)
        return trial

    def _event_known(self, connection: Any) -> int:
        """The entry of the audit trail that was read last; at the first look one of long ago."""
        if self._event is None:
            since = time.time() - EARLIER_SECONDS
            found = connection.execute("SELECT max(id) FROM events WHERE at < ?", (since,))
            self._event = found.fetchone()[0] or 0
        return self._event

    # --- the rest -----------------------------------------------------------------------------

    def _new_spec(self, connection: Any) -> str | None:
        row = connection.execute("SELECT max(version) FROM specs").fetchone()
        if row[0] == self._spec_version:
            return None
        self._spec_version = int(row[0])
        found = connection.execute("SELECT json FROM specs WHERE version = ?", row).fetchone()
        if found[0] == self._spec:
            return None
        self._spec = str(found[0])
        return self._spec

    def _new_meta(self, connection: Any) -> dict[str, str] | None:
        rows: Iterable[tuple[str, str]] = connection.execute("SELECT key, text FROM meta")
        meta = {str(key): str(text) for key, text in rows if key != WRITER}
        if meta == self._meta:
            return None
        self._meta = meta
        return meta


def is_free(path: Path) -> bool:
    """Whether nobody has the right to write a study file; asks by taking it for a moment."""
    lock = WriterLock(path)
    try:
        if not lock.acquire():
            return False
    except OSError:
        return False
    lock.release()
    return True


def _stamp(path: Path) -> tuple[int, ...]:
    """Time and size of a file and of its log; 0 for what is not there."""
    found: list[int] = []
    for part in (path, database.log_path(path)):
        try:
            facts = part.stat()
        except OSError:
            found += (0, 0)
        else:
            found += (facts.st_mtime_ns, facts.st_size)
    return tuple(found)


def _living(text: str) -> int | None:
    """The process of a writer that has introduced itself; None when it lives no more.

    0 where nobody can know: it is on another computer, or has not said who it is.
    """
    try:
        facts = json.loads(text)
        process, host, since = int(facts["pid"]), facts["host"], float(facts["since"])
    except (ValueError, KeyError, TypeError):
        return 0
    if host != socket.gethostname():
        return 0
    return process if lives(process, since) else None
