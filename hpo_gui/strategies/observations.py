"""What a history tells a surrogate: rows with losses, rows that failed, rows that wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.fitting import fitting
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState
from hpo_gui.surrogates.scaling import LARGEST

FloatArray = NDArray[np.float64]

MODELS = 50  # complete trials that tell how a score goes on
SCORED = (STATE_CODES[TrialState.COMPLETE], STATE_CODES[TrialState.PRUNED])


@dataclass(frozen=True)
class Observations:
    """Positions of trials in the cube, NaN where inactive.

    Attributes
    ----------
    x, y : complete and pruned trials (n, d) with their finite losses, (n,) of the first goal or
        (n, g) of all, those of pruned trials as they are expected to have ended
    failed : trials without a score (f, d): failed, or with a score that is no number
    open : waiting and running trials (o, d)
    numbers : of the trials in ``x`` (n,)
    """

    x: FloatArray
    y: FloatArray
    failed: FloatArray
    open: FloatArray
    numbers: NDArray[np.intp]


def observe(history: History) -> Observations:
    """Sort the trials; those outside of today's space tell nothing and are left out."""
    return _sorted(history, expected_losses(history))


def observe_goals(history: History) -> Observations:
    """The same with the losses of all goals; a trial that lacks one of them counts as failed."""
    goals = range(len(history.goals))
    losses = np.stack([expected_losses(history, goal) for goal in goals], axis=1)
    return _sorted(history, losses)


def _sorted(history: History, losses: FloatArray) -> Observations:
    matrix = history.matrix
    fits = fitting(history)
    scored = np.isin(history.states, SCORED)
    known = np.isfinite(losses) & (np.abs(losses) < LARGEST)
    usable = scored & np.atleast_2d(known.T).all(axis=0) & fits
    failed = (history.states == STATE_CODES[TrialState.FAILED]) | (scored & ~usable)
    is_open = history.states <= STATE_CODES[TrialState.RUNNING]
    return Observations(
        matrix[usable],
        losses[usable],
        matrix[failed & fits],
        matrix[is_open & fits],
        np.flatnonzero(usable),
    )


def expected_losses(
    history: History, goal: int = 0, groups: Iterable[NDArray[np.intp]] = ()
) -> FloatArray:
    """A goal's loss of every trial, that of a pruned one as it is expected to have ended, (n,).

    Its score so far is of fewer folds, which may be easy ones, or of less training. The best
    complete trials tell what the rest changes: it is added as it is on their mean. Where the best
    step of a training remains, that is what the steps after it still improve. What was
    stopped did not win, so that no estimate is below the best complete trial's loss.

    Parameters
    ----------
    groups : numbers of trials that learn alike, such as those of one model: what the rest changes
        is told by the complete trials of a pruned one's own group, where it has any
    """
    losses: FloatArray = history.losses[:, goal].copy()
    pruned = np.flatnonzero(history.states == STATE_CODES[TrialState.PRUNED])
    best = history.best
    if not len(pruned) or best is None:
        return losses
    complete = history.complete[np.isfinite(losses[history.complete])]
    if len(complete):
        lowest = float(losses[best.number]) if len(history.goals) == 1 else losses[complete].min()
        _expect(history, goal, losses, pruned, complete, lowest)
    for group in groups:
        own = np.intersect1d(group, complete)
        of_group = np.intersect1d(group, pruned)
        if len(own) and len(of_group):
            losses[of_group] = history.losses[of_group, goal]
            _expect(history, goal, losses, of_group, own, float(losses[own].min()))
    return losses


def _expect(
    history: History,
    goal: int,
    losses: FloatArray,
    pruned: NDArray[np.intp],
    complete: NDArray[np.intp],
    lowest: float,
) -> None:
    """Put what is expected of pruned trials into ``losses``, by what complete ones tell."""
    metric = history.goals[goal].metric
    models = complete[np.argsort(losses[complete], kind="stable")[:MODELS]]
    trials = [history.trials[number] for number in models.tolist()]
    if history.plan.rows:  # of before, there may be some whose steps were folds
        trials = [trial for trial in trials if trial.curves]
    courses = [_kept_course(history, trial, metric) for trial in trials]
    finals = losses[[trial.number for trial in trials]]
    changes: dict[int, float] = {}
    for number in pruned.tolist():
        done = history.trials[number].steps_done
        if done not in changes:
            changes[done] = _usual_change(history.goals[goal], courses, finals, done)
        losses[number] = max(losses[number] + changes[done], lowest)


def _kept_course(history: History, trial: Trial, metric: str) -> tuple[float, ...]:
    """The score with which a trial would have ended after each of its steps."""
    course = trial.course(metric)
    kept = history.plan.kept
    place = kept.place(history.goals) if kept else None
    if kept is None or place is None or not trial.curves:
        return course
    goal = history.goals[place]
    losses = np.array([[goal.loss(score) for score in trial.course(goal.metric)]])
    remains = kept.steps(losses)[0, : len(course)].tolist()
    return tuple([course[max(step, 0)] for step in remains])


def _usual_change(
    goal: Goal, courses: list[tuple[float, ...]], finals: FloatArray, done: int
) -> float:
    """Mean of (final loss - loss after ``done`` steps) over trials; 0 when nothing tells."""
    changes = [
        final - goal.loss(course[done - 1])
        for course, final in zip(courses, finals.tolist(), strict=True)
        if 1 <= done <= len(course) and np.isfinite(course[done - 1])
    ]
    return float(np.mean(changes)) if changes else 0.0
