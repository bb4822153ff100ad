"""The Gaussian process of a function that drifts."""

from __future__ import annotations

import numpy as np
import pytest

from hpo_gui.surrogates.time_varying import NOISES, fit_time_varying


def drifting(count: int, speed: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A bump whose top moves; standardised outcomes with a little noise."""
    rng = np.random.default_rng(seed)
    x, t = rng.random((count, 1)), np.repeat(np.arange(count // 5), 5).astype(float)
    y = -((x[:, 0] - 0.2 - speed * t) ** 2) * 10 + rng.normal(0, 0.05, count)
    return x, t, (y - y.mean()) / y.std()


@pytest.mark.parametrize("seed", range(3))
def test_it_finds_where_the_top_has_moved_to(seed: int) -> None:
    x, t, y = drifting(60, 0.05, seed)
    process = fit_time_varying(x, t, y)
    grid = np.linspace(0, 1, 101)[:, None]
    for now in (3.0, 12.0):
        mean, _ = process.predict(grid, np.full(101, now))
        assert abs(float(grid[np.argmax(mean), 0]) - (0.2 + 0.05 * now)) < 0.15


def test_what_lies_back_is_less_certain_than_what_was_just_seen() -> None:
    x, t, y = drifting(40, 0.05, 1)
    process = fit_time_varying(x, t, y)
    _, now = process.predict(x[-1:], t[-1:])
    _, later = process.predict(x[-1:], t[-1:] + 50)
    assert later[0] > now[0]


def test_what_is_being_tried_makes_it_surer_there_and_leaves_the_mean() -> None:
    x, t, y = drifting(30, 0.0, 2)
    process = fit_time_varying(x, t, y)
    at, when = np.array([[0.97]]), np.array([6.0])
    mean, sd = process.predict(at, when)
    beside = process.beside(at, when)
    mean_beside, sd_beside = beside.predict(at, when)
    assert sd_beside[0] < sd[0]
    assert mean_beside[0] == pytest.approx(mean[0], abs=0.05)
    assert process.beside(np.empty((0, 1)), np.empty(0)) is process


def test_equal_positions_and_equal_outcomes_do_no_harm() -> None:
    x, t = np.full((12, 2), 0.5), np.zeros(12)
    process = fit_time_varying(x, t, np.zeros(12))
    mean, sd = process.predict(x[:1], t[:1])
    assert mean[0] == pytest.approx(0.0)
    assert np.isfinite(sd[0])
    assert process.noise in NOISES
