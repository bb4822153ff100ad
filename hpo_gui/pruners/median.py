"""The median stopping rule: a trial below the median of the others at the same step stops.

Golovin et al. (2017), Google Vizier, KDD, section 3.2.1; with another percentile as in Optuna
(arXiv 1907.10902).
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial
from hpo_gui.pruners.courses import after, all_losses_after, kept_losses_after, own_losses, shown


class Median(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stops a trial that is worse than a percentile of the complete ones after as many steps.

    A learning curve is judged by its best score so far, folds by their mean so far. With several
    goals, of which some only grow, a curve is judged by the step that would remain; what is worse
    by every goal, and worse by all than one same trial, is stopped.

    Attributes
    ----------
    startup : complete trials before any is stopped
    warmup : steps that a trial may do in any case
    interval : steps from one verdict to the next
    percentile : of the complete trials' scores, 50 for the median; smaller stops more
    """

    startup: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=100_000,
            title="Trials before",
            description="Complete trials before any other is stopped.",
        ),
    ] = 5
    warmup: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=100_000,
            title="Steps before",
            description="Folds or steps of training that a trial may do in any case.",
        ),
    ] = 0
    interval: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=100_000,
            title="Steps between verdicts",
            description="1 judges after every step.",
        ),
    ] = 1
    percentile: Annotated[
        float,
        msgspec.Meta(
            gt=0,
            le=100,
            title="Percentile that goes on",
            description="50 is the median; 25 lets only what is among the best quarter go on.",
        ),
    ] = 50.0

    several_goals: ClassVar[bool] = True

    def should_stop(self, history: History, trial: Trial) -> str | None:
        steps = trial.steps_done
        if steps <= self.warmup or (steps - self.warmup - 1) % self.interval:
            return None
        others = all_losses_after(history, steps)[history.complete]
        others = others[~np.isnan(others).any(axis=1)]
        if len(others) < self.startup:
            return None
        kept = kept_losses_after(history, steps)[trial.number]
        losses, bars = [], []
        for place in range(len(history.goals)):
            own = own_losses(history, trial, place)
            if not len(own) or np.isnan(own[-1]):
                return None
            best = history.plan.learns and len(history.goals) == 1
            losses.append(float(np.nanmin(own)) if best else float(kept[place]))
            column = others[:, place]
            bars.append(float(np.percentile(column, self.percentile, method="higher")))
        if not np.greater(losses, bars).all():
            return None
        if len(bars) > 1 and not np.all(others < losses, axis=1).any():
            return None  # a compromise: worse than most by each goal, than nobody by all
        which = "median" if self.percentile == 50 else f"best {self.percentile:g} %"
        reached = "has not got" if history.plan.learns else "is not"
        parts = [
            f"{shown(goal, loss)} against {shown(goal, bar)}"
            for goal, loss, bar in zip(history.goals, losses, bars, strict=True)
        ]
        by = "by any goal " if len(parts) > 1 else ""
        return (
            f"{after(history, trial)}, it {reached} beyond the {which} of {len(others)} complete "
            f"trials {by}".rstrip()
            + f": {', '.join(parts)}."
        )
