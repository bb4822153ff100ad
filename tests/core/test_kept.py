"""Which step of a training remains."""

from __future__ import annotations

import numpy as np
import pytest

from hpo_gui.core.kept import Kept


@pytest.mark.parametrize(
    ("losses", "min_delta", "kept"),
    [
        ([0.5, 0.4, 0.6, 0.3], 0.0, [0, 1, 1, 3]),
        ([0.5, 0.45, 0.41, 0.39], 0.1, [0, 0, 0, 3]),
        ([0.5, 0.5], 0.0, [0, 0]),  # the first of equals
        ([np.nan, np.nan, 0.5, np.nan], 0.0, [-1, -1, 2, 2]),
        ([np.inf, 0.5], 0.0, [-1, 1]),
        ([], 0.0, []),
    ],
)
def test_the_best_step_so_far_remains(
    losses: list[float], min_delta: float, kept: list[int]
) -> None:
    assert Kept("loss", min_delta).steps(np.array([losses])).tolist() == [kept]
