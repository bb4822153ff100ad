"""Numbers as people type them: ``1e-3``, ``2^-5``, ``1/3``, ``10_000``."""

from __future__ import annotations

import math
import re

_NUMBER = r"[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?"
_PLAIN = re.compile(_NUMBER)
_PAIR = re.compile(rf"({_NUMBER})\s*(\^|\*\*|\*|/)\s*({_NUMBER})")
MAX_EXPONENT = 1100.0


def read_number(text: str) -> float | None:
    """Return the number that ``text`` means, or None when it means none.

    Understood are plain numbers, ``a^b`` (also ``a**b``), ``a*b`` and ``a/b``, with the
    minus sign of typography too. Results that are not finite count as none.
    """
    text = text.strip().replace("−", "-").replace("\u202f", "").replace(" ", "")
    if _PLAIN.fullmatch(text):
        return _finite(float(text.replace("_", "")))
    match = _PAIR.fullmatch(text)
    if match is None:
        return None
    left, right = (float(match[k].replace("_", "")) for k in (1, 3))
    return _finite(_combine(left, match[2], right))


def show_number(value: float) -> str:
    """Return ``value`` as short as possible without losing digits: ``200``, ``0.1``, ``1e-05``."""
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e7):
        return str(int(value))
    return repr(float(value))


def _combine(left: float, sign: str, right: float) -> float:
    if sign == "*":
        return left * right
    if sign == "/":
        return left / right if right else math.nan
    if abs(right) > MAX_EXPONENT or (left == 0 and right < 0):
        return math.nan
    if left < 0 and not right.is_integer():
        return math.nan
    try:
        return float(left**right)
    except OverflowError:
        return math.inf


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
