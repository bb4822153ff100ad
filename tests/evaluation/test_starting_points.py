"""The tested starting points that come with the program, and how they fit a table."""

from __future__ import annotations

import math
from typing import Any

import pytest

from hpo_gui.core.space import Space
from hpo_gui.core.value import params_key
from hpo_gui.evaluation.models import MODELS
from hpo_gui.evaluation.starting_points import (
    PATH,
    RELATIVE,
    load_points,
    points_for,
    read_point,
)
from hpo_gui.evaluation.task import Task

MOST = 8
SHAPES = ((1, 1), (12, 3), (250, 16), (1_000_000, 5_000))


def tunable() -> list[tuple[str, Task]]:
    return [
        (name, task)
        for name, entry in MODELS.items()
        for task in entry.tasks
        if entry.space(task, 100, 5)
    ]


def test_the_file_is_small_and_in_order() -> None:
    assert PATH.stat().st_size < 60_000
    models = load_points().models
    assert list(models) == sorted(models)
    assert set(models) <= set(MODELS)


@pytest.mark.parametrize(("model", "task"), tunable())
def test_every_model_has_a_few_different_points_for_each_task(model: str, task: Task) -> None:
    points = load_points().models[model][task]
    assert 1 <= len(points) <= MOST
    assert len({params_key(point) for point in points}) == len(points)
    names = {parameter.name for parameter in MODELS[model].space(task, 250, 16)}
    for point in points:
        assert set(point) <= names
        numbers = [value for value in point.values() if isinstance(value, float)]
        assert all(float(f"{value:.3g}") == value for value in numbers)


@pytest.mark.parametrize(("rows", "columns"), SHAPES)
@pytest.mark.parametrize(("model", "task"), tunable())
def test_every_point_is_legal_for_tables_of_any_size(
    model: str, task: Task, rows: int, columns: int
) -> None:
    space = Space(MODELS[model].space(task, rows, columns))
    points = points_for(model, task, rows, columns)
    assert points
    assert len({params_key(point) for point in points}) == len(points)
    for point in points:
        completed = space.complete(point)
        space.check(completed)
        assert all(completed[name] == value for name, value in point.items())


@pytest.mark.parametrize(("model", "task"), tunable())
def test_no_point_is_the_default_again_on_a_usual_table(model: str, task: Task) -> None:
    space = Space(MODELS[model].space(task, 250, 16))
    completed = [space.complete(point) for point in points_for(model, task, 250, 16)]
    assert params_key(space.complete({})) not in {params_key(point) for point in completed}


def test_a_relative_value_follows_the_table_as_the_default_does() -> None:
    written: dict[str, Any] = {"kernel": "rbf", "gamma": {RELATIVE: 2.0}}
    for columns in (2, 10, 1000):
        space = MODELS["svm"].space("classification", 100, columns)
        gamma = read_point(written, space)["gamma"]
        assert math.isclose(gamma, max(2 / columns, 2.0**-15), rel_tol=1e-5)
    widest = read_point({"gamma": {RELATIVE: 1e9}}, MODELS["svm"].space("classification", 100, 5))
    assert widest == {"gamma": 8.0}


def test_parameters_that_a_model_does_not_have_are_left_out() -> None:
    space = MODELS["ridge"].space("regression", 100, 5)
    assert read_point({"alpha": 1e6, "gone": 1}, space) == {"alpha": 100.0}


@pytest.mark.parametrize("model", ["linear_regression", "sklearn.svm.NuSVC", "no_such_model"])
def test_other_models_have_none(model: str) -> None:
    assert points_for(model, "classification", 100, 5) == ()
