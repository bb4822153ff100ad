"""The runner in a `QThread`: its events come out as signals, coalesced into calm batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import msgspec
from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import Params
from hpo_gui.study.events import Event, Progress, TrialChanged

BATCH_MS = 80


class HasTrials(Protocol):
    """What is known of a study before it runs."""

    @property
    def history(self) -> History: ...
    @property
    def notes(self) -> Mapping[int, tuple[float, str]]: ...


class Runs(Protocol):
    """What the thread needs of `study.runner.Runner`; controls may be called from any thread."""

    @property
    def study(self) -> HasTrials:
        """The study as it is before the run: its starting trials are there already."""
        ...

    def run(self) -> Iterator[Event]:
        """Run the study; yields the events of `study.events`."""
        ...

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def stop_after_current(self) -> None: ...
    def stop_now(self) -> None: ...
    def kill_trial(self, number: int) -> None: ...
    def add_trial(self, params: Params) -> None: ...
    def set_workers(self, workers: int) -> None: ...
    def try_again(self) -> None: ...
    def save_elsewhere(self, path: Path) -> None: ...
    def leave(self, *, lose: bool = False) -> None: ...


class Batch(msgspec.Struct, frozen=True):
    """What happened in about 80 ms: the newest value of each changed trial, by number."""

    trials: tuple[Trial, ...]
    others: tuple[Event, ...]


class RunWorker(QObject):
    """Lives in the thread; iterates the runner.

    Signals
    -------
    trial_finished : a trial that has just finished, one signal each
    arrived : something waits to be taken (not sent again before it was)
    ended : the runner is through; the exception that ended it, or None
    """

    trial_finished = Signal(object)
    arrived = Signal()
    ended = Signal(object)

    def __init__(self, runner: Runs) -> None:
        super().__init__()
        self.runner = runner
        self._lock = threading.Lock()
        self._trials: dict[int, Trial] = {}
        self._others: list[Event] = []
        self._waiting = False

    @Slot()
    def work(self) -> None:
        """Run the study to its end; called once, in the thread."""
        try:
            for event in self.runner.run():
                self._put(event)
        except Exception as error:  # noqa: BLE001 - shown by the window
            self.ended.emit(error)
        else:
            self.ended.emit(None)

    def take(self) -> Batch:
        """What came since the last call; from any thread."""
        with self._lock:
            trials, self._trials = self._trials, {}
            others, self._others = self._others, []
            self._waiting = False
        return Batch(tuple(trials[number] for number in sorted(trials)), tuple(others))

    def _put(self, event: Event) -> None:
        trial = event.trial if isinstance(event, TrialChanged) else None
        with self._lock:
            if trial is not None:
                self._trials[trial.number] = trial
            else:
                self._drop_old_progress(event)
                self._others.append(event)
            news, self._waiting = not self._waiting, True
        if trial is not None and trial.told is not None:
            self.trial_finished.emit(trial)
        if news:
            self.arrived.emit()

    def _drop_old_progress(self, event: Event) -> None:
        """Only the newest progress is shown: a window that is held up must not gather them."""
        if isinstance(event, Progress) and self._others and isinstance(self._others[-1], Progress):
            self._others.pop()


class RunThread(QObject):
    """Starts a runner in a thread of its own and reports in the window's thread.

    Signals
    -------
    trial_finished : each finished trial, at once
    batch : a `Batch`, at most every 80 ms
    ended : the thread is over; the exception that ended it, or None; after the last batch
    """

    trial_finished = Signal(object)
    batch = Signal(object)
    ended = Signal(object)

    def __init__(self, runner: Runs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runner = runner
        self._last = 0.0
        self._thread = QThread()
        self._thread.setObjectName("study")
        self._worker = RunWorker(runner)
        self._worker.moveToThread(self._thread)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._drain)
        queued = Qt.ConnectionType.QueuedConnection
        self._thread.started.connect(self._worker.work)
        self._worker.trial_finished.connect(self.trial_finished, queued)
        self._worker.arrived.connect(self._arrived, queued)
        self._worker.ended.connect(self._finish, queued)

    @property
    def is_running(self) -> bool:
        """Whether the thread still works."""
        return self._thread.isRunning()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait(self, milliseconds: int) -> bool:
        """Wait for the thread's end; whether it came. Call a stop of the runner before."""
        self._thread.quit()
        return self._thread.wait(milliseconds)

    @Slot()
    def _arrived(self) -> None:
        since = (time.monotonic() - self._last) * 1000
        self._timer.start(max(0, int(BATCH_MS - since)))

    @Slot()
    def _drain(self) -> None:
        self._last = time.monotonic()
        batch = self._worker.take()
        if batch.trials or batch.others:
            self.batch.emit(batch)

    @Slot(object)
    def _finish(self, error: BaseException | None) -> None:
        self._timer.stop()
        self._drain()
        self._thread.quit()
        self._thread.wait()
        self.ended.emit(error)
