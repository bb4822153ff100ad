"""Savings: how many steps pruning has spared, against running every trial to its end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, TrialState

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
    """

    done: int
    saved: int
    stopped: int
    learns: bool

    @property
    def share(self) -> float:
        """Saved steps as a share of all that would have been done; 0 without any."""
        return self.saved / (self.done + self.saved) if self.saved else 0.0

    @property
    def text(self) -> str:
        """One sentence; "" when nothing was saved."""
        if not self.saved:
            return ""
        trials = "1 trial" if self.stopped == 1 else f"{self.stopped:,} trials"
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
    learns = history.plan.learns or any(trial.curves for trial in history.trials[:LOOKED_AT])
    return Savings(int(done), int(saved), int(stopped.sum()), learns)
