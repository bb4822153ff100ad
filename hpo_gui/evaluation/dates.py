"""Dates in texts: how they are written, and their days since 1970."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

ISO = "ISO8601"  # pandas' name for 2012-01-31 with or without a time, in any of its spellings
_DAYS = (
    "%Y/%m/%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%d-%b-%y",
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
FORMATS = (ISO, *(day + time for day in _DAYS for time in _TIMES))
ENOUGH = 0.95  # share of the texts that must be dates
LOOKED_AT = 200
_LOOKS_LIKE_DATE = re.compile(
    r"\d{1,4}\s?[-/. ]\s?(\d{1,2}|[A-Za-z]{3,9})[-/., ]|[A-Za-z]{3,9} \d"
)


def find_date_format(texts: Sequence[str]) -> str | None:
    """How the dates among some distinct texts are written; None when they are no dates.

    Of 3/4/2012 and its like, which can be read in two ways, the reading is taken in which all are
    dates; the month comes first when both will do.
    """
    import pandas as pd

    some = [text.strip() for text in texts[:: max(1, len(texts) // LOOKED_AT)][:LOOKED_AT]]
    if len(some) < 2 or sum(bool(_LOOKS_LIKE_DATE.match(text)) for text in some) < len(some) / 2:
        return None
    looked_at = pd.Series(some, dtype=object)
    best, best_share = None, ENOUGH
    for name in FORMATS:
        share = float(
            pd.to_datetime(looked_at, format=name, errors="coerce", utc=True).notna().mean()
        )
        if share > best_share or (best is None and share >= ENOUGH):
            best, best_share = name, share
        if share == 1:
            break
    return best


def parse_dates(values: pd.Series[Any], date_format: str | None) -> NDArray[np.float64]:
    """Days since 1970-01-01 (UTC), with the time of day as a fraction; NaN for what is no date."""
    import pandas as pd

    dates = pd.to_datetime(values, format=date_format, errors="coerce", utc=True)
    unit = dates.dt.unit  # NOTE: in nanoseconds, years before 1677 would not fit
    epoch, day = pd.Timestamp(0, tz="UTC").as_unit(unit), pd.Timedelta(days=1).as_unit(unit)
    days = (dates - epoch) / day
    return np.asarray(days, dtype=np.float64)
