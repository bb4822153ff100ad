"""What a history tells a surrogate: rows with losses, rows that failed, rows that wait."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.cube import Cube
from hpo_gui.core.fitting import fitting
from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, TrialState
from hpo_gui.surrogates.scaling import LARGEST

FloatArray = NDArray[np.float64]

SCORED = (STATE_CODES[TrialState.COMPLETE], STATE_CODES[TrialState.PRUNED])


@dataclass(frozen=True)
class Observations:
    """Positions of trials in the cube, NaN where inactive.

    Attributes
    ----------
    x, y : complete and pruned trials (n, d) with their finite losses (n,)
    failed : trials without a score (f, d): failed, or with a score that is no number
    open : waiting and running trials (o, d)
    numbers : of the trials in ``x`` (n,)
    """

    x: FloatArray
    y: FloatArray
    failed: FloatArray
    open: FloatArray
    numbers: NDArray[np.intp]


def observe(history: History, cube: Cube) -> Observations:
    """Sort the trials; those outside of today's space tell nothing and are left out."""
    matrix = history.matrix
    losses = history.losses[:, 0]
    fits = fitting(history)
    scored = np.isin(history.states, SCORED)
    usable = scored & np.isfinite(losses) & (np.abs(losses) < LARGEST) & fits
    failed = (history.states == STATE_CODES[TrialState.FAILED]) | (scored & ~usable)
    is_open = history.states <= STATE_CODES[TrialState.RUNNING]
    return Observations(
        matrix[usable],
        losses[usable],
        matrix[failed & fits],
        matrix[is_open & fits],
        np.flatnonzero(usable),
    )
