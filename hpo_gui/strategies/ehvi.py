"""Expected hypervolume improvement: tries what should add most to the Pareto front.

1. The first trials spread over the space, as those of `bayesian` do.
2. Each goal has an ensemble of Gaussian processes of its own (`goal_models`); failed trials count
   as bad ones in every goal, open trials as what is expected of them.
3. The volume that a configuration is expected to add to what the front dominates, up to a
   reference point, is made large over the cube, exactly and with slopes
   (`hypervolume_improvement`).
   Thresholds of the goals count as outcome constraints; until a trial keeps them all, the
   probability of keeping them is made large instead (Gelbart, Snoek, Adams 2014, arXiv 1403.5607,
   section 3.1).

Sources: Emmerich, Giannakoglou, Naujoks (2006), Single- and multiobjective evolutionary
optimization assisted by Gaussian random field metamodels, IEEE TEC 10; Daulton, Balandat,
Bakshy (2020), Differentiable expected hypervolume improvement, NeurIPS 33; (2021), Parallel
Bayesian optimization of multiple noisy objectives, NeurIPS 34; Ament et al. (2023), arXiv
2310.20708.
"""

from __future__ import annotations

import math
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.cube import Cube, cube_of
from hpo_gui.core.history import History
from hpo_gui.core.hypervolume import hypervolume
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.core.value import Params, show
from hpo_gui.strategies.acquisition_of_goals import hypervolume_gain, within_thresholds
from hpo_gui.strategies.acquisition_search import search
from hpo_gui.strategies.bayesian import Bayesian
from hpo_gui.strategies.goal_models import GoalModels, fit_goals
from hpo_gui.strategies.model_based import (
    Initial,
    Members,
    begun_or,
    first_new,
    first_trials,
    one_by_one,
)
from hpo_gui.strategies.observations import Observations, observe_goals
from hpo_gui.surrogates.ensemble import MEMBERS

FloatArray = NDArray[np.float64]

ANCHORS = 8  # trials of the front that the search looks around
MANY = 150  # observations beyond which fewer processes do


class Ehvi(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bayesian optimization of several goals by the hypervolume that they dominate.

    Attributes
    ----------
    initial : trials before the first fit; None for 2 + number of parameters, 5 to 10
    members : Gaussian processes of each goal with different hyperparameters that are averaged
    """

    initial: Initial = None
    members: Members = MEMBERS

    looks_at_scores: ClassVar[bool] = True
    several_goals: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        if len(history.goals) == 1:
            return Bayesian(initial=self.initial, members=self.members).propose(
                history, count, rng
            )
        return one_by_one(history, count, lambda seen: self._propose_one(seen, rng))

    def _propose_one(self, history: History, rng: np.random.Generator) -> Proposal | None:
        cube = cube_of(history.space)
        seen = observe_goals(history)
        return begun_or(
            lambda: self._best_new(history, cube, seen, rng),
            "ehvi",
            history,
            seen,
            self.initial or first_trials(cube),
            rng,
        )

    def _best_new(
        self, history: History, cube: Cube, seen: Observations, rng: np.random.Generator
    ) -> Proposal | None:
        members = self.members if len(seen.y) <= MANY else min(self.members, 2)
        models = fit_goals(history.goals, seen, cube, members)
        reference = models.reference()
        known = models.feasible.any() or not np.isfinite(models.bounds).any()
        acquisition = (
            hypervolume_gain(cube, models, reference) if known else within_thresholds(cube, models)
        )
        positions, values = search(cube, acquisition, front_anchors(models, rng), rng)
        found = first_new(history, cube, positions, values)
        if found is None:
            return None
        params, value = found
        reason = _reason(history, models, params, value, reference if known else None)
        return Proposal(params, Origin("ehvi", reason, acquisition=value))


def front_anchors(models: GoalModels, rng: np.random.Generator) -> FloatArray:
    """Full positions of some trials on the expected front, in any order (k, d), k ≥ 1.

    Of those that miss the thresholds least where no trial keeps them.
    """
    rows = models.front
    if not len(rows):
        missed = np.maximum(models.means - models.bounds, 0.0).sum(axis=1)
        rows = np.argsort(missed, kind="stable")[:ANCHORS]
    best = models.x[rng.permutation(rows)[:ANCHORS]]
    return np.asarray(np.where(np.isnan(best), rng.random(best.shape), best))


def _reason(
    history: History,
    models: GoalModels,
    params: Params,
    value: float,
    reference: FloatArray | None,
) -> str:
    losses = models.losses(history.space.encode(params)[None])[0]
    expected = ", ".join(
        f"{goal.metric} {show(goal.loss(float(loss)))}"
        for goal, loss in zip(history.goals, losses, strict=True)
    )
    if reference is None:
        chance = f"{math.exp(value):.0%}"
        return f"Most likely to keep the thresholds, by {chance}: {expected} expected."
    volume = hypervolume(models.means[models.front], reference)
    share = math.exp(min(value, 0.0)) / volume if volume > 0 else math.inf
    if share < 1:
        return f"Should widen the front most, its volume by {share:.2g}: {expected} expected."
    return f"Should widen the front most: {expected} expected."
