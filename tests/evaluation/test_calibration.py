"""The expected calibration error agrees with its definition, written out row by row."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hpo_gui.evaluation.calibration import BINS, calibration_error, score_calibration


def by_definition(confidence: np.ndarray, hit: np.ndarray, bins: int) -> float:
    """Naeini et al. 2015: mean over bins of equal size of |frequency - mean confidence|."""
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, bins)
    return sum(
        len(part) / len(order) * abs(hit[part].mean() - confidence[part].mean()) for part in parts
    )


def two_columns(p: np.ndarray) -> np.ndarray:
    return np.column_stack([1 - p, p])


def test_with_two_classes_it_compares_the_second_ones_probability_with_its_frequency() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(600)
    y = (rng.random(600) < p**2).astype(int)
    wanted = by_definition(p, y, BINS)
    assert calibration_error(two_columns(p), y) == pytest.approx(wanted, abs=1e-12)
    assert wanted > 0.05


def test_with_more_classes_it_compares_the_top_probability_with_the_accuracy() -> None:
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(4), size=450)
    y = rng.integers(0, 4, 450)
    top = p.argmax(axis=1)
    wanted = by_definition(p.max(axis=1), (y == top).astype(float), BINS)
    assert calibration_error(p, y) == pytest.approx(wanted, abs=1e-12)


def test_a_calibrated_model_has_little_and_a_sure_and_wrong_one_all_of_it() -> None:
    p = np.repeat(np.linspace(0.05, 0.95, 10), 100)
    y = np.concatenate([np.arange(100) < round(100 * q) for q in np.linspace(0.05, 0.95, 10)])
    assert calibration_error(two_columns(p), y.astype(int)) == pytest.approx(0.0, abs=1e-12)
    assert calibration_error(two_columns(np.zeros(50)), np.ones(50, dtype=int)) == 1.0


def test_the_order_of_the_rows_does_not_matter_even_with_equal_probabilities() -> None:
    rng = np.random.default_rng(2)
    p = rng.choice([0.1, 0.4, 0.8], 200)
    y = rng.integers(0, 2, 200)
    mixed = rng.permutation(200)
    assert calibration_error(two_columns(p), y) == pytest.approx(
        calibration_error(two_columns(p[mixed]), y[mixed]), abs=1e-12
    )


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    rng = np.random.default_rng(3)
    p, y = rng.random(150), rng.integers(0, 2, 150)
    twice = np.tile(np.arange(150), 2)
    heavy = calibration_error(two_columns(p), y, np.full(150, 2.0))
    assert heavy == pytest.approx(calibration_error(two_columns(p[twice]), y[twice]), abs=1e-12)


@pytest.mark.parametrize("rows", [1, 5])
def test_few_rows_are_enough(rows: int) -> None:
    p = np.linspace(0.2, 0.8, rows)
    assert 0 <= calibration_error(two_columns(p), np.ones(rows, dtype=int)) <= 1


def test_without_rows_weights_or_numbers_there_is_none() -> None:
    y = np.array([0, 1])
    assert math.isnan(calibration_error(np.empty((0, 2)), np.empty(0, dtype=int)))
    assert math.isnan(calibration_error(two_columns(np.array([0.2, 0.4])), y, np.zeros(2)))
    assert math.isnan(calibration_error(two_columns(np.array([0.2, np.nan])), y))


def test_columns_are_read_by_the_classes_that_the_model_has_learnt() -> None:
    class Learnt:
        classes_ = np.array([0, 2])

        def predict_proba(self, rows: object) -> np.ndarray:
            return two_columns(np.array([1.0, 1.0]))

    assert score_calibration(Learnt(), None, np.array([2, 2])) == 0.0
    assert score_calibration(Learnt(), None, np.array([1, 1])) == 1.0
