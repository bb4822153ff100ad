"""What learning step by step asks of a specification: filled in, checked, and what may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Parameter
from hpo_gui.core.spec import FunctionSpec, ModelSpec, PhaseSpec, StudySpec, TrainingSpec
from hpo_gui.core.value import same
from hpo_gui.evaluation.model_learning import Learning
from hpo_gui.evaluation.models import MODELS, find_model
from hpo_gui.evaluation.schedules import is_override
from hpo_gui.evaluation.steering import LARGEST_RATE, is_rate, needs_rate
from hpo_gui.evaluation.user_training import RATES

if TYPE_CHECKING:
    from hpo_gui.evaluation.task import Task

NOT_BY_STEPS = "Leave it out, or the section `training`."


def fill_training(spec: StudySpec, task: Task | None) -> StudySpec:
    """The training that a study has: as written, or what a function with `start` implies.

    Parameters
    ----------
    spec : models and goals are filled in
    task : None for a function of one's own

    Raises
    ------
    SpecError : a model or the function cannot learn by steps, or not with these parameters
    """
    function = spec.objective
    training = spec.training
    if function is not None:
        if function.start is not None:
            training = training or TrainingSpec()
            _check_function(spec, function, training)
        elif training is not None:
            raise SpecError(
                "objective.start",
                "must name the function that begins a training, as there is `training`",
                remedy="Write `def start(params, seed): ...`, which returns a state, and let the "
                "function be one step: `def step(state, params, index): ...`.",
            )
    elif training is not None:
        assert task is not None
        _check_models(spec, task)
        stretches = {_learning(model, task).stretch for model in spec.models}
        if training.stretch is None and len(stretches) == 1:
            training = msgspec.structs.replace(training, stretch=stretches.pop())
    if training is not None:
        _check_phases(spec, training, task)
    return msgspec.structs.replace(spec, training=training)


def changeable(spec: StudySpec, task: Task | None) -> tuple[str, ...]:
    """The parameters of the space that may change between two steps of a training."""
    if spec.training is None:
        return ()
    if spec.objective is not None:  # a function gets its parameters anew in each step
        return tuple(parameter.name for parameter in spec.objective.space)
    assert task is not None
    return tuple(
        f"{_prefix(spec, model)}{parameter.name}"
        for model in spec.models
        for parameter in model.space or ()
        if _may_change(parameter.name, _learning(model, task))
    )


def _check_models(spec: StudySpec, task: Task) -> None:
    training = spec.training
    if training is not None and training.rate is not None:
        raise SpecError(
            "training.rate",
            "must be left out where models are tuned",
            training.rate,
            remedy="They know their learning rate.",
        )
    for model in spec.models:
        _check_left_out(model, _learning(model, task))
    scheduled = any(_is_scheduled(spec, model.space or ()) for model in spec.models)
    if scheduled and not any(_learning(model, task).rate for model in spec.models):
        able = ", ".join(
            entry.name
            for entry in MODELS.values()
            if task in entry.tasks and entry.learning is not None and entry.learning.rate
        )
        raise SpecError(
            "schedule",
            f"needs a learning rate, which {spec.models[0].name} does not have",
            spec.schedule.name,
            remedy=f"Leave it out, or tune one of {able}.",
        )


def _learning(model: ModelSpec, task: Task) -> Learning:
    learning = find_model(model.name, task).learning
    if learning is None:
        able = ", ".join(
            entry.name
            for entry in MODELS.values()
            if task in entry.tasks and entry.learning is not None
        )
        raise SpecError(
            "training",
            f"must be left out for {model.name}, which cannot learn by steps",
            remedy=f"Leave it out, or tune one of {able}, or a class with `partial_fit`.",
        )
    return learning


def _check_left_out(model: ModelSpec, learning: Learning) -> None:
    """The steps say how long a model learns; they and its own stopping must not contradict."""
    tuned = {parameter.name for parameter in model.space or ()}
    for name in learning.left_out:
        if name not in tuned and name not in model.fixed:
            continue
        section = "space" if name in tuned else "fixed"
        raise SpecError(
            f"models.{model.name}.{section}.{name}",
            "must be left out: `training` says how long a model learns and when it stops",
            remedy=NOT_BY_STEPS,
        )
    for name, value in learning.settings.items():
        if name in tuned or (name in model.fixed and not same(model.fixed[name], value)):
            section = "space" if name in tuned else "fixed"
            raise SpecError(
                f"models.{model.name}.{section}.{name}",
                f"must be left out: learning by steps sets it to {value!r}",
                remedy=NOT_BY_STEPS,
            )


def _check_function(spec: StudySpec, function: FunctionSpec, training: TrainingSpec) -> None:
    assert function.start is not None
    if not function.start.isidentifier():
        raise SpecError(
            "objective.start", "must be the name of a function in the same file", function.start
        )
    if training.stretch is not None:
        raise SpecError(
            "training.stretch",
            "must be left out for a function of your own",
            training.stretch,
            remedy="How much is learnt in a step is up to the function.",
        )
    names = [parameter.name for parameter in function.space]
    if training.rate is not None and training.rate not in names:
        raise SpecError(
            "training.rate", f"must be one of {', '.join(names) or 'no names'}", training.rate
        )
    if _is_scheduled(spec, function.space) and not {training.rate, *RATES} & set(names):
        raise SpecError(
            "schedule",
            f"needs a learning rate: a parameter of the name {', '.join(RATES)}",
            spec.schedule.name,
            remedy="Add it, or name it in `training.rate`.",
        )


def _is_scheduled(spec: StudySpec, space: tuple[Parameter, ...]) -> bool:
    return needs_rate(spec.schedule) or any(is_override(p.name) for p in space)


def _check_phases(spec: StudySpec, training: TrainingSpec, task: Task | None) -> None:
    for number, phase in enumerate(training.phases):
        place = f"training.phases[{number}]"
        if phase.step >= training.steps:
            raise SpecError(f"{place}.step", f"must be below {training.steps}", phase.step)
        for name, value in phase.params.items():
            if task is not None:
                _check_phase(spec, phase, name, task, f"{place}.params.{name}")
            is_number = isinstance(value, int | float)  # a function may have names of its own
            if is_number and name in _rates(spec, training, task) and not is_rate(value):
                raise SpecError(
                    f"{place}.params.{name}",
                    f"must be a learning rate: a number above 0 and at most {LARGEST_RATE:g}",
                    value,
                )


def _rates(spec: StudySpec, training: TrainingSpec, task: Task | None) -> set[str]:
    """The parameters that are the learning rate of a model, or of the function."""
    if task is not None:
        pairs = ((_prefix(spec, model), _learning(model, task)) for model in spec.models)
        return {f"{prefix}{learning.rate}" for prefix, learning in pairs if learning.rate}
    assert spec.objective is not None
    names = [parameter.name for parameter in spec.objective.space]
    known = (training.rate,) if training.rate is not None else RATES
    return set([name for name in known if name in names][:1])


def _check_phase(spec: StudySpec, phase: PhaseSpec, name: str, task: Task, place: str) -> None:
    """A phase can change what may change between two steps, and set anything at the first."""
    allowed: list[str] = []
    for model in spec.models:
        learning, prefix = _learning(model, task), _prefix(spec, model)
        if name.startswith(prefix) and is_override(name.removeprefix(prefix)):
            return
        known = list(learning.changeable)
        if phase.step == 0:
            known += [parameter.name for parameter in model.space or ()] + list(model.fixed)
        allowed += [f"{prefix}{one}" for one in known]
    if name not in allowed:
        raise SpecError(
            place,
            "must be a parameter that may change while a model learns",
            phase.params[name],
            remedy=f"Those are: {', '.join(dict.fromkeys(allowed)) or 'none'}.",
        )


def _may_change(name: str, learning: Learning) -> bool:
    return name in learning.changeable or is_override(name)


def _prefix(spec: StudySpec, model: ModelSpec) -> str:
    return f"{model.name}." if len(spec.models) > 1 else ""
