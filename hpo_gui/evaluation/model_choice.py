"""One or several models of a study, and what a configuration means.

With several models the model is a parameter too: ``{"model": "svm", "svm.C": 1.0}``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from hpo_gui.core.condition import is_active
from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Float, Parameter
from hpo_gui.core.spec import ModelSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.model_entry import ModelEntry
from hpo_gui.evaluation.model_estimator import THREAD_PARAMETERS
from hpo_gui.evaluation.models import find_model

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task

MODEL = "model"


@dataclass(frozen=True)
class Candidate:
    """A model of a study.

    Attributes
    ----------
    name : as the study names it
    fixed : what is set for every trial
    reals : tuned parameters that must reach the estimator as floats: 1 row is not 1.0 of them
    """

    name: str
    entry: ModelEntry
    task: Task
    fixed: Params
    reals: frozenset[str]

    def values(self, params: Params) -> Params:
        """All constructor parameters for a configuration without the model's prefix."""
        return {
            **self.fixed,
            **{
                name: float(value) if name in self.reals and value is not None else value
                for name, value in params.items()
            },
        }


class ModelChoice:
    """The models of a study by name; a frozen value.

    Raises
    ------
    SpecError : no model, two of the same name, or one that cannot do the task
    """

    def __init__(self, models: Sequence[ModelSpec], task: Task) -> None:
        check_names(models)
        self.task = task
        self.candidates = {spec.name: _candidate(spec, task) for spec in models}

    def pick(self, params: Params) -> tuple[Candidate, Params]:
        """The model of a configuration, and all its constructor parameters."""
        if len(self.candidates) == 1:
            (candidate,) = self.candidates.values()
            prefix = f"{candidate.name}."
            return candidate, candidate.values(
                {name.removeprefix(prefix): v for name, v in params.items() if name != MODEL}
            )
        name = params.get(MODEL)
        if name not in self.candidates:
            raise SpecError(MODEL, f"must be one of {', '.join(self.candidates)}", name)
        prefix = f"{name}."
        own = {n.removeprefix(prefix): v for n, v in params.items() if n.startswith(prefix)}
        return self.candidates[name], self.candidates[name].values(own)


def as_written(model: str, task: Task, params: Params) -> tuple[Candidate, Params]:
    """A model with parameters as its constructor takes them, such as those of a trial.

    Nothing is read by the recommended space: in the study's own one ``max_features = 1`` may be
    a column, and ``"sqrt"`` a choice.
    """
    candidate = _candidate(ModelSpec(model, space=()), task)
    return candidate, {**candidate.fixed, **params}


def check_names(models: Sequence[ModelSpec]) -> None:
    """Check that there is a model, and none twice; `SpecError` otherwise."""
    if not models:
        raise SpecError("models", "must name at least one model")
    names = [spec.name for spec in models]
    for name in names:
        if names.count(name) > 1:
            raise SpecError(
                "models", "must be different", name, remedy="Widen the space of one of them."
            )


def own_parameters(
    spec: ModelSpec, task: Task, rows: int, columns: int, *, by_steps: bool = False
) -> tuple[Parameter, ...]:
    """The parameters of one model: the study's, or else the recommended ones not fixed.

    Parameters
    ----------
    by_steps : it learns step by step, which decides some of the recommended ones
    """
    entry = find_model(spec.name, task)
    if spec.space is None:
        given = {**spec.fixed, **(decided_by_steps(entry) if by_steps else {})}
        return without(entry.space(task, rows, columns), given)
    for parameter in spec.space:
        if parameter.name in spec.fixed:
            raise SpecError(
                f"models.{spec.name}.fixed.{parameter.name}",
                "must not be tuned as well",
                spec.fixed[parameter.name],
                remedy="Take it out of the space, or out of the fixed values.",
            )
    return spec.space


def decided_by_steps(entry: ModelEntry) -> Params:
    """What a study with steps of training neither tunes nor sets; None where steps decide."""
    learning = entry.learning
    if learning is None:
        return {}
    return {**dict.fromkeys(learning.left_out), **learning.settings}


def _candidate(spec: ModelSpec, task: Task) -> Candidate:
    entry = find_model(spec.name, task)
    space = entry.space(task, 1000, 10) if spec.space is None else spec.space
    reals = frozenset(p.name for p in space if isinstance(p, Float))
    fixed = {**entry.fixed(task), **spec.fixed}
    for name in THREAD_PARAMETERS:
        if fixed.get(name) not in (None, 1):
            raise SpecError(
                f"models.{spec.name}.fixed.{name}",
                "must be 1: several trials run at once instead",
                fixed[name],
                remedy="Leave it out, and choose the number of workers.",
            )
    return Candidate(spec.name, entry, task, fixed, reals)


def without(parameters: tuple[Parameter, ...], fixed: Params) -> tuple[Parameter, ...]:
    """Drop what is fixed, and what a fixed parent switches off, all the way down."""
    kept: list[Parameter] = []
    gone: set[str] = set()
    for parameter in parameters:  # NOTE: the recommended ones come after their parents
        given = {name: values for name, values in parameter.when.items() if name in fixed}
        if parameter.name in fixed:
            continue
        if not is_active(given, fixed) or gone & parameter.when.keys():
            gone.add(parameter.name)
            continue
        when = {name: values for name, values in parameter.when.items() if name not in fixed}
        kept.append(msgspec.structs.replace(parameter, when=when))
    return tuple(kept)
