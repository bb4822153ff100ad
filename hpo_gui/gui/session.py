"""The session: the one study in the window, its specification, its history, and what runs.

Panels share nothing but this object. It holds values and emits changes; reading tables, opening
files, checking specifications and running happen in jobs and in the run thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs
from PySide6.QtCore import QObject, QTimer, Signal

from hpo_gui.core.errors import StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, HistoryBuilder
from hpo_gui.core.space import Space
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import Value
from hpo_gui.gui.engine import Engine, ProblemLike, View
from hpo_gui.gui.jobs import Job, Jobs
from hpo_gui.gui.loading import (
    SPEC_SUFFIXES,
    STUDY_SUFFIXES,
    Loaded,
    carry,
    grow,
    load_data,
    load_example,
    load_given,
    load_spec,
    load_study,
    make_history,
    needs_reading,
    read_and_resolve,
)
from hpo_gui.gui.notices import Notice, notice_of
from hpo_gui.gui.run_thread import Batch, Runs, RunThread
from hpo_gui.gui.study_files import new_study_path
from hpo_gui.gui.undo import SpecUndo
from hpo_gui.study.events import Event, Finished, Message, Progress, StateChanged

if TYPE_CHECKING:
    from hpo_gui.evaluation.roles import Roles
    from hpo_gui.evaluation.table import Table

RESOLVE_MS = 30
QUICK_SECONDS = 0.008  # checks that take longer go to the background
ACTIVE = ("starting", "running", "pausing", "paused", "stopping")
CLOSE_MS = 10_000


class Session(QObject):
    """See the module.

    Parameters
    ----------
    engine : the floors below; without one the session only shows what `show_history` gives it

    Signals
    -------
    spec_changed : the specification is another value
    table_changed : another table, or none, or its columns' roles changed
    problems_changed : `problems`, `space`, `goals` or `size` changed
    history_reset : all trials are others than before
    trials_changed : list of the numbers of trials that are new or changed, at most 20 a second
    progress_changed : the newest `study.events.Progress`
    state_changed : "idle", "starting", "running", "pausing", "paused", "stopping", "finished"
    selection_changed : tuple of trial numbers
    filter_changed : text of the filter
    notice : a `gui.notices.Notice` for message bar and log
    study_changed : another study, or its path changed
    loading_changed : something is being opened, or no longer
    trial_finished : a trial, once for each that finishes
    ended : the run is over; why, in a sentence, and whether the study is done
    stopped : nothing runs any more: the thread of the run is through, or never began
    options_changed : "simple" or "all": how much the panels show
    go_to : a step ("data", "space", "strategy", "run", "results") and a field in it to focus
    """

    spec_changed = Signal()
    table_changed = Signal()
    problems_changed = Signal()
    history_reset = Signal()
    trials_changed = Signal(object)
    progress_changed = Signal(object)
    state_changed = Signal(str)
    selection_changed = Signal(object)
    filter_changed = Signal(str)
    notice = Signal(object)
    study_changed = Signal()
    loading_changed = Signal()
    trial_finished = Signal(object)
    ended = Signal(str, bool)
    stopped = Signal()
    options_changed = Signal(str)
    go_to = Signal(str, str)

    def __init__(self, engine: Engine | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine = engine
        self.jobs = Jobs(self)
        self.undo = SpecUndo(self._show_spec)
        self._shown = Loaded(StudySpec(), Path.cwd())
        self._builder = make_history(self._shown.view, self._shown.spec)
        self._state = "idle"
        self._done = False
        self._options = "simple"
        self._pending: list[tuple[str, tuple[Any, ...]]] = []
        self._selection: tuple[int, ...] = ()
        self._filter = ""
        self._progress: Progress | None = None
        self._run: RunThread | None = None
        self._opening: Job | None = None
        self._checking: Job | None = None
        self._check_seconds = 0.0
        self._check_timer = QTimer(self)
        self._check_timer.setSingleShot(True)
        self._check_timer.setInterval(RESOLVE_MS)
        self._check_timer.timeout.connect(self._check)

    # --- what panels read ---------------------------------------------------------------------

    @property
    def spec(self) -> StudySpec:
        """The specification in the window, with everything filled in that was left open."""
        return self._shown.spec

    @property
    def table(self) -> Table | None:
        """The table read, or None."""
        return self._shown.table

    @property
    def roles(self) -> Roles | None:
        """What the columns are for, or None."""
        return self._shown.view.roles

    @property
    def space(self) -> Space | None:
        """The search space, the models' recommended ones filled in; None while it is faulty."""
        return self._shown.view.space

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The goals, the usual metric filled in."""
        return self._shown.view.goals or self.spec.goals

    @property
    def goal(self) -> Goal | None:
        """The first goal, or None."""
        return self.goals[0] if self.goals else None

    @property
    def problems(self) -> tuple[ProblemLike, ...]:
        """Why Run is disabled; empty when it is not."""
        return self._shown.view.problems

    @property
    def size(self) -> float:
        """Number of trials that the strategy can propose at most; inf when unlimited."""
        return self._shown.view.size

    @property
    def builder(self) -> HistoryBuilder:
        """The growing history."""
        return self._builder

    @property
    def history(self) -> History:
        """A snapshot of all trials; cheap while nothing changed."""
        return self._builder.snapshot()

    @property
    def state(self) -> str:
        """Where the run stands, see ``state_changed``."""
        return self._state

    @property
    def is_active(self) -> bool:
        """Whether a run is under way, paused included."""
        return self._state in ACTIVE

    @property
    def is_done(self) -> bool:
        """Whether the budget is used, or nothing is left to try."""
        trials = self.spec.budget.trials
        return self._done or (trials is not None and self.history.told >= trials)

    @property
    def is_checking(self) -> bool:
        """Whether `problems`, `space` and `roles` still belong to an earlier specification."""
        return self._checking is not None or self._check_timer.isActive()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show but the welcome page."""
        spec = self.spec
        return spec.data is None and spec.objective is None and not self._builder.trials

    @property
    def selection(self) -> tuple[int, ...]:
        """Numbers of the selected trials."""
        return self._selection

    @property
    def filter(self) -> str:
        """The filter of all plots and tables."""
        return self._filter

    @property
    def path(self) -> Path | None:
        """The study file, or None before the first run."""
        return self._shown.path

    @property
    def base(self) -> Path:
        """The folder that the specification's paths start from."""
        return self._shown.base

    @property
    def read_only(self) -> bool:
        """Whether the study file cannot be written."""
        return bool(self._shown.read_only)

    @property
    def read_only_reason(self) -> str:
        """Why the study file cannot be written, or ""."""
        return self._shown.read_only

    @property
    def progress(self) -> Progress | None:
        """The newest `study.events.Progress`, or None."""
        return self._progress

    @property
    def loading(self) -> str:
        """What is being opened, or ""."""
        return self._opening.title if self._opening is not None else ""

    # --- opening ------------------------------------------------------------------------------

    def new_study(self) -> None:
        """Begin with nothing."""
        self._show(Loaded(StudySpec(), Path.cwd()))

    def show_history(
        self,
        spec: StudySpec,
        space: Space,
        trials: Iterable[Trial] = (),
        *,
        table: Table | None = None,
        roles: Roles | None = None,
        path: Path | None = None,
    ) -> None:
        """Show a study given as values, without an engine: for tests and pictures."""
        view = View(None, space, spec.goals, roles)
        history = make_history(view, spec, trials)
        self._show(Loaded(spec, self.base, table, view, path, history=history))

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
        return self._open(title, lambda engine, job: load_study(engine, where, job))

    def cancel_opening(self) -> None:
        """Give up what is being opened; what was shown stays."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
            self.loading_changed.emit()

    def _open(self, title: str, load: Callable[[Engine, Job], Loaded]) -> Job:
        engine = self._need_engine()
        self.cancel_opening()

        def ended() -> None:
            if self._opening is job:
                self._opening = None
                self.loading_changed.emit()

        job = self.jobs.start(title, lambda job: load(engine, job))
        job.finished.connect(self._show)
        job.failed.connect(
            lambda error: self.tell(notice_of(error, self.tr("{0} failed").format(title)))
        )
        job.ended.connect(ended)
        self._opening = job
        self.loading_changed.emit()
        return job

    def _show(self, loaded: Loaded) -> None:
        assert not self.is_active, "a running study is closed before another one is shown"
        self._shown = loaded
        self._check_timer.stop()
        self._checking = None
        self.undo.clear()
        self._progress = None
        self._done = False
        self._filter = ""
        self._set_state("idle")
        self._builder = loaded.history or make_history(loaded.view, loaded.spec)
        self._selection = ()
        self.study_changed.emit()
        self.spec_changed.emit()
        self.table_changed.emit()
        self.problems_changed.emit()
        self.history_reset.emit()
        self.selection_changed.emit(())
        self.filter_changed.emit("")

    # --- editing ------------------------------------------------------------------------------

    def edit(self, spec: StudySpec, text: str) -> bool:
        """Replace the specification; one undo command, named ``text``. Whether it was another.

        What was left open and is not touched stays open, and follows the edit: with another
        target come another metric and other folds. What is open is filled in. A check that takes
        longer than a frame goes to the background: then ``spec_changed`` comes at once, `space`,
        `roles` and `problems` later.
        """
        asked = self._shown.open_spec
        return self.undo.replace(asked, carry(self.spec, asked, spec), text)

    def _show_spec(self, asked: StudySpec) -> None:
        filled = carry(self._shown.open_spec, self.spec, asked)
        self._replace(spec=filled, asked=asked)
        if self.engine is None:
            self.spec_changed.emit()
        elif self._can_check_now():
            self._check_now(self.engine)
        else:
            self.spec_changed.emit()
            self._check_timer.start()

    def _can_check_now(self) -> bool:
        """Whether a check takes no longer than a frame: no table to read, nothing to import."""
        spec, shown = self.spec, self._shown
        same_table = not needs_reading(shown) or spec.data is None
        plain = all("." not in model.name for model in spec.models)
        return same_table and plain and self._check_seconds <= QUICK_SECONDS

    def _check_now(self, engine: Engine) -> None:
        self._check_timer.stop()
        self._checking = None
        before = self._shown
        began = time.perf_counter()
        self._shown = read_and_resolve(engine, before)
        self._check_seconds = time.perf_counter() - began
        self.spec_changed.emit()
        self._tell_changes(before)

    def recheck(self) -> None:
        """Read the table again and check everything, such as after the file changed."""
        self._replace(read_as=None)
        self._check_timer.start()

    def _check(self) -> None:
        if self._checking is not None:
            self._check_timer.start()
            return
        engine, asked = self._need_engine(), self._shown

        def work(job: Job) -> tuple[Loaded, float]:
            result = read_and_resolve(engine, asked, job)
            began = time.perf_counter()
            engine.resolve(result.spec, result.table)
            return result, time.perf_counter() - began

        job = self.jobs.start(self.tr("Checking the study"), work)
        self._checking = job
        job.finished.connect(lambda result: self._checked(job, asked, *result))
        job.failed.connect(lambda error: self._check_failed(job, error))

    def _checked(self, job: Job, asked: Loaded, result: Loaded, seconds: float) -> None:
        if self._checking is not job:
            return
        self._checking = None
        if self._shown is not asked:
            self._check_timer.start()
            return
        self._shown, self._check_seconds = result, seconds
        if result.spec != asked.spec:
            self.spec_changed.emit()
        self._tell_changes(asked)

    def _tell_changes(self, before: Loaded) -> None:
        """Tell what else is different from ``before``, beside the specification."""
        shown, view = self._shown, self._shown.view
        if shown.table is not before.table or view.roles != before.view.roles:
            self.table_changed.emit()
        if not self._builder.trials and (view.space, view.goals) != (
            self._builder.space,
            self._builder.goals,
        ):
            self._builder = make_history(view, shown.spec)
            self.history_reset.emit()
        if view != before.view:
            self.problems_changed.emit()

    def _check_failed(self, job: Job, error: BaseException) -> None:
        if self._checking is job:
            self._checking = None
            self.tell(notice_of(error, self.tr("The study could not be checked")))

    def _replace(self, **changes: Any) -> None:
        self._shown = replace(self._shown, **changes)

    # --- running ------------------------------------------------------------------------------

    def run(self) -> None:
        """Start the study, or go on with one that has a file; a paused one is resumed."""
        if self._state == "paused":
            self.resume()
            return
        if self.is_active:
            return
        engine, shown = self._need_engine(), self._shown
        spec, base, path = shown.spec, shown.base, shown.path
        self._set_state("starting")

        def prepare(job: Job) -> tuple[Path, Runs, HistoryBuilder]:
            if path is None:
                fresh = new_study_path(spec.name)
                runner = engine.create(spec, base, fresh)
                return fresh, runner, grow(runner.study.history)
            runner = engine.resume(spec, path)
            return path, runner, grow(runner.study.history)

        job = self.jobs.start(self.tr("Starting the study"), prepare)
        job.finished.connect(lambda made: self._start(*made))
        job.failed.connect(self._start_failed)

    def run_with(self, runner: Runs) -> None:
        """Run a runner that exists already, for tests."""
        self._set_state("starting")
        self._start(self.path, runner, grow(runner.study.history))

    def _start(self, path: Path | None, runner: Runs, history: HistoryBuilder) -> None:
        self._done = False
        if path != self.path:
            self._replace(path=path)
            self.study_changed.emit()
        self._builder = history
        self.history_reset.emit()
        self._run = RunThread(runner, self)
        self._run.trial_finished.connect(self.trial_finished)
        self._run.batch.connect(self._take)
        self._run.ended.connect(self._run_ended)
        self._run.start()
        pending, self._pending = self._pending, []
        for name, arguments in pending:
            self._control(name, *arguments)

    def _start_failed(self, error: BaseException) -> None:
        self._pending.clear()
        self._set_state("idle")
        self.stopped.emit()
        self.tell(notice_of(error, self.tr("The study could not start")))

    def _take(self, batch: Batch) -> None:
        for trial in batch.trials:
            self._builder.put(trial)
        if batch.trials:
            self.trials_changed.emit([trial.number for trial in batch.trials])
        newest = next((e for e in reversed(batch.others) if isinstance(e, Progress)), None)
        for event in batch.others:
            if event is newest or not isinstance(event, Progress):
                self._take_event(event)

    def _take_event(self, event: Event) -> None:
        """Sort the events that are not about one trial."""
        match event:
            case Progress():
                self._progress = event
                self.progress_changed.emit(event)
            case StateChanged():
                self._set_state(event.state)
            case Message():
                details = event.details
                self.tell(Notice(event.level, event.head, event.text, details, trial=event.trial))
            case Finished():
                self._done = event.done
                self._set_state("finished")
                self.ended.emit(event.reason, event.done)

    def _run_ended(self, error: BaseException | None) -> None:
        if self._run is not None:
            self._run.deleteLater()
            self._run = None
        if error is not None:
            self.tell(notice_of(error, self.tr("The study stopped")))
        self._set_state("finished" if self._state == "finished" else "idle")
        self.stopped.emit()

    def _set_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)

    def pause(self) -> None:
        """Start no more steps; what runs is finished first."""
        self._control("pause")

    def resume(self) -> None:
        """Go on after a pause."""
        self._control("resume")

    def stop_after_current(self) -> None:
        """End when the running trials are through."""
        self._control("stop_after_current")

    def stop_now(self) -> None:
        """End at once; running trials are killed."""
        self._control("stop_now")

    def kill_trial(self, number: int) -> None:
        """End one running trial."""
        self._control("kill_trial", number)

    def add_trial(self, params: Mapping[str, Value]) -> None:
        """Put a configuration typed by the user before what the strategy proposes."""
        if self._run is not None:
            self._control("add_trial", dict(params))
            return
        start = self.spec.start
        added = (*start.configurations, dict(params))
        start = structs.replace(start, configurations=added)
        self.edit(structs.replace(self.spec, start=start), self.tr("Add a trial"))

    def set_workers(self, workers: int) -> None:
        """Change the number of workers, of a running study too."""
        compute = structs.replace(self.spec.compute, workers=workers)
        self.edit(structs.replace(self.spec, compute=compute), self.tr("Change the workers"))
        if self._run is not None:
            self._control("set_workers", workers)

    def _control(self, name: str, *arguments: Any) -> None:
        if self._run is None:
            if self._state == "starting":
                self._pending.append((name, arguments))
            return
        try:
            getattr(self._run.runner, name)(*arguments)
        except StudioError as error:
            self.tell(notice_of(error, self.tr("That was not possible")))

    # --- looking ------------------------------------------------------------------------------

    def select(self, numbers: Iterable[int]) -> None:
        """Select trials, in every plot and table."""
        chosen = tuple(dict.fromkeys(numbers))
        if chosen != self._selection:
            self._selection = chosen
            self.selection_changed.emit(chosen)

    def set_filter(self, text: str) -> None:
        """Filter the trials, in every plot and table."""
        if text != self._filter:
            self._filter = text
            self.filter_changed.emit(text)

    @property
    def options(self) -> str:
        """How much the panels show: "simple" or "all"; hiding never resets anything."""
        return self._options

    def set_options(self, options: str) -> None:
        """Show little or all, in every panel."""
        if options != self._options:
            self._options = options
            self.options_changed.emit(options)

    def tell(self, notice: Notice) -> None:
        """Show a notice in the window and keep it in the log."""
        self.notice.emit(notice)

    # --- results and the end ------------------------------------------------------------------

    def export(
        self,
        wanted: Mapping[str, Path],
        trial: int | None = None,
        test: Mapping[str, float] | None = None,
    ) -> Job:
        """Write results in a job whose ``finished`` gives the paths written.

        Parameters
        ----------
        wanted : key of an export (`assembly.results.KINDS`) -> file
        trial : number of the trial to export the model of; the best one by default
        test : scores on the locked rows, where they were opened
        """
        engine, shown, history = self._need_engine(), self._shown, self.history

        def work(job: Job) -> tuple[Path, ...]:
            return engine.export(shown.spec, shown.base, history, wanted, trial, test)

        return self.jobs.start(self.tr("Exporting"), work)

    def open_test(self, trial: int) -> Job:
        """Score a trial's model on the locked rows, in a job; ``finished`` gives the scores."""
        engine, shown = self._need_engine(), self._shown
        chosen = self._builder.trials[trial]
        return self.jobs.start(
            self.tr("Opening the locked test"),
            lambda job: engine.test_scores(shown.spec, shown.base, chosen),
        )

    def save_copy(self, target: Path) -> Job | None:
        """Copy the study file; None when there is none yet."""
        engine, path = self._need_engine(), self.path
        if path is None:
            return None
        title = self.tr("Saving a copy")
        return self.jobs.start(title, lambda job: engine.save_copy(path, target))

    def close(self) -> bool:
        """Stop everything now and wait for it; whether all threads have ended."""
        self._check_timer.stop()
        self.jobs.close()
        self.undo.blockSignals(True)  # NOTE: Qt tells of changes while it destroys the stack
        if self._run is None:
            return True
        self._run.runner.stop_now()
        ended = self._run.wait(CLOSE_MS)
        if ended:
            self._run = None
            self._set_state("idle")
        return ended

    def _need_engine(self) -> Engine:
        assert self.engine is not None, "this session only shows what it is given"
        return self.engine
