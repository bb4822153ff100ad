"""Several goals: the Pareto front with its knee, what it dominates, and how sure that is.

Notation: n trials, m of them complete with finite scores, g goals, k trials on the front. Losses
are smaller the better, see `core.goal`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.comparison import interval
from hpo_gui.core.counting import counted
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.pareto import epsilon_front, fronts, is_front, knee
from hpo_gui.core.trial import Trial

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]

LEAST_FRONT = 3  # points that a front must have before one of them can be its knee

Why = Literal["knee", "best", "nearest"]


@dataclass(frozen=True)
class Pareto:
    """What the complete trials of a study make of its goals.

    Attributes
    ----------
    goals : in the order of the columns
    numbers : of the complete trials whose scores are all finite, ascending, shape (m,)
    losses : theirs, shape (m, g)
    feasible, on_front : which of them keep all thresholds, and which no other one dominates
    front : numbers of the front, the best by the first goal first, shape (k,)
    bests : the best feasible trial by each goal, the earliest of equals; empty without any
    knee : number of the front's knee, see `find_knee`
    nearest : where nothing is feasible, the trial that misses the thresholds least
    """

    goals: tuple[Goal, ...]
    numbers: Rows
    losses: FloatArray
    feasible: Mask
    on_front: Mask
    front: Rows
    bests: tuple[int, ...]
    knee: int | None
    nearest: int | None

    @property
    def scores(self) -> FloatArray:
        """The scores as the metrics give them, shape (m, g)."""
        return self.losses * self.signs

    @property
    def signs(self) -> FloatArray:
        """-1 for a goal that is maximised, 1 for another one, shape (g,)."""
        return np.array([-1.0 if goal.maximize else 1.0 for goal in self.goals])

    def row(self, number: int) -> int | None:
        """The row of a trial; None where it is not complete."""
        place = int(np.searchsorted(self.numbers, number))
        there = place < len(self.numbers) and self.numbers[place] == number
        return place if there else None

    @property
    def front_rows(self) -> Rows:
        """Rows of the front, in its order."""
        return np.searchsorted(self.numbers, self.front)


def pareto(history: History) -> Pareto:
    """The front of a history and what lies behind it."""
    losses = history.losses[history.complete]
    finite = np.isfinite(losses).all(axis=1)
    numbers, losses = history.complete[finite], losses[finite]
    feasible = _among(numbers, history.feasible, len(history))
    on_front = _among(numbers, history.front, len(history))
    front = history.front[_among(history.front, numbers, len(history))]
    best = history.best
    return Pareto(
        history.goals,
        numbers,
        losses,
        feasible,
        on_front,
        front,
        _bests(numbers[feasible], losses[feasible]),
        find_knee(history.losses[front], front),
        best.number if best is not None and not feasible.any() else None,
    )


def _among(numbers: Rows, wanted: Rows, count: int) -> Mask:
    """Which of the numbers below ``count`` are wanted; quicker than `numpy.isin`."""
    flags = np.zeros(count, dtype=bool)
    flags[wanted] = True
    found: Mask = flags[numbers]
    return found


def _bests(numbers: Rows, losses: FloatArray) -> tuple[int, ...]:
    if not len(numbers):
        return ()
    found = []
    for goal, column in enumerate(losses.T):
        equal = np.flatnonzero(column == column.min())
        if len(equal) > 1:  # of these the one that is better in the other goals
            rest = np.delete(losses[equal], goal, axis=1)
            equal = equal[is_front(rest)] if rest.shape[1] else equal
        found.append(int(numbers[equal[0]]))
    return tuple(found)


def find_knee(losses: FloatArray, front: Rows) -> int | None:
    """The trial at the knee of a front, or None where the front has none.

    It is the one that lies farthest on the good side of the hyperplane through the ends of the
    front (`core.pareto.knee`). A front of fewer than three different points, or one that lies
    nowhere on the good side of that plane, has no knee.

    Parameters
    ----------
    losses : of the front, shape (k, g)
    front : its numbers, shape (k,)
    """
    if len(np.unique(losses, axis=0)) < LEAST_FRONT:
        return None
    row = knee(losses)
    if row is None:
        return None
    ideal, nadir = losses.min(axis=0), losses.max(axis=0)
    wide = nadir > ideal
    scaled = (losses[row, wide] - ideal[wide]) / (nadir - ideal)[wide]
    return int(front[row]) if scaled.sum() < wide.sum() - 1 - 1e-9 else None


def suggested(history: History) -> tuple[Trial, Why] | None:
    """The trial to take where nobody has chosen one, and why; None without a complete one.

    With several goals the knee of the front, where it has one; else the best by the first goal.
    """
    best = history.best
    if best is None:
        return None
    if not len(history.feasible):
        return best, "nearest"
    if len(history.goals) > 1:
        found = pareto(history).knee
        if found is not None:
            return history.trials[found], "knee"
    return best, "best"


# --- who dominates whom -----------------------------------------------------------------------


def dominators(made: Pareto, number: int) -> tuple[int, ...]:
    """Numbers of the front's trials that dominate a trial, in the front's order.

    One that is not feasible is dominated by none: it is out for another reason.
    """
    row = made.row(number)
    if row is None or not made.feasible[row]:
        return ()
    best, mine = made.losses[made.front_rows], made.losses[row]
    worse = np.all(best <= mine, axis=1) & np.any(best < mine, axis=1)
    return tuple(made.front[worse].tolist())


def ranks(made: Pareto, enough: int | None = None) -> Rows:
    """The how-manyth front each trial is on, from 0, shape (m,); infeasible ones come last.

    Parameters
    ----------
    enough : trials that need a rank; the others share the last one
    """
    result = np.zeros(len(made.numbers), dtype=np.intp)
    feasible = made.feasible
    result[feasible] = fronts(made.losses[feasible], enough)
    result[~feasible] = result[feasible].max(initial=-1) + 1
    return result


def within_epsilon(made: Pareto, share: float) -> Mask:
    """Which trials are within a share of the front's range of the front, shape (m,).

    Additive epsilon dominance with an epsilon for each goal: ``share`` times the distance between
    the best and the worst loss that the front has in it (`core.pareto.epsilon_front`).
    """
    within = np.zeros(len(made.numbers), dtype=bool)
    if not len(made.front):
        return within
    best = made.losses[made.on_front]
    feasible = np.flatnonzero(made.feasible)
    within[feasible] = epsilon_front(made.losses[feasible], share * np.ptp(best, axis=0))
    return within


def staircase(made: Pareto, across: int = 0, up: int = 1) -> tuple[FloatArray, FloatArray]:
    """Corners of the area that the front dominates in two goals, as scores.

    From the best end of the goal ``across`` to its worst: the area lies on the bad side of the
    line, which goes on to the bad end of ``up`` before the first corner, and to that of
    ``across`` after the last.
    """
    points = made.losses[made.on_front][:, [across, up]]
    if not len(points):
        return np.empty(0), np.empty(0)
    points = points[is_front(points)]
    points = points[np.lexsort((points[:, 1], points[:, 0]))]
    x = np.repeat(points[:, 0], 2)[1:]
    y = np.repeat(points[:, 1], 2)[:-1]
    signs = made.signs
    return x * signs[across], y * signs[up]


# --- how sure it is ---------------------------------------------------------------------------


def half_widths(history: History, numbers: Rows, test_ratio: float | None = None) -> FloatArray:
    """Half-widths of the 95 % confidence intervals of scores, shape (len(numbers), g).

    See `analysis.comparison.interval`; NaN where a goal has fewer than two folds.
    """
    return np.array(
        [
            [
                interval(trial.fold_scores.get(goal.metric, ()), test_ratio).half_width
                for goal in history.goals
            ]
            for trial in (counted(history, history.trials[int(n)]) for n in numbers)
        ]
    ).reshape(len(numbers), len(history.goals))
