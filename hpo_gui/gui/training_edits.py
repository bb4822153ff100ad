"""Edits of how trials learn: by steps or as a whole, the schedule, which options are tuned."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import structs

from hpo_gui.core.parameter import Parameter
from hpo_gui.core.spec import Choice, FunctionSpec, ModelSpec, StudySpec, TrainingSpec
from hpo_gui.evaluation.model_choice import decided_by_steps, without
from hpo_gui.evaluation.models import MODELS, canonical_name
from hpo_gui.evaluation.schedules import PREFIX, SCHEDULES, is_override

Space = tuple[Parameter, ...]


def is_learning(spec: StudySpec) -> bool:
    """Whether trials learn step by step."""
    function = spec.objective
    return spec.training is not None or (function is not None and function.start is not None)


def learn_by_steps(spec: StudySpec, asked: StudySpec, like: StudySpec | None) -> StudySpec:
    """With steps of training, and without what the steps decide.

    Parameters
    ----------
    asked : the study with what is open left open: that is filled in anew and needs no edit
    like : the same study when it last learnt step by step
    """
    models = spec.models
    if any(_decided(model) and not _is_open(model, asked) for model in models):
        models = tuple(_fit_to_steps(model) for model in models)
    if like is None or like.training is None:
        return structs.replace(spec, models=models, training=TrainingSpec())
    before = {part.name: part.space or () for part in like.models}
    models = tuple(
        _put_back(model, before.get(model.name, ()), lambda p: is_override(p.name))
        for model in models
    )
    return structs.replace(spec, models=models, training=like.training, schedule=like.schedule)


def learn_as_a_whole(
    spec: StudySpec, asked: StudySpec, like: StudySpec | None = None
) -> StudySpec:
    """Without steps, and so without a schedule and what is tuned of it.

    Parameters
    ----------
    asked : as in `learn_by_steps`
    like : the same study when it last did not learn step by step
    """
    spec = _in_spaces(spec, lambda space: tuple(p for p in space if not is_override(p.name)))
    before = {part.name: part for part in like.models} if like is not None else {}
    models = []
    for model in spec.models:
        fixed = {name: value for name, value in model.fixed.items() if not is_override(name)}
        new = structs.replace(model, fixed=fixed)
        if model.name in before and not _is_open(model, asked):
            new = _as_before_steps(new, before[model.name])
        models.append(new)
    return structs.replace(spec, models=tuple(models), training=None, schedule=Choice("constant"))


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


def _is_open(model: ModelSpec, asked: StudySpec) -> bool:
    """Whether a model's space is the recommended one, so that it follows by itself."""
    return all(other.space is None for other in asked.models if other.name == model.name)


def _decided(model: ModelSpec) -> frozenset[str]:
    """Parameters of a model that its steps decide; none for one that is not looked up."""
    entry = MODELS.get(canonical_name(model.name))
    return frozenset() if entry is None else frozenset(decided_by_steps(entry))


def _fit_to_steps(model: ModelSpec) -> ModelSpec:
    entry = MODELS.get(canonical_name(model.name))
    if entry is None or model.space is None:
        return model
    decided = decided_by_steps(entry)
    fixed = {name: value for name, value in model.fixed.items() if name not in decided}
    return structs.replace(model, space=without(model.space, decided), fixed=fixed)


def _as_before_steps(model: ModelSpec, before: ModelSpec) -> ModelSpec:
    """With the parameters, the conditions and the fixed values that the steps had replaced."""
    known, decided = {p.name: p for p in before.space or ()}, _decided(model)
    names = {parameter.name for parameter in model.space or ()}
    lost = set(known) - {p.name for p in _fit_to_steps(before).space or ()}
    space = tuple(
        structs.replace(p, when={**known[p.name].when, **p.when}) if p.name in known else p
        for p in model.space or ()
    )
    fixed = {n: v for n, v in before.fixed.items() if n in decided and n not in names}
    model = structs.replace(model, space=space, fixed={**fixed, **model.fixed})
    return _put_back(model, before.space or (), lambda p: p.name in lost)


def _put_back(model: ModelSpec, before: Space, wanted: Callable[[Parameter], bool]) -> ModelSpec:
    """With parameters that a space had before, each after those that it stood behind."""
    if model.space is None:
        return model
    space = list(model.space)
    for place, parameter in enumerate(before):
        if not wanted(parameter) or any(p.name == parameter.name for p in space):
            continue
        ahead = {other.name for other in before[:place]}
        at = max((i + 1 for i, other in enumerate(space) if other.name in ahead), default=0)
        space.insert(at, parameter)
    return structs.replace(model, space=tuple(space))


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
