"""Edits of the data section: the role and the type of columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

from msgspec import structs

from hpo_gui.core.spec import ColumnType, DataSpec

if TYPE_CHECKING:
    from hpo_gui.evaluation.roles import Role, Roles
    from hpo_gui.evaluation.table import Table

TYPES: tuple[ColumnType, ...] = get_args(ColumnType)
SINGLE = ("target", "group", "time", "weight")  # roles that one column has at most


def with_role(data: DataSpec, roles: Roles, names: Sequence[str], role: Role) -> DataSpec:
    """The data section with another role for some columns; of single roles the last one gets it.

    A column that was left out for a reason becomes a feature only by naming all features.
    """
    for name in names:
        data = _without(data, name)
        if role in SINGLE:
            data = _with_single(data, name, role)
        elif role == "ignore":
            data = structs.replace(data, ignore=(*data.ignore, name))
    if role == "feature":
        data = _with_features(data, roles, names)
    return data


def with_type(data: DataSpec, table: Table, names: Sequence[str], kind: ColumnType) -> DataSpec:
    """The data section with another type for some columns; the one found needs no mention."""
    types = {name: known for name, known in data.types.items() if name not in names}
    types |= {name: kind for name in names if table.column(name).type != kind}
    data = structs.replace(data, types=types)
    return structs.replace(data, task="auto") if data.target in names else data


def _without(data: DataSpec, name: str) -> DataSpec:
    """Nothing said about the column."""
    changes: dict[str, object] = {"ignore": tuple(n for n in data.ignore if n != name)}
    for role in SINGLE:
        if getattr(data, role) == name:
            changes[role] = None
    if data.features is not None:
        changes["features"] = tuple(n for n in data.features if n != name)
    return structs.replace(data, **changes)


def _with_single(data: DataSpec, name: str, role: str) -> DataSpec:
    before = getattr(data, role)
    changes: dict[str, object] = {role: name}
    if role == "target":
        changes["task"] = "auto"
    if before is not None and data.features is not None:
        changes["features"] = (*data.features, before)
    return structs.replace(data, **changes)


def _with_features(data: DataSpec, roles: Roles, names: Sequence[str]) -> DataSpec:
    if data.features is None:
        stubborn = [n for n in names if roles.of(n).role == "ignore" and roles.of(n).guessed]
        guessed_time = [n for n in names if roles.of(n).role == "time" and roles.of(n).guessed]
        if not stubborn and not guessed_time:
            return data
    known = roles.features if data.features is None else data.features
    wanted = {*known, *names}
    features = tuple(column.name for column in roles.columns if column.name in wanted)
    return structs.replace(data, features=features)
