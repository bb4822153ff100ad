"""What the session asks of the floors below, as one protocol (`assembly_engine` is the real one).

All methods may take long: the session calls them in jobs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hpo_gui.core.acting import Acted
from hpo_gui.core.acts import Act
from hpo_gui.core.errors import StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, See
from hpo_gui.core.space import Space
from hpo_gui.core.spec import ReadingSpec, StudySpec
from hpo_gui.core.trial import Proposal, Trial
from hpo_gui.core.wanted import Queued, Wanted
from hpo_gui.gui.run_thread import Runs

if TYPE_CHECKING:
    from hpo_gui.analysis.ensemble import Ensemble
    from hpo_gui.analysis.study_comparison import StudyComparison
    from hpo_gui.analysis.study_differences import Studied
    from hpo_gui.assembly.repetition import Repetition
    from hpo_gui.evaluation.notice import Notice
    from hpo_gui.evaluation.roles import Roles
    from hpo_gui.evaluation.table import Table
    from hpo_gui.evaluation.trust import Code
    from hpo_gui.storage.records import AuditEvent


class ProblemLike(Protocol):
    """Why a study cannot run: the step and the field to go to, and the error."""

    @property
    def step(self) -> str: ...
    @property
    def field(self) -> str: ...
    @property
    def error(self) -> StudioError: ...


@dataclass(frozen=True)
class Problem:
    """See `ProblemLike`."""

    step: str
    field: str
    error: StudioError


@dataclass(frozen=True)
class View:
    """What follows from a specification and its table.

    Attributes
    ----------
    spec : with everything filled in that the user left open; None to keep it as it is
    space, roles : None where problems stand in the way
    size : number of trials that the strategy can propose at most
    start : proposals that come before the strategy's; those of earlier studies are not among them
    notices : what to know of the models, beside what table and roles tell
    shape : rows and features that a model learns from in the smallest fold; None without a table
    """

    spec: StudySpec | None = None
    space: Space | None = None
    goals: tuple[Goal, ...] = ()
    roles: Roles | None = None
    problems: tuple[ProblemLike, ...] = ()
    size: float = math.inf
    start: tuple[Proposal, ...] = ()
    notices: tuple[Notice, ...] = ()
    shape: tuple[int, int] | None = None


@dataclass(frozen=True)
class Earlier:
    """An earlier study that was looked at, to begin a new one from it.

    Attributes
    ----------
    text : its name and best score
    problem : why nothing can be taken from it; "" when something can
    """

    path: str
    text: str
    problem: str = ""


class OpenedLike(Protocol):
    """A study file that was read: see `assembly.opened.Opened`."""

    @property
    def path(self) -> Path: ...
    @property
    def base(self) -> Path: ...
    @property
    def spec(self) -> StudySpec: ...
    @property
    def trials(self) -> tuple[Trial, ...]: ...
    @property
    def read_only(self) -> str: ...
    @property
    def dummy(self) -> dict[str, tuple[float, ...]]: ...
    @property
    def see(self) -> See | None: ...
    @property
    def notes(self) -> Mapping[int, tuple[float, str]]: ...


class EditLike(Protocol):
    """What an edit changes: see `assembly.edits.Edit`."""

    @property
    def changes(self) -> tuple[str, ...]: ...
    @property
    def refusals(self) -> Sequence[StudioError]: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...


class Engine(Protocol):
    """The floors below the window."""

    def read_table(
        self, source: str, base: Path, reading: ReadingSpec, cancelled: Callable[[], bool]
    ) -> Table:
        """Read a table; ``cancelled`` is asked now and then whether to give up."""
        ...

    def suggest(self, table: Table, source: str) -> StudySpec: ...

    def example(self, name: str) -> StudySpec: ...

    def resolve(self, spec: StudySpec, table: Table | None) -> View:
        """Fill in what was left open and find every problem; quick without new imports."""
        ...

    def untrusted(self, spec: StudySpec, base: Path) -> tuple[Code, ...]:
        """The code of others that a study would run; quick, and nothing of it is imported."""
        ...

    def trust(self, codes: tuple[Code, ...]) -> None:
        """Remember that the user said yes to these."""
        ...

    def trust_chosen(self, name: str, base: Path) -> None:
        """Remember that the user has named a function's file or a class himself."""
        ...

    def create(self, spec: StudySpec, base: Path, path: Path) -> Runs:
        """Make a new study file and its runner."""
        ...

    def resume(self, spec: StudySpec, path: Path) -> Runs:
        """Open a study file for writing, record ``spec`` if it changed, make its runner."""
        ...

    def what_changes(
        self, before: StudySpec, history: History, spec: StudySpec, table: Table | None
    ) -> EditLike:
        """What it would mean for a study to go on with another specification."""
        ...

    def look_at_earlier(self, spec: StudySpec, path: Path) -> Earlier:
        """What a new study could take from an earlier one, which is only read."""
        ...

    def open_study(self, path: Path) -> OpenedLike: ...

    def act(self, path: Path, acts: Sequence[Act]) -> Acted:
        """Retract, correct or annotate trials of a study that does not run."""
        ...

    def queue(self, path: Path, wanted: Sequence[Wanted]) -> Queued:
        """Queue trials of a study that does not run."""
        ...

    def skip(self, path: Path, numbers: Sequence[int]) -> tuple[Trial, ...]:
        """Take waiting trials of a study that does not run out of the queue."""
        ...

    def audit_trail(self, path: Path) -> list[AuditEvent]:
        """What was done to a study, the oldest first; it may be running."""
        ...

    def save_copy(self, path: Path, target: Path) -> None:
        """Copy a study file, also one that is being written."""
        ...

    def export(
        self,
        spec: StudySpec,
        base: Path,
        history: History,
        wanted: Mapping[str, Path],
        trial: int | None,
        test: Mapping[str, float] | None,
        study: Path | None,
    ) -> tuple[Path, ...]:
        """Write the files wanted (key -> path); returns what was written."""
        ...

    def find_ensemble(
        self, spec: StudySpec, base: Path, history: History, study: Path | None
    ) -> Ensemble:
        """Choose the trials whose models vote together best."""
        ...

    def ensemble_test_scores(
        self, spec: StudySpec, base: Path, history: History, found: Ensemble, study: Path | None
    ) -> dict[str, float]:
        """Scores of an ensemble on the locked rows."""
        ...

    def test_scores(
        self,
        spec: StudySpec,
        base: Path,
        trial: Trial,
        history: History,
        study: Path | None = None,
    ) -> dict[str, float]:
        """Scores of a trial's model on the locked rows.

        Parameters
        ----------
        study : the study file, which may hold a copy of the data
        """
        ...

    def read_studied(self, path: Path) -> Studied:
        """Read a study file, to compare it with others."""
        ...

    def studied(self, spec: StudySpec, history: History, path: Path | None) -> Studied:
        """The same for a study that is open."""
        ...

    def export_comparison(self, found: StudyComparison, path: Path, along: str) -> None:
        """Write a comparison as a picture or a table, by the suffix."""
        ...

    def replay(self, path: Path, scores: bool, tell: Callable[[float, str], None]) -> Repetition:
        """Compute a study again and compare.

        Parameters
        ----------
        scores : evaluate its trials again too
        tell : called often with the share done and a few words; may raise, to give up
        """
        ...

    def warm_up(self) -> None:
        """Get the heavy imports over with, so that the first click does not wait for them."""
        ...


def needed(engine: Engine | None) -> Engine:
    """The engine, where the study shown cannot be without one."""
    assert engine is not None, "this session only shows what it is given"
    return engine
