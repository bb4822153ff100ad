"""Slices: the score of the trials against one parameter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.parameter_axis import AxisTick, is_listed, parameter_ticks
from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, TrialState

FloatArray = NDArray[np.float64]
JITTER = 0.5  # share of a category's width that its points spread over
GOLDEN = 0.618033988749895


@dataclass(frozen=True)
class Slice:
    """Score against one parameter.

    Attributes
    ----------
    name : of the parameter
    numbers : of the trials shown, shape (m,)
    positions : on the parameter's axis of the unit cube, categories spread a little, shape (m,)
    scores : shape (m,)
    ticks : of the parameter's axis
    listed : the parameter has a list of values
    left_out : complete trials that are not shown, since the parameter does not apply to them
    """

    name: str
    numbers: NDArray[np.intp]
    positions: FloatArray
    scores: FloatArray
    ticks: tuple[AxisTick, ...]
    listed: bool
    left_out: int


def slice_of(
    history: History,
    name: str,
    columns: TrialColumns | None = None,
    shown: NDArray[np.bool_] | None = None,
) -> Slice:
    """The complete trials with a finite score, against the parameter ``name``.

    Parameters
    ----------
    columns : of the same history, when there are some already
    shown : which trials pass the filter, shape (n,)
    """
    columns = columns or TrialColumns.of(history)
    losses = history.losses[:, 0]
    wanted = (history.states == STATE_CODES[TrialState.COMPLETE]) & np.isfinite(losses)
    if shown is not None:
        wanted = wanted & shown
    positions = columns.positions(name)
    numbers = np.flatnonzero(wanted & np.isfinite(positions))
    places = positions[numbers]
    parameter = columns.space[name]
    if is_listed(parameter):
        # NOTE: a golden-ratio sequence spreads evenly, and a trial never moves
        spread = (numbers * GOLDEN) % 1.0 - 0.5
        places = places + spread * JITTER / parameter.size
    scores = losses[numbers]
    return Slice(
        name,
        numbers,
        places,
        -scores if history.goal.maximize else scores,
        parameter_ticks(parameter),
        is_listed(parameter),
        int(wanted.sum()) - len(numbers),
    )
