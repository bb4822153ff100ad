"""Which range of scores a plot shows, so that one bad score does not flatten all others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.parameter_axis import round_step
from hpo_gui.gui.plots.axis import Axis, score_axis

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]
FENCE = 4.0  # quartile distances beyond which scores on the bad side are shown at the edge
SAMPLE = 5000
ENOUGH = 12  # scores below which all of complete trials are shown
LEAST = 3  # complete trials before any score is cut off
STAY = 0.6  # the axis stays while what is shown fills this share of it


@dataclass(frozen=True)
class ScoreRange:
    """An axis, and the scores between which points are shown at their own place.

    Attributes
    ----------
    low, high : scores beyond are shown at the edge; infinite when there are none
    """

    axis: Axis
    low: float = -math.inf
    high: float = math.inf

    def clip(self, scores: FloatArray) -> FloatArray:
        """Move scores that are beyond to the end of the axis."""
        moved = np.where(scores < self.low, self.axis.low, scores)
        return np.where(scores > self.high, self.axis.high, moved)

    def beyond(self, scores: FloatArray) -> Mask:
        """Which scores are shown at the edge."""
        return (scores < self.low) | (scores > self.high)


def score_range(
    scores: FloatArray,
    *,
    bad_side: str = "",
    sure: FloatArray | None = None,
    include: Sequence[float] = (),
    log: bool = False,
    before: Axis | None = None,
) -> ScoreRange:
    """Find a range with round ends.

    Parameters
    ----------
    scores : those that are not finite do not count
    bad_side : "low" or "high" where outliers may be cut off, "" for nowhere
    sure : those of complete trials, which are all shown while there are few scores; the others,
        of trials that were stopped, may be cut off then
    include : values that must be seen, such as the baseline
    log : logarithmic, where all scores lie above 0
    before : the axis so far, which stays while it fits
    """
    scores = scores[np.isfinite(scores)]
    if not len(scores):
        return ScoreRange(Axis(0.0, 1.0))
    low, high = float(scores.min()), float(scores.max())
    log = log and low > 0
    least, most = -math.inf, math.inf
    if bad_side and not log:
        fence = _fence(scores, sure, bad_side)
        if bad_side == "low" and low < fence:
            least = low = float(scores[scores >= fence].min())
        elif bad_side == "high" and high > fence:
            most = high = float(scores[scores <= fence].max())
    low, high = min(low, *include, low), max(high, *include, high)
    return ScoreRange(_axis(low, high, log, before), least, most)


def _fence(scores: FloatArray, sure: FloatArray | None, bad_side: str) -> float:
    """The worst score that is shown at its own place; infinite where all are."""
    sign = 1.0 if bad_side == "high" else -1.0
    sure = scores if sure is None else sure[np.isfinite(sure)]
    few = len(scores) < ENOUGH
    if few and (len(sure) < LEAST or len(sure) == len(scores)):
        return sign * math.inf
    some = sure if few else scores[:: len(scores) // SAMPLE + 1]  # more would take 1 ms more
    best, worst = (float(value) for value in np.percentile(sign * some, (25, 75)))
    fence = worst + FENCE * max(worst - best, 1e-12)
    if few:
        fence = max(fence, float((sign * sure).max()))
    return sign * fence


def _axis(low: float, high: float, log: bool, before: Axis | None) -> Axis:
    fits = before is not None and before.log == log and before.low <= low and high <= before.high
    if before is not None and fits and high - low > STAY * (before.high - before.low):
        return before
    if log or low == high:
        return score_axis(low, high, log=log)
    step = round_step(high - low, 6) / 2
    low, high = low - 0.04 * (high - low), high + 0.06 * (high - low)
    return Axis(math.floor(low / step) * step, math.ceil(high / step) * step)
