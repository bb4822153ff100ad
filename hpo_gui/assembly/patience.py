"""What a run without a window does while its study file cannot be written."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from hpo_gui.study.events import NO_RESCUE, Event, Freed, Message, Progress, Stuck

PATIENCE = 600.0  # seconds that are waited for the study file, where nobody can be asked


class Leaves(Protocol):
    """As much of a runner as is needed here."""

    def try_again(self) -> None: ...
    def save_elsewhere(self, path: Path) -> None: ...
    def leave(self, *, lose: bool = False) -> None: ...


class Patience:
    """Watches the events of a run; in trouble it tells, waits, asks, and at last leaves.

    Parameters
    ----------
    path : the study file
    say : tells a person
    ask : asks for a folder, and gives "" to try again, None to give up; None where nobody is there
    seconds : that are waited before a rescue copy is written, where nobody can be asked

    Attributes
    ----------
    path : where the study is written now
    left : it was given up, and `path` is the rescue copy
    """

    def __init__(
        self,
        runner: Leaves,
        path: Path,
        say: Callable[[str], None],
        ask: Callable[[], str | None] | None = None,
        seconds: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self.left = False
        self._runner = runner
        self._say = say
        self._ask = ask
        self._seconds = seconds
        self._clock = clock
        self._since: float | None = None  # when the trouble began
        self._reason = ""
        self._last_time = False

    def see(self, event: Event) -> None:
        """Take in an event of the run."""
        match event:
            case Stuck():
                self._tell(event)
            case Freed():
                self._freed(event)
            case Progress() if self._since is not None and event.running == 0:
                self._ask_for_folder()
            case Message("error", head) if head == NO_RESCUE:
                self._no_rescue()
        if self._since is None or self._ask is not None or self.left:
            return
        if (waited := self._clock() - self._since) >= self._seconds:
            self._leave(f"It could not be written for {waited:.0f} s.")

    def _tell(self, event: Stuck) -> None:
        if self._since is None:
            self._since = self._clock()
        if str(event.error) != self._reason:
            self._reason = str(event.error)
            self._say(f"The study file is in trouble: {self._reason}")
            self._say("The study waits, and tries again now and then; results stay in memory.")

    def _freed(self, event: Freed) -> None:
        self._since, self._reason = None, ""
        if event.path is not None and event.moved:
            self.path = event.path
            self._say(f"The whole study is in {event.path} now.")
        else:
            self._say("The study file can be written again; everything is in it.")

    def _ask_for_folder(self) -> None:
        """Let somebody say where the study goes on; running trials have ended by now."""
        if self._ask is None or self.left:
            return
        self._say(self._reason)
        answer = self._ask()
        if answer is None:
            self._leave("Stopped.")
        elif not answer.strip():
            self._runner.try_again()
        elif (target := Path(answer.strip()).expanduser() / self.path.name).exists():
            self._say(f"{target} is there already, and would be lost. Choose another folder.")
        else:
            self._runner.save_elsewhere(target)

    def _leave(self, why: str) -> None:
        self.left = True
        self._say(f"{why} A rescue copy is written.")
        self._runner.leave(lose=self._last_time)

    def _no_rescue(self) -> None:
        """Neither file can be written: wait once more, and after that it is lost."""
        self.left, self._last_time, self._since = False, True, self._clock()
