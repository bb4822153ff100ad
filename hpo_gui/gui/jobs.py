"""Jobs: work that must not hold up the window, each in a thread, with progress and cancel.

Threads are for what waits or lets go of the interpreter (files, imports, child processes); what
computes in Python for long goes through ``execution.call`` inside the job.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

JOIN_SECONDS = 2.0

Work = Callable[["Job"], Any]


class JobCancelledError(Exception):
    """Raised inside a job by `Job.check` after the user cancelled it."""


class Job(QObject):
    """One piece of work.

    Signals (all arrive in the thread that made the job)
    -------
    finished : the result
    failed : the exception
    cancelled : the user cancelled it, and it has ended
    progressed : share done (0 to 1, or -1 where unknown) and a few words
    ended : after any of the three
    """

    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    progressed = Signal(float, str)
    ended = Signal()
    _came_back = Signal(object, object)

    def __init__(self, title: str, work: Work) -> None:
        super().__init__()
        self.title = title
        self.started_at = time.monotonic()
        self._work = work
        self._cancel = threading.Event()
        self._came_back.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._run, name=f"job: {title}", daemon=True)
        self.done = False

    @property
    def is_cancelled(self) -> bool:
        """Whether the user asked for its end."""
        return self._cancel.is_set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def cancel(self) -> None:
        """Ask for its end; its result is thrown away in any case."""
        self._cancel.set()

    def check(self) -> None:
        """Call inside the work between pieces; raises `JobCancelledError` when it is to end."""
        if self._cancel.is_set():
            raise JobCancelledError

    def tell(self, share: float, words: str = "") -> None:
        """Call inside the work: how far it is."""
        self.check()
        self.progressed.emit(share, words)

    def join(self, seconds: float) -> bool:
        """Wait for the thread; whether it has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._came_back.emit(self._work(self), None)
        except BaseException as error:  # noqa: BLE001 - handed over to the window's thread
            self._came_back.emit(None, error)

    def _deliver(self, result: object, error: BaseException | None) -> None:
        self.done = True
        if self.is_cancelled or isinstance(error, JobCancelledError):
            self.cancelled.emit()
        elif error is not None:
            self.failed.emit(error)
        else:
            self.finished.emit(result)
        self.ended.emit()


class Jobs(QObject):
    """The jobs under way.

    Signals
    -------
    changed : one began or ended
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.running: list[Job] = []

    def start(
        self,
        title: str,
        work: Work,
        *,
        finished: Callable[[Any], None] | None = None,
        failed: Callable[[Any], None] | None = None,
        progressed: Callable[[float, str], None] | None = None,
    ) -> Job:
        """Run ``work(job)`` in a thread; the other functions are called in this one."""
        job = Job(title, work)
        if finished is not None:
            job.finished.connect(finished)
        if failed is not None:
            job.failed.connect(failed)
        if progressed is not None:
            job.progressed.connect(progressed)
        self.running.append(job)
        job.ended.connect(lambda: self._forget(job))
        job.start()
        self.changed.emit()
        return job

    def cancel_all(self) -> None:
        """Ask all for their end."""
        for job in self.running:
            job.cancel()

    def close(self) -> None:
        """Cancel all and wait a moment for their threads."""
        self.cancel_all()
        for job in self.running:
            job.join(JOIN_SECONDS)
        self.running.clear()

    def _forget(self, job: Job) -> None:
        if job in self.running:
            self.running.remove(job)
        self.changed.emit()
