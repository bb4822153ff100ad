"""The table of metrics: scikit-learn's scorers by their standard names, ours, and the costs.

Nothing heavy is imported to show them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import msgspec

from hpo_gui.core.goal import Direction

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task


class Metric(msgspec.Struct, frozen=True):
    """One number that judges a model.

    Attributes
    ----------
    title : as in the window
    tasks : empty for scorers that fit none of ours (clusterings, several labels a row)
    needs : what the model must give: labels, scores (a ranking is enough) or probabilities
    classes : how many classes the target may have
    note : a condition on the target, or what to know of the scores, as a sentence
    weighted : rows can weigh differently
    smallest_fold : rows that a test fold needs
    least, most : no score lies outside of these
    """

    name: str
    title: str
    tasks: tuple[Task, ...]
    direction: Direction = "maximize"
    needs: Literal["labels", "scores", "probabilities"] = "labels"
    classes: Literal["any", "two", "many"] = "any"
    note: str = ""
    weighted: bool = True
    smallest_fold: int = 1
    least: float = -math.inf
    most: float = math.inf


_CLASSES: tuple[Task, ...] = ("classification",)
_NUMBERS: tuple[Task, ...] = ("regression",)
_BOTH: tuple[Task, ...] = ("classification", "regression")
_POSITIVE = "Target and predictions must be above 0."
_COUNTS = "The target must not be negative, and predictions must be above 0."
_NOT_NEGATIVE = "Target and predictions must not be negative."


def _averaged(name: str, title: str) -> tuple[Metric, ...]:
    """A metric of one class, and its averages over several."""
    return (
        Metric(name, title, _CLASSES, classes="two"),
        Metric(f"{name}_macro", f"{title}, mean of the classes", _CLASSES),
        Metric(f"{name}_micro", f"{title}, over all rows", _CLASSES),
        Metric(f"{name}_weighted", f"{title}, mean weighted by class size", _CLASSES),
    )


_CLASSIFICATION = (
    Metric("accuracy", "Accuracy", _CLASSES),
    Metric("balanced_accuracy", "Balanced accuracy", _CLASSES),
    Metric("roc_auc", "ROC AUC", _CLASSES, needs="scores", classes="two", smallest_fold=2),
    Metric(
        "roc_auc_ovr",
        "ROC AUC, one class against the rest",
        _CLASSES,
        needs="probabilities",
        smallest_fold=2,
    ),
    Metric(
        "roc_auc_ovr_weighted",
        "ROC AUC, one against the rest, weighted by class size",
        _CLASSES,
        needs="probabilities",
        smallest_fold=2,
    ),
    Metric(
        "roc_auc_ovo",
        "ROC AUC, one class against another",
        _CLASSES,
        needs="probabilities",
        weighted=False,
        smallest_fold=2,
    ),
    Metric(
        "roc_auc_ovo_weighted",
        "ROC AUC, one against another, weighted by class size",
        _CLASSES,
        needs="probabilities",
        weighted=False,
        smallest_fold=2,
    ),
    Metric("average_precision", "Average precision", _CLASSES, needs="scores", smallest_fold=2),
    Metric("neg_log_loss", "Log loss (negative)", _CLASSES, needs="probabilities"),
    Metric("neg_brier_score", "Brier score (negative)", _CLASSES, needs="probabilities"),
    Metric(
        "d2_log_loss_score",
        "Explained share of the log loss",
        _CLASSES,
        needs="probabilities",
        smallest_fold=2,
    ),
    Metric(
        "d2_brier_score",
        "Explained share of the Brier score",
        _CLASSES,
        needs="probabilities",
        smallest_fold=2,
    ),
    *_averaged("f1", "F1"),
    *_averaged("precision", "Precision"),
    *_averaged("recall", "Recall"),
    *_averaged("jaccard", "Jaccard index"),
    Metric("matthews_corrcoef", "Matthews correlation", _CLASSES),
    Metric(
        "top_k_accuracy", "Among the best two classes", _CLASSES, needs="scores", classes="many"
    ),
    Metric(
        "positive_likelihood_ratio",
        "Positive likelihood ratio",
        _CLASSES,
        classes="two",
        weighted=False,
    ),
    Metric(
        "neg_negative_likelihood_ratio",
        "Negative likelihood ratio (negative)",
        _CLASSES,
        classes="two",
        weighted=False,
    ),
)

_REGRESSION = (
    Metric("neg_root_mean_squared_error", "Root mean squared error (negative)", _NUMBERS),
    Metric("neg_mean_squared_error", "Mean squared error (negative)", _NUMBERS),
    Metric("neg_mean_absolute_error", "Mean absolute error (negative)", _NUMBERS),
    Metric("neg_median_absolute_error", "Median absolute error (negative)", _NUMBERS),
    Metric(
        "neg_mean_absolute_percentage_error", "Mean absolute percentage error (negative)", _NUMBERS
    ),
    Metric("neg_max_error", "Largest error (negative)", _NUMBERS, weighted=False),
    Metric("r2", "R²", _NUMBERS, smallest_fold=2),
    Metric("explained_variance", "Explained variance", _NUMBERS, smallest_fold=2),
    Metric(
        "d2_absolute_error_score",
        "Explained share of the absolute error",
        _NUMBERS,
        smallest_fold=2,
    ),
    Metric(
        "neg_mean_squared_log_error",
        "Mean squared log error (negative)",
        _NUMBERS,
        note=_NOT_NEGATIVE,
    ),
    Metric(
        "neg_root_mean_squared_log_error",
        "Root mean squared log error (negative)",
        _NUMBERS,
        note=_NOT_NEGATIVE,
    ),
    Metric("neg_mean_poisson_deviance", "Poisson deviance (negative)", _NUMBERS, note=_COUNTS),
    Metric("neg_mean_gamma_deviance", "Gamma deviance (negative)", _NUMBERS, note=_POSITIVE),
)

_TIMED = "Repeatable roughly only: it depends on what else the computer does."

COSTS = (
    Metric("fit_time", "Fit time (s)", _BOTH, "minimize", note=_TIMED, least=0.0),
    Metric("predict_time", "Prediction time (s)", _BOTH, "minimize", note=_TIMED, least=0.0),
    Metric("model_size", "Model size (bytes)", _BOTH, "minimize", least=0.0),
)
"""Recorded for every trial, without being asked for."""

TIMED = tuple(metric.name for metric in COSTS if metric.note == _TIMED)
"""Costs that are others each time that they are measured."""

CALIBRATION_ERROR = Metric(
    "calibration_error",
    "Calibration error",
    _CLASSES,
    "minimize",
    needs="probabilities",
    least=0.0,
    most=1.0,
)
N_FEATURES = Metric(
    "n_features",
    "Columns used",
    _BOTH,
    "minimize",
    note="By the model's coefficients or importances; all columns where it has neither.",
    least=0.0,
)
OURS = (CALIBRATION_ERROR, N_FEATURES)
"""What scikit-learn has no scorer for; computed where it is asked for."""

_OTHER_SCORERS = tuple(
    Metric(name, name.replace("_", " "), ())
    for name in (
        "adjusted_mutual_info_score",
        "adjusted_rand_score",
        "completeness_score",
        "fowlkes_mallows_score",
        "homogeneity_score",
        "mutual_info_score",
        "normalized_mutual_info_score",
        "rand_score",
        "v_measure_score",
        "f1_samples",
        "jaccard_samples",
        "precision_samples",
        "recall_samples",
    )
)


def _bounded(metric: Metric) -> Metric:
    """A scorer with the range of its scores, which follows from its name and task."""
    name = metric.name
    if name.startswith("neg_"):
        return msgspec.structs.replace(metric, most=0.0)
    if name == "positive_likelihood_ratio":
        return msgspec.structs.replace(metric, least=0.0)
    if name.startswith("d2_") or name in ("r2", "explained_variance"):
        return msgspec.structs.replace(metric, most=1.0)
    least = -1.0 if name == "matthews_corrcoef" else 0.0
    return msgspec.structs.replace(metric, least=least, most=1.0)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        *map(_bounded, (*_CLASSIFICATION, *_REGRESSION)),
        *OURS,
        *COSTS,
        *_OTHER_SCORERS,
    )
}

COST_NAMES = tuple(metric.name for metric in COSTS)

NOT_SCORED = (*COST_NAMES, N_FEATURES.name)
"""What says nothing of how well a model predicts."""
