"""What is known of a kind of validation before anything is split: rows, groups, order in time."""

from __future__ import annotations

from hpo_gui.evaluation.validations import (
    Column,
    GroupKFold,
    HoldOut,
    LeaveOneOut,
    StratifiedGroupKFold,
    TimeSeries,
    Validation,
)

USUAL_FOLDS = 5


def keeps_groups(kind: Validation) -> bool:
    """Whether no group has rows to learn from and rows to judge by at once, whatever the rows."""
    return isinstance(kind, GroupKFold | StratifiedGroupKFold)


def keeps_order(kind: Validation) -> bool:
    """Whether what is judged always comes after what is learnt from."""
    return isinstance(kind, TimeSeries) or (isinstance(kind, HoldOut) and not kind.shuffle)


def rows_to_learn_from(kind: Validation, rows: float, largest: float = 0.0) -> float:
    """Rows that a model learns from in the smallest fold, roughly; 1 where they do not suffice.

    Parameters
    ----------
    rows : to tune on
    largest : share of them in the largest group or fold of the table, in [0, 1]; used by kinds
        that keep them whole
    """
    match kind:
        case HoldOut():
            left = rows * (1 - kind.test_share)
        case TimeSeries():
            left = _first_step(kind, int(rows))
        case LeaveOneOut():
            left = rows - 1
        case Column():
            left = rows * (1 - largest)
        case _:
            folds = getattr(kind, "folds", USUAL_FOLDS)
            share = (folds - 1) / folds
            left = rows * (min(share, 1 - largest) if keeps_groups(kind) else share)
    return max(left, 1.0)


def _first_step(kind: TimeSeries, rows: int) -> int:
    """Rows before the first test part, as scikit-learn's TimeSeriesSplit counts them."""
    judged = kind.test_size or rows // (kind.folds + 1)
    past = rows - kind.folds * judged - kind.gap
    return past if kind.max_train_size is None else min(past, kind.max_train_size)
