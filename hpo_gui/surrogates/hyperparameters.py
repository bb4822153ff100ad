"""Hyperparameters of a Gaussian process: their prior, the likeliest ones, draws from the rest.

Notation as in `gaussian_process`; θ = (log η, log s², log σ²), shape (d + 2,).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.optimize import minimize

from hpo_gui.surrogates.embedding import Embedding, FloatArray
from hpo_gui.surrogates.kernels import KERNELS, KernelName

NOISE_FLOOR = 1e-6
JITTER = 1e-10
FITTED_ON = 150  # observations that hyperparameters are fitted on at most


@dataclass(frozen=True)
class Hyperparameters:
    """η (d,), s² and σ² in units of the scaled losses."""

    scales: FloatArray
    variance: float
    noise: float


class Prior:
    """Normal priors of θ = (log η, log s², log σ²).

    The length scales grow with √d, the dimension-scaled prior of Hvarfner, Hellsten, Nardi (2024),
    arXiv 2402.02229, eq. 6, where d counts the dimensions that are active and vary on average.

    Attributes
    ----------
    mean, precision : of θ, shape (d + 2,)
    low, high : bounds of θ, shape (d + 2,)
    """

    LOG_LENGTH, LOG_LENGTH_SD = -0.75, 1.0  # of log ℓ in one dimension
    LOG_SIGNAL_SD = 0.5  # of log s around 0
    LOG_NOISE, LOG_NOISE_SD = -4.0, 1.5  # of log σ

    def __init__(self, x: FloatArray) -> None:
        d = x.shape[1]
        known = ~np.isnan(x)
        low = np.where(known, x, np.inf).min(axis=0)
        varied = np.where(known, x, -np.inf).max(axis=0) > low
        active = float((known & varied).sum(axis=1).mean())
        log_length = self.LOG_LENGTH + 0.5 * math.log(max(active, 1.0))
        self.mean = np.array([-2 * log_length] * d + [0.0, 2 * self.LOG_NOISE])
        sd = [self.LOG_LENGTH_SD] * d + [self.LOG_SIGNAL_SD, self.LOG_NOISE_SD]
        self.precision = 1 / np.square(2 * np.array(sd))
        self.low = np.array([-8.0] * d + [-4.0, math.log(NOISE_FLOOR)])
        self.high = np.array([10.0] * d + [4.0, 1.0])


@dataclass(frozen=True)
class HyperparameterPosterior:
    """A normal distribution of θ around its maximum (Rasmussen, Williams 2006, section 5.2).

    Attributes
    ----------
    mode : (d + 2,)
    root : (d + 2, d + 2) square root of the covariance
    low, high : bounds that draws are moved into
    """

    mode: FloatArray
    root: FloatArray
    low: FloatArray
    high: FloatArray

    def sample(self, count: int, rng: np.random.Generator) -> list[Hyperparameters]:
        noise = rng.standard_normal((count, len(self.mode)))
        return [
            _from_theta(theta)
            for theta in np.clip(self.mode + noise @ self.root.T, self.low, self.high)
        ]


def posterior(objective: Objective, values: Hyperparameters) -> HyperparameterPosterior:
    """The Laplace approximation at the most likely hyperparameters.

    The Hessian comes from central differences of the gradient. Directions in which the
    likelihood is flat or bends the wrong way get at most twice the prior's variance.
    """
    mode = np.log([*values.scales, values.variance, values.noise])
    steps = np.eye(len(mode)) * 1e-3
    rows = [(objective(mode + step)[1] - objective(mode - step)[1]) / 2e-3 for step in steps]
    hessian = np.array(rows)
    curvature, axes = np.linalg.eigh((hessian + hessian.T) / 2)
    prior = objective.prior
    curvature = np.maximum(curvature, 0.5 * prior.precision.min())
    return HyperparameterPosterior(mode, axes / np.sqrt(curvature), prior.low, prior.high)


def most_likely(objective: Objective) -> Hyperparameters:
    """Maximise likelihood times prior over θ with L-BFGS-B (eqs. 5.8, 5.9)."""
    prior = objective.prior
    found: Any = minimize(  # type: ignore[call-overload]  # the stubs want tuples of floats
        objective,
        prior.mean,
        jac=True,
        method="L-BFGS-B",
        bounds=np.stack([prior.low, prior.high], axis=1),
        options={"maxiter": 60, "ftol": 1e-5, "gtol": 1e-3},
    )
    return _from_theta(found.x)


def _from_theta(theta: FloatArray) -> Hyperparameters:
    scales, (variance, noise) = np.exp(theta[:-2]), np.exp(theta[-2:])
    return Hyperparameters(scales, float(variance), float(noise))


class Objective:
    """Negative log posterior of θ = (log η, log s², log σ²) with its gradient.

    The constant mean m is profiled out: m = 1ᵀK⁻¹z / 1ᵀK⁻¹1 (generalised least squares).
    """

    def __init__(
        self, x: FloatArray, z: FloatArray, embedding: Embedding, kernel: KernelName
    ) -> None:
        self.prior = Prior(x)
        chosen = best_and_spread(z, FITTED_ON)
        x, z = x[chosen], z[chosen]
        n, d = x.shape
        self.n, self.d, self.z = n, d, z
        rows, columns = np.triu_indices(n, 1)
        self.pairs = rows * n + columns
        self.differences = embedding.squared_differences(x, (rows, columns))
        self.kernel = KERNELS[kernel]

    def __call__(self, theta: FloatArray) -> tuple[float, FloatArray]:
        n, d = self.n, self.d
        scales, variance, noise = np.exp(theta[:d]), math.exp(theta[d]), math.exp(theta[d + 1])
        value, slope = self.kernel(scales @ self.differences)
        value *= variance
        covariance = np.zeros((n, n))
        covariance.ravel()[self.pairs] = value
        covariance[np.diag_indices(n)] = variance + noise + JITTER
        factor, failed = lapack.dpotrf(covariance, lower=0, clean=0)
        if failed:
            return 1e10, np.zeros_like(theta)
        solved, _ = lapack.dpotrs(factor, np.stack([self.z, np.ones(n)], axis=1), lower=0)
        mean = solved[:, 0].sum() / solved[:, 1].sum()
        a = solved[:, 0] - mean * solved[:, 1]
        inverse, _ = lapack.dpotri(factor, lower=0)
        outer = inverse - np.outer(a, a)
        above, diagonal = outer.ravel()[self.pairs], np.diagonal(outer)
        centred = self.z - mean
        gradient = np.empty_like(theta)
        gradient[:d] = variance * scales * (self.differences @ (above * slope))
        gradient[d] = above @ value + 0.5 * variance * diagonal.sum()
        gradient[d + 1] = 0.5 * noise * diagonal.sum()
        loss = 0.5 * float(centred @ a) + float(np.log(np.diagonal(factor)).sum())
        off = theta - self.prior.mean
        loss += 0.5 * float(self.prior.precision @ (off * off))
        return loss, gradient + self.prior.precision * off


def best_and_spread(z: FloatArray, count: int) -> NDArray[np.intp]:
    """At most ``count`` rows in their order: the smallest half and an even spread of the rest."""
    if len(z) <= count:
        return np.arange(len(z))
    order = np.argsort(z, kind="stable")
    best = count // 2
    places = np.linspace(best, len(z) - 1, count - best).astype(np.intp)
    return np.sort(np.concatenate([order[:best], order[places]]))
