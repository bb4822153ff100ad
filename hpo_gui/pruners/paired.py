"""Paired differences: where the difference of two means over the folds may still get to.

The differences on the same folds are what tells two configurations apart: a hard fold is hard for
both (Maron, Moore 1994, Hoeffding races, NeurIPS 6; Birattari et al. 2002, F-Race, GECCO). The
difference of the means over all folds is the mean of K of which k are known. Folds are
exchangeable, and K are all there are, so that its variance is the one of a sample without
replacement (Cochran 1977, Sampling techniques, theorem 2.2), and a one-sided test with Student's t
asks whether the folds to come could still make up the gap.

    d_i     loss of one trial minus that of another one on fold i = 1 … k, of K; m their mean
    s²      their variance, k - 1 degrees of freedom
    s₀²     what the variance usually is
    ν₀      how many observations s₀² is worth
    v     = (ν₀ s₀² + (k - 1) s²) / (ν₀ + k - 1)
    error = sqrt(v (1/k - 1/K));  optimistic difference = m - t(0.95, ν₀ + k - 1) error

With s₀² the test can tell after one fold.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.goal import Goal
from hpo_gui.core.student_t import t_quantile
from hpo_gui.core.trial import Trial

WORTH = 8.0  # ν₀
NOTHING = 1e-12  # share of a score that is rounding

FloatArray = NDArray[np.float64]


def fold_losses(trial: Trial, goal: Goal) -> FloatArray:
    """One a fold, up to the last that gave this goal's score; NaN for gaps."""
    scores = np.array(trial.fold_scores.get(goal.metric, ()), dtype=float)
    return -scores if goal.maximize else scores


def margin(differences: FloatArray, usual: float, folds: int, confidence: float) -> float:
    """How much smaller than the mean of those known the mean of all differences may plausibly be.

    Parameters
    ----------
    differences : of the known folds, shape (k,), finite
    usual : s₀²
    folds : K, at least k
    confidence : of the one-sided test
    """
    known = len(differences)
    freedom = WORTH + known - 1
    squares = float(((differences - differences.mean()) ** 2).sum())
    variance = (WORTH * usual + squares) / freedom
    return t_quantile(confidence, freedom) * math.sqrt(variance * (1 / known - 1 / folds))
