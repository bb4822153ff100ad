"""Axes: from values to places and back, with ticks at round values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hpo_gui.analysis.parameter_axis import round_step
from hpo_gui.core.durations import show_duration

FloatArray = NDArray[np.float64]
TIME_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


@dataclass(frozen=True)
class Tick:
    """A tick: a value and its words."""

    value: float
    text: str


@dataclass(frozen=True)
class Axis:
    """A range of values that maps to places 0 … 1; with given ticks ``low`` may be the larger.

    Attributes
    ----------
    log : the places follow the logarithm; low > 0
    kind : "number", "count" (whole numbers) or "time" (seconds)
    ticks : given ones; by default round values are chosen
    """

    low: float
    high: float
    log: bool = False
    kind: str = "number"
    ticks: tuple[Tick, ...] = field(default=())

    def place(self, values: FloatArray) -> FloatArray:
        """Places of values; NaN for NaN, and on a log axis for what is not above 0."""
        if self.log:
            with np.errstate(invalid="ignore", divide="ignore"):
                logs = np.where(values > 0, np.log(np.maximum(values, 1e-300)), np.nan)
            return (logs - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return (values - self.low) / (self.high - self.low)

    def value(self, place: float) -> float:
        """The value at a place."""
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return math.exp(low + place * (high - low))
        return self.low + place * (self.high - self.low)

    def part(self, first: float, last: float) -> Axis:
        """The axis from one place to another: zoom and pan."""
        return Axis(self.value(first), self.value(last), self.log, self.kind, self.ticks)

    def make_ticks(self, count: int) -> tuple[Tick, ...]:
        """About ``count`` ticks inside the range."""
        if self.ticks:
            low, high = sorted((self.low, self.high))
            return tuple(tick for tick in self.ticks if low <= tick.value <= high)
        if self.kind == "time":
            return _time_ticks(self.low, self.high, count)
        if self.log:
            return _log_ticks(self.low, self.high, count)
        step = round_step(self.high - self.low, count)
        if self.kind == "count":
            step = max(_dividing(step, self.high), 1.0)
        return _ticks(self.low, self.high, step)


def _dividing(step: float, high: float) -> float:
    """A round step, at most 2.5 times ``step``, with a tick at the end of the axis."""
    for factor in (1, 1.25, 1.5, 2, 2.5):
        wider = step * factor
        if wider.is_integer() and high % wider == 0 and _is_round(wider):
            return wider
    return step


def _is_round(step: float) -> bool:
    leading = step / 10.0 ** math.floor(math.log10(step) + 1e-9)
    return any(math.isclose(leading, good) for good in (1, 2, 2.5, 5))


def _ticks(low: float, high: float, step: float) -> tuple[Tick, ...]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    words = _words(step, max(abs(low), abs(high)))
    return tuple(Tick(k * step, words(k * step)) for k in range(first, last + 1))


def _words(step: float, largest: float) -> Callable[[float], str]:
    if largest >= 1e6 or (0 < largest < 1e-4):
        power = math.floor(math.log10(largest))
        digits = max(power - math.floor(math.log10(step)), 0)
        return lambda value: _tidy(f"{value:.{digits}e}") if value else "0"
    decimals = max(-math.floor(math.log10(step) + 1e-9), 0)
    return lambda value: _tidy(f"{value + 0.0:,.{decimals}f}")


def _tidy(text: str) -> str:
    number, mark, power = text.partition("e")
    text = f"{number}e{int(power)}" if mark else number
    return "−" + text[1:] if text.startswith("-") else text


def _log_ticks(low: float, high: float, count: int) -> tuple[Tick, ...]:
    decades = math.log10(high / low)
    if decades < 1:
        step = round_step(high - low, count)
        return _ticks(low, high, step)
    factors = (1, 2, 5) if decades * 3 <= count * 1.5 else (1,)
    every = max(1, round(decades / count))
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    values = [f * 10.0**p for p in range(first, last + 1) if p % every == 0 for f in factors]
    return tuple(Tick(v, _words(v, v)(v)) for v in values if low * 0.999 <= v <= high * 1.001)


def _time_ticks(low: float, high: float, count: int) -> tuple[Tick, ...]:
    raw = (high - low) / max(count, 1)
    if raw < 1:
        step = round_step(high - low, count)
        return tuple(Tick(t.value, f"{t.text} s") for t in _ticks(low, high, step))
    step = next((s for s in TIME_STEPS if s >= raw * 0.9), 86400.0 * math.ceil(raw / 86400))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(Tick(k * step, _time_words(k * step)) for k in range(first, last + 1))


def _time_words(seconds: float) -> str:
    if seconds == 0:
        return "0"
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds % 60:
        return show_duration(seconds)
    if seconds % 3600:
        hours, minutes = divmod(round(seconds) // 60, 60)
        return f"{hours} h {minutes} m" if hours else f"{minutes} m"
    days, hours = divmod(round(seconds) // 3600, 24)
    return f"{hours} h" if not days else f"{days} d {hours} h" if hours else f"{days} d"


def score_axis(low: float, high: float, *, log: bool = False, room: float = 0.06) -> Axis:
    """An axis for scores from ``low`` to ``high`` with a little room beyond both."""
    if log and low > 0:
        stretch = max((high / low) ** room, 1.02)
        return Axis(low / stretch, high * stretch, log=True)
    span = high - low
    pad = span * room if span > 0 else max(abs(low) * 0.05, 1e-9 if low else 0.5)
    return Axis(low - pad, high + pad)


def grown(last: float, *, least: float = 10) -> float:
    """A round end of an axis at or after ``last``, so that the axis seldom changes."""
    last = max(last, least)
    power = 10.0 ** math.floor(math.log10(last))
    steps = (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 10)
    return next(step * power for step in steps if step * power >= last * (1 - 1e-12))
