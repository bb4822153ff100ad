"""The goals of a specification: filled in, and what is wrong with each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import MOST_GOALS, Goal, usual_direction
from hpo_gui.core.spec import StudySpec
from hpo_gui.evaluation.evaluation_check import check_gives
from hpo_gui.evaluation.group_gap import check_gap_column, read_gap
from hpo_gui.evaluation.metric_table import NOT_SCORED
from hpo_gui.evaluation.metrics import (
    canonical_metric,
    check_metric,
    check_threshold,
    default_metric,
    metric_direction,
)
from hpo_gui.evaluation.models import find_model
from hpo_gui.evaluation.roles import Roles

if TYPE_CHECKING:
    from hpo_gui.evaluation.table import Table

GoalProblem = tuple[str, SpecError]
"""Field, such as ``goals.1`` for the second goal, and what is wrong there."""


def class_sizes(roles: Roles, table: Table) -> tuple[int, ...]:
    """Rows of each class of the target; empty for regression."""
    if roles.task == "regression" or roles.target is None:
        return ()
    return tuple(int(count) for count in table.frame[roles.target].value_counts() if count)


def fill_goals(spec: StudySpec, roles: Roles | None, table: Table | None) -> StudySpec:
    """The metrics in their usual spelling, and their directions; nothing is checked yet."""
    goals, metrics = spec.goals, spec.metrics
    if not goals and roles is not None:
        sizes = () if table is None else class_sizes(roles, table)
        goals = (Goal(default_metric(roles.task, sizes)),)
    elif not goals:
        goals = (Goal("value"),)
    if roles is not None:
        metrics = tuple(map(canonical_metric, metrics))
    filled = []
    for goal in goals:
        name = goal.metric if roles is None else canonical_metric(goal.metric)
        known = usual_direction if roles is None else metric_direction
        direction = goal.direction or known(name)
        filled.append(msgspec.structs.replace(goal, metric=name, direction=direction))
    return msgspec.structs.replace(spec, goals=tuple(filled), metrics=metrics)


def goal_problems(
    spec: StudySpec, roles: Roles | None, table: Table | None
) -> Iterator[GoalProblem]:
    """Everything that is wrong with the goals and the other metrics, at most one each.

    Parameters
    ----------
    spec : models and goals are filled in
    roles, table : None for a function of one's own
    """
    names = [goal.metric for goal in spec.goals]
    if len(names) > MOST_GOALS:
        remedy = "Keep those that you will decide by, and name the others in `metrics`."
        yield "goals", SpecError("goals", f"must be at most {MOST_GOALS}", names, remedy=remedy)
    known = None if roles is None or table is None else _Known(roles, table)
    for number, goal in enumerate(spec.goals):
        try:
            _check_once(names, number)
            if known is not None:
                known.check_goal(goal, spec)
        except SpecError as error:
            yield f"goals.{number}", _at(f"goals[{number}]", error)
    for number, name in enumerate(spec.metrics if known is not None else ()):
        assert known is not None
        try:
            known.check_metric(name)
        except SpecError as error:
            yield "metrics", _at(f"metrics[{number}]", error)


def judging_goal(spec: StudySpec) -> Goal:
    """The goal by which early stopping and schedules see how a training on a table gets on.

    The first that says how well a model predicts: by its size or its time, which only grow, the
    first step would always be the best. For a function of one's own it is the first goal.
    """
    scored = [goal for goal in spec.goals if goal.metric not in NOT_SCORED]
    return (scored or spec.goals)[0] if spec.objective is None else spec.goals[0]


def _at(place: str, error: SpecError) -> SpecError:
    """The error with the key path of a goal or a metric before its name."""
    name = error.parameter
    inside = "" if place.startswith("metrics") or name == "goals" else f".{name}"
    return SpecError(f"{place}{inside}", error.rule, error.got, remedy=error.remedy)


def _check_once(names: list[str], number: int) -> None:
    name = names[number]
    if name in names[:number]:
        remedy = "Choose another metric, or take this goal out."
        raise SpecError("metric", f"must not repeat `{name}`", remedy=remedy)


class _Known:
    """Checks what follows from the table."""

    def __init__(self, roles: Roles, table: Table) -> None:
        self.roles = roles
        self.table = table
        self.classes = len(class_sizes(roles, table)) or None

    def check_goal(self, goal: Goal, spec: StudySpec) -> None:
        self.check_metric(goal.metric)
        check_threshold(goal)
        for model in spec.models:
            try:
                entry = find_model(model.name, self.roles.task)
            except SpecError:  # the model is a problem already
                continue
            check_gives(goal.metric, entry)

    def check_metric(self, name: str) -> None:
        check_metric(name, self.roles.task, self.classes)
        gap = read_gap(name)
        if gap is not None:
            check_gap_column(gap, self.table, self.roles.target)
