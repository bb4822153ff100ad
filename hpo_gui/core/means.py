"""Means and deviations of scores, whatever their size: no sum is too large for a number."""

from __future__ import annotations

import math
from collections.abc import Sequence

_DOWN = 32  # powers of two: enough for sums of 2**32 scores


def mean_of(values: Sequence[float]) -> float:
    """The mean, correctly rounded; NaN of no values, of a NaN, and of both infinities."""
    if not values:
        return math.nan
    try:
        return math.fsum(values) / len(values)
    except ValueError:  # of both infinities
        return math.nan
    except OverflowError:
        small = [math.ldexp(value, -_DOWN) for value in values]
        mean = math.fsum(small) / len(small)
        return math.ldexp(min(max(mean, min(small)), max(small)), _DOWN)


def deviation_of(values: Sequence[float], *, known_mean: bool = True) -> float:
    """Standard deviation of finite values; NaN below two of them.

    Parameters
    ----------
    known_mean : divide by n; by n - 1 where the mean stands for that of further values
    """
    if len(values) < 2:
        return math.nan
    mean, unit = mean_of(values), math.sqrt(len(values) - (not known_mean))
    apart = [value - mean for value in values]
    found = math.hypot(*apart) / unit
    return found if math.isfinite(found) else math.hypot(*(value / unit for value in apart))
