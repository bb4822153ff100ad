"""The metrics by name: what there is for a task, and what a name that a person wrote means.

The table stands in `metric_table`; gaps between groups have names of their own (`group_gap`).
"""

from __future__ import annotations

import difflib
import math
from typing import TYPE_CHECKING

from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Direction, Goal, usual_direction
from hpo_gui.evaluation.group_gap import (
    HOW_TO_WRITE,
    gap_metric,
    is_gap,
    measure_names,
    read_gap,
)
from hpo_gui.evaluation.metric_table import COST_NAMES, COSTS, METRICS, NOT_SCORED, Metric

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task

__all__ = ["COSTS", "COST_NAMES", "METRICS", "NOT_SCORED", "Metric"]

_SHORT_NAMES = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "logloss": "neg_log_loss",
    "cross_entropy": "neg_log_loss",
    "brier": "neg_brier_score",
    "ece": "calibration_error",
    "expected_calibration_error": "calibration_error",
    "mcc": "matthews_corrcoef",
    "mse": "neg_mean_squared_error",
    "rmse": "neg_root_mean_squared_error",
    "mae": "neg_mean_absolute_error",
    "mape": "neg_mean_absolute_percentage_error",
    "r2_score": "r2",
    "size": "model_size",
    "time": "fit_time",
    "latency": "predict_time",
    "inference_time": "predict_time",
    "features": "n_features",
    "number_of_features": "n_features",
}

IMBALANCE = 3.0  # the largest class has this many times the rows of the smallest


def metric_names(task: Task, n_classes: int | None = None) -> tuple[str, ...]:
    """The metrics for a task, the usual ones first; for ``n_classes`` only those that fit."""
    return tuple(
        metric.name
        for metric in METRICS.values()
        if task in metric.tasks and _fits(metric, n_classes)
    )


def find_metric(name: str) -> Metric | None:
    """What is known of a metric, gaps between groups included; None for an unknown name."""
    gap = read_gap(name)
    return METRICS.get(name) if gap is None else gap_metric(gap)


def needs_probabilities(name: str) -> bool:
    """Whether only models that give probabilities can be judged by a metric, however spelt."""
    metric = find_metric(canonical_metric(name))
    return metric is not None and metric.needs == "probabilities"


def canonical_metric(name: str) -> str:
    """The one way to write a metric: ``gap(accuracy,sex)`` is ``gap(accuracy, sex)``."""
    gap = read_gap(name)
    return name.strip() if gap is None else gap.name


def metric_title(name: str) -> str:
    """A metric's title; the name itself for a key of the user's function."""
    metric = find_metric(name)
    return name if metric is None else metric.title


def metric_direction(name: str) -> Direction:
    """Scorers are all "greater is better", costs and gaps the smaller the better."""
    metric = find_metric(name)
    return usual_direction(name) if metric is None else metric.direction


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
    if is_gap(name):
        return _check_gap(name, task, n_classes)
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


def _check_gap(name: str, task: Task, n_classes: int | None) -> Metric:
    gap = read_gap(name)
    offered = measure_names(task, n_classes)
    if gap is None or gap.measure not in offered:
        near = difflib.get_close_matches("" if gap is None else gap.measure, offered, n=1)
        raise SpecError(
            "metric",
            HOW_TO_WRITE
            if gap is None
            else f"must be the gap of one of {', '.join(offered)} for this target",
            name,
            remedy=f"Did you mean `{near[0]}`?" if near and gap is not None else "",
        )
    return gap_metric(gap)


def best_score(goal: Goal) -> float | None:
    """The best score that the goal's metric can have; None without end, or of no known metric."""
    metric = find_metric(goal.metric)
    if metric is None:
        return None
    best = metric.most if goal.maximize else metric.least
    return best if math.isfinite(best) else None


def check_threshold(goal: Goal) -> None:
    """Check that some score can reach the threshold; `SpecError` otherwise."""
    metric = find_metric(goal.metric)
    if goal.threshold is None or metric is None:
        return
    best = metric.most if goal.maximize else metric.least
    if goal.loss(best) <= goal.loss(goal.threshold):
        return
    side = "at most" if goal.maximize else "at least"
    negative = metric.name.startswith("neg_") and goal.maximize
    remedy = f"Leave it out, or write a score of {side} {best:g}."
    if negative:
        remedy = f"The scores are negative: write {-goal.threshold:g} for {goal.threshold:g}."
    raise SpecError(
        "threshold",
        f"must be a score that can be reached: {metric.name} is {side} {best:g}",
        goal.threshold,
        remedy=remedy,
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
