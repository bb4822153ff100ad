"""Which trials are significantly dominated: many paired comparisons over folds at once.

Notation: m candidates, k trials of the front, J folds. The test is that of `analysis.comparison`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.comparison import CONFIDENCE
from hpo_gui.analysis.pareto import Pareto
from hpo_gui.core.counting import counted
from hpo_gui.core.history import History
from hpo_gui.core.student_t import t_quantile

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]


MOST_PAIRS = 300_000


def is_quick(made: Pareto) -> bool:
    """Whether `not_dominated` takes less than a second or so, as it does for usual fronts."""
    return len(made.front) * len(made.numbers) <= MOST_PAIRS


def not_dominated(history: History, made: Pareto, test_ratio: float | None = None) -> Mask:
    """Which feasible trials no trial of the front significantly dominates, shape (m,).

    One trial significantly dominates another one when, paired over the folds that both have, it
    is significantly better in every goal in which the two differ, and they differ in one. A goal
    with a single value a trial (the size of the model, the only fold of a hold-out) is taken as
    exact. The front itself is never dominated.
    """
    kept = made.feasible.copy()
    candidates = np.flatnonzero(made.feasible & ~made.on_front)
    best = made.front_rows
    if not len(candidates) or not len(best):
        return kept
    folds = [_folds(history, made.numbers, goal) for goal in range(len(history.goals))]
    best = best[np.argsort(_place(made.losses[best]), kind="stable")]
    left = candidates
    for row in best.tolist():  # those in the middle of the front first: they leave few others
        lost = np.ones(len(left), dtype=bool)
        differs = np.zeros(len(left), dtype=bool)
        for goal, column in enumerate(folds):
            better, equal = _verdicts(column, made.losses[:, goal], left, row, test_ratio)
            lost &= better | equal
            differs |= ~equal
        left = left[~(lost & differs)]
    kept[candidates] = False
    kept[left] = True
    return kept


def _place(losses: FloatArray) -> FloatArray:
    """The sum of the losses, each scaled to [0, 1]."""
    low, spread = losses.min(axis=0), np.ptp(losses, axis=0)
    total: FloatArray = ((losses - low) / np.where(spread > 0, spread, 1.0)).sum(axis=1)
    return total


def has_folds(history: History, made: Pareto) -> bool:
    """Whether some trial of the front has two folds of some goal, so that chance can be told."""
    trials = (counted(history, history.trials[number]) for number in made.front.tolist())
    return any(
        len(trial.fold_scores.get(goal.metric, ())) > 1
        and np.isfinite(trial.fold_scores[goal.metric]).sum() > 1
        for trial in trials
        for goal in history.goals
    )


def _folds(history: History, numbers: Rows, goal: int) -> FloatArray:
    """Losses of each fold, shape (m, J); NaN where a fold is missing."""
    wanted = history.goals[goal]
    trials = (counted(history, history.trials[number]) for number in numbers.tolist())
    steps = [trial.fold_scores.get(wanted.metric, ()) for trial in trials]
    losses = np.full((len(steps), max(map(len, steps), default=0)), np.nan)
    for row, values in enumerate(steps):
        losses[row, : len(values)] = values
    return -losses if wanted.maximize else losses


def _verdicts(
    folds: FloatArray, losses: FloatArray, rows: Rows, best: int, test_ratio: float | None
) -> tuple[Mask, Mask]:
    """Whether the trial in row ``best`` is significantly better than others, or the same."""
    gap = folds[rows] - folds[best]  # more than 0 where the front's trial is better
    known = np.isfinite(gap)
    gap[~known] = 0.0
    count = known.sum(axis=1)
    mean = gap.sum(axis=1) / np.maximum(count, 1)
    gap = np.where(known, gap - mean[:, None], 0.0)
    spread = np.einsum("ij,ij->i", gap, gap) / np.maximum(count - 1, 1)
    many = count > 1
    ratio = 1 / np.maximum(count - 1, 1) if test_ratio is None else test_ratio
    error = np.sqrt((1 / np.maximum(count, 1) + ratio) * spread)
    quantile = np.array([0.0, 0.0, *(_t(freedom) for freedom in range(1, folds.shape[1]))])
    alone = losses[rows] - losses[best]
    rounding = 1e-12 * np.maximum(np.abs(mean), 1.0)
    better = np.where(many, mean > quantile[count] * error + rounding, alone > 0)
    equal = np.where(many, ~gap.any(axis=1) & (mean == 0), alone == 0)
    return better, equal


def _t(freedom: int) -> float:
    return t_quantile((1 + CONFIDENCE) / 2, freedom)
