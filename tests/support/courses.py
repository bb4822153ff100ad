"""Histories for pruners: trials by their losses fold by fold, or step by step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.kept import Kept
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Learned, Origin, Trial, TrialState, add_step

LOSS = Goal("loss", "minimize")
COMPLETE, RUNNING, WAITING, PRUNED, FAILED, CANCELLED, RETRACTED = (
    TrialState.COMPLETE,
    TrialState.RUNNING,
    TrialState.WAITING,
    TrialState.PRUNED,
    TrialState.FAILED,
    TrialState.CANCELLED,
    TrialState.RETRACTED,
)


def folds(number: int, losses: Sequence[float], state: TrialState = COMPLETE) -> Trial:
    """A trial of cross-validation with one loss a fold; NaN for none."""
    trial = Trial(number, {}, Origin("random"), state, told=_told(number, state))
    for index, loss in enumerate(losses):
        trial = add_step(trial, index, {LOSS.metric: loss})
    return trial


def curve(
    number: int, losses: Sequence[float], state: TrialState = COMPLETE, **more: Any
) -> Trial:
    """A trial that learns, with one loss a step; the parent's steps are left out as NaN."""
    trial = Trial(number, {}, Origin("random"), state, told=_told(number, state), **more)
    for index, loss in enumerate(losses):
        if more.get("parent") is None or not math.isnan(loss):
            trial = add_step(trial, index, Learned({LOSS.metric: (loss, loss)}))
    return trial


def _told(number: int, state: TrialState) -> int | None:
    return None if state.is_open else number + 1


def history(
    trials: Sequence[Trial],
    steps: int,
    *,
    learns: bool,
    planned: int = 60,
    rows: tuple[float, ...] = (),
    kept: Kept | None = None,
) -> History:
    """A history of trials that are numbered from 0."""
    assert [trial.number for trial in trials] == list(range(len(trials)))
    plan = Plan(planned, steps=steps, learns=learns, rows=rows, kept=kept)
    return History(Space([]), [LOSS], trials, plan=plan)
