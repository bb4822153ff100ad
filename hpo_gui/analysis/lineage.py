"""Lineage: which trials have gone on from which, and with which parameters each has learnt."""

from __future__ import annotations

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import Params, params_key

Phase = tuple[int, Params]
"""From this step on (0-based), learning goes on with these parameters."""


def ancestors(history: History, trial: Trial) -> tuple[Trial, ...]:
    """The trials whose learning a trial has gone on from, the first one first, itself last."""
    line = [trial]
    while line[-1].parent is not None:
        line.append(history.trials[line[-1].parent])
    return tuple(reversed(line))


def phases_of(history: History, trial: Trial) -> tuple[Phase, ...]:
    """With which parameters a trial has learnt, from which step on, the first phase at step 0.

    A trial without a parent has one phase. Ancestors with equal parameters share one, and one
    that has not learnt a single step has none.
    """
    phases: list[Phase] = []
    begins = 0
    for one in ancestors(history, trial):
        ends = max(one.steps_done, begins)
        if ends > begins or one is trial:
            if not phases or params_key(phases[-1][1]) != params_key(one.params):
                phases.append((begins, dict(one.params)))
            begins = ends
    return tuple(phases)


def steps_learnt(
    history: History, trial: Trial, goal: Goal, *, restored: bool = False
) -> tuple[int, ...]:
    """The steps that are in what a trial has learnt in the end, in their order.

    Parameters
    ----------
    goal : by which a training sees how it gets on
    restored : the steps after a trial's best one were undone, before a child went on from it too
    """
    steps: list[int] = []
    begins = 0
    for one in ancestors(history, trial):
        ends = max(one.steps_done, begins)
        last = _best_step(one, goal.metric, begins) + 1 if restored else ends
        steps += range(begins, min(last, ends))
        begins = ends
    return tuple(steps)


def losses_of(history: History, trial: Trial, goal: Goal) -> tuple[float, ...]:
    """The loss of a goal after each step, ancestors' included; NaN where it is not known.

    Lower is better.
    """
    losses: list[float] = []
    for one in ancestors(history, trial):
        course = one.course(goal.metric)
        losses += [goal.loss(score) for score in course[len(losses) :]]
    return tuple(losses)


def _best_step(trial: Trial, metric: str, begins: int) -> int:
    """The step whose scores are the trial's own; the last one where none is found.

    The first of equal scores: a later one would have been no better.
    """
    score = trial.scores.get(metric)
    course = trial.course(metric)
    matching = (step for step in range(begins, len(course)) if course[step] == score)
    return next(matching, trial.steps_done - 1)
