"""What to know about a table once its columns have roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hpo_gui.core.spec import ColumnType, PreprocessingSpec
from hpo_gui.evaluation.columns import Column
from hpo_gui.evaluation.notice import Notice
from hpo_gui.evaluation.oddities import quote_names
from hpo_gui.evaluation.role_guess import hints_group, type_problem
from hpo_gui.evaluation.task import Task

RARE = 5  # a class with fewer rows cannot be in each of five folds
MANY_CLASSES = 100
_FILLS = {"median": "the median", "mean": "the mean", "zero": "zero"}
LARGE = 0.95  # share of the largest class above which accuracy says little


def notices_about_roles(
    columns: Sequence[Column],
    roles: Mapping[str, str],
    types: Mapping[str, ColumnType],
    reasons: Mapping[str, str | None],
    target: str | None,
    task: Task,
    preprocessing: PreprocessingSpec,
) -> tuple[Notice, ...]:
    """Notices on the target, on missing values, on columns left out and on possible groups.

    Parameters
    ----------
    roles, types : by column name
    reasons : why a column is better ignored, by name; None where it is not
    """
    by_name = {column.name: column for column in columns}
    features = [column for column in columns if roles[column.name] == "feature"]
    notices: list[Notice] = []
    if target is None:
        notices.append(Notice("error", "No target:", "choose the column to predict."))
    else:
        notices += _about_target(by_name[target], task)
    if not features:
        notices.append(Notice("error", "No features:", "choose columns to learn from."))
    notices += _about_types(columns, roles, types)
    notices += _about_missing(features, types, preprocessing)
    notices += _about_ignored(columns, roles, reasons)
    notices += _about_features(features, reasons)
    notices += _about_groups(columns, roles)
    return tuple(notices)


def _about_target(target: Column, task: Task) -> list[Notice]:
    name = target.name
    notices = []
    if target.missing:
        verbs = ("has", "is") if target.missing == 1 else ("have", "are")
        text = f"{verbs[0]} no value in the target `{name}` and {verbs[1]} left out."
        notices.append(Notice("warning", _count(target.missing, "row"), text, name))
    if target.infinite:
        text = f"has {_count(target.infinite, 'infinite value')}: mend or remove those rows."
        notices.append(Notice("error", f"The target `{name}`", text, name))
    if target.distinct < 2:
        text = f"`{name}` has only one value, so there is nothing to tell apart."
        notices.append(Notice("error", "Nothing to predict:", text, name))
    elif task == "classification":
        notices += _about_classes(target)
    return notices


def _about_classes(target: Column) -> list[Notice]:
    name, notices = target.name, []
    if target.distinct > MANY_CLASSES or not target.rarest:
        text = f"in `{name}`; is it a number to predict, or an id?"
        notices.append(Notice("warning", f"{target.distinct:,} classes", text, name))
    if 0 < target.rarest < RARE:
        label = f"“{target.top[-1][0]}” " if 0 < target.distinct <= len(target.top) else ""
        text = f"{label}has {_count(target.rarest, 'row')}: it cannot be in every fold."
        notices.append(Notice("warning", "The rarest class", text, name))
    if target.top and target.top[0][1] > LARGE * max(1, target.filled):
        label, rows = target.top[0]
        text = f"are “{label}”: accuracy says little here; balanced accuracy or F1 says more."
        notices.append(Notice("warning", f"{rows / target.filled:.0%} of the rows", text, name))
    return notices


def _about_types(
    columns: Sequence[Column], roles: Mapping[str, str], types: Mapping[str, ColumnType]
) -> list[Notice]:
    """Types that the user gave and the values do not fit."""
    return [
        Notice(
            "error",
            f"`{column.name}` cannot be a {types[column.name]}:",
            f"{problem}; choose another type.",
            column.name,
        )
        for column in columns
        if roles[column.name] != "ignore"
        and (problem := type_problem(column, types[column.name])) is not None
    ]


def _about_missing(
    features: Sequence[Column],
    types: Mapping[str, ColumnType],
    preprocessing: PreprocessingSpec,
) -> list[Notice]:
    holes = [column for column in features if column.missing]
    if not holes:
        return []
    kinds = {types[column.name] for column in holes}
    numbers = bool(kinds & {"number", "date"})
    categories = bool(kinds & {"category", "text"})
    what = ", ".join(
        [f"numbers get {_FILLS[preprocessing.numbers]}"] * numbers
        + ["categories “missing”"] * categories
    )
    places = f"in {_count(len(holes), 'column')}: {what}, inside each fold."
    total = sum(column.missing for column in holes)
    return [Notice("warning", _count(total, "missing value"), places)]


def _about_ignored(
    columns: Sequence[Column], roles: Mapping[str, str], reasons: Mapping[str, str | None]
) -> list[Notice]:
    """Columns left out for a reason, gathered by reason."""
    by_reason: dict[str, list[str]] = {}
    for column in columns:
        reason = reasons[column.name]
        if roles[column.name] == "ignore" and reason is not None:
            by_reason.setdefault(reason, []).append(column.name)
    return [
        Notice(
            "info",
            quote_names(names),
            f"{'is' if len(names) == 1 else 'are'} ignored ({reason}).",
            names[0] if len(names) == 1 else None,
        )
        for reason, names in by_reason.items()
    ]


def _about_features(features: Sequence[Column], reasons: Mapping[str, str | None]) -> list[Notice]:
    """Features that the user chose against advice."""
    return [
        Notice("info", f"`{column.name}`", f"is a feature, though: {reason}.", column.name)
        for column in features
        if (reason := reasons[column.name]) is not None
    ]


def _about_groups(columns: Sequence[Column], roles: Mapping[str, str]) -> list[Notice]:
    if "group" in roles.values():
        return []
    return [
        Notice(
            "info",
            f"`{column.name}` repeats:",
            f"{column.distinct:,} values in {column.filled:,} rows; if rows with the same value "
            "belong together, make it the group.",
            column.name,
        )
        for column in columns
        if roles[column.name] in ("feature", "ignore") and hints_group(column)
    ]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' if number != 1 else ''}"
