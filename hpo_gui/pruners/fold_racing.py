"""Fold racing: in cross-validation, what cannot plausibly win any more is not fitted further.

The differences to the best complete trial on the same folds are what tells two configurations
apart: a hard fold is hard for both (Maron, Moore 1994, Hoeffding races, NeurIPS 6; Birattari et
al. 2002, F-Race, GECCO). The difference of the means over all folds is the mean of K of which k
are known. Folds are exchangeable, and K are all there are, so that its variance is the one of a
sample without replacement (Cochran 1977, Sampling techniques, theorem 2.2), and a one-sided test
with Student's t asks whether the folds to come could still make up the gap.

    d_i     loss of the trial minus that of the best one on fold i = 1 … k, of K; m their mean
    s²      their variance, k - 1 degrees of freedom
    s₀²     what the variance usually is: the mean of those of the ten best complete trials
    ν₀      how many observations s₀² is worth
    v     = (ν₀ s₀² + (k - 1) s²) / (ν₀ + k - 1)
    error = sqrt(v (1/k - 1/K));  optimistic difference = m - t(0.95, ν₀ + k - 1) error > 0: stop

With s₀² the rule can tell after one fold. It is taken from good trials, as theirs are the chances
to protect: poor configurations differ more from fold to fold. The constants are measured, see
docs/benchmarks.md.
"""

from __future__ import annotations

import math
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.history import History
from hpo_gui.core.student_t import t_quantile
from hpo_gui.core.trial import Trial
from hpo_gui.pruners.courses import after, shown

GOOD = 10  # complete trials that tell how much differences vary
WORTH = 8.0  # ν₀
LEAST_FOLDS = 3
NOTHING = 1e-12  # share of a score that is rounding

FloatArray = NDArray[np.float64]


class FoldRacing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stops a trial whose remaining folds cannot plausibly make up its gap to the best trial.

    It does nothing where there are fewer than three folds, or trials learn step by step.

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

    def should_stop(self, history: History, trial: Trial) -> str | None:
        best, folds = history.best, history.plan.steps
        if folds < LEAST_FOLDS or history.plan.learns or len(history.complete) < self.startup:
            return None
        if best is None or best.number == trial.number or trial.steps_done >= folds:
            return None
        leader = _losses(history, best)
        own = _losses(history, trial)
        known = min(len(own), len(leader))
        if not known or not np.isfinite([*own[:known], *leader]).all():
            return None  # without all its scores it will fail anyway
        differences = own[:known] - leader[:known]
        usual = _usual_variance(history, best.number, leader)
        if usual is None:
            return None
        mean = float(differences.mean())
        freedom = WORTH + known - 1
        squares = float(((differences - mean) ** 2).sum())
        variance = (WORTH * usual + squares) / freedom
        error = math.sqrt(variance * (1 / known - 1 / folds))
        margin = t_quantile(self.confidence, freedom) * error
        rounding = NOTHING * float(np.abs(leader).max())
        if not mean - margin > rounding:
            return None
        loss = float(history.losses[best.number, 0])
        return (
            f"{after(history, trial)}, {shown(history.goal, loss + mean)} ± {margin:.2g} cannot "
            f"plausibly reach the {shown(history.goal, loss)} of trial {best.number} any more."
        )


def _losses(history: History, trial: Trial) -> FloatArray:
    """One a fold; NaN for gaps."""
    scores = np.array(trial.fold_scores.get(history.goal.metric, ()), dtype=float)
    return -scores if history.goal.maximize else scores


def _usual_variance(history: History, leader: int, losses: FloatArray) -> float | None:
    """s₀²: how much differences to the best trial vary; None when nothing tells."""
    complete = history.complete[history.complete != leader]
    if len(complete) > GOOD:
        complete = complete[np.argpartition(history.losses[complete, 0], GOOD - 1)[:GOOD]]
    variances = []
    for number in np.sort(complete).tolist():
        others = _losses(history, history.trials[number])
        if len(others) == len(losses) and np.isfinite(others).all():
            variances.append(float(np.var(others - losses, ddof=1)))
    return float(np.mean(variances)) if variances else None
