"""Where a number lies on the axis of its parameter, and which number lies there.

Notation: a *position* is a number in [0, 1]. ``value_at`` spreads the values evenly over the axis
(logarithmic with ``log``); ``quantile_at`` follows the distribution instead, which differs only
for a normal one. Numbers are kept to 12 digits, so that ``value_at(position_of(v)) == v`` is exact
for every value that ``value_at``, ``quantile_at`` or ``grid_values`` gives.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Protocol

from hpo_gui.core.errors import SpecError
from hpo_gui.core.value import Value, identity

NONE_SHARE = 0.1  # of the axis that belongs to "none" where a range has `or_none`
DIGITS = 12


class NumberLine(Protocol):
    """What of a numeric parameter its axis depends on; see `core.parameter.Float`."""

    @property
    def name(self) -> str: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def log(self) -> bool: ...
    @property
    def step(self) -> float | None: ...
    @property
    def mean(self) -> float | None: ...
    @property
    def sd(self) -> float | None: ...
    @property
    def or_none(self) -> bool: ...
    @property
    def is_whole(self) -> bool: ...


def is_finite(number: float) -> bool:
    """Whether a number is finite as a float too: whole numbers of Python have no largest one."""
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def grid_count(parameter: NumberLine) -> int:
    """Number of distinct numbers; 1 where there is no step."""
    if parameter.step is None:
        return 1
    if parameter.is_whole:
        return int((parameter.high - parameter.low) // parameter.step) + 1
    return math.floor((parameter.high - parameter.low) / parameter.step * (1 + 1e-12) + 1e-9) + 1


def _axis(parameter: NumberLine) -> tuple[float, float]:
    """Ends of the axis; values with a step own half a step on either side."""
    low: float = parameter.low
    high: float = parameter.high
    if parameter.step is not None:
        high = low + (grid_count(parameter) - 1) * parameter.step
        low, high = low - parameter.step / 2, high + parameter.step / 2
    return (math.log(low), math.log(high)) if parameter.log else (low, high)


def position_of(parameter: NumberLine, value: Value) -> float:
    """The position of a value; `SpecError` where it is no number."""
    share = 1 - NONE_SHARE if parameter.or_none else 1.0
    if value is None and parameter.or_none:
        return 1 - NONE_SHARE / 2
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SpecError(parameter.name, "must be a number", value)
    start, end = _axis(parameter)
    if start == end:
        return share / 2
    if parameter.log and value <= 0:
        return 0.0  # of an older trial, from before the scale was changed
    place = math.log(value) if parameter.log else value
    return min(max((place - start) / (end - start), 0.0), 1.0) * share


def value_at(parameter: NumberLine, position: float) -> Value:
    """The value at a position, evenly over the axis."""
    inner = _inner(parameter, position)
    if inner is None:
        return None
    start, end = _axis(parameter)
    return _from_axis(parameter, start + inner * (end - start))


def quantile_at(parameter: NumberLine, position: float) -> Value:
    """The value below which that share of the distribution lies."""
    if parameter.mean is None or parameter.sd is None:
        return value_at(parameter, position)
    inner = _inner(parameter, position)
    if inner is None:
        return None
    start, end = _axis(parameter)
    centre = math.log(parameter.mean) if parameter.log else parameter.mean
    normal = NormalDist(centre, parameter.sd)
    below, above = normal.cdf(start), normal.cdf(end)
    share = below + inner * (above - below)
    if not 0.0 < share < 1.0:
        return _from_axis(parameter, start if share <= 0.0 else end)
    return _from_axis(parameter, min(max(normal.inv_cdf(share), start), end))


def _inner(parameter: NumberLine, position: float) -> float | None:
    """The position on the numbers' part of the axis; None on the part that means none."""
    position = min(max(float(position), 0.0), 1.0)
    if not parameter.or_none:
        return position
    if position > 1 - NONE_SHARE:
        return None
    return min(position / (1 - NONE_SHARE), 1.0)


def _from_axis(parameter: NumberLine, place: float) -> float:
    return snap(parameter, math.exp(place) if parameter.log else place)


def snap(parameter: NumberLine, value: float) -> float:
    """The nearest value that the parameter can have, to 12 digits."""
    if parameter.is_whole:
        assert parameter.step is not None
        if parameter.log:  # the logarithm of a larger number does not keep its last digits
            value = float(f"{value:.{DIGITS}g}")
        index = round((value - parameter.low) / parameter.step)
        index = min(max(index, 0), grid_count(parameter) - 1)
        return parameter.low + index * parameter.step
    if parameter.step is not None:
        index = round((value - parameter.low) / parameter.step)
        value = parameter.low + min(max(index, 0), grid_count(parameter) - 1) * parameter.step
    if parameter.log:
        value = float(f"{value:.{DIGITS}g}")
    else:
        largest = max(abs(parameter.low), abs(parameter.high))
        value = round(value, DIGITS - math.ceil(math.log10(largest))) if largest else value
    return min(max(value, parameter.low), parameter.high)


def grid_values(parameter: NumberLine, points: int) -> tuple[Value, ...]:
    """At most ``points`` different values, evenly spaced on the axis, both ends among them."""
    count = grid_count(parameter)
    if parameter.step is not None and count <= points:
        values = [snap(parameter, parameter.low + i * parameter.step) for i in range(count)]
    elif points == 1 or parameter.low == parameter.high:
        values = [value_at(parameter, 0.5 * (1 - NONE_SHARE if parameter.or_none else 1))]
    else:
        low, high = float(parameter.low), float(parameter.high)
        if parameter.log:
            low, high = math.log(low), math.log(high)
        places = [low + (high - low) * i / (points - 1) for i in range(points)]
        values = [_from_axis(parameter, place) for place in places]
    unique = list({identity(value): value for value in values}.values())
    return (*unique, None) if parameter.or_none else tuple(unique)
