"""Contour lines of a grid of numbers, by marching squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Corners of a square: 0 bottom left, 1 bottom right, 2 top right, 3 top left; edge k goes from
# corner k to the next. For each case (bit k: corner k is above), the edges that a line joins.
_CASES: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((3, 0),),
    2: ((0, 1),),
    3: ((3, 1),),
    4: ((1, 2),),
    5: ((3, 0), (1, 2)),
    6: ((0, 2),),
    7: ((3, 2),),
    8: ((2, 3),),
    9: ((2, 0),),
    10: ((0, 1), (2, 3)),
    11: ((2, 1),),
    12: ((1, 3),),
    13: ((1, 0),),
    14: ((0, 3),),
}
_CORNERS = ((0, 0), (0, 1), (1, 1), (1, 0))  # row, column


def contour_segments(grid: FloatArray, level: float) -> FloatArray:
    """The pieces of the contour line at ``level``.

    Parameters
    ----------
    grid : (b, a) numbers in the middle of cells of equal size; NaN breaks the line

    Returns
    -------
    (s, 2, 2): ends of s pieces as (x, y), from (0, 0), the corner of the first cell, to (1, 1)

    The two crossings of a saddle are told apart by nothing: either is right at this resolution.
    Source: Lorensen, Cline (1987), Marching cubes, in two dimensions.
    """
    high, wide = grid.shape
    if high < 2 or wide < 2:
        return np.empty((0, 2, 2))
    corners = np.stack([grid[r : high - 1 + r, c : wide - 1 + c] for r, c in _CORNERS])
    with np.errstate(invalid="ignore"):
        case = ((corners > level) * np.array([1, 2, 4, 8])[:, None, None]).sum(axis=0)
    case[np.isnan(corners).any(axis=0)] = 0
    found = []
    for number, joined in _CASES.items():
        rows, columns = np.nonzero(case == number)
        if not len(rows):
            continue
        values = corners[:, rows, columns]
        for edges in joined:
            ends = [_crossing(values, edge, level, rows, columns) for edge in edges]
            found.append(np.stack(ends, axis=1))
    if not found:
        return np.empty((0, 2, 2))
    made: FloatArray = (np.concatenate(found) + 0.5) / np.array([wide, high])
    return made


def _crossing(
    values: FloatArray,
    edge: int,
    level: float,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
) -> FloatArray:
    """Where an edge crosses the level, linearly; (s, 2) as (column, row)."""
    first, second = values[edge], values[(edge + 1) % 4]
    share = (level - first) / (second - first)
    (r1, c1), (r2, c2) = _CORNERS[edge], _CORNERS[(edge + 1) % 4]
    return np.stack([columns + c1 + share * (c2 - c1), rows + r1 + share * (r2 - r1)], axis=1)
