"""What each column of a table is for: as the user said, and else guessed, with the reason."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import ColumnType, DataSpec, PreprocessingSpec
from hpo_gui.evaluation.columns import Column
from hpo_gui.evaluation.notice import Notice
from hpo_gui.evaluation.role_guess import guess_time, reason_to_ignore
from hpo_gui.evaluation.role_notices import notices_about_roles
from hpo_gui.evaluation.table import Table
from hpo_gui.evaluation.target_guess import guess_target, guess_task
from hpo_gui.evaluation.task import Task
from hpo_gui.evaluation.treatments import OF_TREES, ColumnNeeds, describe_treatment

Role = Literal["feature", "target", "group", "time", "weight", "ignore"]

STANDARD = PreprocessingSpec()


class ColumnRole(msgspec.Struct, frozen=True):
    """What one column is for.

    Attributes
    ----------
    type : the column's type, corrected by the user
    reason : why it has this role
    treatment : what happens to it, in a few words
    guessed : nobody said so
    """

    name: str
    role: Role
    type: ColumnType
    reason: str
    treatment: str
    guessed: bool = True


@dataclass(frozen=True)
class Roles:
    """What the columns of a table are for.

    Attributes
    ----------
    columns : one for each column of the table, in order
    target : None when no column can be predicted
    task : of the target; regression when there is none
    task_reason : why it is this task
    notices : what to know before a run
    """

    columns: tuple[ColumnRole, ...]
    target: str | None
    task: Task
    task_reason: str
    notices: tuple[Notice, ...]

    def names(self, role: Role) -> tuple[str, ...]:
        """The columns of a role, in the order of the table."""
        return tuple(column.name for column in self.columns if column.role == role)

    @property
    def features(self) -> tuple[str, ...]:
        return self.names("feature")

    def of(self, name: str) -> ColumnRole:
        """The role of a column; KeyError when there is no such column."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def assign_roles(
    table: Table,
    data: DataSpec,
    preprocessing: PreprocessingSpec = STANDARD,
    needs: ColumnNeeds = OF_TREES,
    *,
    fold_column: str | None = None,
) -> Roles:
    """Give every column a role: what `data` says, and a guess for the rest.

    It looks at the facts about the columns only, never at the rows, and is fast enough to be
    called at every edit.

    Parameters
    ----------
    needs : of the model, for the words on what happens to each column
    fold_column : numbers the folds, for the validation kind ``column``; it is neither learnt from
        nor predicted unless `data` says so

    Raises
    ------
    DataError : `data` names a column that does not exist, or gives one column two roles
    """
    said = _said_roles(table, data)
    types = {column.name: data.types.get(column.name, column.type) for column in table.columns}
    reasons = {
        column.name: reason_to_ignore(column, types[column.name]) for column in table.columns
    }
    if fold_column in reasons:
        reasons[fold_column] = "says in which fold each row is judged"
    target, target_reason = _find_target(table, data, said, reasons, types)
    time = data.time
    if time is None and "time" not in said.values():
        taken = {*said, target, fold_column}
        open_columns = [c for c in table.columns if c.name not in taken]
        time = guess_time(open_columns, types) if data.features is None else None
    task, task_reason = _find_task(table, data, target, types)
    columns = []
    for column in table.columns:
        role, reason, guessed = _role_of(column, said, data, target, target_reason, time, reasons)
        columns.append(
            ColumnRole(
                name=column.name,
                role=role,
                type=types[column.name],
                reason=reason,
                treatment=_treatment(
                    column, types[column.name], role, reason, guessed, preprocessing, needs
                ),
                guessed=guessed,
            )
        )
    roles = {column.name: column.role for column in columns}
    notices = notices_about_roles(
        table.columns, roles, types, reasons, target, task, preprocessing
    )
    return Roles(tuple(columns), target, task, task_reason, notices)


def _said_roles(table: Table, data: DataSpec) -> dict[str, Role]:
    """Roles that the specification gives, checked."""
    said: dict[str, Role] = {}
    known = set(table.column_names)
    for key, role, name in _mentions(data):
        if name not in known:
            raise unknown_column(f"data.{key}", name, table.column_names)
        if role is not None and said.setdefault(name, role) != role:
            raise DataError(
                f"data.{key}",
                "must name columns without another role",
                name,
                remedy=f"It is the {said[name]} already; give every column one role.",
            )
    return said


def _mentions(data: DataSpec) -> Iterator[tuple[str, Role | None, str]]:
    """Every column that the specification names: key, role, name."""
    single: tuple[tuple[str, Role, str | None], ...] = (
        ("target", "target", data.target),
        ("group", "group", data.group),
        ("time", "time", data.time),
        ("weight", "weight", data.weight),
    )
    for key, role, name in single:
        if name is not None:
            yield key, role, name
    for name in data.ignore:
        yield "ignore", "ignore", name
    for name in data.features or ():
        yield "features", "feature", name
    for name in data.types:
        yield "types", None, name


def unknown_column(key: str, name: str, names: Sequence[str]) -> DataError:
    """The error for a column that is not in the table."""
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
    return DataError(
        key,
        "must name a column of the table",
        name,
        remedy=f"Did you mean `{near[0]}`?" if near else f"Columns are: {shown}.",
    )


def _find_target(
    table: Table,
    data: DataSpec,
    said: dict[str, Role],
    reasons: dict[str, str | None],
    types: dict[str, ColumnType],
) -> tuple[str | None, str]:
    if data.target is not None:
        return data.target, "chosen"
    free = [c for c in table.columns if c.name not in said and reasons[c.name] is None]
    guess = guess_target(free, types)
    return (guess.name, guess.reason) if guess else (None, "")


def _find_task(
    table: Table, data: DataSpec, target: str | None, types: dict[str, ColumnType]
) -> tuple[Task, str]:
    if data.task != "auto":
        return data.task, "chosen"
    if target is None:
        return "regression", "no target"
    return guess_task(table.column(target), types[target])


def _role_of(
    column: Column,
    said: dict[str, Role],
    data: DataSpec,
    target: str | None,
    target_reason: str,
    time: str | None,
    reasons: dict[str, str | None],
) -> tuple[Role, str, bool]:
    """Role, reason, and whether it was guessed."""
    if column.name in said:
        return said[column.name], "chosen", False
    if column.name == target:
        return "target", target_reason, True
    if column.name == time:
        return "time", "dates in order, row by row", True
    if data.features is not None:
        return "ignore", "not among the chosen features", False
    reason = reasons[column.name]
    if reason is not None:
        return "ignore", reason, True
    return "feature", "", True


def _treatment(
    column: Column,
    kind: ColumnType,
    role: Role,
    reason: str,
    guessed: bool,
    preprocessing: PreprocessingSpec,
    needs: ColumnNeeds,
) -> str:
    """The words of the table's last column."""
    if role == "feature":
        typed = msgspec.structs.replace(column, type=kind)
        return describe_treatment(typed, preprocessing, needs)
    if role == "target":
        return f"best guess: {reason}" if guessed else "to be predicted"
    if role == "ignore":
        return reason if guessed or reason != "chosen" else "left out"
    return {
        "group": "rows of one group stay together",
        "time": "later rows test what earlier ones taught",
        "weight": "weight of each row",
    }[role]
