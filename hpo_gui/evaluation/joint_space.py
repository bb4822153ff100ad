"""The space that a study searches: of one model, or of several with the model as a parameter.

With several models, ``{"model": "svm", "svm.C": 1.0}``; see `model_choice.ModelChoice.pick`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import msgspec

from hpo_gui.core.condition import When
from hpo_gui.core.parameter import Categorical, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.spec import ModelSpec
from hpo_gui.evaluation.model_choice import MODEL, check_names

_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|`(?P<quoted>[^`]+)`|(?P<name>[^\W\d][\w.]*)")


def joint_space(models: Sequence[ModelSpec]) -> Space:
    """The space of models whose own spaces are given.

    Raises
    ------
    SpecError : no model or one twice; a wrong condition or constraint
    """
    check_names(models)
    if len(models) == 1:
        return Space(models[0].space or (), models[0].constraints)
    parameters: list[Parameter] = [Categorical(MODEL, tuple(model.name for model in models))]
    rules: list[str] = []
    for model in models:
        own = model.space or ()
        parameters += [_prefixed(parameter, model.name) for parameter in own]
        names = {parameter.name for parameter in own}
        rules += [_prefix_names(rule, names, model.name) for rule in model.constraints]
    return Space(parameters, rules)


def _prefixed(parameter: Parameter, model: str) -> Parameter:
    when: When = {MODEL: (model,)}
    when |= {f"{model}.{parent}": values for parent, values in parameter.when.items()}
    return msgspec.structs.replace(parameter, name=f"{model}.{parameter.name}", when=when)


def _prefix_names(rule: str, names: Collection[str], model: str) -> str:
    """Write a rule over one model's parameters as a rule over the joint space."""

    def replace(match: re.Match[str]) -> str:
        name = match.group("quoted") or match.group("name")
        return f"`{model}.{name}`" if name in names else match.group(0)

    return _WORD.sub(replace, rule)
