"""Durations as people read them."""

from __future__ import annotations

import math
import time

from hpo_gui.core.durations import show_duration
from hpo_gui.export.moments import in_utc


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
    today = local_words(at, "%Y-%m-%d") == time.strftime("%Y-%m-%d")
    return local_words(at, "%H:%M" if today else "%Y-%m-%d %H:%M")


def local_words(at: float, form: str) -> str:
    """A moment in the time of this place; empty where it is in no calendar, as `in_utc` says.

    Parameters
    ----------
    at : seconds since 1970; a file of others may hold any number
    form : as `time.strftime` takes it
    """
    return "" if in_utc(at) is None else time.strftime(form, time.localtime(at))
