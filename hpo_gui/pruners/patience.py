"""Patience: a training that has stopped getting better, and is not the best, stops.

Prechelt (1998), Early stopping — but when?, Neural Networks: Tricks of the Trade.
"""

from __future__ import annotations

import math
from typing import Annotated

import msgspec
import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial
from hpo_gui.pruners.courses import after, own_losses, shown


class Patience(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stops a training without progress, unless its best score beats all complete trials.

    Attributes
    ----------
    steps : of training without a better score
    min_delta : a score must be better by more than this to count as better
    """

    steps: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=100_000,
            title="Steps without progress",
            description="A training that got no better in as many steps is stopped.",
        ),
    ] = 5
    min_delta: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            title="Least progress",
            description="A score must be better by more than this to count as better.",
        ),
    ] = 0.0

    def should_stop(self, history: History, trial: Trial) -> str | None:
        best = history.best
        if not history.plan.learns or best is None:
            return None  # a mean over folds is not a course: it may go up or down
        own = own_losses(history, trial)
        own = own[~np.isnan(own)]
        mark, since = math.inf, 0
        for loss in own.tolist():
            mark, since = (loss, 0) if loss < mark - self.min_delta else (mark, since + 1)
        lowest = float(own.min()) if len(own) else math.inf
        if since < self.steps or lowest < history.losses[best.number, 0]:
            return None
        return (
            f"{after(history, trial)}, it has got no better for {since}: its best is "
            f"{shown(history.goal, lowest)}, that of trial {best.number} is "
            f"{shown(history.goal, float(history.losses[best.number, 0]))}."
        )
