"""Courses: how all trials did after each step, as an array, and the words for a place in them.

Notation: n trials, s steps, g goals. Losses are minimised; inf stands for a score that is no
number.
"""

from __future__ import annotations

import math
from operator import is_not
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.goal import MOST_GOALS, Goal
from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial, TrialState

FloatArray = NDArray[np.float64]


def losses_after(history: History, steps: int, place: int = 0) -> FloatArray:
    """The loss of each trial by the goal at ``place`` after its first ``steps`` steps, shape (n,).

    NaN for a trial that did not do this step itself: that has not come as far, whose parent did
    it, whose steps were folds where they are shares of the rows now, or that is retracted. One
    that was complete before, as there was nothing left to learn, counts with its final score.
    """
    return _TABLES[place].column(history, steps)


def all_losses_after(history: History, steps: int) -> FloatArray:
    """`losses_after` by every goal, shape (n, g)."""
    columns = [losses_after(history, steps, place) for place in range(len(history.goals))]
    return np.column_stack(columns)


def kept_losses_after(history: History, steps: int) -> FloatArray:
    """`all_losses_after`, as if the trials had ended there, shape (n, g).

    Where the best step of a training remains (`Plan.kept`), all losses are those of the step that
    would remain. A trial whose last step is no number has no better one.
    """
    losses = all_losses_after(history, steps)
    kept = history.plan.kept
    judge = kept.place(history.goals) if kept else None
    if kept is None or judge is None:
        return losses
    remains = kept.steps(_TABLES[judge].first(history, steps))[:, -1]
    there = np.flatnonzero((remains >= 0) & np.isfinite(losses).all(axis=1))
    for place in range(losses.shape[1]):
        courses = _TABLES[place].first(history, steps)
        losses[there, place] = courses[there, remains[there]]
    return losses


def own_losses(history: History, trial: Trial, place: int = 0) -> FloatArray:
    """The losses of a trial by a goal after each step, shape (s,); NaN for its parent's."""
    return np.array(_losses(trial, history.goals[place], begins(history, trial)))


def begins(history: History, trial: Trial) -> int:
    """How many steps its parent did, which count as its own."""
    parent = trial.parent
    if parent is None or not 0 <= parent < len(history):
        return 0
    return history.trials[parent].steps_done


def after(history: History, trial: Trial) -> str:
    """How far a trial is: "After 3 of 5 folds"."""
    total = trial.steps or history.plan.steps
    return f"After {trial.steps_done} of {history.plan.counted(total)}"


def shown(goal: Goal, loss: float) -> str:
    """A loss as a score."""
    return f"{goal.loss(loss):.4g}" if math.isfinite(loss) else "no number"


def _losses(trial: Trial, goal: Goal, begun: int) -> list[float]:
    course = trial.course(goal.metric)
    if course and not trial.curves:  # what the first fold alone tells, a size, holds from then on
        course += course[-1:] * (trial.steps_done - len(course))
    losses = [goal.loss(score) if math.isfinite(score) else math.inf for score in course]
    return [math.nan] * min(begun, len(losses)) + losses[begun:]


class _Table:
    """The losses of the trials of the history that was asked about last.

    Only a memo: trials are frozen, and a row holds as long as its trial and the goal are the same.

    Parameters
    ----------
    place : of the goal
    """

    def __init__(self, place: int) -> None:
        self._place = place
        self._lock = Lock()
        self._goal: Goal | None = None
        self._trials: list[Trial] = []
        self._losses: FloatArray = np.full((64, 8), np.nan)

    def column(self, history: History, steps: int) -> FloatArray:
        with self._lock:
            self._update(history)
            if not 1 <= steps <= self._losses.shape[1]:
                return np.full(len(history), np.nan)
            return self._losses[: len(history), steps - 1].copy()

    def first(self, history: History, steps: int) -> FloatArray:
        """The losses after each of the first steps, shape (n, steps)."""
        with self._lock:
            self._update(history)
            losses: FloatArray = self._losses[: len(history), :steps].copy()
            return losses

    def _update(self, history: History) -> None:
        trials = history.trials
        self._make_room(len(trials), history.plan.steps)
        goal = history.goals[self._place]
        if goal != self._goal:
            self._goal, self._trials = goal, []
        known = min(len(self._trials), len(trials))
        changed = [
            number for number, differs in enumerate(map(is_not, self._trials, trials)) if differs
        ]
        for number in (*changed, *range(known, len(trials))):
            self._fill(history, trials[number])
        self._trials = list(trials)

    def _make_room(self, count: int, steps: int) -> None:
        rows, columns = self._losses.shape
        if count <= rows and steps <= columns:
            return
        wider = np.full((max(2 * count, rows), max(steps, columns)), np.nan)
        wider[:rows, :columns] = self._losses
        self._losses = wider

    def _fill(self, history: History, trial: Trial) -> None:
        row = self._losses[trial.number]
        row[:] = np.nan
        if trial.state is TrialState.RETRACTED:
            return
        if history.plan.rows and not trial.curves:  # of before, when its steps were folds
            return
        goal = history.goals[self._place]
        losses = _losses(trial, goal, begins(history, trial))[: len(row)]
        row[: len(losses)] = losses
        if trial.state is TrialState.COMPLETE and trial.steps is None and losses:
            final = trial.scores.get(goal.metric, math.nan)
            row[len(losses) :] = goal.loss(final) if math.isfinite(final) else math.inf


_TABLES = tuple(_Table(place) for place in range(MOST_GOALS))


def finite(losses: FloatArray) -> FloatArray:
    """Those that are numbers."""
    return losses[np.isfinite(losses)]
