"""A study that is open but not shown: it runs, waits, or holds edits that no file has yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from msgspec import structs
from PySide6.QtCore import QObject, Signal

from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.trial import Trial
from hpo_gui.gui.aside import Aside
from hpo_gui.gui.engine import Engine
from hpo_gui.gui.loading import Loaded, make_history
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.study_acts import StudyActs
from hpo_gui.gui.study_facts import StudyFacts
from hpo_gui.gui.study_run import Prepared, StudyRun


class HeldStudy(StudyFacts, QObject):
    """Takes in what its run tells, as the session does for the study that is shown.

    Parameters
    ----------
    key : names it among the open studies

    Attributes
    ----------
    is_kept : it stays open although it neither runs nor was edited

    Signals
    -------
    changed : its state, progress or best score
    begun : its run has a file now
    ended : why the run is over, and whether the study is done
    stopped : its run is over, or never began
    notice : something to tell
    """

    changed = Signal()
    begun = Signal()
    ended = Signal(str, bool)
    stopped = Signal()
    notice = Signal(object)

    def __init__(self, key: str, aside: Aside, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.key = key
        self.is_kept = False
        self._shown = aside.shown
        self._builder = aside.builder
        self._run = aside.run
        self._edits = aside.edits
        self._look = aside.look
        self._stale = aside.stale
        self._told = ""  # why it cannot be saved, as it was told
        run = self._run
        run.prepared.connect(self._take_over)
        run.trials.connect(self.take_trials)
        run.state_changed.connect(self.changed)
        run.progress_changed.connect(self.changed)
        run.moved.connect(self._moved)
        run.stuck_changed.connect(self._stuck_changed)
        run.budget_set.connect(self._take_budget)
        run.ended.connect(self.ended)
        run.stopped.connect(self.stopped)
        run.notice.connect(self._tell)

    def give(self) -> Aside:
        """Everything, for the session to show; this object is of no more use."""
        self._run.disconnect(self)
        aside = Aside(self._shown, self._builder, self._run, self._edits, self._look, self._stale)
        self.deleteLater()
        return aside

    # --- what lists show ----------------------------------------------------------------------

    @property
    def is_edited(self) -> bool:
        """Whether there are edits that no file has."""
        return self._is_unsaved(self._edits.is_clean)

    @property
    def problem(self) -> str:
        """Why it cannot run, or ""."""
        if self._shown.read_only:
            return self._shown.read_only
        problems = self._shown.view.problems
        return str(problems[0].error) if problems else ""

    @property
    def is_stale(self) -> bool:
        """Whether it was edited and not checked since: what was left open is not filled in."""
        return self._stale

    def take_check(self, asked: Loaded, result: Loaded) -> None:
        """It was checked behind the window; ``asked`` is what was."""
        if self._shown is asked:
            self._shown, self._stale = result, False
            if not self._builder.trials:
                self._builder = make_history(result.view, result.spec)
            self.changed.emit()

    # --- running ------------------------------------------------------------------------------

    def run(self, engine: Engine, acts: StudyActs) -> None:
        """Start it, or go on with it, after the acts on its file; see `problem` first."""
        if self.state == "paused":
            self.control("resume")
        elif not self.is_active:
            self._run.start(engine, self._shown, acts)

    def control(self, name: str) -> None:
        """Pause, resume or stop the run."""
        self._run.control(name)

    def close(self, milliseconds: int) -> bool:
        """End the run now and wait for its thread; whether it has ended."""
        return self._run.close(milliseconds)

    def _take_over(self, made: Prepared) -> None:
        notes = made.notes or self._shown.notes
        recorded = made.spec or self.spec
        self._shown = replace(self._shown, path=made.path, recorded=recorded, notes=notes)
        self._builder = made.history
        self.begun.emit()
        self.changed.emit()

    def _moved(self, path: Path) -> None:
        self._shown = replace(self._shown, path=path)
        self.begun.emit()
        self.changed.emit()

    def _take_budget(self, budget: BudgetSpec) -> None:
        if self._shown.recorded is not None:
            recorded = structs.replace(self._shown.recorded, budget=budget)
            self._shown = replace(self._shown, recorded=recorded)

    def take_trials(self, trials: Sequence[Trial]) -> None:
        """New and changed trials."""
        for trial in trials:  # lists are told of progress, four times a second, not of each
            self._builder.put(trial)

    def _stuck_changed(self) -> None:
        """Tell once why it cannot be saved: its bar is seen only where it is shown."""
        reason = "" if self.stuck is None else str(self.stuck.error)
        if reason and reason != self._told:
            text = self.tr("{0} Show the study to save it elsewhere.").format(reason)
            self._tell(Notice("error", self.tr("The study cannot be saved"), text))
        self._told = reason
        self.changed.emit()

    def _tell(self, notice: Notice) -> None:
        head = f"{self.spec.name}: {notice.head}"
        self.notice.emit(Notice(notice.level, head, notice.text, notice.details))


def held_of(key: str, loaded: Loaded, run: StudyRun, parent: QObject | None = None) -> HeldStudy:
    """A study that was opened without being shown."""
    builder = loaded.history or make_history(loaded.view, loaded.spec)
    return HeldStudy(key, Aside(loaded, builder, run), parent)
