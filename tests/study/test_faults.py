"""A run on a real study file whose disk fails at each of all moments loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from faulty_disk import FaultyDisk
from scripted_executor import Scripted

from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.trial import Failure, Trial
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.strategies.random import Random
from hpo_gui.study.events import Event, Freed, Stuck, TrialChanged
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

SPACE = Space([Float("x", -1.0, 1.0)])
GOALS = (Goal("loss", "minimize"),)
WRITES = 50  # of the run below
LONG = 25  # writes that fail: all attempts of several minutes


class Run:
    """Three trials of two steps, of which one fails, on a file; ``at`` is called at each event."""

    def __init__(self, path: Path) -> None:
        self.file = StudyFile.create(path, "{}")
        self.file.store_data("t.csv", "0" * 64, b"a,b")
        self.executor = Scripted(
            script=lambda task: Failure("raised", "no") if task.trial == 1 else None
        )
        self.study = Study(SPACE, GOALS, Random(), seed=1, store=self.file)
        self.runner = Runner(
            self.study,
            self.executor,
            2,
            budget=BudgetSpec(trials=3),
            keep_seconds=lambda seconds: self.file.set_meta("seconds", repr(seconds)),
            shelter=_Shelter(self.file),
            clock=lambda: self.executor.now,
        )
        self.events: list[Event] = []

    def go(self, at: Callable[[Event], object] = lambda event: None) -> None:
        for event in self.runner.run():
            self.events.append(event)
            at(event)

    def check(self) -> None:
        """Memory, file, and what was told are one."""
        path = self.file.path
        self.file.close()
        with StudyFile.open(path) as again:
            assert not again.read_only
            found = again.load()
            assert found == list(self.study.trials)
            assert again.meta("seconds") is not None
            assert again.spec_json() == "{}"
            stored = again._row("SELECT name, size FROM data")
            assert stored == ("t.csv", 3)
            assert again._row("PRAGMA integrity_check") == ("ok",)
        assert [str(trial.state) for trial in found] == ["complete", "failed", "complete"]
        told: dict[int, Trial] = {}
        for event in self.events:
            if isinstance(event, TrialChanged):
                told[event.trial.number] = event.trial
        assert told == {trial.number: trial for trial in found}


class _Shelter:
    def __init__(self, file: StudyFile) -> None:
        self.path = file.path
        self.rescue_path = file.path.with_name("rescued.hpostudy")
        self.mend, self.move_to = file.mend, file.move_to


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpo_gui.study.runner.POLL", 0.0)


def test_the_run_writes_at_as_many_moments_as_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FaultyDisk(monkeypatch)
    run = Run(tmp_path / "study.hpostudy")
    before = disk.writes
    run.go()
    assert disk.writes - before == WRITES
    run.check()


@pytest.mark.parametrize(
    ("error", "lasts", "apart"),
    [
        ("full", 1, 1),
        ("io", 1, 1),
        ("read-only", 1, 3),
        ("locked", 1, 3),
        ("damaged", 1, 3),
        ("full", LONG, 3),
        ("io", LONG, 3),
    ],
)
def test_a_disk_that_fails_at_any_moment_holds_the_run_up_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str, lasts: int, apart: int
) -> None:
    disk = FaultyDisk(monkeypatch)
    for number in range(1, WRITES + 1, apart):
        run = Run(tmp_path / f"{number}.hpostudy")
        with disk.failing(number, error, lasts=lasts):
            run.go()
        assert any(isinstance(event, Stuck) for event in run.events), number
        assert any(isinstance(event, Freed) for event in run.events), number
        run.check()


def test_a_commit_that_fails_after_it_was_done_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FaultyDisk(monkeypatch)
    for number in range(1, WRITES + 1):
        run = Run(tmp_path / f"{number}.hpostudy")
        with disk.failing(number, after=True):
            run.go()
        run.check()


@pytest.mark.parametrize("error", ["full", "io"])
def test_a_run_that_leaves_a_failing_disk_is_whole_in_its_new_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    disk = FaultyDisk(monkeypatch)
    for number in range(1, WRITES + 1, 5):
        run = Run(tmp_path / f"{number}.hpostudy")
        new = tmp_path / f"{number} elsewhere.hpostudy"

        def leave(event: Event, run: Run = run, new: Path = new) -> None:
            if isinstance(event, Stuck):
                disk.fail_at = None  # the new place is sound
                run.runner.save_elsewhere(new)

        with disk.failing(number, error, lasts=10**9):
            run.go(leave)
        assert run.file.path == new
        run.check()
        with StudyFile.open(new) as file:
            assert [event.kind for event in file.events()] == ["moved"]


@pytest.mark.parametrize("how", ["deleted", "replaced", "moved away"])
def test_a_file_that_is_gone_is_written_from_memory(tmp_path: Path, how: str) -> None:
    run = Run(tmp_path / "study.hpostudy")
    new = tmp_path / "elsewhere.hpostudy"

    def at(event: Event) -> None:
        if run.executor.now == 1002.0 and run.file.path.exists() and run.file.path != new:
            spoil(run.file.path, how)
        if isinstance(event, Stuck):
            run.runner.save_elsewhere(new)

    run.go(at)
    run.check()
    with StudyFile.open(new) as file:
        assert [event.kind for event in file.events()] == ["moved"]


@pytest.mark.parametrize("how", ["deleted", "moved away"])
def test_a_file_that_comes_back_is_gone_on_with(tmp_path: Path, how: str) -> None:
    path = tmp_path / "study.hpostudy"
    run = Run(path)
    copy = tmp_path / "copy"

    def at(event: Event) -> None:
        if run.executor.now == 1002.0 and not copy.exists():
            copy.write_bytes(path.read_bytes())
            spoil(path, how)
        if isinstance(event, Stuck) and not path.exists():
            copy.replace(path)  # another file of the same content, as a backup brings back

    run.go(at)
    assert any(isinstance(event, Freed) for event in run.events)
    run.check()


def spoil(path: Path, how: str) -> None:
    """Do something to a file that the program has open, as systems without locks permit."""
    if how == "moved away":
        path.rename(path.with_name("away"))
    elif how == "deleted":
        path.unlink()
    else:
        other = path.with_name("other")
        other.write_bytes(b"not a study")
        other.replace(path)
