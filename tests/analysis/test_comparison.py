"""Comparisons equal the corrected resampled t test computed with SciPy."""

import math

import numpy as np
import pytest
from scipy import stats

from hpo_gui.analysis.comparison import compare, interval
from tests.analysis.studies import ACCURACY, LOSS, make_trial

FIRST = [0.95, 0.97, 0.94, 0.98, 0.96]
SECOND = [0.92, 0.93, 0.93, 0.94, 0.91]


def expected_half_width(differences: list[float], ratio: float) -> float:
    count = len(differences)
    error = math.sqrt((1 / count + ratio) * np.var(differences, ddof=1))
    return float(stats.t.ppf(0.975, count - 1) * error)


@pytest.mark.parametrize(("ratio", "used"), [(None, 0.25), (1 / 9, 1 / 9)])
def test_the_interval_of_the_difference_is_nadeau_and_bengios(
    ratio: float | None, used: float
) -> None:
    result = compare(make_trial(4, FIRST), make_trial(2, SECOND), ACCURACY, ratio)
    differences = [a - b for a, b in zip(FIRST, SECOND, strict=True)]
    assert (result.first, result.second) == (4, 2)
    assert result.differences == pytest.approx(differences)
    assert result.mean == pytest.approx(np.mean(differences))
    assert result.half_width == pytest.approx(expected_half_width(differences, used), rel=1e-9)
    assert result.verdict == "better"


def test_for_a_loss_smaller_is_better() -> None:
    result = compare(
        make_trial(1, FIRST, metric="log_loss"), make_trial(0, SECOND, metric="log_loss"), LOSS
    )
    assert result.mean < 0
    assert result.verdict == "worse"


def test_a_difference_that_the_folds_disagree_about_is_noise() -> None:
    result = compare(make_trial(1, [0.9, 0.95, 0.8]), make_trial(0, [0.91, 0.9, 0.82]), ACCURACY)
    assert result.verdict == "within_noise"


def test_equal_folds_are_no_difference() -> None:
    result = compare(make_trial(1, FIRST), make_trial(0, FIRST), ACCURACY)
    assert (result.mean, result.half_width, result.verdict) == (0, 0, "within_noise")


@pytest.mark.parametrize(
    ("first", "second"), [([0.9], [0.8]), ([], [0.8]), ([0.9, math.nan], [0.8, 0.7])]
)
def test_less_than_two_common_folds_tell_nothing(first: list[float], second: list[float]) -> None:
    result = compare(make_trial(1, first), make_trial(0, second), ACCURACY)
    assert result.verdict == "unknown"
    assert math.isnan(result.half_width)


def test_only_folds_that_both_have_count() -> None:
    result = compare(make_trial(1, FIRST[:3]), make_trial(0, SECOND), ACCURACY)
    assert len(result.differences) == 3


def test_an_interval_leaves_out_what_is_not_finite() -> None:
    assert interval([0.5, math.nan, 0.7, math.inf]).mean == pytest.approx(0.6)
    assert interval([0.5, math.nan]).count == 1
    assert interval([]).count == 0
