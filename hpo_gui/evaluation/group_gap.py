"""Gaps between groups: ``gap(accuracy, sex)`` is the largest difference of a measure between two
groups of rows, the values of a column.

A small gap is one way to say that a model is fair [1]_: of ``selection_rate`` it is the
demographic parity difference, of ``true_positive_rate`` the equal opportunity difference, and
``true_positive_rate`` and ``false_positive_rate`` together are equalized odds [2]_.

.. [1] S. Barocas, M. Hardt, A. Narayanan, "Fairness and Machine Learning", MIT Press 2023,
   chapter 3: independence, separation and sufficiency.
.. [2] M. Hardt, E. Price, N. Srebro, "Equality of Opportunity in Supervised Learning", NeurIPS
   2016, definitions 2.1 and 2.2.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from hpo_gui.core.errors import SpecError
from hpo_gui.evaluation.metric_table import CALIBRATION_ERROR, METRICS, NOT_SCORED, Metric

if TYPE_CHECKING:
    from hpo_gui.evaluation.table import Table
    from hpo_gui.evaluation.task import Task

LEAST_ROWS = 10
"""Rows of a group in a test fold, below which it is left out there: a rate of nine rows says
nothing."""

MOST_GROUPS = 20
"""Groups of a column, missing values among them: with more, the largest difference is chance."""

HOW_TO_WRITE = "must read like `gap(accuracy, sex)`: a measure and a column"

_GAP = re.compile(r"\s*gap\s*\(\s*([^,()]+?)\s*,\s*(.*\S)\s*\)\s*", re.DOTALL)
_LIKE_GAP = re.compile(r"\s*gap\b(?!_)")


def _of_two(name: str, title: str) -> Metric:
    return Metric(name, title, ("classification",), classes="two", least=0.0, most=1.0)


SELECTION_RATE = _of_two("selection_rate", "Selection rate")
TRUE_POSITIVE_RATE = _of_two("true_positive_rate", "True positive rate")
FALSE_POSITIVE_RATE = _of_two("false_positive_rate", "False positive rate")
MEAN_ERROR = Metric("mean_error", "Mean error", ("regression",))
MEAN_PREDICTION = Metric("mean_prediction", "Mean prediction", ("regression",))

MEASURES: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        METRICS["accuracy"],
        SELECTION_RATE,
        TRUE_POSITIVE_RATE,
        FALSE_POSITIVE_RATE,
        MEAN_ERROR,
        MEAN_PREDICTION,
        CALIBRATION_ERROR,
        *(
            metric
            for metric in METRICS.values()
            if metric.name not in (*NOT_SCORED, "accuracy")
            and "likelihood_ratio" not in metric.name
            # NOTE: scorers of probabilities want all classes in each group
            and (metric.needs == "labels" or metric.name == "roc_auc")
        ),
    )
    if metric.tasks
}
"""What can be compared between groups: rates and mean errors, and scorers of labels."""


class GroupGap(msgspec.Struct, frozen=True):
    """The largest difference of a measure between the groups of a column."""

    measure: str
    column: str

    @property
    def name(self) -> str:
        """As a metric's name."""
        return f"gap({self.measure}, {self.column})"


def is_gap(name: str) -> bool:
    """Whether a name is meant to be a gap, well written or not."""
    return _LIKE_GAP.match(name) is not None


def read_gap(name: str) -> GroupGap | None:
    """The gap that a metric's name means; None for every other name."""
    found = _GAP.fullmatch(name)
    return None if found is None else GroupGap(found.group(1), found.group(2))


def gap_metric(gap: GroupGap) -> Metric:
    """What is known of a gap as of any other metric."""
    measure = MEASURES.get(gap.measure)
    title = gap.measure if measure is None else measure.title
    base = (
        Metric(gap.measure, title, ("classification", "regression"))
        if measure is None
        else measure
    )
    return msgspec.structs.replace(
        base,
        name=gap.name,
        title=f"Gap by {gap.column}: {title}",
        direction="minimize",
        note=f"Groups with fewer than {LEAST_ROWS} rows in a test part are left out there.",
        smallest_fold=2 * LEAST_ROWS,
        least=0.0,
        most=base.most - base.least,
    )


def measure_names(task: Task, n_classes: int | None = None) -> tuple[str, ...]:
    """What can be compared between groups for a task and a number of classes."""
    return tuple(
        measure.name
        for measure in MEASURES.values()
        if task in measure.tasks
        and (
            measure.classes == "any"
            or n_classes is None
            or (n_classes <= 2) == (measure.classes == "two")
        )
    )


def gap_columns(metrics: Iterable[str]) -> tuple[str, ...]:
    """The columns that gaps among these metrics look at, each once."""
    gaps = [gap for gap in map(read_gap, metrics) if gap is not None]
    return tuple(dict.fromkeys(gap.column for gap in gaps))


def can_group(table: Table, column: str, target: str | None) -> bool:
    """Whether a column divides the rows into groups that can be compared."""
    return column != target and 2 <= _groups(table, column) <= MOST_GROUPS


def check_gap_column(gap: GroupGap, table: Table, target: str | None) -> None:
    """Check that the groups of a gap can be compared.

    Raises
    ------
    SpecError : no such column, the target, one group only, or more than `MOST_GROUPS`
    """
    names = table.column_names
    if gap.column not in names:
        near = difflib.get_close_matches(gap.column, names, n=1, cutoff=0.5)
        shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
        raise SpecError(
            "metric",
            f"must name a column of the table, and `{gap.column}` is none",
            gap.name,
            remedy=f"Did you mean `{near[0]}`?" if near else f"Columns are: {shown}.",
        )
    if gap.column == target:
        raise SpecError(
            "metric",
            "must compare groups of another column than the target",
            gap.name,
            remedy="Choose another column, or balanced_accuracy to judge all classes alike.",
        )
    count = _groups(table, gap.column)
    if count < 2:
        raise SpecError(
            "metric",
            f"must name a column with two groups at least, and `{gap.column}` has {count}",
            gap.name,
            remedy="Choose another column.",
        )
    if count > MOST_GROUPS:
        number = table.column(gap.column).type == "number"
        what = "a few ranges of it" if number else "its values put into a few groups"
        raise SpecError(
            "metric",
            f"must name a column with at most {MOST_GROUPS} groups, "
            f"and `{gap.column}` has {count:,} values",
            gap.name,
            remedy=f"Add a column with {what} to the table, and name that one.",
        )


def _groups(table: Table, name: str) -> int:
    """Number of groups; missing values are one."""
    column = table.column(name)
    return column.distinct + (column.missing > 0)
