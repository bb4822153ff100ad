"""A small study, and an engine and a runner under control, for tests of the window."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import structs

from hpo_gui.analysis.ensemble import Ensemble, Member
from hpo_gui.analysis.study_comparison import StudyComparison
from hpo_gui.analysis.study_differences import Studied
from hpo_gui.assembly.edits import compare
from hpo_gui.assembly.repetition import Part, Repetition
from hpo_gui.core.acting import Acted, do_acts
from hpo_gui.core.acts import Act
from hpo_gui.core.errors import DataError, StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec, Choice, DataSpec, ModelSpec, ReadingSpec, StudySpec
from hpo_gui.core.trial import Failure, Origin, Trial, TrialState
from hpo_gui.core.wanted import Queued, Wanted
from hpo_gui.gui.engine import Earlier, Problem, View
from hpo_gui.storage.records import AuditEvent
from hpo_gui.study.events import (
    BudgetSet,
    Event,
    Finished,
    Freed,
    Progress,
    StateChanged,
    TrialChanged,
)

SPACE = Space([Float("depth", 0.0, 1.0)])


def make_spec(name: str = "wine", trials: int = 10) -> StudySpec:
    """A small study on a table that nobody reads."""
    return StudySpec(
        name=name,
        data=DataSpec("wine.csv", target="kind"),
        models=(ModelSpec("random_forest"),),
        goals=(Goal("accuracy", "maximize"),),
        strategy=Choice("random"),
        budget=BudgetSpec(trials=trials),
    )


def make_trial(
    number: int,
    score: float | None = 0.5,
    *,
    state: TrialState = TrialState.COMPLETE,
    failure: Failure | None = None,
) -> Trial:
    """A trial that is through, by default."""
    over = not state.is_open
    scores = {"accuracy": score} if score is not None and over else {}
    return Trial(
        number,
        {"depth": 0.5},
        Origin("random"),
        state,
        scores=scores,
        fold_scores={name: (value,) for name, value in scores.items()},
        started=1000.0 + number,
        finished=1001.0 + number if over else None,
        failure=failure,
        told=number + 1 if over else None,
    )


@dataclass(frozen=True, eq=False)
class FakeTable:
    """As much of a table as the frame of the window looks at."""

    name: str = "wine.csv"
    reading: ReadingSpec = ReadingSpec(separator=",")  # noqa: RUF009 - frozen
    rows: int = 178
    columns: tuple[Any, ...] = ()
    notices: tuple[Any, ...] = ()
    path: Path | None = None
    summary: str = "178 rows"


class FakeRunner:
    """Yields the events that a test feeds it; remembers the controls."""

    def __init__(self) -> None:
        self.events: queue.Queue[Event | BaseException | None] = queue.Queue()
        self.calls: list[tuple[Any, ...]] = []
        self.stops_by_itself = True
        self.keeps_budgets = True
        self.budget = BudgetSpec()
        self.trials: tuple[Trial, ...] = ()
        self.notes: dict[int, tuple[float, str]] = {}

    @property
    def study(self) -> FakeRunner:
        """Itself: it knows its history."""
        return self

    @property
    def history(self) -> History:
        """The trials before the run."""
        return History(SPACE, (Goal("accuracy", "maximize"),), self.trials)

    def feed(self, *events: Event | BaseException | None) -> None:
        """Yield these; None ends the run, an exception is raised."""
        for event in events:
            self.events.put(event)

    def run(self) -> Iterator[Event]:
        while (event := self.events.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            yield event

    def _end(self) -> None:
        if self.stops_by_itself:
            self.feed(StateChanged("finished"), Finished("Stopped.", False), None)

    def pause(self) -> None:
        self.calls.append(("pause",))
        self.feed(StateChanged("paused"))

    def resume(self) -> None:
        self.calls.append(("resume",))
        self.feed(StateChanged("running"))

    def stop_after_current(self) -> None:
        self.calls.append(("stop_after_current",))
        self.feed(StateChanged("stopping"))
        self._end()

    def stop_now(self) -> None:
        self.calls.append(("stop_now",))
        self._end()

    def try_again(self) -> None:
        self.calls.append(("try_again",))

    def save_elsewhere(self, path: Path) -> None:
        self.calls.append(("save_elsewhere", path))
        self.feed(Freed(path, moved=True))

    def leave(self, *, lose: bool = False) -> None:
        self.calls.append(("leave", lose))
        self._end()

    def kill_trial(self, number: int) -> None:
        self.calls.append(("kill_trial", number))

    def queue(self, wanted: Sequence[Wanted]) -> None:
        self.calls.append(("queue", tuple(wanted)))

    def act(self, acts: Sequence[Act]) -> None:
        self.calls.append(("act", tuple(acts)))

    def set_workers(self, workers: int) -> None:
        self.calls.append(("set_workers", workers))

    def set_budget(self, budget: BudgetSpec) -> None:
        self.calls.append(("set_budget", budget))
        if self.keeps_budgets:
            self.budget = budget
        self.feed(BudgetSet(self.budget))


class FakeEngine:
    """An engine without files: every table is a `FakeTable`, every study is `make_spec`."""

    def __init__(self) -> None:
        self.runner = FakeRunner()
        self.problems: tuple[Problem, ...] = ()
        self.error: StudioError | None = None
        self.wait: Callable[[], object] = lambda: None
        self.created: list[Path] = []
        self.resumed: list[Path] = []
        self.resolved: list[StudySpec] = []
        self.repetition = Repetition(2, Part(2), Part(), Part(2), {}, {})

    def read_table(
        self, source: str, base: Path, reading: ReadingSpec, cancelled: Callable[[], bool]
    ) -> Any:
        self.wait()
        if self.error is not None:
            raise self.error
        if "missing" in source:
            raise DataError(source, "must exist", remedy="Choose another file.")
        return FakeTable(source)

    def suggest(self, table: Any, source: str) -> StudySpec:
        return structs.replace(make_spec(), data=DataSpec(source, target="kind"))

    def example(self, name: str) -> StudySpec:
        return make_spec(name)

    def resolve(self, spec: StudySpec, table: Any) -> View:
        self.resolved.append(spec)
        return View(spec, SPACE, spec.goals, None, self.problems)

    def untrusted(self, spec: StudySpec, base: Path) -> tuple[Any, ...]:
        return ()

    def trust(self, codes: tuple[Any, ...]) -> None:
        return

    def trust_chosen(self, name: str, base: Path) -> None:
        return

    def create(self, spec: StudySpec, base: Path, path: Path) -> FakeRunner:
        self.wait()
        if self.error is not None:
            raise self.error
        self.created.append(path)
        path.write_text("a study")
        return self.runner

    def resume(self, spec: StudySpec, path: Path) -> FakeRunner:
        self.resumed.append(path)
        self.runner.trials = (make_trial(0, 0.4), make_trial(1, 0.9))
        return self.runner

    def what_changes(
        self, before: StudySpec, history: History, spec: StudySpec, table: Any
    ) -> Any:
        return compare(before, spec, history.raw)

    def look_at_earlier(self, spec: StudySpec, path: Path) -> Earlier:
        problem = "It is about something else." if "other" in path.name else ""
        return Earlier(str(path), f"{path.stem} · accuracy 0.9", problem)

    def open_study(self, path: Path) -> Any:
        if self.error is not None:
            raise self.error
        trials = (make_trial(0, 0.4), make_trial(1, 0.9))
        return type(
            "Opened",
            (),
            {
                "path": path,
                "dummy": {},
                "see": None,
                "notes": {},
                "base": path.parent,
                "spec": make_spec(path.stem, trials=2),
                "trials": trials,
                "read_only": "",
            },
        )()

    def act(self, path: Path, acts: Sequence[Act]) -> Acted:
        self.wait()
        if self.error is not None:
            raise self.error
        trials = (make_trial(0, 0.4), make_trial(1, 0.9))
        return do_acts(acts, lambda n: trials[n] if n < 2 else None, make_spec().goals)

    def queue(self, path: Path, wanted: Sequence[Wanted]) -> Queued:
        self.wait()
        if self.error is not None:
            raise self.error
        return Queued((make_trial(2, state=TrialState.WAITING),))

    def skip(self, path: Path, numbers: Sequence[int]) -> tuple[Trial, ...]:
        return tuple(make_trial(number, state=TrialState.CANCELLED) for number in numbers)

    def audit_trail(self, path: Path) -> list[AuditEvent]:
        return [AuditEvent(0.0, "retract", "Trial 1 retracted.", 2)]

    def save_copy(self, path: Path, target: Path) -> None:
        target.write_text(path.read_text())

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
        return tuple(wanted.values())

    def find_ensemble(
        self, spec: StudySpec, base: Path, history: History, study: Path | None
    ) -> Ensemble:
        best = history.best
        assert best is not None
        members = (Member(best.number, 3), Member(0, 1))
        folds = best.fold_scores[history.goal.metric]
        return Ensemble(history.goal, members, best, folds, folds, 2)

    def replay(self, path: Path, scores: bool, tell: Callable[[float, str], None]) -> Repetition:
        tell(0.5, "1 of 2 proposals")
        self.wait()
        tell(1.0, "2 of 2 proposals")
        if self.error is not None:
            raise self.error
        return self.repetition

    def ensemble_test_scores(
        self, spec: StudySpec, base: Path, history: History, found: Ensemble, study: Path | None
    ) -> dict[str, float]:
        return {"accuracy": 0.85}

    def test_scores(
        self,
        spec: StudySpec,
        base: Path,
        trial: Trial,
        history: History,
        study: Path | None = None,
    ) -> dict[str, float]:
        return {"accuracy": 0.8}

    def read_studied(self, path: Path) -> Studied:
        if "missing" in path.name:
            raise DataError(str(path), "must exist")
        opened = self.open_study(path)
        return self.studied(opened.spec, History(SPACE, opened.spec.goals, opened.trials), path)

    def studied(self, spec: StudySpec, history: History, path: Path | None) -> Studied:
        return Studied(spec.name, spec, history, str(path or ""))

    def export_comparison(self, found: StudyComparison, path: Path, along: str) -> None:
        path.write_text(along)

    def warm_up(self) -> None:
        return


RUNNING = (
    StateChanged("running"),
    TrialChanged(make_trial(0, 0.4)),
    TrialChanged(make_trial(1, state=TrialState.RUNNING)),
    Progress(1, 10, 0.1, 3.0, 27.0, 4.0, 1, 2),
)
