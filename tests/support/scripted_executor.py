"""An executor without processes, whose trials take one turn of the loop a step."""

from __future__ import annotations

from collections.abc import Callable

from hpo_gui.core.trial import Failure
from hpo_gui.execution.executor import Outcome, StepDone, Task, TaskEnded, TaskStarted


class Scripted:
    """Runs one step of the oldest task a `collect`; ``script`` may give a failure instead."""

    def __init__(self, workers: int = 1, script: Callable[[Task], Failure | None] | None = None):
        self.workers = workers
        self.queue: list[Task] = []
        self.steps: dict[int, int] = {}
        self.outcomes: list[Outcome] = []
        self.killed: list[int] = []
        self.submitted: list[Task] = []
        self.busy: list[int] = []
        self.closed = 0
        self.now = 1000.0
        self._script = script or (lambda task: None)

    def submit(self, task: Task) -> None:
        self.queue.append(task)
        self.submitted.append(task)

    def collect(self, timeout: float) -> list[Outcome]:
        self.now += 1
        self.busy.append(len(self.queue))
        for task in self.queue[: self.workers]:
            self._advance(task)
        outcomes, self.outcomes = self.outcomes, []
        return outcomes

    def _advance(self, task: Task) -> None:
        if task.trial not in self.steps:
            self.steps[task.trial] = task.first
            self.outcomes.append(TaskStarted(task.trial, 0, self.now))
        failure = self._script(task)
        if failure is None:
            index = self.steps[task.trial]
            scores = {"loss": task.params["x"] + index}
            self.outcomes.append(StepDone(task.trial, index, scores, 1.0, self.now))
            self.steps[task.trial] += 1
        if failure is not None or self.steps[task.trial] == task.last:
            self._end(task, failure)

    def _end(self, task: Task, failure: Failure | None, *, stopped: bool = False) -> None:
        self.queue.remove(task)
        self.outcomes.append(TaskEnded(task.trial, failure, self.now, stopped))

    def stop(self, trial: int) -> None:
        for task in [t for t in self.queue if t.trial == trial]:
            self._end(task, None, stopped=True)

    def kill(self, trial: int, reason: str = "stopped by the user") -> None:
        self.killed.append(trial)
        for task in [t for t in self.queue if t.trial == trial]:
            self._end(task, Failure("stopped", reason))

    def resize(self, workers: int) -> None:
        self.workers = workers

    def wake(self) -> None:
        pass

    def close(self) -> None:
        self.closed += 1
