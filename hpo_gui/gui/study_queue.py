"""The queue: studies to run one after another, kept in a file that outlives the program.

Each window has a queue file of its own, which it holds by a lock of the system: a second window
neither runs nor loses what the first one has queued, and finds the file of one that has died.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, Literal

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from hpo_gui.core.errors import StudioError
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.spec_text import spec_from_dict, spec_to_dict
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.preferences import put_aside, write_atomically
from hpo_gui.gui.study_files import settings_folder
from hpo_gui.storage.writer_lock import WriterLock

VERSION = 1
MOST_FILES = 20
WAIT_MS = 300

QueueState = Literal["waiting", "running", "failed"]


class QueueEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A study in the queue.

    Attributes
    ----------
    path : its study file or specification file, absolute; "" before it has one
    base : folder that the paths of ``spec`` start from
    spec : its specification, as the user left it; None for the one in the file
    problem : why it failed, or ""
    seconds : how long it will take, where that is known
    """

    id: str
    name: str
    path: str = ""
    base: str = ""
    spec: dict[str, Any] | None = None
    state: QueueState = "waiting"
    problem: str = ""
    seconds: float | None = None

    @property
    def wanted(self) -> StudySpec | None:
        """The specification, or None for the one in the file.

        Raises
        ------
        StudioError : it cannot be read
        """
        return None if self.spec is None else spec_from_dict(self.spec)


class QueueFile(msgspec.Struct, frozen=True):
    """What the file holds."""

    version: int = VERSION
    goes: bool = False
    entries: tuple[QueueEntry, ...] = ()


def entry_of(
    name: str,
    *,
    path: Path | None = None,
    base: Path | None = None,
    spec: StudySpec | None = None,
    seconds: float | None = None,
) -> QueueEntry:
    """A new entry; see `QueueEntry`."""
    return QueueEntry(
        uuid.uuid4().hex[:12],
        name,
        "" if path is None else str(path.absolute()),
        "" if base is None else str(base),
        None if spec is None else spec_to_dict(spec),
        seconds=seconds,
    )


class StudyQueue(QObject):
    """The entries in the order in which they run, and whether they do.

    Attributes
    ----------
    goes : the next study begins as soon as nothing runs
    was_going : the queue was going when the program ended the last time

    Signals
    -------
    changed : entries or ``goes``
    notice : the file cannot be written, or was not readable
    """

    changed = Signal()
    notice = Signal(object)

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder or settings_folder()
        self.entries: tuple[QueueEntry, ...] = ()
        self.goes = False
        self.was_going = False
        self.path = self.folder / "queue.json"
        self._lock: WriterLock | None = None
        self._told = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self.save)

    # --- the file -----------------------------------------------------------------------------

    def load(self) -> None:
        """Take up what was left by windows that are no more; the queue does not go yet."""
        found: list[QueueEntry] = []
        for path in self._paths():
            if (mine := self._acquire(path)) is None:
                continue
            kept = self._read(path)
            found += kept.entries
            self.was_going = self.was_going or kept.goes
            if self._lock is None:
                self.path, self._lock = path, mine
                continue
            path.unlink(missing_ok=True)
            mine.release()
        self.entries = tuple(
            msgspec.structs.replace(entry, state="waiting") if entry.state == "running" else entry
            for entry in found
        )
        self.was_going = self.was_going and any(e.state == "waiting" for e in self.entries)
        if self._lock is None:
            head = self.tr("The queue is not kept when the window closes")
            self.notice.emit(Notice("warning", head, str(self.folder)))
        if found:
            self.save()
        self.changed.emit()

    def _paths(self) -> list[Path]:
        numbered = (self.folder / f"queue-{number}.json" for number in range(2, MOST_FILES))
        return [self.folder / "queue.json", *numbered]

    def _acquire(self, path: Path) -> WriterLock | None:
        """The lock of a file that exists, or of the first free one; None when it is not ours."""
        if self._lock is not None and not path.exists():
            return None
        lock = WriterLock(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return lock if lock.acquire() else None
        except OSError:
            return None

    def _read(self, path: Path) -> QueueFile:
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=QueueFile)
        except OSError:
            return QueueFile()
        except (msgspec.MsgspecError, RecursionError):
            kept = None
        if kept is not None and kept.version == VERSION:
            return kept
        put_aside(path)
        head = self.tr("The queue of the last time cannot be read")
        self.notice.emit(Notice("warning", head, f"{path}.broken"))
        return QueueFile()

    def save(self) -> None:
        """Write the file now."""
        self._timer.stop()
        if self._lock is None or not (self.entries or self.path.exists()):
            return
        data = msgspec.json.encode(QueueFile(VERSION, self.goes, self.entries))
        problem = write_atomically(self.path, data)
        if problem and problem != self._told:
            head = self.tr("The queue is not kept when the window closes")
            self.notice.emit(Notice("warning", head, problem))
        self._told = problem

    def close(self) -> None:
        """Write the file and let it go."""
        self.save()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    # --- the entries --------------------------------------------------------------------------

    def find(self, entry_id: str) -> QueueEntry | None:
        """An entry, or None."""
        return next((entry for entry in self.entries if entry.id == entry_id), None)

    def find_path(self, path: Path | None) -> QueueEntry | None:
        """The entry of a file, or None."""
        if path is None:
            return None
        return next((e for e in self.entries if e.path == str(path.absolute())), None)

    def add(self, entry: QueueEntry) -> None:
        """Put an entry at the end."""
        self._set((*self.entries, entry))

    def remove(self, entry_id: str) -> None:
        """Take an entry out."""
        self._set(tuple(entry for entry in self.entries if entry.id != entry_id))

    def move(self, entry_id: str, place: int) -> None:
        """Move an entry to a place, from 0."""
        entry = self.find(entry_id)
        if entry is None:
            return
        others = [other for other in self.entries if other is not entry]
        others.insert(min(max(place, 0), len(others)), entry)
        self._set(tuple(others))

    def change(self, entry_id: str, **changes: Any) -> None:
        """Change what is known of an entry."""
        self._set(
            tuple(
                msgspec.structs.replace(entry, **changes) if entry.id == entry_id else entry
                for entry in self.entries
            )
        )

    def set_going(self, goes: bool) -> None:
        """Let the queue go, with another try for what failed; or let it wait."""
        if goes:
            self.entries = tuple(
                msgspec.structs.replace(entry, state="waiting", problem="")
                if entry.state == "failed"
                else entry
                for entry in self.entries
            )
        self.goes = goes
        self.save()
        self.changed.emit()

    def next(self) -> QueueEntry | None:
        """The first entry that waits."""
        return next((entry for entry in self.entries if entry.state == "waiting"), None)

    def _set(self, entries: tuple[QueueEntry, ...]) -> None:
        if entries == self.entries:
            return
        self.entries = entries
        self._timer.start()
        self.changed.emit()


def readable(entry: QueueEntry) -> tuple[StudySpec | None, str]:
    """The specification of an entry, and why there is none where it cannot be read."""
    try:
        return entry.wanted, ""
    except (StudioError, ValueError, TypeError, KeyError, RecursionError) as error:
        return None, str(error)
