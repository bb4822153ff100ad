"""Fold racing: in cross-validation, what cannot plausibly win any more is not fitted further.

A trial races against the best complete one on the same folds, by the test of `pruners.paired`,
and stops where its optimistic difference is above zero. What differences usually vary, s₀², is
the mean of those of the ten best complete trials to the best one: theirs are the chances to
protect, and poor configurations differ more from fold to fold. The constants are measured, see
docs/benchmarks.md. With several goals there is no best trial, and it races against the Pareto
front: `pruners.front_racing`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.counting import counted
from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial
from hpo_gui.pruners.courses import after, shown
from hpo_gui.pruners.front_racing import why_behind_front
from hpo_gui.pruners.paired import NOTHING, fold_losses, margin

GOOD = 10  # complete trials that tell how much differences vary
MOST_LOOKED = 200  # to find them among trials that are the best one once more
LEAST_FOLDS = 3

FloatArray = NDArray[np.float64]


class FoldRacing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stops a trial whose remaining folds cannot plausibly make up its gap to the best trial.

    With several goals, one that cannot plausibly do better by any of them than some trial of the
    Pareto front. It does nothing where there are fewer than three folds, or trials learn step by
    step.

    Attributes
    ----------
    confidence : how sure it must be that a trial will not beat the best one
    startup : complete trials before any is stopped
    """

    confidence: Annotated[
        float,
        msgspec.Meta(
            ge=0.5,
            lt=1,
            title="Confidence",
            description="How sure it must be that a trial will not win; more stops fewer.",
        ),
    ] = 0.95
    startup: Annotated[
        int,
        msgspec.Meta(
            ge=2,
            le=100_000,
            title="Trials before",
            description="Complete trials before any other is stopped.",
        ),
    ] = 5

    several_goals: ClassVar[bool] = True

    def should_stop(self, history: History, trial: Trial) -> str | None:
        folds = history.plan.steps
        if folds < LEAST_FOLDS or history.plan.learns or history.plan.rows:
            return None
        if len(history.complete) < self.startup:
            return None
        if not 0 < trial.steps_done < folds:
            return None
        if len(history.goals) > 1:
            return why_behind_front(history, trial, self.confidence)
        return self._why_behind_best(history, trial)

    def _why_behind_best(self, history: History, trial: Trial) -> str | None:
        best, folds = history.best, history.plan.steps
        if best is None or best.number == trial.number:
            return None
        leader = fold_losses(counted(history, best), history.goal)
        own = fold_losses(trial, history.goal)
        known = min(len(own), len(leader))
        if not known or not np.isfinite([*own[:known], *leader]).all():
            return None  # without all its scores it will fail anyway
        differences = own[:known] - leader[:known]
        usual = _usual_variance(history, leader)
        if usual is None:
            return None
        mean = float(differences.mean())
        reach = margin(differences, usual, folds, self.confidence)
        rounding = NOTHING * float(np.abs(leader).max())
        if not mean - reach > rounding:
            return None
        loss = float(history.losses[best.number, 0])
        return (
            f"{after(history, trial)}, {shown(history.goal, loss + mean)} ± {reach:.2g} cannot "
            f"plausibly reach the {shown(history.goal, loss)} of trial {best.number} any more."
        )


def _usual_variance(history: History, leader: FloatArray) -> float | None:
    """s₀²: how much differences to the best trial vary; None when nothing tells.

    Trials with the same losses, as of a parameter that does nothing, are the leader once more and
    tell nothing: with them s₀² would be 0, and one bad fold would decide.
    """
    complete = history.complete
    order = np.argsort(history.losses[complete, 0], kind="stable")[:MOST_LOOKED]
    variances: list[float] = []
    for number in complete[order].tolist():
        others = fold_losses(counted(history, history.trials[number]), history.goal)
        if len(others) != len(leader) or not np.isfinite(others).all():
            continue
        differences = others - leader
        if np.abs(differences).max() > NOTHING * np.abs(leader).max():
            variances.append(float(np.var(differences, ddof=1)))
        if len(variances) == GOOD:
            break
    return float(np.mean(variances)) if variances else None
