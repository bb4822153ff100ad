"""Learning curves of random configurations, recorded to the end once and kept in a folder."""

from __future__ import annotations

import contextlib
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from _small_tables import SmallTable
from hpo_gui.core.errors import StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Choice, ModelSpec, TrainingSpec
from hpo_gui.evaluation.cross_validation import CrossValidation
from hpo_gui.evaluation.metrics import metric_direction
from hpo_gui.evaluation.models import MODELS
from hpo_gui.evaluation.table_training import TableLearner
from hpo_gui.evaluation.training import Training

SEED = 3
HALF = Choice("hold_out", {"test_share": 0.4})
METRIC = {"classification": "neg_log_loss", "regression": "neg_root_mean_squared_error"}

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Curves:
    """Losses of one model on one table.

    Attributes
    ----------
    losses : after each step, shape (candidates, steps); NaN from where a training failed
    """

    name: str
    losses: FloatArray


def record(model: str, table: SmallTable, candidates: int, steps: int, folder: Path) -> Curves:
    """The recorded curves; they are measured when the folder has none."""
    name = f"{model} on {table.recipe.removesuffix('_as_published')}"
    path = folder / f"curves-{model}-{table.name}-{candidates}x{steps}.npy"
    if not path.is_file():
        np.save(path, _measure(model, table, candidates, steps))
    return Curves(name, np.load(path))


def _measure(model: str, table: SmallTable, candidates: int, steps: int) -> FloatArray:
    with tempfile.TemporaryDirectory() as folder:
        dataset = table.dataset(SEED, Path(folder))
    task, metric = dataset.task, METRIC[dataset.task]
    goal = Goal(metric, metric_direction(metric))
    evaluation = CrossValidation(dataset, (ModelSpec(model),), HALF, metrics=(metric,), seed=SEED)
    training = TrainingSpec(steps=steps)
    objective = Training(TableLearner(evaluation, metric, None), goal, training)
    learning = MODELS[model].learning
    assert learning is not None
    shape = (len(dataset.train), len(dataset.features))
    tuned = MODELS[model].space(task, *shape)
    space = Space([parameter for parameter in tuned if parameter.name not in learning.left_out])
    rng = np.random.default_rng([SEED, *f"{model} {table.name}".encode()])
    losses = np.full((candidates, steps), np.nan)
    for candidate in range(candidates):
        params, seed = space.sample(rng), int(rng.integers(2**31))
        # NOTE: poor configurations diverge and warn, here on purpose
        with (
            contextlib.suppress(StudioError, ValueError, ArithmeticError),
            np.errstate(all="ignore"),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            state = objective.start(params, seed)
            for step in range(steps):
                learned, state = objective.step(state, params, step)
                losses[candidate, step] = goal.loss(float(np.mean(learned.folds[metric])))
    return losses
