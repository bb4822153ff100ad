"""Tested starting configurations for each model of the catalogue, best first.

They were found once, over many small tables, by ``benchmarks/starting_points.py``, which also
wrote ``starting_points.json``; see ``docs/warm_starts.md``. The configurations of a model
complement one another: each is good on tables where the ones before it are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hpo_gui.core.parameter import Parameter, nearest
from hpo_gui.core.value import Params, freeze, params_key
from hpo_gui.evaluation.models import MODELS

if TYPE_CHECKING:
    from hpo_gui.evaluation.task import Task

PATH = Path(__file__).with_name("starting_points.json")
RELATIVE = "times_default"
"""``{"times_default": 4.0}`` is four times the recommended default, which depends on the table."""


class StartingPoints(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds.

    Attributes
    ----------
    seed : of the search that found them
    models : model -> task -> configurations
    """

    seed: int
    models: dict[str, dict[str, tuple[dict[str, Any], ...]]]


@lru_cache(maxsize=1)
def load_points() -> StartingPoints:
    """Read the file that comes with the program."""
    return msgspec.json.decode(PATH.read_bytes(), type=StartingPoints)


def points_for(model: str, task: Task, rows: int, columns: int) -> tuple[Params, ...]:
    """The tested configurations of a model for a table, best first.

    Parameters
    ----------
    model : name in the catalogue; other estimators have none
    rows : to learn from, in the smallest fold
    columns : features

    Returns
    -------
    legal in the recommended space for a table of this size, all different, without inactive
    parameters
    """
    if model not in MODELS:
        return ()
    recommended = MODELS[model].space(task, rows, columns)
    points = (
        read_point(written, recommended)
        for written in load_points().models.get(model, {}).get(task, ())
    )
    return tuple({params_key(point): point for point in points}.values())


def read_point(written: Mapping[str, Any], recommended: tuple[Parameter, ...]) -> Params:
    """A configuration of the file, in the recommended space of a table."""
    by_name = {parameter.name: parameter for parameter in recommended}
    point: Params = {}
    for name, value in written.items():
        if name not in by_name:
            continue
        parameter = by_name[name]
        if isinstance(value, dict):
            start = parameter.default_value
            assert isinstance(start, int | float)
            value = float(f"{start * value[RELATIVE]:.6g}")
        point[name] = nearest(parameter, freeze(value))
    return point
