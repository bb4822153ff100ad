"""Acquisition functions of a normal posterior, for minimisation; larger is better to try.

Notation
--------
μ, σ : mean and standard deviation of the loss, shape (m,)
f*   : the loss to improve on
z    : (f* − μ) / σ
h(z) : φ(z) + z Φ(z), so that EI = σ h(z)

Sources: Jones, Schonlau, Welch (1998), J. Global Optimization 13; Ament et al. (2023), Unexpected
improvements to expected improvement, arXiv 2310.20708.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, log_ndtr

FloatArray = NDArray[np.float64]

SMALLEST_SD = 1e-12
LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)
_LOG_PI_HALF = 0.5 * math.log(math.pi / 2)
_FAR = -25.0


def log_h(z: FloatArray) -> FloatArray:
    """log(φ(z) + z Φ(z)) without cancellation, down to z = −1e8 (arXiv 2310.20708, eq. 9)."""
    z = np.asarray(z, dtype=np.float64)
    result = np.empty_like(z)
    near = z > -1.0
    far = z < _FAR
    tail = ~near & ~far
    x = z[near]
    density = np.exp(-0.5 * x * x - LOG_SQRT_2PI)
    result[near] = np.log(density + x * np.exp(log_ndtr(x)))
    x = z[tail]
    # 1 − |z| Φ(z)/φ(z), with Φ(z)/φ(z) = √(π/2) erfcx(−z/√2)
    ratio = np.exp(_LOG_PI_HALF) * erfcx(-x / math.sqrt(2)) * -x
    result[tail] = -0.5 * x * x - LOG_SQRT_2PI + np.log1p(-ratio)
    x = z[far]
    inverse = 1 / (x * x)  # the asymptotic series of Mills' ratio
    correction = np.log1p(-3 * inverse + 15 * inverse**2)
    result[far] = -0.5 * x * x - LOG_SQRT_2PI - 2 * np.log(-x) + correction
    return result


def log_expected_improvement(mean: FloatArray, sd: FloatArray, best: float) -> FloatArray:
    """log E[max(f* − f, 0)], shape (m,); −inf never, however hopeless."""
    sd = np.maximum(sd, SMALLEST_SD)
    return np.asarray(np.log(sd) + log_h((best - mean) / sd))


def log_expected_improvement_slopes(
    mean: FloatArray, sd: FloatArray, best: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """logEI and its derivatives with respect to μ and σ, each (m,).

    ∂EI/∂μ = −Φ(z) and ∂EI/∂σ = φ(z), hence ∂logEI/∂μ = −Φ/(σh), ∂logEI/∂σ = φ/(σh).
    """
    sd = np.maximum(sd, SMALLEST_SD)
    z = (best - mean) / sd
    log_scaled = log_h(z) + np.log(sd)
    by_mean = -np.exp(log_ndtr(z) - log_scaled)
    by_sd = np.exp(-0.5 * z * z - LOG_SQRT_2PI - log_scaled)
    return log_scaled, by_mean, by_sd


def log_probability_of_improvement(mean: FloatArray, sd: FloatArray, best: float) -> FloatArray:
    """log Φ(z), shape (m,)."""
    sd = np.maximum(sd, SMALLEST_SD)
    return np.asarray(log_ndtr((best - mean) / sd))


def log_probability_of_improvement_slopes(
    mean: FloatArray, sd: FloatArray, best: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """logPI and its derivatives with respect to μ and σ, each (m,)."""
    sd = np.maximum(sd, SMALLEST_SD)
    z = (best - mean) / sd
    value = np.asarray(log_ndtr(z))
    hazard = np.exp(-0.5 * z * z - LOG_SQRT_2PI - value)  # φ/Φ
    return value, -hazard / sd, -hazard * z / sd
