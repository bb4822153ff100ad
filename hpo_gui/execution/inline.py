"""Executor in the calling process, step by step: for debugging, and for tests."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from dataclasses import dataclass

from hpo_gui.core.errors import ExecutionError
from hpo_gui.core.objective import Objective, ObjectiveFactory
from hpo_gui.core.trial import Failure
from hpo_gui.execution import failures, processes
from hpo_gui.execution.checkpoints import Checkpoints
from hpo_gui.execution.executor import Limits, Outcome, Task, TaskEnded, TaskStarted
from hpo_gui.execution.task_run import TaskRun

SLICE_SECONDS = 0.05  # of steps in one `collect`, so that the caller stays responsive


@dataclass
class _Current:
    """The task being evaluated; ``run`` is None before it has begun."""

    task: Task
    began: float
    run: TaskRun | None = None
    stopped: bool = False


class InlineExecutor:
    """Runs tasks inside `collect`; `executor.Executor` describes its methods.

    What the objective prints goes where the program prints. Limits and stops take effect between
    two steps: a step that never ends is never ended.

    Parameters
    ----------
    factory : makes the objective, at the first task
    limits : what one trial may use; the memory is that of the whole program
    checkpoints : where the states of trials are kept; None for nowhere
    """

    def __init__(
        self,
        factory: ObjectiveFactory,
        limits: Limits = Limits(),
        checkpoints: Checkpoints | None = None,
    ) -> None:
        self._factory = factory
        self._checkpoints = checkpoints
        self._limits = limits
        self._objective: Objective | None = None
        self._cannot_start: Failure | None = None
        self._queue: deque[Task] = deque()
        self._current: _Current | None = None
        self._events: list[Outcome] = []
        self._bell = threading.Event()
        self._baseline_mb = 0.0
        self._closed = False

    @property
    def workers(self) -> int:
        return 1

    def submit(self, task: Task) -> None:
        if self._closed:
            raise ExecutionError("The executor", "must be open to take a task")
        if self._is_current(task.trial) or any(task.trial == other.trial for other in self._queue):
            raise ExecutionError("task.trial", "must not be queued or running", task.trial)
        if task.urgent:
            self._queue.appendleft(task)
        else:
            self._queue.append(task)

    def collect(self, timeout: float) -> list[Outcome]:
        if self._events or self._closed or self._current is not None or self._queue:
            end = time.monotonic() + SLICE_SECONDS
            while self._advance() and time.monotonic() < end and not self._bell.is_set():
                pass
        else:
            self._bell.wait(timeout)
        self._bell.clear()
        events, self._events = self._events, []
        return events

    def stop(self, trial: int) -> None:
        if self._current is not None and self._is_current(trial):
            self._current.stopped = True
        else:
            self._drop_queued(trial, None, stopped=True)

    def kill(self, trial: int, reason: str = "stopped by the user") -> None:
        failure = Failure("stopped", reason)
        if self._is_current(trial):
            self._end(failure)
        else:
            self._drop_queued(trial, failure)

    def resize(self, workers: int) -> None:
        """There is always one worker."""

    def wake(self) -> None:
        self._bell.set()

    def close(self) -> None:
        failure = Failure("interrupted", "The executor was closed.")
        if self._current is not None:
            self._end(failure)
        for task in list(self._queue):
            self._drop_queued(task.trial, failure)
        self._closed = True
        self._bell.set()

    def _is_current(self, trial: int) -> bool:
        return self._current is not None and self._current.task.trial == trial

    def _drop_queued(self, trial: int, failure: Failure | None, *, stopped: bool = False) -> None:
        for task in list(self._queue):
            if task.trial == trial:
                self._queue.remove(task)
                self._events.append(TaskEnded(trial, failure, time.time(), stopped))

    def _advance(self) -> bool:
        """Begin a task, or do one step; False when there is nothing to do."""
        if self._current is None:
            if not self._queue:
                return False
            self._begin(self._queue.popleft())
            return True
        current = self._current
        try:
            if current.run is None:
                self._begin_run(current)
            elif current.run.is_done or current.stopped:
                self._leave(current, current.run)
            else:
                self._step(current, current.run)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a raising trial is data
            self._end(failures.raised(error, memory_mb=self._limits.memory_mb))
        return True

    def _begin(self, task: Task) -> None:
        self._events.append(TaskStarted(task.trial, 0, time.time()))
        self._current = _Current(task, time.monotonic())

    def _begin_run(self, current: _Current) -> None:
        if self._objective is None and self._cannot_start is None:
            self._build()
        if self._objective is None:
            self._end(self._cannot_start)
        else:
            current.run = TaskRun(self._objective, current.task, self._checkpoints)

    def _build(self) -> None:
        try:
            self._objective = self._factory()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - reported, whatever it is
            self._cannot_start = failures.cannot_start(failures.raised(error))
        self._baseline_mb = processes.resident_mb(os.getpid())

    def _step(self, current: _Current, run: TaskRun) -> None:
        self._events.append(run.step())
        run.keep_now_and_then()
        self._enforce_limits(current)

    def _leave(self, current: _Current, run: TaskRun) -> None:
        unkept = run.leave(stopped=current.stopped)
        self._end(None, stopped=not run.is_done, over=run.is_over, unkept=unkept)

    def _enforce_limits(self, current: _Current) -> None:
        """Fail a task that has gone over a limit."""
        seconds, memory_mb = self._limits.seconds, self._limits.memory_mb
        spent = time.monotonic() - current.began + current.task.spent
        if seconds is not None and spent > seconds:
            self._end(failures.too_slow(seconds))
        elif memory_mb is not None:
            used = processes.resident_mb(os.getpid()) - self._baseline_mb
            if used > memory_mb:
                self._end(failures.too_large(memory_mb, used))

    def _end(
        self,
        failure: Failure | None,
        *,
        stopped: bool = False,
        over: bool = False,
        unkept: str = "",
    ) -> None:
        assert self._current is not None
        trial, self._current = self._current.task.trial, None
        now = time.time()
        self._events.append(TaskEnded(trial, failure, now, stopped, over=over, unkept=unkept))
