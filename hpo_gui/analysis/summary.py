"""The summary of a study: the best trial, what it is worth, and a cheaper one that is as good."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hpo_gui.analysis.comparison import Comparison, compare
from hpo_gui.analysis.convergence import find_baseline
from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.counting import counted
from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState

FIT_TIME = "fit_time"
CHEAPER = 0.8  # an alternative is worth naming below this share of the best trial's cost


@dataclass(frozen=True)
class Alternative:
    """A trial within one standard error of the best that is cheaper to fit.

    Attributes
    ----------
    cost, best_cost : seconds to fit (a fold's mean, or of the whole trial where not measured)
    """

    trial: Trial
    cost: float
    best_cost: float


@dataclass(frozen=True)
class Summary:
    """The study in a few numbers.

    Attributes
    ----------
    counts : trials in each state
    best, baseline : the best trial, and the one with the model's defaults
    gain : the best against the baseline; None when there is no baseline or it is the best itself
    alternative : see `cheaper_alternative`
    """

    counts: dict[TrialState, int]
    best: Trial | None
    baseline: Trial | None
    gain: Comparison | None
    alternative: Alternative | None


def summarize(
    history: History, columns: TrialColumns | None = None, test_ratio: float | None = None
) -> Summary:
    """Summarise a study; ``test_ratio`` as in `analysis.comparison`."""
    columns = columns or TrialColumns.of(history)
    tally = np.bincount(history.states, minlength=len(STATE_CODES))
    best, baseline = history.best, find_baseline(history, columns)
    gain = None
    if best is not None and baseline is not None and best.number != baseline.number:
        gain = compare(
            counted(history, best), counted(history, baseline), history.goal, test_ratio
        )
    return Summary(
        {state: int(tally[code]) for state, code in STATE_CODES.items()},
        best,
        baseline,
        gain,
        cheaper_alternative(history, columns),
    )


def cheaper_alternative(
    history: History, columns: TrialColumns | None = None
) -> Alternative | None:
    """The cheapest complete trial within one standard error of the best one's score.

    Where some trials keep the thresholds of all goals, one of those; never the best one's own
    configuration once more.

    The one-standard-error rule (Breiman, Friedman, Olshen, Stone 1984, Classification and
    regression trees, section 3.4.3), with the time to fit as the measure of what is simple. None
    when that is the best trial itself or saves less than a fifth of the time.
    """
    best = history.best
    if best is None:
        return None
    columns = columns or TrialColumns.of(history)
    metric = history.goal.metric
    folds = [f for f in counted(history, best).fold_scores.get(metric, ()) if math.isfinite(f)]
    if len(folds) < 2:
        return None
    error = float(np.std(folds, ddof=1)) / math.sqrt(len(folds))
    cost = columns.metric(FIT_TIME)
    if not np.isfinite(cost[best.number]):
        cost = columns.seconds
    close = history.losses[:, 0] <= history.losses[best.number, 0] + error
    may = history.feasible if len(history.feasible) else history.complete
    # NOTE: a repeat of the best is no other configuration, its time only luck
    may = may[~np.isin(may, [other.number for other in history.repeats_of(best)])]
    fit = may[(close & np.isfinite(cost))[may]]
    if not len(fit):
        return None
    cheapest = int(fit[np.argmin(cost[fit])])
    if not cost[cheapest] < CHEAPER * cost[best.number]:
        return None
    return Alternative(history.trials[cheapest], float(cost[cheapest]), float(cost[best.number]))
