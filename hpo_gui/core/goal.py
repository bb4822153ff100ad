"""Goals: what a study makes as large or as small as possible."""

from __future__ import annotations

import math
import re
from typing import Literal

import msgspec

from hpo_gui.core.errors import SpecError

Direction = Literal["maximize", "minimize"]

_SMALLER_IS_BETTER = {
    "loss",
    "error",
    "err",
    "cost",
    "time",
    "seconds",
    "size",
    "mse",
    "rmse",
    "mae",
    "mape",
    "regret",
    "latency",
    "duration",
    "deviance",
    "perplexity",
    "risk",
    "memory",
    "gap",
    "features",
}


def usual_direction(metric: str) -> Direction:
    """Minimize what is named like a loss, a time or a size; maximize everything else.

    scikit-learn's scorers are all "greater is better", negative ones begin with ``neg``.
    """
    words = [word for word in re.split(r"[^a-z]+", metric.lower()) if word]
    if words[:1] == ["neg"]:
        return "maximize"
    return "minimize" if _SMALLER_IS_BETTER & set(words) else "maximize"


MOST_GOALS = 5
"""Goals that a study may have: with more, hardly any trial dominates another one."""


class Goal(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A metric's name and direction.

    Inside, everything is minimised: `loss` flips the sign, and nothing else does.

    Attributes
    ----------
    threshold : a score that a trial must reach, or it is not feasible (an outcome constraint)
    reference : a score from which on this goal counts, for the dominated hypervolume and its
        pictures; None for one a little worse than what the Pareto front has
    """

    metric: str
    direction: Direction | None = None
    threshold: float | None = None
    reference: float | None = None

    def __post_init__(self) -> None:
        if not self.metric.strip():
            raise SpecError("goal", "must name a metric", self.metric)
        for name in ("threshold", "reference"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                remedy = "Leave it out where there is none."
                raise SpecError(f"goal.{name}", "must be a finite number", value, remedy=remedy)

    @property
    def maximize(self) -> bool:
        return (self.direction or usual_direction(self.metric)) == "maximize"

    def loss(self, score: float) -> float:
        """Score -> the number to minimise (the same function turns it back)."""
        return -score if self.maximize else score

    def better(self, score: float, other: float) -> bool:
        """Whether ``score`` is strictly better; NaN is never better, and worse than any number."""
        if other != other:
            return score == score
        return self.loss(score) < self.loss(other)

    @property
    def bound(self) -> float:
        """The threshold as a loss that must not be exceeded; inf where there is none."""
        return math.inf if self.threshold is None else self.loss(self.threshold)

    def meets(self, score: float) -> bool:
        """Whether a score keeps the threshold; NaN never does."""
        return self.loss(score) <= self.bound
