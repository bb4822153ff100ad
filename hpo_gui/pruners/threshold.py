"""Threshold: scores beyond a bound are hopeless."""

from __future__ import annotations

import math
from typing import Annotated

import msgspec

from hpo_gui.core.errors import SpecError
from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial
from hpo_gui.pruners.courses import after, kept_losses_after


class Threshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stops a trial whose score leaves the bounds, or is no number.

    Attributes
    ----------
    lower, upper : of the first goal's metric, in its own units; None for no bound
    warmup : steps after which the bounds begin to count
    """

    lower: Annotated[
        float | None,
        msgspec.Meta(title="Lowest score", description="Stop a trial whose score is below this."),
    ] = None
    upper: Annotated[
        float | None,
        msgspec.Meta(title="Highest score", description="Stop a trial whose score is above this."),
    ] = None
    warmup: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=100_000,
            title="Steps before",
            description="Folds or steps of training that a trial may do in any case.",
        ),
    ] = 0

    def __post_init__(self) -> None:
        for name in ("lower", "upper"):
            bound = getattr(self, name)
            if bound is not None and not math.isfinite(bound):
                remedy = "Leave it out for no bound."
                raise SpecError(f"pruner.{name}", "must be a finite number", bound, remedy=remedy)
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise SpecError(
                "pruner.upper", f"must be above `lower`, which is {self.lower:g}", self.upper
            )

    def should_stop(self, history: History, trial: Trial) -> str | None:
        course = trial.course(history.goal.metric)
        if not course or trial.steps_done <= self.warmup:
            return None
        score, metric = course[-1], history.goal.metric
        if history.plan.kept and math.isfinite(score):
            loss = float(kept_losses_after(history, trial.steps_done)[trial.number, 0])
            score = history.goal.loss(loss)
        where = f"{after(history, trial)}, {metric} is"
        if not math.isfinite(score):
            return f"{where} not a number."
        if self.lower is not None and score < self.lower:
            return f"{where} {score:.4g}, below {self.lower:.4g}."
        if self.upper is not None and score > self.upper:
            return f"{where} {score:.4g}, above {self.upper:.4g}."
        return None
