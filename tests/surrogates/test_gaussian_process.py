"""The Gaussian process against textbook formulas, known functions and bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hpo_gui.surrogates.embedding import Embedding, squared_distances
from hpo_gui.surrogates.ensemble import fit_ensemble
from hpo_gui.surrogates.gaussian_process import (
    CONDITIONED_ON,
    GaussianProcess,
    condition,
    fit_gaussian_process,
    hyperparameter_posterior,
)
from hpo_gui.surrogates.hyperparameters import JITTER, Objective, best_and_spread
from hpo_gui.surrogates.kernels import KERNELS, KernelName
from hpo_gui.surrogates.scaling import fit_scaling

FloatArray = NDArray[np.float64]
LEVELS = np.array([0, 0, 3])


def observations(count: int = 25, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Two numbers, of which the second is inactive beside the first choice, and a choice of 3."""
    rng = np.random.default_rng(seed)
    x = rng.random((count, 3))
    x[:, 2] = (rng.integers(3, size=count) + 0.5) / 3
    x[x[:, 2] < 1 / 3, 1] = np.nan
    y = (x[:, 0] - 0.3) ** 2 + 0.5 * np.nan_to_num(x[:, 1], nan=1.0) + (x[:, 2] > 0.5)
    return x, y


def fitted(kernel: KernelName = "matern52") -> GaussianProcess:
    x, y = observations()
    return fit_gaussian_process(x, y, LEVELS, kernel=kernel)


def covariance(process: GaussianProcess, one: FloatArray, other: FloatArray) -> FloatArray:
    """s² k between positions, from the squared differences and nothing else."""
    both = np.concatenate([one, other])
    rows, columns = np.indices((len(one), len(other)))
    pairs = (rows.ravel(), columns.ravel() + len(one))
    values = process.hyperparameters
    u = values.scales @ process.embedding.squared_differences(both, pairs)
    matrix: FloatArray = values.variance * KERNELS[process.kernel](u)[0]
    return matrix.reshape(len(one), len(other))


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_posterior_is_that_of_the_textbook(kernel: KernelName) -> None:
    process = fitted(kernel)
    new, _ = observations(12, seed=5)
    noise = process.hyperparameters.noise + JITTER
    inverse = np.linalg.inv(
        covariance(process, process.x, process.x) + noise * np.eye(len(process.z))
    )
    cross = covariance(process, new, process.x)
    mean, sd = process.latent(new)
    np.testing.assert_allclose(
        mean, process.mean + cross @ inverse @ (process.z - process.mean), atol=1e-6
    )
    variance = process.hyperparameters.variance - np.einsum("ij,jk,ik->i", cross, inverse, cross)
    np.testing.assert_allclose(sd**2, np.maximum(variance, 0), atol=1e-6)


def test_the_gradient_of_the_likelihood_is_its_derivative() -> None:
    x, y = observations()
    objective = Objective(x, fit_scaling(y).forward(y), Embedding(LEVELS), "matern52")
    theta = np.random.default_rng(1).normal(size=5)
    _, gradient = objective(theta)
    for place, step in enumerate(np.eye(5) * 1e-5):
        change = (objective(theta + step)[0] - objective(theta - step)[0]) / 2e-5
        assert gradient[place] == pytest.approx(change, rel=1e-4, abs=1e-5)


def test_the_slopes_of_the_posterior_are_its_derivatives() -> None:
    process = fitted()
    x = np.array([[0.4, 0.7, 0.5], [0.9, 0.1, 5 / 6]])
    _, _, by_mean, by_sd = process.latent_with_slopes(x, process.inverse())
    for place in (0, 1):
        step = np.zeros(3)
        step[place] = 1e-5
        above, below = process.latent(x + step), process.latent(x - step)
        np.testing.assert_allclose(by_mean[:, place], (above[0] - below[0]) / 2e-5, rtol=1e-3)
        np.testing.assert_allclose(
            by_sd[:, place], (above[1] - below[1]) / 2e-5, rtol=1e-3, atol=1e-5
        )
    assert not by_mean[:, 2].any()


def test_embedded_distances_are_the_squared_differences() -> None:
    x, _ = observations(10)
    embedding = Embedding(LEVELS)
    rows, columns = np.indices((10, 10))
    direct = embedding.squared_differences(x, (rows.ravel(), columns.ravel())).sum(axis=0)
    features = embedding(x) * embedding.weight
    np.testing.assert_allclose(
        squared_distances(features, features), direct.reshape(10, 10), atol=1e-12
    )


def test_what_is_believed_keeps_the_mean_and_leaves_no_doubt_there() -> None:
    process = fitted()
    new, elsewhere = observations(3, seed=8)[0], observations(9, seed=9)[0]
    believing = process.believe(new)
    np.testing.assert_allclose(
        believing.latent(elsewhere)[0], process.latent(elsewhere)[0], atol=1e-5
    )
    assert (believing.latent(elsewhere)[1] <= process.latent(elsewhere)[1] + 1e-6).all()
    assert (believing.latent(new)[1] < 0.5 * process.latent(new)[1]).all()
    assert process.believe(np.empty((0, 3))) is process


def test_believing_in_two_steps_is_believing_at_once() -> None:
    process = fitted()
    new, elsewhere = observations(4, seed=8)[0], observations(9, seed=9)[0]
    stepwise = process.believe(new[:1]).believe(new[1:])
    for one, other in zip(
        stepwise.latent(elsewhere), process.believe(new).latent(elsewhere), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("count", [3, 5, 25])
def test_leaving_one_out_is_conditioning_on_the_others(count: int) -> None:
    """The mean is estimated without the one that is left out, too."""
    x, y = observations(count)
    process = fit_gaussian_process(x, y, LEVELS)
    mean, sd = process.latent_leave_one_out()
    for i in range(0, count, 7) if count > 5 else range(count):
        others = np.delete(np.arange(count), i)
        less = condition(
            process.x[others],
            process.z[others],
            process.embedding,
            process.hyperparameters,
            process.scaling,
            process.kernel,
        )
        there, doubt = less.latent(process.x[i][None])
        ones = np.linalg.solve(
            covariance(process, less.x, less.x)
            + np.eye(count - 1) * (process.hyperparameters.noise + JITTER),
            np.ones(count - 1),
        )
        cross = covariance(process, process.x[i][None], less.x)[0]
        # the doubt about the mean, Rasmussen and Williams eq. 2.42
        unknown = (1 - cross @ ones) ** 2 / ones.sum()
        noise = process.hyperparameters.noise + JITTER
        assert mean[i] == pytest.approx(there[0], abs=1e-6)
        assert sd[i] ** 2 == pytest.approx(doubt[0] ** 2 + noise + unknown, rel=1e-4)


def test_one_observation_alone_tells_nothing_of_itself() -> None:
    process = fit_gaussian_process(np.array([[0.5]]), np.array([1.0]), np.zeros(1, dtype=np.int64))
    mean, sd = process.latent_leave_one_out()
    assert np.isfinite(mean).all()
    assert sd[0] > 1e3


def test_a_smooth_function_is_learnt_from_few_observations() -> None:
    rng = np.random.default_rng(3)
    x = rng.random((40, 2))
    y = np.sin(5 * x[:, 0]) + x[:, 1] ** 2
    process = fit_gaussian_process(x, y, np.zeros(2, dtype=np.int64))
    new = rng.random((200, 2))
    truth = np.sin(5 * new[:, 0]) + new[:, 1] ** 2
    mean, sd = process.predict(new)
    assert np.sqrt(np.mean((mean - truth) ** 2)) < 0.02
    assert np.mean(np.abs(mean - truth) <= 3 * sd + 1e-3) > 0.9
    left_out, _ = process.leave_one_out()
    assert 1 - np.sum((left_out - y) ** 2) / np.sum((y - y.mean()) ** 2) > 0.99


def test_noise_is_estimated() -> None:
    rng = np.random.default_rng(4)
    x = rng.random((120, 1))
    y = np.sin(6 * x[:, 0]) + 0.3 * rng.standard_normal(120)
    assert fit_gaussian_process(x, y, np.zeros(1, dtype=np.int64)).noise == pytest.approx(
        0.3, rel=0.25
    )
    exact = fit_gaussian_process(x, np.sin(6 * x[:, 0]), np.zeros(1, dtype=np.int64))
    assert exact.noise < 0.02


def test_a_dimension_that_does_not_matter_gets_a_long_length_scale() -> None:
    rng = np.random.default_rng(5)
    x = rng.random((60, 3))
    process = fit_gaussian_process(x, np.sin(8 * x[:, 1]), np.zeros(3, dtype=np.int64))
    scales = process.hyperparameters.scales
    assert scales[1] > 100 * scales[0]
    assert scales[1] > 100 * scales[2]


def test_units_of_the_losses_do_not_matter() -> None:
    x, y = observations()
    new, _ = observations(6, seed=2)
    mean, sd = fit_gaussian_process(x, y, LEVELS).predict(new)
    for factor, offset in ((1e-9, 0.0), (1e9, -3e9), (1.0, 1e4)):
        moved, wider = fit_gaussian_process(x, y * factor + offset, LEVELS).predict(new)
        np.testing.assert_allclose(moved, mean * factor + offset, rtol=1e-3, atol=1e-3 * factor)
        np.testing.assert_allclose(wider, sd * factor, rtol=1e-2)


def test_an_enormous_outlier_does_not_flatten_the_rest() -> None:
    x, y = observations(40)
    y[7] = 1e12
    mean, _ = fit_gaussian_process(x, y, LEVELS).predict(x)
    others = np.delete(np.arange(40), 7)
    assert np.corrcoef(mean[others], y[others])[0, 1] > 0.95
    assert mean[7] > y[others].max()


@pytest.mark.parametrize("count", [1, 2, 30])
def test_equal_losses_give_that_loss_everywhere(count: int) -> None:
    x, _ = observations(count)
    mean, sd = fit_gaussian_process(x, np.full(count, 0.25), LEVELS).predict(observations(5, 1)[0])
    np.testing.assert_allclose(mean, 0.25, atol=1e-9)
    assert np.isfinite(sd).all()


@pytest.mark.parametrize("kernel", KERNELS)
def test_repeated_rows_with_different_losses_are_noise(kernel: KernelName) -> None:
    x = np.repeat(observations(5)[0], 6, axis=0)
    y = np.random.default_rng(0).normal(size=30)
    mean, sd = fit_gaussian_process(x, y, LEVELS, kernel=kernel).predict(x)
    assert np.isfinite(mean).all()
    assert np.isfinite(sd).all()


def test_wide_and_long_problems_stay_affordable() -> None:
    rng = np.random.default_rng(6)
    wide = rng.random((60, 100))
    assert np.isfinite(
        fit_gaussian_process(wide, wide.sum(1), np.zeros(100, dtype=np.int64)).predict(wide)[0]
    ).all()
    choices = (rng.integers(500, size=(80, 1)) + 0.5) / 500
    process = fit_gaussian_process(choices, choices[:, 0], np.array([500]))
    assert np.isfinite(process.predict(choices)[0]).all()
    long = rng.random((5000, 2))
    process = fit_gaussian_process(long, long[:, 0], np.zeros(2, dtype=np.int64))
    assert len(process.z) == CONDITIONED_ON
    assert process.z.min() == process.scaling.forward(long[:, :1]).min()


def test_best_and_spread_keeps_the_best_and_some_of_all_the_others() -> None:
    z = np.random.default_rng(0).permutation(1000).astype(float)
    rows = best_and_spread(z, 100)
    assert len(rows) == len(set(rows.tolist())) == 100
    assert set(range(50)) <= set(z[rows].astype(int).tolist())
    assert z[rows].max() == 999
    assert (np.diff(rows) > 0).all()


def test_other_hyperparameters_are_drawn_around_the_likeliest() -> None:
    process = fitted()
    draws = hyperparameter_posterior(process).sample(200, np.random.default_rng(0))
    logs = np.log([draw.scales for draw in draws])
    np.testing.assert_allclose(
        np.median(logs, axis=0), np.log(process.hyperparameters.scales), atol=0.7
    )
    assert (logs.std(axis=0) > 0.05).all()


def test_an_ensemble_doubts_more_than_its_first_member_and_repeats_exactly() -> None:
    x, y = observations(8)
    new, _ = observations(50, seed=3)
    ensemble = fit_ensemble(x, y, LEVELS, np.random.default_rng(1), members=6)
    mean, sd = ensemble.latent(new)
    again = fit_ensemble(x, y, LEVELS, np.random.default_rng(1), members=6).latent(new)
    np.testing.assert_array_equal(mean, again[0])
    np.testing.assert_array_equal(sd, again[1])
    members = np.array([member.latent(new)[1] for member in ensemble.members])
    assert (sd >= members.min(axis=0)).all()
    assert np.isfinite(ensemble.leave_one_out()).all()
    assert ensemble.noise >= 0


def test_where_trials_failed_the_worst_is_expected() -> None:
    x, y = observations()
    ensemble = fit_ensemble(x, y, LEVELS, np.random.default_rng(1))
    best = x[[int(np.argmin(y))]]
    assert ensemble.dread(best).predict(best)[0] > ensemble.predict(best)[0] + 0.1


@given(st.lists(st.floats(-1e100, 1e100), min_size=1, max_size=30), st.floats(-1e100, 1e100))
def test_scaling_keeps_the_order(listed: list[float], other: float) -> None:
    y = np.array([*listed, other])
    z = fit_scaling(np.array(listed)).forward(y)
    assert np.isfinite(z).all()
    assert (np.diff(z[np.argsort(y)]) >= 0).all()


@given(st.lists(st.floats(-100, 1000), min_size=2, max_size=30))
def test_scaling_turns_back(listed: list[float]) -> None:
    y = np.array(listed)
    scaling = fit_scaling(y)
    within = (y - scaling.centre) / scaling.scale < 1000
    back = scaling.backward(scaling.forward(y))
    np.testing.assert_allclose(back[within], y[within], rtol=1e-6, atol=1e-6 * scaling.scale)


@given(st.lists(st.floats(-100, 1000), min_size=2, max_size=30), st.floats(0, 20))
def test_a_little_more_than_the_worst_loss_is_no_astronomical_number(
    listed: list[float], more: float
) -> None:
    y = np.array(listed)
    scaling = fit_scaling(y)
    z = scaling.forward(y).max() + np.array([0.0, more / 2, more])
    back = scaling.backward(z)
    assert (np.diff(back) >= 0).all()
    widths = (y.max() - y.min()) / scaling.scale + 20
    assert back[-1] <= y.max() + 20 * widths * scaling.scale * max(1.0, scaling.spread)
