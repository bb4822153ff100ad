"""What the catalogue knows of a model: constructors, search space, defaults and needs."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hpo_gui.core.parameter import Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params, Value
from hpo_gui.evaluation.model_learning import Learning
from hpo_gui.evaluation.treatments import ColumnNeeds

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task

SpaceMaker = Callable[["Task", int, int], tuple[Parameter, ...]]
FixedMaker = Callable[["Task"], Params]


def no_parameters(task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
    """The space of a model without anything to tune."""
    return ()


def nothing_fixed(task: Task) -> Params:
    """The fixed values of a model without any."""
    return {}


def always(**values: Value) -> FixedMaker:
    """Fixed values that are the same for both tasks."""
    return partial(_same_values, values)


def _same_values(values: Params, task: Task) -> Params:
    return dict(values)


@dataclass(frozen=True)
class ModelEntry:
    """One model of the catalogue; the same name serves classification and regression.

    Attributes
    ----------
    name : as in a study file
    title : as in the window
    use_when : one sentence, "Use when …"
    classifier, regressor : dotted path of the class; empty where the task is not supported
    make_space : (task, rows, columns) -> the recommended parameters, with their defaults
    make_fixed : task -> what is set for every trial, but not tuned
    learning : how it learns step by step; None when only as a whole
    needs_scaling : distances, gradients or penalties depend on the scale of the columns
    orders_categories : trees and boosters, which split a column as often as it takes: arbitrary
        numbers of categories do no harm
    scales_target : regression learns a standardised target (its loss has a fixed scale)
    needs_codes : takes the classes 0 … k-1 only, not any labels as scikit-learn's do; the final
        model and folds that lack a class get a wrapper
    gives_probabilities, takes_weights : what the classifier can give, and a fit can take;
        None when only the class can tell
    cost : seconds of a fit of the defaults, roughly, relative to LightGBM = 1; measured on 3,000
        rows and 20 columns (CatBoost: FLAML's figure)
    requires : module that must be installed, where it is not part of the program
    package : what to install for it, where the name differs
    references : where the space comes from
    """

    name: str
    title: str
    use_when: str
    classifier: str = ""
    regressor: str = ""
    make_space: SpaceMaker = no_parameters
    make_fixed: FixedMaker = nothing_fixed
    learning: Learning | None = None
    constraints: tuple[str, ...] = ()
    needs_scaling: bool = False
    orders_categories: bool = False
    scales_target: bool = False
    needs_codes: bool = False
    gives_probabilities: bool | None = True
    takes_weights: bool | None = True
    cost: float = 1.0
    requires: str | None = None
    package: str | None = None
    references: tuple[str, ...] = ()

    @property
    def tasks(self) -> tuple[Task, ...]:
        tasks: list[Task] = []
        if self.classifier:
            tasks.append("classification")
        if self.regressor:
            tasks.append("regression")
        return tuple(tasks)

    @property
    def needs(self) -> ColumnNeeds:
        """What it needs of its columns."""
        return ColumnNeeds(self.needs_scaling, self.orders_categories)

    def wants_codes(self, task: Task) -> bool:
        """Whether it learns the classes 0 … k-1 only."""
        return self.needs_codes and task == "classification"

    @property
    def available(self) -> bool:
        """Whether the package it needs is installed."""
        return self.requires is None or importlib.util.find_spec(self.requires) is not None

    @property
    def install_line(self) -> str:
        """What to type to make it available; empty when nothing is needed."""
        return f"pip install {self.package or self.requires}" if self.requires else ""

    def constructor(self, task: Task) -> str:
        """Dotted path of the class for a task."""
        return self.classifier if task == "classification" else self.regressor

    def space(self, task: Task, rows: int, columns: int) -> tuple[Parameter, ...]:
        """The recommended parameters.

        Parameters
        ----------
        rows : to learn from, in the smallest fold
        columns : features
        """
        return self.make_space(task, max(rows, 1), max(columns, 1))

    def fixed(self, task: Task) -> Params:
        """What is set for every trial, but not tuned."""
        return self.make_fixed(task)

    def defaults(self, task: Task, rows: int, columns: int) -> Params:
        """Where a study starts: the model's own defaults, inside the recommended space."""
        return Space(self.space(task, rows, columns)).complete({})
