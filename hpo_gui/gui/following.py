"""Follows the study in the window while another program writes it, and says who that is.

Once a second the file is looked at, in a thread: a look costs a microsecond where nobody writes,
and what is read goes by what is new. Nothing is looked at while nobody sees the window, or while
the study runs here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from hpo_gui.core.errors import StudioError
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.spec_text import parse_spec
from hpo_gui.core.trial import Trial
from hpo_gui.gui.engine import Engine
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.loading import Loaded, make_history, read_and_resolve
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.session import Session

if TYPE_CHECKING:
    from hpo_gui.storage.following import Follower

LOOK_MS = 1000
PIECE = 500  # trials shown at once: a window that was hidden for long has much to catch up with
Dummy = dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class Look:
    """What one look at the file has found.

    Attributes
    ----------
    trials : new and changed ones
    spec : a new version of the specification; None where it is the one before
    dummy : scores of the dummy, where the small texts of the file are new; else None
    writer : who writes the file, as a sentence; "" for nobody
    process : the number of that process, 0 for nobody
    error : why the file can be followed no more
    """

    trials: tuple[Trial, ...] = ()
    spec: StudySpec | None = None
    dummy: Dummy | None = None
    writer: str = ""
    process: int = 0
    error: StudioError | None = None


class Following(QObject):
    """See the module.

    Parameters
    ----------
    is_watched : whether somebody can see the study

    Attributes
    ----------
    writer : who else writes the study, as a sentence; "" for nobody
    error : why the file could not be followed any more, or None
    has_looked : whether the file was looked at since the study is shown
    own : number of the process whose writing is the window's own

    Signals
    -------
    changed : writer or error is another one, or the first look is over
    """

    changed = Signal()

    def __init__(
        self, session: Session, is_watched: Callable[[], bool], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.is_watched = is_watched
        self.writer = ""
        self.error: StudioError | None = None
        self.has_looked = False
        self.own = os.getpid()
        self._watch: _Watch | None = None
        self._renewing: Job | None = None
        self._arrived: tuple[Trial, ...] = ()
        self._filed = session.asked  # the specification as it stands in the file
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        session.study_changed.connect(self._another_study)
        session.state_changed.connect(self._run_changed)
        session.stopped.connect(self._begin)

    @property
    def can_take_over(self) -> bool:
        """Whether the study, which is read only, could be written from here now."""
        path = self.session.path
        if path is None or not self.session.read_only or not self.has_looked:
            return False
        if self.writer or self.error is not None:
            return False
        return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)

    def take_over(self) -> None:
        """Open the study again, for writing."""
        path = self.session.path
        if path is not None:
            self.session.opening.open_study(path)

    def look(self) -> None:
        """Look at the file, where somebody sees it and the look before has come back."""
        if self._watch is not None and self.is_watched():
            self._watch.look()

    def close(self) -> None:
        """Leave the file alone."""
        self._timer.stop()
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()

    def _another_study(self) -> None:
        self._give_up_renewal()
        self._filed = self.session.asked
        self._begin()

    def _begin(self) -> None:
        """Follow the file of the study that is shown now."""
        self.close()
        self.writer, self.error, self.has_looked = "", None, False
        self._arrived = ()
        session = self.session
        if session.path is not None and not session.is_active:
            from hpo_gui.storage.following import Follower

            at_rest = not session.read_only
            known = tuple(session.builder.trials)
            self._watch = _Watch(Follower(session.path, known, at_rest=at_rest))
            self._watch.came.connect(self._take, Qt.ConnectionType.QueuedConnection)
            self._timer.start()
            if not at_rest:
                self.look()
        self.changed.emit()

    def _run_changed(self) -> None:
        if self.session.state == "starting":
            self._filed = self.session.spec
        if self.session.is_active:
            self._give_up_renewal()  # the run knows what the file holds
            self.close()

    def _take(self, watch: object, look: Look) -> None:
        if watch is not self._watch:
            return  # of a study that is shown no more
        self._arrived += look.trials
        self._show_some()
        self._renew(look)
        writer = "" if look.process == self.own else look.writer
        if look.error is not None:
            self.close()
        if writer != self.session.followed:
            self.session.set_followed(writer)
        if (writer, look.error, True) != (self.writer, self.error, self.has_looked):
            self.writer, self.error, self.has_looked = writer, look.error, True
            self.changed.emit()

    def _show_some(self) -> None:
        """Show what has arrived, piece by piece.

        What was done to trials from here is in the file too, and is shown already.
        """
        piece, self._arrived = self._arrived[:PIECE], self._arrived[PIECE:]
        shown = self.session.builder.trials
        count = len(shown)
        piece = tuple(t for t in piece if t.number >= count or shown[t.number] != t)
        if piece:
            self.session.take_followed(piece)
        if self._arrived:
            QTimer.singleShot(0, self, self._show_some)

    def _renew(self, look: Look) -> None:
        """Show another specification, or other scores of a dummy, where there are some."""
        session = self.session
        before = session.builder.plan.dummy
        dummy = before if look.dummy is None else look.dummy
        spec = None
        if look.spec is not None and look.spec != self._filed:  # a first look tells it anyway
            self._filed = spec = look.spec
            head = self.tr("The other program has changed the study")
            session.tell(Notice("info", head))
        shown = session.spec
        if session.engine is None or (spec or shown, dummy) == (shown, before):
            return
        self._read_again(session.engine, spec, dict(dummy))

    def _read_again(self, engine: Engine, spec: StudySpec | None, dummy: Dummy) -> None:
        """Read the study by another specification; None for the one that is shown."""
        session = self.session
        shown, trials = session.shown, tuple(session.builder.trials)
        wanted = shown.spec if spec is None else spec
        self._give_up_renewal()

        def take(loaded: Loaded) -> None:
            self._renewing = None
            if session.is_active or session.path != shown.path:
                return
            if not session.renew(loaded, shown):  # it was edited meanwhile
                self._read_again(engine, spec, dummy)

        self._renewing = session.jobs.start(
            self.tr("Reading what has changed"),
            lambda job: renewed(engine, shown, wanted, trials, dummy, job),
            finished=take,
        )

    def _give_up_renewal(self) -> None:
        """What is being read belongs to a study, or a state of it, that is not shown any more."""
        if self._renewing is not None:
            self._renewing.cancel()
            self._renewing = None


def renewed(
    engine: Engine,
    shown: Loaded,
    spec: StudySpec,
    trials: tuple[Trial, ...],
    dummy: Dummy,
    job: Job,
) -> Loaded:
    """The study with another specification, and its history by that one."""
    if spec != shown.spec:
        shown = read_and_resolve(engine, replace(shown, spec=spec, asked=None), job)
        job.check()
    see = None
    if shown.path is not None and spec != shown.recorded:  # how earlier trials look in it
        opened = engine.open_study(shown.path)
        see, shown = opened.see, replace(shown, recorded=opened.spec, notes=opened.notes)
    elif shown.history is not None:
        see = shown.history.see
    history = make_history(shown.view, shown.spec, trials, dummy, see=see)
    return replace(shown, history=history)


class _Watch(QObject):
    """One follower and its thread.

    Signals
    -------
    came : this watch, and a `Look`
    """

    came = Signal(object, object)

    def __init__(self, follower: Follower) -> None:
        super().__init__()
        self._follower = follower
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="following")
        self._pending: Future[None] | None = None
        self._last: Look | None = None

    def look(self) -> None:
        """Look, unless the look before is not over."""
        if self._pending is None or self._pending.done():
            self._pending = self._thread.submit(self._look)

    def close(self) -> None:
        """Free the file, after the look that is under way."""
        self._thread.submit(self._follower.close)
        self._thread.shutdown(wait=False)

    def _look(self) -> None:
        follower = self._follower
        try:
            news = follower.look()
            spec = None if news.spec is None else parse_spec(news.spec, name=follower.path.name)
            dummy = None if news.meta is None else _dummy_of(news.meta)
            look = Look(news.trials, spec, dummy, follower.writer, follower.process)
        except StudioError as error:
            look = Look(error=error)
        if look != self._last:
            self.came.emit(self, look)
        self._last = replace(look, trials=(), spec=None, dummy=None)


def _dummy_of(meta: dict[str, str]) -> Dummy:
    from hpo_gui.assembly.opened import DUMMY, dummy_scores

    return dummy_scores(meta.get(DUMMY))
