"""The session: the one study in the window, its specification, its history, and what runs.

Panels share nothing but this object. It holds values and emits changes; reading tables, opening
files, checking specifications and running happen in jobs and in the run thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs
from PySide6.QtCore import QObject, Signal

from hpo_gui.core.errors import StudioError
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec, StudySpec
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import Value, identical
from hpo_gui.core.wanted import Typed
from hpo_gui.gui.arrivals import Arrivals
from hpo_gui.gui.aside import Aside
from hpo_gui.gui.engine import Engine, View, needed
from hpo_gui.gui.jobs import Job, Jobs
from hpo_gui.gui.live_control import LiveControl
from hpo_gui.gui.loading import Loaded, carry, grow, make_history
from hpo_gui.gui.looking import Look, Looking
from hpo_gui.gui.notices import Notice, notice_of
from hpo_gui.gui.run_thread import Runs
from hpo_gui.gui.study_check import StudyCheck
from hpo_gui.gui.study_edit import StudyEdit
from hpo_gui.gui.study_facts import StudyFacts
from hpo_gui.gui.study_jobs import StudyJobs
from hpo_gui.gui.study_opening import StudyOpening
from hpo_gui.gui.study_run import Prepared, StudyRun
from hpo_gui.gui.undo import SpecUndo
from hpo_gui.gui.worker_count import workers_of

if TYPE_CHECKING:
    from hpo_gui.evaluation.roles import Roles
    from hpo_gui.evaluation.table import Table

CLOSE_MS = 10_000


class Session(StudyFacts, QObject):
    """See the module.

    Parameters
    ----------
    engine : the floors below; without one the session only shows what `show_history` gives it

    Attributes
    ----------
    jobs : what takes longer than a frame
    undo : the edits of the specification
    opening : opens another study
    looking : selection, filter, goal seen and choice
    live : what the user does to trials
    study_edit : the edit that a study with trials would go on with
    study_jobs : exports, tests and copies
    recent_studies : gives the paths of the studies used last, newest first
    show_open : shows the open study with a file, where there is one; whether there was

    Signals
    -------
    spec_changed : the specification is another value
    table_changed : another table, or none, or its columns' roles changed
    problems_changed : `problems`, `space`, `goals` or `size` changed
    history_reset : all trials are others than before
    trials_changed : list of the numbers of trials that are new or changed, at most 20 a second
    progress_changed : the newest `study.events.Progress`
    state_changed : "idle", "starting", "running", "pausing", "paused", "stopping", "finished"
    checked : no check of the specification is under way any more
    notice : a `gui.notices.Notice` for message bar and log
    study_changed : another study, or its path changed
    read_only_changed : `read_only_reason` or `followed` is another one
    trial_finished : a trial, once for each that finishes
    acted : a `core.acting.Acted`: trials were retracted, corrected or annotated, or could not be
    ended : the run is over; why, in a sentence, and whether the study is done
    stuck_changed : the study file cannot be written, or can be again: see `stuck`
    stopped : nothing runs any more: the thread of the run is through, or never began
    leaving : another study is about to be shown: what was typed for this one is kept now
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
    checked = Signal()
    notice = Signal(object)
    study_changed = Signal()
    read_only_changed = Signal()
    trial_finished = Signal(object)
    acted = Signal(object)
    ended = Signal(str, bool)
    stuck_changed = Signal()
    stopped = Signal()
    leaving = Signal()
    replacing = Signal()
    closing = Signal()
    go_to = Signal(str, str)

    def __init__(self, engine: Engine | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine = engine
        self.jobs = Jobs(self)
        self.undo = SpecUndo(self._show_spec)
        self._shown = Loaded(StudySpec(), Path.cwd())
        self._builder = make_history(self._shown.view, self._shown.spec)
        self._followed = ""
        self._wants_to_run = False
        self.recent_studies: Callable[[], Sequence[str]] = tuple
        self.show_open: Callable[[Path], bool] = lambda path: False
        self.looking = Looking(self)
        self.opening = StudyOpening(engine, self.jobs, self)
        self.opening.opened.connect(self._arrived)
        self.opening.notice.connect(self.notice)
        self._check = StudyCheck(self.jobs, lambda: self._shown, self)
        self._check.checked.connect(self._take_check)
        self._check.failed.connect(self._check_failed)
        self._arrivals = Arrivals(lambda: self._builder, self)
        self._arrivals.taken.connect(self.trials_changed)
        self._arrivals.many_taken.connect(self.history_reset)
        self._run = StudyRun(self.jobs, self)
        self._connect_run(self._run)
        self.live = LiveControl(self, lambda: self._run, engine, self.jobs, self)
        self.opening.wait_for = self.live.acts.wait
        self.live.trials.connect(self.take_trials)
        self.live.acted.connect(self.acted)
        self.live.notice.connect(self.notice)
        self.study_edit = StudyEdit(self, self)
        self.study_jobs = StudyJobs(self, engine, self.jobs, self)

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

    @property
    def is_checking(self) -> bool:
        """Whether `problems`, `space` and `roles` still belong to an earlier specification."""
        return self._check.is_under_way

    @property
    def is_edited(self) -> bool:
        """Whether there are edits that no file has."""
        return self._is_unsaved(self.undo.isClean())

    # --- which study is shown --------------------------------------------------------------------

    def new_study(self) -> None:
        """Begin with nothing."""
        self._show(Loaded(StudySpec(), Path.cwd()))

    def new_study_from_this(self) -> Job | None:
        """Open what is in the window as a new study that begins from the best of this one."""
        path, spec = self.path, self.asked
        if path is None or self.is_active:
            return None
        start = structs.replace(spec.start, earlier=(*spec.start.earlier, str(path)))
        return self.opening.open_draft(structs.replace(spec, start=start), self.base)

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

    def _arrived(self, loaded: Loaded) -> None:
        """Show what was opened, unless it has come to be open in another way meanwhile."""
        if loaded.path is None or not self.show_open(loaded.path):
            self._show(loaded)

    def _show(self, loaded: Loaded) -> None:
        self._leave_shown()
        self._run.reset()
        self._arrivals.clear()
        self._forget_check()
        self._shown = loaded
        self.undo.clear()
        self.looking.look = Look()
        self._followed = ""
        self._builder = loaded.history or make_history(loaded.view, loaded.spec)
        self._tell_all()

    def _leave_shown(self) -> None:
        """Another study comes; first of all what is half done is finished in this one."""
        self.leaving.emit()
        self.replacing.emit()

    def put_aside(self) -> Aside:
        """Give away the study shown with its run, which goes on, to show another one next."""
        self.study_edit.forget()
        self._arrivals.take_rest()
        run, self._run = self._run, StudyRun(self.jobs, self)
        run.disconnect(self)
        self._connect_run(self._run)
        look, stale = self.looking.look, self._check.is_under_way
        return Aside(self._shown, self._builder, run, self.undo.take(), look, stale)

    def take_back(self, aside: Aside) -> None:
        """Show a study again that was put aside, as it was left and with all that came since."""
        self._leave_shown()
        assert not self.is_active, "a running study is put aside before another one is shown"
        self._forget_check()
        self._arrivals.clear()
        self._followed = ""
        self._run.deleteLater()
        self._shown, self._builder, self._run = aside.shown, aside.builder, aside.run
        self._connect_run(self._run)
        self.undo.give(aside.edits)
        self.looking.look = aside.look
        self._tell_all()
        self.looking.choice_changed.emit()
        self.looking.goal_seen_changed.emit(aside.look.goal_seen)
        if aside.stale and self.engine is not None:
            self._check.later(self.engine)

    def _tell_all(self) -> None:
        """Everything is another one now."""
        self.state_changed.emit(self.state)
        self.spec_changed.emit()
        self.table_changed.emit()
        self.problems_changed.emit()
        self.history_reset.emit()
        self.looking.selection_changed.emit(self.looking.selection)
        self.looking.filter_changed.emit(self.looking.filter)
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
        budget, workers = self.spec.budget, self.spec.compute.workers
        filled = carry(self._shown.open_spec, self.spec, asked)
        self._replace(spec=filled, asked=asked)
        if self.is_active and filled.budget != budget:
            recorded = self._shown.recorded
            self._run.set_budget(filled.budget, budget if recorded is None else recorded.budget)
            if recorded is not None:  # `_take_budget` takes it back where it is refused
                self._replace(recorded=structs.replace(recorded, budget=filled.budget))
        if self.is_active and filled.compute.workers != workers:
            self._run.control("set_workers", workers_of(filled))
        if self.engine is None:
            self.spec_changed.emit()
        elif self._check.is_quick(self._shown):
            before = self._shown
            self._shown = self._check.now(self.engine, before)
            self.spec_changed.emit()
            self._tell_changes(before)
            self._check_is_over()
        else:
            self.spec_changed.emit()
            self._check.later(self.engine)

    def _take_budget(self, budget: BudgetSpec) -> None:
        """A run has told which budget it has: what it refused is an edit that waits."""
        recorded = self._shown.recorded
        if recorded is not None and recorded.budget != budget:
            self._replace(recorded=structs.replace(recorded, budget=budget))
            self.spec_changed.emit()

    def set_budget(self, budget: BudgetSpec) -> None:
        """Change when the study is done, of a running study too."""
        self.edit(structs.replace(self.spec, budget=budget), self.tr("Change the budget"))

    def set_workers(self, workers: int) -> None:
        """Change the number of workers, of a running study too."""
        compute = structs.replace(self.spec.compute, workers=workers)
        self.edit(structs.replace(self.spec, compute=compute), self.tr("Change the workers"))

    def add_trial(self, params: Mapping[str, Value]) -> None:
        """Put a configuration typed by the user before what the strategy proposes."""
        if self.is_active or self._builder.trials:
            self.live.queue((Typed(dict(params)),))
            return
        start = self.spec.start
        added = (*start.configurations, dict(params))
        start = structs.replace(start, configurations=added)
        self.edit(structs.replace(self.spec, start=start), self.tr("Add a trial"))

    def recheck(self) -> None:
        """Read the table again and check everything, such as after the file changed."""
        self._replace(read_as=None)
        self._check.later(needed(self.engine))

    def _take_check(self, asked: Loaded, result: Loaded) -> None:
        self._shown = result
        if result.spec != asked.spec:
            self.spec_changed.emit()
        self._tell_changes(asked)
        self._check_is_over()

    def _check_is_over(self) -> None:
        wanted, self._wants_to_run = self._wants_to_run, False
        self.checked.emit()
        if wanted and not self.problems and not self.read_only:
            self.run()

    def _forget_check(self) -> None:
        self._check.cancel()
        self._wants_to_run = False

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
        self._wants_to_run = False
        self.tell(notice_of(error, self.tr("The study could not be checked")))
        self.checked.emit()

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

    def renew(self, loaded: Loaded, asked: Loaded) -> bool:
        """Show the same study with another specification; selection and filter stay.

        Edits that no file has can be brought back.

        Parameters
        ----------
        asked : what was shown when ``loaded`` was asked for

        Returns
        -------
        False where something else is shown by now: then nothing is done.
        """
        is_same = asked.path == self.path and identical(asked.open_spec, self.asked)
        if self.is_active or not is_same:
            return False
        history, before = loaded.history, self._builder
        assert history is not None
        for trial in before.trials:  # some have come while the history was made
            if trial.number >= len(history.trials) or history.trials[trial.number] is not trial:
                history.put(trial)
        self._forget_check()
        if not identical(loaded.open_spec, self.asked):
            self._make_room(loaded.open_spec)
        self._shown = replace(loaded, read_only=self._shown.read_only)
        self._builder = history
        self.spec_changed.emit()
        self.table_changed.emit()
        self.problems_changed.emit()
        self.history_reset.emit()
        return True

    def _make_room(self, theirs: StudySpec) -> None:
        """Another program's specification is about to be shown instead of the edited one."""
        if not self.is_edited:
            self.undo.clear()
            return
        self.undo.note(self.asked, theirs, self.tr("As the other program has it"))
        head = self.tr("Your edits have made room for those of the other program")
        self.tell(Notice("warning", head, self.tr("Undo brings them back.")))

    # --- code of others -----------------------------------------------------------------------

    def trust(self) -> None:
        """Remember that the user says yes to the code that the study runs, as it was looked at."""
        engine = needed(self.engine)
        if self._attempt(lambda: engine.trust(self.untrusted)):
            self._check.later(engine)

    def trust_chosen(self, name: str) -> None:
        """The user has named a function's file or a class himself, and so says yes to it."""
        engine = needed(self.engine)
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
        """Start the study, or go on with one that has a file; a paused one is resumed.

        A check that is under way is waited for: until then what was left open is filled in as it
        was before the edit. Nothing begins where it finds a problem.
        """
        if self.state == "paused":
            self.resume()
        if self.is_active:
            return
        if self.is_checking:
            self._wants_to_run = True
            return
        engine, shown = needed(self.engine), self._shown
        if engine.untrusted(shown.spec, shown.base):  # changed since: the check says so
            self._check.later(engine)
            return
        self._run.start(engine, shown, self.live.acts)

    def run_with(self, runner: Runs) -> None:
        """Run a runner that exists already, for tests and measurements."""
        self._run.begin(Prepared(self.path, runner, grow(runner.study.history)))

    def _take_over(self, made: Prepared) -> None:
        """Show the file and the trials that a run begins with."""
        self._arrivals.clear()
        notes = made.notes or self._shown.notes
        fresh = made.path != self.path
        self._replace(path=made.path, recorded=made.spec or self.spec, notes=notes)
        if fresh:
            self.study_changed.emit()
        self._builder = made.history
        self.history_reset.emit()

    def pause(self) -> None:
        """Start no more steps; what runs is finished first."""
        self._run.control("pause")

    def resume(self) -> None:
        """Go on after a pause."""
        self._run.control("resume")

    def stop_after_current(self) -> None:
        """End when the running trials are through."""
        self._wants_to_run = False
        self.study_edit.forget()
        self._run.control("stop_after_current")

    def stop_now(self) -> None:
        """End at once; running trials are killed."""
        self._wants_to_run = False
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

    def take_trials(self, trials: Sequence[Trial]) -> None:
        """Show trials that are new or changed."""
        self._arrivals.take(trials)

    # --- telling, and the end -----------------------------------------------------------------

    def tell(self, notice: Notice) -> None:
        """Show a notice in the window and keep it in the log."""
        self.notice.emit(notice)

    def close(self) -> bool:
        """Stop everything now and wait for it; whether all threads have ended."""
        self.study_edit.forget()
        self.closing.emit()
        self._forget_check()
        over = self._run.close(CLOSE_MS)  # first: acts may wait until it frees the file
        self.jobs.close()
        self.live.acts.finish()
        self.undo.blockSignals(True)  # NOTE: Qt tells of changes while it destroys the stack
        return over
