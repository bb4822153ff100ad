"""Parzen mixtures: densities made of one kernel per trial and one for what is known beforehand.

Notation: k kernels, m points, d axes of one group. Kernel i < k - 1 stands on trial i; the last is
the prior. A kernel is a product over the axes: a normal distribution cut to the axis where values
have an order (its mass over the value's cell where they are stepped), a smoothed indicator where
they have none. On an axis where a trial has no position (NaN) its kernel is the prior.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpo_gui.strategies.axes import Axis

PRIOR_WEIGHT = 1.0  # against one trial
MOST_KERNELS = 100  # the narrowest bandwidth is the axis by the number of kernels, up to this
MOST_CHOICES = 10.0  # choices beyond this number share their prior weight
RECENT = 25  # the last trials have full weight, older ones less (Bergstra et al. 2013)

FloatArray = NDArray[np.float64]


class Mixture:
    """A density over the axes of one group.

    Parameters
    ----------
    axes : of the group, d
    rows : positions of the trials, oldest first, shape (k - 1, d); NaN where there is none
    """

    def __init__(self, axes: Sequence[Axis], rows: FloatArray) -> None:
        self._axes = tuple(axes)
        weights = np.append(_weights(len(rows)), PRIOR_WEIGHT)
        self._weights: FloatArray = weights / weights.sum()
        self._columns = [
            _Choices(axis, rows[:, i]) if axis.levels else _Normals(axis, rows[:, i])
            for i, axis in enumerate(axes)
        ]

    def sample(self, count: int, rng: np.random.Generator) -> FloatArray:
        """Draw points, shape (count, d)."""
        kernels = rng.choice(len(self._weights), size=count, p=self._weights)
        uniform = rng.random((count, len(self._columns), 2))
        return np.column_stack(
            [column.sample(kernels, uniform[:, i]) for i, column in enumerate(self._columns)]
        )

    def log_density(self, points: FloatArray) -> FloatArray:
        """Logarithm of the density at points (m, d), shape (m,)."""
        total = np.log(self._weights)[None, :] + np.zeros((len(points), 1))
        for i, column in enumerate(self._columns):
            if self._axes[i].is_free:
                total += column.log_density(points[:, i])
        top = total.max(axis=1)
        result: FloatArray = top + np.log(np.exp(total - top[:, None]).sum(axis=1))
        return result


def _weights(count: int) -> FloatArray:
    """Older trials count less: from 1/n up to 1, which the last 25 have."""
    if count <= RECENT:
        return np.ones(count)
    return np.append(np.linspace(1.0 / count, 1.0, count - RECENT), np.ones(RECENT))


def _bandwidths(positions: FloatArray) -> FloatArray:
    """The larger distance to the neighbours, at least an even share of the axis.

    So a density is as narrow as its trials are close (Bergstra et al. 2011, section 4, with the
    lower bound that Watanabe 2023 calls the magic clip). The outermost look inwards only.
    """
    count = len(positions)
    order = np.argsort(positions, kind="stable")
    gaps = np.diff(np.concatenate([[0.0], positions[order], [1.0]]))
    widths = np.maximum(gaps[:-1], gaps[1:])
    if count > 1:
        widths[0], widths[-1] = gaps[1], gaps[-2]
    result = np.empty(count)
    result[order] = np.clip(widths, 1.0 / min(MOST_KERNELS, count + 2.0), 1.0)
    return result


class _Choices:
    """Kernels on an axis without order."""

    def __init__(self, axis: Axis, positions: FloatArray) -> None:
        self._levels = axis.levels
        kernels = len(positions) + 1
        smoothing = PRIOR_WEIGHT / kernels * min(1.0, MOST_CHOICES / axis.levels)
        table = np.full((kernels, axis.levels), smoothing)
        known = np.flatnonzero(~np.isnan(positions))
        table[known, self._index(positions[known])] += 1.0
        self._table: FloatArray = table / table.sum(axis=1, keepdims=True)

    def _index(self, positions: FloatArray) -> NDArray[np.intp]:
        return np.minimum((positions * self._levels).astype(np.intp), self._levels - 1)

    def sample(self, kernels: NDArray[np.intp], uniform: FloatArray) -> FloatArray:
        steps = np.cumsum(self._table[kernels], axis=1)
        index = (steps < uniform[:, :1] * steps[:, -1:]).sum(axis=1)
        positions: FloatArray = (index + 0.5) / self._levels
        return positions

    def log_density(self, positions: FloatArray) -> FloatArray:
        logarithms: FloatArray = np.log(self._table[:, self._index(positions)].T)
        return logarithms


class _Normals:
    """Kernels on an axis with an order."""

    def __init__(self, axis: Axis, positions: FloatArray) -> None:
        from scipy.special import ndtr

        self._axis = axis
        unknown = np.isnan(positions)
        none = positions > axis.share
        numbers = ~(unknown | none)
        where, spread = np.full((2, len(positions)), [[axis.mean], [axis.sd]])
        where[numbers] = positions[numbers]
        spread[numbers] = _bandwidths(positions[numbers] / axis.share) * axis.share
        self._mean = np.append(where, axis.mean)
        self._sd = np.append(spread, axis.sd)
        self._below = ndtr((0.0 - self._mean) / self._sd)
        self._within = ndtr((axis.share - self._mean) / self._sd) - self._below
        smoothing = PRIOR_WEIGHT / (len(positions) + 1)
        certain = np.where(none, 1.0, np.where(unknown, 0.5, 0.0))
        self._none = np.append((certain + smoothing / 2) / (1 + smoothing), 1 - axis.share)
        self._none[:-1][unknown] = 1 - axis.share

    def sample(self, kernels: NDArray[np.intp], uniform: FloatArray) -> FloatArray:
        from scipy.special import ndtri

        share = self._below[kernels] + uniform[:, 0] * self._within[kernels]
        drawn: FloatArray = self._mean[kernels] + self._sd[kernels] * ndtri(share)
        drawn = np.clip(drawn, 0.0, self._axis.share)
        if self._axis.has_none:
            is_none = uniform[:, 1] < self._none[kernels]
            drawn = np.where(is_none, (1 + self._axis.share) / 2, drawn)
        return drawn

    def log_density(self, positions: FloatArray) -> FloatArray:
        axis = self._axis
        if axis.is_stepped:
            low, high = axis.cells(np.minimum(positions, axis.share))
            mass = self._cdf(high) - self._cdf(low)
            log_numbers: FloatArray = np.log(np.maximum(mass, 1e-300) / self._within)
        else:
            z = (positions[:, None] - self._mean) / self._sd
            log_numbers = -0.5 * z * z - np.log(self._sd * self._within * math.sqrt(2 * math.pi))
        if not axis.has_none:
            return log_numbers
        is_none = positions[:, None] > axis.share
        mixed: FloatArray = np.where(
            is_none, np.log(self._none), np.log1p(-self._none) + log_numbers
        )
        return mixed

    def _cdf(self, positions: FloatArray) -> FloatArray:
        from scipy.special import ndtr

        shares: FloatArray = ndtr((positions[:, None] - self._mean) / self._sd)
        return shares
