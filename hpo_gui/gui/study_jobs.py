"""Jobs that read the study shown and never change it: exports, tests, copies, what was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from hpo_gui.gui.engine import Earlier, Engine, needed
from hpo_gui.gui.jobs import Job, Jobs
from hpo_gui.gui.study_facts import StudyFacts

if TYPE_CHECKING:
    from hpo_gui.analysis.ensemble import Ensemble


class StudyJobs(QObject):
    """Each job takes what the study is at this moment, and gives its result by ``finished``."""

    def __init__(
        self, study: StudyFacts, engine: Engine | None, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._study = study
        self._engine = engine
        self._jobs = jobs

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
        return self.exporting(wanted, trial)(test)

    def exporting(
        self, wanted: Mapping[str, Path], trial: int | None = None
    ) -> Callable[[Mapping[str, float] | None], Job]:
        """`export` of what the study is now, to be called with the scores on the locked rows."""
        engine, study = needed(self._engine), self._study
        shown, history, ran_with = study.shown, study.history, study.ran_with

        def export(test: Mapping[str, float] | None) -> Job:
            def work(job: Job) -> tuple[Path, ...]:
                base, path = shown.base, shown.path
                return engine.export(ran_with, base, history, wanted, trial, test, path)

            return self._jobs.start(self.tr("Exporting"), work)

        return export

    def find_ensemble(self) -> Job:
        """Choose which trials' models vote, in a job; ``finished`` gives an `Ensemble`."""
        engine, study = needed(self._engine), self._study
        shown, history, ran_with = study.shown, study.history, study.ran_with
        return self._jobs.start(
            self.tr("Choosing the ensemble"),
            lambda job: engine.find_ensemble(ran_with, shown.base, history, shown.path),
        )

    def open_ensemble_test(self, found: Ensemble) -> Job:
        """Score an ensemble on the locked rows, in a job; ``finished`` gives the scores."""
        engine, study = needed(self._engine), self._study
        shown, history, ran_with = study.shown, study.history, study.ran_with
        return self._jobs.start(
            self.tr("Opening the locked test"),
            lambda job: engine.ensemble_test_scores(
                ran_with, shown.base, history, found, shown.path
            ),
        )

    def open_test(self, trial: int) -> Job:
        """Score a trial's model on the locked rows, in a job; ``finished`` gives the scores."""
        engine, study = needed(self._engine), self._study
        shown, history, ran_with = study.shown, study.history, study.ran_with
        chosen = history.trials[trial]
        return self._jobs.start(
            self.tr("Opening the locked test"),
            lambda job: engine.test_scores(ran_with, shown.base, chosen, history, shown.path),
        )

    def save_copy(self, target: Path) -> Job | None:
        """Copy the study file; None when there is none yet."""
        engine, path = needed(self._engine), self._study.path
        if path is None:
            return None
        title = self.tr("Saving a copy")
        return self._jobs.start(title, lambda job: engine.save_copy(path, target))

    def audit_trail(self) -> Job | None:
        """What was done to the study, in a job; None where there is no file."""
        engine, path = self._engine, self._study.path
        if engine is None or path is None:
            return None
        return self._jobs.start(
            self.tr("Reading what was done"), lambda job: engine.audit_trail(path)
        )

    def look_at_earlier(self, paths: Sequence[str]) -> Job:
        """Look at study files in a job; ``finished`` gives an `engine.Earlier` for each."""
        engine, spec, base = needed(self._engine), self._study.spec, self._study.base

        def work(job: Job) -> tuple[Earlier, ...]:
            found = []
            for path in paths:
                job.check()
                found.append(engine.look_at_earlier(spec, base / path))
            return tuple(found)

        return self._jobs.start(self.tr("Looking at earlier studies"), work)
