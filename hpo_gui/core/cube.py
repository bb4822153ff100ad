"""The space as arrays: positions in the unit cube moved to legal ones, many at a time.

What `Space.decode` and `Space.encode` do for one configuration, without a loop over rows:
strategies that weigh thousands of candidates need it.

Notation: m candidates, d parameters; positions are (m, d), NaN where inactive.
"""

from __future__ import annotations

import contextlib
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.position import NONE_SHARE
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params, Value

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

LISTED = 2048  # values that an axis lists at most; a finer one counts as continuous
NEAR = 1e-9  # two positions of the same value


class Axis:
    """One parameter's positions.

    Attributes
    ----------
    values : its only positions in rising order, shape (k,); None for a continuous axis
    ordered : False for choices without order
    top : end of the numbers' part of the axis; beyond it lies "none"
    """

    def __init__(self, parameter: Parameter) -> None:
        self.ordered = not isinstance(parameter, Categorical)
        has_none = not isinstance(parameter, Categorical | Ordinal) and parameter.or_none
        self.top = 1.0 - NONE_SHARE if has_none else 1.0
        self.values: FloatArray | None = None
        self._edges: FloatArray | None = None
        if parameter.size <= LISTED:
            listed = [value for value in parameter.grid(LISTED) if value is not None]
            places = [parameter.encode(value) for value in listed]
            edges = (
                [parameter.encode((a + b) / 2) for a, b in pairwise(listed)]
                if (isinstance(parameter, Float | Int))
                else [(a + b) / 2 for a, b in pairwise(places)]
            )
            if has_none:
                places, edges = [*places, parameter.encode(None)], [*edges, self.top]
            self.values, self._edges = np.array(places), np.array(edges)
        self.alone = self.values is not None and len(self.values) == 1

    def snap(self, column: FloatArray) -> FloatArray:
        """The nearest legal positions, (m,); NaN stays."""
        if self.values is not None and self._edges is not None:
            snapped = self.values[np.searchsorted(self._edges, column, side="right")]
            return np.where(np.isnan(column), np.nan, snapped)
        column = np.clip(column, 0.0, 1.0)
        if self.top < 1.0:
            column = np.where(column > self.top, 1.0 - NONE_SHARE / 2, column)
        return column


class Cube:
    """The unit cube of a space."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.axes = tuple(Axis(parameter) for parameter in space)
        self.levels = space.levels
        self.free = np.array([not axis.alone for axis in self.axes], dtype=bool)
        self.continuous = np.array([axis.values is None for axis in self.axes], dtype=bool)
        self._rules = _activity(space)

    @property
    def dimensions(self) -> int:
        return len(self.axes)

    def legal(self, positions: FloatArray) -> FloatArray:
        """Positions of legal configurations near the given ones, (m, d).

        Every value is moved to the nearest that its parameter can have; what is inactive becomes
        NaN, and what is active without a position stands in the middle. Constraints are not
        looked at.
        """
        result = np.where(np.isnan(positions), 0.5, positions)
        for j, axis in enumerate(self.axes):
            result[:, j] = axis.snap(result[:, j])
        for j, rules in self._rules:
            active = np.ones(len(result), dtype=bool)
            for parent, low, high in rules:
                column = result[:, parent, None]
                active &= np.any((low <= column) & (column <= high), axis=1)
            result[~active, j] = np.nan
        return result

    def params(self, position: FloatArray) -> Params:
        """The configuration at one position (d,)."""
        return self.space.decode(position)

    def quantile(self, uniform: FloatArray) -> FloatArray:
        """Uniform numbers (m, d) to legal positions that follow the parameters' distributions."""
        result = np.array(uniform, dtype=np.float64)
        for j, parameter in enumerate(self.space):
            if getattr(parameter, "mean", None) is not None:
                result[:, j] = [parameter.encode(parameter.quantile(u)) for u in uniform[:, j]]
        return self.legal(result)

    @property
    def moving(self) -> int:
        """Number of parameters that have more than one value."""
        return int(self.free.sum())


@lru_cache(maxsize=8)
def cube_of(space: Space) -> Cube:
    """The cube of a space; the last few are kept, as a cache only."""
    return Cube(space)


def _activity(space: Space) -> list[tuple[int, list[tuple[int, FloatArray, FloatArray]]]]:
    """For each conditional parameter its place, and its parents' places with the ends of the
    intervals of positions that stand for the values that they must have.

    Parents come before their children.
    """
    places = {name: j for j, name in enumerate(space.names)}
    result = []
    for parameter in space.parents_first:
        rules = []
        for parent, allowed in parameter.when.items():
            cells = []
            for value in allowed:
                with contextlib.suppress(SpecError):
                    cells.append(_cell(space[parent], value))
            low, high = np.array(cells).reshape(-1, 2).T
            rules.append((places[parent], low, high))
        if rules:
            result.append((places[parameter.name], rules))
    return result


def _cell(parameter: Parameter, value: Value) -> tuple[float, float]:
    """Both ends of the positions that are decoded to a value.

    Where an axis is not listed, positions are not moved to those of values: what is decoded to a
    value must count as it all the same.
    """
    position = parameter.encode(value)
    if parameter.size <= LISTED or value is None:
        return position - NEAR, position + NEAR
    if isinstance(parameter, Categorical | Ordinal):
        half = 0.5 / parameter.size
        return position - half, position + half
    step = 1 if isinstance(parameter, Int) and parameter.step is None else parameter.step
    if step is None:
        return position - NEAR, position + NEAR
    assert isinstance(value, int | float)
    low, high = value - step / 2, value + step / 2
    return (
        parameter.encode(low) if low > parameter.low else 0.0,
        parameter.encode(high) if high < parameter.high else _top(parameter),
    )


def _top(parameter: Float | Int) -> float:
    """Where the numbers' part of an axis ends."""
    return 1.0 - NONE_SHARE if parameter.or_none else 1.0
