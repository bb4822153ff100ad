"""An edit of a study that has trials: what it changes, and going on with it at the push of a link.

The specification in the window and the newest one in the study file differ until the study goes
on. Then the run under way ends, and the next one begins with what is in the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import structs
from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

from hpo_gui.core.history import History, HistoryBuilder
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.value import identical
from hpo_gui.gui.engine import EditLike, Engine, ProblemLike
from hpo_gui.gui.jobs import Job, Jobs
from hpo_gui.gui.notices import Notice, notice_of

if TYPE_CHECKING:
    from hpo_gui.evaluation.table import Table

PAUSE_MS = 250  # after the last edit, until its changes are looked at


class Edited(Protocol):
    """The session, as far as an edit needs to know it."""

    @property
    def spec_changed(self) -> SignalInstance: ...
    @property
    def study_changed(self) -> SignalInstance: ...
    @property
    def state_changed(self) -> SignalInstance: ...
    @property
    def stopped(self) -> SignalInstance: ...
    @property
    def engine(self) -> Engine | None: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def recorded(self) -> StudySpec | None: ...
    @property
    def spec(self) -> StudySpec: ...
    @property
    def table(self) -> Table | None: ...
    @property
    def builder(self) -> HistoryBuilder: ...
    @property
    def history(self) -> History: ...
    @property
    def problems(self) -> Sequence[ProblemLike]: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def is_checking(self) -> bool: ...
    def run(self) -> None: ...
    def stop_after_current(self) -> None: ...
    def stop_now(self) -> None: ...
    def tell(self, notice: Notice) -> None: ...


class StudyEdit(QObject):
    """See the module.

    Signals
    -------
    changed : `is_pending` or `found` may be another
    """

    changed = Signal()

    def __init__(self, session: Edited, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._found: tuple[StudySpec, EditLike] | None = None
        self._goes_on = False
        self._job: Job | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._look)
        session.spec_changed.connect(self._follow)
        session.study_changed.connect(self._follow)
        session.state_changed.connect(self._follow)
        session.stopped.connect(self._run_is_over)

    @property
    def is_pending(self) -> bool:
        """Whether the study would go on with another specification than its newest one."""
        recorded = self._session.recorded
        if recorded is None or not self._session.builder.trials:
            return False
        return differs(recorded, self._session.spec)

    @property
    def goes_on(self) -> bool:
        """Whether the run under way ends only to go on with the edit."""
        return self._goes_on

    @property
    def found(self) -> EditLike | None:
        """What the edit changes; None while that is not known, or without one."""
        if not self.is_pending or self._found is None:
            return None
        spec, edit = self._found
        return edit if identical(spec, self._session.spec) else None

    @property
    def refusal(self) -> str:
        """Why the study cannot go on with the edit; "" when it can."""
        edit = self.found
        return str(edit.refusals[0]) if edit is not None and edit.refusals else ""

    @property
    def refused(self) -> str:
        """What of the edit the study cannot go on with, by its key path; "" without any."""
        edit = self.found
        return edit.refusals[0].parameter if edit is not None and edit.refusals else ""

    def apply(self, *, stop: bool = False) -> None:
        """Go on with the edit, as soon as the run under way has ended.

        Parameters
        ----------
        stop : do not wait for the running trials; they wait for the next run
        """
        session = self._session
        if self.refusal or session.problems:
            return
        if not session.is_active:
            session.run()
            return
        if stop:
            session.stop_now()
        elif not self._goes_on:
            session.stop_after_current()
        self._goes_on = True
        self.changed.emit()

    def forget(self) -> None:
        """The user stops the study, or leaves it: it does not go on."""
        if self._goes_on:
            self._goes_on = False
            self.changed.emit()

    def _run_is_over(self) -> None:
        if self._goes_on:
            self._goes_on = False
            self._session.run()
        self.changed.emit()

    def _follow(self) -> None:
        if self.is_pending and self.found is None:
            self._timer.start()
        self.changed.emit()

    def _look(self) -> None:
        session = self._session
        before, engine = session.recorded, session.engine
        if before is None or engine is None or not self.is_pending or session.problems:
            return
        if self._job is not None or session.is_checking:
            self._timer.start()
            return
        spec, history, table = session.spec, session.history, session.table
        job = session.jobs.start(
            self.tr("Comparing with the study"),
            lambda job: engine.what_changes(before, history, spec, table),
        )
        self._job = job
        job.finished.connect(lambda edit: self._take(spec, edit))
        job.failed.connect(
            lambda error: session.tell(notice_of(error, self.tr("The changes are not clear")))
        )
        job.ended.connect(self._ended)

    def _take(self, spec: StudySpec, edit: EditLike) -> None:
        self._found = spec, edit
        self.changed.emit()

    def _ended(self) -> None:
        self._job = None


def differs(recorded: StudySpec, spec: StudySpec) -> bool:
    """Whether an edit waits for the study to go on; the number of workers changes at once."""
    return not identical(_without_workers(recorded), _without_workers(spec))


def _without_workers(spec: StudySpec) -> StudySpec:
    return structs.replace(spec, compute=structs.replace(spec.compute, workers=None))
