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

import hashlib
from typing import Annotated, ClassVar, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.cube import Cube, cube_of
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.trial import Origin, Proposal, Trial, TrialState
from hpo_gui.core.value import Params, show
from hpo_gui.strategies.acquisition_choice import AcquisitionName, make_acquisition
from hpo_gui.strategies.acquisition_search import search
from hpo_gui.strategies.observations import Observations, observe
from hpo_gui.strategies.random import Random
from hpo_gui.surrogates.ensemble import MEMBERS, Ensemble, fit_ensemble
from hpo_gui.surrogates.forest import Forest, fit_forest
from hpo_gui.surrogates.kernels import KernelName
from hpo_gui.surrogates.sobol import sobol_points

FloatArray = NDArray[np.float64]
SurrogateName = Literal["auto", "gaussian_process", "forest"]
Surrogate = Ensemble | Forest

ANCHORS = 5  # trials that the search looks around
PATIENCE = 6  # trials without a real improvement after which some look farther
EVERY = 3  # which of them
MARGIN = 0.1  # standard deviations of the losses that these should promise
LITTLE = 0.01  # share of what the best has gained on the median that is no real improvement
MANY = 300  # observations beyond which fewer processes do
BELIEVED = 64  # failed or open trials that are conditioned on at most


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
    initial: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None,
        msgspec.Meta(
            title="First trials",
            description="Spread over the space before the first fit; none for 5 to 10.",
            extra={"advanced": True},
        ),
    ] = None
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
    members: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=32,
            title="Models averaged",
            description="Gaussian processes with different hyperparameters; more are less rash.",
            extra={"advanced": True},
        ),
    ] = MEMBERS
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
        proposals: list[Proposal] = []
        for _ in range(count):
            seen = with_waiting(history, proposals)
            proposal = self._propose_one(seen, rng)
            if proposal is None:
                break
            proposals.append(proposal)
        return proposals

    def first_trials(self, cube: Cube) -> int:
        """Trials before the first fit."""
        return self.initial or min(max(2 + cube.moving, 5), 10)

    def _propose_one(self, history: History, rng: np.random.Generator) -> Proposal | None:
        cube = cube_of(history.space)
        if not cube.moving:
            return _drawn(history, rng, "There is one configuration only.")
        seen = observe(history, cube)
        if len(history) < self.first_trials(cube):
            proposal = _next_of_sequence(history, cube, self.first_trials(cube))
            return proposal or _drawn(history, rng, "Spread over the space before the first fit.")
        if len(seen.y) < 2:
            return _drawn(history, rng, "No two trials have a score to learn from yet.")
        if self.exploration and rng.random() < self.exploration:
            return _drawn(history, rng, "Drawn at random, to see what the model does not expect.")
        surrogate = _fitted(self, seen, cube)
        return self._best_new(history, cube, seen, surrogate, rng) or _drawn(
            history, rng, "Drawn at random: what the model expects most of is known already."
        )

    def _best_new(
        self,
        history: History,
        cube: Cube,
        seen: Observations,
        surrogate: Surrogate,
        rng: np.random.Generator,
    ) -> Proposal | None:
        """Where the acquisition is largest among the new configurations; None where none is."""
        tried = surrogate.x
        order = np.argsort(surrogate.latent(tried)[0], kind="stable")[:ANCHORS]
        best = tried[order]
        anchors = np.where(np.isnan(best), rng.random(best.shape), best)
        name: AcquisitionName = "log_ei" if self.acquisition == "auto" else self.acquisition
        believed = _believing(surrogate, seen)
        margin = _margin(len(history), seen)
        acquisition = make_acquisition(name, cube, believed, rng, beta=self.beta, margin=margin)
        positions, values = search(cube, acquisition, anchors, rng)
        for position, value in zip(positions, values, strict=True):
            params = cube.params(position)
            if not history.knows(params) and history.space.feasible(params):
                origin = _origin(history, cube, believed, params, name, float(value))
                return Proposal(params, origin)
        return None


def with_waiting(history: History, proposals: list[Proposal]) -> History:
    """The history with proposals that wait for their evaluation."""
    if not proposals:
        return history
    waiting = [
        Trial(len(history) + i, p.params, p.origin, TrialState.WAITING, asked=history.told)
        for i, p in enumerate(proposals)
    ]
    return History(history.space, history.goals, [*history.trials, *waiting], plan=history.plan)


def _drawn(history: History, rng: np.random.Generator, reason: str) -> Proposal | None:
    """A new configuration at random; None when all have been tried."""
    proposals = Random().propose(history, 1, rng)
    return Proposal(proposals[0].params, Origin("bayesian", reason)) if proposals else None


def _next_of_sequence(history: History, cube: Cube, count: int) -> Proposal | None:
    """The next new point of the study's Sobol sequence; None where too few are feasible."""
    seed = history.trials[0].seed if history.trials else 0
    uniform = sobol_points(8 * count, cube.dimensions, seed)
    tried = sum(t.origin.strategy == "bayesian" for t in history.trials)
    taken = 0
    for row in cube.quantile(uniform):
        params = cube.params(row)
        if not history.space.feasible(params):
            continue
        taken += 1
        if taken > tried and not history.knows(params):
            return Proposal(
                params, Origin("bayesian", "Spread over the space before the first fit.")
            )
    return None


_memo: dict[bytes, Surrogate] = {}


def _fitted(options: Bayesian, seen: Observations, cube: Cube) -> Surrogate:
    """The surrogate for these observations; the last two are kept, as a cache only."""
    members = options.members if len(seen.y) <= MANY else min(options.members, 2)
    key = hashlib.sha256(
        b"|".join(
            [
                seen.x.tobytes(),
                seen.y.tobytes(),
                cube.levels.tobytes(),
                f"{options.surrogate} {members} {options.kernel}".encode(),
            ]
        )
    ).digest()
    if key not in _memo:
        while len(_memo) >= 2:
            _memo.pop(next(iter(_memo)))
        rng = np.random.default_rng(len(seen.y))  # a batch shares the draws, so the fit is kept
        _memo[key] = (
            fit_forest(seen.x, seen.y, cube.levels, rng)
            if options.surrogate == "forest"
            else fit_ensemble(
                seen.x, seen.y, cube.levels, rng, members=members, kernel=options.kernel
            )
        )
    return _memo[key]


def _believing(surrogate: Surrogate, seen: Observations) -> Surrogate:
    """Failed trials are as bad as the worst scored one, open ones as good as expected."""
    return surrogate.dread(seen.failed[-BELIEVED:]).believe(seen.open[-BELIEVED:])


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
