"""How a parameter will be sampled, as the heights of a few bars; computed from its quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication

from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.position import NONE_SHARE
from hpo_gui.core.value import show

BARS = 14
MOST_BLOCKS = 40
DRAWS = 512
CURVE = 0.35  # heights are compressed: shares of 1 and 0.01 are drawn as 1 and 0.2
LEAST = 0.08
REMEMBERED = 512


@dataclass(frozen=True)
class Preview:
    """The bars of one parameter.

    Attributes
    ----------
    heights : 0 to 1, from left to right
    none_share : how often the value is none
    """

    heights: tuple[float, ...]
    none_share: float = 0.0


_memo: dict[bytes, Preview] = {}


def preview(parameter: Parameter) -> Preview:
    """The bars of a parameter: one a choice, or the density along the range.

    >>> preview(Categorical("k", ("a", "b"))).heights
    (1.0, 1.0)
    """
    key = msgspec.json.encode(parameter)
    if key not in _memo:
        if len(_memo) >= REMEMBERED:
            _memo.clear()
        _memo[key] = _compute(parameter)
    return _memo[key]


def _compute(parameter: Parameter) -> Preview:
    if isinstance(parameter, Categorical | Ordinal):
        return Preview((1.0,) * min(len(parameter.values), MOST_BLOCKS))
    if parameter.step is not None and parameter.size > BARS + 1:
        parameter = _without_steps(parameter)
    drawn = [parameter.quantile((i + 0.5) / DRAWS) for i in range(DRAWS)]
    numbers = np.array([value for value in drawn if value is not None], dtype=float)
    none_share = NONE_SHARE if parameter.or_none else 0.0
    bars = int(min(BARS, parameter.size - parameter.or_none))
    if bars <= 1 or numbers.max() == numbers.min():
        return Preview((1.0,), none_share)
    counts, _ = np.histogram(numbers, bins=bars, range=(parameter.low, parameter.high))
    heights = (counts / counts.max()) ** CURVE
    shown = np.where(counts > 0, np.maximum(heights, LEAST), 0.0)
    return Preview(tuple(float(height) for height in shown), none_share)


def _without_steps(parameter: Float | Int) -> Float:
    """The same distribution over all numbers: bars that hold 1 or 2 whole numbers would jump."""
    return Float(
        parameter.name,
        parameter.low,
        parameter.high,
        log=parameter.log,
        mean=parameter.mean,
        sd=parameter.sd,
        or_none=parameter.or_none,
    )


def describe_preview(parameter: Parameter) -> str:
    """What the bars say, in words."""
    if isinstance(parameter, Categorical | Ordinal):
        each = f"{1 / len(parameter.values):.0%}"
        return ", ".join(f"{show(value)} {each}" for value in parameter.values)
    share = 1.0 - (NONE_SHARE if parameter.or_none else 0.0)
    tenth, middle, ninth = (show(parameter.quantile(p * share)) for p in (0.1, 0.5, 0.9))
    text = _tr("Half of the values lie below {0}, one in ten below {1} or above {2}.")
    text = text.format(middle, tenth, ninth)
    return f"{text} {_tr('None in 1 of 10.')}" if parameter.or_none else text


def _tr(text: str) -> str:
    return QCoreApplication.translate("SpaceTable", text)
