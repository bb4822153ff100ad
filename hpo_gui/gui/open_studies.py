"""The studies that are open in the window: the one shown, and those that go on behind it.

A study stays open while it runs or its run is ending, waits in the queue, or was edited; any
other one is closed when another is shown, as its file holds all that it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QObject, Signal

from hpo_gui.core.trial import Trial
from hpo_gui.gui.held_study import HeldStudy, held_of
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.loading import STUDY_SUFFIXES, Loaded
from hpo_gui.gui.session import CLOSE_MS, Session
from hpo_gui.gui.study_run import StudyRun

OpenStudy: TypeAlias = Session | HeldStudy

BUSY = ("starting", "running", "pausing", "stopping")


class OpenStudies(QObject):
    """See the module.

    Attributes
    ----------
    shown : key of the study in the window; another one each time that another study is shown
    held : the others by key, in the order in which they were put aside

    Signals
    -------
    changed : which studies are open, or what a list shows of them
    progressed : key of a study whose state, progress or best score changed
    begun : key of a study whose run has begun; it has a file now
    ended : key of a study whose run is over, why, and whether the study is done
    stopped : key of a study of which nothing runs any more
    held_stopped : a `HeldStudy` of which nothing runs any more, before it is closed
    """

    changed = Signal()
    progressed = Signal(str)
    begun = Signal(str)
    ended = Signal(str, str, bool)
    stopped = Signal(str)
    held_stopped = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.held: dict[str, HeldStudy] = {}
        self.is_needed: Callable[[str], bool] = lambda key: False
        self._made = 0
        self.shown = self._next_key()
        self._kept = False
        self._showing = "", False  # key of what is about to be shown, and whether it is kept
        session.show_open = self._show_open
        session.replacing.connect(self._put_aside)
        session.live.changed_aside.connect(self._take_late)
        session.closing.connect(self.end)
        session.state_changed.connect(lambda _: self.progressed.emit(self.shown))
        session.progress_changed.connect(lambda _: self.progressed.emit(self.shown))
        session.study_changed.connect(self._shown_changed)
        session.ended.connect(lambda why, done: self.ended.emit(self.shown, why, done))
        session.stopped.connect(lambda: self.stopped.emit(self.shown))

    def _take_late(self, path: Path, trials: tuple[Trial, ...]) -> None:
        """An act on a study was under way when another one was shown."""
        held = self.held.get(self.find(path))
        if held is not None:
            held.take_trials(trials)
            self.changed.emit()

    def _next_key(self) -> str:
        self._made += 1
        return f"study-{self._made}"

    # --- which there are ----------------------------------------------------------------------

    def study(self, key: str) -> OpenStudy | None:
        """An open study."""
        return self.session if key == self.shown else self.held.get(key)

    def all(self) -> Iterator[tuple[str, OpenStudy]]:
        """All with their keys, the one shown first."""
        if not self.session.is_empty:
            yield self.shown, self.session
        yield from self.held.items()

    def find(self, path: str | Path) -> str:
        """Key of the open study with this file, or ""."""
        where = Path(path).absolute()
        return next((key for key, study in self.all() if study.path == where), "")

    @property
    def active(self) -> list[tuple[str, OpenStudy]]:
        """Those with a run under way, paused ones included."""
        return [(key, study) for key, study in self.all() if study.is_active]

    @property
    def is_busy(self) -> bool:
        """Whether some study is at work; a paused one is not."""
        return any(study.state in BUSY for _, study in self.all())

    # --- opening and closing ------------------------------------------------------------------

    def open(self, path: str | Path) -> Job | None:
        """Show a file: the open study with it, which may run, else what is read from it."""
        if Path(path).suffix.lower() in STUDY_SUFFIXES and self._show_open(Path(path)):
            return None
        return self.session.opening.open_any(path)

    def _show_open(self, path: Path) -> bool:
        """Show the open study with a file; False without one, or where it can be read again."""
        key, session = self.find(path), self.session
        stays = session.is_active or (session.is_edited and not session.read_only)
        if not key or (key == self.shown and not stays):
            return False
        self.show(key)
        return True

    def show(self, key: str) -> None:
        """Show an open study; nothing happens when it is shown or not open."""
        if key not in self.held:
            return
        self.session.opening.cancel()
        study = self.held.pop(key)
        self._showing = key, study.is_kept
        self.session.take_back(study.give())

    @property
    def is_kept(self) -> bool:
        """Whether somebody has asked to keep the study shown."""
        return self._kept

    def keep(self) -> None:
        """The study shown stays open although it has neither run nor been edited."""
        self._kept = True

    def hold(self, loaded: Loaded) -> HeldStudy:
        """Open a study without showing it."""
        run = StudyRun(self.session.jobs, self.session)
        held = held_of(self._next_key(), loaded, run, self)
        self._add(held)
        self.changed.emit()
        return held

    def close(self, key: str) -> None:
        """Close a study that is not shown and does not run; edits that no file has are lost."""
        study = self.held.get(key)
        if study is None or study.is_active:
            return
        del self.held[key]
        study.deleteLater()
        self.changed.emit()

    def _put_aside(self) -> None:
        """Another study is about to be shown: keep this one where it would be lost otherwise."""
        session, key = self.session, self.shown
        runs = session.is_active or session.has_runner  # the end of a run takes a while
        wanted = runs or session.is_edited or self._kept or self.is_needed(key)
        if not session.is_empty and wanted:
            held = HeldStudy(key, session.put_aside(), self)
            held.is_kept = self._kept
            self._add(held)
        (key, self._kept), self._showing = self._showing, ("", False)
        self.shown = key or self._next_key()

    def _add(self, held: HeldStudy) -> None:
        key = held.key
        self.held[key] = held
        held.changed.connect(lambda: self.progressed.emit(key))
        held.begun.connect(lambda: self.begun.emit(key))
        held.notice.connect(self.session.notice)
        held.ended.connect(lambda why, done: self.ended.emit(key, why, done))
        held.stopped.connect(lambda: self._held_stopped(key))

    def _shown_changed(self) -> None:
        if self.session.is_active and self.session.path is not None:
            self.begun.emit(self.shown)
        self.changed.emit()

    def _held_stopped(self, key: str) -> None:
        held = self.held.get(key)
        if held is None:
            return
        self.held_stopped.emit(held)
        self.stopped.emit(key)
        if not (held.is_active or held.is_edited or held.is_kept or self.is_needed(key)):
            self.close(key)
        self.changed.emit()

    # --- all at once --------------------------------------------------------------------------

    def stop_after_current(self) -> None:
        """End all runs when the running trials are through."""
        self._stop("stop_after_current")

    def stop_now(self) -> None:
        """End all runs at once; running trials are killed."""
        self._stop("stop_now")

    def _stop(self, how: str) -> None:
        for _, study in self.active:
            if isinstance(study, HeldStudy):
                study.control(how)
            else:
                getattr(study, how)()

    def end(self) -> bool:
        """Stop all but the one shown now and wait for it; whether all threads have ended."""
        over = [held.close(CLOSE_MS) for held in list(self.held.values())]
        return all(over)
