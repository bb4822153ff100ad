"""No pruning: every trial runs all its steps."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial


class NoPruner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Never stops a trial; it has no options."""

    several_goals: ClassVar[bool] = True

    def should_stop(self, history: History, trial: Trial) -> str | None:
        return None
