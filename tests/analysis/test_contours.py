"""Contour lines run where the numbers say."""

import numpy as np
import pytest

from hpo_gui.analysis.contours import contour_segments


def test_the_line_of_a_slope_is_straight_and_in_its_place() -> None:
    grid = np.tile(np.arange(10.0), (6, 1))
    segments = contour_segments(grid, 4.5)
    assert segments.shape == (5, 2, 2)
    np.testing.assert_allclose(segments[:, :, 0], 0.5)
    assert segments[:, :, 1].min() == pytest.approx(0.5 / 6)
    assert segments[:, :, 1].max() == pytest.approx(5.5 / 6)


def test_a_hill_has_a_closed_line_of_its_radius() -> None:
    axis = (np.arange(60) + 0.5) / 60 - 0.5
    grid = np.hypot(axis[None, :], axis[:, None])
    segments = contour_segments(grid, 0.3)
    radius = np.hypot(segments[:, :, 0] - 0.5, segments[:, :, 1] - 0.5)
    np.testing.assert_allclose(radius, 0.3, atol=0.002)
    ends = [tuple(end) for end in np.round(segments.reshape(-1, 2), 9).tolist()]
    assert all(ends.count(end) == 2 for end in ends)


def test_a_saddle_has_two_lines() -> None:
    assert len(contour_segments(np.array([[1.0, 0.0], [0.0, 1.0]]), 0.5)) == 2
    assert len(contour_segments(np.array([[0.0, 1.0], [1.0, 0.0]]), 0.5)) == 2


def test_gaps_break_the_line() -> None:
    grid = np.tile(np.arange(10.0), (6, 1))
    grid[2, 4] = np.nan
    assert len(contour_segments(grid, 4.5)) == 3


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (0, 0)])
def test_a_single_row_has_none(shape: tuple[int, int]) -> None:
    assert contour_segments(np.ones(shape), 0.5).shape == (0, 2, 2)


def test_a_level_that_is_not_reached_has_none() -> None:
    assert contour_segments(np.arange(12.0).reshape(3, 4), 99).shape == (0, 2, 2)
