"""The metrics: scikit-learn's scorers by their standard names, and what an evaluation costs.

The names stand here as a table, so that nothing heavy is imported to show them.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Literal

import msgspec

from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Direction, usual_direction

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
    note : a condition on the target, as a sentence
    weighted : rows can weigh differently
    smallest_fold : rows that a test fold needs
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


_CLASSES: tuple[Task, ...] = ("classification",)
_NUMBERS: tuple[Task, ...] = ("regression",)
_BOTH: tuple[Task, ...] = ("classification", "regression")
_POSITIVE = "Target and predictions must be above 0."
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
    Metric("neg_mean_poisson_deviance", "Poisson deviance (negative)", _NUMBERS, note=_POSITIVE),
    Metric("neg_mean_gamma_deviance", "Gamma deviance (negative)", _NUMBERS, note=_POSITIVE),
)

COSTS = (
    Metric("fit_time", "Fit time (s)", _BOTH, "minimize"),
    Metric("predict_time", "Prediction time (s)", _BOTH, "minimize"),
    Metric("model_size", "Model size (bytes)", _BOTH, "minimize"),
)
"""Recorded for every trial, without being asked for."""

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

METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (*_CLASSIFICATION, *_REGRESSION, *COSTS, *_OTHER_SCORERS)
}

COST_NAMES = tuple(metric.name for metric in COSTS)

_SHORT_NAMES = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "logloss": "neg_log_loss",
    "cross_entropy": "neg_log_loss",
    "brier": "neg_brier_score",
    "mcc": "matthews_corrcoef",
    "mse": "neg_mean_squared_error",
    "rmse": "neg_root_mean_squared_error",
    "mae": "neg_mean_absolute_error",
    "mape": "neg_mean_absolute_percentage_error",
    "r2_score": "r2",
    "size": "model_size",
    "time": "fit_time",
}

IMBALANCE = 3.0  # the largest class has this many times the rows of the smallest


def metric_names(task: Task, n_classes: int | None = None) -> tuple[str, ...]:
    """The metrics for a task, the usual ones first; for ``n_classes`` only those that fit."""
    return tuple(
        metric.name
        for metric in METRICS.values()
        if task in metric.tasks and _fits(metric, n_classes)
    )


def metric_title(name: str) -> str:
    """A metric's title; the name itself for a key of the user's function."""
    return METRICS[name].title if name in METRICS else name


def metric_direction(name: str) -> Direction:
    """Scorers are all "greater is better", costs the smaller the better."""
    return METRICS[name].direction if name in METRICS else usual_direction(name)


def default_metric(task: Task, class_sizes: tuple[int, ...] = ()) -> str:
    """What to judge by when the user says nothing; imbalanced classes count equally."""
    if task == "regression":
        return "neg_root_mean_squared_error"
    if class_sizes and max(class_sizes) > IMBALANCE * max(min(class_sizes), 1):
        return "balanced_accuracy"
    return "accuracy"


def check_metric(name: str, task: Task, n_classes: int | None = None) -> Metric:
    """The metric of a name.

    Raises
    ------
    SpecError : an unknown name, or a metric for another task or number of classes
    """
    offered = metric_names(task, n_classes)
    if name in offered:
        return METRICS[name]
    metric = METRICS.get(name)
    if metric is None:
        near = _near(name, offered)
        rule = f"must be one of {', '.join(offered)}" if not near else "must be a metric's name"
        raise SpecError("metric", rule, name, remedy=near)
    if task not in metric.tasks:
        use = f"is for {metric.tasks[0]}" if metric.tasks else "is not for tables with one target"
        raise SpecError(
            "metric",
            f"must be made for {task}; {name} {use}",
            remedy=f"Choose for example {default_metric(task)}.",
        )
    if metric.classes == "two":
        instead = f"{name}_macro" if f"{name}_macro" in METRICS else "balanced_accuracy"
        instead = "roc_auc_ovr" if name == "roc_auc" else instead
        raise SpecError(
            "metric",
            f"{name} must have a target with two classes",
            n_classes,
            remedy=f"Choose {instead}.",
        )
    raise SpecError(
        "metric",
        f"{name} must have a target with three classes or more",
        n_classes,
        remedy="Choose accuracy.",
    )


def _fits(metric: Metric, n_classes: int | None) -> bool:
    if n_classes is None or metric.classes == "any":
        return True
    return n_classes <= 2 if metric.classes == "two" else n_classes > 2


def _near(name: str, offered: tuple[str, ...]) -> str:
    """Ask for the name that was meant, or say nothing."""
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    plain = _SHORT_NAMES.get(plain, plain)
    near = difflib.get_close_matches(plain, offered, n=1) or difflib.get_close_matches(
        f"neg_{plain}", offered, n=1
    )
    return f"Did you mean `{near[0]}`?" if near else ""
