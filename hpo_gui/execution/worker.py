"""A worker: builds the objective once, then evaluates tasks step by step until it is killed.

Three threads: the main one computes, one listens to the parent (and ends the process when the
parent is gone), one sends what has been held back. Results of steps that follow each other within
`CHUNK_SECONDS` travel together.
"""

from __future__ import annotations

import contextlib
import math
import pickle
import queue
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hpo_gui.core.objective import Objective
from hpo_gui.core.trial import Failure
from hpo_gui.execution import failures, output, processes
from hpo_gui.execution.executor import TaskEnded, TaskStarted
from hpo_gui.execution.messages import (
    Assign,
    FromWorker,
    Leave,
    NotReady,
    Ready,
    Report,
    Setup,
    Skipped,
    ToWorker,
)
from hpo_gui.execution.task_run import TaskRun

CHUNK_SECONDS = 0.05


def main(connection: Connection[Any, Any], number: int, printed: Path) -> None:
    """Run a worker; the target of its process."""
    processes.settle_in()
    output.capture(printed)
    outbox = Outbox(connection)
    inbox = Inbox(connection, printed, outbox)
    setup = inbox.setup()
    objective = _build(setup, outbox)
    if objective is None:
        return
    processes.limit_threads()
    processes.limit_memory(setup.memory_mb)
    outbox.put(Ready(), now=True)
    while True:
        job = inbox.next_job()
        output.empty(printed)
        outbox.put(Report(job.serial, TaskStarted(job.task.trial, number, time.time())), now=True)
        ended = _evaluate(objective, job, inbox, outbox, setup, printed)
        inbox.finish(job.serial)
        outbox.put(Report(job.serial, ended), now=not inbox.has_jobs())


class Inbox:
    """What the parent has sent: tasks, and which of them it does not want any more."""

    def __init__(self, connection: Connection[Any, Any], printed: Path, outbox: Outbox) -> None:
        self._connection = connection
        self._outbox = outbox
        self._printed = printed
        self._setup: queue.SimpleQueue[Setup] = queue.SimpleQueue()
        self._jobs: queue.SimpleQueue[Assign] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._wanted: set[int] = set()  # serials of tasks that are wanted
        self._begun: int | None = None
        threading.Thread(target=self._listen, name="inbox", daemon=True).start()

    def setup(self) -> Setup:
        return self._setup.get()

    def has_jobs(self) -> bool:
        return not self._jobs.empty()

    def next_job(self) -> Assign:
        """Wait for a task that is still wanted, and begin it."""
        while True:
            job = self._jobs.get()
            with self._lock:
                if job.serial in self._wanted:
                    self._begun = job.serial
                    return job

    def is_wanted(self, serial: int) -> bool:
        return serial in self._wanted

    def finish(self, serial: int) -> None:
        with self._lock:
            self._begun = None
            self._wanted.discard(serial)

    def _listen(self) -> None:
        try:
            while processes.wait_for_parent(self._connection):
                message = self._connection.recv()
                if isinstance(message, Setup):
                    self._setup.put(message)
                else:
                    self._receive(message)
        except (EOFError, OSError):
            pass  # the parent is gone, or wants this worker to go
        processes.die(self._printed)

    def _receive(self, message: ToWorker) -> None:
        with self._lock:
            begun = message.serial == self._begun
            if isinstance(message, Assign):
                self._wanted.add(message.serial)
                self._jobs.put(message)
            elif message.serial in self._wanted and (isinstance(message, Leave) or not begun):
                self._wanted.discard(message.serial)
                if not begun:
                    # At once, not when its turn comes: another worker may wait for it.
                    self._outbox.put(Skipped(message.serial), now=True)


class Outbox:
    """Sends messages to the parent, those of short steps together."""

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._held: list[FromWorker] = []
        self._sent_at = -math.inf
        self._holding = threading.Event()
        threading.Thread(target=self._send_late, name="outbox", daemon=True).start()

    def put(self, message: FromWorker, *, now: bool = False) -> None:
        """Send a message at once, or with others within `CHUNK_SECONDS`; the order is kept."""
        with self._lock:
            self._held.append(message)
            if now or time.monotonic() >= self._sent_at + CHUNK_SECONDS:
                self._send()
            else:
                self._holding.set()

    def _send(self) -> None:
        held, self._held = self._held, []
        self._sent_at = time.monotonic()
        self._holding.clear()
        with contextlib.suppress(OSError):  # the parent is gone: the inbox ends this process
            self._connection.send(held)

    def _send_late(self) -> None:
        while True:
            self._holding.wait()
            time.sleep(max(0.0, self._sent_at + CHUNK_SECONDS - time.monotonic()))
            with self._lock:
                if self._held and time.monotonic() >= self._sent_at + CHUNK_SECONDS:
                    self._send()


def _build(setup: Setup, outbox: Outbox) -> Objective | None:
    """Make the objective; tells the parent why where that fails."""
    try:
        objective: Objective = pickle.loads(setup.factory)()
    except BaseException as error:  # noqa: BLE001 - reported, whatever it is
        outbox.put(NotReady(failures.raised(error)), now=True)
        return None
    return objective


def _evaluate(
    objective: Objective,
    job: Assign,
    inbox: Inbox,
    outbox: Outbox,
    setup: Setup,
    printed: Path,
) -> TaskEnded:
    """Evaluate the steps of a task; whatever they raise becomes its failure."""
    task = job.task
    failure: Failure | None = None
    stopped = over = False
    unkept = ""
    try:
        run = TaskRun(objective, task, setup.checkpoints)
        while not run.is_done and not stopped:
            if inbox.is_wanted(job.serial):
                outbox.put(Report(job.serial, run.step()))
                run.keep_now_and_then()
            else:
                stopped = True
        over = run.is_over
        unkept = run.leave(stopped=stopped)
    except BaseException as error:  # noqa: BLE001 - SystemExit included: it is data
        failure = failures.raised(error, memory_mb=setup.memory_mb)
    output.flush()
    text = output.tail(printed)
    if failure is not None and text:
        failure = Failure(
            failure.kind, failure.message, f"{failure.traceback}\n--- last output ---\n{text}"
        )
    return TaskEnded(task.trial, failure, time.time(), stopped, text, over, unkept)
