"""The axis of a parameter: which positions of the unit cube get a tick, and its words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hpo_gui.analysis.trial_columns import place
from hpo_gui.core.parameter import Categorical, Int, Ordinal, Parameter
from hpo_gui.core.position import NONE_SHARE
from hpo_gui.core.value import show

FEW = 7  # whole numbers that each get a tick


@dataclass(frozen=True)
class AxisTick:
    """A tick: its position in [0, 1], and the value there in words."""

    position: float
    text: str


def is_listed(parameter: Parameter) -> bool:
    """Whether it has a list of values rather than a range."""
    return isinstance(parameter, Categorical | Ordinal)


def parameter_ticks(parameter: Parameter, count: int = 5) -> tuple[AxisTick, ...]:
    """About ``count`` ticks at round values; all values of a list, "none" beyond a range.

    No two of them have one place or one text, however narrow the range is.
    """
    if isinstance(parameter, Categorical | Ordinal):
        size = len(parameter.values)
        return tuple(
            AxisTick((i + 0.5) / size, show(value)) for i, value in enumerate(parameter.values)
        )
    low, high = float(parameter.low), float(parameter.high)
    values = _log_values(low, high, count) if parameter.log else _values(low, high, count)
    if isinstance(parameter, Int):
        values = [value for value in values if float(value).is_integer()]
    if isinstance(parameter, Int) and parameter.size <= FEW:
        values = [float(value) for value in parameter.grid(FEW) if value is not None]
    share = 1 - NONE_SHARE if parameter.or_none else 1.0
    places = place(parameter, np.array(values, dtype=float)) * share
    apart = np.unique(places.round(9), return_index=True)[1]
    texts = _texts([values[index] for index in apart.tolist()])
    ticks = [AxisTick(x, text) for x, text in zip(places[apart].tolist(), texts, strict=True)]
    if parameter.or_none:
        ticks.append(AxisTick(1 - NONE_SHARE / 2, show(None)))
    return tuple(ticks)


def spaced_ticks(parameter: Parameter, count: int = 5) -> tuple[AxisTick, ...]:
    """As `parameter_ticks`, without one that the word "none" beyond the range would cover."""
    ticks = parameter_ticks(parameter, count)
    if is_listed(parameter) or not parameter.contains(None):
        return ticks
    *numbers, none = ticks
    return (*(tick for tick in numbers if tick.position < none.position - NONE_SHARE), none)


def round_step(span: float, count: int) -> float:
    """The step 1, 2 or 5 times a power of ten that divides ``span`` into about ``count``."""
    raw = span / max(count, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)


def _values(low: float, high: float, count: int) -> list[float]:
    if low == high:
        return [low]
    step = round_step(high - low, count)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = 2 - math.floor(math.log10(step))  # of a step of one digit: the rest is rounding
    return [round(k * step, digits) for k in range(first, last + 1)]


def _log_values(low: float, high: float, count: int) -> list[float]:
    """Powers of ten, thinned out when there are many; 1, 2, 5 within one decade."""
    if low == high:
        return [low]
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    powers = list(range(first, last + 1))
    if len(powers) >= 2:
        every = max(1, math.ceil(len(powers) / (count + 1)))
        chosen = [10.0**power for power in powers[::every]]
        if len(powers) > 2 or count < 4:
            return chosen
    fine = [f * 10.0**p for p in range(first - 1, last + 1) for f in (1, 2, 5)]
    inside = [value for value in fine if low * 0.999 <= value <= high * 1.001]
    return inside if len(inside) >= 2 else [low, high]


def _texts(values: list[float]) -> list[str]:
    """Each as short as possible, with the digits that tell them apart."""
    texts = [short(value) for value in values]
    for digits in range(4, 18):
        if len(set(texts)) == len(values):
            break
        texts = [short(value, digits) for value in values]
    return texts


def short(value: float, digits: int | None = None) -> str:
    """A tick's number as short as possible: ``0.5``, ``−50``, ``1e-5``.

    Parameters
    ----------
    digits : significant ones; by default as many as usually tell ticks apart
    """
    if value < 0:
        return "−" + short(-value, digits)
    if value == 0:
        return "0"
    if 1e-3 <= value < 1e5:
        return f"{value:.{digits or 6}g}"
    mantissa, _, exponent = f"{value:.{digits or 3}g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa
