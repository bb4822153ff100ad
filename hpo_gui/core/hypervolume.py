"""The dominated hypervolume: how much of the space of losses a set of points leaves behind it.

Notation: n points, g goals, all losses; r the reference point. A point counts by the box between
itself and r; what is not better than r in every goal counts nothing (Zitzler, Thiele 1998,
"Multiobjective optimization using evolutionary algorithms", PPSN V).
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hpo_gui.core.pareto import is_front, weakly_dominated

FloatArray = NDArray[np.float64]

CHUNK = 256  # points of which those that are dominated anyway are left out together
MARGIN = 0.1
"""The reference lies this share of the front's range beyond its worst losses."""


def hypervolume(losses: FloatArray, reference: ArrayLike) -> float:
    """Volume that the points dominate within the reference point.

    Two goals take a sweep; three a sweep over staircases (Beume et al. 2009, "On the complexity
    of computing the hypervolume indicator", IEEE Transactions on Evolutionary Computation 13);
    more take exclusive volumes one by one (WFG: While, Bradstreet, Barone 2012, "A fast way of
    calculating exact hypervolumes", IEEE Transactions on Evolutionary Computation 16).

    Parameters
    ----------
    losses : (n, g); rows with NaN count nothing
    reference : (g,), finite
    """
    bound = np.asarray(reference, dtype=float)
    inside = losses[np.all(losses < bound, axis=1)]  # NaN is never below
    if not len(inside):
        return 0.0
    points = np.unique(inside[is_front(inside)], axis=0)
    return _volume(points, bound)


def hypervolume_contributions(front: FloatArray, reference: ArrayLike) -> FloatArray:
    """What the volume loses without each of the points, shape (n,)."""
    whole = hypervolume(front, reference)
    rows = np.arange(len(front))
    return np.array([whole - hypervolume(front[rows != row], reference) for row in rows])


def hypervolume_so_far(losses: FloatArray, reference: ArrayLike) -> FloatArray:
    """Volume of the points 0 … i, shape (n,); computed anew only where the front changes."""
    bound = np.asarray(reference, dtype=float)
    gains = np.zeros(len(losses))
    if losses.shape[1] == 2:
        stairs = Staircase(bound[0], bound[1])
        inside = np.flatnonzero(np.all(losses < bound, axis=1))
        for begin in range(0, len(inside), CHUNK):
            rows = inside[begin : begin + CHUNK]
            rows = rows[~stairs.covers(losses[rows])]
            for row, (y, z) in zip(rows.tolist(), losses[rows].tolist(), strict=True):
                gains[row] = stairs.add(y, z)
        return np.cumsum(gains)
    volume = 0.0
    for row, front in joining(losses, bound):
        larger = _volume(np.unique(front, axis=0), bound)
        gains[row], volume = larger - volume, larger
    return np.cumsum(gains)


def joining(losses: FloatArray, reference: ArrayLike) -> Iterator[tuple[int, FloatArray]]:
    """Each row that joins the front of the rows before it, with the front that it makes.

    Rows that are not better than the reference in every goal are left out.
    """
    bound = np.asarray(reference, dtype=float)
    front = np.empty((0, losses.shape[1]))
    inside = np.flatnonzero(np.all(losses < bound, axis=1))
    begin, size = 0, 1
    while begin < len(inside):
        rows = inside[begin : begin + size]
        begin, size = begin + size, min(2 * size, CHUNK)
        for row in rows[~weakly_dominated(losses[rows], front)].tolist():
            point = losses[row]
            if not np.any(np.all(front <= point, axis=1)):
                front = np.vstack([front[~np.all(point <= front, axis=1)], point])
                yield row, front


def reference_point(front: FloatArray) -> FloatArray:
    """A point a little worse than the worst losses of a front, shape (g,).

    Source: Ishibuchi et al. 2018, "How to specify a reference point in hypervolume calculation
    for fair performance comparison", Evolutionary Computation 26: a tenth of the range. Where a
    goal has no range, a tenth of its size, or one tenth.
    """
    low, high = front.min(axis=0), front.max(axis=0)
    spread = np.where(high > low, high - low, np.where(high != 0, np.abs(high), 1.0))
    point: FloatArray = high + MARGIN * spread
    return point


def _volume(points: FloatArray, bound: FloatArray) -> float:
    """Volume of points inside the bound, none dominated, in lexicographic order."""
    goals = points.shape[1]
    if goals == 1:
        return float(bound[0] - points[:, 0].min())
    if goals == 2:
        upper = np.concatenate([bound[1:], points[:-1, 1]])
        return float(np.sum((bound[0] - points[:, 0]) * (upper - points[:, 1])))
    if goals == 3:
        return _volume_of_three(points, bound)
    return _volume_of_many(points, bound)


def _volume_of_three(points: FloatArray, bound: FloatArray) -> float:
    """Slice along the first goal; between two points the area of the staircase stays the same."""
    _, last_y, last_z = bound.tolist()
    stairs = Staircase(last_y, last_z)
    area, volume = 0.0, 0.0
    before = float(points[0, 0])
    for x, y, z in points.tolist():
        volume += area * (x - before)
        before = x
        area += stairs.add(y, z)
    return volume + area * (float(bound[0]) - before)


class Staircase:
    """The area that points dominate in the plane, within a reference; it grows point by point."""

    def __init__(self, last_y: float, last_z: float) -> None:
        self._last_y, self._last_z = float(last_y), float(last_z)
        self._ys: list[float] = []  # ascending, their zs descending
        self._zs: list[float] = []

    def covers(self, points: FloatArray) -> NDArray[np.bool_]:
        """Which points, shape (n, 2), add nothing, shape (n,)."""
        places = np.searchsorted(np.array(self._ys), points[:, 0], side="right")
        lowest = np.array([np.inf, *self._zs])
        covered: NDArray[np.bool_] = lowest[places] <= points[:, 1]
        return covered

    def add(self, y: float, z: float) -> float:
        """Add a point inside the reference; by how much the area grows."""
        ys, zs = self._ys, self._zs
        if (at := bisect.bisect_right(ys, y)) and zs[at - 1] <= z:
            return 0.0  # it is dominated already
        begin = bisect.bisect_left(ys, y)
        end = begin
        ceiling = zs[begin - 1] if begin else self._last_z
        left, area = y, 0.0
        while end < len(ys) and zs[end] >= z:
            area += (ys[end] - left) * (ceiling - z)
            left, ceiling = ys[end], zs[end]
            end += 1
        right = ys[end] if end < len(ys) else self._last_y
        area += (right - left) * (ceiling - z)
        ys[begin:end] = [y]
        zs[begin:end] = [z]
        return area


def _volume_of_many(points: FloatArray, bound: FloatArray) -> float:
    """Sum of what each point adds to those after it."""
    # NOTE: with the worst last-goal values first, those after it limit a point most and fall away
    points = points[np.argsort(-points[:, -1], kind="stable")]
    total = 0.0
    for row, point in enumerate(points):
        alone = float(np.prod(bound - point))
        limited = np.maximum(points[row + 1 :], point)
        if len(limited):
            limited = np.unique(limited[is_front(limited)], axis=0)
            alone -= _volume(limited, bound)
        total += alone
    return total
