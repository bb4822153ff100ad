"""What a pool and its workers say to each other, each over a pipe of its own.

Every task that is sent has a serial number; one that was given back and is sent again gets a new
one, so that no late message can be mistaken for another task's.

parent → worker: `Setup` first, then `Assign`, `Leave`, `Recall`
worker → parent: `Ready` or `NotReady` once, then lists of `Report` and `Skipped`
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from hpo_gui.core.trial import Failure
from hpo_gui.execution.checkpoints import Checkpoints
from hpo_gui.execution.executor import Outcome, Task


class Setup(msgspec.Struct, frozen=True):
    """The first message to a worker.

    Attributes
    ----------
    factory : pickled
    memory_mb : what a trial may use
    checkpoints : where the states of trials are kept; None for nowhere
    """

    factory: bytes
    memory_mb: int | None
    checkpoints: Checkpoints | None = None


class Assign(msgspec.Struct, frozen=True):
    """Evaluate a task, after those assigned before."""

    serial: int
    task: Task


class Leave(msgspec.Struct, frozen=True):
    """Skip a task that has not begun; end one that has after its current step."""

    serial: int


class Recall(msgspec.Struct, frozen=True):
    """Give back a task that has not begun, for another worker; else carry on."""

    serial: int


class Ready(msgspec.Struct, frozen=True):
    """The objective is built."""


class NotReady(msgspec.Struct, frozen=True):
    """The objective cannot be built; the worker ends."""

    failure: Failure


class Report(msgspec.Struct, frozen=True):
    """Something happened to a task."""

    serial: int
    outcome: Outcome


class Skipped(msgspec.Struct, frozen=True):
    """A task was given up or given back before it began."""

    serial: int


ToWorker: TypeAlias = Assign | Leave | Recall
FromWorker: TypeAlias = Ready | NotReady | Report | Skipped
