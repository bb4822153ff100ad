"""The leaderboard: the best trials, and which of them are as good as the best within noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.comparison import Comparison, Interval, compare, score_interval
from hpo_gui.analysis.convergence import find_baseline
from hpo_gui.analysis.repeats import Repeats, repeats_of
from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.counting import counted
from hpo_gui.core.history import History
from hpo_gui.core.pareto import fronts, spread_of
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Place:
    """One line of the leaderboard.

    Attributes
    ----------
    rank : 1 is the best; equal scores are ranked by number. With several goals the front has
        rank 1, what it alone dominates rank 2, and so on
    interval : the mean score with its 95 % confidence interval
    behind : the best trial by the first goal against this one; None for the best itself
    is_baseline : whether it is of the defaults' configuration
    feasible : whether it keeps all thresholds
    repeats : how all runs of its configuration scored; None where there is only one
    """

    rank: int
    trial: Trial
    interval: Interval
    behind: Comparison | None
    is_baseline: bool
    feasible: bool = True
    repeats: Repeats | None = None

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
    """The ``count`` best complete trials with a score, and the baseline wherever it ranks.

    Of several runs of a configuration the best one stands for all.

    With several goals the front comes first, then the other trials front by front, each in the
    order of the first goal; those that are not feasible come last, the nearest first.
    """
    complete = history.states == STATE_CODES[TrialState.COMPLETE]
    losses = history.losses[:, 0]
    ranked = np.flatnonzero(complete & ~np.isnan(losses))
    if not len(ranked):
        return ()
    ranked, levels = _ranked(history, ranked, count)
    baseline = find_baseline(history, columns)
    shown = _without_repeats(history, ranked, levels, count)
    defaults = _runs_of(history, baseline)
    if baseline is not None and defaults.isdisjoint(number for _, number in shown):
        rank = int(levels[np.flatnonzero(ranked == baseline.number)[0]])
        shown.append((rank, baseline.number))
    best, metric = history.best or history.trials[int(ranked[0])], history.goal.metric
    leader = counted(history, best)
    feasible = set(history.feasible.tolist())
    places = []
    for rank, number in shown:
        trial = history.trials[number]
        mean = counted(history, trial)
        told = score_interval(mean, metric, test_ratio)
        behind = None if trial is best else compare(leader, mean, history.goal, test_ratio)
        within = trial.number in feasible
        repeats = repeats_of(history, trial, metric)
        places.append(Place(rank, trial, told, behind, number in defaults, within, repeats))
    return tuple(places)


def _runs_of(history: History, trial: Trial | None) -> set[int]:
    """Numbers of the trials of a configuration; none without a trial."""
    if trial is None:
        return set()
    return {trial.number, *(other.number for other in history.repeats_of(trial))}


def _without_repeats(
    history: History, ranked: Rows, levels: Rows, count: int
) -> list[tuple[int, int]]:
    """Rank and number of the first ``count`` trials, each configuration once."""
    shown: list[tuple[int, int]] = []
    seen: set[int] = set()
    for rank, number in zip(levels.tolist(), ranked.tolist(), strict=True):
        if len(shown) == count:
            break
        if number in seen:
            continue
        seen |= _runs_of(history, history.trials[number])
        shown.append((rank if len(history.goals) > 1 else len(shown) + 1, number))
    return shown


def _ranked(history: History, ranked: Rows, count: int) -> tuple[Rows, Rows]:
    """The trials in their order, and the rank of each."""
    losses = history.losses[ranked]
    if len(history.goals) == 1:
        bad = ~np.isin(ranked, history.feasible)
        order = np.lexsort((losses[:, 0], bad))
        return ranked[order], np.arange(1, len(ranked) + 1)
    level = np.zeros(len(ranked), dtype=np.intp)
    fit = np.isin(ranked, history.feasible)
    behind = np.flatnonzero(fit & ~np.isin(ranked, history.front))
    left = count - len(history.front)
    level[behind] = 1 + (fronts(losses[behind], left) if left > 0 else 0)
    level[~fit] = level[fit].max(initial=-1) + 1
    far = (history.violations[ranked] / spread_of(losses)).sum(axis=1)
    order = np.lexsort((losses[:, 0], far, level))
    return ranked[order], level[order] + 1


def best_configurations(history: History, count: int) -> list[int]:
    """Numbers of the best trials of different configurations, in the leaderboard's order.

    Trials that have gone on from others are left out: they cannot run alone.
    """
    ranked = leaderboard(history, len(history))
    in_order = (place.trial for place in sorted(ranked, key=lambda place: place.rank))
    return [trial.number for trial in in_order if trial.parent is None][:count]
