"""Variation: a child of two configurations, in the unit cube.

Numbers and ordered lists take simulated binary crossover (Deb, Agrawal 1995, "Simulated binary
crossover for continuous search space", Complex Systems 9) and polynomial mutation (Deb, Goyal
1996, "A combined genetic adaptive search (GeneAS) for engineering design", Computer Science and
Informatics 26); choices without order are swapped, and change to any other one. Log scales come
with the cube; whole numbers and steps with reading positions back.

Notation: positions are numbers in [0, 1], NaN where a parameter is inactive; eta is the
distribution index of both operators, larger for children nearer to their parents.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.space import Space
from hpo_gui.strategies.axes import Axis, axes_of

BEYOND = 1e-9  # how far beyond the edge of a cell the neighbour's begins, in positions

FloatArray = NDArray[np.float64]


def cross(
    space: Space, one: FloatArray, other: FloatArray, eta: float, rng: np.random.Generator
) -> FloatArray:
    """Positions (d,) of a child of two parents (d,); NaN where neither has one.

    Each parameter comes from either parent; half of those with an order are mixed instead.
    """
    child = np.where(rng.random(len(one)) < 0.5, one, other)
    child = np.where(np.isnan(child), np.where(np.isnan(one), other, one), child)
    for column, axis in enumerate(axes_of(space)):
        a, b = float(one[column]), float(other[column])
        if axis.levels or a != a or b != b or _none(axis, a) or _none(axis, b):
            continue
        if a != b and rng.random() < 0.5:
            child[column] = _mixed(child[column], a, b, axis.share, eta, rng)
    return child


def mutate(
    space: Space, positions: FloatArray, active: list[int], eta: float, rng: np.random.Generator
) -> list[int]:
    """Change one of the active columns of ``positions`` (d,) on average; those that changed.

    Parameters
    ----------
    active : columns with a value in this configuration
    """
    axes = axes_of(space)
    free = [column for column in active if axes[column].is_free]
    chances = rng.random(len(free))
    chosen = [c for c, chance in zip(free, chances, strict=True) if chance * len(free) < 1]
    for column in chosen:
        positions[column] = _changed(space, column, float(positions[column]), eta, rng)
    return chosen


def spare_positions(space: Space, rng: np.random.Generator) -> FloatArray:
    """Positions (d,) drawn from the parameters' distributions, for what becomes active."""
    uniform = rng.random(len(space))
    return np.array(
        [p.encode(p.quantile(u)) for p, u in zip(space, uniform.tolist(), strict=True)]
    )


def _none(axis: Axis, position: float) -> bool:
    return axis.has_none and position > axis.share


def _mixed(
    near: float, a: float, b: float, top: float, eta: float, rng: np.random.Generator
) -> float:
    """A child beside one of two positions in [0, top] (bounded, as in Deb's NSGA-II code)."""
    low, high = min(a, b), max(a, b)
    is_low = near == low
    room = low if is_low else top - high
    beta = 1 + 2 * max(room, 0.0) / (high - low)
    alpha = 2 - float(beta ** -(eta + 1))
    u = float(rng.random())
    spread = float((u * alpha if u * alpha <= 1 else 1 / (2 - u * alpha)) ** (1 / (eta + 1)))
    half = spread * (high - low) / 2
    middle = (low + high) / 2
    return min(max(middle - half if is_low else middle + half, 0.0), top)


def _changed(
    space: Space, column: int, position: float, eta: float, rng: np.random.Generator
) -> float:
    """Another position; any other choice on an axis without order."""
    parameter, axis = space.parameters[column], axes_of(space)[column]
    if axis.levels:
        index = min(int(position * axis.levels), axis.levels - 1)
        other = (index + 1 + int(rng.integers(axis.levels - 1))) % axis.levels
        return (other + 0.5) / axis.levels
    u = float(rng.random())
    power = 1 / (eta + 1)
    if u < 0.5:
        reach = 2 * u + (1 - 2 * u) * (1 - position) ** (eta + 1)
        moved = position + float(reach**power) - 1
    else:
        reach = 2 * (1 - u) + (2 * u - 1) * position ** (eta + 1)
        moved = position + 1 - float(reach**power)
    moved = min(max(moved, 0.0), 1.0)
    if not (axis.is_stepped or axis.has_none):
        return moved
    if parameter.decode(moved) != parameter.decode(position):
        return moved
    low, high = (float(end[0]) for end in axis.cells(np.array([position])))
    if low <= 0 or (high < 1 and u >= 0.5):
        return min(high + BEYOND, 1.0)
    return max(low - BEYOND, 0.0)
