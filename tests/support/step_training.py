"""Trainings for the tests: on small datasets, and of a learner whose losses are given."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Parameter
from hpo_gui.core.spec import Choice, ModelSpec, TrainingSpec
from hpo_gui.core.trial import Learned
from hpo_gui.core.value import Params
from hpo_gui.evaluation.cross_validation import CrossValidation
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.steering import Reading
from hpo_gui.evaluation.table_training import TableLearner
from hpo_gui.evaluation.training import Training, TrainingState

THREE = Choice("k_fold", {"folds": 3})
CONSTANT = Choice("constant")


def train_on(
    dataset: Dataset,
    *models: str | ModelSpec,
    steps: int = 4,
    schedule: Choice = CONSTANT,
    metrics: tuple[str, ...] = (),
    fixed: Params | None = None,
    space: tuple[Parameter, ...] | None = None,
    **options: Any,
) -> Training:
    """The training of models on a dataset."""
    if not metrics:
        metrics = ("accuracy",) if dataset.task == "classification" else ("r2",)
    specs = tuple(
        ModelSpec(model, fixed or {}, space) if isinstance(model, str) else model
        for model in models
    )
    evaluation = CrossValidation(
        dataset, specs, options.pop("validation", THREE), metrics=metrics, seed=3
    )
    learner = TableLearner(evaluation, metrics[0], options.get("stretch"))
    return Training(learner, Goal(metrics[0]), TrainingSpec(steps=steps, **options), schedule)


def run(
    training: Training,
    params: Params | None = None,
    *,
    seed: int = 1,
    through_pickle: bool = False,
    state: TrainingState | None = None,
    first: int = 0,
) -> tuple[list[Learned], TrainingState]:
    """All steps from ``first`` on, until the training is over."""
    params = params or {}
    state = training.start(params, seed) if state is None else state
    found = []
    for index in range(first, training.steps):
        if training.is_over(state):
            break
        scores, state = training.step(state, params, index)
        if through_pickle:
            state = pickle.loads(pickle.dumps(state))
        found.append(scores)
    return found, state


def column(found: list[Learned], metric: str) -> list[tuple[float, ...]]:
    """A metric's scores, one tuple a step."""
    return [learned.folds[metric] for learned in found]


def timeless(found: list[Learned]) -> list[dict[str, tuple[float, ...]]]:
    """All scores but those that no two runs have in common."""
    return [
        {name: values for name, values in learned.folds.items() if not name.endswith("_time")}
        for learned in found
    ]


@dataclass
class Script:
    """A learner that gives one loss after the other, and remembers what it was given.

    Its state is a list of the steps that it has done; it is changed in place.
    """

    losses: tuple[float, ...]
    rate: str = ""

    def __post_init__(self) -> None:
        self.given: list[Params] = []

    def read(self, params: Params) -> Reading:
        return Reading(params, self.rate, params.get(self.rate))

    def start(self, params: Params, seed: int) -> list[int]:
        return []

    def step(self, inner: list[int], values: Params, index: int) -> tuple[Any, list[int]]:
        self.given.append(values)
        inner.append(index)
        return {"loss": (self.losses[index],)}, inner


def scripted(
    *losses: float, schedule: Choice = CONSTANT, rate: str = "", **options: Any
) -> tuple[Training, Script]:
    """A training whose validation losses are given."""
    script = Script(losses, rate)
    spec = TrainingSpec(steps=len(losses), **options)
    return Training(script, Goal("loss", "minimize"), spec, schedule), script
