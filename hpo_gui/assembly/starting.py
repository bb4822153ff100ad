"""What is tried before the strategy decides, in this order; what was tried already is left out.

1. the defaults of each model, the baseline of everything; those of cheap models first;
2. configurations that the user typed;
3. the best of the user's earlier studies (`assembly.earlier`);
4. tested starting points of the models; with several, the first of each, the second of each …,
   cheap models first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

import msgspec

from hpo_gui.core.errors import SpecError
from hpo_gui.core.space import Space
from hpo_gui.core.spec import ModelSpec, StudySpec
from hpo_gui.core.trial import Origin, Proposal
from hpo_gui.core.value import Params, params_key, same
from hpo_gui.evaluation.model_choice import MODEL
from hpo_gui.evaluation.models import find_model
from hpo_gui.evaluation.starting_points import points_for

if TYPE_CHECKING:
    from hpo_gui.evaluation.task import Task

DEFAULT, TYPED, EARLIER, TESTED = "default", "manual", "earlier", "tested"

SHARE = 4
"""Tested points are left out where the first trials would take more than a quarter of all."""

CHEAP = 1.0
"""Where no number of trials limits the tested points of several models, only those that cost less
than this (`ModelEntry.cost`) get one each: most models lose, and further points of the dear ones
would take the time before the strategy could tell which."""


def starting_proposals(
    spec: StudySpec,
    space: Space,
    table: tuple[Task, int, int] | None,
    earlier: Sequence[Proposal] = (),
    trials: int | None = None,
) -> tuple[Proposal, ...]:
    """The proposals that come before the strategy's.

    Parameters
    ----------
    spec : filled in
    table : task, rows to learn from and columns; None for the user's own function
    earlier : of earlier studies, in the order in which they are to be tried
    trials : the budget; None for no limit

    Raises
    ------
    SpecError : a configuration that was typed is not legal
    """
    found = list(_defaults(spec, space, table)) if _with_defaults(spec) else []
    found += _typed(spec, space)
    seen = {params_key(proposal.params) for proposal in found}

    def add(proposals: Iterable[Proposal], most: float) -> None:
        for proposal in proposals:
            key = params_key(proposal.params)
            if key not in seen and len(found) < most:
                seen.add(key)
                found.append(proposal)

    add(earlier, math.inf)
    if table is not None and spec.start.begins_with_tested(spec.strategy.name):
        several = trials is None and len(spec.models) > 1
        tested = _tested_cheap(spec, space, table) if several else _tested(spec, space, table)
        add(tested, math.inf if trials is None else trials // SHARE)
    return tuple(found)


@contextmanager
def under(path: str) -> Iterator[None]:
    """Put the key path of a section before what an error inside is about."""
    try:
        yield
    except SpecError as error:
        place = f"{path}.{error.parameter}"
        raise SpecError(place, error.rule, error.got, remedy=error.remedy) from error


def joint_params(spec: StudySpec, model: str, values: Params) -> Params:
    """A model's own values as values of the study's space; see `evaluation.joint_space`."""
    if len(spec.models) < 2:
        return dict(values)
    return {MODEL: model, **{f"{model}.{name}": value for name, value in values.items()}}


def _with_defaults(spec: StudySpec) -> bool:
    function = spec.objective
    if spec.start.defaults is None and function is not None:
        given = any(parameter.default is not msgspec.UNSET for parameter in function.space)
        return given and spec.start.begins_with_defaults(spec.strategy.name)
    return spec.start.begins_with_defaults(spec.strategy.name)


def _defaults(
    spec: StudySpec, space: Space, table: tuple[Task, int, int] | None
) -> Iterator[Proposal]:
    """The defaults of each model, moved into the ranges of the space."""
    if table is None:
        wanted: list[tuple[Params, str]] = [({}, "The defaults of the parameters.")]
    else:
        wanted = [
            (
                joint_params(spec, model.name, _usual(model, table)),
                f"The defaults of {model.name}.",
            )
            for model in _cheapest_first(spec, table[0])
        ]
    for values, text in wanted:
        params = space.complete(values)
        if space.feasible(params):
            yield Proposal(params, Origin(DEFAULT, text))


def _cheapest_first(spec: StudySpec, task: Task) -> list[ModelSpec]:
    """The models of a study by the time of a fit, so that scores come soon."""
    return sorted(spec.models, key=lambda model: find_model(model.name, task).cost)


def _usual(model: ModelSpec, table: tuple[Task, int, int]) -> Params:
    """Where a model starts: the user's own defaults before the recommended ones."""
    own = {
        parameter.name: parameter.default_value
        for parameter in model.space or ()
        if parameter.default is not msgspec.UNSET
    }
    return {**find_model(model.name, table[0]).defaults(*table), **own}


def _typed(spec: StudySpec, space: Space) -> Iterator[Proposal]:
    for number, typed in enumerate(spec.start.configurations):
        with under(f"start.configurations[{number}]"):
            left_out = {k: v for k, v in space.complete(typed).items() if k not in typed}
            filled = space.check({**left_out, **typed})
        yield Proposal(filled, Origin(TYPED, "Typed by hand."))


def _tested(spec: StudySpec, space: Space, table: tuple[Task, int, int]) -> Iterator[Proposal]:
    """The tested points of each model, moved into the ranges of the space, by their rank."""
    models = _cheapest_first(spec, table[0])
    for row in zip_longest(*(_points(spec, model, table) for model in models)):
        yield from _legal(space, (wanted for wanted in row if wanted is not None))


def _tested_cheap(
    spec: StudySpec, space: Space, table: tuple[Task, int, int]
) -> Iterator[Proposal]:
    """The best tested point of each cheap model."""
    for model in _cheapest_first(spec, table[0]):
        if find_model(model.name, table[0]).cost < CHEAP:
            yield from _legal(space, islice(_points(spec, model, table), 1))


def _legal(space: Space, points: Iterable[tuple[Params, str]]) -> Iterator[Proposal]:
    for values, text in points:
        params = space.complete(values)
        if space.feasible(params):
            yield Proposal(params, Origin(TESTED, text))


def _points(
    spec: StudySpec, model: ModelSpec, table: tuple[Task, int, int]
) -> Iterator[tuple[Params, str]]:
    """What is wanted of one model, and why; points that contradict a fixed value are left out."""
    points = points_for(model.name, *table)
    usual = _usual(model, table)
    given = dict(model.fixed)
    learning = find_model(model.name, table[0]).learning
    if spec.training is not None and learning is not None:
        given |= learning.settings
    for number, point in enumerate(points, 1):
        fixed = {name: value for name, value in point.items() if name in given}
        if all(same(value, given[name]) for name, value in fixed.items()):
            place = f"number {number} of {len(points)}"
            text = f"A tested starting point for {model.name}: {place}."
            yield joint_params(spec, model.name, {**usual, **point}), text
