"""Executor on this computer's processor cores: warm processes that can be killed one by one.

Each worker has a pipe of its own and shares no lock, so that a killed one can hurt nobody. Work is
driven by `ProcessPool.collect`: it reads what the workers say, enforces the limits, replaces the
dead and hands out what waits. Where trials are short, a worker is given its next task before it
has finished the first; a task that waits so behind a slow one is called back for an idle worker.
"""

from __future__ import annotations

import itertools
import pickle
import sys
import time
from collections import deque
from multiprocessing.connection import wait
from typing import Any

from hpo_gui.core.errors import ExecutionError
from hpo_gui.core.objective import ObjectiveFactory
from hpo_gui.core.trial import Failure
from hpo_gui.execution import failures, output
from hpo_gui.execution.bell import Bell
from hpo_gui.execution.checkpoints import Checkpoints
from hpo_gui.execution.executor import Limits, Outcome, Task, TaskEnded, TaskStarted
from hpo_gui.execution.messages import FromWorker, NotReady, Ready, Report, Setup
from hpo_gui.execution.staff import Staff
from hpo_gui.execution.worker_handle import Job, WorkerHandle

PREFETCH_SECONDS = 1.0  # trials that take less are handed out one ahead
MEMORY_SECONDS = 0.04  # between two looks at the workers' memory
LIVENESS_SECONDS = 0.5  # between two looks at what pipes and sentinels may fail to tell
MOST_WINDOWS_WORKERS = 30  # Windows waits for 63 objects at once, of which a worker has two


class ProcessPool:
    """Runs tasks in worker processes; `executor.Executor` describes its methods.

    Parameters
    ----------
    factory : makes the objective, once in each worker
    workers : number of processes, which start in the background
    limits : what one trial may use
    checkpoints : where the states of trials are kept; None for nowhere

    Raises
    ------
    ExecutionError : the factory cannot be sent to a process, or the number of workers is wrong
    """

    def __init__(
        self,
        factory: ObjectiveFactory,
        workers: int,
        limits: Limits = Limits(),
        checkpoints: Checkpoints | None = None,
    ) -> None:
        self._workers = _checked(workers)
        self._limits = limits
        self._staff = Staff(Setup(_pickled(factory), limits.memory_mb, checkpoints))
        self._bell = Bell()
        self._queue: deque[Job] = deque()
        self._open: dict[int, Job] = {}  # by trial: all whose end is not reported
        self._held: dict[int, Job] = {}  # by serial: all that a worker has
        self._serials = itertools.count(1)
        self._events: list[Outcome] = []
        self._typical_seconds: float | None = None
        self._next_memory = self._next_liveness = 0.0
        self._closed = False
        self._staff.fill(self._workers)

    @property
    def workers(self) -> int:
        return self._workers

    def submit(self, task: Task) -> None:
        if self._closed:
            raise ExecutionError("The pool of workers", "must be open to take a task")
        if task.trial in self._open:
            raise ExecutionError("task.trial", "must not be queued or running", task.trial)
        job = Job(next(self._serials), task)
        self._open[task.trial] = job
        if task.urgent:
            self._queue.appendleft(job)
        else:
            self._queue.append(job)
        self._dispatch()

    def collect(self, timeout: float) -> list[Outcome]:
        deadline = time.monotonic() + timeout
        while not self._closed:
            self._tend()
            until = 0.0 if self._events else min(deadline, self._next_look())
            rung = self._listen(max(0.0, until - time.monotonic()))
            if self._events or rung or time.monotonic() >= deadline:
                break
        events, self._events = self._events, []
        return events

    def stop(self, trial: int) -> None:
        job = self._find(trial)
        if job is None:
            return
        if job.handle is not None:
            job.handle.ask_to_leave(job)
        if job.began is None:
            self._end(job, stopped=True)

    def kill(self, trial: int, reason: str = "stopped by the user") -> None:
        job = self._find(trial)
        if job is None:
            return
        failure = Failure("stopped", reason)
        if job.handle is not None and job.began is not None:
            self._execute(job.handle, failure, job.handle.last_output())
            return
        if job.handle is not None:
            job.doomed = True
            job.handle.ask_to_leave(job)
        self._end(job, failure)

    def resize(self, workers: int) -> None:
        self._workers = _checked(workers)
        if not self._closed:
            self._staff.try_again()
            self._staff.fill(workers)

    def wake(self) -> None:
        self._bell.ring()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._staff.close()
        self._bell.close()
        for job in list(self._open.values()):
            self._end(job, Failure("interrupted", "The workers were closed."))

    # A round of `collect`: do what is due, then listen.

    def _tend(self) -> None:
        """Enforce limits, replace dead workers, hand out tasks."""
        now = time.monotonic()
        self._enforce_time()
        if self._limits.memory_mb is not None and now >= self._next_memory:
            self._next_memory = now + MEMORY_SECONDS
            self._enforce_memory(self._limits.memory_mb)
        if now >= self._next_liveness:
            self._next_liveness = now + LIVENESS_SECONDS
            for handle in list(self._staff.handles):
                output.trim(handle.printed)
                if handle.is_dead:
                    self._hear(handle)
        self._staff.fill(self._workers)
        if self._staff.failure is not None:
            self._give_up(self._staff.failure)
        self._dispatch()

    def _next_look(self) -> float:
        """When something must be done although no worker says a word (monotonic seconds)."""
        times = [self._next_liveness]
        if self._limits.memory_mb is not None:
            times.append(self._next_memory)
        if self._limits.seconds is not None:
            times += [
                handle.jobs[0].began + self._limits.seconds - handle.jobs[0].task.spent
                for handle in self._staff.handles
                if handle.jobs and handle.jobs[0].began is not None
            ]
        return min(times)

    def _listen(self, timeout: float) -> bool:
        """Wait for workers to say something or to die; True when `wake` was called."""
        speakers: dict[Any, WorkerHandle] = {}
        for handle in self._staff.handles:
            speakers[handle.connection] = handle
            speakers[handle.process.sentinel] = handle
        heard = wait([*speakers, self._bell.heard_at], timeout)
        for handle in {speakers[item] for item in heard if item in speakers}:
            self._hear(handle)
        return self._bell.silence()

    def _hear(self, handle: WorkerHandle) -> None:
        """Take in what a worker has said, and its death."""
        dead = handle.is_dead  # asked first: what it said before its death is read below
        for message in handle.read():
            if handle in self._staff.handles:  # it may be killed on the way
                self._understand(handle, message)
        if dead and handle in self._staff.handles:
            self._bury(handle)

    def _understand(self, handle: WorkerHandle, message: FromWorker) -> None:
        if isinstance(message, Ready):
            self._staff.note_ready(handle)
        elif isinstance(message, NotReady):
            self._staff.note_failed_start(failures.cannot_start(message.failure), hopeless=True)
            self._dismiss(handle)
        elif isinstance(message, Report):
            self._note(handle, self._held[message.serial], message.outcome)
        else:
            job = self._held[message.serial]
            self._release(handle, job)
            if not job.over:
                self._queue.appendleft(job)
        self._dispatch()

    def _note(self, handle: WorkerHandle, job: Job, outcome: Outcome) -> None:
        """Pass on what happened to a task, unless its end has been reported before."""
        if isinstance(outcome, TaskStarted):
            job.began = time.monotonic()
            if job.doomed:
                self._dismiss(handle)
        elif isinstance(outcome, TaskEnded):
            seconds, typical = handle.seconds_running, self._typical_seconds
            self._typical_seconds = seconds if typical is None else (typical + seconds) / 2
            self._release(handle, job)
        if not job.over:
            self._events.append(outcome)
            if isinstance(outcome, TaskEnded):
                self._close_job(job)

    # The ends of tasks and of workers.

    def _find(self, trial: int) -> Job | None:
        """A task that is not over, according to the newest word of its worker."""
        job = self._open.get(trial)
        if job is not None and job.handle is not None:
            self._hear(job.handle)
        return self._open.get(trial)

    def _end(
        self, job: Job, failure: Failure | None = None, *, stopped: bool = False, text: str = ""
    ) -> None:
        """Report the end of a task in the worker's stead."""
        self._events.append(TaskEnded(job.task.trial, failure, time.time(), stopped, text))
        self._close_job(job)

    def _close_job(self, job: Job) -> None:
        job.over = True
        del self._open[job.task.trial]
        if job.handle is None and job in self._queue:
            self._queue.remove(job)

    def _execute(self, handle: WorkerHandle, failure: Failure, text: str) -> None:
        """Kill a worker for what it works on."""
        job = handle.running
        assert job is not None
        if not job.over:
            self._end(job, failure, text=text)
        self._dismiss(handle)

    def _bury(self, handle: WorkerHandle) -> None:
        """A worker has died by itself: its task has failed, or it did not even get ready."""
        exitcode, text = handle.process.exitcode, handle.last_output()
        if not handle.ready:
            self._staff.note_failed_start(failures.died_at_start(exitcode, text))
        job = handle.running
        if job is not None and not job.over:
            self._end(job, failures.crashed(exitcode, text), text=text)
        self._dismiss(handle)

    def _dismiss(self, handle: WorkerHandle) -> None:
        """Kill a worker and what it has left behind; tasks that it has not begun queue again."""
        handle.kill()
        self._staff.drop(handle)
        for job in reversed(handle.jobs.copy()):
            begun = job.began is not None
            self._release(handle, job)
            if not job.over and not begun:
                self._queue.appendleft(job)

    def _release(self, handle: WorkerHandle, job: Job) -> None:
        handle.release(job)
        del self._held[job.serial]

    def _give_up(self, failure: Failure) -> None:
        """No worker can start: nothing that waits will ever be done."""
        for job in list(self._queue):
            self._end(job, failure)

    # Limits.

    def _enforce_time(self) -> None:
        limit = self._limits.seconds
        if limit is None:
            return
        for handle in list(self._staff.handles):
            if handle.seconds_spent >= limit:
                self._hear(handle)
            if handle in self._staff.handles and handle.seconds_spent >= limit:
                text = handle.last_output()
                self._execute(handle, failures.too_slow(limit, text), text)

    def _enforce_memory(self, limit: int) -> None:
        for handle in list(self._staff.handles):
            used = handle.memory_mb if handle.running is not None else 0.0
            if used > limit:
                self._hear(handle)
                if handle in self._staff.handles and handle.running is not None:
                    text = handle.last_output()
                    self._execute(handle, failures.too_large(limit, used, text), text)

    # Who does what.

    def _dispatch(self) -> None:
        """Give tasks to idle workers, one ahead to busy ones; call back what waits in vain."""
        able = self._staff.able
        self._hand_out([handle for handle in able if not handle.jobs])
        if self._typical_seconds is not None and self._typical_seconds < PREFETCH_SECONDS:
            self._hand_out([handle for handle in able if len(handle.jobs) == 1])
        idle = sum(not handle.jobs for handle in able)
        for handle in self._staff.handles:
            for place, job in enumerate(handle.jobs):
                if job.began is not None or job.over or job.recalled:
                    continue
                if handle.leaving or (place > 0 and idle > 0):
                    handle.recall(job)
                    idle -= 1

    def _hand_out(self, handles: list[WorkerHandle]) -> None:
        for handle in handles:
            if self._queue:
                job = self._queue.popleft()
                # Anew each time: what a worker has given back still stands in its own queue.
                job.serial = next(self._serials)
                self._held[job.serial] = job
                handle.assign(job)


def _checked(workers: int) -> int:
    """The number of workers, if there may be so many."""
    if workers < 1:
        raise ExecutionError("compute.workers", "must be at least 1", workers)
    if sys.platform == "win32" and workers > MOST_WINDOWS_WORKERS:
        raise ExecutionError(
            "compute.workers", f"must be at most {MOST_WINDOWS_WORKERS} on Windows", workers
        )
    return workers


def _pickled(factory: ObjectiveFactory) -> bytes:
    try:
        return pickle.dumps(factory)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ExecutionError(
            "The objective",
            "must be made by a function or an object that can be sent to another process",
            str(error),
            remedy="Define it at the top level of an importable module.",
        ) from error
