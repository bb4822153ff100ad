"""The protocol of all strategies."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.trial import Proposal


class Strategy(Protocol):
    """Decides what to try next.

    A strategy is a frozen Struct of its options. It has no hidden state: the same history and the
    same generator give the same proposals, hence resuming is free and runs are repeatable.

    One that takes no notice of scores says so by ``looks_at_scores = False``: it is asked in place
    and ahead. Any other one is pickled and thinks in a process of its own.
    """

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        """At most ``count`` proposals; none when there is nothing left to try.

        Proposals are legal in ``history.space`` and keep its constraints; they repeat no
        configuration of the history (open trials included) while there are others left.

        An open trial counts by its configuration only: whether it waits or runs, and the scores
        of the steps that it has done, depend on timing.
        """
        ...
