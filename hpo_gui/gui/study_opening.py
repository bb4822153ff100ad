"""Opening a study, a specification or a table in a job: one at a time, the newest wins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from hpo_gui.core.spec import StudySpec
from hpo_gui.gui.engine import Engine, needed
from hpo_gui.gui.jobs import Job, Jobs
from hpo_gui.gui.loading import (
    SPEC_SUFFIXES,
    STUDY_SUFFIXES,
    Loaded,
    load_data,
    load_example,
    load_given,
    load_spec,
    load_study,
)
from hpo_gui.gui.notices import notice_of


class StudyOpening(QObject):
    """What was shown stays until something else has been opened.

    Attributes
    ----------
    wait_for : waits, in a job, until a study file has what is being written to it

    Signals
    -------
    opened : a `gui.loading.Loaded`, to be shown
    changed : something is being opened, or no longer
    notice : something to tell
    """

    opened = Signal(object)
    changed = Signal()
    notice = Signal(object)

    def __init__(self, engine: Engine | None, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._jobs = jobs
        self._job: Job | None = None
        self.wait_for: Callable[[Path, Job], None] = lambda path, job: None

    @property
    def title(self) -> str:
        """What is being opened, or ""."""
        return self._job.title if self._job is not None else ""

    def open_any(self, path: str | Path) -> Job:
        """Open a study, a specification or a table, by the name's ending."""
        suffix = Path(path).suffix.lower()
        if suffix in STUDY_SUFFIXES:
            return self.open_study(path)
        if suffix in SPEC_SUFFIXES:
            return self.open_spec(path)
        return self.open_data(path)

    def open_data(self, source: str | Path) -> Job:
        """Read a table ("sample:wine" or a path) and fill everything in for a new study."""
        text = str(source)
        title = self.tr("Reading {0}").format(Path(text).name)
        return self._open(title, lambda engine, job: load_data(engine, text, job))

    def open_spec(self, path: str | Path) -> Job:
        """Open a specification in TOML or JSON as a new study."""
        where = Path(path).absolute()
        title = self.tr("Opening {0}").format(where.name)
        return self._open(title, lambda engine, job: load_spec(engine, where, job))

    def open_example(self, name: str) -> Job:
        """Open one of the bundled examples as a new study."""
        title = self.tr("Opening the example {0}").format(name)
        return self._open(title, lambda engine, job: load_example(engine, name, job))

    def open_draft(self, spec: StudySpec, base: Path) -> Job:
        """Open a specification that was kept as a new study."""
        title = self.tr("Opening {0}").format(spec.name)
        return self._open(title, lambda engine, job: load_given(engine, spec, base, job))

    def open_study(self, path: str | Path) -> Job:
        """Open a study file with all its trials."""
        where = Path(path).absolute()
        title = self.tr("Opening {0}").format(where.name)

        def load(engine: Engine, job: Job) -> Loaded:
            self.wait_for(where, job)
            return load_study(engine, where, job)

        return self._open(title, load)

    def cancel(self) -> None:
        """Give up what is being opened; what was shown stays."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self.changed.emit()

    def _open(self, title: str, load: Callable[[Engine, Job], Loaded]) -> Job:
        engine = needed(self._engine)
        self.cancel()

        def ended() -> None:
            if self._job is job:
                self._job = None
                self.changed.emit()

        job = self._jobs.start(title, lambda job: load(engine, job))
        job.finished.connect(self.opened)
        job.failed.connect(
            lambda error: self.notice.emit(notice_of(error, self.tr("{0} failed").format(title)))
        )
        job.ended.connect(ended)
        self._job = job
        self.changed.emit()
        return job
