"""Strategies that think, and some that misbehave, in a module that a child can import."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from hpo_gui.core.errors import SpecError
from hpo_gui.core.history import History
from hpo_gui.core.trial import Origin, Proposal, TrialState


class NearTheBest(msgspec.Struct, frozen=True):
    """Draws near the best trial, shifted by how many are open and how many have failed.

    Attributes
    ----------
    seconds : how long it pretends to think
    """

    seconds: float = 0.0

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        time.sleep(self.seconds)
        best = history.best
        centre = 0.0 if best is None else float(best.params["x"])
        failed = sum(trial.state is TrialState.FAILED for trial in history.trials)
        shift = 0.01 * len(history.open) - 0.02 * failed
        x = float(np.clip(centre + shift + rng.normal() / 10, -1, 1))
        return [Proposal({"x": x}, Origin("near", "Near the best.", mean=float(os.getpid())))]


class Contrary(msgspec.Struct, frozen=True):
    """Draws from any space, and skips as many draws as complete trials tell it."""

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        for _ in range(len(history.complete) % 3):
            history.space.sample(rng)
        origin = Origin("contrary", "Depends on how many are complete.", mean=float(os.getpid()))
        return [Proposal(history.space.sample(rng), origin)]


class Pensive(msgspec.Struct, frozen=True):
    """`Contrary`, which thinks for ever about one trial unless its mark was made and emptied.

    Attributes
    ----------
    mark : a file that gets the number of the process before it thinks for ever
    """

    mark: str
    at: int = 0

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        mark = Path(self.mark)
        if len(history) == self.at and not mark.exists():
            mark.write_text(str(os.getpid()))
            time.sleep(3600)
        return Contrary().propose(history, count, rng)


class Misbehaving(msgspec.Struct, frozen=True):
    """Does what ``do`` says at trial number ``at``; is `NearTheBest` otherwise.

    Attributes
    ----------
    mark : a file that gets a letter each time
    """

    do: str
    at: int = 0
    mark: str = os.devnull

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        if len(history) == self.at:
            with Path(self.mark).open("a") as file:
                file.write("x")
            special = ACTIONS[self.do](self)
            if special is not None:
                return special
        return NearTheBest().propose(history, count, rng)


def _raise(error: BaseException) -> None:
    raise error


def _die_the_first_time(strategy: Misbehaving) -> None:
    if Path(strategy.mark).read_text() == "x":
        os.kill(os.getpid(), signal.SIGKILL)


def _complain_and_die(strategy: Misbehaving) -> None:
    os.write(2, b"last words\n")
    os._exit(6)


ACTIONS: dict[str, Callable[[Misbehaving], Any]] = {
    "nothing": lambda strategy: [],
    "sleep": lambda strategy: time.sleep(3600),
    "raise": lambda strategy: _raise(ZeroDivisionError("no variance")),
    "raise_studio": lambda strategy: _raise(
        SpecError("strategy.points", "must be above 0", 0, remedy="Choose more.")
    ),
    "exit": lambda strategy: _raise(SystemExit(3)),
    "unpicklable": lambda strategy: [Proposal({"x": lambda: 0}, Origin("near"))],  # type: ignore
    "die": _complain_and_die,
    "die_the_first_time": _die_the_first_time,
}


class VanishesInTheChild(msgspec.Struct, frozen=True):
    """Can be sent but not received."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _unreadable, ()

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        return []


def _unreadable() -> None:
    raise ImportError("no module named 'gone'")
