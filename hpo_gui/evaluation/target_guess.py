"""Which column a person most likely wants to predict, and whether it is a class or a number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from hpo_gui.core.spec import ColumnType
from hpo_gui.evaluation.columns import Column
from hpo_gui.evaluation.task import Task

MAX_CLASSES = 20  # whole numbers with more values than this are numbers to predict
ROWS_PER_CLASS = 5

_CLASS_NAMES = frozenset(
    "target class label labels y outcome category species type diagnosis survived churn churned "
    "default defaulted fraud spam weather digit cultivar variety result response sentiment "
    "approved cancelled attrition exited subscribed converted klasse ziel etikett".split()
)
_NUMBER_NAMES = frozenset(
    "target y outcome response value quality price cost sales revenue demand charges medv "
    "score rating yield strength progression consumption salary income rent mpg duration "
    "preis zielwert".split()
)


class TargetGuess(msgspec.Struct, frozen=True):
    """A column to predict, with the reason for the guess."""

    name: str
    reason: str


@lru_cache(maxsize=1 << 16)
def words(name: str) -> tuple[str, ...]:
    """The words of a column's name, in lower case: ``bodyMass_g`` is body, mass, g."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[^\W_]+", spaced.lower()))


def guess_target(columns: Sequence[Column], types: dict[str, ColumnType]) -> TargetGuess | None:
    """The most likely target among columns that may serve as one; None without any.

    Names weigh most, then the place: targets stand last, sometimes first.
    """
    best: Column | None = None
    best_score = float("-inf")
    for index, column in enumerate(columns):
        if types.get(column.name, column.type) not in ("number", "category"):
            continue
        if column.distinct < 2:
            continue
        score = _name_score(column) + _place_score(index, len(columns))
        if score > best_score:
            best, best_score = column, score
    if best is None:
        return None
    return TargetGuess(best.name, _reason(best, columns))


def _name_score(column: Column) -> float:
    """How much the name sounds like a target: 3 for exactly, 1.5 for one of its words."""
    names = _CLASS_NAMES if _looks_like_classes(column) else _NUMBER_NAMES
    if column.type == "number" and names is _CLASS_NAMES:
        names = _CLASS_NAMES | _NUMBER_NAMES  # a quality from 3 to 8
    found = words(column.name)
    if len(found) == 1 and found[0] in names:
        return 3.0
    if found and (found[-1] in names or found[0] in ("target", "is", "has")):
        return 1.5
    return 0.0


def _place_score(index: int, count: int) -> float:
    if index == count - 1:
        return 1.0
    return 0.5 if index == 0 else 0.0


def _looks_like_classes(column: Column) -> bool:
    return guess_task(column, column.type)[0] == "classification"


def _reason(column: Column, columns: Sequence[Column]) -> str:
    classes = _looks_like_classes(column)
    values = f"{column.distinct:,} values" if classes else "numbers"
    reasons = [values]
    if _name_score(column):
        reasons.append("named like a class" if classes else "named like a result")
    elif column.name == columns[-1].name:
        reasons.insert(0, "last column")
    return ", ".join(reasons)


def guess_task(column: Column, kind: ColumnType) -> tuple[Task, str]:
    """Classification or regression, with the reason.

    Parameters
    ----------
    column : the target
    kind : its type, corrected by the user
    """
    if kind != "number":
        return "classification", f"{column.distinct:,} classes"
    if not column.whole:
        return "regression", "numbers with fractions"
    if column.distinct > MAX_CLASSES:
        return "regression", f"{column.distinct:,} different numbers"
    if column.distinct > 2 and column.filled < ROWS_PER_CLASS * column.distinct:
        return "regression", f"{column.distinct:,} numbers in only {column.filled:,} rows"
    return "classification", f"only {column.distinct} different whole numbers"
