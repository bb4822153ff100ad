"""A worker as the pool sees it: its process, its pipe, its tasks."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from hpo_gui.execution import output, processes, reserve, worker
from hpo_gui.execution.executor import Task
from hpo_gui.execution.messages import Assign, FromWorker, Leave, Recall, Setup


@dataclass(eq=False)
class Job:
    """A task on its way through the pool.

    Attributes
    ----------
    serial : a number that no other task has
    handle : the worker that has it; None while it waits in the pool
    began : when the worker took it up (monotonic); None before
    over : its end has been reported; what the worker still says of it is ignored
    doomed : it was killed before it began; should it begin nevertheless, its worker dies
    recalled : the worker was asked to give it back for another one
    """

    serial: int
    task: Task
    handle: WorkerHandle | None = None
    began: float | None = None
    over: bool = False
    doomed: bool = False
    recalled: bool = False


@dataclass(eq=False)
class WorkerHandle:
    """One worker process; the pool decides what it does.

    Attributes
    ----------
    number : place in the pool, which a replacement inherits
    printed : file that holds what the worker prints
    jobs : at most two: the one it works on, and the one that waits in the worker
    baseline_mb : resident memory when the worker was ready
    leaving : it gets no more tasks and ends after those it has
    """

    number: int
    process: SpawnProcess
    connection: Connection[Any, Any]
    printed: Path
    jobs: list[Job] = field(default_factory=list)
    ready: bool = False
    leaving: bool = False
    baseline_mb: float = 0.0

    @classmethod
    def start(cls, number: int, setup: Setup, printed: Path) -> WorkerHandle:
        """Start a worker; it says `Ready` some time later."""
        name = f"hpo-worker-{number}"
        process, connection = reserve.start(worker.main, name, number, printed)
        handle = cls(number, process, connection, printed)
        handle._send(setup)
        return handle

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def running(self) -> Job | None:
        """The task that has begun."""
        return self.jobs[0] if self.jobs and self.jobs[0].began is not None else None

    @property
    def seconds_running(self) -> float:
        job = self.running
        return 0.0 if job is None or job.began is None else time.monotonic() - job.began

    @property
    def seconds_spent(self) -> float:
        """Seconds that the trial has taken so far; 0 while there is none."""
        job = self.running
        return 0.0 if job is None else self.seconds_running + job.task.spent

    @property
    def memory_mb(self) -> float:
        """Resident memory above the baseline in MiB."""
        return processes.resident_mb(self.pid) - self.baseline_mb

    @property
    def is_dead(self) -> bool:
        return self.process.exitcode is not None

    def assign(self, job: Job) -> None:
        job.handle = self
        self.jobs.append(job)
        self._send(Assign(job.serial, job.task))

    def ask_to_leave(self, job: Job) -> None:
        """Ask to skip a task, or to end it after its current step."""
        self._send(Leave(job.serial))

    def recall(self, job: Job) -> None:
        """Ask to give back a task that has not begun."""
        job.recalled = True
        self._send(Recall(job.serial))

    def release(self, job: Job) -> None:
        """The worker has nothing to do with a task any more."""
        self.jobs.remove(job)
        job.handle, job.began, job.recalled = None, None, False

    def _send(self, message: object) -> None:
        # A pipe that breaks here belongs to a worker that has just died: its sentinel tells.
        with contextlib.suppress(OSError):
            self.connection.send(message)

    def read(self) -> list[FromWorker]:
        """All messages that have arrived, those before the death of the worker included."""
        messages: list[FromWorker] = []
        with contextlib.suppress(EOFError, OSError):
            while self.connection.poll():
                messages += self.connection.recv()
        return messages

    def last_output(self) -> str:
        return output.tail(self.printed)

    def kill(self) -> None:
        """Kill the process and what it has started, dead or alive; `reap` must follow."""
        processes.kill(self.process)
        self.connection.close()

    def reap(self, timeout: float = 0.0) -> bool:
        """Free what a dead process leaves; False while it is still dying."""
        self.process.join(timeout)
        if self.process.exitcode is None:
            return False
        self.process.close()
        with contextlib.suppress(OSError):
            self.printed.unlink(missing_ok=True)
        return True
