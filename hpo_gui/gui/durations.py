"""Durations as people read them."""

from __future__ import annotations

import math
import time


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


def show_eta(seconds: float, sd: float | None) -> str:
    """Write the time left with its uncertainty in the same unit.

    >>> show_eta(50, 10), show_eta(102, 2), show_eta(600, 90), show_eta(7200, 600)
    ('50 ± 10 s', '102 ± 2 s', '10.0 ± 1.5 m', '2.0 ± 0.2 h')
    >>> show_eta(50, None), show_eta(600, 1), show_eta(50, 0.1)
    ('50 s', '10 m 0 s', '50 s')
    """
    unit, size, digits = ("s", 1, 0)
    if seconds >= 180:
        unit, size, digits = ("m", 60, 1) if seconds < 5400 else ("h", 3600, 1)
    if sd is None or not math.isfinite(sd) or round(sd / size, digits) == 0:
        return show_duration(seconds)
    return f"{seconds / size:.{digits}f} ± {sd / size:.{digits}f} {unit}"


def when_words(at: float) -> str:
    """A moment of today as ``11:20``, another one with its date: ``2026-11-26 11:20``.

    Parameters
    ----------
    at : seconds since 1970
    """
    then = time.localtime(at)
    today = time.localtime()[:3] == then[:3]
    return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", then)
