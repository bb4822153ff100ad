"""How much the training sets of folds overlap, against the folds themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hpo_gui.core.spec import Choice
from hpo_gui.evaluation.overlap import fold_ratio
from hpo_gui.evaluation.splits import make_splits
from tests.evaluation.small_datasets import numbers_dataset


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("repeated_k_fold", {"folds": 4, "repeats": 2}),
        ("time_series", {"folds": 5}),
        ("time_series", {"folds": 9, "gap": 3}),
        ("time_series", {"folds": 3, "test_size": 30, "max_train_size": 120}),
        ("k_fold", {"folds": 5}),
        ("leave_one_out", {}),
    ],
)
def test_the_ratio_is_the_mean_over_the_folds(kind: str, options: dict[str, Any]) -> None:
    choice = Choice(kind, options)
    splits = make_splits(numbers_dataset(600), choice, 0)
    real = np.mean([len(judge) / len(learn) for learn, judge in splits])
    told = fold_ratio(choice)
    assert (1 / (len(splits) - 1) if told is None else told) == pytest.approx(real, rel=0.03)


def test_steps_in_time_overlap_more_than_their_number_says() -> None:
    ratio = fold_ratio(Choice("time_series", {"folds": 5}))
    assert ratio == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5)
    assert ratio is not None
    assert ratio > 1 / 4
