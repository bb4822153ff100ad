"""Kernels and acquisition functions against their definitions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from hpo_gui.surrogates.acquisition import (
    log_expected_improvement,
    log_expected_improvement_slopes,
    log_h,
    log_probability_of_improvement,
    log_probability_of_improvement_slopes,
)
from hpo_gui.surrogates.kernels import KERNELS, KernelName

STEP = 1e-6


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_is_one_at_no_distance_and_falls(name: KernelName) -> None:
    u = np.linspace(0.0, 30.0, 200)
    value, _ = KERNELS[name](u)
    assert value[0] == 1.0
    assert (np.diff(value) < 0).all()
    assert (value > 0).all()


@pytest.mark.parametrize("name", KERNELS)
def test_the_slope_of_a_kernel_is_its_derivative(name: KernelName) -> None:
    u = np.geomspace(1e-3, 20.0, 60)
    _, slope = KERNELS[name](u)
    above, below = KERNELS[name](u + STEP)[0], KERNELS[name](u - STEP)[0]
    np.testing.assert_allclose(slope, (above - below) / (2 * STEP), rtol=1e-4)


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_matrix_is_positive_definite(name: KernelName) -> None:
    x = np.random.default_rng(0).random((40, 3))
    u = ((x[:, None] - x[None]) ** 2).sum(-1) * 5
    assert np.linalg.eigvalsh(KERNELS[name](u)[0]).min() > -1e-10


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 1.0), (0.5, 0.2), (-1.0, 2.0), (1.5, 0.5)])
def test_expected_improvement_is_the_integral_that_defines_it(mean: float, sd: float) -> None:
    best = 0.3

    def gain(f: float) -> float:
        density = math.exp(-0.5 * ((f - mean) / sd) ** 2) / (sd * math.sqrt(2 * math.pi))
        return (best - f) * density

    expected, _ = quad(gain, mean - 40 * sd, best, limit=400)
    found = log_expected_improvement(np.array([mean]), np.array([sd]), best)
    assert math.exp(found[0]) == pytest.approx(expected, rel=1e-8)


def test_log_h_goes_on_smoothly_where_its_formulas_meet() -> None:
    for place in (-1.0, -25.0):
        near = log_h(np.array([place - 1e-9, place + 1e-9]))
        assert near[1] - near[0] == pytest.approx(0.0, abs=1e-5)


@given(st.floats(-1e6, 50), st.floats(1e-6, 10))
def test_log_h_is_finite_and_rising_however_hopeless(z: float, more: float) -> None:
    low, high = log_h(np.array([z, z + more]))
    assert np.isfinite([low, high]).all()
    assert high >= low - 1e-7 * max(1.0, abs(low))


@pytest.mark.parametrize("mean", [-1.0, 0.0, 0.4, 2.0, 30.0])
@pytest.mark.parametrize("sd", [0.05, 0.7])
@pytest.mark.parametrize(
    "slopes", [log_expected_improvement_slopes, log_probability_of_improvement_slopes]
)
def test_slopes_are_the_derivatives(slopes, mean: float, sd: float) -> None:  # type: ignore[no-untyped-def]
    def at(m: float, s: float) -> float:
        return float(slopes(np.array([m]), np.array([s]), 0.1)[0][0])

    _, by_mean, by_sd = slopes(np.array([mean]), np.array([sd]), 0.1)
    step = 1e-6 * sd
    assert by_mean[0] == pytest.approx(
        (at(mean + step, sd) - at(mean - step, sd)) / (2 * step), rel=1e-3, abs=1e-6
    )
    assert by_sd[0] == pytest.approx(
        (at(mean, sd + step) - at(mean, sd - step)) / (2 * step), rel=1e-3, abs=1e-6
    )


def test_a_smaller_mean_and_a_larger_sd_are_better_to_try() -> None:
    mean, sd = np.array([0.0, 0.1, 0.1]), np.array([0.2, 0.2, 0.1])
    for values in (
        log_expected_improvement(mean, sd, 0.0),
        log_probability_of_improvement(mean, sd, 0.0),
    ):
        assert values[0] > values[1] > values[2]


def test_no_uncertainty_at_all_gives_a_number() -> None:
    found = log_expected_improvement(np.array([0.5, -0.5]), np.zeros(2), 0.0)
    assert np.isfinite(found).all()
    assert found[1] == pytest.approx(math.log(0.5))
