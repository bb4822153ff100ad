"""Numbers, times and texts as the report writes them, and tables of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from hpo_gui.export.moments import in_utc

MOST_LETTERS = 200
MOST_DIGITS, LARGE = 9, 1e9  # beyond these scores are written with an exponent


@dataclass(frozen=True)
class Table:
    """Texts in rows and columns.

    Attributes
    ----------
    numeric : columns that are set to the right
    marks : row -> what it is, for its colour: "best", "front", "failed"
    more : a sentence on what is not in it, or ""
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    marks: dict[int, str] = field(default_factory=dict)
    more: str = ""


def score(value: float | None) -> str:
    """A score with six digits; — where there is none."""
    return "—" if value is None or math.isnan(value) else f"{value:.6g}"


def with_width(value: float | None, half_width: float) -> str:
    """A score with the half-width of its interval, both to its second digit.

    >>> with_width(0.96712, 0.0123), with_width(-59.8965, 101.2), with_width(0.5, math.nan)
    ('0.967 ± 0.012', '-60 ± 101', '0.5')
    """
    if value is None or not math.isfinite(value) or not math.isfinite(half_width):
        return score(value)
    digits = 0 if half_width == 0 else 1 - math.floor(math.log10(half_width))
    if half_width == 0 or digits > MOST_DIGITS or abs(value) > LARGE:
        return f"{value:.6g} ± {half_width:.2g}"
    digits = max(digits, 0)
    return f"{value:.{digits}f} ± {half_width:.{digits}f}"


def moment(seconds: float | None) -> str:
    """A time in UTC: ``2026-11-27 14:03 UTC``; — for none, or one that is in no calendar."""
    at = in_utc(seconds)
    return "—" if at is None else at.strftime("%Y-%m-%d %H:%M UTC")


def counted(count: int, one: str, several: str = "") -> str:
    """Such as ``1 trial`` and ``2,000 trials``."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def listed(numbers: Sequence[int], most: int = 12) -> str:
    """Such as ``3, 5, 8 and 40 more``."""
    shown = ", ".join(map(str, numbers[:most]))
    return shown if len(numbers) <= most else f"{shown} and {len(numbers) - most:,} more"


def short(text: str, most: int = MOST_LETTERS) -> str:
    """A text of at most so many letters, with … where it was cut."""
    return text if len(text) <= most else text[: most - 1] + "…"
