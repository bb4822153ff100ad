"""Models that learn step by step on a table: one a fold, all a stretch further in each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import Choice, TrainingSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.cross_validation import (
    CrossValidation,
    CrossValidationFactory,
    trusting,
)
from hpo_gui.evaluation.fold import Fold, check_takes_weights, may_write
from hpo_gui.evaluation.learners import LearningModel, Lesson
from hpo_gui.evaluation.metric_table import NOT_SCORED
from hpo_gui.evaluation.model_choice import Candidate, ModelChoice
from hpo_gui.evaluation.model_estimator import estimator_parameters
from hpo_gui.evaluation.schedules import without_overrides
from hpo_gui.evaluation.scoring import Scorer, pickled_size
from hpo_gui.evaluation.steering import CONSTANT, Reading
from hpo_gui.evaluation.training import RATE, Training
from hpo_gui.evaluation.user_objective import is_number

TRAIN = "train_"
"""Before the goal's name: its score on rows that the models have learnt from."""

TRAIN_ROWS = 2000
"""So many of them at most are scored: enough for a curve, whatever the size of the table."""


def read_model(choice: ModelChoice, params: Params) -> Reading:
    """A configuration as the parameters of its model."""
    candidate, values = choice.pick(params)
    learning = candidate.entry.learning
    if learning is None or not learning.rate:
        return Reading(values)
    base = values.get(learning.rate)
    if base is None:
        base = estimator_parameters(candidate.entry, candidate.task).get(learning.rate)
    return Reading(values, learning.rate, float(base) if is_number(base) else None)


@dataclass(frozen=True)
class TableState:
    """The models of all folds."""

    model: str
    models: tuple[LearningModel, ...]


class TableLearner:
    """Trains the models of all folds of a cross-validation; see `training.Learner`.

    Parameters
    ----------
    evaluation : splits, preprocessing and metrics
    goal : whose score on rows learnt from is told as well
    stretch : epochs or trees of a step; None for what fits the model
    """

    def __init__(self, evaluation: CrossValidation, goal: str, stretch: int | None) -> None:
        self._evaluation = evaluation
        self._goal = goal
        self._stretch = stretch
        classes = evaluation.dataset.classes
        self._train_scorer = None if goal in NOT_SCORED else Scorer((goal,), (), classes)

    def read(self, params: Params) -> Reading:
        """The parameters of the model that the configuration names."""
        return read_model(self._evaluation.choice, params)

    def start(self, params: Params, seed: int) -> TableState:
        """Make a model for each fold."""
        evaluation = self._evaluation
        candidate, values = evaluation.choice.pick(params)
        own = without_overrides(values)
        models = tuple(
            LearningModel(candidate.entry, candidate.task, own, seed) for _ in evaluation.splits
        )
        return TableState(candidate.name, models)

    def step(
        self, inner: TableState, values: Params, index: int
    ) -> tuple[dict[str, tuple[float, ...]], TableState]:
        """Learn on in each fold, and score.

        Returns
        -------
        each metric, ``train_<goal>`` on at most `TRAIN_ROWS` rows, ``learning_rate`` as the
        estimator has it, ``fit_time`` in all and ``predict_time`` of this step in seconds, a
        score a fold; ``model_size`` of the first fold in bytes
        """
        candidate = self._evaluation.choice.candidates[inner.model]
        columns: dict[str, list[float]] = {}
        with self._evaluation.quiet():
            for number, model in enumerate(inner.models):
                fold = self._evaluation.fold(number, candidate)
                if may_write(model.estimator):
                    fold = fold.for_one_model()
                with trusting(check_parameters=number == 0):
                    lesson = lesson_of(fold, candidate, model)
                    model.learn(values, lesson, stretch_of(candidate, self._stretch))
                for name, score in self._scores(number, model, fold).items():
                    columns.setdefault(name, []).append(score)
        return {name: tuple(scores) for name, scores in columns.items()}, inner

    def _scores(self, number: int, model: LearningModel, fold: Fold) -> dict[str, float]:
        scores = self._evaluation.judge(model.estimator, fold)
        scores["fit_time"] = model.seconds
        if self._train_scorer is not None:
            with trusting():
                learnt = self._train_scorer.score(model.estimator, *self._some(number, fold))
            scores[f"{TRAIN}{self._goal}"] = learnt[self._goal]
        if model.rate is not None:
            scores[RATE] = model.rate
        if number == 0:
            scores["model_size"] = pickled_size(model.estimator, steady=True)
        return scores

    def _some(self, number: int, fold: Fold) -> tuple[Any, Any, Any, Any]:
        """The rows of a fold that the training score is computed on: always the same."""
        rows = len(fold.learn_target)
        if rows <= TRAIN_ROWS:
            return fold.learn, fold.learn_target, fold.learn_weights, fold.learn_groups
        rng = np.random.default_rng([self._evaluation.seed, number])
        chosen = np.sort(rng.choice(rows, TRAIN_ROWS, replace=False))
        weights = fold.learn_weights
        return (
            fold.learn[chosen],
            fold.learn_target[chosen],
            None if weights is None else weights[chosen],
            {name: codes[chosen] for name, codes in fold.learn_groups.items()},
        )


def stretch_of(candidate: Candidate, wanted: int | None) -> int:
    """Epochs or trees of a step: as wanted, else what fits the model."""
    assert candidate.entry.learning is not None, "checked when a model is made"
    return wanted or candidate.entry.learning.stretch


def lesson_of(fold: Fold, candidate: Candidate, model: LearningModel) -> Lesson:
    """The rows to learn from; `ObjectiveError` where the model cannot weigh them and must."""
    if fold.learn_weights is not None:
        check_takes_weights(candidate, model.estimator)
    return Lesson(fold.learn, fold.learn_target, fold.learn_weights)


@dataclass(frozen=True)
class TableTrainingFactory:
    """Makes the objective in a worker; parameters as `Training`.

    Attributes
    ----------
    evaluation : makes the cross-validation whose models learn step by step
    """

    evaluation: CrossValidationFactory
    goal: Goal
    training: TrainingSpec
    schedule: Choice = CONSTANT

    def __call__(self) -> Training:
        learner = TableLearner(self.evaluation(), self.goal.metric, self.training.stretch)
        return Training(learner, self.goal, self.training, self.schedule)
