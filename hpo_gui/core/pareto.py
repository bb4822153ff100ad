"""Pareto dominance: which of several losses nothing else is better than.

Notation: n points, g goals, all of them losses (smaller is better). A point dominates another one
when it is nowhere larger and somewhere smaller; equal points do not dominate each other.
Rows with NaN are never on a front.
"""

from __future__ import annotations

import bisect
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

AT_ONCE = 500_000
"""Comparisons that are made in one piece, so that they fit into the cache of a processor."""


def dominates(one: ArrayLike, other: ArrayLike) -> bool:
    """Whether ``one``, shape (g,), is nowhere larger than ``other`` and somewhere smaller."""
    a, b = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    return bool(np.all(a <= b) and np.any(a < b))


def is_front(losses: FloatArray) -> BoolArray:
    """Which of the points, shape (n, g), no other one dominates, shape (n,).

    Two and three goals take a sweep over the sorted points (Kung, Luccio, Preparata 1975, "On
    finding the maxima of a set of vectors", JACM 22), n log n; more goals take n times the front.
    """
    known = np.flatnonzero(~np.isnan(losses).any(axis=1))
    found = np.zeros(len(losses), dtype=bool)
    if not len(known):
        return found
    # NOTE: equal rows are one point here, so that "nowhere larger" is enough to be dominated
    order = known[np.lexsort(losses[known].T[::-1])]
    ordered = losses[order]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = np.any(ordered[1:] != ordered[:-1], axis=1)
    sweep = _SWEEPS.get(losses.shape[1], _sweep_many)
    found[order] = sweep(ordered[fresh])[np.cumsum(fresh) - 1]
    return found


def fronts(losses: FloatArray, enough: int | None = None) -> NDArray[np.intp]:
    """The how-manyth front each point is on, from 0, shape (n,): non-dominated sorting.

    Parameters
    ----------
    losses : (n, g); rows with NaN come on a front of their own, the last one
    enough : points that need a rank; the others share the last one

    Source: Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE
    Transactions on Evolutionary Computation 6, section III.A.
    """
    ranks = np.full(len(losses), -1, dtype=np.intp)
    left = np.flatnonzero(~np.isnan(losses).any(axis=1))
    rank, ranked = 0, 0
    while len(left) and (enough is None or ranked < enough):
        front = is_front(losses[left])
        ranks[left[front]] = rank
        ranked += int(front.sum())
        left = left[~front]
        rank += 1
    ranks[ranks < 0] = rank
    return ranks


def crowding_distance(losses: FloatArray) -> FloatArray:
    """How far the neighbours on a front are apart, shape (n,); inf at its ends.

    Source: Deb et al. 2002, section III.B; a goal without spread adds nothing.
    """
    count, goals = losses.shape
    distance = np.zeros(count)
    for goal in range(goals):
        order = np.argsort(losses[:, goal], kind="stable")
        column = losses[order, goal]
        spread = column[-1] - column[0] if count else 0.0
        if not spread > 0:
            continue
        distance[order[[0, -1]]] = math.inf
        distance[order[1:-1]] += (column[2:] - column[:-2]) / spread
    return distance


def spread_of(losses: FloatArray) -> FloatArray:
    """How far finite losses (n, m) spread in each goal, shape (m,); 1 where they do not.

    Trials with a loss that is no finite number do not count.
    """
    finite = losses[np.isfinite(losses).all(axis=1)]
    if not len(finite):
        return np.ones(losses.shape[1])
    with np.errstate(over="ignore"):
        spread = np.ptp(finite, axis=0)
    return np.where((spread > 0) & np.isfinite(spread), spread, 1.0)


def ideal_and_nadir(front: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The best and the worst loss of each goal on a front, each of shape (g,)."""
    return front.min(axis=0), front.max(axis=0)


def knee(front: FloatArray) -> int | None:
    """The point of a front with the most of everything; None where there is no spread.

    The point that lies farthest on the good side of the hyperplane through the ends of the front,
    all goals scaled to [0, 1] (Das 1999, "On characterizing the knee of the Pareto curve based on
    normal-boundary intersection", Structural Optimization 18): the smallest sum of scaled losses.

    Returns
    -------
    its row in ``front``, shape (n, g), the first of equals
    """
    if not len(front):
        return None
    ideal, nadir = ideal_and_nadir(front)
    wide = nadir > ideal
    if not wide.any():
        return None
    scaled = (front[:, wide] - ideal[wide]) / (nadir - ideal)[wide]
    return int(np.argmin(scaled.sum(axis=1)))


def epsilon_front(losses: FloatArray, epsilon: ArrayLike) -> BoolArray:
    """Which of the points are within ``epsilon`` of the front, shape (n,).

    A point is out when some point is better by more than epsilon in every goal with an epsilon
    above zero, and dominates it (additive epsilon dominance, Laumanns et al. 2002, "Combining
    convergence and diversity in evolutionary multiobjective optimization", Evolutionary
    Computation 10).

    Parameters
    ----------
    losses : (n, g)
    epsilon : (g,) or one number, at least 0
    """
    front = is_front(losses)
    best = losses[front]
    margin = np.broadcast_to(np.asarray(epsilon, dtype=float), losses.shape[1:])
    within = front.copy()
    rest = np.flatnonzero(~front & ~np.isnan(losses).any(axis=1))
    chunk = max(AT_ONCE // max(len(best), 1), 1)
    for begin in range(0, len(rest), chunk):
        rows = rest[begin : begin + chunk]
        # NOTE: a row that is not on the front equals none that is, so that this is dominance
        within[rows] = ~weakly_dominated(losses[rows] - margin, best)
    return within


def weakly_dominated(losses: FloatArray, others: FloatArray) -> BoolArray:
    """Which points, shape (n, g), some of ``others``, (m, g), is nowhere larger than, (n,)."""
    worse: BoolArray = np.ones((len(losses), len(others)), dtype=bool)
    for mine, theirs in zip(losses.T, others.T, strict=True):
        np.logical_and(worse, theirs <= mine[:, None], out=worse)
    covered: BoolArray = np.logical_or.reduce(worse, axis=1)
    return covered


# --- fronts of sorted points, no two of them equal --------------------------------------------


def _sweep_one(points: FloatArray) -> BoolArray:
    front: BoolArray = points[:, 0] == points[0, 0]
    return front


def _sweep_two(points: FloatArray) -> BoolArray:
    second = points[:, 1]
    lowest = np.minimum.accumulate(second)
    front = np.ones(len(points), dtype=bool)
    front[1:] = second[1:] < lowest[:-1]
    return front


def _sweep_three(points: FloatArray) -> BoolArray:
    """Keep the staircase of the points so far in goals 2 and 3; who is above it is dominated."""
    front = np.zeros(len(points), dtype=bool)
    seconds: list[float] = []  # ascending, their thirds descending
    thirds: list[float] = []
    for row, (_, second, third) in enumerate(points.tolist()):
        at = bisect.bisect_right(seconds, second)
        if at and thirds[at - 1] <= third:
            continue
        front[row] = True
        begin = bisect.bisect_left(seconds, second)
        end = begin
        while end < len(seconds) and thirds[end] >= third:
            end += 1
        seconds[begin:end] = [second]
        thirds[begin:end] = [third]
    return front


def _sweep_many(points: FloatArray) -> BoolArray:
    """Of points in lexicographic order only earlier ones can dominate."""
    front = np.zeros(len(points), dtype=bool)
    kept = np.empty_like(points)
    count = 0
    for row, point in enumerate(points):
        if np.any(np.all(kept[:count] <= point, axis=1)):
            continue
        front[row] = True
        kept[count] = point
        count += 1
    return front


_SWEEPS = {1: _sweep_one, 2: _sweep_two, 3: _sweep_three}
