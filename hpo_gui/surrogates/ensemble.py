"""Several Gaussian processes on the same observations, each with other hyperparameters.

With few observations many hyperparameters explain them; the likeliest ones alone are too sure of
themselves. An acquisition function averaged over draws from their posterior is not (Snoek,
Larochelle, Adams 2012, arXiv 1206.2944, section 3.1). The posterior of θ = (log η, log s², log σ²)
is taken as normal around its maximum (Laplace; Rasmussen, Williams 2006, section 5.2), which costs
a few gradients instead of a Markov chain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.surrogates.embedding import IntArray
from hpo_gui.surrogates.gaussian_process import (
    GaussianProcess,
    condition,
    fit_gaussian_process,
    hyperparameter_posterior,
)
from hpo_gui.surrogates.kernels import KernelName

FloatArray = NDArray[np.float64]

MEMBERS = 4


@dataclass(frozen=True)
class Ensemble:
    """A mixture of posteriors with equal weights; made by `fit_ensemble`.

    Attributes
    ----------
    members : the first one has the likeliest hyperparameters
    """

    members: tuple[GaussianProcess, ...]

    @property
    def x(self) -> FloatArray:
        """What it was conditioned on (n, d), fantasies included."""
        return self.members[0].x

    def predict(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and sd of the loss without noise at (m, d), each (m,), in units of the losses."""
        return self.members[0].scaling.moments_backward(*self.latent(x))

    def latent(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and sd of the scaled loss without noise at (m, d), each (m,)."""
        return self._mixed([member.latent(x) for member in self.members])

    def _mixed(
        self, moments: list[tuple[FloatArray, FloatArray]]
    ) -> tuple[FloatArray, FloatArray]:
        means = np.array([mean for mean, _ in moments])
        variances = np.array([sd**2 for _, sd in moments])
        mean = means.mean(axis=0)
        sd = np.sqrt((variances + (means - mean) ** 2).mean(axis=0))  # law of total variance
        return mean, sd

    @property
    def noise(self) -> float:
        """Standard deviation of the noise in units of the losses."""
        return float(np.sqrt(np.mean([member.noise**2 for member in self.members])))

    def leave_one_out(self) -> tuple[FloatArray, FloatArray]:
        """Mean and sd of each loss as the others predict it, noise included, each (n,)."""
        scaled = self._mixed([member.latent_leave_one_out() for member in self.members])
        return self.members[0].scaling.moments_backward(*scaled)

    def believe(self, x: FloatArray) -> Ensemble:
        """Condition on what is expected at (m, d), see `GaussianProcess.believe`."""
        return Ensemble(tuple(member.believe(x) for member in self.members))

    def dread(self, x: FloatArray) -> Ensemble:
        """Condition on the worst loss seen at (m, d): where trials failed, and around."""
        worst = [np.full(len(x), member.z.max()) for member in self.members]
        members = zip(self.members, worst, strict=True)
        return Ensemble(tuple(member.assume(x, z) for member, z in members))


def fit_ensemble(
    x: FloatArray,
    y: FloatArray,
    levels: IntArray,
    rng: np.random.Generator,
    *,
    members: int = MEMBERS,
    kernel: KernelName = "matern52",
) -> Ensemble:
    """Fit to observations.

    Parameters
    ----------
    x : (n, d) positions in [0, 1], NaN where inactive; n ≥ 1
    y : (n,) finite losses
    levels : (d,) number of unordered choices, 0 for dimensions with an order
    rng : draws the hyperparameters of the members but the first
    """
    first = fit_gaussian_process(x, y, levels, kernel=kernel)
    drawn = hyperparameter_posterior(first).sample(members - 1, rng)
    others = (
        condition(first.x, first.z, first.embedding, values, first.scaling, kernel)
        for values in drawn
    )
    return Ensemble((first, *others))
