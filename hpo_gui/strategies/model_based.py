"""What strategies with a surrogate share: the trials before it, batches, fits that are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.cube import Cube, cube_of
from hpo_gui.core.history import History
from hpo_gui.core.trial import Origin, Proposal, Trial, TrialState
from hpo_gui.core.value import Params
from hpo_gui.strategies.observations import Observations
from hpo_gui.strategies.random import Random
from hpo_gui.strategies.sobol import study_seed
from hpo_gui.surrogates.ensemble import Ensemble, fit_ensemble
from hpo_gui.surrogates.forest import Forest, fit_forest
from hpo_gui.surrogates.kernels import KernelName
from hpo_gui.surrogates.sobol import sobol_points

FloatArray = NDArray[np.float64]
SurrogateName = Literal["auto", "gaussian_process", "forest"]
Surrogate = Ensemble | Forest

Initial: TypeAlias = Annotated[
    Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None,
    msgspec.Meta(
        title="First trials",
        description="Spread over the space before the first fit; none for 5 to 10.",
        extra={"advanced": True},
    ),
]
"""An option: trials before the first fit."""

Members: TypeAlias = Annotated[
    int,
    msgspec.Meta(
        ge=1,
        le=32,
        title="Models averaged",
        description="Gaussian processes with different hyperparameters; more are less rash.",
        extra={"advanced": True},
    ),
]
"""An option: Gaussian processes that are averaged."""

MANY = 300  # observations beyond which fewer processes do
BELIEVED = 64  # failed or open trials that are conditioned on at most
KEPT = 6  # surrogates in memory: of a batch's goals


def one_by_one(
    history: History, count: int, propose: Callable[[History], Proposal | None]
) -> list[Proposal]:
    """A batch of proposals, each of which knows those before it as trials that wait."""
    proposals: list[Proposal] = []
    for _ in range(count):
        proposal = propose(with_waiting(history, proposals))
        if proposal is None:
            break
        proposals.append(proposal)
    return proposals


def with_waiting(history: History, proposals: list[Proposal]) -> History:
    """The history with proposals that wait for their evaluation."""
    if not proposals:
        return history
    waiting = [
        Trial(len(history) + i, p.params, p.origin, TrialState.WAITING, asked=history.told)
        for i, p in enumerate(proposals)
    ]
    trials = [*history.trials, *waiting]
    edited = history.edited
    return History(history.space, history.goals, trials, plan=history.plan, edited=edited).within()


def first_trials(cube: Cube) -> int:
    """Usual number of trials before the first fit."""
    return min(max(2 + cube.moving, 5), 10)


def begun_or(
    model: Callable[[], Proposal | None],
    name: str,
    history: History,
    seen: Observations,
    first: int,
    rng: np.random.Generator,
    exploration: float = 0.0,
) -> Proposal | None:
    """A proposal of the model, where there is enough to fit one to; else one that spreads.

    Parameters
    ----------
    model : proposes, or None where all that it expects much of is known
    name : of the strategy
    first : trials before the first fit
    exploration : share of the trials that is drawn at random
    """
    cube = cube_of(history.space)
    if not cube.moving:
        return drawn(name, history, rng, "There is one configuration only.")
    # NOTE: one goal only: a front has no end that the middle is nearer to than other places
    one = len(history.goals) == 1
    if one and not len(history) and (middle := _middle(name, history, cube)):
        return middle
    if len(history) < first:
        why = "Spread over the space before the first fit."
        spread = _next_of_sequence(name, history, cube, first, why, study_seed(history, rng))
        return spread or drawn(name, history, rng, why)
    if len(seen.y) < 2:
        return drawn(name, history, rng, "No two trials have a score to learn from yet.")
    if exploration and rng.random() < exploration:
        why = "Drawn at random, to see what the model does not expect."
        return drawn(name, history, rng, why)
    return model() or drawn(
        name, history, rng, "Drawn at random: what the model expects most of is known already."
    )


def drawn(name: str, history: History, rng: np.random.Generator, reason: str) -> Proposal | None:
    """A new configuration at random; None when all have been tried."""
    proposals = Random().propose(history, 1, rng)
    return Proposal(proposals[0].params, Origin(name, reason)) if proposals else None


def _middle(name: str, history: History, cube: Cube) -> Proposal | None:
    """The middle of every range, nearest to whatever is best; None where it is not feasible."""
    params = cube.params(cube.quantile(np.full((1, cube.dimensions), 0.5))[0])
    if not history.space.feasible(params):
        return None
    return Proposal(params, Origin(name, "The middle of every range, before anything is known."))


def _next_of_sequence(
    name: str, history: History, cube: Cube, count: int, reason: str, seed: int
) -> Proposal | None:
    """The next new point of the study's Sobol sequence; None where too few are feasible."""
    uniform = sobol_points(8 * count, cube.dimensions, seed)
    tried = sum(t.origin.strategy == name for t in history.trials)
    taken = 0
    for row in cube.quantile(uniform):
        params = cube.params(row)
        if not history.space.feasible(params):
            continue
        taken += 1
        if taken > tried and not history.knows(params):
            return Proposal(params, Origin(name, reason))
    return None


def first_new(
    history: History, cube: Cube, positions: FloatArray, values: FloatArray
) -> tuple[Params, float] | None:
    """The first of the positions (m, d) that is new and keeps the constraints; None for none."""
    for position, value in zip(positions, values, strict=True):
        params = cube.params(position)
        if not history.knows(params) and history.space.feasible(params):
            return params, float(value)
    return None


_memo: dict[bytes, Surrogate] = {}


def fitted(
    x: FloatArray,
    y: FloatArray,
    cube: Cube,
    *,
    members: int,
    kernel: KernelName = "matern52",
    surrogate: SurrogateName = "auto",
) -> Surrogate:
    """The surrogate for these observations; the last few are kept, as a cache only."""
    members = members if len(y) <= MANY else min(members, 2)
    what = f"{surrogate} {members} {kernel}".encode()
    key = hashlib.sha256(
        b"|".join([x.tobytes(), y.tobytes(), cube.levels.tobytes(), what])
    ).digest()
    if key not in _memo:
        while len(_memo) >= KEPT:
            _memo.pop(next(iter(_memo)))
        rng = np.random.default_rng(len(y))  # a batch shares the draws, so the fit is kept
        _memo[key] = (
            fit_forest(x, y, cube.levels, rng)
            if surrogate == "forest"
            else fit_ensemble(x, y, cube.levels, rng, members=members, kernel=kernel)
        )
    return _memo[key]


def believing(surrogate: Surrogate, seen: Observations) -> Surrogate:
    """Failed trials are as bad as the worst scored one, open ones as good as expected."""
    return surrogate.dread(seen.failed[-BELIEVED:]).believe(seen.open[-BELIEVED:])
