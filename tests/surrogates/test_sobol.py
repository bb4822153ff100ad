"""Sobol sequences against scipy's, and against what makes them worth having."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import qmc

from hpo_gui.surrogates import sobol
from hpo_gui.surrogates.sobol import sobol_points


def test_the_directions_are_those_of_joe_and_kuo() -> None:
    directions = sobol._directions(300)
    numbers = np.arange(256, dtype=np.uint32)
    gray = numbers ^ (numbers >> 1)  # scipy's order
    digits = np.zeros((256, 300), dtype=np.uint32)
    for bit in range(8):
        digits ^= (gray >> np.uint32(bit) & np.uint32(1))[:, None] * directions[bit]
    np.testing.assert_array_equal(
        digits * 2.0**-30, qmc.Sobol(300, scramble=False, bits=30).random(256)
    )


@pytest.mark.parametrize("dimensions", [1, 2, 7, 40, 250])
def test_each_coordinate_hits_every_interval_once(dimensions: int) -> None:
    points = sobol_points(64, dimensions, seed=5)
    assert points.shape == (64, dimensions)
    assert (points >= 0).all()
    assert (points < 1).all()
    cells = np.sort((points * 64).astype(int), axis=0)
    np.testing.assert_array_equal(cells, np.tile(np.arange(64)[:, None], dimensions))


def test_two_coordinates_hit_every_square_once() -> None:
    # the first two form a (0, m, 2)-net in base 2
    points = sobol_points(256, 2, seed=11)
    cells = (points * 16).astype(int)
    assert len({tuple(cell) for cell in cells.tolist()}) == 256


@pytest.mark.parametrize(("count", "dimensions"), [(64, 2), (100, 5), (1024, 5), (512, 20)])
def test_discrepancy_is_that_of_scipy_and_below_that_of_random_points(
    count: int, dimensions: int
) -> None:
    def mean(points: list[np.ndarray]) -> float:
        return float(np.mean([qmc.discrepancy(cloud) for cloud in points]))

    ours = mean([sobol_points(count, dimensions, seed) for seed in range(8)])
    whole = [qmc.Sobol(dimensions, rng=seed).random_base2(10) for seed in range(8)]
    theirs = mean([points[:count] for points in whole])
    drawn = mean([np.random.default_rng(seed).random((count, dimensions)) for seed in range(8)])
    assert ours == pytest.approx(theirs, rel=0.25)
    assert ours < 0.8 * drawn


def test_a_point_is_the_same_wherever_one_starts() -> None:
    whole = sobol_points(200, 6, seed=3)
    np.testing.assert_array_equal(sobol_points(50, 6, seed=3, skip=150), whole[150:])
    np.testing.assert_array_equal(sobol_points(1, 6, seed=3, skip=7), whole[7:8])
    assert sobol_points(0, 6, seed=3).shape == (0, 6)


def test_each_seed_gives_another_sequence() -> None:
    assert not np.isin(sobol_points(32, 3, seed=0), sobol_points(32, 3, seed=1)).any()
    assert sobol_points(1, 3, seed=2**40).shape == (1, 3)


def test_beyond_the_table_coordinates_are_random_and_still_repeatable() -> None:
    dimensions = sobol.MAX_DIMENSIONS + 5
    points = sobol_points(40, dimensions, seed=4)
    assert points.shape == (40, dimensions)
    assert len(np.unique(points[:, -5:])) == 200
    np.testing.assert_array_equal(sobol_points(10, dimensions, seed=4, skip=30), points[30:])


def test_no_dimension_gives_empty_points() -> None:
    assert sobol_points(4, 0, seed=0).shape == (4, 0)


def test_the_end_of_the_sequence_is_an_error() -> None:
    assert sobol_points(1, 2, seed=0, skip=2**30 - 1).shape == (1, 2)
    with pytest.raises(ValueError, match="2\\^30"):
        sobol_points(2, 2, seed=0, skip=2**30 - 1)


def test_the_slow_part_of_scipy_is_not_imported() -> None:
    code = (
        "import sys; from hpo_gui.surrogates.sobol import sobol_points; sobol_points(4, 3, 0)\n"
        "print('scipy.stats' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
