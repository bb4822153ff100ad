"""Numbers as people type them (``1e-3``, ``2^-5``, ``1/3``), and the rules they obey."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate

_NUMBER = r"[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?"
_PLAIN = re.compile(_NUMBER)
_PAIR = re.compile(rf"({_NUMBER})\s*(\^|\*\*|\*|/)\s*({_NUMBER})")
MAX_EXPONENT = 1100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRule:
    """What a number must fulfil. ``at_least`` and ``at_most`` allow the limit itself."""

    integer: bool = False
    optional: bool = False
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def problem(self, text: str) -> str:
        """Return what is wrong with ``text`` as a sentence, or ""."""
        if not text.strip():
            return "" if self.optional else translate("NumberRule", "Type a number.")
        value = read_number(text)
        if value is None and "," in text:
            return translate("NumberRule", "Write the decimal sign as a point: {0}").format(
                text.replace(",", ".")
            )
        if value is None:
            return translate("NumberRule", "Not a number. Examples: 0.1, 1e-3, 2^-5.")
        if self.integer and not value.is_integer():
            return translate("NumberRule", "Must be a whole number.")
        return self._limit_problem(value)

    def _limit_problem(self, value: float) -> str:
        if self.at_least is not None and value < self.at_least:
            return translate("NumberRule", "Must be at least {0}.").format(
                show_number(self.at_least)
            )
        if self.above is not None and value <= self.above:
            return translate("NumberRule", "Must be above {0}.").format(show_number(self.above))
        if self.at_most is not None and value > self.at_most:
            return translate("NumberRule", "Must be at most {0}.").format(
                show_number(self.at_most)
            )
        if self.below is not None and value >= self.below:
            return translate("NumberRule", "Must be below {0}.").format(show_number(self.below))
        return ""

    def value(self, text: str) -> float | int | None:
        """Return the number in ``text``; None when it is empty or wrong."""
        value = None if self.problem(text) else read_number(text)
        return int(value) if self.integer and value is not None else value


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
