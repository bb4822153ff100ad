"""How much the training sets of a validation's folds overlap, from its options alone."""

from __future__ import annotations

from hpo_gui.core.errors import SpecError
from hpo_gui.core.spec import Choice
from hpo_gui.evaluation.splits import make_validation
from hpo_gui.evaluation.validations import (
    RepeatedKFold,
    RepeatedStratifiedKFold,
    TimeSeries,
    Validation,
)


def fold_ratio(validation: Choice | None) -> float | None:
    """Test rows / training rows, the mean over the folds; None where their number tells it.

    In steps in time the rows to learn from grow: fold i of J learns from i parts and is judged by
    one. How many rows there are is not known here, so a gap does not count, nor does a longest
    past without a size of the test parts; with a size alone nothing is known.
    """
    match known_kind(validation):
        case RepeatedKFold(folds=folds) | RepeatedStratifiedKFold(folds=folds):
            return 1 / (folds - 1)
        case TimeSeries(folds=folds, test_size=None):
            return sum(1 / part for part in range(1, folds + 1)) / folds
        case TimeSeries(test_size=int(judged), max_train_size=int(learnt)):
            return judged / learnt
    return None


def known_kind(validation: Choice | None) -> Validation | None:
    """The options with the defaults filled in; None when there are none or they are faulty."""
    if validation is None:
        return None
    try:
        return make_validation(validation)
    except SpecError:
        return None
