"""Small pictures of a column's values: bar heights and most frequent values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_BARS = 24
MAX_TOP = 24
SHOWN_ROWS = 50_000  # rows behind a small histogram; more would not change its look


def histogram(finite: NDArray[Any]) -> tuple[float, ...]:
    """Heights of equally wide bars over the whole range."""
    if len(finite) == 0:
        return ()
    shown = finite[:: max(1, len(finite) // SHOWN_ROWS)].astype(np.float64, copy=False)
    low, high = float(shown.min()), float(shown.max())
    if not math.isfinite(high - low) or high == low:
        return (1.0,)
    bars = int(np.clip(math.sqrt(len(shown)) / 1.8, 5, MAX_BARS))
    places = ((shown - low) / (high - low) * bars).astype(np.intp)
    return heights(np.bincount(np.minimum(places, bars - 1), minlength=bars))


def heights(counts: NDArray[Any]) -> tuple[float, ...]:
    most = counts.max() if len(counts) else 0
    return tuple((counts / most).tolist()) if most else ()


def top_of(labels: Sequence[str], counts: NDArray[Any]) -> tuple[tuple[str, int], ...]:
    order = np.argsort(-counts, kind="stable")[:MAX_TOP]
    return tuple((labels[index], int(counts[index])) for index in order)


def show_number(value: float) -> str:
    """A number as people write it: whole numbers without a point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)
