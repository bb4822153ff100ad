"""The space that a set of points does not dominate, cut into boxes.

Notation: n points, g goals, all losses; r the reference point; c boxes, which do not overlap. A
box reaches from its lower corner, −inf where it is open, to its upper corner.

A sweep along the last goal: the boxes of the other goals change only where a point is met. A point
takes from each of them what it dominates, and what is left falls into at most g − 1 boxes; those
that fit together are joined. With two goals these are the strips of Emmerich, Deutz, Klinkenberg
(2011, "Hypervolume-based expected improvement", IEEE CEC, section IV), with three at most about
2 n + 1 boxes, as in Yang et al. (2019, "Efficient computation of expected hypervolume improvement
using box decomposition algorithms", Journal of Global Optimization 75, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True)
class Boxes:
    """Boxes by the numbers of their edges.

    Attributes
    ----------
    edges : g rising arrays of the different edges along each goal, the first one −inf
    low, high : places of each box's corners in them, each (c, g)
    """

    edges: tuple[FloatArray, ...]
    low: IntArray
    high: IntArray

    def __len__(self) -> int:
        return len(self.low)


def nondominated_boxes(points: FloatArray, reference: FloatArray) -> Boxes:
    """Cut up what lies below the reference point and is not dominated.

    Parameters
    ----------
    points : (n, g), g ≥ 2; dominated ones and those beyond the reference change nothing
    reference : (g,), finite
    """
    goals = len(reference)
    inside = points[np.all(points < reference, axis=1)]  # NaN is never below
    inside = inside[np.argsort(inside[:, -1], kind="stable")]
    low = np.full((1, goals - 1), -np.inf)
    high = reference[None, :-1]
    begin = np.array([-np.inf])
    lows, highs = [], []
    for *first, last in inside.tolist():
        point = np.array(first)
        hit = np.all(high > point, axis=1)
        if not hit.any():
            continue
        ended = hit & (begin < last)
        lows.append(np.column_stack([low[ended], begin[ended]]))
        highs.append(np.column_stack([high[ended], np.full(int(ended.sum()), last)]))
        left_low, left_high = _without(low[hit], high[hit], point)
        low = np.concatenate([low[~hit], left_low])
        high = np.concatenate([high[~hit], left_high])
        begin = np.concatenate([begin[~hit], np.full(len(left_low), last)])
    lows.append(np.column_stack([low, begin]))
    highs.append(np.column_stack([high, np.full(len(low), reference[-1])]))
    return _numbered(np.concatenate(lows), np.concatenate(highs))


def _without(
    low: FloatArray, high: FloatArray, point: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """What of the boxes is smaller than the point somewhere, as boxes that do not overlap."""
    lows, highs = [], []
    for goal in range(len(point)):
        below = low[:, goal] < point[goal]
        part_low, part_high = low[below].copy(), high[below].copy()
        part_low[:, :goal] = np.maximum(part_low[:, :goal], point[:goal])
        part_high[:, goal] = point[goal]
        for along in range(goal):
            part_low, part_high = _joined(part_low, part_high, along)
        lows.append(part_low)
        highs.append(part_high)
    return np.concatenate(lows), np.concatenate(highs)


def _joined(low: FloatArray, high: FloatArray, along: int) -> tuple[FloatArray, FloatArray]:
    """Boxes that follow one another along a goal, and are equal in the others, become one."""
    if len(low) < 2:
        return low, high
    others = [goal for goal in range(low.shape[1]) if goal != along]
    order = np.lexsort((low[:, along], *low[:, others].T, *high[:, others].T))
    low, high = low[order], high[order]
    equal = np.all(low[1:, others] == low[:-1, others], axis=1)
    equal &= np.all(high[1:, others] == high[:-1, others], axis=1)
    follows = equal & (low[1:, along] == high[:-1, along])
    starts = np.concatenate([[True], ~follows])
    ends = np.concatenate([~follows, [True]])
    joined = low[starts]
    upper = high[starts]
    upper[:, along] = high[ends, along]
    return joined, upper


def _numbered(low: FloatArray, high: FloatArray) -> Boxes:
    edges, lows, highs = [], [], []
    for goal in range(low.shape[1]):
        both = np.concatenate([[-np.inf], low[:, goal], high[:, goal]])
        different, places = np.unique(both, return_inverse=True)
        edges.append(different)
        lows.append(places[1 : len(low) + 1])
        highs.append(places[len(low) + 1 :])
    return Boxes(tuple(edges), np.column_stack(lows), np.column_stack(highs))
