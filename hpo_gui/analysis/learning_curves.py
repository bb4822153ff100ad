"""Learning curves: the score of each trial after each of its steps, and how it ended.

Notation: m trials that are shown; s steps of the longest of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial, TrialState

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
End = Literal["open", "complete", "early", "pruned", "failed"]

ENDS: tuple[End, ...] = ("open", "complete", "early", "pruned", "failed")
TRAIN = "train_"  # before the metric's name: its score on the rows that were learnt from
RATE = "learning_rate"
MOST = 500  # trials that are shown: the best half and the newest half


@dataclass(frozen=True)
class LearningCurves:
    """The curves of the goal's metric, trial by trial.

    Attributes
    ----------
    numbers : of the trials shown, ascending, shape (m,)
    scores : after each step, shape (m, s + 1), NaN for gaps; column 0 is before the first step.
        A child has its parent's score where it begins
    begins, done : steps of the parent, and steps done with these, shape (m,)
    ends : how each ended, places in `ENDS`, shape (m,); "early" is complete before its last step
    steps : of a full training, as far as is known; 0 when nothing has learnt yet
    left_out : trials that have learnt but are not shown
    """

    numbers: IntArray
    scores: FloatArray
    begins: IntArray
    done: IntArray
    ends: NDArray[np.uint8]
    steps: int
    left_out: int


@dataclass(frozen=True)
class Course:
    """How one trial has learnt; each a value a step, NaN for gaps, empty for what nobody told.

    Attributes
    ----------
    validation, train : scores of the goal's metric
    rate : the learning rate that was really used
    done, steps : steps done, and of a full training
    counts : the step, from 1, whose score is the trial's; 0 for none
    end : how it ended
    """

    validation: tuple[float, ...]
    train: tuple[float, ...]
    rate: tuple[float, ...]
    done: int
    steps: int
    counts: int
    end: End

    @property
    def saved(self) -> int:
        """Steps that were not needed, since it ended before."""
        return self.steps - self.done if self.end in ("early", "pruned") else 0


def full_steps(history: History, planned: int = 0) -> int:
    """Steps of a full training: as planned, else those of the longest one.

    Parameters
    ----------
    planned : by the specification; 0 where it leaves that to the user's function
    """
    if planned or history.plan.learns:
        return planned or history.plan.steps
    return max((trial.steps_done for trial in history.trials if trial.curves), default=0)


def learning_curves(
    history: History,
    planned: int = 0,
    *,
    learnt: NDArray[np.bool_] | None = None,
    keep: Sequence[int] = (),
    most: int = MOST,
) -> LearningCurves:
    """Read the curves; at most ``most`` trials, half of them the best ones, the others the newest.

    Parameters
    ----------
    planned : see `full_steps`
    learnt : which trials may be shown, one a trial; by default all that have a curve
    keep : numbers of trials that are shown in any case, such as those selected
    """
    metric = history.goal.metric
    if learnt is None:
        learnt = np.array([metric in trial.curves for trial in history.trials], dtype=bool)
    numbers = np.flatnonzero(learnt)
    shown = _chosen(history, numbers, set(keep), most)
    trials = [history.trials[number] for number in shown.tolist()]
    steps = full_steps(history, planned)
    counts = [trial.steps_done for trial in trials]
    done = np.array(counts, dtype=np.intp)
    scores = np.full((len(trials), int(done.max(initial=0)) + 1), np.nan)
    begins = np.zeros(len(trials), dtype=np.intp)
    for row, trial in enumerate(trials):
        curve = trial.curves[metric]
        scores[row, 1 : len(curve) + 1] = curve
        begins[row] = _put_parent(scores[row], trial, history)
    scores[~np.isfinite(scores)] = np.nan
    ends = [ENDS.index(_end(trial, n, steps)) for trial, n in zip(trials, counts, strict=True)]
    return LearningCurves(
        shown,
        scores,
        begins,
        done,
        np.array(ends, dtype=np.uint8),
        max(steps, int(done.max(initial=0))),
        len(numbers) - len(shown),
    )


def course_of(trial: Trial, history: History, planned: int = 0) -> Course:
    """How one trial has learnt; ``planned`` as in `full_steps`."""
    metric = history.goal.metric
    curve = trial.curves.get(metric, ())
    steps = full_steps(history, planned)
    return Course(
        curve,
        trial.curves.get(TRAIN + metric, ()),
        trial.curves.get(RATE, ()),
        trial.steps_done,
        max(trial.steps or steps, trial.steps_done),
        _counting(curve, trial.scores.get(metric, math.nan)),
        _end(trial, trial.steps_done, steps),
    )


def _end(trial: Trial, done: int, steps: int) -> End:
    if trial.state.is_open:
        return "open"
    if trial.state is TrialState.PRUNED:
        return "pruned"
    if trial.state is not TrialState.COMPLETE:
        return "failed"
    return "early" if done < (trial.steps or steps) else "complete"


def _chosen(history: History, numbers: IntArray, keep: set[int], most: int) -> IntArray:
    if len(numbers) <= most:
        return numbers
    newest = numbers[-(most - most // 2) :]
    older = numbers[: len(numbers) - len(newest)]
    order = np.argsort(history.losses[older, 0], kind="stable")  # NaN comes last
    best = older[order[: most // 2]]
    kept = numbers[np.isin(numbers, list(keep))]
    return np.unique(np.concatenate([newest, best, kept]))


def _put_parent(scores: FloatArray, trial: Trial, history: History) -> int:
    """Let a child's curve begin at its parent's end; the steps of the parent."""
    if trial.parent is None or trial.parent >= len(history):
        return 0
    parent = history.trials[trial.parent]
    begin = min(parent.steps_done, len(scores) - 1)
    before = parent.curves.get(history.goal.metric, ())
    if 0 < begin <= len(before) and math.isnan(scores[begin]):
        scores[begin] = before[begin - 1]
    return begin


def _counting(curve: Sequence[float], score: float) -> int:
    """The step whose score is the trial's: the last one, else the first that gave it."""
    if not len(curve) or math.isnan(score):
        return 0
    if curve[-1] == score:
        return len(curve)
    return next((step for step, value in enumerate(curve, 1) if value == score), 0)
