"""Trials of the same configuration: how they scored."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hpo_gui.core.history import History
from hpo_gui.core.means import deviation_of, mean_of
from hpo_gui.core.trial import Trial, TrialState


@dataclass(frozen=True)
class Repeats:
    """The complete trials of one configuration, at least two.

    Attributes
    ----------
    numbers : of the trials, in their order
    mean, sd : of their scores (the standard deviation divided by n - 1)
    """

    numbers: tuple[int, ...]
    mean: float
    sd: float


def repeats_of(history: History, trial: Trial, metric: str) -> Repeats | None:
    """How the complete repeats of a trial scored, itself included; None where it has none."""
    known = [*history.repeats_of(trial), trial]
    scores = {
        other.number: other.scores[metric]
        for other in known
        if other.state is TrialState.COMPLETE and math.isfinite(other.scores.get(metric, math.nan))
    }
    if len(scores) < 2 or trial.number not in scores:
        return None
    values = tuple(scores.values())
    sd = deviation_of(values, known_mean=False)
    return Repeats(tuple(sorted(scores)), mean_of(values), sd)
