"""Which trials are configurations of the space as it is now; others were tried before an edit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.cube import cube_of
from hpo_gui.core.history import History


def fitting(history: History) -> NDArray[np.bool_]:
    """Which trials are configurations of the space as it is now, (n,).

    A range that was narrowed moves old trials to its end, and a choice that was removed leaves
    NaN: only such rows are looked at one by one.
    """
    cube = cube_of(history.space)
    matrix = history.matrix
    fits = np.ones(len(history), dtype=bool)
    if not len(history):
        return fits
    differs = ~np.isclose(cube.legal(matrix), matrix, rtol=0, atol=1e-9, equal_nan=True)
    at_end = (matrix == 0.0) | (matrix == 1.0)
    for number in np.flatnonzero((differs | at_end).any(axis=1)):
        fits[number] = history.space.contains(history.trials[number].params)
    return fits
