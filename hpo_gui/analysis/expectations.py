"""Expectations: what a strategy's model foretold of a trial, and how often it was right."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState

ENOUGH = 10  # trials below which a share says nothing


@dataclass(frozen=True)
class Expectation:
    """What was expected of one trial, in the score's own units.

    Attributes
    ----------
    mean, sd : the score expected; NaN sd where the model tells no uncertainty
    got : the score measured; NaN while there is none
    deviation : (got - mean) / sd; NaN where one of them is missing or sd is 0
    """

    mean: float
    sd: float
    got: float
    deviation: float


@dataclass(frozen=True)
class Calibration:
    """How often the score measured lay within two standard deviations of the one expected.

    Attributes
    ----------
    count : complete trials with an expectation
    within : how many of them lay within; about 95 % do when the model judges itself well
    """

    count: int
    within: int

    @property
    def share(self) -> float:
        """within / count; NaN for none."""
        return self.within / self.count if self.count else math.nan


def expectation_of(trial: Trial, goal: Goal) -> Expectation | None:
    """What was expected of a trial; None where its strategy has no model of the score.

    Only a complete trial has a score to compare: that of a part of the folds is of another kind.
    """
    mean, sd = trial.origin.mean, trial.origin.sd
    if mean is None or not math.isfinite(mean):
        return None
    sd = math.nan if sd is None else sd
    complete = trial.state is TrialState.COMPLETE
    got = trial.scores.get(goal.metric, math.nan) if complete else math.nan
    deviation = (got - mean) / sd if sd > 0 else math.nan
    return Expectation(mean, sd, got, deviation)


def calibrate(history: History, columns: TrialColumns | None = None) -> Calibration:
    """Compare all complete trials with what was expected of them.

    Parameters
    ----------
    columns : of the same history, when there are some already
    """
    columns = columns or TrialColumns.of(history)
    off = np.abs(columns.scores - columns.expected)
    sd = columns.expected_sd
    complete = columns.states == STATE_CODES[TrialState.COMPLETE]
    known = complete & np.isfinite(off) & np.isfinite(sd) & (sd > 0)
    return Calibration(int(known.sum()), int((off[known] <= 2 * sd[known]).sum()))
