"""Auto: picks the strategy that suits the study so far, and says why in one sentence."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.trial import Proposal
from hpo_gui.strategies.arms import arms_of
from hpo_gui.strategies.engine_choice import choose_engine
from hpo_gui.strategies.grid import Grid
from hpo_gui.strategies.model_bandit import ModelBandit
from hpo_gui.strategies.strategy import Strategy


class Auto(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tries everything in a small space, else learns from the scores.

    The choice is made anew before every trial, from what is known by then: the space, the budget,
    how many trials there are and how long they take. Strategies see each other's trials, so
    nothing is lost when it changes.

    Attributes
    ----------
    exhaust_up_to : number of configurations up to which all of them are tried, if the budget
        is enough for that
    """

    exhaust_up_to: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=10_000,
            title="Try everything up to",
            description="A space with at most this many configurations is tried out whole.",
        ),
    ] = 60

    looks_at_scores: ClassVar[bool] = True
    several_goals: ClassVar[bool] = True

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        strategy, _ = self.choose(history)
        return strategy.propose(history, count, rng)

    def choose(self, history: History) -> tuple[Strategy, str]:
        """The strategy for the next trial of this study, and the sentence that says why."""
        strategy, why = choose_engine(history, self.exhaust_up_to)
        one_goal = len(history.goals) == 1
        if one_goal and not isinstance(strategy, Grid) and (arms := arms_of(history.space)):
            why = (
                f"Bandit over models: each of the {len(arms)} is searched for itself, and those "
                "that promise a new best get more trials."
            )
            return ModelBandit(), why
        return strategy, why
