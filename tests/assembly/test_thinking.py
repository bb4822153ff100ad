"""Studies whose strategy thinks in a process of its own, from the file to the last trial."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pool_testing import is_gone
from small_studies import finish, run_study
from thinking_strategies import Contrary, Misbehaving, Pensive

from hpo_gui.assembly import make_runner, resolution, running, thinking
from hpo_gui.assembly.opened import open_study
from hpo_gui.assembly.running import create_study, resume_study, warm_up
from hpo_gui.assembly.thinking import make_thinker
from hpo_gui.core.catalogue import Catalogue, Entry
from hpo_gui.core.errors import ExecutionError, SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float
from hpo_gui.core.spec import BudgetSpec, Choice, ComputeSpec, FunctionSpec, StudySpec
from hpo_gui.core.trial import TrialState
from hpo_gui.execution import reserve
from hpo_gui.execution.thinking_process import THOUGHT
from hpo_gui.strategies.grid import Grid
from hpo_gui.strategies.random import Random
from hpo_gui.study.events import TrialChanged
from hpo_gui.study.runner import Runner

SEVEN = BudgetSpec(trials=7)


@pytest.fixture(autouse=True)
def strategies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue of strategies that look at scores."""
    kinds = {"contrary": Contrary, "pensive": Pensive, "misbehaving": Misbehaving}
    entries = tuple(Entry(name, name, "Use in tests.", kind) for name, kind in kinds.items())
    catalogue: Catalogue[Any] = Catalogue("strategy", entries)
    for module in (resolution, make_runner, thinking):
        monkeypatch.setattr(module, "STRATEGIES", catalogue)
    monkeypatch.setattr(running, "WARM", ())  # a function needs none of it
    yield
    reserve.dismiss()


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    """A folder with the function."""
    (tmp_path / "bowl.py").write_text("def value(params):\n    return params['x'] ** 2\n")
    return tmp_path


def study(workers: int, strategy: str = "contrary", **options: Any) -> StudySpec:
    """A study of seven trials; without workers in this process."""
    kind = "processes" if workers else "inline"
    return StudySpec(
        objective=FunctionSpec("bowl.py:value", space=(Float("x", -1.0, 1.0),)),
        goals=(Goal("value", "minimize"),),
        strategy=Choice(strategy, options),
        budget=SEVEN,
        compute=ComputeSpec(executor=kind, workers=workers or None),
        seed=3,
    )


def params(path: Path) -> list[object]:
    return [trial.params for trial in open_study(path).trials]


def thinkers(path: Path) -> set[int]:
    """The processes that have proposed something."""
    origins = [trial.origin for trial in open_study(path).trials]
    return {int(origin.mean) for origin in origins if origin.mean is not None}


def test_with_one_worker_the_study_is_the_same_as_in_this_process(garden: Path) -> None:
    here, apart = garden / "here.hpostudy", garden / "apart.hpostudy"
    run_study(study(0), garden, here)
    run_study(study(1), garden, apart)
    assert params(here) == params(apart)
    assert thinkers(here) == {os.getpid()}
    (elsewhere,) = thinkers(apart)
    assert elsewhere != os.getpid()
    assert is_gone(elsewhere)


def run_until(runner: Runner, when: Callable[[], bool], action: Callable[[], None]) -> float:
    """Call ``action`` from another thread as soon as ``when`` holds; seconds from then on."""
    began = 0.0

    def watch() -> None:
        nonlocal began
        while not when():
            time.sleep(0.005)
        began = time.monotonic()
        action()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    finish(runner)
    watcher.join()
    return time.monotonic() - began


def thinking_since(mark: Path) -> Callable[[], bool]:
    return lambda: mark.exists() and mark.read_text() != ""


def children() -> dict[int, float]:
    return {child.pid: child.create_time() for child in psutil.Process().children()}


def test_a_run_in_mid_thought_stops_at_once_and_the_thought_is_had_again(garden: Path) -> None:
    mark, path, whole = garden / "mark", garden / "part.hpostudy", garden / "whole.hpostudy"
    spec = study(1, "pensive", mark=str(mark), at=4)
    runner = create_study(spec, garden, path)
    assert run_until(runner, thinking_since(mark), runner.stop_now) < 2
    part = open_study(path)
    assert [str(trial.state) for trial in part.trials] == ["complete"] * 4
    finish(resume_study(path))
    run_study(study(0), garden, whole)
    assert params(path) == params(whole)
    assert [trial.asked for trial in open_study(path).trials] == list(range(7))


def test_a_thinker_that_is_killed_in_mid_thought_is_replaced(garden: Path) -> None:
    mark, path, whole = garden / "mark", garden / "killed.hpostudy", garden / "whole.hpostudy"
    runner = create_study(study(1, "pensive", mark=str(mark), at=4), garden, path)

    def kill() -> None:
        (pid,) = {int(mark.read_text())} & children().keys()
        mark.write_text("")
        psutil.Process(pid).kill()

    run_until(runner, thinking_since(mark), kill)
    run_study(study(0), garden, whole)
    assert params(path) == params(whole)
    assert len(thinkers(path)) == 2


def test_a_thinker_that_dies_again_and_again_ends_the_run_with_the_reason(garden: Path) -> None:
    path = garden / "dead.hpostudy"
    runner = create_study(study(2, "misbehaving", do="die", at=3), garden, path)
    with pytest.raises(ExecutionError, match="exit code 6 in the middle of a thought, twice"):
        finish(runner)
    assert len(open_study(path).trials) == 3


def test_an_error_of_the_strategy_ends_the_run_as_in_this_process(garden: Path) -> None:
    for workers in (0, 1):
        spec = study(workers, "misbehaving", do="raise_studio", at=1)
        with pytest.raises(SpecError, match="strategy.points must be above 0"):
            finish(create_study(spec, garden, garden / f"{workers}.hpostudy"))


def test_two_workers_are_asked_for_and_every_trial_runs_once(garden: Path) -> None:
    path = garden / "two.hpostudy"
    runner = create_study(study(2), garden, path)
    started = [
        event.trial.number
        for event in runner.run()
        if isinstance(event, TrialChanged) and event.trial.state is TrialState.COMPLETE
    ]
    assert sorted(started) == list(range(7))
    assert [str(trial.state) for trial in open_study(path).trials] == ["complete"] * 7


def test_strategies_that_ignore_scores_think_in_place() -> None:
    for strategy in (Random(), Grid()):
        assert make_thinker(study(2), strategy) is None
    assert make_thinker(study(0), Contrary()) is None
    thinker = make_thinker(study(2), Contrary())
    assert thinker is not None
    thinker.close()


def test_a_process_to_think_in_is_kept_ready_where_one_is_needed() -> None:
    reserve.dismiss()
    warm_up(study(1))
    assert len(reserve._waiting[THOUGHT]) == 1
    reserve.dismiss()
    warm_up(study(0))
    warm_up(study(1, "no such strategy"))
    warm_up(study(1, "misbehaving", points=3))
    assert not reserve._waiting.get(THOUGHT)
