"""Which step of a training remains: the best one, where the study says so, else the last one.

A trial that is asked about on the way counts with the step that would remain if it ended there.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.goal import Goal

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]


class Kept(msgspec.Struct, frozen=True):
    """The best step remains.

    Attributes
    ----------
    metric : of the goal that tells which step is best; all scores are then those of that step
    min_delta : a loss must be smaller by more than this to count as better
    """

    metric: str
    min_delta: float = 0.0

    def steps(self, losses: FloatArray) -> IndexArray:
        """The step that would remain after each step, from 0, (n, s); -1 before any number.

        Parameters
        ----------
        losses : by the goal that tells, (n, s); NaN where a step was not done or is a parent's
        """
        best, last = np.full(len(losses), np.inf), np.full(len(losses), -1, dtype=np.intp)
        kept = np.empty(losses.shape, dtype=np.intp)
        for step, column in enumerate(losses.T):
            better = column < best - self.min_delta
            best[better], last[better] = column[better], step
            kept[:, step] = last
        return kept

    def place(self, goals: Sequence[Goal]) -> int | None:
        """The place of the goal that tells; None where it is none of them any more."""
        places = (place for place, goal in enumerate(goals) if goal.metric == self.metric)
        return next(places, None)
