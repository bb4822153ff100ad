"""What is known of an open study, whether it is shown or behind the window."""

from __future__ import annotations

from pathlib import Path

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, HistoryBuilder
from hpo_gui.core.spec import StudySpec
from hpo_gui.gui.loading import Loaded
from hpo_gui.gui.study_run import StudyRun
from hpo_gui.study.budget import finished_trials
from hpo_gui.study.events import Progress, Stuck


class StudyFacts:
    """Answers from what was loaded, the growing history, and the run."""

    _shown: Loaded
    _builder: HistoryBuilder
    _run: StudyRun

    @property
    def spec(self) -> StudySpec:
        """The specification in the window, with everything filled in that was left open."""
        return self._shown.spec

    @property
    def asked(self) -> StudySpec:
        """The specification as the user has made it: what was left open is open."""
        return self._shown.open_spec

    @property
    def base(self) -> Path:
        """The folder that the specification's paths start from."""
        return self._shown.base

    @property
    def path(self) -> Path | None:
        """The study file, or None before the first run."""
        return self._shown.path

    @property
    def read_only(self) -> bool:
        """Whether the study file cannot be written."""
        return bool(self._shown.read_only)

    @property
    def state(self) -> str:
        """Where the run stands, see ``state_changed``."""
        return self._run.state

    @property
    def is_active(self) -> bool:
        """Whether a run is under way, paused included."""
        return self._run.is_active

    @property
    def is_done(self) -> bool:
        """Whether the budget is used, or nothing is left to try."""
        trials = self.planned
        return self._run.done or (trials is not None and self.finished >= trials)

    @property
    def finished(self) -> int:
        """How many trials count for the budget; retracted ones do not."""
        if self.is_active and self.progress is not None:
            return self.progress.finished
        return finished_trials(self.history)

    @property
    def stopped_by_user(self) -> bool:
        """Whether the user has asked for the end of the run."""
        return self._run.stopped_by_user

    @property
    def run_problem(self) -> str:
        """The error that ended the last run, or ""."""
        return self._run.problem

    @property
    def stuck(self) -> Stuck | None:
        """Why the study file cannot be written, while results wait in memory; else None."""
        return self._run.stuck

    @property
    def planned(self) -> int | None:
        """Number of trials after which the study ends; None without an end in sight."""
        return self._shown.planned

    @property
    def progress(self) -> Progress | None:
        """The newest `study.events.Progress`, or None."""
        return self._run.progress

    @property
    def builder(self) -> HistoryBuilder:
        """The growing history."""
        return self._builder

    @property
    def history(self) -> History:
        """A snapshot of all trials; cheap while nothing changed."""
        return self._builder.snapshot()

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The goals, the usual metric filled in."""
        return self._shown.view.goals or self.spec.goals

    @property
    def goal(self) -> Goal | None:
        """The first goal, or None."""
        return self.goals[0] if self.goals else None
