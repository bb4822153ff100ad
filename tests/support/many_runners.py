"""An engine under control that gives each study a runner of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import StudySpec
from hpo_gui.gui.engine import View
from hpo_gui.study.events import Finished, Progress, StateChanged, TrialChanged
from tests.support.window import FakeEngine, FakeRunner, make_trial


class ManyRunners(FakeEngine):
    """Studies whose name has "faulty" in it have a problem; those with "broken" do not start."""

    def __init__(self) -> None:
        super().__init__()
        self.runners: dict[str, FakeRunner] = {}

    def resolve(self, spec: StudySpec, table: Any) -> View:
        view = super().resolve(spec, table)
        if "faulty" in spec.name:
            from hpo_gui.gui.engine import Problem

            error = DataError("wine.csv", "must have a target")
            return View(spec, view.space, view.goals, None, (Problem("data", "target", error),))
        return view

    def create(self, spec: StudySpec, base: Path, path: Path) -> FakeRunner:
        if "broken" in spec.name:
            raise DataError("wine.csv", "must exist")
        self.created.append(path)
        path.write_text("a study")
        return self._runner(spec.name)

    def resume(self, spec: StudySpec, path: Path) -> FakeRunner:
        self.resumed.append(path)
        runner = self._runner(spec.name)
        runner.trials = (make_trial(0, 0.4), make_trial(1, 0.9))
        return runner

    def open_study(self, path: Path) -> Any:
        if "missing" in path.name:
            raise DataError(str(path), "must exist")
        opened = super().open_study(path)
        if "locked" in path.name:
            opened.read_only = "Another window writes it."
        return opened

    def _runner(self, name: str) -> FakeRunner:
        runner = self.runners[name] = FakeRunner()
        runner.feed(StateChanged("running"))
        return runner

    def advance(self, name: str, score: float = 0.7) -> None:
        """One trial of a study that runs."""
        self.runners[name].feed(
            TrialChanged(make_trial(0, score)), Progress(1, 10, 0.1, 3.0, 27.0, 4.0, 1, 2)
        )

    def finish(self, name: str) -> None:
        """A study that runs has used its budget."""
        self.runners[name].feed(
            StateChanged("finished"), Finished("The budget is used.", True), None
        )

    def end_all(self) -> None:
        """Whatever still runs ends when it is told to."""
        for runner in self.runners.values():
            runner.stops_by_itself = True
