"""Bandit over models: each is searched for itself, and what promises a new best gets more trials.

A joint space (`strategies.arms`) has one arm for each model. What the next trials of an arm will
bring is extrapolated from its own trials, by the same law as for a whole study
(`core.expected_gain`): improvements come in proportion to the logarithm of the number of trials,
and their size follows the latest ones and the tail of the arm's losses. That gives possible
futures of each arm, equally likely ones. One future is drawn for each arm, and the arm with the
best one is searched next (Thompson 1933, "On the likelihood that one unknown probability exceeds
another", Biometrika 25). So a model is never dropped: it is tried as often as it is likely to be
the one that leads to a new best.

As in rising bandits (Li, Jiang, Gao, Shao, Zhang, Cui 2020, "Efficient automatic CASH via rising
bandits", AAAI 34) an arm counts by what it can become and not by what it is. Where time is what
limits a study, all arms are given the same seconds, so that cheap models look further ahead
(Wang, Wu, Weimer, Zhu 2021, FLAML, arXiv 1911.04706, weigh an improvement against its cost).

Gains are counted in scaled losses (`surrogates.scaling`), the same for all arms: a model that has
lost much by disasters would promise as much by leaving them. No gain leads beyond the best score
that there is. How large gains are is known from few trials at first, and two that are alike are
no proof that nothing is to come: a doubt that fades with the number of trials is added.

Notation: b the best expected loss of the study, bᵢ of arm i; gᵢ gain of arm i on bᵢ in its next
trials; what counts is gᵢ − (bᵢ − b).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.expected_gain import LARGEST, USUAL_RATE, possible_gains
from hpo_gui.core.history import History
from hpo_gui.core.trial import Proposal
from hpo_gui.core.value import identity, show
from hpo_gui.strategies.arms import Arm, arms_of, history_of, root_of
from hpo_gui.strategies.bayesian import Bayesian
from hpo_gui.strategies.engine_choice import choose_engine
from hpo_gui.strategies.model_based import one_by_one
from hpo_gui.strategies.observations import expected_losses
from hpo_gui.strategies.standing import told_order
from hpo_gui.strategies.strategy import Strategy
from hpo_gui.surrogates.scaling import Scaling, fit_scaling

FAILURES = 3  # trials without any score after which a model waits for all others
LEFT = 0.25  # share of what is left of the budget that is looked ahead
FARTHEST = 5  # times as many trials as an arm has are looked ahead at most
EXHAUSTED = 6  # configurations of an arm up to which all are tried
QUANTILES = (0.0, 0.25, 0.5, 0.75)  # of an arm's losses, which the units are taken from
SPREAD = 3  # trials of an arm before its first fit: a budget that many share has none to spare

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ArmStanding:
    """How an arm stands.

    Attributes
    ----------
    losses : expected ones of its finished trials in the order in which they ended, then of its
        open ones; NaN without a score
    finished : how many have
    seconds : mean of a finished trial; NaN before one
    """

    arm: Arm
    losses: FloatArray
    finished: int
    seconds: float

    @property
    def tries(self) -> int:
        return len(self.losses)

    @property
    def best(self) -> float:
        """The least loss; inf before any."""
        scored = self.losses[np.isfinite(self.losses)]
        return float(scored.min()) if len(scored) else math.inf

    @property
    def spent(self) -> float:
        """Seconds of its finished trials."""
        return self.seconds * self.finished if self.finished else 0.0


class ModelBandit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bandit over the models of a joint space; in any other space what `auto` would take.

    Attributes
    ----------
    least : trials of each model before any is preferred
    ahead : trials of a model that are looked ahead at least; a quarter of what is left of the
        budget where that is more
    """

    least: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1000,
            title="Trials of each model",
            description="So many before any model is preferred; fewer where time is short.",
        ),
    ] = 2
    ahead: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1000,
            title="Trials looked ahead",
            description="At least so many; more of them give late starters a longer chance.",
            extra={"advanced": True},
        ),
    ] = 10

    looks_at_scores: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        return one_by_one(history, count, lambda seen: self._propose_one(seen, rng))

    def _propose_one(self, history: History, rng: np.random.Generator) -> Proposal | None:
        root, arms = root_of(history.space), arms_of(history.space)
        if root is None or not arms:
            strategy, _ = choose_engine(history, EXHAUSTED)
            proposals = strategy.propose(history, 1, rng)
            return proposals[0] if proposals else None
        for place, why in self.turns(history, rng):
            own = history_of(history, arms[place], root)
            proposals = _engine(own).propose(own, 1, rng)
            if proposals:
                return _signed(proposals[0], f"{show(arms[place].choice)}: {why}")
        return None

    def turns(self, history: History, rng: np.random.Generator) -> list[tuple[int, str]]:
        """Places of the arms in `arms_of`, the one to search next first, each with the reason.

        The later ones follow where nothing is left to try of those before them.
        """
        root = root_of(history.space)
        assert root is not None
        standings = stand(history, root)
        seconds = _usual_seconds(history, standings)
        works = any(math.isfinite(standing.best) for standing in standings)
        failing = [
            works and standing.finished >= FAILURES and math.isinf(standing.best)
            for standing in standings
        ]
        short = [
            place
            for place, standing in enumerate(standings)
            if not failing[place] and self._has_too_few(history, standing, len(standings))
        ]
        short.sort(key=lambda place: (standings[place].tries, seconds[place], place))
        overs = self._overtakings(history, standings, self._ahead(history, standings, seconds))
        drawn = _draw(overs, rng)
        drawn[failing] = -np.inf
        drawn[short] = -np.inf
        begun = [(p, f"number {standings[p].tries + 1} of its first {self.least}") for p in short]
        return begun + [
            (int(place), _reason(standings[place], overs[place]))
            for place in np.argsort(-drawn, kind="stable")
        ]

    def _has_too_few(self, history: History, standing: ArmStanding, arms: int) -> bool:
        """Whether an arm's first trials are to come, which may take half of the time in all."""
        if standing.tries >= min(self.least, standing.arm.space.size):
            return False
        if history.plan.seconds is None or not standing.tries:
            return True
        share = history.plan.seconds * history.plan.workers / (2 * arms)
        return standing.spent < share

    def _ahead(
        self, history: History, standings: list[ArmStanding], seconds: FloatArray
    ) -> FloatArray:
        """How many trials of each arm are looked ahead: the same seconds where time is short."""
        usual = self.ahead * float(np.median(seconds))
        left = 0.0
        if history.plan.seconds is not None:
            spent = sum(standing.spent for standing in standings)
            left = history.plan.seconds * history.plan.workers - spent
        elif history.plan.trials is not None:
            left = float(history.plan.trials - len(history))
        tries = np.array([standing.tries for standing in standings])
        most = np.maximum(self.ahead, FARTHEST * tries)
        ahead: FloatArray = np.clip(max(usual, LEFT * left) / seconds, 1, most)
        return ahead

    def _overtakings(
        self, history: History, standings: list[ArmStanding], ahead: FloatArray
    ) -> list[FloatArray]:
        """By how much each arm's next trials may beat the best of all, equally likely ones.

        In scaled losses, so that what one model loses by a disaster is no measure of a gain.
        """
        scored = [one.losses[np.isfinite(one.losses)] for one in standings]
        # of each arm as many: most trials are of one that has converged, and all alike
        typical_losses = [np.quantile(own, QUANTILES) for own in scored if len(own)]
        if not typical_losses:
            return [np.zeros(1) for _ in standings]
        scaling = fit_scaling(np.clip(np.concatenate(typical_losses), -LARGEST, LARGEST))
        losses = [scaling.forward(np.clip(one.losses, -LARGEST, LARGEST)) for one in standings]
        spreads = [_spread(own) for own in losses]
        known = [spread for spread in spreads if spread > 0]
        typical = float(np.median(known)) if known else 1.0
        lowest = _lowest(history, scaling)
        bests = [
            float(np.nanmin(own)) if len(one) else math.inf
            for own, one in zip(losses, scored, strict=True)
        ]
        overs = []
        for own, one, trials, spread, best in zip(
            losses, standings, ahead, spreads, bests, strict=True
        ):
            if math.isinf(best):
                overs.append(np.zeros(1))
                continue
            gain = possible_gains(own, int(trials), USUAL_RATE)
            if not gain.any():
                # an arm that has not improved yet may gain half of what its own trials differ by:
                # what others gain, which have converged perhaps, tells nothing of it
                gain = (spread or typical) / 2 * _UNKNOWN
            # the size of the gains is known from few trials: two that are alike are no proof
            gain = np.maximum(np.resize(gain, len(_DOUBT)), typical / one.tries * _DOUBT)
            room = best - lowest
            gain = room * -np.expm1(-gain / room) if 0 < room < math.inf else gain
            overs.append(gain - (best - min(bests)))
        return overs


def _engine(own: History) -> Strategy:
    """What searches one arm."""
    strategy, _ = choose_engine(own, EXHAUSTED)
    return Bayesian(initial=SPREAD) if isinstance(strategy, Bayesian) else strategy


def _reason(standing: ArmStanding, over: FloatArray) -> str:
    """Why an arm is searched after all have had their first trials."""
    if math.isinf(standing.best):
        return "it has no score yet"
    return f"a chance of {(over > 0).mean():.0%} that its next trials lead to a new best"


def _spread(losses: FloatArray) -> float:
    """By how much the losses of an arm differ; 0 for fewer than two."""
    scored = losses[np.isfinite(losses)]
    return min(float(np.ptp(scored)), LARGEST) if len(scored) > 1 else 0.0


def _draw(overs: list[FloatArray], rng: np.random.Generator) -> FloatArray:
    """One possible future of each arm."""
    return np.array([over[int(rng.integers(len(over)))] for over in overs])


_UNKNOWN = -np.log1p(-(np.arange(256) + 0.5) / 256)
"""Quantiles of the exponential distribution of mean 1: a gain of which the mean is known only."""
_DOUBT = np.random.default_rng(0).permutation(np.repeat(_UNKNOWN, 4))
"""The same in an order that has nothing to do with that of possible gains."""


def _lowest(history: History, scaling: Scaling) -> float:
    """The scaled loss that nothing can beat; -inf where there is none."""
    if history.plan.best_score is None:
        return -math.inf
    return float(scaling.forward(np.array([history.goal.loss(history.plan.best_score)]))[0])


def stand(history: History, root: str) -> list[ArmStanding]:
    """How the arms stand, in the order of the choices.

    Of an open trial only its configuration counts.
    """
    ended: dict[object, list[int]] = {}
    for number in told_order(history).tolist():
        choice = history.trials[number].params.get(root)
        ended.setdefault(identity(choice), []).append(number)
    losses = expected_losses(history, groups=map(np.array, ended.values()))
    waiting: dict[object, int] = {}
    for number in history.open.tolist():
        key = identity(history.trials[number].params.get(root))
        waiting[key] = waiting.get(key, 0) + 1
    standings = []
    for arm in arms_of(history.space):
        key = identity(arm.choice)
        own = losses[ended.get(key, [])]
        known = [history.trials[number].seconds for number in ended.get(key, [])]
        seconds = [one for one in known if one is not None]
        gaps = np.full(waiting.get(key, 0), np.nan)
        standings.append(
            ArmStanding(
                arm,
                np.concatenate([np.where(np.isfinite(own), own, np.nan), gaps]),
                len(own),
                float(np.mean(seconds)) if seconds else math.nan,
            )
        )
    return standings


def _usual_seconds(history: History, standings: list[ArmStanding]) -> FloatArray:
    """Seconds of a trial of each arm where time limits the study, else 1 for all."""
    known = np.array([standing.seconds for standing in standings])
    known = np.where(known > 0, known, np.nan)
    if history.plan.seconds is None or np.isnan(known).all():
        return np.ones(len(standings))
    return np.where(np.isnan(known), np.nanmedian(known), known)


def _signed(proposal: Proposal, why: str) -> Proposal:
    """The engine's own proposal, with a word on why it was this model's turn."""
    reason = f"{proposal.origin.reason} Its turn among the models, {why}."
    origin = msgspec.structs.replace(proposal.origin, reason=reason)
    return msgspec.structs.replace(proposal, origin=origin)
