"""Is one trial better than another, or is it noise? Paired differences over the same folds.

The folds' training sets overlap, so the usual t test is too sure of itself. The corrected
resampled t test widens its variance (Nadeau, Bengio 2003, Inference for the generalization error,
Machine Learning 52, equation 11):

    J folds; d_j difference on fold j; m their mean; s² their variance (divided by J - 1)
    r = test rows / training rows, the mean over the folds (`evaluation.overlap`)
    standard error = sqrt((1/J + r) s²);  J - 1 degrees of freedom
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hpo_gui.core.goal import Goal
from hpo_gui.core.student_t import t_quantile
from hpo_gui.core.trial import Trial

CONFIDENCE = 0.95

Verdict = Literal["better", "worse", "within_noise", "unknown"]


@dataclass(frozen=True)
class Interval:
    """A mean with the half-width of its 95 % confidence interval, NaN below two values."""

    mean: float
    half_width: float
    count: int


@dataclass(frozen=True)
class Comparison:
    """One trial against another.

    Attributes
    ----------
    first, second : their numbers
    differences : one a fold that both have, more than 0 where the first is better
    mean : how much better the first is, in units of the metric
    half_width : of the 95 % confidence interval of ``mean``; NaN when it cannot be told
    verdict : "unknown" when there are no two common folds
    """

    first: int
    second: int
    differences: tuple[float, ...]
    mean: float
    half_width: float
    verdict: Verdict


def interval(values: Sequence[float], test_ratio: float | None = None) -> Interval:
    """The mean of fold scores and its corrected confidence interval.

    Parameters
    ----------
    values : one a fold; those that are not finite do not count
    test_ratio : test rows / training rows; by default 1 / (J - 1), that of J-fold cross-validation
    """
    finite = np.array([value for value in values if math.isfinite(value)])
    count = len(finite)
    if count == 0:
        return Interval(math.nan, math.nan, 0)
    mean = float(finite.mean())
    if count == 1:
        return Interval(mean, math.nan, 1)
    ratio = 1 / (count - 1) if test_ratio is None else test_ratio
    error = math.sqrt((1 / count + ratio) * float(finite.var(ddof=1)))
    return Interval(mean, t_quantile((1 + CONFIDENCE) / 2, count - 1) * error, count)


def score_interval(trial: Trial, metric: str, test_ratio: float | None = None) -> Interval:
    """The interval of a trial's score; of one that was set by hand only the score is known."""
    told = interval(trial.fold_scores.get(metric, ()), test_ratio)
    if told.count:
        return told
    return Interval(trial.scores.get(metric, math.nan), math.nan, 0)


def compare(
    first: Trial, second: Trial, goal: Goal, test_ratio: float | None = None
) -> Comparison:
    """Compare two trials on the folds that both have; see the module.

    Where a score was set by hand there are no folds: then the scores tell which is better, and
    nothing tells how sure that is.
    """
    pairs = zip(
        first.fold_scores.get(goal.metric, ()),
        second.fold_scores.get(goal.metric, ()),
        strict=False,
    )
    losses = [(goal.loss(a), goal.loss(b)) for a, b in pairs]
    differences = tuple(b - a for a, b in losses if math.isfinite(a) and math.isfinite(b))
    told = interval(differences, test_ratio)
    if not told.count and (first.measured is not None or second.measured is not None):
        scores = (trial.scores.get(goal.metric, math.nan) for trial in (first, second))
        better, worse = map(goal.loss, scores)
        told = Interval(worse - better, math.nan, 0)
    return Comparison(
        first.number,
        second.number,
        differences,
        told.mean,
        told.half_width,
        _verdict(told),
    )


def _verdict(told: Interval) -> Verdict:
    if math.isnan(told.half_width):
        return "unknown"
    # NOTE: equal folds leave rounding errors, which are no difference
    slack = told.half_width + 1e-12 * max(abs(told.mean), 1.0)
    if told.mean > slack:
        return "better"
    return "worse" if told.mean < -slack else "within_noise"
