"""Bayesian optimization: tries where a surrogate expects most (Frazier 2018, arXiv 1807.02811).

1. The first trials spread over the space: a scrambled Sobol sequence, after whatever the study
   began with.
2. Gaussian processes (`surrogates.ensemble`) or a forest (`surrogates.forest`) are fitted to the
   losses; failed trials count as bad ones, open trials as what is expected of them (Ginsbourger,
   Le Riche, Carraro 2010).
3. An acquisition function is made large over the cube (`acquisition_search`), over configurations
   that are legal by construction; the best one that is new and keeps the constraints is proposed.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.cube import Cube, cube_of
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.core.value import Params, show
from hpo_gui.strategies.acquisition_choice import AcquisitionName, make_acquisition
from hpo_gui.strategies.acquisition_search import search
from hpo_gui.strategies.model_based import (
    Initial,
    Members,
    Surrogate,
    SurrogateName,
    begun_or,
    believing,
    first_new,
    first_trials,
    fitted,
    one_by_one,
)
from hpo_gui.strategies.observations import Observations, observe
from hpo_gui.surrogates.ensemble import MEMBERS
from hpo_gui.surrogates.kernels import KernelName

FloatArray = NDArray[np.float64]

ANCHORS = 5  # trials that the search looks around
PATIENCE = 6  # trials without a real improvement after which some look farther
EVERY = 3  # which of them
MARGIN = 0.1  # standard deviations of the losses that these should promise
LITTLE = 0.01  # share of what the best has gained on the median that is no real improvement


class Bayesian(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bayesian optimization with Gaussian processes or a random forest.

    Attributes
    ----------
    acquisition : what is made large; "auto" is the logarithm of the expected improvement
    kernel : of the Gaussian process
    initial : trials before the first fit; None for 2 + number of parameters, 5 to 10
    exploration : share of the trials that is drawn at random
    members : Gaussian processes with different hyperparameters that are averaged
    beta : of "ucb", how many standard deviations below the mean count
    surrogate : what learns from the trials; "auto" is a Gaussian process
    """

    acquisition: Annotated[
        Literal["auto", "log_ei", "ucb", "pi", "thompson"],
        msgspec.Meta(
            title="Acquisition",
            description="How the surrogate's mean and uncertainty are weighed.",
        ),
    ] = "auto"
    kernel: Annotated[
        KernelName,
        msgspec.Meta(
            title="Kernel",
            description="Matérn 5/2 suits most; RBF only very smooth scores.",
        ),
    ] = "matern52"
    initial: Initial = None
    exploration: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=1,
            title="Random share",
            description="Share of the trials that is drawn at random, whatever was learnt.",
            extra={"advanced": True},
        ),
    ] = 0.0
    members: Members = MEMBERS
    beta: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=100,
            title="Beta",
            description="For the confidence bound: standard deviations that count.",
            extra={"advanced": True},
        ),
    ] = 2.0
    surrogate: Annotated[
        SurrogateName,
        msgspec.Meta(
            title="Surrogate",
            description="What learns from the trials; forests follow steps and jumps.",
            extra={"advanced": True},
        ),
    ] = "auto"

    looks_at_scores: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        return one_by_one(history, count, lambda seen: self._propose_one(seen, rng))

    def first_trials(self, cube: Cube) -> int:
        """Trials before the first fit."""
        return self.initial or first_trials(cube)

    def _propose_one(self, history: History, rng: np.random.Generator) -> Proposal | None:
        cube = cube_of(history.space)
        seen = observe(history)
        return begun_or(
            lambda: self._best_new(history, cube, seen, rng),
            "bayesian",
            history,
            seen,
            self.first_trials(cube),
            rng,
            self.exploration,
        )

    def _best_new(
        self,
        history: History,
        cube: Cube,
        seen: Observations,
        rng: np.random.Generator,
    ) -> Proposal | None:
        """Where the acquisition is largest among the new configurations; None where none is."""
        surrogate = fitted(
            seen.x,
            seen.y,
            cube,
            members=self.members,
            kernel=self.kernel,
            surrogate=self.surrogate,
        )
        tried = surrogate.x
        order = np.argsort(surrogate.latent(tried)[0], kind="stable")[:ANCHORS]
        best = tried[order]
        anchors = np.where(np.isnan(best), rng.random(best.shape), best)
        name: AcquisitionName = "log_ei" if self.acquisition == "auto" else self.acquisition
        believed = believing(surrogate, seen)
        margin = _margin(len(history), seen)
        acquisition = make_acquisition(name, cube, believed, rng, beta=self.beta, margin=margin)
        positions, values = search(cube, acquisition, anchors, rng)
        found = first_new(history, cube, positions, values)
        if found is None:
            return None
        return Proposal(found[0], _origin(history, cube, believed, found[0], name, found[1]))


def _margin(number: int, seen: Observations) -> float:
    """The least improvement that counts for trial ``number``, in scaled losses.

    While trials improve, any improvement does. Once they only polish, every third trial has to
    promise a real one, which leads away from an optimum that may be a local one.
    """
    if number % EVERY or _since_improvement(seen.y) < PATIENCE:
        return 0.0
    return MARGIN


def _since_improvement(y: FloatArray) -> int:
    """How many trials ago the best loss got better by more than a little of what it has gained."""
    best, since = y[0], 0
    typical = float(np.median(y))
    for loss in y[1:]:
        if loss < best - LITTLE * (typical - loss):
            best, since = loss, 0
        else:
            since += 1
    return since


def _origin(
    history: History,
    cube: Cube,
    surrogate: Surrogate,
    params: Params,
    name: AcquisitionName,
    value: float,
) -> Origin:
    """Why this configuration, in the goal's own units."""
    loss, sd = surrogate.predict(history.space.encode(params)[None])
    score = history.goal.loss(float(loss[0]))
    return Origin(
        "bayesian",
        _reason(history, history.goal, float(loss[0]), float(sd[0]), name),
        mean=score,
        sd=float(sd[0]),
        acquisition=value,
    )


_TITLES: dict[AcquisitionName, str] = {
    "log_ei": "Largest expected improvement",
    "ucb": "Best confidence bound",
    "pi": "Most likely to improve",
    "thompson": "Best in a draw from the posterior",
}


def _reason(history: History, goal: Goal, loss: float, sd: float, name: AcquisitionName) -> str:
    best = history.best
    expected = f"{show(goal.loss(loss))} ± {sd:.2g} expected"
    if best is None:
        return f"{_TITLES[name]}: {expected}."
    score = best.scores[goal.metric]
    if goal.loss(score) - loss > 0:
        why = f"better than the best so far, {show(score)}"
    else:
        why = f"uncertain enough to beat the best so far, {show(score)}"
    return f"{_TITLES[name]}: {expected}, {why}."
