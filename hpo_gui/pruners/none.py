"""No pruning: every trial runs all its steps."""

from __future__ import annotations

import msgspec

from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial


class NoPruner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Never stops a trial; it has no options."""

    def should_stop(self, history: History, trial: Trial) -> str | None:
        return None
