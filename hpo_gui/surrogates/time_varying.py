"""A Gaussian process whose function drifts: what was seen long ago counts less.

Notation
--------
n, d : observations, dimensions
x    : positions (n, d) in [0, 1]
t    : times (n,), in intervals of training
y    : standardised outcomes (n,)
ℓ, ε : length scale, and how much is forgotten an interval
σ²   : variance of the noise; that of the signal is 1

Kernel: exp(−|Δx|² / 2ℓ²) · (1 − ε)^(|Δt| / 2). Source: Parker-Holder, Nguyen, Roberts (2020),
Provably efficient online hyperparameter optimization with population-based bandits, arXiv
2002.02518, eq. 5; Bogunovic, Scarlett, Cevher (2016), Time-varying Gaussian process bandit
optimization, arXiv 1601.06650.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve, solve_triangular

FloatArray = NDArray[np.float64]

LENGTHS = (0.1, 0.2, 0.35, 0.6, 1.0, 2.0)
FORGETTING = (0.01, 0.05, 0.2, 0.5)
NOISES = (0.01, 0.1, 0.4, 1.0)
"""What is tried; the most likely combination is taken. A search between them gains nothing on
the few dozen noisy observations that a population gives."""


@dataclass(frozen=True)
class TimeVaryingProcess:
    """A posterior; made by `fit_time_varying`."""

    x: FloatArray
    t: FloatArray
    y: FloatArray
    length: float
    forgetting: float
    noise: float
    factor: FloatArray  # lower Cholesky factor of K + σ² I
    weights: FloatArray  # (K + σ² I)⁻¹ y

    def predict(self, x: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the outcome without noise at (m, d) and (m,)."""
        cross = _kernel(x, t, self.x, self.t, self.length, self.forgetting)
        half = solve_triangular(self.factor, cross.T, lower=True)
        variance = 1.0 - np.einsum("ij,ij->j", half, half)
        return cross @ self.weights, np.sqrt(np.maximum(variance, 1e-12))

    def beside(self, x: FloatArray, t: FloatArray) -> TimeVaryingProcess:
        """Itself, surer of what is being tried at (m, d) and (m,), with the same mean there."""
        if not len(x):
            return self
        y = np.concatenate([self.y, self.predict(x, t)[0]])
        x, t = np.vstack([self.x, x]), np.concatenate([self.t, t])
        posterior = _conditioned(x, t, y, self.length, self.forgetting, self.noise)
        return self if posterior is None else posterior[0]


def fit_time_varying(x: FloatArray, t: FloatArray, y: FloatArray) -> TimeVaryingProcess:
    """The process with the most likely ℓ, ε and σ² for outcomes of mean 0 and variance 1."""
    best: tuple[TimeVaryingProcess, float] | None = None
    for length, forgetting, noise in product(LENGTHS, FORGETTING, NOISES):
        found = _conditioned(x, t, y, length, forgetting, noise)
        if found is not None and (best is None or found[1] > best[1]):
            best = found
    assert best is not None, "a noise of 1 always gives a positive definite matrix"
    return best[0]


def _conditioned(
    x: FloatArray, t: FloatArray, y: FloatArray, length: float, forgetting: float, noise: float
) -> tuple[TimeVaryingProcess, float] | None:
    """The posterior and its log likelihood; None where the matrix is not positive definite."""
    matrix = _kernel(x, t, x, t, length, forgetting)
    matrix[np.diag_indices_from(matrix)] += noise
    try:
        factor, _ = cho_factor(matrix, lower=True)
    except LinAlgError:
        return None
    factor = np.tril(factor)
    weights = cho_solve((factor, True), y)
    likelihood = -0.5 * float(y @ weights) - float(np.log(np.diag(factor)).sum())
    return TimeVaryingProcess(x, t, y, length, forgetting, noise, factor, weights), likelihood


def _kernel(
    x: FloatArray,
    t: FloatArray,
    other_x: FloatArray,
    other_t: FloatArray,
    length: float,
    forgetting: float,
) -> FloatArray:
    squared = ((x[:, None, :] - other_x[None, :, :]) ** 2).sum(axis=2)
    apart = np.abs(t[:, None] - other_t[None, :])
    decay = math.log1p(-forgetting) / 2
    result: FloatArray = np.exp(-squared / (2 * length**2) + decay * apart)
    return result
