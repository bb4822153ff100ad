"""The values that a model's parameters have where nothing sets them.

They come from the class itself, as it is installed. Where a model's own default cannot stand in
the recommended space (`gamma = "scale"`), the catalogue's default says the same as a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hpo_gui.core.value import Params
from hpo_gui.evaluation.model_estimator import estimator_parameters
from hpo_gui.evaluation.models import find_model

if TYPE_CHECKING:
    from hpo_gui.evaluation.task import Task


def usual_values(names: Sequence[str], task: Task, rows: int, columns: int) -> dict[str, Params]:
    """Model -> its parameters where nothing sets them; imports the models' packages.

    Parameters
    ----------
    rows : to learn from, in the smallest fold
    columns : features

    Raises
    ------
    SpecError : an unknown model, or one that cannot be imported
    """
    found: dict[str, Params] = {}
    for name in names:
        entry = find_model(name, task)
        values = estimator_parameters(entry, task)
        for parameter in entry.space(task, rows, columns):
            if parameter.name not in values or not parameter.contains(values[parameter.name]):
                values[parameter.name] = parameter.default_value
        found[name] = {**values, **entry.fixed(task)}
    return found
