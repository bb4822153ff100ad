"""Acquisition functions over the cube: averaged over an ensemble of posteriors, or of a forest."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.cube import Cube
from hpo_gui.strategies.acquisition_search import Acquisition, few_values
from hpo_gui.surrogates.acquisition import (
    log_expected_improvement_slopes,
    log_probability_of_improvement_slopes,
)
from hpo_gui.surrogates.ensemble import Ensemble
from hpo_gui.surrogates.forest import Forest

FloatArray = NDArray[np.float64]
AcquisitionName = Literal["log_ei", "ucb", "pi", "thompson"]


def make_acquisition(
    name: AcquisitionName,
    cube: Cube,
    surrogate: Ensemble | Forest,
    rng: np.random.Generator,
    *,
    beta: float = 2.0,
    margin: float = 0.0,
    rivals: FloatArray | None = None,
) -> Acquisition:
    """The acquisition function of that name.

    To improve on is the smallest mean at any rival, by default any trial, open ones included:
    noise fools it less than the smallest loss, and where a trial is under way nothing more is to
    gain.

    Parameters
    ----------
    rng : of the draw of "thompson"
    beta : standard deviations of "ucb"
    margin : least improvement that counts, in scaled losses
    rivals : positions (k, d), k ≥ 1
    """
    rivals = surrogate.x if rivals is None else rivals
    if isinstance(surrogate, Forest):
        return _OfForest(name, cube, surrogate, rng, beta, margin, rivals)
    if name == "thompson":
        return _Thompson(cube, surrogate, rng)
    return _Averaged(name, cube, surrogate, beta, margin, rivals)


class _Averaged:
    """The logarithm of the members' mean improvement; of "ucb" the mean bound."""

    smooth = True

    def __init__(
        self,
        name: AcquisitionName,
        cube: Cube,
        ensemble: Ensemble,
        beta: float,
        margin: float,
        rivals: FloatArray,
    ) -> None:
        self._name = name
        self._cube = cube
        self._members = ensemble.members
        self._beta = beta
        lowest = [float(member.latent(rivals)[0].min()) for member in ensemble.members]
        self._best = [best - margin for best in lowest]
        self._inverses: list[FloatArray] = []

    def value(self, full: FloatArray) -> FloatArray:
        legal = self._cube.legal(full)
        values = []
        for place, member in enumerate(self._members):
            mean, sd = member.latent(legal)
            values.append(self._weigh(place, mean, sd)[0])
        return self._mean(np.array(values))[0]

    def slopes(self, full: FloatArray) -> tuple[FloatArray, FloatArray]:
        if not self._inverses:
            self._inverses = [member.inverse() for member in self._members]
        soft, active = between_values(self._cube, full)
        values, gradients = [], []
        for place, member in enumerate(self._members):
            mean, sd, by_mean, by_sd = member.latent_with_slopes(soft, self._inverses[place])
            value, of_mean, of_sd = self._weigh(place, mean, sd)
            values.append(value)
            gradients.append((of_mean[:, None] * by_mean + of_sd[:, None] * by_sd) * active)
        mean, weights = self._mean(np.array(values))
        return mean, np.einsum("km,kmd->md", weights, np.array(gradients))

    def _weigh(
        self, place: int, mean: FloatArray, sd: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Value and derivatives with respect to mean and sd."""
        return _weigh(self._name, mean, sd, self._best[place], self._beta)

    def _mean(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The mean over the members (k, m), and each one's weight in its gradient (k, m)."""
        count = len(values)
        if self._name == "ucb":
            return values.mean(axis=0), np.full_like(values, 1 / count)
        return log_mean(values)


def between_values(cube: Cube, full: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Positions to climb from (m, d), NaN where inactive, and what is active.

    Whole numbers with many values are climbed between them.
    """
    legal = cube.legal(full)
    active = ~np.isnan(legal)
    listed = few_values(cube) | (cube.levels > 0)
    return np.where(active & ~listed, full, legal), active


def log_mean(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """log of the mean of exp(values), shape (k, m), over k, and each one's weight in it (k, m)."""
    largest = values.max(axis=0)
    weights = np.exp(values - largest)
    total = weights.sum(axis=0)
    return largest + np.log(total / len(values)), weights / total


class _OfForest:
    """The same of a forest, which has no slopes; a draw of "thompson" is one of its trees."""

    smooth = False

    def __init__(
        self,
        name: AcquisitionName,
        cube: Cube,
        forest: Forest,
        rng: np.random.Generator,
        beta: float,
        margin: float,
        rivals: FloatArray,
    ) -> None:
        self._name = name
        self._cube = cube
        self._forest = forest
        self._beta = beta
        self._best = float(forest.latent(rivals)[0].min()) - margin
        self._tree = int(rng.integers(forest.trees)) if name == "thompson" else None

    def value(self, full: FloatArray) -> FloatArray:
        legal = self._cube.legal(full)
        if self._tree is not None:
            return -self._forest.tree(self._tree, legal)
        mean, sd = self._forest.latent(legal)
        return _weigh(self._name, mean, sd, self._best, self._beta)[0]

    def slopes(self, full: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self.value(full), np.zeros_like(full)


def _weigh(
    name: AcquisitionName, mean: FloatArray, sd: FloatArray, best: float, beta: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Value and derivatives with respect to mean and sd."""
    if name == "log_ei":
        return log_expected_improvement_slopes(mean, sd, best)
    if name == "pi":
        return log_probability_of_improvement_slopes(mean, sd, best)
    return beta * sd - mean, np.full_like(mean, -1.0), np.full_like(mean, beta)


class _Thompson:
    """Minus one draw from the posterior, at whatever positions are asked for first.

    Thompson (1933); as in Kandasamy et al. (2018), arXiv 1705.09236. A draw is a function on the
    first candidates only: it has no slopes, and nothing is known of it elsewhere.
    """

    smooth = True  # NOTE: flat, so that a climb ends where it starts

    def __init__(self, cube: Cube, ensemble: Ensemble, rng: np.random.Generator) -> None:
        self._cube = cube
        self._member = ensemble.members[int(rng.integers(len(ensemble.members)))]
        self._rng = rng
        self._drawn: dict[bytes, float] = {}

    def value(self, full: FloatArray) -> FloatArray:
        legal = self._cube.legal(full)
        if not self._drawn:
            draw = self._member.draw(legal, self._rng)
            self._drawn = {
                row.tobytes(): -float(loss) for row, loss in zip(legal, draw, strict=True)
            }
        return np.array([self._drawn.get(row.tobytes(), -np.inf) for row in legal])

    def slopes(self, full: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self.value(full), np.zeros_like(full)
