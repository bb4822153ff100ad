"""What surrogates know of several goals: one ensemble a goal, the front that they expect.

Notation: n trials, d parameters, g goals, k members of an ensemble; all losses are scaled, goal by
goal (`surrogates.scaling`).

The front is that of the expected losses, not of the scores: noise fools it less, and a trial under
way belongs to it with what is expected of it, so that there is nothing left to gain (the idea of
Daulton, Balandat, Bakshy 2021, "Parallel Bayesian optimization of multiple noisy objectives with
expected hypervolume improvement", NeurIPS 34, with one front for each member).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.cube import Cube
from hpo_gui.core.goal import Goal
from hpo_gui.core.hypervolume import MARGIN
from hpo_gui.core.pareto import fronts, is_front
from hpo_gui.strategies.model_based import BELIEVED, believing, fitted
from hpo_gui.strategies.observations import Observations
from hpo_gui.surrogates.ensemble import Ensemble
from hpo_gui.surrogates.gaussian_process import GaussianProcess

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

KNOWN = 400  # trials that the processes of several goals stand on at most
LEAST_RANGE = 0.1  # of a goal that is taken for a margin, in standard deviations of its losses


@dataclass(frozen=True)
class GoalModels:
    """Made by `fit_goals`.

    Attributes
    ----------
    ensembles : one a goal, conditioned on failed and open trials too
    x : scored and open trials (n, d)
    expected : what the members expect of them (k, n, g)
    bounds : losses that must not be exceeded (g,), inf where any may be
    """

    goals: tuple[Goal, ...]
    ensembles: tuple[Ensemble, ...]
    x: FloatArray
    expected: FloatArray
    bounds: FloatArray

    @property
    def members(self) -> list[tuple[GaussianProcess, ...]]:
        """The processes of all goals, member by member."""
        return list(zip(*(ensemble.members for ensemble in self.ensembles), strict=True))

    @property
    def means(self) -> FloatArray:
        """What is expected of each trial, (n, g)."""
        means: FloatArray = self.expected.mean(axis=0)
        return means

    @property
    def feasible(self) -> BoolArray:
        """Which trials are expected to keep all thresholds, (n,)."""
        kept: BoolArray = np.all(self.means <= self.bounds, axis=1)
        return kept

    @property
    def front(self) -> NDArray[np.intp]:
        """Rows of the trials on the expected front of the feasible ones."""
        rows = np.flatnonzero(self.feasible)
        return rows[is_front(self.means[rows])]

    def reference(self) -> FloatArray:
        """The reference point (g,): the goals' own, else one that looks for a front's ends too.

        One close to the front gives nothing for what is a little worse in one goal than all of it,
        and much better in another: a front of few trials is never widened. With one at the worst
        losses of all trials, its ends are worth most. So it is half-way, and a little beyond.
        """
        means = self.means
        rows = self.front if len(self.front) else np.arange(len(means))
        low, high = means[rows].min(axis=0), means[rows].max(axis=0)
        worst = means.max(axis=0)
        wide = np.maximum(worst - low, LEAST_RANGE)
        point: FloatArray = (high + worst) / 2 + MARGIN * wide
        for place, goal in enumerate(self.goals):
            if goal.reference is not None:
                loss = np.array([goal.loss(goal.reference)])
                point[place] = self.ensembles[place].members[0].scaling.forward(loss)[0]
        return point

    def losses(self, x: FloatArray) -> FloatArray:
        """What is expected of positions (m, d), in the goals' own losses (m, g)."""
        return np.stack([ensemble.predict(x)[0] for ensemble in self.ensembles], axis=1)


def fit_goals(goals: Sequence[Goal], seen: Observations, cube: Cube, members: int) -> GoalModels:
    """Fit to the observations of all goals, see `observations.observe_goals`.

    Parameters
    ----------
    members : Gaussian processes of each goal
    """
    rows = _best_and_spread(seen.y)
    found: list[Ensemble] = []
    bounds = np.full(len(goals), np.inf)
    for place, goal in enumerate(goals):
        column = np.ascontiguousarray(seen.y[rows, place])
        ensemble = fitted(seen.x[rows], column, cube, members=members)
        assert isinstance(ensemble, Ensemble)
        if goal.threshold is not None:
            bound = np.array([goal.bound])
            bounds[place] = ensemble.members[0].scaling.forward(bound)[0]
        believed = believing(ensemble, seen)
        assert isinstance(believed, Ensemble)
        found.append(believed)
    x = np.concatenate([seen.x, seen.open[-BELIEVED:]])
    expected = np.stack(
        [
            np.stack([process.expect(x) for process in processes], axis=1)
            for processes in zip(*(ensemble.members for ensemble in found), strict=True)
        ]
    )
    return GoalModels(tuple(goals), tuple(found), x, expected, bounds)


def _best_and_spread(losses: FloatArray) -> NDArray[np.intp]:
    """At most 400 rows in their order: the first fronts, and an even spread of the rest."""
    if len(losses) <= KNOWN:
        return np.arange(len(losses))
    best = KNOWN // 2
    order = np.argsort(fronts(losses, enough=best), kind="stable")
    places = np.linspace(best, len(losses) - 1, KNOWN - best).astype(np.intp)
    return np.sort(np.concatenate([order[:best], order[places]]))
