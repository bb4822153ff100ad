"""The real `Engine`: the assembly, imported when it is first needed and never before a window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hpo_gui.core.acting import Acted
from hpo_gui.core.acts import Act
from hpo_gui.core.errors import StudioError
from hpo_gui.core.history import History
from hpo_gui.core.spec import ReadingSpec, StudySpec
from hpo_gui.core.trial import Trial
from hpo_gui.core.wanted import Queued, Wanted
from hpo_gui.gui.engine import Earlier, EditLike, OpenedLike, View
from hpo_gui.gui.run_thread import Runs

if TYPE_CHECKING:
    from hpo_gui.analysis.ensemble import Ensemble
    from hpo_gui.analysis.study_comparison import StudyComparison
    from hpo_gui.analysis.study_differences import Studied
    from hpo_gui.assembly.repetition import Repetition
    from hpo_gui.evaluation.table import Table
    from hpo_gui.evaluation.trust import Code
    from hpo_gui.storage.records import AuditEvent


LARGE_FILE = 20_000_000  # bytes; reading more holds up the window's thread for too long


class AssemblyEngine:
    """See `gui.engine.Engine`."""

    def read_table(
        self, source: str, base: Path, reading: ReadingSpec, cancelled: Callable[[], bool]
    ) -> Table:
        """Read a table and look at its columns; a large file in a process of its own."""
        from hpo_gui.evaluation.table import read_table
        from hpo_gui.execution.call import call_in_process

        if _is_large(source, base):
            title = f"Reading {source}"
            return call_in_process(
                read_table, source, base, reading, cancelled=cancelled, title=title
            )
        return read_table(source, base, reading)

    def suggest(self, table: Table, source: str) -> StudySpec:
        """Everything pre-filled for a table."""
        from hpo_gui.assembly.examples import suggest_spec

        return suggest_spec(source)

    def example(self, name: str) -> StudySpec:
        """The study of a bundled example."""
        from hpo_gui.assembly.examples import example_spec

        return example_spec(name)

    def resolve(self, spec: StudySpec, table: Table | None) -> View:
        """Fill in what was left open and find every problem."""
        from hpo_gui.assembly.resolution import resolve

        found = resolve(spec, table)
        return View(
            found.spec,
            found.space,
            found.goals,
            found.roles,
            found.problems,
            found.size,
            found.start,
            found.notices,
            found.shape,
        )

    def untrusted(self, spec: StudySpec, base: Path) -> tuple[Code, ...]:
        """The code of others that a study would run."""
        from hpo_gui.evaluation.trust import untrusted_code

        return untrusted_code(spec, base)

    def trust(self, codes: tuple[Code, ...]) -> None:
        """Remember that the user said yes to these."""
        from hpo_gui.evaluation.trust import trust

        trust(codes)

    def trust_chosen(self, name: str, base: Path) -> None:
        """Remember that the user has named a function's file or a class himself."""
        from hpo_gui.evaluation.trust import trust_chosen

        trust_chosen(name, base)

    def create(self, spec: StudySpec, base: Path, path: Path) -> Runs:
        """Make a new study file and its runner."""
        from hpo_gui.assembly.running import create_study

        return create_study(spec, base, path)

    def resume(self, spec: StudySpec, path: Path) -> Runs:
        """Go on with a study file."""
        from hpo_gui.assembly.running import resume_study

        return resume_study(path, spec)

    def what_changes(
        self, before: StudySpec, history: History, spec: StudySpec, table: Table | None
    ) -> EditLike:
        """What it would mean for a study to go on with another specification."""
        from hpo_gui.assembly.what_changes import what_changes

        return what_changes(before, history, spec, table)

    def look_at_earlier(self, spec: StudySpec, path: Path) -> Earlier:
        """What a new study could take from an earlier one."""
        from hpo_gui.assembly.earlier import read_earlier

        try:
            study = read_earlier(path, spec)
        except (StudioError, OSError, ValueError) as error:
            return Earlier(str(path), path.name, str(error))
        return Earlier(str(path), f"{path.stem} · {study.score(study.trials[0])}")

    def open_study(self, path: Path) -> OpenedLike:
        """Read a study file with all its trials."""
        from hpo_gui.assembly.opened import open_study

        return open_study(path)

    def act(self, path: Path, acts: Sequence[Act]) -> Acted:
        """Retract, correct or annotate trials of a study that does not run."""
        from hpo_gui.assembly.acts import act_on_study

        return act_on_study(path, acts)

    def queue(self, path: Path, wanted: Sequence[Wanted]) -> Queued:
        """Queue trials of a study that does not run."""
        from hpo_gui.assembly.acts import queue_on_study

        return queue_on_study(path, wanted)

    def skip(self, path: Path, numbers: Sequence[int]) -> tuple[Trial, ...]:
        """Take waiting trials of a study that does not run out of the queue."""
        from hpo_gui.assembly.acts import skip_on_study

        return skip_on_study(path, numbers)

    def audit_trail(self, path: Path) -> list[AuditEvent]:
        """What was done to a study, the oldest first; it may be running."""
        from hpo_gui.assembly.acts import audit_trail

        return audit_trail(path)

    def save_copy(self, path: Path, target: Path) -> None:
        """Copy a study file, also one that is being written."""
        from hpo_gui.storage.study_file import StudyFile

        with StudyFile.open(path, read_only=True) as file:
            file.save_copy(target)

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
        """Write the files wanted."""
        from hpo_gui.assembly.results import export_results

        return export_results(spec, base, history, wanted, trial, test, study)

    def find_ensemble(
        self, spec: StudySpec, base: Path, history: History, study: Path | None
    ) -> Ensemble:
        """Choose the trials whose models vote together best."""
        from hpo_gui.assembly.results import ensemble_of

        return ensemble_of(spec, base, history, study)

    def replay(self, path: Path, scores: bool, tell: Callable[[float, str], None]) -> Repetition:
        """Compute a study again and compare."""
        from hpo_gui.assembly.repeat import ReplayOptions, replay_study

        return replay_study(path, ReplayOptions(scores=scores), tell)

    def ensemble_test_scores(
        self, spec: StudySpec, base: Path, history: History, found: Ensemble, study: Path | None
    ) -> dict[str, float]:
        """Scores of an ensemble on the locked rows."""
        from hpo_gui.assembly.ensembles import ensemble_locked_scores

        assert study is not None, "the ensemble was found there"
        return ensemble_locked_scores(spec, base, history, found, study)

    def test_scores(
        self,
        spec: StudySpec,
        base: Path,
        trial: Trial,
        history: History,
        study: Path | None = None,
    ) -> dict[str, float]:
        """Scores of a trial's model on the locked rows."""
        from hpo_gui.assembly.results import locked_test_scores

        return locked_test_scores(spec, base, trial, study, history)

    def read_studied(self, path: Path) -> Studied:
        """Read a study file, to compare it with others."""
        from hpo_gui.assembly.comparing import read_studied

        return read_studied(path)

    def studied(self, spec: StudySpec, history: History, path: Path | None) -> Studied:
        """The same for a study that is open."""
        from hpo_gui.assembly.comparing import studied

        return studied(spec, history, path)

    def export_comparison(self, found: StudyComparison, path: Path, along: str) -> None:
        """Write a comparison as a picture or a table, by the suffix."""
        from hpo_gui.export.comparison import write_comparison

        write_comparison(found, path, along)

    def warm_up(self) -> None:
        """Import what the first click needs, and start processes for the first run."""
        import pandas  # noqa: F401

        import hpo_gui.assembly.examples
        import hpo_gui.evaluation.table  # noqa: F401
        from hpo_gui.assembly.running import warm_up
        from hpo_gui.execution.processes import let_children_give_way

        let_children_give_way()
        warm_up()


def _is_large(source: str, base: Path) -> bool:
    """Whether a source is a file that is better read by another process."""
    if source.startswith("sample:"):
        return False
    from hpo_gui.evaluation.size_limits import is_binary_workbook

    path = base / source
    try:
        return path.stat().st_size > LARGE_FILE or is_binary_workbook(path)
    except (OSError, ValueError):
        return False  # reading it says what is wrong
