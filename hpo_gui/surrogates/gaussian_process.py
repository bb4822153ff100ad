"""A Gaussian process with one length scale, chosen by likelihood from a few.

Notation (Rasmussen, Williams 2006, Gaussian processes for machine learning): x (n, d) positions,
y (n,) losses, K (n, n) covariance with noise, L its Cholesky factor, a = K⁻¹ y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LENGTHS = (0.1, 0.2, 0.4, 0.8, 1.6)
FITTED_ON = 120  # observations that length and noise are chosen on
NOISES = (1e-4, 1e-2, 0.1, 0.4)


@dataclass(frozen=True)
class GaussianProcess:
    """A posterior; made by `fit_gaussian_process`."""

    x: FloatArray
    levels: IntArray
    length: float
    relative_noise: float
    centre: float
    scale: float
    factor: FloatArray
    weights: FloatArray

    @property
    def noise(self) -> float:
        """Standard deviation of the noise in units of y."""
        return self.scale * float(np.sqrt(self.relative_noise))

    def predict(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the loss without noise, each (m,)."""
        cross = _kernel(x, self.x, self.levels, self.length)
        mean = cross @ self.weights
        half = solve_triangular(self.factor, cross.T, lower=True)
        sd = np.sqrt(np.maximum(1 - np.einsum("ij,ij->j", half, half), 1e-12))
        return self.centre + self.scale * mean, self.scale * sd

    def leave_one_out(self) -> tuple[FloatArray, FloatArray]:
        """Mean and sd of each loss as the others predict it, noise included, each (n,)."""
        inverse = cho_solve((self.factor, True), np.eye(len(self.x)))
        diagonal = np.diag(inverse)
        y = self.factor @ (self.factor.T @ self.weights)
        mean = y - self.weights / diagonal
        return self.centre + self.scale * mean, self.scale / np.sqrt(diagonal)


def fit_gaussian_process(x: FloatArray, y: FloatArray, levels: IntArray) -> GaussianProcess:
    """Fit to positions (n, d), NaN where inactive, and finite losses (n,)."""
    centre, scale = float(np.mean(y)), float(np.std(y)) or 1.0
    z = (y - centre) / scale
    some = np.linspace(0, len(x) - 1, min(len(x), FITTED_ON)).astype(np.intp)
    losses: dict[tuple[float, float], float] = {}
    for length in LENGTHS:
        covariance = _kernel(x[some], x[some], levels, length)
        for noise in NOISES:
            factor, weights = _solve(covariance, noise, z[some])
            fit = 0.5 * float(z[some] @ weights)
            losses[length, noise] = fit + float(np.log(np.diag(factor)).sum())
    length, noise = min(losses, key=losses.__getitem__)
    factor, weights = _solve(_kernel(x, x, levels, length), noise, z)
    return GaussianProcess(x, levels, length, noise, centre, scale, factor, weights)


def _solve(covariance: FloatArray, noise: float, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    factor = cholesky(covariance + (noise + 1e-8) * np.eye(len(z)), lower=True)
    return factor, cho_solve((factor, True), z)


def _kernel(one: FloatArray, other: FloatArray, levels: IntArray, length: float) -> FloatArray:
    """Matérn 5/2 on squared distances, unordered choices 1 apart."""
    total = np.zeros((len(one), len(other)))
    for j, count in enumerate(levels):
        a = np.where(np.isnan(one[:, j]), 0.5, one[:, j])[:, None]
        b = np.where(np.isnan(other[:, j]), 0.5, other[:, j])[None, :]
        total += (np.abs(a - b) > 1e-9) * 1.0 if count else (a - b) ** 2
    r = np.sqrt(5 * total / max(len(levels), 1)) / length
    return np.asarray((1 + r + r * r / 3) * np.exp(-r))
