"""Scores of random configurations fold by fold, recorded once and kept in a folder."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from _small_tables import SmallTable
from hpo_gui.core.errors import StudioError
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Choice, ModelSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.cross_validation import CrossValidation
from hpo_gui.evaluation.metrics import default_metric
from hpo_gui.evaluation.models import MODELS
from hpo_gui.evaluation.task import Task

CANDIDATES, FOLDS, SEED = 200, 5, 3
SPLITS: Mapping[Task, Choice] = {
    "classification": Choice("stratified_k_fold", {"folds": FOLDS, "shuffle": True}),
    "regression": Choice("k_fold", {"folds": FOLDS, "shuffle": True}),
}
CHEAPER: Mapping[str, Params] = {
    "random_forest": {"n_estimators": 30},
    "extra_trees": {"n_estimators": 30},
}
"""More trees change the ranking of forests little, and take their time."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class FoldScores:
    """One model on one table.

    Attributes
    ----------
    scores : shape (candidates, folds); NaN where a configuration failed
    """

    name: str
    metric: str
    scores: FloatArray


def record(model: str, table: SmallTable, folder: Path) -> FoldScores:
    """The recorded scores; they are measured when the folder has none."""
    name = f"{model} on {table.recipe.removesuffix('_as_published')}"
    path = folder / f"folds-{model}-{table.name}.npz"
    if path.is_file():
        with np.load(path) as kept:
            return FoldScores(name, str(kept["metric"]), kept["scores"])
    metric, scores = _measure(model, table)
    np.savez(path, metric=metric, scores=scores)
    return FoldScores(name, metric, scores)


def _measure(model: str, table: SmallTable) -> tuple[str, FloatArray]:
    with tempfile.TemporaryDirectory() as folder:
        dataset = table.dataset(SEED, Path(folder))
    task = dataset.task
    sizes = () if task == "regression" else tuple(np.unique(dataset.target, return_counts=True)[1])
    metric = default_metric(task, sizes)
    objective = CrossValidation(
        dataset,
        (ModelSpec(model, CHEAPER.get(model, {})),),
        SPLITS[task],
        metrics=(metric,),
        seed=SEED,
    )
    rows = len(dataset.train) * (FOLDS - 1) // FOLDS
    space = Space(MODELS[model].space(task, rows, len(dataset.features)))
    rng = np.random.default_rng([SEED, *f"{model} {table.name}".encode()])
    scores = np.full((CANDIDATES, FOLDS), np.nan)
    for candidate in range(CANDIDATES):
        params, seed = space.sample(rng), int(rng.integers(2**31))
        # NOTE: poor configurations warn all the time, here on purpose
        with (
            contextlib.suppress(StudioError, ValueError, ArithmeticError),
            np.errstate(all="ignore"),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            state = objective.start(params, seed)
            for fold in range(FOLDS):
                found, state = objective.step(state, params, fold)
                scores[candidate, fold] = found[metric]
    return metric, scores
