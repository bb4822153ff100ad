"""Savings: how many steps pruning has spared, against running every trial to its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, TrialState

IntArray = NDArray[np.integer[Any]]
Mask = NDArray[np.bool_]

LOOKED_AT = 20  # first trials that tell whether a step is one of training


@dataclass(frozen=True)
class Savings:
    """Folds or steps of training that were not done because a pruner stopped their trials.

    Attributes
    ----------
    done : steps of all complete and stopped trials
    saved : steps that the stopped ones still had before them
    stopped : number of stopped trials
    learns : whether a step is one of training; else it is a fold
    rows : where steps are growing shares of the rows, the share of all rows to learn from that
        was saved: the later steps learn from more of them; None elsewhere
    """

    done: int
    saved: int
    stopped: int
    learns: bool
    rows: float | None = None

    @property
    def share(self) -> float:
        """What was saved as a share of all that would have been done; 0 without any."""
        if self.rows is not None:
            return self.rows
        return self.saved / (self.done + self.saved) if self.saved else 0.0

    @property
    def text(self) -> str:
        """One sentence; "" when nothing was saved."""
        if not self.saved:
            return ""
        trials = "1 trial" if self.stopped == 1 else f"{self.stopped:,} trials"
        if self.rows is not None:
            return f"Stopping {trials} early has saved {self.rows:.0%} of the rows to learn from."
        steps = "steps of training" if self.learns else "folds"
        return (
            f"Stopping {trials} early has saved {self.saved:,} of {self.done + self.saved:,} "
            f"{steps} ({self.share:.0%})."
        )


def savings(history: History, columns: TrialColumns | None = None, total: int = 0) -> Savings:
    """Count the steps of complete and pruned trials; a child's begin after its parent's.

    A trial that was complete before its last step, as there was nothing left to learn, saves
    nothing here.

    Parameters
    ----------
    columns : of the same history, when there are some already
    total : steps of a whole trial, where neither the plan nor a trial tells
    """
    columns = columns or TrialColumns.of(history)
    steps, states = columns.steps, columns.states
    stopped = states == STATE_CODES[TrialState.PRUNED]
    counted = stopped | (states == STATE_CODES[TrialState.COMPLETE])
    total = max(total, history.plan.steps, int(steps[counted].max(initial=0)))
    done = np.maximum(steps - columns.begun, 0)[counted].sum()
    ends = np.where(columns.planned > 0, columns.planned, total)
    saved = np.maximum(ends - steps, 0)[stopped].sum()
    counts = (int(done), int(saved), int(stopped.sum()))
    if history.plan.rows:
        return Savings(*counts, False, _saved_rows(history.plan.rows, steps, counted, stopped))
    learns = history.plan.learns or any(trial.curves for trial in history.trials[:LOOKED_AT])
    return Savings(*counts, learns)


def _saved_rows(shares: tuple[float, ...], steps: IntArray, counted: Mask, stopped: Mask) -> float:
    """The share of the rows to learn from that stopped trials have left out; 0 without any."""
    learnt = np.concatenate([[0.0], np.cumsum(shares)])
    done = learnt[np.minimum(steps, len(shares))]
    saved = float((learnt[-1] - done[stopped]).sum())
    return saved / (saved + float(done[counted].sum())) if saved else 0.0
