"""Convergence: the score of each trial, the best so far, and the baseline of the defaults."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.front_growth import growth
from hpo_gui.analysis.pareto import pareto
from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState

FloatArray = NDArray[np.float64]
Along = Literal["trial", "time"]

DEFAULT = "default"
_COMPLETE = STATE_CODES[TrialState.COMPLETE]


@dataclass(frozen=True)
class Convergence:
    """What the convergence plot draws; trial i stands at place i.

    Attributes
    ----------
    x : where each trial stands: its number, or seconds from the first start to its end (to its
        start while it runs, NaN before)
    scores : of the first goal, partial ones of running and pruned trials too
    line_x, line_y : corners of the best-so-far step line, which ends at the last trial
    best : number of the best trial, or None
    baseline : number and score (as it counts: `History.score`) of the defaults' trial, or None
    """

    along: Along
    x: FloatArray
    scores: FloatArray
    line_x: FloatArray
    line_y: FloatArray
    best: int | None
    baseline: tuple[int, float] | None


def convergence(
    history: History, columns: TrialColumns | None = None, along: Along = "trial"
) -> Convergence:
    """Compute what the convergence plot draws.

    Parameters
    ----------
    columns : of the same history, when there are some already
    along : what the x axis counts
    """
    columns = columns or TrialColumns.of(history)
    goal = history.goal
    x = positions(columns, along)
    losses = np.full(len(history), np.nan)
    losses[history.feasible] = history.losses[history.feasible, 0]
    line_x, line_loss = step_line(x, losses)
    baseline = find_baseline(history, columns)
    return Convergence(
        along,
        x,
        -history.losses[:, 0] if goal.maximize else history.losses[:, 0],
        line_x,
        -line_loss if goal.maximize else line_loss,
        history.best.number if history.best is not None else None,
        None if baseline is None else (baseline.number, history.score(baseline.number)),
    )


def volume_course(
    history: History, columns: TrialColumns | None = None, along: Along = "trial"
) -> Convergence:
    """The dominated hypervolume after each feasible trial, in the same form; no baseline."""
    columns = columns or TrialColumns.of(history)
    grown = growth(history, pareto(history))
    scores = np.full(len(history), np.nan)
    scores[grown.numbers] = grown.volumes
    x = positions(columns, along)
    line_x, line_y = step_line(x, -scores)
    last = int(grown.numbers[-1]) if len(grown.numbers) else None
    return Convergence(along, x, scores, line_x, -line_y, last, None)


def positions(columns: TrialColumns, along: Along) -> FloatArray:
    """Where each trial stands on the x axis; see `Convergence`."""
    if along == "trial":
        return np.arange(columns.count, dtype=float)
    started, finished = columns.started, columns.finished
    if not columns.count or np.isnan(started).all():
        return np.full(columns.count, np.nan)
    begin = np.nanmin(started)
    return np.where(np.isnan(finished), started, finished) - begin


def find_baseline(history: History, columns: TrialColumns | None = None) -> Trial | None:
    """The first complete trial with the model's defaults and a finite score, or None.

    In a population it is the member that has kept to them to the end of the training: what they
    give after an interval says nothing beside what others give after many.
    """
    columns = columns or TrialColumns.of(history)
    codes = columns.strategy
    if DEFAULT not in columns.strategies:
        return None
    wanted = codes == columns.strategies.index(DEFAULT)
    fit = wanted & (history.states == _COMPLETE) & np.isfinite(history.losses[:, 0])
    first = int(np.argmax(fit)) if len(fit) else 0
    if not (len(fit) and fit[first]):
        return None
    trial = history.trials[first]
    return trial if trial.steps is None else _kept_to(history, trial)


def _kept_to(history: History, trial: Trial) -> Trial | None:
    """The last of the trials that went on from ``trial`` with its parameters unchanged.

    None while another one has learnt for longer.
    """
    last = trial
    for other in history.trials[trial.number + 1 :]:
        goes_on = other.parent == last.number and other.params == trial.params
        if goes_on and other.state is TrialState.COMPLETE:
            last = other
    longest = max(other.steps_done for other in history.trials)
    return last if last.steps_done >= longest else None


def step_line(x: FloatArray, losses: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Corners (x, loss) of the step line through the improvements, from left to right."""
    placed = np.flatnonzero(np.isfinite(x) & np.isfinite(losses))
    if not len(placed):
        return np.empty(0), np.empty(0)
    if np.any(np.diff(x[placed]) < 0):
        placed = placed[np.argsort(x[placed], kind="stable")]
    best = np.minimum.accumulate(losses[placed])
    better = np.flatnonzero(np.diff(best, prepend=math.inf) < 0)
    at, level = x[placed][better], best[better]
    end = float(np.max(x[np.isfinite(x)]))
    line_x = np.append(np.repeat(at, 2)[1:], end)
    return line_x, np.repeat(level, 2)
