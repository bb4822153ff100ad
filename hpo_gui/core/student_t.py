"""Student's t distribution, so that the window's start does not import ``scipy.stats``.

Notation: t statistic; nu degrees of freedom; I_x(a, b) the regularised incomplete beta function
(Abramowitz and Stegun 26.5; NIST Digital Library of Mathematical Functions, 8.17).
"""

from __future__ import annotations

import math
from functools import lru_cache

TINY = 1e-300
ACCURACY = 1e-15
MAX_TERMS = 10_000


def t_cdf(t: float, nu: float) -> float:
    """P(T <= t) for ``nu`` > 0 degrees of freedom; NaN for NaN.

    Uses 1 - I_x(nu/2, 1/2)/2 with x = nu/(nu + t²) (Abramowitz and Stegun 26.7.1).
    """
    if math.isnan(t):
        return math.nan
    if math.isinf(t):
        return 1.0 if t > 0 else 0.0
    tail = 0.5 * incomplete_beta(nu / (nu + t * t), nu / 2, 0.5)
    return 1 - tail if t > 0 else tail


@lru_cache(maxsize=512)
def t_quantile(share: float, nu: float) -> float:
    """The t below which ``share`` of the distribution lies, 0 < share < 1, by bisection."""
    if not 0 < share < 1:
        raise ValueError(f"`0 < share < 1` must hold, but got {share=}")
    if share < 0.5:
        return -t_quantile(1 - share, nu)
    low, high = 0.0, 1.0
    while t_cdf(high, nu) < share:
        low, high = high, high * 2
    for _ in range(200):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if t_cdf(middle, nu) < share else (low, middle)
    return (low + high) / 2


def incomplete_beta(x: float, a: float, b: float) -> float:
    """I_x(a, b) for 0 <= x <= 1 and positive a and b."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # DLMF 8.17.4; the fraction converges fast on the other side
        return 1 - incomplete_beta(1 - x, b, a)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(logarithm + a * math.log(x) + b * math.log1p(-x)) / a
    return front / _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """1 + d_1/(1 + d_2/(1 + …)) of DLMF 8.17.22, by Lentz's method."""
    value, c, d = 1.0, 1.0, 0.0
    for n in range(1, MAX_TERMS):
        m = n // 2
        if n % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / _away_from_zero(1 + term * d)
        c = _away_from_zero(1 + term / c)
        value *= c * d
        if abs(c * d - 1) < ACCURACY:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY
