"""Means and deviations of scores of any size."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpo_gui.core.means import deviation_of, mean_of
from hpo_gui.core.trial import Origin, Trial, add_step, summarize

LARGEST = 1.7e308


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9))
def test_they_are_what_they_are_called(values: list[float]) -> None:
    assert mean_of(values) == pytest.approx(statistics.fmean(values), abs=1e-9)
    assert deviation_of(values) == pytest.approx(statistics.pstdev(values), abs=1e-6)
    own = deviation_of(values, known_mean=False)
    assert own == pytest.approx(statistics.stdev(values), abs=1e-6)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=99))
def test_a_mean_lies_between_its_values_however_large_they_are(values: list[float]) -> None:
    mean = mean_of(values)
    assert min(values) <= mean <= max(values) or mean == pytest.approx(values[0], rel=1e-15)


def test_values_without_an_end_have_a_mean_where_it_means_something() -> None:
    assert mean_of((1.0, math.inf)) == math.inf
    assert math.isnan(mean_of((math.inf, -math.inf)))
    assert math.isnan(mean_of((LARGEST, math.nan)))
    assert math.isnan(mean_of(()))


def test_a_deviation_needs_two_values_and_may_be_huge() -> None:
    assert math.isnan(deviation_of((1.0,)))
    assert deviation_of((LARGEST, -LARGEST)) == pytest.approx(LARGEST)
    assert deviation_of((1e200, 3e200)) == pytest.approx(1e200)
    assert deviation_of((1e-200, 3e-200)) == pytest.approx(1e-200)


def test_folds_with_the_largest_scores_there_are_end_no_study() -> None:
    trial = Trial(0, {}, Origin("random"))
    for index in range(3):
        trial = add_step(trial, index, {"loss": LARGEST, "other": (-1.0) ** index * math.inf})
    assert trial.scores["loss"] == LARGEST
    assert math.isnan(trial.scores["other"])
    assert trial.sd("loss") == 0.0
    assert summarize({"loss": (LARGEST, -LARGEST, math.nan)}) == {"loss": 0.0}
    wide = Trial(1, {}, Origin("random"), fold_scores={"loss": (LARGEST, -1.0)})
    assert wide.sd("loss") == pytest.approx(LARGEST / 2)
