"""Boxes and expected hypervolume improvement against brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from hpo_gui.core.hypervolume import hypervolume
from hpo_gui.surrogates.acquisition import log_expected_improvement
from hpo_gui.surrogates.hypervolume_improvement import (
    log_expected_hypervolume_improvement,
    log_expected_hypervolume_improvement_slopes,
    log_probability_within_slopes,
)
from hpo_gui.surrogates.nondominated_boxes import Boxes, nondominated_boxes

FloatArray = NDArray[np.float64]
FREE = math.inf
STEP = 1e-6


def corners(boxes: Boxes) -> tuple[FloatArray, FloatArray]:
    """Lower and upper corners, each (c, g)."""
    goals = range(boxes.low.shape[1])
    low = np.stack([boxes.edges[goal][boxes.low[:, goal]] for goal in goals], axis=1)
    high = np.stack([boxes.edges[goal][boxes.high[:, goal]] for goal in goals], axis=1)
    return low, high


def sphere(count: int, goals: int, seed: int) -> FloatArray:
    """A concave front, no point of which dominates another one."""
    points = np.abs(np.random.default_rng(seed).standard_normal((count, goals)))
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


def bounds_of(*values: float) -> FloatArray:
    return np.array(values)


# --- boxes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("goals", [2, 3, 4, 5])
@pytest.mark.parametrize("count", [0, 1, 12])
def test_boxes_fill_exactly_what_is_not_dominated(count: int, goals: int) -> None:
    rng = np.random.default_rng([count, goals])
    points = np.round(rng.random((count, goals)) * 1.3, 1)  # with equals, and some beyond
    reference = np.full(goals, 1.2)
    low, high = corners(nondominated_boxes(points, reference))
    assert (low < high).all()
    volume = np.prod(high - np.maximum(low, -1.0), axis=1).sum()
    assert volume == pytest.approx(2.2**goals - hypervolume(points, reference), rel=1e-12)


@pytest.mark.parametrize("goals", [2, 3, 4])
def test_every_place_that_is_not_dominated_is_in_one_box(goals: int) -> None:
    front = sphere(15, goals, 3)
    low, high = corners(nondominated_boxes(front, np.full(goals, 1.1)))
    places = np.random.default_rng(4).random((500, goals)) * 1.2
    inside = np.all((low <= places[:, None]) & (places[:, None] < high), axis=2).sum(axis=1)
    dominated = np.any(np.all(front <= places[:, None], axis=2), axis=1)
    np.testing.assert_array_equal(inside, ~dominated & np.all(places < 1.1, axis=1))


@pytest.mark.parametrize(("goals", "most"), [(2, 61), (3, 121)])
def test_a_front_leaves_few_boxes(goals: int, most: int) -> None:
    assert len(nondominated_boxes(sphere(60, goals, 1), np.full(goals, 1.1))) == most


def test_points_that_are_dominated_or_unknown_change_nothing() -> None:
    front = sphere(10, 3, 2)
    more = np.concatenate([front, front + 0.05, [[math.nan, 0.0, 0.0]], front + 3.0])
    one, other = (corners(nondominated_boxes(points, np.full(3, 1.1))) for points in (front, more))
    np.testing.assert_array_equal(one, other)


# --- expected improvement ---------------------------------------------------------------------


def brute_force(
    front: FloatArray, reference: FloatArray, mean: FloatArray, sd: FloatArray, bounds: FloatArray
) -> tuple[float, float]:
    """E[volume added] and its standard error.

    Draws of losses, and one place each in what such losses dominate.
    """
    rng = np.random.default_rng(9)
    losses = mean + sd * rng.standard_normal((100_000, len(mean)))
    losses = losses[np.all(losses < reference, axis=1) & np.all(losses <= bounds, axis=1)]
    places = losses + rng.random(losses.shape) * (reference - losses)
    new = ~np.any(np.all(front <= places[:, None], axis=2), axis=1)
    volumes = np.zeros(100_000)
    volumes[: len(losses)] = np.prod(reference - losses, axis=1) * new
    return float(volumes.mean()), float(volumes.std() / math.sqrt(len(volumes)))


@pytest.mark.parametrize(
    "bounds",
    [(FREE, FREE, FREE, FREE), (0.55, FREE, FREE, FREE), (0.8, 0.7, 0.9, 2.0)],
    ids=["free", "one threshold", "thresholds"],
)
@pytest.mark.parametrize("goals", [2, 3, 4])
def test_the_expected_improvement_is_that_of_many_draws(
    goals: int, bounds: tuple[float, ...]
) -> None:
    limits = np.array(bounds[:goals])
    reference = np.full(goals, 1.1)
    front = sphere(8, goals, goals)
    front = front[np.all(front <= limits, axis=1)]
    mean, sd = np.linspace(0.45, 0.65, goals), np.linspace(0.3, 0.15, goals)
    expected, error = brute_force(front, reference, mean, sd, limits)
    boxes = nondominated_boxes(front, reference)
    found = log_expected_hypervolume_improvement(mean[None], sd[None], boxes, limits)
    assert math.exp(found[0]) == pytest.approx(expected, abs=4 * error)
    assert 4 * error < 0.1 * expected


@pytest.mark.parametrize("goals", [2, 3, 5])
@pytest.mark.parametrize("bound", [FREE, 0.6])
def test_slopes_are_the_derivatives(goals: int, bound: float) -> None:
    rng = np.random.default_rng(goals)
    boxes = nondominated_boxes(sphere(9, goals, 5), np.full(goals, 1.2))
    bounds = np.full(goals, FREE)
    bounds[0] = bound
    mean, sd = rng.random((6, goals)) * 1.5, rng.random((6, goals)) * 0.3 + 0.02
    value, by_mean, by_sd = log_expected_hypervolume_improvement_slopes(mean, sd, boxes, bounds)

    def of(mean: FloatArray, sd: FloatArray) -> FloatArray:
        return log_expected_hypervolume_improvement(mean, sd, boxes, bounds)

    np.testing.assert_allclose(value, of(mean, sd), rtol=1e-9)
    for goal in range(goals):
        step = STEP * np.eye(goals)[goal]
        of_mean = (of(mean + step, sd) - of(mean - step, sd)) / (2 * STEP)
        of_sd = (of(mean, sd + step) - of(mean, sd - step)) / (2 * STEP)
        np.testing.assert_allclose(by_mean[:, goal], of_mean, rtol=2e-4, atol=1e-5)
        np.testing.assert_allclose(by_sd[:, goal], of_sd, rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("sd", [1e-7, 1e-5, 1e-3])
def test_hopeless_and_certain_places_have_finite_values_that_lead_to_the_front(sd: float) -> None:
    boxes = nondominated_boxes(sphere(12, 2, 1), np.full(2, 1.1))
    mean = np.array([[0.9, 0.9], [3.0, 3.0], [0.2, 50.0], [-5.0, 40.0], [1.0, -1e3], [-1.0, -1.0]])
    free = np.full(2, FREE)
    value, by_mean, by_sd = log_expected_hypervolume_improvement_slopes(
        mean, np.full_like(mean, sd), boxes, free
    )
    for numbers in (value, by_mean, by_sd):
        assert np.isfinite(numbers).all()
    assert value[1] < value[0] < value[5] < value[4]
    assert (by_mean[:2] < 0).all()  # towards smaller losses
    again = log_expected_hypervolume_improvement(mean, np.full_like(mean, sd), boxes, free)
    np.testing.assert_allclose(again, value, rtol=1e-6)


def test_without_a_front_each_goal_improves_on_the_reference() -> None:
    reference = np.array([1.0, 2.0])
    boxes = nondominated_boxes(np.empty((0, 2)), reference)
    mean, sd = np.array([[0.5, 2.5]]), np.array([[0.2, 0.3]])
    found = log_expected_hypervolume_improvement(mean, sd, boxes, np.full(2, FREE))
    alone = sum(
        log_expected_improvement(mean[:, goal], sd[:, goal], reference[goal]) for goal in (0, 1)
    )
    np.testing.assert_allclose(found, alone, rtol=1e-12)


def test_no_position_has_no_value() -> None:
    boxes = nondominated_boxes(np.empty((0, 2)), np.ones(2))
    none = np.empty((0, 2))
    assert log_expected_hypervolume_improvement(none, none, boxes, np.full(2, FREE)).shape == (0,)


def test_a_threshold_that_is_surely_kept_changes_nothing() -> None:
    boxes = nondominated_boxes(sphere(6, 3, 8), np.full(3, 1.1))
    mean, sd = np.full((1, 3), 0.5), np.full((1, 3), 0.1)
    free, kept = (
        log_expected_hypervolume_improvement(mean, sd, boxes, bounds)
        for bounds in (np.full(3, FREE), bounds_of(9.0, 1.1, FREE))
    )
    np.testing.assert_allclose(kept, free, rtol=1e-9)


def test_the_probability_of_keeping_thresholds_has_slopes_everywhere() -> None:
    bounds = bounds_of(0.5, FREE, 0.2)
    mean = np.array([[0.4, 7.0, 0.1], [60.0, 0.0, 0.2]])
    sd = np.array([[0.1, 0.2, 0.3], [0.5, 1.0, 0.1]])
    value, by_mean, by_sd = log_probability_within_slopes(mean, sd, bounds)
    assert math.exp(value[0]) == pytest.approx(0.8413447 * 0.6305587, rel=1e-6)
    assert np.isfinite(value).all()
    for goal in range(3):
        step = STEP * np.eye(3)[goal]
        for moved, slopes in (((step, 0.0), by_mean), ((0.0, step), by_sd)):
            above = log_probability_within_slopes(mean + moved[0], sd + moved[1], bounds)[0]
            below = log_probability_within_slopes(mean - moved[0], sd - moved[1], bounds)[0]
            np.testing.assert_allclose(slopes[:, goal], (above - below) / (2 * STEP), rtol=1e-3)
