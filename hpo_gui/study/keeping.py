"""What a study learns is written at once or, while its file is in trouble, held in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from hpo_gui.core.errors import StorageError
from hpo_gui.core.trial import Trial
from hpo_gui.study.events import Event, Freed, Stuck, TrialChanged
from hpo_gui.study.study import Study

FIRST_WAIT = 1.0  # seconds until it is tried again; each time twice as long
LONGEST_WAIT = 30.0
KEEP_SECONDS_EVERY = 2.0


class Shelter(Protocol):
    """The file of a study, and where the study can go when that file is in trouble."""

    @property
    def path(self) -> Path:
        """Where the study is written now."""
        ...

    @property
    def rescue_path(self) -> Path:
        """A name in the user's own folder that is free; the folder is made."""
        ...

    def mend(self, trials: Sequence[Trial]) -> None:
        """See to it that the file can be written again; `StorageError` where it cannot."""
        ...

    def move_to(self, path: Path, trials: Sequence[Trial]) -> None:
        """Write the whole study under another name and go on there; else `StorageError`."""
        ...


class Keeping:
    """Writes what has changed. While that fails, everything stays in memory and is tried again.

    Parameters
    ----------
    shelter : None where the store of the study can only be tried again
    keep_seconds : writes the running time so far down

    Attributes
    ----------
    trouble : why the file cannot be written; None while it can
    """

    def __init__(
        self,
        study: Study,
        shelter: Shelter | None,
        keep_seconds: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.trouble: StorageError | None = None
        self._study = study
        self._shelter = shelter
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._seconds = 0.0
        self._seconds_due = -float("inf")
        self._wait = FIRST_WAIT
        self._next = 0.0
        self._told: tuple[str, int] | None = None

    def keep(self) -> list[Event]:
        """Write what changed, then tell of it; while in trouble only where it is time to."""
        if self.trouble is not None:
            if self._clock() >= self._next:
                return self.try_again()
            return self._tell_trouble()
        try:
            return self._write()
        except StorageError as error:
            return self._fail(error)

    def note_seconds(self, seconds: float, *, now: bool = False) -> list[Event]:
        """Write the running time down every two seconds, or ``now``."""
        self._seconds = seconds
        if self.trouble is not None or (self._clock() < self._seconds_due and not now):
            return []
        self._seconds_due = self._clock() + KEEP_SECONDS_EVERY
        try:
            self._keep_seconds(seconds)
        except StorageError as error:
            return self._fail(error)
        return []

    def try_again(self) -> list[Event]:
        """Write now what could not be written before."""
        if self.trouble is None:
            return []
        events: list[Event] = []
        try:
            if self._shelter is not None:
                self._shelter.mend(self._study.trials)
            events += self._write()
            self._keep_seconds(self._seconds)
        except StorageError as error:
            self._wait = min(2 * self._wait, LONGEST_WAIT)
            return [*events, *self._fail(error)]
        return [*events, self._free(moved=False)]

    def move_to(self, path: Path) -> list[Event]:
        """Write the whole study elsewhere and go on there.

        Raises
        ------
        StorageError : that is not possible either; nothing has changed
        """
        assert self._shelter is not None, "a study without a file cannot move"
        self._shelter.move_to(path, self._study.trials)
        return [self._free(moved=True), *self.keep()]

    def rescue(self) -> list[Event]:
        """Write the whole study into the user's own folder; raises as `move_to`."""
        if self._shelter is None:
            assert self.trouble is not None
            raise self.trouble
        return self.move_to(self._shelter.rescue_path)

    def _write(self) -> list[Event]:
        return [TrialChanged(trial) for trial in self._study.flush()]

    def _fail(self, error: StorageError) -> list[Event]:
        self.trouble = error
        self._next = self._clock() + self._wait
        return self._tell_trouble()

    def _tell_trouble(self) -> list[Event]:
        """Tell of trouble, once, and again when the reason or what is in memory changes."""
        assert self.trouble is not None
        unsaved = len(self._study.unsaved)
        told = (str(self.trouble), unsaved)
        if told == self._told:
            return []
        self._told = told
        return [Stuck(self.trouble, unsaved)]

    def _free(self, *, moved: bool) -> Freed:
        self.trouble, self._told, self._wait = None, None, FIRST_WAIT
        return Freed(None if self._shelter is None else self._shelter.path, moved)
