"""Only one program writes a study file: a lock of the operating system on a file beside it."""

from __future__ import annotations

import contextlib
from pathlib import Path

import filelock


class WriterLock:
    """The right to write a study file; the system takes it back when the program dies."""

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(f"{path.name}.lock")
        # Not bound to a thread: the window opens a study, its runner's thread may close it.
        self._lock = filelock.FileLock(self.path, timeout=0, thread_local=False)

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
        return True

    def release(self) -> None:
        """Give the lock back and leave no file behind; may be called twice."""
        if self._lock.is_locked:
            with contextlib.suppress(OSError):  # Windows deletes it on release instead
                self.path.unlink()
            self._lock.release()
