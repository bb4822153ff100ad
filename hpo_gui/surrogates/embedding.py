"""The unit cube with unordered and inactive dimensions, as a Euclidean space.

A categorical dimension has Δ² = 1 between two choices (one-hot, scaled). An inactive number
stands in the middle of its axis and an inactive choice is none of them. Both are embeddings, so
that every stationary kernel stays positive definite; that a dimension is inactive at all is told
by the distance of its parents.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Embedding:
    """The unit cube with unordered and inactive dimensions as a Euclidean space of p columns."""

    def __init__(self, levels: IntArray) -> None:
        self.levels = levels
        self.numeric = np.flatnonzero(levels == 0)
        self.choices = np.flatnonzero(levels > 0)
        owners = [self.numeric, *(np.full(levels[j], j) for j in self.choices)]
        self.owner = np.concatenate(owners).astype(np.intp)
        self.weight = np.where(np.isin(self.owner, self.choices), math.sqrt(0.5), 1.0)

    def __call__(self, x: FloatArray) -> FloatArray:
        """Positions (m, d) to features (m, p)."""
        numbers = x[:, self.numeric]
        parts = [np.where(np.isnan(numbers), 0.5, numbers)]
        for j, count in zip(self.choices, self.levels[self.choices], strict=True):
            one_hot = self.index(x[:, j], int(j))[:, None] == np.arange(count)
            parts.append(one_hot.astype(np.float64))
        return np.concatenate(parts, axis=1)

    def index(self, column: FloatArray, dimension: int) -> IntArray:
        """The number of the choice at positions of a categorical dimension; −1 where inactive."""
        count = int(self.levels[dimension])
        place = np.where(np.isnan(column), -1.0, np.minimum(column * count, count - 1))
        return np.floor(place).astype(np.int64)

    def squared_differences(self, x: FloatArray, pairs: tuple[IntArray, IntArray]) -> FloatArray:
        """Δ² of each dimension for the given pairs of rows, shape (d, pairs)."""
        result = np.empty((len(self.levels), len(pairs[0])))
        for j in range(len(self.levels)):
            if self.levels[j]:
                index = self.index(x[:, j], j)
                one, other = index[pairs[0]], index[pairs[1]]
                result[j] = (one != other) * np.where((one < 0) | (other < 0), 0.5, 1.0)
            else:
                column = np.where(np.isnan(x[:, j]), 0.5, x[:, j])
                result[j] = (column[pairs[0]] - column[pairs[1]]) ** 2
        return result


def squared_distances(one: FloatArray, other: FloatArray) -> FloatArray:
    """‖aᵢ − bⱼ‖², (m, n), never negative."""
    u = one @ other.T
    u *= -2.0
    u += np.einsum("ij,ij->i", one, one)[:, None]
    u += np.einsum("ij,ij->i", other, other)
    return np.maximum(u, 0.0, out=u)
