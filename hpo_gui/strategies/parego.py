"""ParEGO: several goals as one, with other weights for every trial (Knowles 2006, IEEE TEC 10).

1. The first trials spread over the space, as those of `bayesian` do.
2. The losses of each goal are scaled so that the front reaches from 0 to 1, and weighed at random
   to one loss: the largest weighed loss, plus 0.05 of their sum (eq. 2, the augmented Chebyshev
   function, which reaches concave parts of a front too).
3. An ensemble of Gaussian processes is fitted to that loss, and its expected improvement made
   large over the cube, as `bayesian` does. A goal with a threshold has processes of its own: the
   improvement is multiplied with the probability that the threshold is kept (Gardner et al. 2014,
   "Bayesian optimization with inequality constraints", ICML).
"""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.cube import Cube, cube_of
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.pareto import is_front
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.strategies.acquisition_choice import make_acquisition
from hpo_gui.strategies.acquisition_of_goals import Product, within_thresholds
from hpo_gui.strategies.acquisition_search import Acquisition, search
from hpo_gui.strategies.bayesian import ANCHORS, Bayesian
from hpo_gui.strategies.goal_models import fit_goals
from hpo_gui.strategies.model_based import (
    BELIEVED,
    Initial,
    Members,
    Surrogate,
    begun_or,
    believing,
    first_new,
    first_trials,
    fitted,
    one_by_one,
)
from hpo_gui.strategies.observations import Observations, observe_goals
from hpo_gui.surrogates.ensemble import MEMBERS
from hpo_gui.surrogates.scaling import fit_scaling

FloatArray = NDArray[np.float64]

AUGMENTED = 0.05  # ρ: how much the sum of the weighed losses counts


class Parego(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bayesian optimization of randomly weighed goals.

    Attributes
    ----------
    initial : trials before the first fit; None for 2 + number of parameters, 5 to 10
    members : Gaussian processes with different hyperparameters that are averaged
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
            "parego",
            history,
            seen,
            self.initial or first_trials(cube),
            rng,
        )

    def _best_new(
        self, history: History, cube: Cube, seen: Observations, rng: np.random.Generator
    ) -> Proposal | None:
        weights = rng.dirichlet(np.ones(len(history.goals)))
        kept = np.all(seen.y <= [goal.bound for goal in history.goals], axis=1)
        weighed = scalarized(unit_losses(seen.y, kept), weights)
        surrogate = believing(fitted(seen.x, weighed, cube, members=self.members), seen)
        acquisition = self._acquisition(history, cube, seen, surrogate, kept, rng)
        # where nothing is feasible yet all trials are as good a place to look around
        rows = np.flatnonzero(kept) if kept.any() else np.arange(len(kept))
        best = seen.x[rows[np.argsort(weighed[rows], kind="stable")[:ANCHORS]]]
        anchors = np.where(np.isnan(best), rng.random(best.shape), best)
        positions, values = search(cube, acquisition, anchors, rng)
        found = first_new(history, cube, positions, values)
        if found is None:
            return None
        reason = _reason(history.goals, weights, feasible=bool(kept.any()))
        return Proposal(found[0], Origin("parego", reason, acquisition=found[1]))

    def _acquisition(
        self,
        history: History,
        cube: Cube,
        seen: Observations,
        surrogate: Surrogate,
        kept: NDArray[np.bool_],
        rng: np.random.Generator,
    ) -> Acquisition:
        """Expected improvement times feasibility; feasibility alone while nothing is feasible."""
        held = [place for place, goal in enumerate(history.goals) if goal.threshold is not None]
        rivals = np.concatenate([seen.x[kept], seen.open[-BELIEVED:]])
        if not held:
            return make_acquisition("log_ei", cube, surrogate, rng, rivals=rivals)
        limited = dataclasses.replace(seen, y=seen.y[:, held])
        models = fit_goals([history.goals[place] for place in held], limited, cube, self.members)
        within = within_thresholds(cube, models)
        if not kept.any():
            return within
        gain = make_acquisition("log_ei", cube, surrogate, rng, rivals=rivals)
        return Product(gain, within)


def unit_losses(losses: FloatArray, kept: NDArray[np.bool_]) -> FloatArray:
    """Losses (n, g), scaled so that the front of the feasible ones reaches from 0 to 1.

    Disasters are pressed together first, see `surrogates.scaling`. A goal without a spread on the
    front goes by its spread over all trials.
    """
    columns = [fit_scaling(column).forward(column) for column in losses.T]
    scaled = np.stack(columns, axis=1)
    feasible = scaled[kept] if kept.any() else scaled
    front = feasible[is_front(feasible)]
    low = front.min(axis=0)
    width = front.max(axis=0) - low
    everywhere = scaled.max(axis=0) - low
    width = np.where(width > 0, width, np.where(everywhere > 0, everywhere, 1.0))
    return np.asarray((scaled - low) / width)


def scalarized(losses: FloatArray, weights: FloatArray) -> FloatArray:
    """The augmented Chebyshev function of losses (n, g), shape (n,) (Knowles 2006, eq. 2)."""
    weighed = losses * weights
    return np.asarray(weighed.max(axis=1) + AUGMENTED * weighed.sum(axis=1))


def _reason(goals: tuple[Goal, ...], weights: FloatArray, *, feasible: bool) -> str:
    shares = ", ".join(
        f"{weight:.0%} {goal.metric}" for goal, weight in zip(goals, weights, strict=True)
    )
    if not feasible:
        return "Most likely to keep the thresholds, which no trial has kept so far."
    return f"Largest expected improvement with the weights {shares}."
