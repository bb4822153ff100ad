"""What a validation makes of the columns that divide the rows: the group and the time column."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from hpo_gui.assembly.learning_shape import fold_column_of, kind_of
from hpo_gui.core.spec import Choice
from hpo_gui.evaluation.notice import Notice
from hpo_gui.evaluation.roles import ColumnRole, Role, Roles
from hpo_gui.evaluation.splits import SPLITS
from hpo_gui.evaluation.validation_facts import keeps_groups, keeps_order
from hpo_gui.evaluation.validations import Column

if TYPE_CHECKING:
    from hpo_gui.evaluation.table import Table
    from hpo_gui.evaluation.task import Task

APART = "rows of one group are not kept together"
BOTH_WAYS = "earlier rows are judged by what later ones taught, too"
BY_COLUMN = "the fold column decides, not the time"


def with_validation(roles: Roles, validation: Choice | None, table: Table) -> Roles:
    """The same roles, with what becomes of groups and times, and a warning where it is not kept.

    Folds in a column are the user's own: of these it is only told where they split groups. A
    validation that is open or wrong changes nothing.
    """
    kind = kind_of(validation)
    group, time = (_only(roles, role) for role in ("group", "time"))
    if kind is None or validation is None:
        return roles
    words: dict[str, str] = {}
    notices = []
    if group is not None and not keeps_groups(kind):
        folds = fold_column_of(validation, table)
        if folds is None or not _are_whole(table, group, folds):
            words[group] = APART
            by_time = time if keeps_order(kind) else None
            notices.append(_about_group(group, by_time, roles.task, validation))
    if time is not None and isinstance(kind, Column):
        words[time] = BY_COLUMN
    elif time is not None and not keeps_order(kind):
        words[time] = BOTH_WAYS
        notices.append(_about_time(time, group if keeps_groups(kind) else None, validation))
    columns = tuple(_told(column, words) for column in roles.columns)
    return replace(roles, columns=columns, notices=(*roles.notices, *notices))


def _only(roles: Roles, role: Role) -> str | None:
    names = roles.names(role)
    return names[0] if names else None


def _are_whole(table: Table, group: str, folds: str) -> bool:
    """Whether each group of the table is in one fold only."""
    by_group = table.frame.groupby(group, observed=True)[folds]
    return bool((by_group.nunique() <= 1).all())


def _told(column: ColumnRole, words: dict[str, str]) -> ColumnRole:
    if column.name not in words:
        return column
    return msgspec.structs.replace(column, treatment=words[column.name])


def _about_group(group: str, time: str | None, task: Task, validation: Choice) -> Notice:
    why = _named(validation.name) if time is None else f"the time column `{time}` decides"
    better = "stratified_group_k_fold" if task == "classification" else "group_k_fold"
    return Notice(
        "warning",
        f"`{group}` does not keep its groups together:",
        f"{why}, and models are judged by rows of groups that they have learnt from. Choose "
        f"{_title(better)} ({better}) to judge by new groups, or give `{time or group}` another "
        "role.",
        group,
    )


def _about_time(time: str, group: str | None, validation: Choice) -> Notice:
    why = _named(validation.name) if group is None else f"the group column `{group}` decides"
    return Notice(
        "warning",
        f"`{time}` does not order the folds:",
        f"{why}, and models learn from rows that are later than those that they are judged by. "
        f"Choose {_title('time_series')} (time_series) to judge by the future, or give the column "
        "another role.",
        time,
    )


def _named(name: str) -> str:
    return f"the validation is {_title(name)}"


def _title(name: str) -> str:
    return SPLITS[name].title
