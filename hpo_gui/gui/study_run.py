"""The run of a study: prepared in a job, run in its thread, controlled from the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal

from hpo_gui.core.errors import StorageError, StudioError
from hpo_gui.core.history import HistoryBuilder
from hpo_gui.core.spec import BudgetSpec, StudySpec
from hpo_gui.gui.engine import Engine
from hpo_gui.gui.jobs import Job, Jobs
from hpo_gui.gui.loading import Loaded, grow
from hpo_gui.gui.notices import Notice, notice_of
from hpo_gui.gui.run_thread import Batch, Runs, RunThread
from hpo_gui.gui.study_acts import StudyActs
from hpo_gui.gui.study_files import new_study_path
from hpo_gui.study.events import (
    BudgetSet,
    Event,
    Finished,
    Freed,
    Message,
    Progress,
    StateChanged,
    Stuck,
    TrialsActed,
)

STOPS = ("stop_after_current", "stop_now", "leave")
ACTIVE = ("starting", "running", "pausing", "paused", "stopping")


class Prepared(msgspec.Struct, frozen=True):
    """A runner that is ready, the file it writes, and the trials it begins with.

    Attributes
    ----------
    spec : with which it runs; None where that is not known
    notes : see `Session.notes`
    """

    path: Path | None
    runner: Runs
    history: HistoryBuilder
    spec: StudySpec | None = None
    notes: Mapping[int, tuple[float, str]] = {}


class StudyRun(QObject):
    """At most one run at a time.

    Attributes
    ----------
    stopped_by_user : whether the user has asked for the end of this run
    problem : the error that ended the last run, or kept it from beginning; "" for none

    Signals
    -------
    state_changed : "idle", or a state of `study.events`
    prepared : a `Prepared`, just before its thread begins
    trials : tuple of the trials that are new or changed
    trial_finished : a trial, once for each that finishes
    progress_changed : the newest `Progress`
    acted : a `core.acting.Acted`: what became of acts on trials
    ended : why the run is over, and whether the study is done
    stuck_changed : the study file cannot be written, or can be again: see `stuck`
    budget_set : the budget that counts, once a run has answered all that was asked of it
    moved : path of the file that the study goes on in
    stopped : the thread is through, or never began
    notice : something to tell
    """

    state_changed = Signal(str)
    prepared = Signal(object)
    trials = Signal(object)
    trial_finished = Signal(object)
    progress_changed = Signal(object)
    acted = Signal(object)
    ended = Signal(str, bool)
    stopped = Signal()
    notice = Signal(object)
    stuck_changed = Signal()
    budget_set = Signal(object)
    moved = Signal(object)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.state = "idle"
        self.progress: Progress | None = None
        self.done = False
        self.stuck: Stuck | None = None
        self.stopped_by_user = False
        self.problem = ""
        self._thread: RunThread | None = None
        self._waiting: list[Callable[[], None]] = []
        self._budget: BudgetSpec | None = None  # in the file while another one was asked for
        self._budgets_asked = 0

    @property
    def is_active(self) -> bool:
        """Whether a run is under way, paused included."""
        return self.state in ACTIVE

    @property
    def has_runner(self) -> bool:
        """Whether there is a runner to control."""
        return self._thread is not None

    def reset(self) -> None:
        """Forget the last run: another study is shown."""
        assert not self.is_active, "a running study is stopped before another one is shown"
        self.progress = None
        self.done = False
        self.stopped_by_user, self.problem = False, ""
        self._set_state("idle")

    def start(self, engine: Engine, loaded: Loaded, acts: StudyActs) -> None:
        """Run a study from its first trial, or go on with the one in its file.

        Parameters
        ----------
        acts : they may be writing that file: the run begins when they are through
        """
        self._set_starting()
        acts.afterwards(lambda: self._prepare(lambda job: make_runner(engine, loaded)))

    def prepare(self, work: Callable[[Job], Prepared]) -> None:
        """Make a runner in a job, then begin. Controls given meanwhile wait for the runner."""
        self._set_starting()
        self._prepare(work)

    def _set_starting(self) -> None:
        self.stopped_by_user, self.problem = False, ""
        self._set_state("starting")

    def _prepare(self, work: Callable[[Job], Prepared]) -> None:
        def make(job: Job) -> Prepared:
            made = work(job)
            if job.is_cancelled:
                discard(made.runner)
                job.check()
            return made

        job = self.jobs.start(self.tr("Starting the study"), make)
        job.finished.connect(self.begin)
        job.failed.connect(self._not_started)
        job.cancelled.connect(self._given_up)

    def begin(self, made: Prepared) -> None:
        """Run a runner that is there."""
        self.done = False
        self._set_state("starting")
        self.prepared.emit(made)
        self._thread = RunThread(made.runner, self)
        self._thread.trial_finished.connect(self.trial_finished)
        self._thread.batch.connect(self._take)
        self._thread.ended.connect(self._through)
        self._thread.start()
        waiting, self._waiting = self._waiting, []
        for control in waiting:
            control()

    def control(self, name: str, *arguments: Any, **options: Any) -> None:
        """Call a control of the runner; nothing happens when none is there."""
        if name in STOPS:
            self.stopped_by_user = True
        if self._thread is None:
            if self.state == "starting":
                self._waiting.append(lambda: self.control(name, *arguments, **options))
            return
        try:
            getattr(self._thread.runner, name)(*arguments, **options)
        except StudioError as error:
            self.notice.emit(notice_of(error, self.tr("That was not possible")))

    def set_budget(self, budget: BudgetSpec, before: BudgetSpec) -> None:
        """Ask for another budget; `budget_set` tells what became of it."""
        if not self._budgets_asked:
            self._budget = before
        self._budgets_asked += 1
        self.control("set_budget", budget)

    def _take_budget(self, budget: BudgetSpec) -> None:
        self._budget = budget
        self._budgets_asked -= 1
        if self._budgets_asked <= 0:
            self._budgets_are_answered()

    def _budgets_are_answered(self) -> None:
        """The runner has nothing more to say of budgets: what it has said last counts."""
        budget, self._budget, self._budgets_asked = self._budget, None, 0
        if budget is not None:
            self.budget_set.emit(budget)

    def close(self, milliseconds: int) -> bool:
        """End the run now and wait for its thread; whether it has ended."""
        if self._thread is None:
            return True
        has_ended = not self.is_active  # by itself: only its thread is not through
        self._thread.runner.leave(lose=True)
        over = self._thread.wait(milliseconds)
        if over:
            self._thread = None
            self._set_state("idle")
            if has_ended:  # acts wait for it, and a queue
                self.stopped.emit()
        return over

    def _given_up(self) -> None:
        self._waiting.clear()
        self._budgets_are_answered()
        self._set_state("idle")
        self.stopped.emit()

    def _not_started(self, error: BaseException) -> None:
        self.problem = str(error)
        self._given_up()
        self.notice.emit(notice_of(error, self.tr("The study could not start")))

    def _take(self, batch: Batch) -> None:
        if batch.trials:
            self.trials.emit(batch.trials)
        newest = next((e for e in reversed(batch.others) if isinstance(e, Progress)), None)
        for event in batch.others:
            if event is newest or not isinstance(event, Progress):
                self._take_event(event)

    def _take_event(self, event: Event) -> None:
        """Sort the events that are not about one trial."""
        match event:
            case Progress():
                self.progress = event
                self.progress_changed.emit(event)
            case TrialsActed():
                self.acted.emit(event.acted)
            case StateChanged():
                self._set_state(event.state)
            case Message():
                told = Notice(
                    event.level, event.head, event.text, event.details, trial=event.trial
                )
                self.notice.emit(told)
            case Stuck():
                self._set_stuck(event)
            case Freed():
                self._freed(event)
            case BudgetSet(budget):
                self._take_budget(budget)
            case Finished():
                self.done = event.done
                self._set_state("finished")
                self.ended.emit(event.reason, event.done)

    def _freed(self, event: Freed) -> None:
        if event.moved:
            self.moved.emit(event.path)
        self._set_stuck(None)

    def _set_stuck(self, stuck: Stuck | None) -> None:
        if stuck != self.stuck:
            self.stuck = stuck
            self.stuck_changed.emit()

    def _through(self, error: BaseException | None) -> None:
        if self._thread is not None:
            self._thread.deleteLater()
            self._thread = None
        if error is not None:
            self.problem = str(error)
            self.notice.emit(notice_of(error, self.tr("The study stopped")))
        self._set_stuck(None)
        self._budgets_are_answered()
        self._set_state("finished" if self.state == "finished" else "idle")
        self.stopped.emit()

    def _set_state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)


def make_runner(engine: Engine, loaded: Loaded) -> Prepared:
    """Make the runner of a new study, with a file of its own, or of one that has its file."""
    spec, base, path = loaded.spec, loaded.base, loaded.path
    if path is not None:
        runner = engine.resume(spec, path)
        study = runner.study
        return Prepared(path, runner, grow(study.history), spec, study.notes)
    while True:
        fresh = new_study_path(spec.name)
        try:
            runner = engine.create(spec, base, fresh)
        except StorageError:
            if not fresh.exists():
                raise
            continue  # another study of this name was quicker: the next number is free
        return Prepared(fresh, runner, grow(runner.study.history), spec)


def discard(runner: Runs) -> None:
    """End a runner that nobody wants any more, so that it frees its workers and its file."""
    runner.leave(lose=True)
    for _ in runner.run():
        continue
