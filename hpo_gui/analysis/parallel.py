"""Parallel coordinates: one axis a parameter, one line a trial, the score as the last axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.parameter_axis import AxisTick, round_step, short, spaced_ticks
from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.history import History
from hpo_gui.core.pareto import fronts
from hpo_gui.core.trial import STATE_CODES, TrialState

FloatArray = NDArray[np.float64]
MOST = 500


@dataclass(frozen=True)
class ParallelAxis:
    """One axis and its ticks."""

    name: str
    ticks: tuple[AxisTick, ...]


@dataclass(frozen=True)
class Parallel:
    """Lines of trials over axes.

    Attributes
    ----------
    axes : the parameters, then the goals; or the goals alone
    numbers : of the trials, the worst first, so that the best are drawn last, shape (m,)
    lines : positions in [0, 1], NaN where a parameter is inactive, shape (m, axes)
    ranks : 0 for the worst to 1 for the best, equal for equal scores, shape (m,); with several
        goals by the front each trial is on, beside the goals alone by the first of them
    total : trials that could be shown; only the best `MOST` are
    """

    axes: tuple[ParallelAxis, ...]
    numbers: NDArray[np.intp]
    lines: FloatArray
    ranks: FloatArray
    total: int


def parallel(
    history: History,
    columns: TrialColumns | None = None,
    shown: NDArray[np.bool_] | None = None,
    most: int = MOST,
    *,
    goals_only: bool = False,
) -> Parallel:
    """The best ``most`` complete trials that pass the filter ``shown``, as lines.

    Parameters
    ----------
    goals_only : the goals without the parameters, each with its good side up
    """
    columns = columns or TrialColumns.of(history)
    wanted = (history.states == STATE_CODES[TrialState.COMPLETE]) & np.isfinite(
        history.losses
    ).all(axis=1)
    if shown is not None:
        wanted = wanted & shown
    found = np.flatnonzero(wanted)
    ranked, level = _ranked(history, found, most)
    names = () if goals_only else columns.space.names
    axes = [ParallelAxis(name, spaced_ticks(columns.space[name])) for name in names]
    lines = [columns.positions(name)[ranked] for name in names]
    for place, goal in enumerate(history.goals):
        losses = history.losses[ranked, place]
        scores = -losses if goal.maximize else losses
        upside_down = goals_only and not goal.maximize
        places, axis = _score_axis(goal.metric, scores, upside_down=upside_down)
        lines.append(places)
        axes.append(axis)
    if goals_only:  # most are on the front then: told apart by the first goal
        level = history.losses[ranked, 0]
    levels, place_of = np.unique(level, return_inverse=True)
    ranks = 1 - place_of / (len(levels) - 1) if len(levels) > 1 else np.ones(len(ranked))
    return Parallel(tuple(axes), ranked, np.column_stack(lines), ranks, len(found))


def _ranked(
    history: History, found: NDArray[np.intp], most: int
) -> tuple[NDArray[np.intp], FloatArray]:
    """The best trials, the best last, and what they are ranked by."""
    losses = history.losses[found]
    level = losses[:, 0]
    if len(history.goals) > 1:
        level = fronts(losses, most).astype(float)
        level[~np.isin(found, history.feasible)] += level.max(initial=0) + 1
    order = np.lexsort((found, losses[:, 0], level))[:most][::-1]
    return found[order], level[order]


def _score_axis(
    metric: str, scores: FloatArray, *, upside_down: bool = False
) -> tuple[FloatArray, ParallelAxis]:
    """Positions of the scores between the smallest and the largest, and round ticks."""
    if upside_down:
        places, axis = _score_axis(metric, scores)
        turned = (AxisTick(1 - tick.position, tick.text) for tick in axis.ticks)
        return 1 - places, ParallelAxis(metric, tuple(turned))
    if not len(scores):
        return np.empty(0), ParallelAxis(metric, ())
    low, high = float(scores.min()), float(scores.max())
    if low == high:
        middle = AxisTick(0.5, short(float(f"{low:.4g}")))
        return np.full(len(scores), 0.5), ParallelAxis(metric, (middle,))
    step = round_step(high - low, 4)
    values = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    ticks = tuple(
        AxisTick(float((value - low) / (high - low)), short(float(f"{value:.6g}")))
        for value in values
    )
    return (scores - low) / (high - low), ParallelAxis(metric, ticks)
