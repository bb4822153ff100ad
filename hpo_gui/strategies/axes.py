"""Axes: what strategies need to know of each parameter's way through the unit cube, as numbers.

Notation: a position is a number in [0, 1] as `History.matrix` holds it. The *cell* of a position
is the interval of all positions that give the same value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.position import NONE_SHARE
from hpo_gui.core.space import Space

WIDE = 1.0  # standard deviation of what is expected of an axis before any trial: nearly uniform
FINEST = 1e-9  # cells narrower than this count as points

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """One parameter's axis.

    Attributes
    ----------
    levels : number of unordered choices; 0 where values have an order
    share : part of the axis that belongs to numbers; the rest means none
    count : number of different ordered values without none; inf where continuous
    log_ends : for whole numbers on a log scale, logarithms of both ends of the axis
    low, step : smallest value and distance of values, for those on a log scale
    mean, sd : centre and spread of the parameter's distribution, in positions
    """

    levels: int = 0
    share: float = 1.0
    count: float = math.inf
    log_ends: tuple[float, float] | None = None
    mean: float = 0.5
    sd: float = WIDE

    @property
    def is_free(self) -> bool:
        """Whether there is more than one value."""
        return self.levels > 1 or (self.levels == 0 and self.count + (self.share < 1) > 1)

    @property
    def has_none(self) -> bool:
        return self.share < 1

    @property
    def is_stepped(self) -> bool:
        """Whether neighbouring values are far enough apart for cells to matter."""
        return self.levels == 0 and self.count * FINEST < 1

    def cells(self, positions: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Both ends of the cell of each position, in positions; equal where continuous."""
        inner = np.clip(positions / self.share, 0.0, 1.0)
        if not self.is_stepped:
            low = high = inner
        elif self.log_ends is None:
            index = np.clip(np.floor(inner * self.count), 0, self.count - 1)
            low, high = index / self.count, (index + 1) / self.count
        else:
            start, end = self.log_ends
            value = np.rint(np.exp(start + inner * (end - start)))
            value = np.clip(value, math.exp(start) + 0.5, math.exp(end) - 0.5)
            low = (np.log(value - 0.5) - start) / (end - start)
            high = (np.log(value + 0.5) - start) / (end - start)
        if self.has_none:
            none = positions > self.share
            return np.where(none, self.share, low * self.share), np.where(
                none, 1.0, high * self.share
            )
        return low, high


@lru_cache(maxsize=8)
def axes_of(space: Space) -> tuple[Axis, ...]:
    """The axis of every parameter of a space."""
    return tuple(_axis(parameter) for parameter in space)


def _axis(parameter: Parameter) -> Axis:
    if isinstance(parameter, Categorical):
        return Axis(levels=len(parameter.choices), count=len(parameter.choices))
    if isinstance(parameter, Ordinal):
        return Axis(count=len(parameter.values))
    share = 1 - NONE_SHARE if parameter.or_none else 1.0
    count = parameter.size - parameter.or_none
    log_ends = None
    if isinstance(parameter, Int) and parameter.log:
        log_ends = (math.log(parameter.low - 0.5), math.log(parameter.high + 0.5))
    mean, sd = _spread(parameter, share)
    return Axis(share=share, count=count, log_ends=log_ends, mean=mean, sd=sd)


def _spread(parameter: Float | Int, share: float) -> tuple[float, float]:
    """Centre and standard deviation of a parameter's distribution, in positions."""
    if parameter.mean is None or parameter.sd is None or parameter.low == parameter.high:
        return share / 2, WIDE
    if parameter.log:
        half = 0.5 if isinstance(parameter, Int) else 0.0
        width = math.log(parameter.high + half) - math.log(parameter.low - half)
        centre = (math.log(parameter.mean) - math.log(parameter.low - half)) / width
    else:
        # a stepped axis owns half a step on either side of its ends
        step = float(parameter.step or (1 if isinstance(parameter, Int) else 0))
        width = parameter.high - parameter.low + step
        centre = (parameter.mean - parameter.low + step / 2) / width
    return min(max(centre, 0.0), 1.0) * share, min(parameter.sd / width * share, WIDE)
