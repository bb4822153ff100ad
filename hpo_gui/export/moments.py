"""Times of a study, which a file of others may hold any number as."""

from __future__ import annotations

from datetime import UTC, datetime


def in_utc(seconds: float | None) -> datetime | None:
    """A time in UTC; None for none, and for one that is in no calendar (NaN, inf, year 31,000).

    Parameters
    ----------
    seconds : since 1970, UTC
    """
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
