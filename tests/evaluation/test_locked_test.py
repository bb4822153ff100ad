"""The locked test set: the asked share, the same rows every time, nothing that leaks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo_gui.core.errors import DataError
from hpo_gui.evaluation.locked_test import lock_rows


def test_without_a_share_all_rows_are_for_tuning() -> None:
    train, test = lock_rows(0, 1, rows=5)
    assert train.tolist() == [0, 1, 2, 3, 4]
    assert test.tolist() == []


def test_the_same_seed_locks_the_same_rows() -> None:
    first = lock_rows(0.2, 7, rows=100)[1]
    assert np.array_equal(first, lock_rows(0.2, 7, rows=100)[1])
    assert not np.array_equal(first, lock_rows(0.2, 8, rows=100)[1])
    assert len(first) == 20


def test_classes_keep_their_proportions() -> None:
    codes = np.repeat([0, 1, 2], [100, 50, 10])
    train, test = lock_rows(0.2, 0, codes=codes, rows=160)
    assert np.bincount(codes[test]).tolist() == [20, 10, 2]
    assert np.bincount(codes[train]).tolist() == [80, 40, 8]


def test_a_class_with_one_row_is_not_locked_away() -> None:
    codes = np.array([0] * 50 + [1])
    for seed in range(20):
        train, _ = lock_rows(0.5, seed, codes=codes, rows=51)
        assert 50 in train


def test_groups_are_never_divided() -> None:
    groups = np.arange(120) // 4
    codes = groups % 2
    train, test = lock_rows(0.25, 3, codes=codes, groups=groups, rows=120)
    assert not set(groups[train]) & set(groups[test])
    assert len(test) == pytest.approx(30, abs=4)
    assert np.bincount(codes[test]).tolist() == pytest.approx([15, 15], abs=4)


def test_the_latest_rows_are_locked_in_time_order() -> None:
    times = np.array([5.0, 1, 4, 2, 3, 0, 6, 7, 8, 9])
    train, test = lock_rows(0.3, 0, times=times, rows=10)
    assert times[train].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert times[test].tolist() == [7, 8, 9]


def test_rows_of_the_same_time_stay_on_one_side() -> None:
    times = np.repeat([1.0, 2.0, 3.0], [2, 6, 2])
    train, test = lock_rows(0.4, 0, times=times, rows=10)
    assert times[test].tolist() == [3, 3]
    assert len(train) == 8


def test_with_groups_and_times_the_latest_groups_are_locked() -> None:
    groups = np.array([0, 1, 2, 0, 1, 2, 3, 3])
    times = np.array([1.0, 2, 3, 4, 5, 6, 7, 8])
    train, test = lock_rows(0.25, 0, groups=groups, times=times, rows=8)
    assert set(groups[test]) == {3}
    assert times[train].tolist() == [1, 2, 3, 4, 5, 6]


def test_too_few_rows_groups_or_times_are_refused() -> None:
    with pytest.raises(DataError, match="rows on both sides of 3 rows, but got 0.05"):
        lock_rows(0.05, 0, rows=3)
    with pytest.raises(DataError, match="two different times"):
        lock_rows(0.2, 0, times=np.ones(10), rows=10)
    with pytest.raises(DataError, match="two groups"):
        lock_rows(0.2, 0, groups=np.zeros(10, dtype=np.int64), rows=10)


@settings(max_examples=60, deadline=None)
@given(
    share=st.floats(0.05, 0.6),
    seed=st.integers(0, 2**32 - 1),
    codes=st.lists(st.integers(0, 4), min_size=30, max_size=80),
    grouped=st.booleans(),
    timed=st.booleans(),
)
def test_every_row_is_on_exactly_one_side(
    share: float, seed: int, codes: list[int], grouped: bool, timed: bool
) -> None:
    rows = len(codes)
    numbers = np.array(codes)
    groups = np.arange(rows) // 3 if grouped else None
    times = np.arange(rows, dtype=float)[::-1].copy() if timed else None
    train, test = lock_rows(share, seed, codes=numbers, groups=groups, times=times, rows=rows)
    assert sorted([*train, *test]) == list(range(rows))
    assert len(test) == pytest.approx(share * rows, abs=6)
    if times is None:
        assert (np.diff(train) > 0).all()
        assert (np.diff(test) > 0).all()
