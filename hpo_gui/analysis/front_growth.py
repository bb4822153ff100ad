"""How the dominated hypervolume has grown, trial by trial in the order in which they finished."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.pareto import Pareto
from hpo_gui.core.history import History
from hpo_gui.core.hypervolume import hypervolume_so_far, joining, reference_point

FloatArray = NDArray[np.float64]
Rows = NDArray[np.intp]

EXACT_COST = 4000
"""Trials that join the front times its size, up to which volumes of 3 and more goals are exact."""
SAMPLES = 8192
ROWS = 64  # rows whose points are looked for together


@dataclass(frozen=True)
class Growth:
    """The hypervolume over the trials.

    Attributes
    ----------
    numbers : of the feasible trials, in the order in which they finished, shape (f,)
    volumes : of the front of the trials up to each, shape (f,); never falls
    reference : a score for each goal: what is not better in all of them counts nothing
    whole : the volume that a trial with the best score of every goal would dominate
    exact : whether the volumes are exact, rather than estimated from `SAMPLES` points
    """

    numbers: Rows
    volumes: FloatArray
    reference: tuple[float, ...]
    whole: float
    exact: bool

    @property
    def volume(self) -> float:
        """The hypervolume there is now; 0 without a feasible trial."""
        return float(self.volumes[-1]) if len(self.volumes) else 0.0

    @property
    def share(self) -> float:
        """The hypervolume in relation to `whole`, from 0 to 1."""
        return self.volume / self.whole if self.whole > 0 else 0.0


def growth(history: History, made: Pareto) -> Growth:
    """The growth of the front of a history.

    The reference is that of the goals where they have one, else a little beyond the worst scores
    of the front (`core.hypervolume.reference_point`): all volumes are measured from there.
    """
    if not len(made.front):
        return Growth(np.empty(0, dtype=np.intp), np.empty(0), (), 0.0, True)
    bound = reference_losses(made)
    told = [history.trials[int(n)].told or 0 for n in made.numbers[made.feasible]]
    rows = np.flatnonzero(made.feasible)[np.argsort(told, kind="stable")]
    volumes, exact = _volumes(made.losses[rows], bound)
    reference = tuple(float(score) for score in bound * made.signs)
    whole = float(np.prod(np.maximum(bound - made.losses[rows].min(axis=0), 0.0)))
    return Growth(made.numbers[rows], volumes, reference, whole, exact)


def reference_losses(made: Pareto) -> FloatArray:
    """From where volumes are measured, as losses, shape (g,); the front is not empty."""
    usual = reference_point(made.losses[made.on_front])
    given = [None if goal.reference is None else goal.loss(goal.reference) for goal in made.goals]
    return np.array([usual[place] if loss is None else loss for place, loss in enumerate(given)])


def _volumes(losses: FloatArray, bound: FloatArray) -> tuple[FloatArray, bool]:
    """Volumes of the first 1 … f rows, and whether they are exact."""
    if losses.shape[1] == 2:
        return hypervolume_so_far(losses, bound), True
    cost = 0
    for _, front in joining(losses, bound):
        cost += len(front) ** (losses.shape[1] - 2)
        if cost > EXACT_COST:
            return _sampled(losses, bound), False
    return hypervolume_so_far(losses, bound), True


def _sampled(losses: FloatArray, bound: FloatArray) -> FloatArray:
    """Share of random points in the box of the front that is dominated, times its volume.

    The same points for every row, so that the estimate never falls; its standard deviation is at
    most 0.6 % of the box.
    """
    inside = np.flatnonzero(np.all(losses < bound, axis=1))
    ideal = losses[inside].min(axis=0)
    rng = np.random.default_rng(0)
    points = ideal + rng.random((SAMPLES, losses.shape[1])) * (bound - ideal)
    gains = np.zeros(len(losses))
    for begin in range(0, len(inside), ROWS):
        rows = inside[begin : begin + ROWS]
        covers = np.ones((len(points), len(rows)), dtype=bool)
        for there, mine in zip(points.T, losses[rows].T, strict=True):
            covers &= mine <= there[:, None]
        hit = covers.any(axis=1)
        gains[rows] = np.bincount(covers[hit].argmax(axis=1), minlength=len(rows))
        points = points[~hit]
    volumes: FloatArray = np.cumsum(gains) / SAMPLES * float(np.prod(bound - ideal))
    return volumes
