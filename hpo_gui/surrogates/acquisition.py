"""Acquisition functions: how much is to be gained by trying a place. Losses are minimised."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

FloatArray = NDArray[np.float64]
FAR = -25.0


def log_expected_improvement(mean: FloatArray, sd: FloatArray, best: float) -> FloatArray:
    """log E[max(best - loss, 0)], shape (m,).

    Source: Ament et al. (2023), Unexpected improvements to expected improvement, arXiv 2310.20708.
    """
    sd = np.maximum(sd, 1e-12)
    z = (best - mean) / sd
    log_density = -0.5 * z * z - 0.5 * np.log(2 * np.pi)
    near = np.maximum(z, FAR)
    inside = np.exp(-0.5 * near * near) / np.sqrt(2 * np.pi) + near * np.exp(log_ndtr(near))
    with np.errstate(divide="ignore"):
        log_h = np.where(
            (z > FAR) & (inside > 0),
            np.log(np.maximum(inside, 1e-300)),
            log_density - 2 * np.log(np.maximum(np.abs(z), 1)),
        )
    return np.asarray(np.log(sd) + log_h)
