"""Stationary kernels of the squared distance, with their derivatives.

Notation
--------
u      : squared distance Σⱼ ηⱼ Δⱼ², any shape
k(u)   : correlation, 1 at u = 0
k'(u)  : derivative with respect to u (not to the distance), finite at u = 0 but for Matérn 3/2's
         second derivative, which nobody needs

Source: Rasmussen, Williams (2006), Gaussian Processes for Machine Learning, eqs. 4.9, 4.17.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
KernelName = Literal["matern52", "matern32", "rbf"]
Kernel = Callable[[FloatArray], tuple[FloatArray, FloatArray]]

_SQRT3 = math.sqrt(3.0)
_SQRT5 = math.sqrt(5.0)


def matern52(u: FloatArray) -> tuple[FloatArray, FloatArray]:
    """k and k' of Matérn 5/2: (1 + √5 r + 5/3 u) exp(−√5 r) with r = √u (eq. 4.17)."""
    r = np.sqrt(u)
    r *= _SQRT5
    decay = np.exp(-r)
    r += 1.0
    derivative = (-5.0 / 6.0) * r * decay
    r += (5.0 / 3.0) * u
    r *= decay
    return r, derivative


def matern32(u: FloatArray) -> tuple[FloatArray, FloatArray]:
    """k and k' of Matérn 3/2: (1 + √3 r) exp(−√3 r) with r = √u (eq. 4.17)."""
    r = _SQRT3 * np.sqrt(u)
    decay = np.exp(-r)
    return (1.0 + r) * decay, -1.5 * decay


def rbf(u: FloatArray) -> tuple[FloatArray, FloatArray]:
    """k and k' of the squared exponential exp(−u/2) (eq. 4.9)."""
    value = np.exp(-0.5 * u)
    return value, -0.5 * value


KERNELS: dict[KernelName, Kernel] = {"matern52": matern52, "matern32": matern32, "rbf": rbf}
