"""Edits of how trials learn: by steps or as a whole, the schedule, which options are tuned."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import structs

from hpo_gui.core.parameter import Parameter
from hpo_gui.core.spec import Choice, FunctionSpec, ModelSpec, StudySpec, TrainingSpec
from hpo_gui.evaluation.schedules import PREFIX, SCHEDULES, is_override

Space = tuple[Parameter, ...]


def is_learning(spec: StudySpec) -> bool:
    """Whether trials learn step by step."""
    function = spec.objective
    return spec.training is not None or (function is not None and function.start is not None)


def learn_by_steps(spec: StudySpec, like: StudySpec | None = None) -> StudySpec:
    """With steps of training; ``like`` is the same study when it last had them."""
    if like is None or like.training is None:
        return structs.replace(spec, training=TrainingSpec())
    spec = structs.replace(spec, training=like.training, schedule=like.schedule)
    before = {part.name: part for part in like.models}
    models = tuple(
        _with(model, before[model.name]) if model.name in before else model
        for model in spec.models
    )
    return structs.replace(spec, models=models)


def learn_as_a_whole(spec: StudySpec) -> StudySpec:
    """Without steps, and so without a schedule and what is tuned of it."""
    spec = _in_spaces(spec, lambda space: tuple(p for p in space if not is_override(p.name)))
    models = tuple(
        structs.replace(
            model, fixed={name: v for name, v in model.fixed.items() if not is_override(name)}
        )
        for model in spec.models
    )
    return structs.replace(spec, models=models, training=None, schedule=Choice("constant"))


def with_schedule(spec: StudySpec, choice: Choice) -> StudySpec:
    """Another schedule; what was tuned of the one before stays where this one has it too."""
    if choice.name in SCHEDULES and choice.name != spec.schedule.name:
        fields = SCHEDULES[choice.name].kind.__struct_fields__
        has = {f"{PREFIX}{name}" for name in fields}
        spec = _in_spaces(
            spec,
            lambda space: tuple(p for p in space if not is_override(p.name) or p.name in has),
        )
    return structs.replace(spec, schedule=choice)


def tuned_options(spec: StudySpec) -> frozenset[str]:
    """Names of the options of the schedule that are parameters in every space of the study."""
    spaces = [
        {p.name.removeprefix(PREFIX) for p in part.space or () if is_override(p.name)}
        for part in _parts(spec)
    ]
    return frozenset.intersection(*map(frozenset, spaces)) if spaces else frozenset()


def tune(spec: StudySpec, parameter: Parameter) -> StudySpec:
    """With a parameter at the end of every space that does not have it."""
    return _in_spaces(
        spec,
        lambda space: (
            space if any(p.name == parameter.name for p in space) else (*space, parameter)
        ),
    )


def leave(spec: StudySpec, name: str) -> StudySpec:
    """Without a parameter in any space."""
    return _in_spaces(spec, lambda space: tuple(p for p in space if p.name != name))


def _with(model: ModelSpec, like: ModelSpec) -> ModelSpec:
    """A model with the parameters of the schedule that another one has."""
    space = model.space or ()
    names = {parameter.name for parameter in space}
    added = (p for p in like.space or () if is_override(p.name) and p.name not in names)
    return structs.replace(model, space=(*space, *added)) if model.space is not None else model


def _parts(spec: StudySpec) -> Sequence[ModelSpec | FunctionSpec]:
    return spec.models if spec.objective is None else (spec.objective,)


def _in_spaces(spec: StudySpec, change: Callable[[Space], Space]) -> StudySpec:
    """Change every space; a recommended one that is not filled in stays open."""
    if spec.objective is not None:
        function = structs.replace(spec.objective, space=change(spec.objective.space))
        return structs.replace(spec, objective=function)
    models = tuple(
        model if model.space is None else structs.replace(model, space=change(model.space))
        for model in spec.models
    )
    return structs.replace(spec, models=models)
