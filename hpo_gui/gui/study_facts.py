"""What is known of an open study, whether it is shown or behind the window."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, HistoryBuilder
from hpo_gui.core.space import Space
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.trial import Proposal
from hpo_gui.gui.engine import ProblemLike
from hpo_gui.gui.loading import Loaded
from hpo_gui.gui.study_edit import differs
from hpo_gui.gui.study_run import StudyRun
from hpo_gui.study.budget import finished_trials
from hpo_gui.study.events import Progress, Stuck

if TYPE_CHECKING:
    from hpo_gui.evaluation.notice import Notice
    from hpo_gui.evaluation.roles import Roles
    from hpo_gui.evaluation.table import Table
    from hpo_gui.evaluation.trust import Code


class StudyFacts:
    """Answers from what was loaded, the growing history, and the run."""

    _shown: Loaded
    _builder: HistoryBuilder
    _run: StudyRun

    # --- what was loaded ----------------------------------------------------------------------

    @property
    def spec(self) -> StudySpec:
        """The specification in the window, with everything filled in that was left open."""
        return self._shown.spec

    @property
    def asked(self) -> StudySpec:
        """The specification as the user has made it: what was left open is open."""
        return self._shown.open_spec

    def is_guessed(self, part: str) -> bool:
        """Whether the user left this part of the specification open."""
        return bool(getattr(self._shown.open_spec, part) != getattr(self.spec, part))

    @property
    def base(self) -> Path:
        """The folder that the specification's paths start from."""
        return self._shown.base

    @property
    def path(self) -> Path | None:
        """The study file, or None before the first run."""
        return self._shown.path

    @property
    def shown(self) -> Loaded:
        """All that was loaded of the study."""
        return self._shown

    @property
    def recorded(self) -> StudySpec | None:
        """The newest specification in the study file; None before the first run."""
        return self._shown.recorded

    @property
    def ran_with(self) -> StudySpec:
        """What the trials were run with: edits do not count before the study goes on with them.

        But for the ensemble, which is chosen afterwards.
        """
        shown = self._shown
        if shown.recorded is None:
            return shown.spec
        return structs.replace(shown.recorded, ensemble=shown.spec.ensemble)

    @property
    def notes(self) -> Mapping[int, tuple[float, str]]:
        """Version of the specification -> since when, and what was different."""
        return self._shown.notes

    @property
    def table(self) -> Table | None:
        """The table read, or None."""
        return self._shown.table

    @property
    def roles(self) -> Roles | None:
        """What the columns are for, or None."""
        return self._shown.view.roles

    @property
    def untrusted(self) -> tuple[Code, ...]:
        """Code of others that the study would run, and that the user has not said yes to."""
        return self._shown.untrusted

    @property
    def read_only(self) -> bool:
        """Whether the study file cannot be written."""
        return bool(self._shown.read_only)

    @property
    def read_only_reason(self) -> str:
        """Why the study file cannot be written, or ""."""
        return self._shown.read_only

    # --- what follows from the specification --------------------------------------------------

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
    def start(self) -> tuple[Proposal, ...]:
        """What comes before the strategy; configurations of earlier studies come on top."""
        return self._shown.view.start

    @property
    def size(self) -> float:
        """Number of trials that the strategy can propose at most; inf when unlimited."""
        return self._shown.view.size

    @property
    def planned(self) -> int | None:
        """Number of trials after which the study ends; None without an end in sight."""
        return self._shown.planned

    @property
    def problems(self) -> tuple[ProblemLike, ...]:
        """Why Run is disabled; empty when it is not."""
        return self._shown.view.problems

    @property
    def about_models(self) -> tuple[Notice, ...]:
        """What to know of the models, such as which of them do not suit the table."""
        return self._shown.view.notices

    @property
    def shape(self) -> tuple[int, int] | None:
        """Rows and features that a model learns from in the smallest fold, if there is a table."""
        return self._shown.view.shape

    # --- the trials ---------------------------------------------------------------------------

    @property
    def builder(self) -> HistoryBuilder:
        """The growing history."""
        return self._builder

    @property
    def history(self) -> History:
        """A snapshot of all trials; cheap while nothing changed."""
        return self._builder.snapshot()

    @property
    def finished(self) -> int:
        """How many trials count for the budget; retracted ones do not."""
        if self.is_active and self.progress is not None:
            return self.progress.finished
        return finished_trials(self.history)

    @property
    def is_done(self) -> bool:
        """Whether the budget is used, or nothing is left to try."""
        trials = self.planned
        return self._run.done or (trials is not None and self.finished >= trials)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show but the welcome page."""
        spec = self.spec
        return spec.data is None and spec.objective is None and not self._builder.trials

    def _is_unsaved(self, is_clean: bool) -> bool:
        """Whether there are edits that no file has.

        Where there is a file, it is what counts: after a run an edit can be undone, and waits.

        Parameters
        ----------
        is_clean : whether nothing was edited since the study was opened
        """
        if self.path is None:
            return not is_clean
        waits = self.recorded is not None and differs(self.recorded, self.spec)
        return waits and (bool(self._builder.trials) or not is_clean)

    # --- the run ------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """Where the run stands, see ``state_changed``."""
        return self._run.state

    @property
    def is_active(self) -> bool:
        """Whether a run is under way, paused included."""
        return self._run.is_active

    @property
    def has_runner(self) -> bool:
        """Whether the thread of a run is there still, which frees the file at its end."""
        return self._run.has_runner

    @property
    def progress(self) -> Progress | None:
        """The newest `study.events.Progress`, or None."""
        return self._run.progress

    @property
    def stuck(self) -> Stuck | None:
        """Why the study file cannot be written, while results wait in memory; else None."""
        return self._run.stuck

    @property
    def stopped_by_user(self) -> bool:
        """Whether the user has asked for the end of the run."""
        return self._run.stopped_by_user

    @property
    def run_problem(self) -> str:
        """The error that ended the last run, or ""."""
        return self._run.problem
