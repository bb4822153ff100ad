"""The state of a CMA-ES: a normal distribution, its paths, and how a generation changes them.

Hansen (2016), The CMA evolution strategy: a tutorial, arXiv 1604.00772 (equations by number;
default parameters of its table 1, negative weights included). Stepped axes keep a margin as in
Hamano, Saito, Nomura, Shirakawa (2022), arXiv 2205.13482. Choices without order have a probability
each, moved towards the better ones, as in Hamano et al. (2024), CatCMA, arXiv 2405.09962.

Notation: d ordered axes (the free ones), m mean (d,), σ step size, C covariance (d, d), B and D
its eigenvectors and the roots of its eigenvalues, margin (d,) the scale A of CMA-ES with margin,
p_σ and p_c paths (d,), λ population, μ parents, w weights (λ,). Rows of a history are positions in
the unit cube.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hpo_gui.strategies.axes import Axis

FARTHEST = 1e9  # positions of ends that are open
SMALLEST_STEP = 1e-9
LARGEST_STEP = 1.0
WORST_CONDITION = 1e14
FLAT = 1e-12  # relative range of the best losses below which nothing moves any more

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Constants:
    """Default parameters for d axes and a population λ (table 1 of the tutorial)."""

    weights: FloatArray
    parents: int
    mu_eff: float
    c_sigma: float
    d_sigma: float
    c_c: float
    c_1: float
    c_mu: float
    chi: float


@lru_cache(maxsize=32)
def constants(d: int, population: int) -> Constants:
    n = max(d, 1)
    raw = math.log((population + 1) / 2) - np.log(np.arange(1, population + 1))  # eq. 49
    parents = max(population // 2, 1)
    positive, negative = np.maximum(raw, 0.0), np.maximum(-raw, 0.0)
    mu_eff = positive.sum() ** 2 / (positive**2).sum()
    mu_eff_minus = negative.sum() ** 2 / max((negative**2).sum(), 1e-300)
    c_c = (4 + mu_eff / n) / (n + 4 + 2 * mu_eff / n)  # eq. 56
    c_1 = 2 / ((n + 1.3) ** 2 + mu_eff)  # eq. 57
    c_mu = min(1 - c_1, 2 * (0.25 + mu_eff + 1 / mu_eff - 2) / ((n + 2) ** 2 + mu_eff))  # eq. 58
    c_sigma = (mu_eff + 2) / (n + mu_eff + 5)  # eq. 55
    d_sigma = 1 + 2 * max(0.0, math.sqrt((mu_eff - 1) / (n + 1)) - 1) + c_sigma
    limit = min(
        1 + c_1 / c_mu,  # eq. 50
        1 + 2 * mu_eff_minus / (mu_eff + 2),  # eq. 51
        (1 - c_1 - c_mu) / (n * c_mu),  # eq. 52
    )
    weights = positive / positive.sum() - limit * negative / max(negative.sum(), 1e-300)  # eq. 53
    chi = math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n))
    return Constants(weights, parents, mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi)


@dataclass(frozen=True)
class Evolution:
    """The distribution after some generations; a frozen value.

    Attributes
    ----------
    ordered, unordered : columns of the axes in a history's rows
    chances : for each unordered axis the probability of each choice
    best_losses : of the last generations, newest last; inf where all failed
    """

    axes: tuple[Axis, ...]
    ordered: tuple[int, ...]
    unordered: tuple[int, ...]
    population: int
    mean: FloatArray
    sigma: float
    C: FloatArray
    B: FloatArray
    D: FloatArray
    margin: FloatArray
    p_sigma: FloatArray
    p_c: FloatArray
    chances: tuple[FloatArray, ...]
    generation: int = 0
    best_losses: tuple[float, ...] = ()

    @property
    def parents(self) -> int:
        return constants(len(self.mean), self.population).parents

    # --- sampling -----------------------------------------------------------------------------

    def sample(self, count: int, rng: np.random.Generator) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Positions in the unit cube (count, all axes), and whether no bound had to cut one."""
        z = rng.standard_normal((count, len(self.mean)))
        x = self.mean + self.sigma * self.margin * ((z * self.D) @ self.B.T)  # eq. 40
        positions = np.full((count, len(self.axes)), 0.5)
        inside = np.ones(count, dtype=bool)
        for i, column in enumerate(self.ordered):
            if not self.axes[column].is_stepped and not self.axes[column].has_none:
                inside &= (x[:, i] >= 0) & (x[:, i] <= 1)
            positions[:, column] = np.clip(x[:, i], 0.0, 1.0)
        for chances, column in zip(self.chances, self.unordered, strict=True):
            steps = np.cumsum(chances)
            index = np.searchsorted(steps, rng.random(count) * steps[-1], side="right")
            positions[:, column] = (np.minimum(index, len(chances) - 1) + 0.5) / len(chances)
        return positions, inside

    # --- one generation -----------------------------------------------------------------------

    def advance(self, rows: FloatArray, best: float, rng: np.random.Generator) -> Evolution:
        """The state after a generation.

        Parameters
        ----------
        rows : positions of its λ trials, best first, shape (λ, all axes); NaN where unknown
        best : smallest loss among them; inf when all failed
        rng : fills in what the rows do not say
        """
        moved = self._move(self._points(rows, rng))
        chances = tuple(
            self._shift(p, rows[:, column], self.axes[column].levels)
            for p, column in zip(self.chances, self.unordered, strict=True)
        )
        keep = 10 + math.ceil(30 * len(self.axes) / self.population)
        return replace(
            moved._keep_margin(),
            chances=chances,
            generation=self.generation + 1,
            best_losses=(*self.best_losses, best)[-keep:],
        )

    def _points(self, rows: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Where in the continuous space the trials lay, shape (λ, d).

        A history holds the value, not the point that was rounded to it: the point is drawn anew
        from the distribution, within the value's cell. So is one that has no value.
        """
        from scipy.special import ndtr, ndtri

        uniform = rng.random((len(rows), len(self.mean)))
        points = rows[:, list(self.ordered)]
        spread = self.sigma * self.margin * np.sqrt(np.diag(self.C))
        for i, column in enumerate(self.ordered):
            axis = self.axes[column]
            low, high = axis.cells(points[:, i])
            unknown = np.isnan(low)
            low = np.where(unknown | (axis.is_stepped & (low <= 0)), -FARTHEST, low)
            top = axis.is_stepped | axis.has_none
            high = np.where(unknown | (top & (high >= 1)), FARTHEST, high)
            wide = high > low
            below = ndtr((low - self.mean[i]) / spread[i])
            above = ndtr((high - self.mean[i]) / spread[i])
            drawn = self.mean[i] + spread[i] * ndtri(below + uniform[:, i] * (above - below))
            drawn = np.clip(np.nan_to_num(drawn, nan=0.5), low, high)
            # far from the mean the tail has no digits left: the near end of the cell will do
            points[wide, i] = np.clip(drawn[wide], -1.0, 2.0)
        return points

    def _move(self, points: FloatArray) -> Evolution:
        d = len(self.mean)
        if not d:
            return self
        k = constants(d, self.population)
        w = k.weights
        y = (points - self.mean) / (self.sigma * self.margin)
        # trials of an older generation may lie far out: shorten them (Hansen 2011, 1110.4181)
        length = np.linalg.norm((y @ self.B) / self.D, axis=1)
        longest = math.sqrt(d) + 2 * d / (d + 2)
        y *= np.minimum(1.0, longest / np.maximum(length, 1e-300))[:, None]
        y_w = np.maximum(w, 0.0) @ y  # eq. 41
        mean = self.mean + self.sigma * self.margin * y_w  # eq. 42
        whitened = self.B @ ((self.B.T @ y_w) / self.D)
        p_sigma = (1 - k.c_sigma) * self.p_sigma + math.sqrt(
            k.c_sigma * (2 - k.c_sigma) * k.mu_eff
        ) * whitened  # eq. 43
        norm = float(np.linalg.norm(p_sigma))
        growth = (k.c_sigma / k.d_sigma) * (norm / k.chi - 1)  # eq. 44
        sigma = self.sigma * math.exp(min(1.0, growth))
        decay = math.sqrt(1 - (1 - k.c_sigma) ** (2 * (self.generation + 1)))
        h = 1.0 if norm / decay < (1.4 + 2 / (d + 1)) * k.chi else 0.0
        p_c = (1 - k.c_c) * self.p_c + h * math.sqrt(
            k.c_c * (2 - k.c_c) * k.mu_eff
        ) * y_w  # eq. 45
        size = np.maximum((((y @ self.B) / self.D) ** 2).sum(axis=1), 1e-300)
        w_o = np.where(w >= 0, w, w * d / size)  # eq. 46
        C = (
            (1 + k.c_1 * (1 - h) * k.c_c * (2 - k.c_c) - k.c_1 - k.c_mu * w.sum()) * self.C
            + k.c_1 * np.outer(p_c, p_c)
            + k.c_mu * (y.T * w_o) @ y
        )  # eq. 47
        sigma = min(max(sigma, SMALLEST_STEP), LARGEST_STEP)
        return _with_covariance(
            replace(self, mean=np.clip(mean, 0.0, 1.0), sigma=sigma, p_sigma=p_sigma, p_c=p_c), C
        )

    def _shift(self, chances: FloatArray, positions: FloatArray, levels: int) -> FloatArray:
        """Move probabilities towards the choices of the better half; none may vanish."""
        k = constants(len(self.mean) + len(self.unordered), self.population)
        known = ~np.isnan(positions)
        weights = np.where(known, np.maximum(k.weights, 0.0), 0.0)
        seen = np.zeros(levels)
        index = (np.where(known, positions, 0.0) * levels).astype(np.intp)
        np.add.at(seen, np.minimum(index, levels - 1), weights)
        rate = k.mu_eff / (k.mu_eff + len(self.mean) + len(self.unordered))
        moved = chances + rate * (seen - weights.sum() * chances)
        least = (1 - 0.73 ** (1 / len(self.unordered))) / max(levels - 1, 1)
        least = min(least, 1 / levels)
        moved = np.maximum(moved, least)
        # take what was added from the others, in proportion to what they have above the least
        surplus = moved - least
        total = float(surplus.sum())
        if total > 0:
            moved = least + surplus * (1 - least * levels) / total
        result: FloatArray = moved / moved.sum()
        return result

    def _keep_margin(self) -> Evolution:
        """On stepped axes keep a chance of at least 1/(λ d) to leave the cell of the mean."""
        from scipy.special import ndtr, ndtri

        d = len(self.mean)
        alpha = 1.0 / (max(d, 1) * self.population)
        mean, margin = self.mean.copy(), self.margin.copy()
        for i, column in enumerate(self.ordered):
            axis = self.axes[column]
            if not axis.is_stepped:
                continue
            root = self.sigma * math.sqrt(self.C[i, i])
            low, high = (float(end[0]) for end in axis.cells(mean[i : i + 1]))
            at_start, at_end = low <= 0, high >= 1
            if at_start and at_end:
                continue
            spread = root * margin[i]
            leave_low = 0.0 if at_start else float(ndtr((low - mean[i]) / spread))
            leave_high = 0.0 if at_end else float(ndtr((mean[i] - high) / spread))
            if at_start or at_end:  # move the mean towards the one boundary
                if leave_low + leave_high < alpha:
                    away = -float(ndtri(alpha)) * spread
                    mean[i] = high - away if at_start else low + away
                continue
            if min(leave_low, leave_high) >= alpha / 2:
                continue
            leave_low, leave_high = max(leave_low, alpha / 2), max(leave_high, alpha / 2)
            left, right = -float(ndtri(leave_low)), -float(ndtri(leave_high))
            if left + right > 0:
                spread = (high - low) / (left + right)
                mean[i], margin[i] = low + left * spread, spread / root
        return replace(self, mean=mean, margin=margin)

    def has_stalled(self) -> bool:
        """Whether going on leads nowhere: too small a step, flat losses, or a bad matrix."""
        keep = 10 + math.ceil(30 * len(self.axes) / self.population)
        recent = np.array(self.best_losses)
        if len(recent) >= keep:
            finite = recent[np.isfinite(recent)]
            scale = max(1e-300, float(np.abs(finite).max(initial=0.0)))
            if not len(finite) or float(np.ptp(finite)) <= FLAT * scale:
                return True
        if not len(self.mean):
            return False
        widest = self.sigma * float((self.margin * np.sqrt(np.diag(self.C))).max())
        return widest < 1e-6 or float(self.D.max() / self.D.min()) ** 2 > WORST_CONDITION


def start_evolution(
    axes: tuple[Axis, ...], mean: FloatArray, step: float, population: int
) -> Evolution:
    """The state before the first generation; ``mean`` and ``step`` are in positions."""
    ordered = tuple(i for i, axis in enumerate(axes) if axis.is_free and not axis.levels)
    unordered = tuple(i for i, axis in enumerate(axes) if axis.levels > 1)
    d = len(ordered)
    # an axis with a narrow distribution of its own starts narrow
    scale = np.array([min(1.0, axes[i].sd / step) for i in ordered])
    return Evolution(
        axes,
        ordered,
        unordered,
        population,
        mean[list(ordered)].astype(np.float64),
        step,
        np.diag(scale**2),
        np.eye(d),
        scale,
        np.ones(d),
        np.zeros(d),
        np.zeros(d),
        tuple(np.full(axes[i].levels, 1 / axes[i].levels) for i in unordered),
    )


def _with_covariance(state: Evolution, C: FloatArray) -> Evolution:
    """The state with a new covariance matrix and its eigenvectors and values."""
    C = (C + C.T) / 2
    values, B = np.linalg.eigh(C)
    least = max(float(values.max()), 1e-300) * 1e-16
    values = np.maximum(values, least)
    return replace(state, C=(B * values) @ B.T, B=B, D=np.sqrt(values))
