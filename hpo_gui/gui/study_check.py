"""The check of a specification in the background: its table read, everything filled in."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from hpo_gui.gui.engine import Engine
from hpo_gui.gui.jobs import Job, Jobs
from hpo_gui.gui.loading import Loaded, needs_reading, read_and_resolve

PAUSE_MS = 30
QUICK_SECONDS = 0.008  # checks that take longer go to the background


class StudyCheck(QObject):
    """Checks what is shown, one check at a time; edits in between are checked afterwards.

    Parameters
    ----------
    shown : gives what is shown now

    Signals
    -------
    checked : what was checked, and what came out
    failed : the check itself failed, by an error of the program
    """

    checked = Signal(object, object)
    failed = Signal(object)

    def __init__(
        self, jobs: Jobs, shown: Callable[[], Loaded], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.seconds = 0.0  # that the last check took, without reading
        self._shown = shown
        self._engine: Engine | None = None
        self._job: Job | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._start)

    @property
    def is_under_way(self) -> bool:
        """Whether a check runs or is about to."""
        return self._job is not None or self._timer.isActive()

    def is_quick(self, shown: Loaded) -> bool:
        """Whether a check takes no longer than a frame: nothing to read, nothing to import."""
        if shown.spec.data is not None and needs_reading(shown):
            return False
        plain = all("." not in model.name for model in shown.spec.models)
        return plain and self.seconds <= QUICK_SECONDS

    def now(self, engine: Engine, shown: Loaded) -> Loaded:
        """Check at once, in this thread."""
        self.cancel()
        began = time.perf_counter()
        result = read_and_resolve(engine, shown)
        self.seconds = time.perf_counter() - began
        return result

    def later(self, engine: Engine) -> None:
        """Check in the background, after a short pause."""
        self._engine = engine
        self._timer.start()

    def cancel(self) -> None:
        """Forget the check under way."""
        self._timer.stop()
        self._job = None

    def _start(self) -> None:
        engine = self._engine
        if self._job is not None or engine is None:
            self._timer.start()
            return
        asked = self._shown()

        def work(job: Job) -> tuple[Loaded, float]:
            result = read_and_resolve(engine, asked, job)
            began = time.perf_counter()
            engine.resolve(result.open_spec, result.table)
            return result, time.perf_counter() - began

        job = self.jobs.start(self.tr("Checking the study"), work)
        self._job = job
        job.finished.connect(lambda made: self._done(job, asked, *made))
        job.failed.connect(lambda error: self._failed(job, error))

    def _done(self, job: Job, asked: Loaded, result: Loaded, seconds: float) -> None:
        if self._job is not job:
            return
        self._job = None
        if self._shown() is not asked:
            self._timer.start()
            return
        self.seconds = seconds
        self.checked.emit(asked, result)

    def _failed(self, job: Job, error: BaseException) -> None:
        if self._job is job:
            self._job = None
            self.failed.emit(error)
