"""What the window has to know of how the models of a study learn: by steps, and at which rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from hpo_gui.core.parameter import Float, Parameter
from hpo_gui.core.spec import FunctionSpec, ModelSpec, StudySpec
from hpo_gui.core.value import Value
from hpo_gui.evaluation.models import MODELS, canonical_name
from hpo_gui.evaluation.user_training import RATES

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task
    from hpo_gui.evaluation.model_learning import Learning

USUAL_SHAPE = 1000, 10  # rows and columns: a model's own rate does not depend on them


@dataclass(frozen=True)
class BaseRate:
    """The learning rate that a schedule multiplies.

    Attributes
    ----------
    name : of the parameter
    value : where a search starts, or what it is fixed to
    low, high : where it is tuned, else both are the value
    """

    name: str
    value: float
    low: float
    high: float

    @property
    def is_tuned(self) -> bool:
        return self.low < self.high


@dataclass(frozen=True)
class LearningFacts:
    """How the trials of a study can learn.

    Attributes
    ----------
    why_not : why they cannot learn step by step; "" when they can
    always : whether they cannot do otherwise
    unit : what a step is a stretch of, "epochs" or "trees"; "" where that differs or is unknown
    stretch : how many of them, where the study does not say
    why_no_rate : why there is no learning rate to change; "" when there is one
    rate : the learning rate, where there is a single one and its value is known
    """

    why_not: str = ""
    always: bool = False
    unit: str = ""
    stretch: int | None = None
    why_no_rate: str = ""
    rate: BaseRate | None = None


def learning_facts(spec: StudySpec, task: Task) -> LearningFacts:
    """How the models of a study, or the user's function, can learn."""
    if spec.objective is not None:
        return _of_function(spec.objective, spec.training.rate if spec.training else None)
    if not spec.models:
        return LearningFacts()
    known = [model for model in spec.models if _is_known(model.name)]
    ways = [_learning(model.name) for model in known]
    whole = [_title(model) for model, way in zip(known, ways, strict=True) if way is None]
    if whole:
        return LearningFacts(_tr("{0} cannot learn step by step.").format(_listed(whole)))
    learning = [way for way in ways if way is not None]
    has_rate = len(known) < len(spec.models) or any(way.rate for way in learning)
    text = _tr("{0} has no learning rate: a schedule has nothing to change.")
    why_no_rate = "" if has_rate else text.format(_listed([_title(model) for model in known]))
    if len(learning) < len(spec.models):
        return LearningFacts(why_no_rate=why_no_rate)
    units = {way.unit for way in learning}
    stretches = {way.stretch for way in learning}
    alone = len(learning) == 1 and learning[0].rate
    return LearningFacts(
        unit=units.pop() if len(units) == 1 else "",
        stretch=stretches.pop() if len(stretches) == 1 else None,
        why_no_rate=why_no_rate,
        rate=_rate_of_model(known[0], learning[0].rate, task) if alone else None,
    )


def _of_function(function: FunctionSpec, rate: str | None) -> LearningFacts:
    if function.start is None:
        return LearningFacts(
            _tr(
                "Your function is called once for each trial. With a second one, `start` in the "
                "study's file, it can learn step by step."
            )
        )
    space = {parameter.name: parameter for parameter in function.space}
    named = next((name for name in (rate, *RATES) if name in space), None)
    return LearningFacts(
        always=True,
        why_no_rate=""
        if named is not None
        else _tr("Your function has no parameter for a learning rate, such as learning_rate."),
        rate=_rate(named, space[named], None) if named is not None else None,
    )


def _rate_of_model(model: ModelSpec, name: str, task: Task) -> BaseRate | None:
    entry = MODELS[canonical_name(model.name)]
    usual = {parameter.name: parameter for parameter in entry.space(task, *USUAL_SHAPE)}
    space = usual if model.space is None else {p.name: p for p in model.space}
    if name in model.fixed or name in space:
        return _rate(name, space.get(name), model.fixed.get(name))
    return _rate(name, None, usual[name].default_value if name in usual else None)


def _rate(name: str, parameter: Parameter | None, fixed: Value) -> BaseRate | None:
    if isinstance(parameter, Float):
        value = parameter.default_value
        if isinstance(value, int | float) and parameter.low > 0:
            return BaseRate(name, float(value), parameter.low, parameter.high)
        return None
    if isinstance(fixed, int | float) and fixed > 0:
        return BaseRate(name, float(fixed), float(fixed), float(fixed))
    return None


def _is_known(name: str) -> bool:
    """Whether the catalogue has it; one of the user's own is not imported to find out."""
    return canonical_name(name) in MODELS


def _learning(name: str) -> Learning | None:
    """How a model of the catalogue learns step by step; None when only as a whole."""
    return MODELS[canonical_name(name)].learning


def _title(model: ModelSpec) -> str:
    return MODELS[canonical_name(model.name)].title


def _listed(titles: Sequence[str]) -> str:
    if len(titles) == 1:
        return titles[0]
    return _tr("{0} and {1}").format(", ".join(titles[:-1]), titles[-1])


def _tr(text: str) -> str:
    return QCoreApplication.translate("learning_facts", text)
