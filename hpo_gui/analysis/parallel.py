"""Parallel coordinates: one axis a parameter, one line a trial, the score as the last axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.parameter_axis import AxisTick, parameter_ticks, round_step, short
from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.history import History
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
    axes : the parameters, then the goal
    numbers : of the trials, the worst first, so that the best are drawn last, shape (m,)
    lines : positions in [0, 1], NaN where a parameter is inactive, shape (m, axes)
    ranks : 0 for the worst to 1 for the best, equal for equal scores, shape (m,)
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
) -> Parallel:
    """The best ``most`` complete trials that pass the filter ``shown``, as lines."""
    columns = columns or TrialColumns.of(history)
    losses = history.losses[:, 0]
    wanted = (history.states == STATE_CODES[TrialState.COMPLETE]) & np.isfinite(losses)
    if shown is not None:
        wanted = wanted & shown
    found = np.flatnonzero(wanted)
    ranked = found[np.argsort(losses[found], kind="stable")][:most][::-1]
    scores = -losses[ranked] if history.goal.maximize else losses[ranked]
    places, score_axis = _score_axis(history.goal.metric, scores)
    names = columns.space.names
    axes = [ParallelAxis(name, parameter_ticks(columns.space[name])) for name in names]
    lines = np.column_stack([*(columns.positions(name)[ranked] for name in names), places])
    levels, place = np.unique(losses[ranked], return_inverse=True)
    ranks = 1 - place / (len(levels) - 1) if len(levels) > 1 else np.ones(len(ranked))
    return Parallel((*axes, score_axis), ranked, lines, ranks, len(found))


def _score_axis(metric: str, scores: FloatArray) -> tuple[FloatArray, ParallelAxis]:
    """Positions of the scores between the smallest and the largest, and round ticks."""
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
