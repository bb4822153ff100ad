"""Only one program writes a study file: a lock of the operating system on a file beside it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TypeAlias

import filelock

Identity: TypeAlias = tuple[int, int]


class WriterLock:
    """The right to write a study file; the system takes it back when the program dies."""

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(f"{path.name}.lock")
        # Not bound to a thread: the window opens a study, its runner's thread may close it.
        self._lock = filelock.FileLock(self.path, timeout=0, thread_local=False)
        self._identity: Identity | None = None

    def acquire(self) -> bool:
        """Take the lock; False when somebody else has it.

        Raises
        ------
        OSError : no lock file can be made in that folder
        """
        self.path.parent.stat()  # the library would make a missing folder
        try:
            self._lock.acquire()
        except filelock.Timeout:
            return False
        self._identity = identity(self.path)
        return True

    def is_on(self, path: Path) -> bool:
        """Whether it still keeps others from this file: its own file can be deleted as well."""
        mine = path.with_name(f"{path.name}.lock") == self.path
        return mine and self._lock.is_locked and identity(self.path) == self._identity

    def release(self) -> None:
        """Give the lock back and leave no file behind; may be called twice."""
        if self._lock.is_locked:
            with contextlib.suppress(OSError):  # Windows deletes it on release instead
                self.path.unlink()
            self._lock.release()

    def forget(self) -> None:
        """Give a lock back whose file is another one by now, which stays."""
        self._lock.release()


def identity(path: Path) -> Identity | None:
    """What tells a file from another one of the same name; None for a file that is not there."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
