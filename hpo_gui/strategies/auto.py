"""Auto: picks the strategy that suits the space, and says why in one sentence."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Proposal
from hpo_gui.strategies.grid import Grid
from hpo_gui.strategies.random import Random
from hpo_gui.strategies.strategy import Strategy


class Auto(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tries everything in a small discrete space, and draws at random in a larger one.

    Attributes
    ----------
    exhaust_up_to : number of configurations up to which all of them are tried
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

    looks_at_scores: ClassVar[bool] = False

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        strategy, _ = self.choose(history.space)
        return strategy.propose(history, count, rng)

    def choose(self, space: Space) -> tuple[Strategy, str]:
        """The strategy for this space, and the sentence that says why."""
        if space.size <= self.exhaust_up_to:
            everything = f"Grid search: all {space.size:,.0f} configurations can be tried."
            if space.size == 1:
                everything = "Grid search: there is only one configuration to try."
            return Grid(points=self.exhaust_up_to), everything
        return Random(), "Random search: the space has more configurations than can be tried."
