"""Losses of configurations on small tables, kept in a folder so that a run can go on later."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from _small_tables import SmallTable
from hpo_gui.core.errors import StudioError
from hpo_gui.core.spec import Choice, ModelSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.cross_validation import CrossValidation
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.task import Task

FOLDS = 3
SPLITS: dict[Task, Choice] = {
    "classification": Choice("stratified_k_fold", {"folds": FOLDS, "shuffle": True}),
    "regression": Choice("k_fold", {"folds": FOLDS, "shuffle": True}),
}
METRIC: dict[Task, str] = {
    "classification": "accuracy",
    "regression": "neg_root_mean_squared_error",
}
CHEAPER: dict[str, Params] = {
    "random_forest": {"n_estimators": 60},
    "extra_trees": {"n_estimators": 60},
}
"""More trees change the ranking of forests little, and take their time."""

USELESS = 2.0
"""The loss of a configuration that fails; guessing the commonest answer has at most 1."""


class Trier:
    """Losses of one model on one table."""

    def __init__(self, model: str, table: SmallTable, seed: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.dataset: Dataset = table.dataset(seed, Path(folder))
        self.seed = seed
        task = self.dataset.task
        self.metric = METRIC[task]
        self.objective = CrossValidation(
            self.dataset,
            (ModelSpec(model, CHEAPER.get(model, {})),),
            SPLITS[task],
            metrics=(self.metric,),
            seed=seed,
        )
        self.scale = 1.0 if task == "classification" else float(np.std(self.dataset.target))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows that a fold learns from, and columns."""
        return len(self.dataset.train) * (FOLDS - 1) // FOLDS, len(self.dataset.features)

    def loss(self, params: Params) -> float:
        """Mean over the folds: the share of errors, or the RMSE in standard deviations."""
        state = self.objective.start(params, self.seed)
        scores: list[float] = []
        for fold in range(FOLDS):
            try:
                # NOTE: poor configurations warn all the time, here on purpose
                with np.errstate(all="ignore"), contextlib.redirect_stderr(io.StringIO()):
                    found, state = self.objective.step(state, params, fold)
            except (StudioError, ValueError, ArithmeticError):
                return USELESS
            scores.append(found[self.metric])
        mean = float(np.mean(scores))
        loss = 1 - mean if self.metric == "accuracy" else -mean / self.scale
        return round(min(loss, USELESS), 6) if np.isfinite(loss) else USELESS


class Kept:
    """Losses that are kept: one file a model and table, one line a configuration."""

    def __init__(self, folder: Path, model: str, table: str) -> None:
        self.path = folder / f"{model}-{table}.jsonl"
        self.losses: dict[str, float] = {}
        if self.path.is_file():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                params, loss = json.loads(line)
                self.losses[key(params)] = loss

    def put(self, params: Mapping[str, Any], loss: float) -> float:
        """Keep a loss."""
        self.losses[key(params)] = loss
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([params, loss]) + "\n")
        return loss


def key(params: Mapping[str, Any]) -> str:
    """A configuration as text."""
    return json.dumps(params, sort_keys=True)
