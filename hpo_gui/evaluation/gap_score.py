"""The score of a gap between groups; see `group_gap` for what it means.

Notation: y true and p predicted values, w weights, shape (n,) each; rates are weighted means.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.evaluation.calibration import calibration_error
from hpo_gui.evaluation.group_gap import (
    FALSE_POSITIVE_RATE,
    LEAST_ROWS,
    MEAN_ERROR,
    MEAN_PREDICTION,
    MEASURES,
    SELECTION_RATE,
    TRUE_POSITIVE_RATE,
    GroupGap,
)
from hpo_gui.evaluation.metric_table import CALIBRATION_ERROR

FloatArray = NDArray[np.float64]
Measure = Callable[[Any, NDArray[Any], FloatArray, NDArray[np.intp]], float]
"""Answers of a model, target, weights, rows of a group -> score; NaN where it has none."""


class GapScorer:
    """Computes a gap between the groups of a test fold, as a scorer does.

    Left out are groups of fewer than `LEAST_ROWS` rows there, and those whose score is undefined,
    such as the true positive rate of a group without positive rows. NaN where fewer than two
    groups remain: nothing can be said then, and a gap of 0 would be a lie.
    """

    def __init__(self, gap: GroupGap) -> None:
        self.gap = gap
        self._measure = _measure_of(gap.measure)

    def __call__(
        self,
        estimator: Any,
        rows: Any,
        target: NDArray[Any],
        *,
        groups: NDArray[np.int64],
        sample_weight: FloatArray | None = None,
    ) -> float:
        """Largest minus least score of a group.

        Parameters
        ----------
        rows : prepared features, shape (n, d)
        groups : (n,) codes
        """
        weights = np.ones(len(target)) if sample_weight is None else sample_weight
        answers = _AllRows(estimator, rows)
        scores = []
        for code in np.flatnonzero(np.bincount(groups) >= LEAST_ROWS):
            score = self._measure(answers, target, weights, np.flatnonzero(groups == code))
            if math.isfinite(score):
                scores.append(score)
        return max(scores) - min(scores) if len(scores) > 1 else math.nan


class _AllRows:
    """What an estimator answers to all rows; the rows asked for are numbers of them.

    Scorers take it for the estimator itself.
    """

    def __init__(self, estimator: Any, rows: Any) -> None:
        self._estimator = estimator
        self._rows = rows

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._estimator, name)
        if name not in ("predict", "predict_proba", "decision_function"):
            return found

        def answer(numbers: NDArray[np.intp]) -> Any:
            return np.asarray(found(self._rows))[numbers]

        answer.__name__ = name  # scorers tell the kinds of answers apart by their names
        return answer


def _measure_of(name: str) -> Measure:
    if name == CALIBRATION_ERROR.name:
        return lambda model, y, w, rows: calibration_error(
            model.predict_proba(rows), y[rows], w[rows], model.classes_
        )
    if name in _RATES:
        rate = _RATES[name]
        return lambda model, y, w, rows: rate(y[rows], model.predict(rows), w[rows])
    return _of_scorer(name)


def _of_scorer(name: str) -> Measure:
    from sklearn.exceptions import UndefinedMetricWarning
    from sklearn.metrics import get_scorer

    scorer, facts = get_scorer(name), MEASURES[name]

    def measure(
        model: Any, target: NDArray[Any], weights: FloatArray, rows: NDArray[np.intp]
    ) -> float:
        options = {"sample_weight": weights[rows]} if facts.weighted else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if facts.classes == "two":  # averages over classes count a missing one as 0
                warnings.simplefilter("error", UndefinedMetricWarning)
            try:
                return float(scorer(model, rows, target[rows], **options))
            except (ValueError, UndefinedMetricWarning):
                return math.nan

    return measure


def _share(chosen: NDArray[np.bool_], among: NDArray[np.bool_], weights: FloatArray) -> float:
    """Weighted share of ``chosen`` among some rows; NaN where those weigh nothing."""
    total = float(weights[among].sum())
    return float(weights[chosen & among].sum()) / total if total > 0 else math.nan


def _selection_rate(y: NDArray[Any], p: NDArray[Any], w: FloatArray) -> float:
    return _share(p == 1, np.ones(len(y), dtype=bool), w)


def _true_positive_rate(y: NDArray[Any], p: NDArray[Any], w: FloatArray) -> float:
    return _share(p == 1, y == 1, w)


def _false_positive_rate(y: NDArray[Any], p: NDArray[Any], w: FloatArray) -> float:
    return _share(p == 1, y == 0, w)


def _mean_error(y: NDArray[Any], p: NDArray[Any], w: FloatArray) -> float:
    return _mean(p - y, w)


def _mean_prediction(y: NDArray[Any], p: NDArray[Any], w: FloatArray) -> float:
    return _mean(p, w)


def _mean(values: NDArray[Any], weights: FloatArray) -> float:
    return float(np.average(values, weights=weights)) if weights.sum() > 0 else math.nan


_RATES = {
    SELECTION_RATE.name: _selection_rate,
    TRUE_POSITIVE_RATE.name: _true_positive_rate,
    FALSE_POSITIVE_RATE.name: _false_positive_rate,
    MEAN_ERROR.name: _mean_error,
    MEAN_PREDICTION.name: _mean_prediction,
}
