"""How good averaged predictions are: the study's metric, its mean over the folds as for a trial.

Any scikit-learn scorer judges them; those that are used most are computed for all candidates of a
round at once, which is some hundred times quicker and equals the scorer.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.goal import Goal
from hpo_gui.evaluation.class_scores import as_shares
from hpo_gui.evaluation.cross_validation import trusting
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.metrics import find_metric
from hpo_gui.evaluation.scoring import Scorer
from hpo_gui.evaluation.validations import Split

FloatArray = NDArray[np.float64]
Quick = Callable[[NDArray[Any], NDArray[Any]], FloatArray]
"""Predictions (m, n) or (m, n, k) and targets (n,) -> scores (m,)."""


class Given:
    """Predictions that are there already, as a fitted estimator for scorers.

    Parameters
    ----------
    values : (n,) numbers, or (n, k) probabilities of the classes of ``like``
    like : see `estimator_like`
    """

    def __init__(self, values: NDArray[Any], like: Any) -> None:
        self._like = like
        self._values = values

    def __getattr__(self, name: str) -> Any:
        return getattr(self._like, name)

    def predict(self, rows: Any) -> NDArray[Any]:
        """The numbers, or the most probable classes."""
        if self._values.ndim == 1:
            return self._values
        return np.asarray(self._like.classes_[np.argmax(self._values, axis=1)])

    def predict_proba(self, rows: Any) -> NDArray[Any]:
        """The probabilities."""
        return self._values


def estimator_like(classes: NDArray[Any] | None) -> Any:
    """A fitted estimator whose tags and classes (codes) tell scorers what predictions mean.

    Parameters
    ----------
    classes : (k,) codes; None for regression
    """
    from sklearn.dummy import DummyClassifier, DummyRegressor

    if classes is None:
        return DummyRegressor().fit([[0.0]], [0.0])
    return DummyClassifier().fit(np.zeros((len(classes), 1)), classes)


@dataclass(frozen=True)
class FoldJudge:
    """The rows that judge a fold.

    Attributes
    ----------
    target : (n,) numbers, or codes of classes
    weights : (n,) or None
    classes : codes of the classes that the fold's models have learnt; None for regression
    count : of classes in all; 0 for regression
    maximize : whether larger is better
    """

    metric: str
    target: NDArray[Any]
    weights: FloatArray | None
    classes: NDArray[np.intp] | None
    count: int = 0
    maximize: bool = True

    @cached_property
    def _scorer(self) -> Scorer:
        return Scorer((self.metric,), (), range(self.count))

    @cached_property
    def _like(self) -> Any:
        return estimator_like(self.classes)

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.target)

    @property
    def is_quick(self) -> bool:
        """Whether many candidates are scored at once."""
        return self.weights is None and self.metric in QUICK and self._knows_all

    @cached_property
    def _knows_all(self) -> bool:
        """Whether every class is there to learn from and to judge by."""
        if self.classes is None:
            return True
        every = np.arange(self.count)
        return np.array_equal(np.unique(self.target), every) and np.array_equal(
            self.classes, every
        )

    def score(self, values: NDArray[Any]) -> float:
        """The metric of predictions (n,) or (n, k); NaN where it cannot be computed."""
        learnt = values if self.classes is None else as_shares(values[:, self.classes])
        given = Given(learnt, self._like)
        rows = np.empty((self.rows, 0))
        with trusting(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the trials have told them
            scores = self._scorer.score(given, rows, self.target, self.weights)
        return scores[self.metric]

    def scores(self, values: NDArray[Any]) -> FloatArray:
        """As `score`, of many predictions (m, n) or (m, n, k) at once."""
        if not self.is_quick:
            return np.array([self.score(one) for one in values])
        return QUICK[self.metric](values, self.target)

    def gains(self, values: NDArray[Any]) -> FloatArray:
        """As `scores`, but larger is always better."""
        scores = self.scores(values)
        return scores if self.maximize else -scores


def fold_judges(dataset: Dataset, splits: Sequence[Split], goal: Goal) -> tuple[FoldJudge, ...]:
    """One a fold, for the metric of a goal that is no cost."""
    classes = dataset.task == "classification"
    known = find_metric(goal.metric)
    weighted = dataset.weights is not None and known is not None and known.weighted
    return tuple(
        FoldJudge(
            goal.metric,
            dataset.target[judge],
            dataset.weights[judge] if weighted and dataset.weights is not None else None,
            np.unique(dataset.target[learn]).astype(np.intp) if classes else None,
            len(dataset.classes),
            goal.maximize,
        )
        for learn, judge in splits
    )


def _accuracy(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    return np.asarray(np.mean(np.argmax(values, axis=2) == target, axis=1))


def _confusion(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    """How many rows of each class (m, k, k: true, predicted) were taken for which."""
    count, classes = len(values), values.shape[2]
    said = np.argmax(values, axis=2)
    cells = (np.arange(count)[:, None] * classes + target) * classes + said
    tally = np.bincount(cells.ravel(), minlength=count * classes**2)
    return tally.reshape(count, classes, classes).astype(np.float64)


def _balanced_accuracy(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    counts = _confusion(values, target)
    own = np.diagonal(counts, axis1=1, axis2=2)
    there = counts[0].sum(axis=1) > 0
    recall = own[:, there] / counts[:, there].sum(axis=2)
    return np.asarray(recall.mean(axis=1))


def _f1_by_class(values: NDArray[Any], target: NDArray[Any]) -> tuple[FloatArray, FloatArray]:
    """F1 of each class (m, k), NaN where it is neither there nor predicted; rows of each."""
    counts = _confusion(values, target)
    own = np.diagonal(counts, axis1=1, axis2=2)
    rows = counts.sum(axis=2)
    both = rows + counts.sum(axis=1)
    return 2 * own / np.where(both > 0, both, np.nan), rows


def _f1(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    return np.asarray(np.nan_to_num(_f1_by_class(values, target)[0][:, 1]))


def _f1_macro(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    return np.asarray(np.nanmean(_f1_by_class(values, target)[0], axis=1))


def _f1_weighted(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    each, rows = _f1_by_class(values, target)
    return np.asarray((np.nan_to_num(each) * rows).sum(axis=1) / len(target))


def _roc_auc(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    return _auc_of(values[:, :, 1], target == 1)


def _auc_of(values: NDArray[Any], own: NDArray[np.bool_]) -> FloatArray:
    """ROC AUC of values (m, n) by the ranks of a class's own rows (Mann, Whitney 1947)."""
    from scipy.stats import rankdata

    many, few = int(own.sum()), int((~own).sum())
    if not many or not few:
        return np.full(len(values), np.nan)
    ranks = rankdata(values, axis=1)[:, own].sum(axis=1)
    return np.asarray((ranks - many * (many + 1) / 2) / (many * few))


def _aucs(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    """ROC AUC of each class against the rest, (m, k)."""
    each = [_auc_of(values[:, :, code], target == code) for code in range(values.shape[2])]
    return np.stack(each, axis=1)


def _roc_auc_ovr(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    if values.shape[2] == 2:
        return _roc_auc(values, target)
    return np.asarray(_aucs(values, target).mean(axis=1))


def _roc_auc_ovr_weighted(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    if values.shape[2] == 2:
        return _roc_auc(values, target)
    share = np.bincount(target, minlength=values.shape[2]) / len(target)
    return np.asarray(_aucs(values, target) @ share)


def _neg_brier(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    classes = values.shape[2]
    missed = ((values - np.eye(classes)[target]) ** 2).sum(axis=2).mean(axis=1)
    return np.asarray(-missed / 2 if classes == 2 else -missed)


def _neg_log_loss(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    least = np.finfo(values.dtype).eps  # as scikit-learn clips
    total = values.sum(axis=2)
    own = np.clip(values[:, np.arange(len(target)), target] / total, least, 1 - least)
    return np.asarray(np.mean(np.log(own), axis=1))


def _neg_mse(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    return np.asarray(-np.mean((values - target) ** 2, axis=1))


def _neg_rmse(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    return -np.sqrt(-_neg_mse(values, target))


def _neg_mae(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    return np.asarray(-np.mean(np.abs(values - target), axis=1))


def _r2(values: NDArray[Any], target: NDArray[Any]) -> FloatArray:
    gained, spread = _neg_mse(values, target), float(np.var(target))
    if spread:
        return 1 + gained / spread
    return np.where(gained == 0, 1.0, 0.0)  # as scikit-learn's `force_finite`


QUICK: dict[str, Quick] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1": _f1,
    "f1_macro": _f1_macro,
    "f1_weighted": _f1_weighted,
    "roc_auc": _roc_auc,
    "roc_auc_ovr": _roc_auc_ovr,
    "roc_auc_ovr_weighted": _roc_auc_ovr_weighted,
    "neg_brier_score": _neg_brier,
    "neg_log_loss": _neg_log_loss,
    "neg_mean_squared_error": _neg_mse,
    "neg_root_mean_squared_error": _neg_rmse,
    "neg_mean_absolute_error": _neg_mae,
    "r2": _r2,
}
"""Scores of many candidates at once; the bigger the better, as scikit-learn's scorers."""
