"""The workers of a pool: as many as wanted are started, replaced when they die, and buried."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
import threading
import weakref
from pathlib import Path

from hpo_gui.core.trial import Failure
from hpo_gui.execution import processes
from hpo_gui.execution.messages import Setup
from hpo_gui.execution.worker_handle import WorkerHandle

MOST_FAILED_STARTS = 3  # in a row, before no more are started


class Staff:
    """All workers that live, and those that are dying.

    Attributes
    ----------
    handles : workers that start, wait, work or are about to leave
    failure : why no worker can be started; None while all is well
    """

    def __init__(self, setup: Setup) -> None:
        self.handles: list[WorkerHandle] = []
        self.failure: Failure | None = None
        self._setup = setup
        self._folder = Path(tempfile.mkdtemp(prefix="hpo-workers-"))
        self._files = itertools.count(1)
        self._dying: list[WorkerHandle] = []
        self._failed_starts = 0
        self._last_failure: Failure | None = None
        self._was_ready = False
        self._over = threading.Event()
        self._emergency = weakref.finalize(
            self, _abandon, os.getpid(), self._over, self.handles, self._folder
        )
        # It must run before multiprocessing's own hook, which waits for the workers for ever.
        atexit.register(self._emergency)

    @property
    def able(self) -> list[WorkerHandle]:
        """The workers that take tasks."""
        return [handle for handle in self.handles if handle.ready and not handle.leaving]

    def fill(self, wanted: int) -> None:
        """Start what is missing, mark what is too much as leaving, send the idle of those away."""
        if self._over.is_set():
            return  # the program ends, in another thread
        self._dying = [handle for handle in self._dying if not handle.reap()]
        self._mark_surplus(wanted)
        for handle in list(self.handles):
            if handle.leaving and not handle.jobs:
                handle.kill()
                self.drop(handle)
        if self._failed_starts < MOST_FAILED_STARTS:
            for _ in range(wanted - len(self._staying())):
                self._start()
        elif not self.handles:
            self.failure = self._last_failure

    def _staying(self) -> list[WorkerHandle]:
        return [handle for handle in self.handles if not handle.leaving]

    def _mark_surplus(self, wanted: int) -> None:
        """Let those stay that have work, and the lower numbers."""
        by_worth = sorted(self.handles, key=lambda handle: (not handle.jobs, handle.number))
        for place, handle in enumerate(by_worth):
            handle.leaving = place >= wanted

    def _start(self) -> None:
        taken = {handle.number for handle in self.handles}
        number = next(number for number in itertools.count() if number not in taken)
        printed = self._folder / f"{next(self._files)}.txt"
        try:
            handle = WorkerHandle.start(number, self._setup, printed)
        except OSError as error:
            self.note_failed_start(
                Failure("crashed", f"A worker process could not be started: {error}")
            )
            return
        self.handles.append(handle)
        if self._over.is_set():  # meanwhile
            processes.kill(handle.process)

    def note_ready(self, handle: WorkerHandle) -> None:
        handle.ready = self._was_ready = True
        self._failed_starts = 0
        if self._setup.memory_mb is not None:
            handle.baseline_mb = processes.resident_mb(handle.pid)

    def note_failed_start(self, failure: Failure, *, hopeless: bool = False) -> None:
        """Count a worker that did not get ready.

        Parameters
        ----------
        hopeless : it said why itself; another one is not tried unless one has been ready before
        """
        self._failed_starts += 1
        self._last_failure = failure
        if hopeless and not self._was_ready:
            self._failed_starts = MOST_FAILED_STARTS
            self.failure = failure

    def try_again(self) -> None:
        """Forget earlier failures to start, on the user's demand."""
        if self.failure is None:
            self._failed_starts = 0

    def drop(self, handle: WorkerHandle) -> None:
        """A worker that is dead or dying counts no more."""
        self.handles.remove(handle)
        self._dying.append(handle)

    def dismiss_all(self, timeout: float = 2.0) -> None:
        """Kill all workers, and wait for their end."""
        for handle in self.handles:
            handle.kill()
        for handle in list(self.handles):
            self.drop(handle)
        self._dying = [handle for handle in self._dying if not handle.reap(timeout)]

    def close(self) -> None:
        self.dismiss_all()
        self._emergency()
        atexit.unregister(self._emergency)


def _abandon(owner: int, over: threading.Event, handles: list[WorkerHandle], folder: Path) -> None:
    """The last resort when a pool was forgotten, or the program ends."""
    if os.getpid() != owner:
        return  # a fork of the program ends: the workers are not its own
    over.set()
    # A copy, and the pipes left alone: another thread may still be collecting, and bury the dead.
    for handle in tuple(handles):
        processes.kill(handle.process)
    shutil.rmtree(folder, ignore_errors=True)
