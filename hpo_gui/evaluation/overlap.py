"""How much the training sets of a validation's folds overlap, from its options alone."""

from __future__ import annotations

from hpo_gui.core.errors import SpecError
from hpo_gui.core.spec import Choice
from hpo_gui.evaluation.splits import make_validation
from hpo_gui.evaluation.validations import Validation


def fold_ratio(validation: Choice | None) -> float | None:
    """Test rows / training rows of a fold; None where the number of scores tells it."""
    kind: object = known_kind(validation)
    if hasattr(kind, "repeats") and hasattr(kind, "folds"):
        return 1 / max(int(kind.folds) - 1, 1)
    return None


def known_kind(validation: Choice | None) -> Validation | None:
    """The options with the defaults filled in; None when there are none or they are faulty."""
    if validation is None:
        return None
    try:
        return make_validation(validation)
    except SpecError:
        return None
