"""A Gaussian process over the unit cube, with categorical and inactive dimensions.

Notation (Rasmussen, Williams 2006, Gaussian Processes for Machine Learning, chapters 2 and 5)
--------
n, d, p : observations, dimensions, columns of the embedding
x    : positions (n, d) in [0, 1]; NaN where a dimension is inactive
z    : scaled losses (n,), see `scaling`
η    : inverse squared length scales (d,)
u    : squared distance Σⱼ ηⱼ Δⱼ², see `embedding`
s², σ² : variance of the signal and of the noise
m    : constant mean
K    : s² k(u) + σ² I, (n, n); a = K⁻¹ (z − m)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.linalg import lapack, solve_triangular

from hpo_gui.surrogates.embedding import Embedding, FloatArray, IntArray, squared_distances
from hpo_gui.surrogates.hyperparameters import (
    JITTER,
    HyperparameterPosterior,
    Hyperparameters,
    Objective,
    best_and_spread,
    most_likely,
    posterior,
)
from hpo_gui.surrogates.kernels import KERNELS, KernelName
from hpo_gui.surrogates.scaling import Scaling, fit_scaling

CONDITIONED_ON = 800  # observations that the posterior stands on at most
NOTHING_LEFT = 1e-12  # share of K⁻¹ᵢᵢ below which it is rounding


@dataclass(frozen=True)
class GaussianProcess:
    """A posterior; made by `fit_gaussian_process`.

    Attributes
    ----------
    x, z : what it was conditioned on, fantasies included
    scaling : between losses and scaled losses
    """

    x: FloatArray
    z: FloatArray
    embedding: Embedding
    hyperparameters: Hyperparameters
    scaling: Scaling
    kernel: KernelName
    mean: float
    features: FloatArray = field(repr=False)
    factor: FloatArray = field(repr=False)  # lower Cholesky factor of K
    weights: FloatArray = field(repr=False)  # a

    # --- predictions --------------------------------------------------------------------------

    @property
    def noise(self) -> float:
        """Standard deviation of the noise in units of the losses, near the best ones."""
        sd = math.sqrt(self.hyperparameters.noise)
        low = self.scaling.backward(np.array([self.z.min() - sd, self.z.min() + sd]))
        return float(low[1] - low[0]) / 2

    def predict(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the loss without noise at (m, d), each (m,).

        In units of the losses: the median, and its distance from the 16th percentile.
        """
        return self.scaling.moments_backward(*self.latent(x))

    def latent(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and sd of the scaled loss without noise at (m, d), each (m,) (eqs. 2.25, 2.26)."""
        cross, _ = self._cross(self._scaled(self.embedding(x)))
        mean = self.mean + cross @ self.weights
        half = solve_triangular(self.factor, cross.T, lower=True, check_finite=False)
        variance = self.hyperparameters.variance - np.einsum("ij,ij->j", half, half)
        return mean, np.sqrt(np.maximum(variance, 1e-14))

    def expect(self, x: FloatArray) -> FloatArray:
        """Mean of the scaled loss at (m, d), (m,): that of `latent`, in a fraction of its time."""
        cross, _ = self._cross(self._scaled(self.embedding(x)))
        expected: FloatArray = self.mean + cross @ self.weights
        return expected

    def draw(self, x: FloatArray, rng: np.random.Generator) -> FloatArray:
        """One function from the posterior, without noise, at (m, d), in scaled losses (m,)."""
        scaled = self._scaled(self.embedding(x))
        cross, _ = self._cross(scaled)
        half = solve_triangular(self.factor, cross.T, lower=True, check_finite=False)
        prior = KERNELS[self.kernel](squared_distances(scaled, scaled))[0]
        covariance = self.hyperparameters.variance * prior - half.T @ half
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        drawn: FloatArray = self.mean + cross @ self.weights + root @ rng.standard_normal(len(x))
        return drawn

    def latent_with_slopes(
        self, x: FloatArray, inverse: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """`latent`, and the slopes of mean and sd along the numeric dimensions.

        Parameters
        ----------
        inverse : K⁻¹ (n, n), see `inverse`

        Returns
        -------
        mean (m,), sd (m,), ∂mean/∂x (m, d), ∂sd/∂x (m, d); slopes of categorical ones are 0
        """
        features = self.embedding(x)
        cross, slope = self._cross(self._scaled(features))
        mean = self.mean + cross @ self.weights
        solved = cross @ inverse
        variance = self.hyperparameters.variance - np.einsum("ij,ij->i", cross, solved)
        sd = np.sqrt(np.maximum(variance, 1e-14))
        numeric = self.embedding.numeric
        count = len(numeric)
        twice = 2.0 * self.hyperparameters.scales[numeric]
        own, theirs = features[:, :count], self.features[:, :count]

        def along(coefficients: FloatArray) -> FloatArray:
            full = np.zeros((len(x), len(self.embedding.levels)))
            inner = own * coefficients.sum(1, keepdims=True) - coefficients @ theirs
            full[:, numeric] = twice * inner
            return full

        by_mean = along(slope * self.weights)
        by_sd = along(slope * solved) / -sd[:, None]
        return mean, sd, by_mean, by_sd

    def inverse(self) -> FloatArray:
        """K⁻¹, (n, n)."""
        upper, _ = lapack.dpotri(self.factor, lower=1)
        full = np.tril(upper)
        return np.asarray(full + np.tril(full, -1).T)

    def leave_one_out(self) -> tuple[FloatArray, FloatArray]:
        """Mean and sd of each loss as the others predict it, noise included, each (n,)."""
        return self.scaling.moments_backward(*self.latent_leave_one_out())

    def latent_leave_one_out(self) -> tuple[FloatArray, FloatArray]:
        """`leave_one_out` for the scaled losses.

        Rasmussen, Williams, eq. 5.12: μᵢ = zᵢ − aᵢ / dᵢ, σᵢ² = 1 / dᵢ, where the mean m is
        estimated without the one that is left out too (Dubrule 1983, Cross validation of kriging
        in a unique neighborhood, Mathematical Geology 15): with o = K⁻¹1,
        dᵢ = K⁻¹ᵢᵢ − oᵢ² / 1ᵀo instead of K⁻¹ᵢᵢ.
        """
        inverse = self.inverse()
        known, ones = np.diag(inverse), inverse.sum(axis=1)
        left = np.maximum(known - ones**2 / ones.sum(), NOTHING_LEFT * known)  # 0 for one alone
        return self.z - self.weights / left, 1 / np.sqrt(left)

    # --- more observations --------------------------------------------------------------------

    def believe(self, x: FloatArray) -> GaussianProcess:
        """Condition on fantasies at (m, d): the losses are what is expected there.

        The Kriging believer (Ginsbourger, Le Riche, Carraro 2010): the mean stays, the variance
        near open trials vanishes, so that the next proposal goes elsewhere.
        """
        mean, _ = self.latent(x)
        return self.assume(x, mean)

    def assume(self, x: FloatArray, z: FloatArray) -> GaussianProcess:
        """Condition on scaled losses z (m,) at (m, d) too; hyperparameters and m stay."""
        if not len(x):
            return self
        features = self.embedding(x)
        scaled = self._scaled(features)
        cross, _ = self._cross(scaled)
        values = self.hyperparameters
        prior = values.variance * KERNELS[self.kernel](squared_distances(scaled, scaled))[0]
        prior[np.diag_indices(len(x))] += values.noise + JITTER
        corner = solve_triangular(self.factor, cross.T, lower=True, check_finite=False)
        size, more = len(self.z), len(x)
        factor = np.zeros((size + more, size + more))
        factor[:size, :size] = self.factor
        factor[size:, :size] = corner.T
        factor[size:, size:] = _cholesky(prior - corner.T @ corner)
        both = np.concatenate([self.z, z])
        return replace(
            self,
            x=np.concatenate([self.x, x]),
            z=both,
            features=np.concatenate([self.features, features]),
            factor=factor,
            weights=_solve(factor, both - self.mean),
        )

    # --- inside -------------------------------------------------------------------------------

    def _scaled(self, features: FloatArray) -> FloatArray:
        scales = np.sqrt(self.hyperparameters.scales)[self.embedding.owner]
        return np.asarray(features * (scales * self.embedding.weight))

    def _cross(self, scaled: FloatArray) -> tuple[FloatArray, FloatArray]:
        """s² k and s² k' between rows of features and the observations, each (m, n)."""
        u = squared_distances(scaled, self._scaled(self.features))
        value, slope = KERNELS[self.kernel](u)
        value *= self.hyperparameters.variance
        slope *= self.hyperparameters.variance
        return value, slope


def fit_gaussian_process(
    x: FloatArray, y: FloatArray, levels: IntArray, *, kernel: KernelName = "matern52"
) -> GaussianProcess:
    """Fit to observations by maximum a posteriori.

    Parameters
    ----------
    x : (n, d) positions in [0, 1], NaN where inactive; n ≥ 1
    y : (n,) finite losses
    levels : (d,) number of unordered choices, 0 for dimensions with an order

    The cost is bounded: beyond 800 observations the posterior stands on the best half of 800 and
    an even spread of the others, and the hyperparameters on 150 chosen likewise.
    """
    scaling = fit_scaling(y)
    z = scaling.forward(y)
    kept = best_and_spread(z, CONDITIONED_ON)
    x, z = x[kept], z[kept]
    embedding = Embedding(np.asarray(levels, dtype=np.int64))
    values = most_likely(Objective(x, z, embedding, kernel))
    return condition(x, z, embedding, values, scaling, kernel)


def condition(
    x: FloatArray,
    z: FloatArray,
    embedding: Embedding,
    hyperparameters: Hyperparameters,
    scaling: Scaling,
    kernel: KernelName,
) -> GaussianProcess:
    """The posterior given hyperparameters; the mean m by generalised least squares (eq. 2.42)."""
    features = embedding(x)
    scaled = features * (np.sqrt(hyperparameters.scales)[embedding.owner] * embedding.weight)
    covariance = KERNELS[kernel](squared_distances(scaled, scaled))[0]
    covariance *= hyperparameters.variance
    covariance[np.diag_indices(len(z))] = hyperparameters.variance + hyperparameters.noise + JITTER
    factor = _cholesky(covariance)
    ones = _solve(factor, np.ones(len(z)))
    mean = float(ones @ z / ones.sum())
    weights = _solve(factor, z - mean)
    return GaussianProcess(
        x, z, embedding, hyperparameters, scaling, kernel, mean, features, factor, weights
    )


def hyperparameter_posterior(process: GaussianProcess) -> HyperparameterPosterior:
    """What other hyperparameters would explain the observations of a fitted process."""
    objective = Objective(process.x, process.z, process.embedding, process.kernel)
    return posterior(objective, process.hyperparameters)


def _cholesky(matrix: FloatArray) -> FloatArray:
    """Lower factor; jitter grows until there is one."""
    size = float(np.mean(np.diag(matrix))) if len(matrix) else 1.0
    for power in range(-12, 0):
        factor, failed = lapack.dpotrf(matrix, lower=1, clean=1)
        if not failed:
            return np.asarray(factor)
        matrix = matrix + np.eye(len(matrix)) * size * 10.0**power
    raise np.linalg.LinAlgError("no jitter makes the covariance positive definite")


def _solve(factor: FloatArray, right: FloatArray) -> FloatArray:
    solution, _ = lapack.dpotrs(factor, right, lower=1)
    return np.asarray(solution)
