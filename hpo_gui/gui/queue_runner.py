"""Runs the queue: the next study begins when nothing else runs, each goes on to its budget.

A study that cannot start or fails is marked, and the next one begins; one that the user stops
makes the queue wait. Only a study that is done leaves the queue.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from hpo_gui.core.spec import StudySpec
from hpo_gui.core.spec_text import spec_to_dict
from hpo_gui.gui.held_study import HeldStudy
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.loading import (
    SPEC_SUFFIXES,
    Loaded,
    load_given,
    load_spec,
    load_study,
    read_and_resolve,
)
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.open_studies import OpenStudies, OpenStudy
from hpo_gui.gui.queue_tally import QueueTally, seconds_left
from hpo_gui.gui.session import Session
from hpo_gui.gui.study_queue import QueueEntry, StudyQueue, entry_of, readable


class QueueRunner(QObject):
    """See the module.

    Attributes
    ----------
    links : key of an open study -> id of its entry

    Signals
    -------
    notice : something to tell
    """

    notice = Signal(object)

    def __init__(
        self, studies: OpenStudies, queue: StudyQueue, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.studies = studies
        self.queue = queue
        self.session = studies.session
        self.links: dict[str, str] = {}
        self._loading: Job | None = None
        self._outcomes: dict[str, tuple[str, bool]] = {}  # key -> why a run is over, done
        self._suspended = False
        self._tally = QueueTally()
        studies.is_needed = lambda key: key in self.links
        studies.begun.connect(self._begun)
        studies.ended.connect(self._ended)
        studies.stopped.connect(self._stopped)
        self.session.spec_changed.connect(self._follow_edits)
        self.session.closing.connect(lambda: self.suspend(True))
        self._timer = QTimer(self)  # what is told of a run is told first
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._step)
        for moved in (studies.changed, studies.stopped, queue.changed, self.session.checked):
            moved.connect(lambda *_: self._timer.start())

    # --- what can be asked --------------------------------------------------------------------

    def entry_of(self, key: str) -> QueueEntry | None:
        """The entry of an open study, or None."""
        return self.queue.find(self.links.get(key, ""))

    def key_of(self, entry_id: str) -> str:
        """Key of the open study of an entry, or ""."""
        return next((key for key, linked in self.links.items() if linked == entry_id), "")

    @property
    def is_loading(self) -> bool:
        """Whether the next study is being opened."""
        return self._loading is not None

    def why_not_add(self) -> str:
        """Why the study shown cannot be queued, or ""."""
        session = self.session
        if session.is_empty:
            return self.tr("Open a table or an example first.")
        if self.entry_of(self.studies.shown) or self.queue.find_path(session.path):
            return self.tr("The study is in the queue already.")
        if session.is_active:
            return self.tr("The study is running.")
        if session.read_only:
            return session.read_only_reason
        if session.problems:
            return str(session.problems[0].error)
        if session.is_done and session.builder.trials:
            return self.tr("The study is done: give it a larger budget first.")
        return ""

    # --- what the user does -------------------------------------------------------------------

    def add_shown(self) -> None:
        """Put the study shown at the end of the queue; later edits of it count."""
        session = self.session
        if self.why_not_add():
            return
        entry = entry_of(
            session.spec.name,
            path=session.path,
            base=session.base,
            spec=session.asked,
            seconds=seconds_left(session),
        )
        self.links[self.studies.shown] = entry.id
        self.queue.add(entry)

    def add_file(self, path: Path, name: str = "") -> bool:
        """Put a study file or a specification at the end; whether it was not there yet."""
        path = path.absolute()
        if self.queue.find_path(path) is not None:
            head = self.tr("“{0}” is in the queue already").format(name or path.stem)
            self.notice.emit(Notice("info", head))
            return False
        key = self.studies.find(path)
        entry = entry_of(name or path.stem, path=path)
        if key:
            study = self.studies.study(key)
            if study is not None and study.is_active:
                head = self.tr("“{0}” is running already").format(study.spec.name)
                self.notice.emit(Notice("info", head))
                return False
            self.links[key] = entry.id
        self.queue.add(entry)
        return True

    def remove(self, entry_id: str) -> None:
        """Take an entry out; a study that runs goes on by itself."""
        key = self.key_of(entry_id)
        self.links.pop(key, None)
        self.queue.remove(entry_id)
        held = self.studies.held.get(key)
        if held is not None and not (held.is_active or held.path is None):
            self.studies.close(key)

    def show(self, entry_id: str) -> None:
        """Show the study of an entry."""
        entry, key = self.queue.find(entry_id), self.key_of(entry_id)
        if entry is None or key == self.studies.shown:
            return
        if key:
            self.studies.show(key)
            return
        spec, problem = readable(entry)
        if problem:
            head = self.tr("“{0}” cannot be opened").format(entry.name)
            self.notice.emit(Notice("error", head, problem))
            return
        if spec is not None and not entry.path:
            job = self.session.opening.open_draft(spec, Path(entry.base))
        else:
            job = self.session.opening.open_any(entry.path)
        job.finished.connect(lambda _: self._link_shown(entry_id, spec))

    def _link_shown(self, entry_id: str, spec: StudySpec | None) -> None:
        """The study that was just opened is that of an entry, with the edits that wait there."""
        entry = self.queue.find(entry_id)
        if entry is None:
            return
        if key := self.key_of(entry_id):  # the queue was quicker
            self.studies.show(key)
            return
        self._take_edits(spec)
        self.links[self.studies.shown] = entry_id
        self.queue.changed.emit()

    def _take_edits(self, spec: StudySpec | None) -> None:
        """The study shown is that of an entry, where its edits wait; None without any."""
        if spec is not None and spec != self.session.asked:
            self.session.edit(spec, self.tr("As in the queue"))

    def go(self) -> None:
        """Let the queue go."""
        self._tally.begin()
        self.queue.set_going(True)

    def wait(self) -> None:
        """Begin nothing more; what runs goes on."""
        self.queue.set_going(False)

    def suspend(self, suspended: bool) -> None:
        """Begin nothing while the window closes, but remember that the queue was going."""
        self._suspended = suspended
        self._timer.start()

    # --- one after another --------------------------------------------------------------------

    def _step(self) -> None:
        queue = self.queue
        if not queue.goes or self._suspended or self.is_loading or self.studies.is_busy:
            return
        if any(entry.state == "running" for entry in queue.entries):
            return  # it is paused
        entry = queue.next()
        if entry is None:
            queue.set_going(False)
            told = self._tally.words()
            if told is not None:
                self.notice.emit(told)
            return
        key = self.key_of(entry.id) or self._adopt(entry)
        study = self.studies.study(key) if key else None
        if study is None:
            self._load(entry)
        else:
            self._begin(entry, key, study)

    def _adopt(self, entry: QueueEntry) -> str:
        """Key of an open study that has the file of an entry, from now on linked to it; or ""."""
        key = self.studies.find(entry.path) if entry.path else ""
        if key:
            session = self.session
            if key == self.studies.shown and not (session.is_active or session.is_edited):
                self._take_edits(readable(entry)[0])
            self.links[key] = entry.id
        return key

    def _load(self, entry: QueueEntry) -> None:
        engine = self.session.engine
        spec, problem = readable(entry)
        if problem or engine is None:
            self._fail(entry, problem)
            return

        def work(job: Job) -> Loaded:
            if not entry.path:
                assert spec is not None, "what has no file has its specification here"
                return load_given(engine, spec, Path(entry.base), job)
            path = Path(entry.path)
            if path.suffix.lower() in SPEC_SUFFIXES:
                return load_spec(engine, path, job)
            loaded = load_study(engine, path, job)
            if spec is None or spec == loaded.open_spec:
                return loaded
            return read_and_resolve(engine, replace(loaded, spec=spec, asked=spec), job)

        title = self.tr("Opening {0}").format(entry.name)
        job = self.session.jobs.start(title, work)
        self._loading = job
        job.finished.connect(lambda loaded: self._loaded(entry.id, loaded))
        job.failed.connect(lambda error: self._not_loaded(entry.id, str(error)))
        job.cancelled.connect(lambda: self._not_loaded(entry.id, ""))

    def _loaded(self, entry_id: str, loaded: Loaded) -> None:
        self._loading = None
        entry = self.queue.find(entry_id)
        if entry is None or not self.queue.goes:
            self._timer.start()
            return
        if not (self.key_of(entry_id) or self._adopt(entry)):  # else somebody was quicker
            self.links[self.studies.hold(loaded).key] = entry_id
        self._timer.start()

    def _not_loaded(self, entry_id: str, problem: str) -> None:
        self._loading = None
        entry = self.queue.find(entry_id)
        if entry is not None and problem:
            self._fail(entry, problem)
        self._timer.start()

    def _check_first(self, entry: QueueEntry, held: HeldStudy) -> None:
        """It was put aside before its last edit was checked."""
        engine, asked = self.session.engine, held.shown
        assert engine is not None, "it was edited with one"

        def take(result: Loaded) -> None:
            self._loading = None
            held.take_check(asked, result)
            self._timer.start()

        title = self.tr("Checking {0}").format(entry.name)
        work = partial(read_and_resolve, engine, asked)
        job = self.session.jobs.start(title, work, finished=take)
        self._loading = job
        job.failed.connect(lambda error: self._not_loaded(entry.id, str(error)))
        job.cancelled.connect(lambda: self._not_loaded(entry.id, ""))

    def _begin(self, entry: QueueEntry, key: str, study: OpenStudy) -> None:
        if isinstance(study, Session):
            if study.is_checking:
                return  # it is looked at again when that is over
        elif study.is_stale:
            self._check_first(entry, study)
            return
        problem = _problem(study) or self._untrusted(study)
        if problem:
            self._fail(entry, problem)
            self.links.pop(key, None)
            if key in self.studies.held and study.path is not None:
                self.studies.close(key)
            self._timer.start()
            return
        self.queue.change(entry.id, state="running", problem="", name=study.spec.name)
        if isinstance(study, Session):
            study.run()
        else:
            engine = self.session.engine
            assert engine is not None, "it was loaded with one"
            study.run(engine, self.session.live.acts)

    def _untrusted(self, study: OpenStudy) -> str:
        """Why it waits for a person: its code has changed since it was looked at; else ""."""
        engine = self.session.engine
        if engine is None or not engine.untrusted(study.spec, study.base):
            return ""
        return self.tr("The code that it runs is not trusted: open the study and look at it.")

    def _fail(self, entry: QueueEntry, problem: str) -> None:
        self.queue.change(entry.id, state="failed", problem=problem)
        self._tally.note_failed(entry.name)
        head = self.tr("“{0}” did not start").format(entry.name)
        text = self.tr("{0} The queue goes on.").format(problem)
        self.notice.emit(Notice("warning", head, text))

    # --- what becomes of them -----------------------------------------------------------------

    def _begun(self, key: str) -> None:
        """A run has begun: its entry, if it has one, has a file from now on."""
        study = self.studies.study(key)
        if study is None or study.path is None:
            return
        entry = self.entry_of(key) or self.queue.find_path(study.path)
        if entry is None:
            return
        self.links[key] = entry.id
        self.queue.change(
            entry.id, path=str(study.path), base="", spec=None, state="running", problem=""
        )
        self.queue.save()

    def _ended(self, key: str, why: str, done: bool) -> None:
        self._outcomes[key] = (why, done)

    def _stopped(self, key: str) -> None:
        """Nothing runs any more: the study is done, was stopped, or failed."""
        why, done = self._outcomes.pop(key, ("", False))
        entry, study = self.entry_of(key), self.studies.study(key)
        if entry is None or study is None:
            return
        if study.is_active:
            return  # it goes on at once, with an edit
        if done:
            del self.links[key]
            self.queue.remove(entry.id)
            self._tally.note_done(entry.name)
            return
        if study.stopped_by_user:
            self.queue.change(entry.id, state="waiting", seconds=seconds_left(study))
            if self.queue.goes and not self._suspended:
                self.queue.set_going(False)
                head = self.tr("The queue waits: “{0}” was stopped").format(entry.name)
                text = self.tr("Run the queue to go on with it, or take it out first.")
                self.notice.emit(Notice("info", head, text))
            return
        problem = why or study.run_problem
        self.queue.change(entry.id, state="failed", problem=problem)
        self._tally.note_failed(entry.name)
        del self.links[key]
        head = self.tr("“{0}” failed").format(entry.name)
        self.notice.emit(Notice("warning", head, problem))

    def _follow_edits(self) -> None:
        """What is queued is the study as it is edited, not as it once was."""
        entry, session = self.entry_of(self.studies.shown), self.session
        if entry is None or session.is_active:
            return
        spec = spec_to_dict(session.asked)
        if entry.spec is not None or session.path is None or session.is_edited:
            self.queue.change(entry.id, spec=spec, name=session.spec.name)

    # --- how long -----------------------------------------------------------------------------

    def seconds(self) -> tuple[float, int]:
        """Seconds until all that is queued is through, where that is known, and of how many
        studies it is not."""
        known, unknown = 0.0, 0
        for entry in self.queue.entries:
            if entry.state == "failed":
                continue
            left = entry.seconds
            if entry.state == "running":
                study = self.studies.study(self.key_of(entry.id))
                progress = study.progress if study is not None else None
                left = progress.eta if progress is not None else left
            if left is None:
                unknown += 1
            else:
                known += left
        return known, unknown


def _problem(study: OpenStudy) -> str:
    if not isinstance(study, Session):
        return study.problem
    if study.read_only:
        return study.read_only_reason
    return str(study.problems[0].error) if study.problems else ""
