"""Survivors: the best trials of a history by several goals, and how far apart they lie.

Constrained domination (Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm:
NSGA-II", IEEE Transactions on Evolutionary Computation 6, section VI): trials that keep all
thresholds come first, front by front; then those that miss them, by how much; then trials that
were stopped early. On the last front that has room for some only, the least crowded survive.

Notation: n trials, g goals; losses are minimised, shape (n, g).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.history import History
from hpo_gui.core.pareto import crowding_distance, fronts
from hpo_gui.core.trial import STATE_CODES, TrialState
from hpo_gui.strategies.standing import told_order

CROWDED = 2
"""Goals up to which the crowding distance says who is alone: with more, neighbours by one goal may
be far apart by another (measured with three, see docs/benchmarks.md)."""
SHARE = 0.1  # of the surplus that goes at once before the distances are taken anew

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]


@dataclass(frozen=True)
class Survivors:
    """Trials that a new one may descend from.

    Attributes
    ----------
    numbers : of the trials, best rank first, shape (m,)
    ranks : 0 for the front, shape (m,)
    spread : how far their neighbours on the same front are, shape (m,)
    """

    numbers: IndexArray
    ranks: IndexArray
    spread: FloatArray

    def __len__(self) -> int:
        return len(self.numbers)

    def better(self, one: int, other: int) -> bool:
        """Whether the row ``one`` is before ``other``: by rank, then by spread."""
        if self.ranks[one] != self.ranks[other]:
            return bool(self.ranks[one] < self.ranks[other])
        return bool(self.spread[one] >= self.spread[other])


def survivors(history: History, size: int) -> Survivors:
    """At most ``size`` finished trials, the best of all."""
    numbers = told_order(history)
    ranks = _ranks(history, numbers, size)
    losses = history.losses[numbers]
    known = np.flatnonzero(ranks >= 0)
    order = known[np.argsort(ranks[known], kind="stable")]
    kept = order[:size]
    if len(order) > size:
        last = ranks[kept[-1]]
        before = kept[ranks[kept] < last]
        tied = order[ranks[order] == last]
        kept = np.concatenate([before, tied[spread_out(losses[tied], size - len(before))]])
    spread = np.zeros(len(kept))
    for rank in np.unique(ranks[kept]):
        same = np.flatnonzero(ranks[kept] == rank)
        spread[same] = _room(losses[kept[same]])
    return Survivors(numbers[kept], ranks[kept], spread)


def spread_out(losses: FloatArray, count: int) -> IndexArray:
    """Rows of ``count`` points that lie far apart, of points (n, g) of one front; in rising order.

    Up to two goals the most crowded ones are left out, a few at a time, as the others are less
    crowded without them. With more, points are taken one by one, each the farthest from those
    taken before it, beginning with the best of each goal (Singh, Bhattacharjee, Ray 2019,
    "Distance-based subset selection for benchmarking in evolutionary multi/many-objective
    optimization", IEEE Transactions on Evolutionary Computation 23). Of equal points the first
    one is taken, and the others only where nothing else is left.
    """
    if losses.shape[1] > CROWDED:
        return _farthest(losses, count)
    kept = np.arange(len(losses))
    while len(kept) > count:
        surplus = len(kept) - count
        leaving = max(int(surplus * SHARE), 1)
        order = np.argsort(_room(losses[kept]), kind="stable")
        kept = np.sort(kept[order[leaving:]])
    return kept


def _ranks(history: History, numbers: IndexArray, size: int) -> IndexArray:
    """The rank of each of these trials, shape of ``numbers``; -1 for those without a score."""
    losses = history.losses[numbers]
    states = history.states[numbers]
    scored = np.isfinite(losses).all(axis=1)
    complete = scored & (states == STATE_CODES[TrialState.COMPLETE])
    missed = _missed(history, numbers)
    keeps = np.flatnonzero(complete & (missed == 0))
    misses = np.flatnonzero(complete & (missed > 0))
    pruned = np.flatnonzero(scored & (states == STATE_CODES[TrialState.PRUNED]))
    ranks = np.full(len(numbers), -1, dtype=np.intp)
    ranks[keeps] = fronts(losses[keeps], size)
    for rows, worst in (
        (misses, missed[misses]),
        (pruned, [-history.trials[number].steps_done for number in numbers[pruned].tolist()]),
    ):
        _, places = np.unique(np.asarray(worst), return_inverse=True)
        ranks[rows] = ranks.max(initial=-1) + 1 + places.ravel()
    return ranks


def _missed(history: History, numbers: IndexArray) -> FloatArray:
    """By how much trials miss the thresholds, each goal in relation to how far scores spread."""
    violations = history.violations[numbers]
    losses = history.losses[numbers]
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        return np.zeros(len(numbers))
    spread = np.ptp(losses[finite], axis=0)
    sums: FloatArray = (violations / np.where(spread > 0, spread, 1.0)).sum(axis=1)
    return np.where(finite, sums, 0.0)


def _room(losses: FloatArray) -> FloatArray:
    """How far the neighbours of each point (n, g) are; 0 for a repetition of an earlier one."""
    _, first, place = np.unique(losses, axis=0, return_index=True, return_inverse=True)
    different = losses[first]
    if losses.shape[1] > CROWDED:
        scaled = _scaled(different)
        gaps = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)
        np.fill_diagonal(gaps, np.inf)
        room = gaps.min(axis=1)
    else:
        room = crowding_distance(different)
    rows = np.arange(len(losses))
    return np.where(first[place.ravel()] == rows, room[place.ravel()], 0.0)


def _farthest(losses: FloatArray, count: int) -> IndexArray:
    scaled = _scaled(losses)
    taken: list[int] = []
    gap = np.full(len(losses), np.inf)
    firsts = list(dict.fromkeys(int(row) for row in np.argmin(scaled, axis=0)))
    while len(taken) < count:
        row = firsts.pop(0) if firsts else int(np.argmax(gap))
        taken.append(row)
        gap = np.minimum(gap, np.linalg.norm(scaled - scaled[row], axis=1))
        gap[taken] = -1.0
    return np.sort(np.array(taken, dtype=np.intp))


def _scaled(losses: FloatArray) -> FloatArray:
    """Each goal from 0 to 1."""
    spread = np.ptp(losses, axis=0)
    scaled: FloatArray = (losses - losses.min(axis=0)) / np.where(spread > 0, spread, 1.0)
    return scaled
