"""What a person does to the trials of a study that does not run: in jobs, one after the other."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from hpo_gui.core.errors import StudioError
from hpo_gui.gui.jobs import Job, Jobs

WRITE_SECONDS = 60.0  # that an act under way gets
LOOK_SECONDS = 0.02

Work = Callable[[], Any]
Take = Callable[[Any], None]


class StudyActs(QObject):
    """Opens the file for one job at a time, as a study file has one writer.

    Signals
    -------
    failed : the error of a job
    """

    failed = Signal(object)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._waiting: deque[tuple[str, Work, Take]] = deque()
        self._files: deque[Path] = deque()  # of the one under way and of those that wait
        self._job: Job | None = None
        self._later: deque[Callable[[], None]] = deque()

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return self._job is not None

    def afterwards(self, action: Callable[[], None]) -> None:
        """Call ``action`` when nothing is under way any more: now, or after the last job."""
        if self._job is None:
            action()
        else:
            self._later.append(action)

    def wait(self, path: Path, job: Job) -> None:
        """Wait in another job until a file has all that is under way for it."""
        while path in tuple(self._files):
            job.check()
            time.sleep(LOOK_SECONDS)

    def do(self, title: str, path: Path, work: Work, take: Take) -> None:
        """Do ``work`` on a file in a job, when the ones before are through.

        ``take`` gets what it gives.
        """
        self._files.append(path)
        self._waiting.append((title, work, take))
        if self._job is None:
            self._next()

    def finish(self) -> None:
        """Do at once what still waits, as the window closes."""
        self._later.clear()
        if self._job is not None:  # a study file has one writer
            self._job.join(WRITE_SECONDS)
        waiting, self._waiting = self._waiting, deque()
        for _, work, _ in waiting:
            with contextlib.suppress(StudioError):  # there is nobody left to tell
                work()

    def _next(self) -> None:
        if not self._waiting:
            self._job = None
            while self._later and self._job is None:
                self._later.popleft()()
            return
        title, work, take = self._waiting.popleft()
        self._job = self._jobs.start(title, lambda job: work())
        self._job.finished.connect(take)
        self._job.failed.connect(self.failed)
        self._job.ended.connect(self._through)

    def _through(self) -> None:
        self._files.popleft()
        self._next()
