"""The protocol of all pruners."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial


class Pruner(Protocol):
    """Decides whether a running trial should stop; a frozen Struct of options.

    It is a pure function of the history, and is asked after every step. One that compares trials
    at certain steps also has the methods of `Halts`.
    """

    def should_stop(self, history: History, trial: Trial) -> str | None:
        """One sentence why ``trial`` should stop after the steps it has done; None to go on."""
        ...


@runtime_checkable
class Halts(Pruner, Protocol):
    """A pruner for which trials halt at certain steps until it lets them go on."""

    def next_halt(self, history: History, trial: Trial) -> int | None:
        """Number of steps after which ``trial`` halts next; None for no more halts."""
        ...

    def should_wait(self, history: History, trial: Trial) -> bool:
        """Whether a halted trial must wait until others have come as far."""
        ...
