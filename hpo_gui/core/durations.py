"""Durations as people read them."""

from __future__ import annotations

import math


def show_duration(seconds: float) -> str:
    """Write a duration in at most two units.

    >>> [show_duration(s) for s in (0.004, 0.84, 50.2, 72, 3900, 200000)]
    ['4 ms', '0.8 s', '50 s', '1 m 12 s', '1 h 5 m', '2 d 7 h']
    """
    if not math.isfinite(seconds) or seconds < 0:
        return "—"
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    for large, small, size, unit in (("m", "s", 60, 1), ("h", "m", 3600, 60)):
        if whole < size * (60 if large == "m" else 24):
            return f"{whole // size} {large} {whole % size // unit} {small}"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"
