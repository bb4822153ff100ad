"""The leaderboard: the best trials, and which of them are as good as the best within noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpo_gui.analysis.comparison import Comparison, Interval, compare, interval
from hpo_gui.analysis.convergence import find_baseline
from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState


@dataclass(frozen=True)
class Place:
    """One line of the leaderboard.

    Attributes
    ----------
    rank : 1 is the best; equal scores are ranked by number
    interval : the mean score with its 95 % confidence interval
    behind : the best trial against this one; None for the best itself
    """

    rank: int
    trial: Trial
    interval: Interval
    behind: Comparison | None
    is_baseline: bool

    @property
    def within_noise(self) -> bool:
        """Whether nothing tells it from the best, or it is the best."""
        return self.behind is None or self.behind.verdict == "within_noise"


def leaderboard(
    history: History,
    count: int = 20,
    columns: TrialColumns | None = None,
    test_ratio: float | None = None,
) -> tuple[Place, ...]:
    """The ``count`` best complete trials with a score, and the baseline wherever it ranks."""
    complete = history.states == STATE_CODES[TrialState.COMPLETE]
    losses = history.losses[:, 0]
    ranked = np.flatnonzero(complete & ~np.isnan(losses))
    if not len(ranked):
        return ()
    ranked = ranked[np.argsort(losses[ranked], kind="stable")]
    baseline = find_baseline(history, columns)
    shown = [(rank, int(number)) for rank, number in enumerate(ranked[:count], start=1)]
    if baseline is not None and baseline.number not in {number for _, number in shown}:
        rank = int(np.flatnonzero(ranked == baseline.number)[0]) + 1
        shown.append((rank, baseline.number))
    best, metric = history.trials[int(ranked[0])], history.goal.metric
    places = []
    for rank, number in shown:
        trial = history.trials[number]
        told = interval(trial.fold_scores.get(metric, ()), test_ratio)
        behind = None if trial is best else compare(best, trial, history.goal, test_ratio)
        places.append(Place(rank, trial, told, behind, trial is baseline))
    return tuple(places)
