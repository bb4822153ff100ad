"""Every executor keeps these promises."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from execution_objectives import Broken, scripted

from hpo_gui.core.errors import ExecutionError
from hpo_gui.execution.executor import (
    Executor,
    Limits,
    Outcome,
    StepDone,
    Task,
    TaskEnded,
    TaskStarted,
)
from hpo_gui.execution.inline import InlineExecutor
from hpo_gui.execution.process_pool import ProcessPool

Make = Callable[..., Executor]
KINDS = ("inline", "processes")


def _make(kind: str, factory=scripted, workers: int = 2, limits: Limits = Limits()) -> Executor:
    if kind == "inline":
        return InlineExecutor(factory, limits)
    return ProcessPool(factory, workers, limits)


@pytest.fixture(scope="module", params=KINDS)
def executor(request) -> Iterator[Executor]:
    """Shared by tests that leave no worker behind in another state."""
    shared = _make(request.param)
    yield shared
    shared.close()


@pytest.fixture(params=KINDS)
def make(request) -> Iterator[Make]:
    made: list[Executor] = []

    def build(*arguments, **options) -> Executor:
        made.append(_make(request.param, *arguments, **options))
        return made[-1]

    yield build
    for executor in made:
        executor.close()


_numbers = itertools.count()


def _task(do: str = "score", *, steps: int = 5, first: int = 0, seed: int = 3, **params) -> Task:
    return Task(next(_numbers), {"do": do, **params}, seed, first, steps)


def _collect_until(executor: Executor, enough: Callable[[list[Outcome]], bool]) -> list[Outcome]:
    events: list[Outcome] = []
    deadline = time.monotonic() + 60
    while not enough(events):
        assert time.monotonic() < deadline, events
        events += executor.collect(1.0)
    return events


def _run(executor: Executor, *tasks: Task) -> list[Outcome]:
    for task in tasks:
        executor.submit(task)
    trials = {task.trial for task in tasks}
    return _collect_until(executor, lambda events: trials <= _ends(events).keys())


def _ends(events: list[Outcome]) -> dict[int, TaskEnded]:
    return {event.trial: event for event in events if isinstance(event, TaskEnded)}


def _end(events: list[Outcome], task: Task) -> TaskEnded:
    return _ends(events)[task.trial]


def _has_begun(task: Task) -> Callable[[list[Outcome]], bool]:
    return lambda events: any(
        isinstance(event, TaskStarted) and event.trial == task.trial for event in events
    )


def test_a_task_starts_gives_its_steps_in_order_and_ends(executor: Executor) -> None:
    task = _task(x=10)
    before = time.time()
    events = _run(executor, task)
    assert isinstance(events[0], TaskStarted)
    assert isinstance(events[-1], TaskEnded)
    steps = events[1:-1]
    assert [step.index for step in steps if isinstance(step, StepDone)] == [0, 1, 2, 3, 4]
    assert [step.scores["score"] for step in steps if isinstance(step, StepDone)] == [
        10,
        11,
        12,
        13,
        14,
    ]
    assert events[-1] == TaskEnded(task.trial, None, events[-1].at)
    ats = [event.at for event in events]
    assert ats == sorted(ats)
    assert before - 1 <= ats[0] <= time.time() + 1


def test_the_state_goes_from_step_to_step_and_begins_with_the_seed(executor: Executor) -> None:
    events = _run(executor, _task(seed=41))
    assert [event.scores["seed"] for event in events if isinstance(event, StepDone)] == [
        41,
        42,
        43,
        44,
        45,
    ]


def test_a_task_may_be_a_part_of_the_steps(executor: Executor) -> None:
    events = _run(executor, _task(first=1, steps=3))
    assert [event.index for event in events if isinstance(event, StepDone)] == [1, 2]


def test_every_one_of_many_tiny_tasks_ends_exactly_once(executor: Executor) -> None:
    tasks = [_task(x=number) for number in range(500)]
    events = _run(executor, *tasks)
    assert sorted(_ends(events)) == sorted(task.trial for task in tasks)
    assert sum(isinstance(event, TaskEnded) for event in events) == 500
    assert sum(isinstance(event, TaskStarted) for event in events) == 500
    for task in tasks:
        mine = [event for event in events if event.trial == task.trial]
        assert isinstance(mine[0], TaskStarted)
        assert [event.index for event in mine if isinstance(event, StepDone)] == [0, 1, 2, 3, 4]
        assert isinstance(mine[-1], TaskEnded)
        assert mine[-1].failure is None


@pytest.mark.parametrize(
    ("do", "message"),
    [
        ("raise", "ValueError: C must be positive"),
        ("raise_at_start", "ValueError: no start"),
        ("raise_studio", "kernel must be rbf, but got 'poly'."),
        ("raise_without_text", "SpeechlessError: (its message cannot be shown: RuntimeError)"),
        ("sys_exit", "SystemExit: 3"),
        ("raise_memory", "MemoryError"),
    ],
)
def test_what_the_objective_raises_is_the_failure(
    executor: Executor, do: str, message: str
) -> None:
    failed, sound = _task(do), _task()
    events = _run(executor, failed, sound)
    failure = _end(events, failed).failure
    assert failure is not None
    assert (failure.kind, failure.message) == ("raised", message)
    assert "Traceback (most recent call last)" in failure.traceback
    assert "execution_objectives.py" in failure.traceback
    assert _end(events, sound).failure is None


def test_steps_before_an_exception_are_kept(executor: Executor) -> None:
    events = _run(executor, _task("raise", at=3))
    assert [event.index for event in events if isinstance(event, StepDone)] == [0, 1, 2]


@pytest.mark.parametrize(("do", "part"), [("unpicklable", "'score'"), ("no_tuple", "A step")])
def test_a_result_that_is_no_score_is_raised_with_the_rule(
    executor: Executor, do: str, part: str
) -> None:
    task = _task(do)
    failure = _end(_run(executor, task), task).failure
    assert failure is not None
    assert failure.kind == "raised"
    assert part in failure.message
    assert "must" in failure.message


def test_scores_that_are_not_finite_are_the_business_of_the_study(executor: Executor) -> None:
    task = _task("nan", steps=1)
    events = _run(executor, task)
    assert _end(events, task).failure is None
    step = next(event for event in events if isinstance(event, StepDone))
    assert step.scores["score"] != step.scores["score"]


def test_scores_arrive_as_plain_floats(executor: Executor) -> None:
    events = _run(executor, _task("numpy", steps=1))
    step = next(event for event in events if isinstance(event, StepDone))
    assert type(step.scores["score"]) is float


def test_a_stopped_task_ends_after_its_current_step(executor: Executor) -> None:
    task = _task("sleep", seconds=0.1, steps=100)
    executor.submit(task)
    events = _collect_until(executor, lambda events: any(isinstance(e, StepDone) for e in events))
    executor.stop(task.trial)
    events += _collect_until(executor, lambda events: bool(_ends(events)))
    end = _end(events, task)
    assert end.stopped
    assert end.failure is None
    steps = [event.index for event in events if isinstance(event, StepDone)]
    assert steps == list(range(len(steps)))
    assert len(steps) < 20


def test_stopping_a_task_twice_is_stopping_it(executor: Executor) -> None:
    task = _task("sleep", seconds=0.1, steps=100)
    executor.submit(task)
    _collect_until(executor, _has_begun(task))
    executor.stop(task.trial)
    executor.stop(task.trial)
    assert _end(_collect_until(executor, lambda e: bool(_ends(e))), task).stopped
    assert executor.collect(0.0) == []


def test_queued_tasks_that_are_stopped_or_killed_end_at_once_and_never_start(
    executor: Executor,
) -> None:
    first = [_task("sleep", seconds=0.2, steps=1) for _ in range(executor.workers)]
    stopped, killed = _task(), _task()
    for task in (*first, stopped, killed):
        executor.submit(task)
    executor.stop(stopped.trial)
    executor.kill(killed.trial, "not needed any more")
    events = _collect_until(executor, lambda events: len(_ends(events)) == len(first) + 2)
    assert _end(events, stopped).stopped
    assert _end(events, stopped).failure is None
    failure = _end(events, killed).failure
    assert failure is not None
    assert (failure.kind, failure.message) == ("stopped", "not needed any more")
    begun = {event.trial for event in events if isinstance(event, TaskStarted)}
    assert begun == {task.trial for task in first}


def test_stopping_and_killing_what_is_over_or_unknown_does_nothing(executor: Executor) -> None:
    task = _task()
    _run(executor, task)
    for trial in (task.trial, 10**9):
        executor.stop(trial)
        executor.kill(trial)
    assert executor.collect(0.0) == []


def test_a_killed_task_ends_with_the_reason_and_others_go_on(make: Make) -> None:
    executor = make()
    task, other = _task("sleep", seconds=0.05, steps=10_000), _task("sleep", seconds=0.01)
    executor.submit(task)
    executor.submit(other)
    _collect_until(executor, _has_begun(task))
    executor.kill(task.trial, "stopped by the user")
    events = _collect_until(executor, lambda e: task.trial in _ends(e))
    failure = _end(events, task).failure
    assert failure is not None
    assert (failure.kind, failure.message) == ("stopped", "stopped by the user")
    assert not _end(events, task).stopped
    later = _task()
    events += _run(executor, later)
    assert sum(isinstance(e, TaskEnded) and e.trial == task.trial for e in events) == 1
    assert _end(events, later).failure is None


def test_a_trial_can_be_evaluated_again_after_its_end(executor: Executor) -> None:
    task = _task()
    _run(executor, task)
    events = _run(executor, task)
    assert sum(isinstance(event, StepDone) for event in events) == 5


def test_a_trial_cannot_be_queued_twice_at_once(executor: Executor) -> None:
    task = _task("sleep", seconds=0.1, steps=1)
    executor.submit(task)
    with pytest.raises(ExecutionError, match="must not be queued or running"):
        executor.submit(task)
    assert len(_ends(_collect_until(executor, lambda e: bool(_ends(e))))) == 1


def test_a_time_limit_fails_the_task_and_names_the_limit(make: Make) -> None:
    executor = make(limits=Limits(seconds=0.3))
    slow, quick = _task("sleep", seconds=0.2), _task()
    events = _run(executor, slow, quick)
    failure = _end(events, slow).failure
    assert failure is not None
    assert failure.kind == "time_limit"
    assert "0.3 s" in failure.message
    assert _end(events, quick).failure is None


def test_a_factory_that_raises_fails_every_task_and_is_not_called_for_ever(
    make: Make, tmp_path
) -> None:
    executor = make(Broken(str(tmp_path / "marks")))
    tasks = [_task() for _ in range(20)]
    events = _run(executor, *tasks)
    for task in tasks:
        failure = _end(events, task).failure
        assert failure is not None
        assert failure.kind == "raised"
        assert "ValueError: the data are gone" in failure.message
        assert "Traceback" in failure.traceback
    late = _task()
    assert _end(_run(executor, late), late).failure is not None
    assert len((tmp_path / "marks").read_text()) <= 2


def test_wake_from_another_thread_ends_the_waiting(executor: Executor) -> None:
    waiting = threading.Timer(0.1, executor.wake)
    began = time.monotonic()
    waiting.start()
    assert executor.collect(20.0) == []
    assert time.monotonic() - began < 10
    waiting.join()


def test_a_wake_before_the_waiting_is_not_lost(executor: Executor) -> None:
    executor.wake()
    executor.wake()
    began = time.monotonic()
    assert executor.collect(20.0) == []
    assert time.monotonic() - began < 10


def test_collect_returns_empty_handed_after_its_time(executor: Executor) -> None:
    began = time.monotonic()
    assert executor.collect(0.1) == []
    assert 0.05 < time.monotonic() - began < 5


def test_resizing_loses_no_task(make: Make) -> None:
    executor = make(workers=1)
    tasks = [_task("sleep", seconds=0.01) for _ in range(12)]
    for task in tasks:
        executor.submit(task)
    events = _collect_until(executor, lambda e: len(_ends(e)) >= 2)
    executor.resize(3)
    events += _collect_until(executor, lambda e: len(_ends(e)) >= 3)
    executor.resize(1)
    done = len(_ends(events))
    events += _collect_until(executor, lambda e: len(_ends(e)) >= 12 - done)
    assert len(_ends(events)) == 12
    assert all(end.failure is None for end in _ends(events).values())
    assert executor.workers == 1


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_in_whatever_order_every_task_ends_once(make: Make, seed: int) -> None:
    rng = random.Random(seed)
    executor = make(limits=Limits(seconds=0.5))
    crashes = ["os_exit", "die_by_signal"] if isinstance(executor, ProcessPool) else []
    kinds = ["score"] * 8 + ["raise", "sleep", "sleep", *crashes]
    events: list[Outcome] = []
    submitted: list[int] = []
    for _ in range(300):
        deed = rng.choice(["submit"] * 5 + ["stop", "kill", "resize", "collect", "collect"])
        trial = rng.choice(submitted[-6:]) if submitted else 0
        if deed == "submit":
            task = _task(rng.choice(kinds), seconds=rng.choice([0.001, 0.02]), at=rng.randrange(5))
            executor.submit(task)
            submitted.append(task.trial)
        elif deed == "resize":
            executor.resize(rng.randint(1, 3))
        elif deed == "collect":
            events += executor.collect(rng.choice([0.0, 0.01]))
        else:
            getattr(executor, deed)(trial)
    done = len(_ends(events))
    events += _collect_until(executor, lambda e: done + len(_ends(e)) >= len(submitted))
    events += executor.collect(0.1)
    for trial in submitted:
        _check_story([event for event in events if event.trial == trial])


def _check_story(events: list[Outcome]) -> None:
    """At most one start, then steps in order, then one end."""
    *before, end = events
    assert isinstance(end, TaskEnded)
    steps = before[1:] if before else []
    assert all(isinstance(event, TaskStarted) for event in before[:1])
    assert [event.index for event in steps if isinstance(event, StepDone)] == [*range(len(steps))]
    if end.failure is None and not end.stopped:
        assert len(steps) == 5


def test_closing_ends_what_is_open_and_may_happen_twice(make: Make) -> None:
    executor = make()
    tasks = [_task("sleep", seconds=0.02, steps=1000), _task(), _task()]
    for task in tasks:
        executor.submit(task)
    events = _collect_until(executor, _has_begun(tasks[0]))
    executor.close()
    executor.close()
    events += executor.collect(5.0)
    failure = _end(events, tasks[0]).failure
    assert failure is not None
    assert failure.kind == "interrupted"
    assert len(_ends(events)) == 3
    assert executor.collect(5.0) == []
    executor.wake()
    executor.stop(0)
    executor.kill(0)
    with pytest.raises(ExecutionError, match="open"):
        executor.submit(_task())
