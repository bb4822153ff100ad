"""Expected hypervolume improvement of independent normal posteriors, exactly, and its slopes.

The volume that a point y adds to a front is a sum over the boxes that the front does not dominate,
Σ_c Π_j (max(u_cj − y_j, 0) − max(l_cj − y_j, 0)). The goals' posteriors are independent, so that
the expectation of a product is the product of expectations (Yang et al. 2019, "Efficient
computation of expected hypervolume improvement using box decomposition algorithms", Journal of
Global Optimization 75, eq. 14; Emmerich, Deutz, Klinkenberg 2011 for two goals), and each is a
difference of expected improvements: no Monte Carlo is needed, with any number of goals. All of it
is computed in logarithms, which have slopes where the improvement itself is 0 in floating point
(Ament et al. 2023, arXiv 2310.20708, section 3 and appendix A.4).

A loss that must not exceed a bound t counts only where it does not: the expectation of
max(a − y, 0) 1[y ≤ t] is that of max(t − y, 0) plus (a − t) Φ((t − μ) / σ) where a > t. This is
the improvement times the feasibility of Gardner et al. (2014, "Bayesian optimization with
inequality constraints", ICML) for a constraint on the same outcome, with which it is not
independent.

Notation
--------
m, g, c : points, goals, boxes
μ, σ    : mean and standard deviation of the losses, (m, g)
l, u    : lower and upper corner of a box
E(a)    : expected improvement on the loss a, within the bound
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from hpo_gui.surrogates.acquisition import LOG_SQRT_2PI, SMALLEST_SD, log_h
from hpo_gui.surrogates.nondominated_boxes import Boxes

FloatArray = NDArray[np.float64]

LEAST = -1e300  # logarithm of what rounding has left nothing of
FAINT = 1e-200  # below it a sum of products may have lost terms to underflow
STEEPEST = 500.0  # logarithm of the largest slope
CHUNK = 2_000_000  # numbers in memory at a time


def log_expected_hypervolume_improvement(
    mean: FloatArray, sd: FloatArray, boxes: Boxes, bounds: FloatArray
) -> FloatArray:
    """log E[volume added], shape (m,); finite, however hopeless.

    Parameters
    ----------
    mean, sd : (m, g)
    boxes : what the front leaves, see `nondominated_boxes`
    bounds : (g,) losses that must not be exceeded, inf where any may be
    """
    rows = max(CHUNK // max(len(boxes), 1), 1)
    parts = [
        _values(mean[begin : begin + rows], sd[begin : begin + rows], boxes, bounds)
        for begin in range(0, len(mean), rows)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def _values(mean: FloatArray, sd: FloatArray, boxes: Boxes, bounds: FloatArray) -> FloatArray:
    """Sums of products relative to the largest factors, in logarithms only where they vanish."""
    scale = np.zeros(len(mean))
    product = np.ones((len(mean), len(boxes)))
    for goal, edges in enumerate(boxes.edges):
        log_gain = _log_gain(mean[:, goal], sd[:, goal], edges, float(bounds[goal]))
        gain = np.exp(log_gain - log_gain[:, -1:])
        scale += log_gain[:, -1]
        product *= gain[:, boxes.high[:, goal]] - gain[:, boxes.low[:, goal]]
    total = product.sum(axis=1)
    faint = total < FAINT
    values = scale + np.log(np.where(faint, 1.0, total))
    if faint.any():
        logs = _log_products(mean[faint], sd[faint], boxes, bounds)
        values[faint] = _log_sum(logs)[0]
    return values


def log_expected_hypervolume_improvement_slopes(
    mean: FloatArray, sd: FloatArray, boxes: Boxes, bounds: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same, (m,), and its derivatives with respect to μ and σ, each (m, g)."""
    logs = np.zeros((len(mean), len(boxes)))
    by_mean, by_sd = [], []
    for goal, edges in enumerate(boxes.edges):
        length, of_mean, of_sd = _log_lengths_with_slopes(
            mean[:, goal],
            sd[:, goal],
            edges,
            float(bounds[goal]),
            boxes.low[:, goal],
            boxes.high[:, goal],
        )
        logs += length
        by_mean.append(of_mean)
        by_sd.append(of_sd)
    value, weights = _log_sum(logs)
    shared = (np.array(parts) * weights for parts in (by_mean, by_sd))
    of_mean, of_sd = (parts.sum(axis=2).T for parts in shared)
    return value, of_mean, of_sd


def log_probability_within_slopes(
    mean: FloatArray, sd: FloatArray, bounds: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """log P(y ≤ t in every goal), (m,), and its derivatives with respect to μ and σ, (m, g)."""
    sd = np.maximum(sd, SMALLEST_SD)
    held = np.isfinite(bounds)
    z = np.where(held, (np.where(held, bounds, 0.0) - mean) / sd, np.inf)
    logs = log_ndtr(z)
    finite = np.where(held, z, 0.0)
    hazard = np.where(held, np.exp(-0.5 * finite**2 - LOG_SQRT_2PI - logs), 0.0)
    return logs.sum(axis=1), -hazard / sd, -hazard * finite / sd


# --- one goal ---------------------------------------------------------------------------------


def _log_gain(mean: FloatArray, sd: FloatArray, edges: FloatArray, bound: float) -> FloatArray:
    """log E(a) for each edge a, (m, edges); −inf for the edge −inf."""
    sd = np.maximum(sd, SMALLEST_SD)[:, None]
    reached = np.minimum(edges[1:], bound)
    z = (reached - mean[:, None]) / sd
    result = np.full((len(mean), len(edges)), -np.inf)
    result[:, 1:] = np.log(sd) + log_h(z)
    beyond = np.flatnonzero(edges > bound)
    if len(beyond):
        sure = log_ndtr((bound - mean[:, None]) / sd)
        more = np.log(edges[beyond] - bound) + sure
        result[:, beyond] = np.logaddexp(result[:, beyond], more)
    return result


def _log_lengths(gain: FloatArray, low: NDArray[np.intp], high: NDArray[np.intp]) -> FloatArray:
    """log(E(u) − E(l)) of each box, (m, c)."""
    upper = gain[:, high]
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(upper + np.log(-np.expm1(gain[:, low] - upper)), LEAST))


def _log_products(
    mean: FloatArray, sd: FloatArray, boxes: Boxes, bounds: FloatArray
) -> FloatArray:
    logs = np.zeros((len(mean), len(boxes)))
    for goal, edges in enumerate(boxes.edges):
        gain = _log_gain(mean[:, goal], sd[:, goal], edges, float(bounds[goal]))
        logs += _log_lengths(gain, boxes.low[:, goal], boxes.high[:, goal])
    return logs


def _log_lengths_with_slopes(
    mean: FloatArray,
    sd: FloatArray,
    edges: FloatArray,
    bound: float,
    low: NDArray[np.intp],
    high: NDArray[np.intp],
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """log(E(u) − E(l)), and its derivatives with respect to μ and σ, each (m, c).

    ∂E(a)/∂μ = −Φ(z) and ∂E(a)/∂σ = φ(z) with z = (a − μ)/σ; beyond the bound t, where
    z = (t − μ)/σ, −Φ(z) − (a − t) φ(z)/σ and φ(z) (1 − (a − t) z/σ).
    """
    gain = _log_gain(mean, sd, edges, bound)
    length = _log_lengths(gain, low, high)
    sd = np.maximum(sd, SMALLEST_SD)[:, None]
    z = (np.minimum(edges, bound) - mean[:, None]) / sd
    z[:, 0] = -np.inf
    beyond = np.maximum(edges - bound, 0.0) / sd
    share = log_ndtr(z)
    density = -0.5 * z * z - LOG_SQRT_2PI
    finite = np.where(np.isfinite(z), z, 0.0)
    by_mean, by_sd = np.zeros_like(length), np.zeros_like(length)
    lost = length <= LEAST
    for place, sign in ((high, 1.0), (low, -1.0)):
        # NOTE: relative to the length before they are exponentials, so that nothing overflows
        shares = np.exp(np.where(lost, -np.inf, np.minimum(share[:, place] - length, STEEPEST)))
        densities = np.exp(
            np.where(lost, -np.inf, np.minimum(density[:, place] - length, STEEPEST))
        )
        by_mean -= sign * (shares + beyond[:, place] * densities)
        by_sd += sign * densities * (1 - beyond[:, place] * finite[:, place])
    return length, by_mean, by_sd


def _log_sum(logs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The logarithm of the sum over boxes (m,), and the share of each box in it (m, c)."""
    largest = logs.max(axis=1, keepdims=True)
    shares = np.exp(logs - largest)
    total = shares.sum(axis=1, keepdims=True)
    return (largest + np.log(total))[:, 0], shares / total
