"""How many rows and columns a model of a study learns from, known before anything is split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo_gui.core.errors import SpecError
from hpo_gui.core.spec import Choice, StudySpec
from hpo_gui.evaluation.row_values import are_judged
from hpo_gui.evaluation.splits import make_validation
from hpo_gui.evaluation.validation_facts import rows_to_learn_from
from hpo_gui.evaluation.validations import Column, KFold, Validation

if TYPE_CHECKING:
    from hpo_gui.evaluation.roles import Roles
    from hpo_gui.evaluation.table import Table

USUAL = KFold()


def shape_of(spec: StudySpec, roles: Roles, table: Table) -> tuple[int, int]:
    """Rows, of those with a target, and features that the smallest fold learns from, roughly.

    A validation that is open or wrong counts as five folds.
    """
    kind = kind_of(spec.validation) or USUAL
    rows = table.rows if roles.target is None else table.column(roles.target).filled
    open_rows = rows * (1 - (spec.data.test_share if spec.data else 0.0))
    left = rows_to_learn_from(kind, open_rows, _largest_share(kind, roles, table))
    return max(int(left), 1), max(len(roles.features), 1)


def kind_of(choice: Choice | None) -> Validation | None:
    """The kind of validation; None where it is open, or a problem that is told elsewhere."""
    try:
        return None if choice is None else make_validation(choice)
    except SpecError:
        return None


def fold_column_of(choice: Choice | None, table: Table) -> str | None:
    """The column of the table that numbers the folds, if one does."""
    kind = kind_of(choice)
    if not isinstance(kind, Column) or kind.column not in table.column_names:
        return None
    return kind.column


def _largest_share(kind: Validation, roles: Roles, table: Table) -> float:
    """Share of the rows in the largest fold of a fold column, else in the largest group."""
    if isinstance(kind, Column):
        if kind.column not in table.column_names:
            return 1 / USUAL.folds
        values = table.frame[kind.column]
        values = values[are_judged(values)]
    else:
        groups = roles.names("group")
        if not groups:
            return 0.0
        values = table.frame[groups[0]]
    sizes = values.value_counts()
    return float(sizes.iloc[0]) / table.rows if len(sizes) else 0.0
