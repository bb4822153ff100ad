"""Whether models, metrics and splits fit a dataset: asked once, before the study starts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import DataError, SpecError
from hpo_gui.core.spec import Choice, ModelSpec
from hpo_gui.evaluation.class_scores import check_judged
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.group_gap import LEAST_ROWS, GroupGap, read_gap
from hpo_gui.evaluation.metrics import check_metric, find_metric, needs_probabilities
from hpo_gui.evaluation.model_choice import Candidate, ModelChoice
from hpo_gui.evaluation.model_entry import ModelEntry
from hpo_gui.evaluation.model_estimator import check_parameters
from hpo_gui.evaluation.schedules import is_override
from hpo_gui.evaluation.splits import make_splits
from hpo_gui.evaluation.validations import Split


def check_evaluation(
    dataset: Dataset,
    models: tuple[ModelSpec, ...],
    validation: Choice,
    metrics: tuple[str, ...],
    seed: int = 0,
    goals: tuple[str, ...] = (),
) -> int:
    """Check everything that `CrossValidation` needs, before the study starts.

    Imports scikit-learn, so call it outside the window's process.

    Parameters
    ----------
    metrics : one that a model cannot give stays empty for it
    goals : those that every model must be able to give; by default the first

    Returns
    -------
    int
        Number of folds.

    Raises
    ------
    SpecError, DataError : names the part of the specification that does not fit
    """
    splits = make_splits(dataset, validation, seed)
    goals = goals or metrics[:1]
    _check_weights(dataset, splits, goals)
    smallest = min(len(judge) for _, judge in splits)
    classes = len(dataset.classes) if dataset.task == "classification" else None
    for name in metrics:
        metric = check_metric(name, dataset.task, classes)
        if name in goals and smallest < metric.smallest_fold:
            raise SpecError(
                "goals",
                f"{name} needs at least {metric.smallest_fold} rows in each test part",
                smallest,
                remedy="Use fewer folds, or another metric.",
            )
        if name in goals:
            _check_classes(name, dataset, [judge for _, judge in splits])
        gap = read_gap(name)
        if gap is not None and name in goals:
            _check_groups(gap, dataset, [judge for _, judge in splits])
    for candidate in ModelChoice(models, dataset.task).candidates.values():
        _check_candidate(candidate, models, goals, dataset)
    return len(splits)


def check_gives(metric: str, entry: ModelEntry) -> None:
    """Check that a model gives what a goal needs; `SpecError` otherwise."""
    if needs_probabilities(metric) and entry.gives_probabilities is False:
        raise SpecError(
            "goals",
            f"{metric} needs probabilities, which {entry.name} does not give",
            remedy="Choose another metric, such as accuracy, or another model.",
        )


def _check_classes(metric: str, dataset: Dataset, parts: Sequence[NDArray[np.intp]]) -> None:
    """Whether each test part has the classes that a goal needs."""
    if dataset.task != "classification":
        return
    for number, part in enumerate(parts):
        place = (number, len(parts))
        lack = check_judged(metric, dataset.target[part], dataset.classes, place)
        if lack is not None:
            raise lack


def _check_weights(dataset: Dataset, splits: Sequence[Split], goals: tuple[str, ...]) -> None:
    """Whether some row weighs something wherever a model learns or is judged by weighted rows."""
    if dataset.weights is None:
        return
    parts = [(f"to learn from in fold {n}", learn) for n, (learn, _) in enumerate(splits, 1)]
    known = [find_metric(goal) for goal in goals]
    if any(metric is not None and metric.weighted for metric in known):
        parts += [(f"to judge by in fold {n}", judge) for n, (_, judge) in enumerate(splits, 1)]
        parts += [("that are locked for the final test", dataset.test)]
    for what, rows in parts:
        if len(rows) and not dataset.weights[rows].any():
            raise DataError(
                "data.weight",
                f"must be above 0 in some of the rows {what}",
                f"0 in all {len(rows)} of them",
                remedy="Leave rows of weight 0 out of the table, or use fewer or shuffled folds.",
            )


def _check_groups(gap: GroupGap, dataset: Dataset, parts: Sequence[NDArray[np.intp]]) -> None:
    """Whether two groups can be compared in each test part."""
    codes = dataset.compared[gap.column]
    for number, part in enumerate(parts):
        sizes = np.bincount(codes[part])
        if (sizes >= LEAST_ROWS).sum() < 2:
            raise SpecError(
                "goals",
                f"{gap.name} needs two groups of at least {LEAST_ROWS} rows in each test part "
                f"(rows of the groups in part {number + 1} of {len(parts)})",
                sorted((int(size) for size in sizes if size), reverse=True),
                remedy="Use fewer folds, or a column with larger groups.",
            )


def _check_candidate(
    candidate: Candidate,
    models: tuple[ModelSpec, ...],
    goals: tuple[str, ...],
    dataset: Dataset,
) -> None:
    entry = candidate.entry
    (spec,) = (spec for spec in models if spec.name == candidate.name)
    place = f"models.{candidate.name}"
    fixed, tuned = [*spec.fixed], [parameter.name for parameter in spec.space or ()]
    for names, section in ((fixed, "fixed"), (tuned, "space")):
        own = [name for name in names if not is_override(name)]  # of the model, not a schedule
        check_parameters(entry, dataset.task, own, f"{place}.{section}")
    for name in goals:
        check_gives(name, entry)
    if dataset.weights is not None and entry.takes_weights is False:
        raise SpecError(
            place,
            "must be able to weigh rows, as there is a weight column",
            remedy="Choose another model, or give the weight column another role.",
        )
