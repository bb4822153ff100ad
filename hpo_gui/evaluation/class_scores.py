"""Scores by all classes of a dataset, whichever of them a fold's rows happen to have.

scikit-learn's scorers take the classes from the rows that judge and match columns to them by
place: where the classes learnt are others, columns are taken for the wrong ones. Here they are
told the classes, and a class that was not learnt has probability 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import ObjectiveError, SpecError, StudioError

FloatArray = NDArray[np.float64]

_BY_PROBABILITY: dict[str, tuple[str, dict[str, Any]]] = {
    "neg_log_loss": ("log_loss", {"greater_is_better": False}),
    "neg_brier_score": ("brier_score_loss", {"greater_is_better": False}),
    "d2_log_loss_score": ("d2_log_loss_score", {}),
    "d2_brier_score": ("d2_brier_score", {}),
    "roc_auc_ovr": ("roc_auc_score", {"multi_class": "ovr"}),
    "roc_auc_ovr_weighted": ("roc_auc_score", {"multi_class": "ovr", "average": "weighted"}),
    "roc_auc_ovo": ("roc_auc_score", {"multi_class": "ovo"}),
    "roc_auc_ovo_weighted": ("roc_auc_score", {"multi_class": "ovo", "average": "weighted"}),
    "top_k_accuracy": (
        "top_k_accuracy_score",
        {"response_method": ("decision_function", "predict_proba")},
    ),
}
"""Scorers of several classes: scikit-learn's function of each, and how its scorer calls it."""

_WANTS_ALL = (
    "roc_auc",
    *(name for name in _BY_PROBABILITY if name.startswith("roc_auc")),
    "average_precision",
)
_WANTS_TWO = ("d2_log_loss_score", "d2_brier_score")  # compared with guessing by shares


def classes_scorer(name: str, count: int) -> Any:
    """The scorer of a metric, told that there are the classes 0 … count-1 where it takes that.

    Parameters
    ----------
    count : 0 where the classes are not known, or there are none
    """
    from sklearn import metrics

    if not count or name not in _BY_PROBABILITY:
        return metrics.get_scorer(name)
    function, options = _BY_PROBABILITY[name]
    options = {"response_method": "predict_proba", "labels": np.arange(count), **options}
    return metrics.make_scorer(getattr(metrics, function), **options)


def check_judged(
    metric: str,
    target: NDArray[Any],
    classes: Sequence[object],
    part: tuple[int, int] | None = None,
) -> StudioError | None:
    """What a metric lacks in the rows that judge, as an error; None where it has a value.

    Parameters
    ----------
    target : (n,) codes of the rows to judge by
    classes : labels of all classes, by code
    part : number of the test part, from 0, and how many there are; None once a study runs
    """
    if metric not in (*_WANTS_ALL, *_WANTS_TWO):
        return None
    there = np.bincount(target.astype(np.intp), minlength=len(classes)) > 0
    wanted = len(classes) if metric in _WANTS_ALL else min(2, len(classes))
    if there.sum() >= wanted:
        return None
    rule = "every class" if metric in _WANTS_ALL else "two classes"
    got = f"none of “{classes[int(np.argmin(there))]}”"
    if metric in _WANTS_TWO and there.any():
        got = f"only “{classes[int(np.argmax(there))]}”"
    remedy = "Use stratified or fewer folds, or another metric, such as neg_log_loss."
    if part is None:
        return ObjectiveError(
            f"metric {metric}", f"needs rows of {rule} to judge by", got, remedy=remedy
        )
    return SpecError(
        "goals",
        f"{metric} needs rows of {rule} in each test part",
        f"{got} in part {part[0] + 1} of {part[1]}",
        remedy=remedy,
    )


def over_all_classes(estimator: Any, count: int) -> Any:
    """A fitted classifier, or its answers, as one that knows the classes 0 … count-1.

    It is the same where it has learnt all of them, or does not say which.
    """
    known = np.asarray(getattr(estimator, "classes_", None))
    if known.ndim != 1 or known.dtype.kind not in "iuf" or not len(known):
        return estimator
    codes = known.astype(np.intp)
    if len(codes) >= count or codes.min() < 0 or codes.max() >= count:
        return estimator
    return _OverAllClasses(estimator, codes, count)


class _OverAllClasses:
    """A fitted classifier that is taken for one that knows all classes.

    Parameters
    ----------
    known : (m,) codes of the classes learnt
    count : of all classes
    """

    def __init__(self, estimator: Any, known: NDArray[np.intp], count: int) -> None:
        self._estimator = estimator
        self._known = known
        self.classes_ = np.arange(count)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._estimator, name)
        if name not in ("predict_proba", "decision_function"):
            return found
        fill = self._probabilities if name == "predict_proba" else self._decisions

        def answer(rows: Any) -> FloatArray:
            return fill(np.asarray(found(rows)))

        answer.__name__ = name  # scorers tell the kinds of answers apart by their names
        return answer

    def _probabilities(self, said: NDArray[Any]) -> FloatArray:
        # NOTE: the least probability is that of the precision, so all models get the same one
        said = as_shares(said) if said.dtype == np.float32 else said
        return widened(said, self._known, len(self.classes_))

    def _decisions(self, said: NDArray[Any]) -> FloatArray:
        columns = np.column_stack([-said, said]) if said.ndim == 1 else said
        least = float(columns.min(initial=0.0)) - 1  # ranked behind those learnt
        return widened(columns, self._known, len(self.classes_), least)


def widened(
    said: NDArray[Any], known: NDArray[np.intp], count: int, missing: float = 0.0
) -> FloatArray:
    """Values (n, m) of the classes learnt as those of all classes, shape (n, count).

    Parameters
    ----------
    known : (m,) codes of the classes learnt
    missing : the value of all others
    """
    values = np.full((len(said), count), missing)
    values[:, known] = said
    return values


def as_shares(values: NDArray[Any]) -> FloatArray:
    """Probabilities (n, k) in double precision that add up to 1 in each row.

    They are kept in single precision, where a model that is nearly sure of a class says 1 of it;
    what it says of the others tells how sure it was.
    """
    shares = np.asarray(values, dtype=np.float64)
    total = shares.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(shares, total, out=shares.copy(), where=total > 0))
