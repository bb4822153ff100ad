"""Which rows the search-space table has for a model, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QCoreApplication

from hpo_gui.core.parameter import Parameter
from hpo_gui.core.spec import FunctionSpec, ModelSpec
from hpo_gui.core.value import Params, same
from hpo_gui.core.value_text import write_value
from hpo_gui.gui.tables.space_rows import UNKNOWN, ParameterRow, guess_row, row_of

MORE_IS_BETTER = {"random_forest": "n_estimators", "extra_trees": "n_estimators"}


def rows_of_function(function: FunctionSpec) -> tuple[ParameterRow, ...]:
    """The rows for the user's own function: what it declares, all of it the user's."""
    return tuple(
        row_of(parameter, ParameterRow(parameter.name, added=True)) for parameter in function.space
    )


def rows_of_model(
    model: ModelSpec,
    recommended: tuple[Parameter, ...],
    usual: Params,
    constructor: Mapping[str, Any] | None,
) -> tuple[ParameterRow, ...]:
    """The rows for a model.

    Parameters
    ----------
    recommended : its recommended parameters
    usual : what the catalogue sets for every trial
    constructor : all parameters with their defaults; None before they have been looked up
    """
    offered = {parameter.name: parameter for parameter in recommended}
    space = model.space
    if space is None:
        space = tuple(p for p in recommended if p.name not in model.fixed)
    tuned = {parameter.name: parameter for parameter in space}
    known = constructor or {}
    names = _order(list(tuned), list(offered))
    names += [name for name in (*usual, *model.fixed, *known) if name not in names]
    rows = []
    for name in dict.fromkeys(names):
        declared = name in offered or name in usual
        if name in tuned:
            row = row_of(tuned[name], ParameterRow(name))
        elif name in offered:
            row = replace(row_of(offered[name]), tuned=False)
        else:
            row = guess_row(name, usual.get(name, known.get(name, model.fixed.get(name))))
        rows.append(
            replace(
                row,
                value=_typed_value(name, model.fixed, usual),
                own_default=_own_default(name, usual, known, offered),
                note=_note(model.name, name, name in tuned),
                simple=declared or name in tuned or name in model.fixed,
                added=not declared and name not in known,
            )
        )
    return tuple(rows)


def _typed_value(name: str, fixed: Params, usual: Params) -> str:
    """A fixed value that is not the usual one."""
    if name not in fixed or (name in usual and same(usual[name], fixed[name])):
        return ""
    return write_value(fixed[name])


def _own_default(
    name: str, usual: Params, known: Mapping[str, Any], offered: Mapping[str, Parameter]
) -> Any:
    if name in usual:
        return usual[name]
    if name in known:
        return known[name]
    return offered[name].default_value if name in offered else UNKNOWN


def _note(model: str, name: str, tuned: bool) -> str:
    if not tuned and MORE_IS_BETTER.get(model) == name:
        return QCoreApplication.translate("SpaceTable", "more never hurts")
    return ""


def _order(tuned: list[str], offered: list[str]) -> list[str]:
    """Recommended ones in their own order, unless the study has them in another one."""
    common = [name for name in tuned if name in offered]
    if common == [name for name in offered if name in tuned]:
        return offered + [name for name in tuned if name not in offered]
    return tuned + [name for name in offered if name not in tuned]
