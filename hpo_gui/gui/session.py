"""The session: the one study in the window, its specification, its history, and what runs.

Panels share nothing but this object. It holds values and emits changes; reading tables, opening
files, checking specifications and running happen in jobs and in the run thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from hpo_gui.core.acting import Acted, do_acts
from hpo_gui.core.acts import Act, changes_scores
from hpo_gui.core.errors import StudioError
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec, StudySpec
from hpo_gui.core.trial import Proposal, Trial
from hpo_gui.core.value import Value
from hpo_gui.core.wanted import Queued, Typed, Wanted
from hpo_gui.gui.aside import Aside, Look
from hpo_gui.gui.engine import Earlier, Engine, ProblemLike, View
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
)
from hpo_gui.gui.notices import Notice, notice_of
from hpo_gui.gui.run_thread import Runs
from hpo_gui.gui.study_acts import StudyActs
from hpo_gui.gui.study_check import StudyCheck
from hpo_gui.gui.study_edit import StudyEdit
from hpo_gui.gui.study_facts import StudyFacts
from hpo_gui.gui.study_run import Prepared, StudyRun
from hpo_gui.gui.undo import SpecUndo
from hpo_gui.study.queueing import queued_messages

if TYPE_CHECKING:
    from hpo_gui.analysis.ensemble import Ensemble
    from hpo_gui.evaluation.notice import Notice as TableNotice
    from hpo_gui.evaluation.roles import Roles
    from hpo_gui.evaluation.table import Table
    from hpo_gui.evaluation.trust import Code

CLOSE_MS = 10_000
MOST_AT_ONCE = 5000  # trials that are taken in at once; of more a few at a time
AT_A_TIME = 1000
SINGLE = Qt.ConnectionType.SingleShotConnection


class Session(StudyFacts, QObject):
    """See the module.

    Parameters
    ----------
    engine : the floors below; without one the session only shows what `show_history` gives it

    Attributes
    ----------
    recent_studies : gives the paths of the studies used last, newest first
    study_edit : the edit that a study with trials would go on with

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
    goal_seen_changed : the metric of the goal that tables and plots lead with
    choice_changed : the user chose another trial to take, or none any more
    notice : a `gui.notices.Notice` for message bar and log
    study_changed : another study, or its path changed
    read_only_changed : `read_only_reason` or `followed` is another one
    loading_changed : something is being opened, or no longer
    trial_finished : a trial, once for each that finishes
    acted : a `core.acting.Acted`: trials were retracted, corrected or annotated, or could not be
    ended : the run is over; why, in a sentence, and whether the study is done
    stuck_changed : the study file cannot be written, or can be again: see `stuck`
    stopped : nothing runs any more: the thread of the run is through, or never began
    options_changed : "simple" or "all": how much the panels show
    changed_aside : path and trials of a study that was changed but is not shown any more
    replacing : another study is about to be shown: the one shown can still be put aside
    closing : everything is about to be stopped
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
    goal_seen_changed = Signal(str)
    choice_changed = Signal()
    notice = Signal(object)
    study_changed = Signal()
    read_only_changed = Signal()
    loading_changed = Signal()
    trial_finished = Signal(object)
    acted = Signal(object)
    ended = Signal(str, bool)
    stuck_changed = Signal()
    stopped = Signal()
    options_changed = Signal(str)
    replacing = Signal()
    changed_aside = Signal(object, object)
    closing = Signal()
    go_to = Signal(str, str)

    def __init__(self, engine: Engine | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine = engine
        self.jobs = Jobs(self)
        self.undo = SpecUndo(self._show_spec)
        self._shown = Loaded(StudySpec(), Path.cwd())
        self._builder = make_history(self._shown.view, self._shown.spec)
        self.recent_studies: Callable[[], Sequence[str]] = tuple
        self._options = "simple"
        self._selection: tuple[int, ...] = ()
        self._filter = ""
        self._goal_seen = ""
        self._choice: int | None = None
        self._followed = ""
        self._opening: Job | None = None
        self._check = StudyCheck(self.jobs, lambda: self._shown, self)
        self._check.checked.connect(self._take_check)
        self._check.failed.connect(self._check_failed)
        self.acts = StudyActs(self.jobs, self)
        self.acts.failed.connect(self._act_failed)
        self._arriving: deque[Trial] = deque()
        self._run = StudyRun(self.jobs, self)
        self._connect_run(self._run)
        self.study_edit = StudyEdit(self, self)

    def _connect_run(self, run: StudyRun) -> None:
        run.prepared.connect(self._take_over)
        run.trials.connect(self.take_trials)
        run.state_changed.connect(self.state_changed)
        run.trial_finished.connect(self.trial_finished)
        run.progress_changed.connect(self.progress_changed)
        run.acted.connect(self.acted)
        run.ended.connect(self.ended)
        run.moved.connect(self._moved)
        run.stuck_changed.connect(self.stuck_changed)
        run.budget_set.connect(self._take_budget)
        run.stopped.connect(self.stopped)
        run.notice.connect(self.notice)

    # --- what panels read ---------------------------------------------------------------------

    def is_guessed(self, part: str) -> bool:
        """Whether the user left this part of the specification open."""
        return bool(getattr(self._shown.open_spec, part) != getattr(self.spec, part))

    @property
    def table(self) -> Table | None:
        """The table read, or None."""
        return self._shown.table

    @property
    def about_models(self) -> tuple[TableNotice, ...]:
        """What to know of the models, such as which of them do not suit the table."""
        return self._shown.view.notices

    @property
    def roles(self) -> Roles | None:
        """What the columns are for, or None."""
        return self._shown.view.roles

    @property
    def space(self) -> Space | None:
        """The search space, the models' recommended ones filled in; None while it is faulty."""
        return self._shown.view.space

    @property
    def problems(self) -> tuple[ProblemLike, ...]:
        """Why Run is disabled; empty when it is not."""
        return self._shown.view.problems

    @property
    def size(self) -> float:
        """Number of trials that the strategy can propose at most; inf when unlimited."""
        return self._shown.view.size

    @property
    def start(self) -> tuple[Proposal, ...]:
        """What comes before the strategy; configurations of earlier studies come on top."""
        return self._shown.view.start

    @property
    def has_runner(self) -> bool:
        """Whether the thread of a run is there still, which frees the file at its end."""
        return self._run.has_runner

    @property
    def is_checking(self) -> bool:
        """Whether `problems`, `space` and `roles` still belong to an earlier specification."""
        return self._check.is_under_way

    @property
    def untrusted(self) -> tuple[Code, ...]:
        """Code of others that the study would run, and that the user has not said yes to."""
        return self._shown.untrusted

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
    def goal_seen(self) -> str:
        """The metric of the goal that tables and plots lead with; "" for the first one."""
        return self._goal_seen

    @property
    def choice(self) -> int | None:
        """Number of the trial that the user chose to take, of several goals; None for none."""
        return self._choice

    @property
    def recorded(self) -> StudySpec | None:
        """The newest specification in the study file; None before the first run."""
        return self._shown.recorded

    @property
    def notes(self) -> Mapping[int, tuple[float, str]]:
        """Version of the specification -> since when, and what was different."""
        return self._shown.notes

    @property
    def read_only_reason(self) -> str:
        """Why the study file cannot be written, or ""."""
        return self._shown.read_only

    @property
    def shown(self) -> Loaded:
        """All that was loaded of the study."""
        return self._shown

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
        self.replacing.emit()
        self._run.reset()
        self._arriving.clear()
        self._check.cancel()
        self._shown = loaded
        self.undo.clear()
        self._filter = ""
        self._goal_seen = ""
        self._choice = None
        self._followed = ""
        self._builder = loaded.history or make_history(loaded.view, loaded.spec)
        self._selection = ()
        self._tell_all()

    def put_aside(self) -> Aside:
        """Give away the study shown with its run, which goes on, to show another one next."""
        self.study_edit.forget()
        while self._arriving:
            self._builder.put(self._arriving.popleft())
        run, self._run = self._run, StudyRun(self.jobs, self)
        run.disconnect(self)
        self._connect_run(self._run)
        look = Look(self._selection, self._filter, self._goal_seen, self._choice)
        stale = self._check.is_under_way
        return Aside(self._shown, self._builder, run, self.undo.take(), look, stale)

    def take_back(self, aside: Aside) -> None:
        """Show a study again that was put aside, as it was left and with all that came since."""
        self.replacing.emit()
        assert not self.is_active, "a running study is put aside before another one is shown"
        self._check.cancel()
        self._arriving.clear()
        self._followed = ""
        self._run.deleteLater()
        self._shown, self._builder, self._run = aside.shown, aside.builder, aside.run
        self._connect_run(self._run)
        self.undo.give(aside.edits)
        look = aside.look
        self._selection, self._filter = look.selection, look.filter
        self._goal_seen, self._choice = look.goal_seen, look.choice
        self._tell_all()
        self.choice_changed.emit()
        self.goal_seen_changed.emit(self._goal_seen)
        if aside.stale and self.engine is not None:
            self._check.later(self.engine)

    def _tell_all(self) -> None:
        """Everything is another one now."""
        self.state_changed.emit(self.state)
        self.spec_changed.emit()
        self.table_changed.emit()
        self.problems_changed.emit()
        self.history_reset.emit()
        self.selection_changed.emit(self._selection)
        self.filter_changed.emit(self._filter)
        if self.progress is not None:
            self.progress_changed.emit(self.progress)
        self.study_changed.emit()  # last: pages that are made now read everything once

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
        budget = self.spec.budget
        filled = carry(self._shown.open_spec, self.spec, asked)
        self._replace(spec=filled, asked=asked)
        if self.is_active and filled.budget != budget:
            recorded = self._shown.recorded
            self._run.set_budget(filled.budget, budget if recorded is None else recorded.budget)
            if recorded is not None:  # `_take_budget` takes it back where it is refused
                self._replace(recorded=structs.replace(recorded, budget=filled.budget))
        if self.engine is None:
            self.spec_changed.emit()
        elif self._check.is_quick(self._shown):
            before = self._shown
            self._shown = self._check.now(self.engine, before)
            self.spec_changed.emit()
            self._tell_changes(before)
        else:
            self.spec_changed.emit()
            self._check.later(self.engine)

    def _take_budget(self, budget: BudgetSpec) -> None:
        """A run has told which budget it has: what it refused is an edit that waits."""
        recorded = self._shown.recorded
        if recorded is not None and recorded.budget != budget:
            self._replace(recorded=structs.replace(recorded, budget=budget))
            self.spec_changed.emit()

    def recheck(self) -> None:
        """Read the table again and check everything, such as after the file changed."""
        self._replace(read_as=None)
        self._check.later(self._need_engine())

    def _take_check(self, asked: Loaded, result: Loaded) -> None:
        self._shown = result
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

    def _check_failed(self, error: BaseException) -> None:
        self.tell(notice_of(error, self.tr("The study could not be checked")))

    def _replace(self, **changes: Any) -> None:
        self._shown = replace(self._shown, **changes)

    # --- a study that another program writes, see `following` ---------------------------------

    @property
    def followed(self) -> str:
        """Which other program writes the study that is shown, as a sentence; "" for none."""
        return self._followed

    def set_followed(self, writer: str) -> None:
        """Another program writes the study, and it can only be looked at; or "" no longer."""
        if writer and not self._followed:
            self._run.reset()  # what is known of an earlier run here is over
        self._followed = writer
        gone = self.tr("Another program has written this study: take it over to go on with it.")
        self._replace(read_only=writer or gone)
        self.read_only_changed.emit()

    def take_followed(self, trials: tuple[Trial, ...]) -> None:
        """Show trials that another program has run."""
        self.take_trials(trials)
        self.progress_changed.emit(self.progress)

    def renew(self, loaded: Loaded) -> None:
        """Show the same study with another specification; selection and filter stay."""
        history, before = loaded.history, self._builder
        assert history is not None
        for trial in before.trials:  # some have come while the history was made
            if trial.number >= len(history.trials) or history.trials[trial.number] is not trial:
                history.put(trial)
        self._check.cancel()
        self.undo.clear()
        self._shown = replace(loaded, read_only=self._shown.read_only)
        self._builder = history
        self.spec_changed.emit()
        self.table_changed.emit()
        self.problems_changed.emit()
        self.history_reset.emit()

    # --- code of others -----------------------------------------------------------------------

    def trust(self) -> None:
        """Remember that the user says yes to the code that the study runs, as it was looked at."""
        engine = self._need_engine()
        if self._attempt(lambda: engine.trust(self.untrusted)):
            self._check.later(engine)

    def trust_chosen(self, name: str) -> None:
        """The user has named a function's file or a class himself, and so says yes to it."""
        engine = self._need_engine()
        self._attempt(lambda: engine.trust_chosen(name, self.base))

    def _attempt(self, action: Callable[[], object]) -> bool:
        try:
            action()
        except StudioError as error:
            self.tell(notice_of(error, self.tr("That was not possible")))
            return False
        return True

    # --- running ------------------------------------------------------------------------------

    def run(self) -> None:
        """Start the study, or go on with one that has a file; a paused one is resumed."""
        if self.state == "paused":
            self.resume()
        if self.is_active:
            return
        engine, shown = self._need_engine(), self._shown
        if engine.untrusted(shown.spec, shown.base):  # changed since: the check says so
            self._check.later(engine)
            return
        self._run.start(engine, shown, self.acts)

    def run_with(self, runner: Runs) -> None:
        """Run a runner that exists already, for tests and measurements."""
        self._run.begin(Prepared(self.path, runner, grow(runner.study.history)))

    def _take_over(self, made: Prepared) -> None:
        """Show the file and the trials that a run begins with."""
        self._arriving.clear()
        notes = made.notes or self._shown.notes
        fresh = made.path != self.path
        self._replace(path=made.path, recorded=made.spec or self.spec, notes=notes)
        if fresh:
            self.study_changed.emit()
        self._builder = made.history
        self.history_reset.emit()

    def take_trials(self, trials: Sequence[Trial]) -> None:
        """Show trials that are new or changed."""
        if self._arriving or len(trials) > MOST_AT_ONCE:
            self._take_later(trials)
            return
        for trial in trials:
            self._builder.put(trial)
        self.trials_changed.emit([trial.number for trial in trials])

    def _take_later(self, trials: Sequence[Trial]) -> None:
        """Take very many a few at a time, so that the window goes on, and tell of all at once."""
        if not self._arriving:
            QTimer.singleShot(0, self, self._take_some)
        self._arriving.extend(trials)

    def _take_some(self) -> None:
        for _ in range(min(AT_A_TIME, len(self._arriving))):
            self._builder.put(self._arriving.popleft())
        if self._arriving:
            QTimer.singleShot(0, self, self._take_some)
        else:
            self.history_reset.emit()

    def pause(self) -> None:
        """Start no more steps; what runs is finished first."""
        self._run.control("pause")

    def resume(self) -> None:
        """Go on after a pause."""
        self._run.control("resume")

    def stop_after_current(self) -> None:
        """End when the running trials are through."""
        self.study_edit.forget()
        self._run.control("stop_after_current")

    def stop_now(self) -> None:
        """End at once; running trials are killed."""
        self.study_edit.forget()
        self._run.control("stop_now")

    def try_again(self) -> None:
        """Write what waits in memory, and go on if that works."""
        self._run.control("try_again")

    def save_elsewhere(self, path: Path) -> None:
        """Write the whole study to another file, and go on there."""
        self._run.control("save_elsewhere", path)

    def leave(self, *, lose: bool = False) -> None:
        """End at once; what the study file does not take goes to a rescue copy.

        Parameters
        ----------
        lose : end even where that cannot be written
        """
        self._run.control("leave", lose=lose)

    def _moved(self, path: Path) -> None:
        self._replace(path=path)
        self.study_changed.emit()

    def kill_trial(self, number: int) -> None:
        """End one running trial."""
        self._run.control("kill_trial", number)

    def kill_trials(self, numbers: Sequence[int]) -> None:
        """End running trials, and take waiting ones out of the queue."""
        if self.is_active:
            for number in numbers:
                self.kill_trial(number)
        elif not self._refuses_acts():
            engine, path = self._need_engine(), self._need_path()
            title = self.tr("Taking trials out of the queue")
            taken = self._while_shown(path, self.take_trials)
            self.acts.do(title, lambda: engine.skip(path, numbers), taken)

    def add_trial(self, params: Mapping[str, Value]) -> None:
        """Put a configuration typed by the user before what the strategy proposes."""
        if self.is_active or self._builder.trials:
            self.queue((Typed(dict(params)),))
            return
        start = self.spec.start
        added = (*start.configurations, dict(params))
        start = structs.replace(start, configurations=added)
        self.edit(structs.replace(self.spec, start=start), self.tr("Add a trial"))

    def look_at_earlier(self, paths: Sequence[str]) -> Job:
        """Look at study files in a job; ``finished`` gives an `engine.Earlier` for each."""
        engine, spec, base = self._need_engine(), self.spec, self.base

        def work(job: Job) -> tuple[Earlier, ...]:
            found = []
            for path in paths:
                job.check()
                found.append(engine.look_at_earlier(spec, base / path))
            return tuple(found)

        return self.jobs.start(self.tr("Looking at earlier studies"), work)

    def queue(self, wanted: Sequence[Wanted]) -> None:
        """Run trials that the user wants, before what the strategy proposes."""
        if self.is_active:
            self._run.control("queue", wanted)
        elif self._run.has_runner:  # it ends, and then frees the file
            self._run.stopped.connect(partial(self._queue_later, self.path, wanted), SINGLE)
        elif not self._refuses_acts():
            self._queue_on(self._need_path(), wanted)

    def _queue_later(self, path: Path | None, wanted: Sequence[Wanted]) -> None:
        """Queue in a study whose run was ending; another one may be shown by now."""
        if self.path == path:
            self.queue(wanted)
        elif path is not None:
            self._queue_on(path, wanted)

    def _queue_on(self, path: Path, wanted: Sequence[Wanted]) -> None:
        engine, title = self._need_engine(), self.tr("Queueing trials")
        taken = self._while_shown(path, self._take_queued)
        self.acts.do(title, lambda: engine.queue(path, wanted), taken)

    def _take_queued(self, queued: Queued) -> None:
        self.take_trials(queued.trials)
        for message in queued_messages(queued):
            self.tell(Notice(message.level, message.head, message.text))

    def act(self, acts: Sequence[Act]) -> None:
        """Retract, correct or annotate trials; `acted` tells what became of it."""
        if not acts:
            return
        if self.is_active:
            self._run.control("act", acts)
        elif self._run.has_runner:  # it ends, and then frees the file
            self._run.stopped.connect(partial(self._act_later, self.path, acts), SINGLE)
        elif self.path is None or self.engine is None:  # shown as values: nothing keeps them
            self._take_acted(do_acts(acts, self._find_trial, self.builder.goals))
        elif not self._refuses_acts():
            self._act_on(self.path, acts)

    def _act_later(self, path: Path | None, acts: Sequence[Act]) -> None:
        """Act on a study whose run was ending; another one may be shown by now."""
        if self.path == path:
            self.act(acts)
        elif path is not None:
            self._act_on(path, acts)

    def _act_on(self, path: Path, acts: Sequence[Act]) -> None:
        engine, title = self._need_engine(), self.tr("Changing trials")
        taken = self._while_shown(path, self._take_acted)
        self.acts.do(title, lambda: engine.act(path, acts), taken)

    def _take_acted(self, acted: Acted) -> None:
        if not self.is_active and any(changes_scores(one.act) for one in acted.done):
            self._run.done = False  # a trial that was retracted makes room for another one
        self.take_trials(acted.trials)
        self.acted.emit(acted)

    def _find_trial(self, number: int) -> Trial | None:
        trials = self._builder.trials
        return trials[number] if 0 <= number < len(trials) else None

    def _while_shown(
        self, path: Path | None, take: Callable[[Any], None]
    ) -> Callable[[Any], None]:
        """``take``, for what is done to a file; `changed_aside` where it is not shown by then."""

        def taken(result: Any) -> None:
            if self.path == path:
                take(result)
            elif result is not None:
                self.changed_aside.emit(path, result.trials)

        return taken

    def _refuses_acts(self) -> bool:
        """Whether trials cannot be changed; says why."""
        if self.path is None:
            head = self.tr("The study has no file yet")
            self.tell(Notice("warning", head, self.tr("It gets one when it runs.")))
        elif self.read_only:
            head = self.tr("The study can only be read")
            self.tell(Notice("warning", head, self.read_only_reason))
        return self.read_only or self.path is None

    def _act_failed(self, error: BaseException) -> None:
        self.tell(notice_of(error, self.tr("That was not possible")))

    def audit_trail(self) -> Job | None:
        """What was done to the study, in a job; None where there is no file."""
        engine, path = self.engine, self.path
        if engine is None or path is None:
            return None
        return self.jobs.start(
            self.tr("Reading what was done"), lambda job: engine.audit_trail(path)
        )

    def set_budget(self, budget: BudgetSpec) -> None:
        """Change when the study is done, of a running study too."""
        self.edit(structs.replace(self.spec, budget=budget), self.tr("Change the budget"))

    def set_workers(self, workers: int) -> None:
        """Change the number of workers, of a running study too."""
        compute = structs.replace(self.spec.compute, workers=workers)
        self.edit(structs.replace(self.spec, compute=compute), self.tr("Change the workers"))
        if self._run.has_runner:
            self._run.control("set_workers", workers)

    # --- looking ------------------------------------------------------------------------------

    def select(self, numbers: Iterable[int]) -> None:
        """Select trials, in every plot and table."""
        chosen = tuple(dict.fromkeys(numbers))
        if chosen != self._selection:
            self._selection = chosen
            self.selection_changed.emit(chosen)

    def see_goal(self, metric: str) -> None:
        """Lead with another of the goals, in every plot and table."""
        if metric != self._goal_seen:
            self._goal_seen = metric
            self.goal_seen_changed.emit(metric)

    def choose(self, number: int | None) -> None:
        """Take this trial: its model is exported and tested; None for the one suggested."""
        if number != self._choice:
            self._choice = number
            self.choice_changed.emit()

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

    @property
    def _ran_with(self) -> StudySpec:
        """What the trials were run with: edits do not count before the study goes on with them.

        But for the ensemble, which is chosen afterwards.
        """
        shown = self._shown
        if shown.recorded is None:
            return shown.spec
        return structs.replace(shown.recorded, ensemble=shown.spec.ensemble)

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
        ran_with = self._ran_with

        def work(job: Job) -> tuple[Path, ...]:
            return engine.export(ran_with, shown.base, history, wanted, trial, test, shown.path)

        return self.jobs.start(self.tr("Exporting"), work)

    def find_ensemble(self) -> Job:
        """Choose which trials' models vote, in a job; ``finished`` gives an `Ensemble`."""
        engine, shown, history = self._need_engine(), self._shown, self.history
        ran_with = self._ran_with
        return self.jobs.start(
            self.tr("Choosing the ensemble"),
            lambda job: engine.find_ensemble(ran_with, shown.base, history, shown.path),
        )

    def open_ensemble_test(self, found: Ensemble) -> Job:
        """Score an ensemble on the locked rows, in a job; ``finished`` gives the scores."""
        engine, shown, history = self._need_engine(), self._shown, self.history
        ran_with = self._ran_with
        return self.jobs.start(
            self.tr("Opening the locked test"),
            lambda job: engine.ensemble_test_scores(
                ran_with, shown.base, history, found, shown.path
            ),
        )

    def open_test(self, trial: int) -> Job:
        """Score a trial's model on the locked rows, in a job; ``finished`` gives the scores."""
        engine, shown, history = self._need_engine(), self._shown, self.history
        ran_with = self._ran_with
        chosen = history.trials[trial]
        return self.jobs.start(
            self.tr("Opening the locked test"),
            lambda job: engine.test_scores(ran_with, shown.base, chosen, history, shown.path),
        )

    def save_copy(self, target: Path) -> Job | None:
        """Copy the study file; None when there is none yet."""
        engine, path = self._need_engine(), self.path
        if path is None:
            return None
        title = self.tr("Saving a copy")
        return self.jobs.start(title, lambda job: engine.save_copy(path, target))

    def new_study_from_this(self) -> Job | None:
        """Open what is in the window as a new study that begins from the best of this one."""
        path, spec = self.path, self.asked
        if path is None or self.is_active:
            return None
        start = structs.replace(spec.start, earlier=(*spec.start.earlier, str(path)))
        return self.open_draft(structs.replace(spec, start=start), self.base)

    def close(self) -> bool:
        """Stop everything now and wait for it; whether all threads have ended."""
        self.study_edit.forget()
        self.closing.emit()
        self._check.cancel()
        self.jobs.close()
        self.acts.finish()
        self.undo.blockSignals(True)  # NOTE: Qt tells of changes while it destroys the stack
        return self._run.close(CLOSE_MS)

    def _need_path(self) -> Path:
        assert self.path is not None, "a study that is changed has a file"
        return self.path

    def _need_engine(self) -> Engine:
        assert self.engine is not None, "this session only shows what it is given"
        return self.engine
