"""Acquisition functions of several goals over the cube, averaged over members of ensembles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.cube import Cube
from hpo_gui.core.pareto import is_front
from hpo_gui.strategies.acquisition_choice import between_values, log_mean
from hpo_gui.strategies.acquisition_search import Acquisition
from hpo_gui.strategies.goal_models import GoalModels
from hpo_gui.surrogates.gaussian_process import GaussianProcess
from hpo_gui.surrogates.hypervolume_improvement import (
    log_expected_hypervolume_improvement,
    log_expected_hypervolume_improvement_slopes,
    log_probability_within_slopes,
)
from hpo_gui.surrogates.nondominated_boxes import nondominated_boxes

FloatArray = NDArray[np.float64]
Slopes = tuple[FloatArray, FloatArray, FloatArray]


class Weigher(Protocol):
    """What one member's moments at m positions, each (m, g), are worth, as a logarithm."""

    def value(self, mean: FloatArray, sd: FloatArray) -> FloatArray:
        """Worth, (m,)."""
        ...

    def slopes(self, mean: FloatArray, sd: FloatArray) -> Slopes:
        """Worth (m,) and its derivatives with respect to mean and sd, each (m, g)."""
        ...


class HypervolumeGain:
    """Expected hypervolume improvement on one member's expected front."""

    def __init__(self, front: FloatArray, reference: FloatArray, bounds: FloatArray) -> None:
        self._boxes = nondominated_boxes(front, reference)
        self._bounds = bounds

    def value(self, mean: FloatArray, sd: FloatArray) -> FloatArray:
        return log_expected_hypervolume_improvement(mean, sd, self._boxes, self._bounds)

    def slopes(self, mean: FloatArray, sd: FloatArray) -> Slopes:
        return log_expected_hypervolume_improvement_slopes(mean, sd, self._boxes, self._bounds)


class Within:
    """Probability that all thresholds are kept."""

    def __init__(self, bounds: FloatArray) -> None:
        self._bounds = bounds

    def value(self, mean: FloatArray, sd: FloatArray) -> FloatArray:
        return self.slopes(mean, sd)[0]

    def slopes(self, mean: FloatArray, sd: FloatArray) -> Slopes:
        return log_probability_within_slopes(mean, sd, self._bounds)


class OverMembers:
    """The logarithm of the members' mean worth."""

    smooth = True

    def __init__(
        self,
        cube: Cube,
        members: Sequence[tuple[GaussianProcess, ...]],
        weighers: Sequence[Weigher],
    ) -> None:
        self._cube = cube
        self._members = members
        self._weighers = weighers
        self._inverses: list[list[FloatArray]] = []

    def value(self, full: FloatArray) -> FloatArray:
        legal = self._cube.legal(full)
        values = []
        for processes, weigher in zip(self._members, self._weighers, strict=True):
            moments = [process.latent(legal) for process in processes]
            mean, sd = (np.stack(parts, axis=1) for parts in zip(*moments, strict=True))
            values.append(weigher.value(mean, sd))
        return log_mean(np.array(values))[0]

    def slopes(self, full: FloatArray) -> tuple[FloatArray, FloatArray]:
        if not self._inverses:
            self._inverses = [[process.inverse() for process in row] for row in self._members]
        soft, active = between_values(self._cube, full)
        values, gradients = [], []
        for place, weigher in enumerate(self._weighers):
            processes = zip(self._members[place], self._inverses[place], strict=True)
            moments = [process.latent_with_slopes(soft, inverse) for process, inverse in processes]
            mean, sd = (np.stack([part[i] for part in moments], axis=1) for i in (0, 1))
            value, by_mean, by_sd = weigher.slopes(mean, sd)
            gradient = np.zeros_like(soft)
            for goal, (_, _, mean_by_x, sd_by_x) in enumerate(moments):
                gradient += by_mean[:, goal, None] * mean_by_x + by_sd[:, goal, None] * sd_by_x
            values.append(value)
            gradients.append(gradient * active)
        mean_value, weights = log_mean(np.array(values))
        return mean_value, np.einsum("km,kmd->md", weights, np.array(gradients))


class Product:
    """Of two acquisitions in logarithms: their sum."""

    smooth = True

    def __init__(self, one: Acquisition, other: Acquisition) -> None:
        self._parts = (one, other)

    def value(self, full: FloatArray) -> FloatArray:
        one, other = (part.value(full) for part in self._parts)
        return one + other

    def slopes(self, full: FloatArray) -> tuple[FloatArray, FloatArray]:
        (one, by_one), (other, by_other) = (part.slopes(full) for part in self._parts)
        return one + other, by_one + by_other


def hypervolume_gain(cube: Cube, models: GoalModels, reference: FloatArray) -> Acquisition:
    """Expected hypervolume improvement; each member improves on the front that it expects."""
    feasible = models.feasible
    weighers = []
    for expected in models.expected:
        losses = expected[feasible]
        front = losses[is_front(losses)]
        weighers.append(HypervolumeGain(front, reference, models.bounds))
    return OverMembers(cube, models.members, weighers)


def within_thresholds(cube: Cube, models: GoalModels) -> Acquisition:
    """Probability that a configuration keeps all thresholds."""
    members = models.members
    return OverMembers(cube, members, [Within(models.bounds)] * len(members))
