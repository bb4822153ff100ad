"""Portfolio: several strategies share one budget, and who brings more gets more of it.

Every member sees the whole history, whoever proposed it: the grid's best corner is a start for
hill climbing and an observation of the Gaussian process. Which member found what stands in the
origin of each trial, and the shares follow from the history alone.

Notation (Fialho, Schoenauer, Sebag 2010, Toward comparison-based adaptive operator selection,
GECCO; with the window of OpenTuner, Ansel et al. 2014, PACT, section 3.3.2)
--------
w    : window, the last finished trials that count
m    : uses of a member among them, oldest first
vᵢ   : reward of its i-th use, 0 … 1
AUC  : Σ i vᵢ / (m (m + 1) / 2), late successes count more
UCB  : AUC + C √(2 ln Σm / m)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import msgspec
import numpy as np

from hpo_gui.core.errors import SpecError
from hpo_gui.core.history import History
from hpo_gui.core.trial import Proposal, Trial
from hpo_gui.strategies.bayesian import Bayesian
from hpo_gui.strategies.cma_es import CmaEs
from hpo_gui.strategies.grid import Grid
from hpo_gui.strategies.hill_climbing import HillClimbing
from hpo_gui.strategies.model_based import with_waiting
from hpo_gui.strategies.random import Random
from hpo_gui.strategies.sobol import Sobol
from hpo_gui.strategies.strategy import Strategy
from hpo_gui.strategies.tpe import TPE

MemberName = Literal["bayesian", "tpe", "hill_climbing", "cma_es", "sobol", "random", "grid"]

MEMBERS: dict[MemberName, Strategy] = {
    "bayesian": Bayesian(),
    "tpe": TPE(),
    "hill_climbing": HillClimbing(),
    "cma_es": CmaEs(),
    "sobol": Sobol(),
    "random": Random(),
    "grid": Grid(points=3),
}
NEAR_THE_TOP = 0.1  # share of the trials before it that a trial must belong to for half a reward


@dataclass(frozen=True)
class Standing:
    """How a member stands.

    Attributes
    ----------
    uses : trials in the window that it proposed, open ones included
    found : times that it found a new best, in the whole history
    share : of the window, 0 … 1
    value : AUC + exploration, what the bandit goes by; inf where it has no use in the window
    """

    member: str
    uses: int
    found: int
    share: float
    value: float


class Portfolio(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Strategies that share a budget.

    Attributes
    ----------
    members : names of the strategies, the one to begin with first
    exploration : C; 0 always takes the one that brought most
    window : w, finished trials that count
    """

    members: Annotated[
        tuple[MemberName, ...],
        msgspec.Meta(
            min_length=1,
            title="Members",
            description="The strategies that share the budget.",
        ),
    ] = ("bayesian", "tpe", "hill_climbing", "random", "grid")
    exploration: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=10,
            title="Exploration",
            description="How often the ones that brought little are asked again.",
            extra={"advanced": True},
        ),
    ] = 0.05
    window: Annotated[
        int,
        msgspec.Meta(
            ge=5,
            le=10_000,
            title="Window",
            description="How many of the latest trials decide about the shares.",
            extra={"advanced": True},
        ),
    ] = 60

    looks_at_scores: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if len(set(self.members)) < len(self.members):
            raise SpecError(
                "strategy.members",
                "must be different",
                list(self.members),
                remedy="Name each strategy once.",
            )

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        proposals: list[Proposal] = []
        for _ in range(count):
            seen = with_waiting(history, proposals)
            proposal = self._propose_one(seen, rng)
            if proposal is None:
                break
            proposals.append(proposal)
        return proposals

    def _propose_one(self, history: History, rng: np.random.Generator) -> Proposal | None:
        standings = self.standings(history)
        order = sorted(range(len(standings)), key=lambda i: (-standings[i].value, i))
        for place in order:
            name = self.members[place]
            proposals = MEMBERS[name].propose(history, 1, rng)
            if proposals:
                return _signed(proposals[0], _turn(history, standings[place]))
        return None

    def standings(self, history: History) -> list[Standing]:
        """How the members stand, in the order of `members`."""
        rewards = _rewards(history)
        finished = sorted(
            (trial for trial in history.trials if trial.told is not None),
            key=lambda trial: trial.told or 0,
        )
        recent = [t for t in finished if t.origin.strategy in self.members][-self.window :]
        waiting = [history.trials[i] for i in history.open]
        recent += [trial for trial in waiting if trial.origin.strategy in self.members]
        found = [t.origin.strategy for t in finished if rewards.get(t.number) == 1.0]
        return [
            _standing(name, recent, rewards, found.count(name), self.exploration)
            for name in self.members
        ]


def _standing(
    name: str,
    recent: Sequence[Trial],
    rewards: dict[int, float],
    found: int,
    exploration: float,
) -> Standing:
    values = [rewards.get(t.number, 0.0) for t in recent if t.origin.strategy == name]
    uses = len(values)
    if not uses:
        return Standing(name, 0, found, 0.0, math.inf)
    area = sum(i * v for i, v in enumerate(values, start=1)) / (uses * (uses + 1) / 2)
    bonus = exploration * math.sqrt(2 * math.log(len(recent)) / uses) if len(recent) > 1 else 0.0
    return Standing(name, uses, found, uses / len(recent), area + bonus)


def _rewards(history: History) -> dict[int, float]:
    """Reward of every finished trial: 1 for a new best, ½ near the top of those before it.

    Ties with the best bring nothing: a plateau must not feed the member that sits on it.
    """
    complete = [history.trials[i] for i in history.complete]
    complete.sort(key=lambda trial: trial.told or 0)
    losses: list[float] = []
    rewards: dict[int, float] = {}
    for trial in complete:
        loss = float(history.losses[trial.number, 0])
        better = sum(other <= loss for other in losses)
        if not better:
            rewards[trial.number] = 1.0
        elif better <= NEAR_THE_TOP * len(losses):
            rewards[trial.number] = 0.5
        losses.append(loss)
    return rewards


def _turn(history: History, standing: Standing) -> str:
    """Why it is a member's turn, in words."""
    if all(trial.origin.strategy != standing.member for trial in history.trials):
        return "its first"
    times = "once" if standing.found == 1 else f"{standing.found} times"
    share = f"{standing.share:.0%}" if standing.uses else "none"
    return f"{share} of the last trials were its own, and it led {times}"


def _signed(proposal: Proposal, turn: str) -> Proposal:
    """The member's own proposal, with a word on why it was the member's turn."""
    reason = f"{proposal.origin.reason} Its turn in the portfolio: {turn}."
    origin = msgspec.structs.replace(proposal.origin, reason=reason)
    return msgspec.structs.replace(proposal, origin=origin)
