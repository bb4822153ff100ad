"""The protocol of all executors, and the values that go in and out."""

from __future__ import annotations

from typing import Protocol, TypeAlias

import msgspec

from hpo_gui.core.trial import Failure, StepScores
from hpo_gui.core.value import Params


class Task(msgspec.Struct, frozen=True):
    """Steps ``first`` … ``last - 1`` of a trial, evaluated in this order by one worker.

    Where each step continues from the state before it, the worker begins with what it finds: the
    newest checkpoint of the trial, else its parent's, else nothing; steps may be done again then.

    Attributes
    ----------
    parent : the trial from whose checkpoint to go on; None to begin from nothing
    begins : the parent's steps, which are not done again
    keep : leave a checkpoint at the end
    needed : others go on from that checkpoint
    spent : seconds that earlier tasks of the trial have taken
    urgent : goes before the tasks that wait
    """

    trial: int
    params: Params
    seed: int
    first: int
    last: int
    parent: int | None = None
    begins: int = 0
    keep: bool = False
    needed: bool = False
    spent: float = 0.0
    urgent: bool = False


class Limits(msgspec.Struct, frozen=True):
    """What one trial may use.

    Attributes
    ----------
    seconds : that the tasks of a trial take together; None for no limit
    memory_mb : resident memory of the worker above what it held before its first trial, in MiB
    """

    seconds: float | None = None
    memory_mb: int | None = None


class StepDone(msgspec.Struct, frozen=True):
    """A step gave scores. ``seconds`` is how long it took, ``at`` when it ended (since 1970)."""

    trial: int
    index: int
    scores: StepScores
    seconds: float
    at: float


class TaskEnded(msgspec.Struct, frozen=True):
    """A task is over, with all its steps done unless ``failure`` says why not.

    Attributes
    ----------
    stopped : it ended early because `Executor.stop` asked for it
    over : there was nothing left to learn, although steps may remain
    output : the end of what the worker printed during the task
    unkept : why its checkpoint could not be kept; "" where it was, or was not wanted
    """

    trial: int
    failure: Failure | None
    at: float
    stopped: bool = False
    output: str = ""
    over: bool = False
    unkept: str = ""


class TaskStarted(msgspec.Struct, frozen=True):
    """A worker took a task up."""

    trial: int
    worker: int
    at: float


Outcome: TypeAlias = TaskStarted | StepDone | TaskEnded


class Executor(Protocol):
    """Where steps run. All methods are called from one thread; only `wake` from any."""

    @property
    def workers(self) -> int:
        """How many tasks can run at once."""
        ...

    def submit(self, task: Task) -> None:
        """Queue a task; at most one task of a trial at a time."""
        ...

    def collect(self, timeout: float) -> list[Outcome]:
        """What happened since the last call; waits up to ``timeout`` seconds for something.

        Every task submitted ends in exactly one `TaskEnded`, whatever happens to its worker.
        """
        ...

    def stop(self, trial: int) -> None:
        """Ask a task to end after its current step; queued tasks end at once."""
        ...

    def kill(self, trial: int, reason: str = "stopped by the user") -> None:
        """End a task now (< 200 ms), killing its worker, which is replaced; no error if over."""
        ...

    def resize(self, workers: int) -> None:
        """Change the number of workers; surplus busy ones leave after their task."""
        ...

    def wake(self) -> None:
        """Let a waiting `collect` return at once; may be called from any thread."""
        ...

    def close(self) -> None:
        """Kill what runs and free everything; may be called twice."""
        ...
