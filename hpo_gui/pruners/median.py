"""The median stopping rule: a trial below the median of the others at the same step stops.

Golovin et al. (2017), Google Vizier, KDD, section 3.2.1; with another percentile as in Optuna
(arXiv 1907.10902).
"""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial
from hpo_gui.pruners.courses import after, losses_after, own_losses, shown


class Median(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stops a trial that is worse than a percentile of the complete ones after as many steps.

    A learning curve is judged by its best score so far, folds by their mean so far.

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

    def should_stop(self, history: History, trial: Trial) -> str | None:
        steps = trial.steps_done
        if steps <= self.warmup or (steps - self.warmup - 1) % self.interval:
            return None
        others = losses_after(history, steps)[history.complete]
        others = others[~np.isnan(others)]
        if len(others) < self.startup:
            return None
        own = own_losses(history, trial)
        if not len(own) or np.isnan(own[-1]):
            return None
        loss = float(np.nanmin(own)) if history.plan.learns else float(own[-1])
        bar = float(np.percentile(others, self.percentile, method="higher"))
        if not loss > bar:
            return None
        which = "median" if self.percentile == 50 else f"best {self.percentile:g} %"
        reached = "has not got" if history.plan.learns else "is not"
        return (
            f"{after(history, trial)}, it {reached} beyond the {which} of {len(others)} complete "
            f"trials: {shown(history.goal, loss)} against {shown(history.goal, bar)}."
        )
