"""What a trial has gone through, step by step, to learn other rows in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpo_gui.core.spec import Choice, ModelSpec, TrainingSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.learners import LearningModel, Lesson
from hpo_gui.evaluation.model_choice import Candidate, ModelChoice
from hpo_gui.evaluation.steering import Steering
from hpo_gui.evaluation.table_training import read_model, stretch_of

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task


@dataclass(frozen=True)
class Course:
    """The steps of a training on the way to what it has learnt in the end.

    Attributes
    ----------
    steps : number of a step -> the trial's parameters there; steps that were undone are left out
    losses : of the validation after each step, undone ones included, lower is better: a schedule
        may look at them
    models, training, schedule : as the study has them
    """

    models: tuple[ModelSpec, ...]
    steps: tuple[tuple[int, Params], ...]
    losses: tuple[float, ...]
    training: TrainingSpec
    schedule: Choice

    def values(self, task: Task) -> tuple[Params, ...]:
        """The model's own parameters in each step, with the learning rate that it had."""
        choice = ModelChoice(self.models, task)
        steering = Steering.of(self.training, self.schedule)
        return tuple(
            steering.steered(
                read_model(choice, steering.phased(params, index)), index, self.losses[:index]
            )
            for index, params in self.steps
        )


def relearn(candidate: Candidate, course: Course, lesson: Lesson, seed: int) -> LearningModel:
    """Learn other rows as a trial has learnt its own.

    Parameters
    ----------
    candidate : the trial's model
    course : of at least one step
    seed : of the trial that began the training

    Raises
    ------
    ObjectiveError : the training diverges on these rows
    """
    steps = course.values(candidate.task)
    model = LearningModel(candidate.entry, candidate.task, steps[0], seed)
    for values in steps:
        model.learn(values, lesson, stretch_of(candidate, course.training.stretch))
    return model
