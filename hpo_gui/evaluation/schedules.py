"""The learning-rate schedules by name, and how a trial's parameters change them.

A parameter named ``schedule_<option>`` in a trial replaces that option of the study's schedule,
and ``schedule_name`` the schedule itself; `tunable` recommends such parameters. They are for the
schedule, not for the model: `without_overrides` takes them out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import Meta

from hpo_gui.core.catalogue import Catalogue, Entry
from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Parameter, nearest
from hpo_gui.core.spec import Choice
from hpo_gui.core.value import Params
from hpo_gui.evaluation.schedule_shapes import (
    Constant,
    Cosine,
    Exponential,
    OneCycle,
    Plateau,
    Polynomial,
    Schedule,
    Step,
)

PREFIX = "schedule_"
NAME = f"{PREFIX}name"

GOYAL = "Goyal et al. (2017), Accurate, large minibatch SGD, arXiv 1706.02677"
HE = "He, Zhang, Ren, Sun (2016), Deep residual learning, arXiv 1512.03385"
BENGIO = "Bengio (2012), Practical recommendations for gradient-based training, arXiv 1206.5533"
SGDR = "Loshchilov, Hutter (2017), SGDR: descent with warm restarts, arXiv 1608.03983"
DEEPLAB = "Chen et al. (2018), DeepLab, arXiv 1606.00915"
SMITH = "Smith, Topin (2018), Super-convergence, arXiv 1708.07120"

SCHEDULES: Catalogue[Any] = Catalogue(
    "schedule",
    (
        Entry(
            "constant",
            "Constant",
            "Use when the training is short, or the rate alone should be compared.",
            Constant,
            (GOYAL, BENGIO),
        ),
        Entry(
            "cosine",
            "Cosine",
            "Use when you know how long the training lasts: a good first choice; restarts help "
            "where it gets stuck.",
            Cosine,
            (SGDR, GOYAL),
        ),
        Entry(
            "one_cycle",
            "One cycle",
            "Use when few steps must do: high rates in the middle, very small ones at the end.",
            OneCycle,
            (SMITH,),
        ),
        Entry(
            "step",
            "Steps",
            "Use when you want a few rates, each for a while, as many papers have them.",
            Step,
            (HE, GOYAL),
        ),
        Entry(
            "exponential",
            "Exponential",
            "Use when the rate should fall by the same ratio in every step.",
            Exponential,
            (BENGIO, GOYAL),
        ),
        Entry(
            "polynomial",
            "Polynomial",
            "Use when the rate should fall in a line, or in a curve whose bend you choose.",
            Polynomial,
            (DEEPLAB, GOYAL),
        ),
        Entry(
            "plateau",
            "On a plateau",
            "Use when you cannot say beforehand when to lower the rate: it waits until the "
            "validation no longer gets better.",
            Plateau,
            (HE, GOYAL),
        ),
    ),
)


def make_schedule(choice: Choice, params: Mapping[str, Any] | None = None) -> Schedule:
    """The schedule of a trial.

    Parameters
    ----------
    choice : the study's; options that another ``schedule_name`` has too are kept for it
    params : of the trial, of which those that begin with ``schedule_`` count

    Raises
    ------
    SpecError : an unknown schedule or option, or a value that breaks the option's rule; the
        message names the parameter of the trial where that is the cause

    >>> make_schedule(Choice("cosine", {"warmup": 0.1}), {"schedule_final": 0.5}).final
    0.5
    """
    changes = {
        name.removeprefix(PREFIX): value
        for name, value in (params or {}).items()
        if is_override(name)
    }
    name, options = str(changes.pop("name", choice.name)), dict(choice.options)
    try:
        if name != choice.name:
            known = SCHEDULES[name].kind.__struct_fields__
            options = {key: value for key, value in options.items() if key in known}
        schedule: Schedule = SCHEDULES.make(name, {**options, **changes})
    except SpecError as error:
        raise _of_trial(error, changes, NAME in (params or {})) from error
    return schedule


def _of_trial(error: SpecError, changes: Params, renamed: bool) -> SpecError:
    """The same error, by the name of the trial's parameter where it is to blame."""
    option = error.parameter.removeprefix("schedule.")
    if option in changes:
        name = f"{PREFIX}{option}"
    elif error.parameter == "schedule" and renamed:
        name = NAME
    else:
        return error
    remedy = error.remedy
    if renamed and error.rule.startswith("is not an option"):
        remedy = f"Tie `{name}` to the schedules that have it: `when = {{ {NAME} = […] }}`."
    return SpecError(name, error.rule, error.got, remedy=remedy)


def is_override(name: str) -> bool:
    """Whether a parameter of this name is for the schedule, not for the model."""
    return name.startswith(PREFIX)


def without_overrides(params: Params) -> Params:
    """The parameters that are for the model."""
    return {name: value for name, value in params.items() if not is_override(name)}


def tunable(name: str, options: Mapping[str, Any] | None = None) -> tuple[Parameter, ...]:
    """Recommended parameters ``schedule_<option>`` for the options of a schedule.

    Parameters
    ----------
    options : that have been chosen; a search starts from them, or else from the defaults

    Raises
    ------
    SpecError : an unknown schedule

    >>> [parameter.name for parameter in tunable("exponential")]
    ['schedule_warmup', 'schedule_warmup_start', 'schedule_final']
    """
    kind = SCHEDULES[name].kind
    hints = get_type_hints(kind, include_extras=True)
    values = {field.name: field.default for field in msgspec.structs.fields(kind)}
    values.update(options or {})
    return tuple(
        _parameter(meta, values[name])
        for name in kind.__struct_fields__
        for meta in get_args(hints[name])[1:]
        if isinstance(meta, Meta) and "tune" in (meta.extra or {})
    )


def _parameter(meta: Meta, value: Any) -> Parameter:
    assert meta.extra is not None
    parameter: Parameter = meta.extra["tune"]
    default = nearest(parameter, value)
    return msgspec.structs.replace(parameter, name=f"{PREFIX}{parameter.name}", default=default)


def check_overrides(
    choice: Choice, space: Sequence[Parameter], fixed: Params | None = None
) -> None:
    """Refuse a space whose trials could not make their schedule.

    Parameters
    ----------
    choice : the study's schedule
    space, fixed : of one model; what is not for the schedule is not looked at

    Raises
    ------
    SpecError : naming the parameter, for the first value at an end of its range that does not fit
    """
    named = next((parameter for parameter in space if parameter.name == NAME), None)
    for name in (None,) if named is None else named.grid(2):
        base = {**(fixed or {}), **({} if name is None else {NAME: name})}
        make_schedule(choice, base)
        chosen = base.get(NAME, choice.name)
        for parameter in space:
            if not is_override(parameter.name) or parameter.name == NAME:
                continue
            if chosen in parameter.when.get(NAME, (chosen,)):
                for value in (*parameter.grid(2), parameter.default_value):
                    make_schedule(choice, {**base, parameter.name: value})
