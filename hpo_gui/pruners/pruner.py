"""The protocol of all pruners."""

from __future__ import annotations

from typing import Protocol

from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial


class Pruner(Protocol):
    """Decides whether a running trial should stop; a frozen Struct of options."""

    def should_stop(self, history: History, trial: Trial) -> str | None:
        """One sentence why ``trial`` should stop after the steps it has done; None to go on."""
        ...
