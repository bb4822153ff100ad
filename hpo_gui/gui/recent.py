"""Recent files: studies, tables and specifications, and which study was running at the last end.

An entry says "running" while its study runs in a living process. Found with a dead process at the
next start, the study was interrupted, and the window offers to go on with it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

import msgspec
from PySide6.QtCore import QObject, Signal

from hpo_gui.core.living import lives
from hpo_gui.gui.preferences import put_aside, write_atomically
from hpo_gui.gui.study_files import settings_folder

LIMIT = 20

Kind = Literal["study", "data", "spec"]
StudyState = Literal["", "running", "paused", "done"]


class RecentFile(msgspec.Struct, frozen=True):
    """One line of the list.

    Attributes
    ----------
    path : absolute, or ``sample:<name>``
    name : as shown
    note : the best score, "paused", "new"
    state : of a study when last seen
    process : id of the process that runs it, 0 for none
    at : seconds since 1970 when it was last used
    """

    path: str
    name: str
    kind: Kind = "study"
    note: str = ""
    state: StudyState = ""
    process: int = 0
    at: float = 0.0


class RecentFiles(QObject):
    """The list, newest first, kept in ``recent.json``.

    Signals
    -------
    changed : the list is another one
    """

    changed = Signal()

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = (folder or settings_folder()) / "recent.json"
        self.files: tuple[RecentFile, ...] = self._read()

    def put(self, file: RecentFile) -> None:
        """Add a file at the top, or replace its line there."""
        kept = tuple(other for other in self._read() if other.path != file.path)
        self._write((msgspec.structs.replace(file, at=time.time()), *kept)[:LIMIT])

    def update(self, file: RecentFile) -> None:
        """Replace the line of a file where it stands; nothing when it is not there."""
        file = msgspec.structs.replace(file, at=time.time())
        files = tuple(file if other.path == file.path else other for other in self._read())
        if files != self.files:
            self._write(files)

    def remove(self, path: str) -> None:
        """Take a file off the list."""
        self._write(tuple(other for other in self._read() if other.path != path))

    def clear(self) -> None:
        """Forget all."""
        self._write(())

    def find(self, path: str) -> RecentFile | None:
        """The line of a file, or None."""
        return next((file for file in self.files if file.path == path), None)

    def of_kind(self, *kinds: Kind) -> list[RecentFile]:
        """The lines of some kinds, newest first."""
        return [file for file in self.files if file.kind in kinds]

    def interrupted(self) -> list[RecentFile]:
        """Studies that ran in a process that is no more and whose file still exists.

        One that was paused in it has been interrupted as well.
        """
        return [
            file
            for file in self.files
            if (file.state == "running" or (file.state == "paused" and file.process))
            and not (file.process and lives(file.process, file.at))
            and Path(file.path).is_file()
        ]

    def _read(self) -> tuple[RecentFile, ...]:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=tuple[RecentFile, ...])
        except OSError:
            return getattr(self, "files", ())
        except msgspec.MsgspecError:
            put_aside(self.path)
            return getattr(self, "files", ())

    def _write(self, files: tuple[RecentFile, ...]) -> None:
        self.files = files
        write_atomically(self.path, msgspec.json.encode(files))
        self.changed.emit()
