"""Tasks that learn: they go on from checkpoints exactly, and say what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from execution_objectives import Learner
from pool_testing import ends_of

from hpo_gui.core.trial import Learned
from hpo_gui.execution import task_run
from hpo_gui.execution.checkpoints import Checkpoints
from hpo_gui.execution.executor import Executor, Outcome, StepDone, Task
from hpo_gui.execution.inline import InlineExecutor
from hpo_gui.execution.process_pool import ProcessPool

KEY = bytes(32)


@pytest.fixture(params=["inline", "processes"])
def make(request: pytest.FixtureRequest, tmp_path: Path):
    made: list[Executor] = []

    def make_one() -> Executor:
        checkpoints = Checkpoints(tmp_path, KEY)
        if request.param == "inline":
            made.append(InlineExecutor(Learner, checkpoints=checkpoints))
        else:
            made.append(ProcessPool(Learner, 1, checkpoints=checkpoints))
        return made[-1]

    yield make_one
    for executor in made:
        executor.close()


Make = Callable[[], Executor]


def run(executor: Executor, *tasks: Task) -> list[Outcome]:
    events: list[Outcome] = []
    for task in tasks:
        executor.submit(task)
    while len(ends_of(events)) < len(tasks):
        events += executor.collect(1.0)
    return events


def scores(events: list[Outcome]) -> dict[int, float]:
    done = [event for event in events if isinstance(event, StepDone)]
    assert all(isinstance(event.scores, Learned) for event in done)
    return {event.index: event.scores.folds["score"][0] for event in done}


def task(trial: int, first: int, last: int, **options) -> Task:
    params = {"x": options.pop("x", 1), **options.pop("params", {})}
    return Task(trial, params, 0, first, last, **options)


def test_a_trial_goes_on_from_its_checkpoint(make: Make) -> None:
    executor = make()
    assert scores(run(executor, task(0, 0, 2, keep=True))) == {0: 1, 1: 2}
    assert scores(run(executor, task(0, 2, 6))) == {2: 3, 3: 4, 4: 5, 5: 6}


def test_another_executor_goes_on_from_it_too(make: Make) -> None:
    run(make(), task(0, 0, 2, keep=True))
    assert scores(run(make(), task(0, 2, 4))) == {2: 3, 3: 4}


def test_without_a_checkpoint_everything_is_done_again(make: Make, tmp_path: Path) -> None:
    executor = make()
    run(executor, task(0, 0, 3))
    assert Checkpoints(tmp_path, KEY).load(0) is None
    assert scores(run(executor, task(0, 3, 5))) == {0: 1, 1: 2, 2: 3, 3: 4, 4: 5}


def test_a_checkpoint_that_is_ahead_of_what_was_told_is_not_used(make: Make) -> None:
    executor = make()
    run(executor, task(0, 0, 4, keep=True))
    assert scores(run(executor, task(0, 2, 3))) == {0: 1, 1: 2, 2: 3}


def test_a_child_goes_on_from_its_parents_state_with_parameters_of_its_own(make: Make) -> None:
    executor = make()
    run(executor, task(0, 0, 2, keep=True))
    child = task(1, 2, 4, x=10, parent=0, begins=2, keep=True)
    assert scores(run(executor, child)) == {2: 12, 3: 22}
    grandchild = task(2, 4, 5, x=100, parent=1, begins=4)
    assert scores(run(executor, grandchild)) == {4: 122}


@pytest.mark.parametrize("begins", [1, 3])
def test_a_child_fails_where_its_parents_state_is_another_one(make: Make, begins: int) -> None:
    executor = make()
    run(executor, task(0, 0, 2, keep=True))
    end = ends_of(run(executor, task(1, begins, 5, parent=0, begins=begins)))[1]
    assert end.failure is not None
    assert f"must be there, after {begins} steps" in end.failure.message


def test_a_child_fails_where_its_parents_state_is_damaged(make: Make, tmp_path: Path) -> None:
    executor = make()
    run(executor, task(0, 0, 2, keep=True))
    Checkpoints(tmp_path, KEY).path(0).write_bytes(b"noise")
    end = ends_of(run(executor, task(1, 2, 4, parent=0, begins=2)))[1]
    assert end.failure is not None
    assert "checkpoint of trial 0" in end.failure.message
    assert "missing or damaged" in end.failure.message
    assert "None" not in end.failure.message


def test_there_may_be_nothing_left_to_learn(make: Make) -> None:
    events = run(make(), task(0, 0, 6, x=60))
    assert scores(events) == {0: 60, 1: 120}
    end = ends_of(events)[0]
    assert (end.failure, end.stopped, end.over) == (None, False, True)


def test_a_state_that_cannot_be_pickled_matters_only_where_it_is_needed(make: Make) -> None:
    params = {"do": "unpicklable", "at": 2}
    executor = make()
    end = ends_of(run(executor, task(0, 0, 3, params=params)))[0]
    assert (end.failure, end.unkept) == (None, "")
    end = ends_of(run(executor, task(1, 0, 3, params=params, keep=True)))[1]
    assert end.failure is None
    assert "must be something that can be pickled" in end.unkept
    end = ends_of(run(executor, task(2, 0, 3, params=params, keep=True, needed=True)))[2]
    assert end.failure is not None
    assert "must be something that can be pickled" in end.failure.message
    assert "Return plain values" in end.failure.message


def test_a_killed_worker_costs_no_more_than_the_steps_since_the_last_checkpoint(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(task_run, "SAVE_SECONDS", 0.0)  # the inline executor runs in this process
    checkpoints = Checkpoints(tmp_path, KEY)
    checkpoints.save(0, 2, [5.0, 5.0])
    assert scores(run(make(), task(0, 3, 4, x=1))) == {2: 11, 3: 12}
