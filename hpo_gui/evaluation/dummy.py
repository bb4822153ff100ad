"""What a model scores that looks at no column: on the same folds and by the same metrics."""

from __future__ import annotations

import math
import warnings

import numpy as np

from hpo_gui.core.spec import Choice, ModelSpec, RowsSpec
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.evaluation_check import check_evaluation
from hpo_gui.evaluation.metric_table import NOT_SCORED
from hpo_gui.evaluation.row_shares import check_rows
from hpo_gui.evaluation.scoring import Scorer
from hpo_gui.evaluation.splits import make_splits

DummyScores = dict[str, tuple[float, ...]]
"""Metric -> a score a fold; only metrics that have a value in every fold."""


def check_with_dummy(
    dataset: Dataset,
    models: tuple[ModelSpec, ...],
    validation: Choice,
    metrics: tuple[str, ...],
    seed: int = 0,
    goals: tuple[str, ...] = (),
    rows: RowsSpec | None = None,
) -> tuple[int, DummyScores]:
    """The number of folds, as `check_evaluation`, and `dummy_scores`: one call of a process.

    With ``rows`` it is checked too that their first share is enough.
    """
    steps = check_evaluation(dataset, models, validation, metrics, seed, goals)
    if rows is not None:
        check_rows(dataset, models, validation, rows, seed)
    return steps, dummy_scores(dataset, validation, metrics, seed)


def dummy_scores(
    dataset: Dataset, validation: Choice, metrics: tuple[str, ...], seed: int = 0
) -> DummyScores:
    """Score scikit-learn's dummy: the shares of the classes, or the mean of the target.

    Costs are left out, as is a metric that has no value for it.
    """
    from sklearn.dummy import DummyClassifier, DummyRegressor

    classes = dataset.task == "classification"
    scored = tuple(name for name in metrics if name not in NOT_SCORED)
    scorer = Scorer(scored, (), dataset.classes)
    columns: dict[str, list[float]] = {}
    weights = dataset.weights
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that it never predicts
        for learn, judge in make_splits(dataset, validation, seed):
            dummy = DummyClassifier(strategy="prior") if classes else DummyRegressor()
            given = None if weights is None else weights[learn]
            dummy.fit(np.zeros((len(learn), 1)), dataset.target[learn], sample_weight=given)
            scores = scorer.score(
                dummy,
                np.zeros((len(judge), 1)),
                dataset.target[judge],
                None if weights is None else weights[judge],
                {name: codes[judge] for name, codes in dataset.compared.items()},
            )
            for name in scorer.scorers:
                columns.setdefault(name, []).append(scores[name])
    return {
        name: tuple(values) for name, values in columns.items() if all(map(math.isfinite, values))
    }
