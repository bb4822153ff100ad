"""The expected calibration error: by how much predicted probabilities differ from frequencies.

With two classes the probability of the second one is compared with its frequency [1]_, with more
the probability of the predicted class with the accuracy (top-label, [2]_ equation 3). The bins
hold equally many rows, so that none is empty.

.. [1] M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining Well Calibrated Probabilities Using
   Bayesian Binning", AAAI 2015, section "Calibration measures".
.. [2] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural Networks",
   ICML 2017.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

BINS = 15


def calibration_error(
    probabilities: NDArray[np.floating],
    target: NDArray[np.integer],
    weights: FloatArray | None = None,
    classes: NDArray[np.integer] | None = None,
    bins: int = BINS,
) -> float:
    """Mean distance between probability and frequency over bins of equal mass, in [0, 1].

    Of few rows it is too large: each bin then holds little more than one row.

    Parameters
    ----------
    probabilities : (n, k)
    target : (n,) class codes
    weights : (n,) not negative; by default all 1
    classes : (k,) the class of each column; by default 0 … k-1

    Returns
    -------
    float
        NaN without rows, or where all of them weigh nothing; or where a probability is NaN.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    w = np.ones(len(p)) if weights is None else weights
    if w.sum() <= 0 or np.isnan(p).any():
        return math.nan
    judged = np.ones(len(p), dtype=np.intp) if p.shape[1] == 2 else np.argmax(p, axis=1)
    confidence = p[np.arange(len(p)), judged]
    hit = target == (judged if classes is None else np.asarray(classes)[judged])
    return _expected_error(confidence, hit.astype(np.float64), w / w.sum(), bins)


def _expected_error(confidence: FloatArray, hit: FloatArray, w: FloatArray, bins: int) -> float:
    """Sum over bins of | sum of w (hit - confidence) |; weights sum to 1.

    Equal confidences stand in one bin, so that the order of the rows does not matter.
    """
    values, place = np.unique(confidence, return_inverse=True)
    mass = np.bincount(place, weights=w, minlength=len(values))
    middle = np.cumsum(mass) - mass / 2
    bin_of = np.minimum((middle * bins).astype(np.intp), bins - 1)[place]
    gaps = np.bincount(bin_of, weights=w * (hit - confidence), minlength=bins)
    return min(float(np.abs(gaps).sum()), 1.0)  # not above it by rounding


def score_calibration(
    estimator: Any,
    rows: Any,
    target: NDArray[np.integer],
    *,
    sample_weight: FloatArray | None = None,
) -> float:
    """`calibration_error` with the signature of a scorer.

    Raises
    ------
    AttributeError : the estimator gives no probabilities
    """
    probabilities = estimator.predict_proba(rows)
    return calibration_error(probabilities, target, sample_weight, estimator.classes_)
