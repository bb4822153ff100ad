"""What the session asks of the floors below, as one protocol (`assembly_engine` is the real one).

All methods but `warm_up` may take long: the session calls them in jobs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hpo_gui.core.errors import StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.space import Space
from hpo_gui.core.spec import ReadingSpec, StudySpec
from hpo_gui.core.trial import Trial
from hpo_gui.gui.run_thread import Runs

if TYPE_CHECKING:
    from hpo_gui.evaluation.roles import Roles
    from hpo_gui.evaluation.table import Table


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
    space, roles : None where problems stand in the way
    estimate : expected seconds of the whole study, or None
    """

    space: Space | None = None
    goals: tuple[Goal, ...] = ()
    roles: Roles | None = None
    problems: tuple[ProblemLike, ...] = ()
    estimate: float | None = None


@dataclass(frozen=True)
class Opened:
    """A study file that was read.

    Attributes
    ----------
    base : folder that the specification's paths start from
    read_only : why it cannot be written, or ""
    """

    path: Path
    base: Path
    spec: StudySpec
    trials: tuple[Trial, ...] = ()
    read_only: str = ""


class Engine(Protocol):
    """The floors below the window."""

    def read_table(self, source: str, base: Path, reading: ReadingSpec) -> Table: ...

    def suggest(self, table: Table, source: str) -> StudySpec: ...

    def example(self, name: str) -> StudySpec: ...

    def resolve(self, spec: StudySpec, base: Path, table: Table | None) -> View: ...

    def create(self, spec: StudySpec, base: Path, path: Path) -> Runs:
        """Make a new study file and its runner."""
        ...

    def resume(self, spec: StudySpec, base: Path, path: Path) -> Runs:
        """Open a study file for writing, record ``spec`` if it changed, make its runner."""
        ...

    def open_study(self, path: Path) -> Opened: ...

    def export(
        self,
        path: Path | None,
        spec: StudySpec,
        base: Path,
        history: History,
        wanted: Mapping[str, Path],
        trial: int | None,
    ) -> tuple[Path, ...]:
        """Write the files wanted (key -> path); returns what was written."""
        ...

    def warm_up(self) -> None:
        """Start workers in the background; returns at once."""
        ...
