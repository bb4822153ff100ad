"""The landscape of the session's study: computed in another process, only while somebody looks.

`landscape_source(session)` returns the source of a session; it is made at the first call.
"""

from __future__ import annotations

import time
from weakref import WeakSet

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.landscape import (
    Absence,
    Landscape,
    Pair,
    Survey,
    Surveyed,
    prepare_survey,
    survey,
)
from hpo_gui.execution.call import call_in_process
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_store import trial_store

LIVE_MS = 1500  # between two landscapes while trials arrive
SHARE = 4  # at least this many times as long as the last one took
SOON_MS = 40  # after a click, so that a walk by arrow keys asks once


class LandscapeSource(QObject):
    """See the module.

    Signals
    -------
    changed : `landscape`, `absence`, `error` or `is_busy` is another one
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._store = trial_store(session)
        self.landscape: Landscape | None = None
        self.absence: Absence | None = None
        self.error = ""
        self._pair: Pair | None = None
        self._fit: tuple[tuple[object, ...], bytes] | None = None
        self._views: WeakSet[QWidget] = WeakSet()
        self._job: Job | None = None
        self._stale = self._urgent = True
        self._ended, self._seconds = 0.0, 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._start)
        self._store.reset.connect(self._forget)
        self._store.changed.connect(self._follow)
        session.looking.selection_changed.connect(self._look_elsewhere)

    @property
    def is_busy(self) -> bool:
        """Whether a landscape is being computed, or about to be."""
        return self._job is not None or self._timer.isActive()

    @property
    def pair(self) -> Pair | None:
        """The parameters of the map that the user chose, if any."""
        return self._pair

    def watch(self, view: QWidget) -> None:
        """Compute while ``view`` is visible; call it again whenever it is shown."""
        self._views.add(view)
        if self._stale:
            self._ask(0)

    def set_pair(self, pair: Pair) -> None:
        """Choose the parameters of the map."""
        if pair != self._pair:
            self._pair = pair
            self._look_elsewhere()

    # --- when -----------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Trials have come: compute soon, but leave the computer to the study."""
        since = 1000 * (time.monotonic() - self._ended)
        self._ask(max(LIVE_MS - since, SHARE * 1000 * self._seconds - since, 0))

    def _look_elsewhere(self) -> None:
        """The user chose something: what is being computed is no longer wanted."""
        self._urgent = True
        if self._job is not None:
            self._job.cancel()
        self._ask(SOON_MS)

    def _forget(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self.landscape, self.absence, self.error = None, None, ""
        self._pair, self._fit, self._urgent = None, None, True
        self._ask(0)
        self.changed.emit()

    def _ask(self, wait_ms: float) -> None:
        self._stale = True
        if not self._is_watched():
            return
        waits = self._timer.remainingTime() if self._timer.isActive() else wait_ms
        self._timer.start(int(min(wait_ms, waits)))

    def _is_watched(self) -> bool:
        return any(shiboken6.isValid(view) and view.isVisible() for view in self._views)

    # --- computing ------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._job is not None or not self._is_watched():
            return  # asked again at the end, or when somebody looks
        self._stale = self._urgent = False
        chosen = [n for n in self._session.looking.selection if n < self._store.count]
        number = chosen[-1] if chosen else None
        wanted = prepare_survey(self._store.history, number, self._pair)
        if not isinstance(wanted, Survey):
            self.landscape, self.absence, self.error = None, wanted, ""
            self.changed.emit()
            return
        surrogate = self._fit[1] if self._fit and self._fit[0] == wanted.key else None
        title = self.tr("Fitting the surrogate")

        def work(job: Job) -> Surveyed:
            return call_in_process(
                survey, wanted, surrogate, cancelled=lambda: job.is_cancelled, title=title
            )

        began = time.monotonic()
        job = self._session.jobs.start(title, work)
        self._job = job
        job.finished.connect(lambda made: self._take(wanted, made))
        job.failed.connect(self._fail)
        job.ended.connect(lambda: self._end(began))
        self.changed.emit()

    def _take(self, wanted: Survey, made: Surveyed) -> None:
        self.landscape, self.absence, self.error = made.landscape, None, ""
        self._fit = wanted.key, made.surrogate

    def _fail(self, error: BaseException) -> None:
        self.landscape, self.absence = None, None
        self.error = str(error) or type(error).__name__

    def _end(self, began: float) -> None:
        self._job = None
        self._ended = time.monotonic()
        self._seconds = self._ended - began
        if self._stale and self._urgent:
            self._ask(0)
        elif self._stale and not self._timer.isActive():
            self._follow()
        self.changed.emit()


def landscape_source(session: Session) -> LandscapeSource:
    """Return the source of a session."""
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    return session.findChild(LandscapeSource, options=direct) or LandscapeSource(session)
