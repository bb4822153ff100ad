"""Choosing a few configurations that complement one another, and judging the choice.

Notation: L (n, t) losses of n candidates on t tables, D (t,) losses of the defaults,
R (n, t) regrets between 0 (the best that was seen on the table) and about 1 (the middle one).

Sources: Wistuba et al. (2015), Sequential model-free hyperparameter tuning;
Feurer et al. (2022), Auto-sklearn 2.0, arXiv 2007.04074, algorithm 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

NOISE = 0.02
"""Differences below two errors in 100, or 2 % of the target's standard deviation, are noise."""

LEAST_GAIN = 0.001
"""A configuration that lowers the mean regret by less is not worth a trial."""


def regrets(losses: FloatArray, defaults: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Losses by table made comparable, of the candidates (n, t) and of the defaults (t,)."""
    together = np.vstack([losses, defaults[None, :]])
    best = together.min(axis=0)
    middle = np.maximum(np.median(losses, axis=0), defaults)
    scale = np.maximum(middle - best, NOISE)
    scaled = np.clip((together - best) / scale, 0.0, 1.5)
    return scaled[:-1], scaled[-1]


def choose(regret: FloatArray, start: FloatArray, most: int) -> list[int]:
    """Rows of the candidates chosen, in order (algorithm 1).

    Each lowers the mean over the tables of the least regret so far by as much as possible.

    Parameters
    ----------
    start : (t,) regret of what is tried before, that is of the defaults
    most : at most so many
    """
    chosen: list[int] = []
    reached = start.copy()
    while len(chosen) < most:
        means = np.minimum(regret, reached).mean(axis=1)
        place = int(np.argmin(means))
        if reached.mean() - means[place] < LEAST_GAIN:
            break
        chosen.append(place)
        reached = np.minimum(reached, regret[place])
    return chosen


def curve_of_choice(regret: FloatArray, start: FloatArray, chosen: list[int]) -> FloatArray:
    """Least regret after the defaults and k of the chosen, on each table; shape (k + 1, t)."""
    rows = [start, *(regret[place] for place in chosen)]
    return np.minimum.accumulate(np.array(rows), axis=0)


def leave_one_out(
    losses: FloatArray, defaults: FloatArray, kinds: Sequence[str], most: int
) -> FloatArray:
    """Least regret on each table, by configurations chosen on those of other kinds (most + 1, t).

    Where fewer than ``most`` were worth it, the last value stays.
    """
    regret, start = regrets(losses, defaults)
    tables = regret.shape[1]
    curves = np.empty((most + 1, tables))
    for table in range(tables):
        others = np.array([kind != kinds[table] for kind in kinds])
        chosen = choose(regret[:, others], start[others], most)
        curve = curve_of_choice(regret[:, [table]], start[[table]], chosen)[:, 0]
        curves[:, table] = np.pad(curve, (0, most + 1 - len(curve)), mode="edge")
    return curves


def expected_of_random(regret: FloatArray, count: int) -> FloatArray:
    """Expected least regret of ``count`` candidates drawn at random, on each table; shape (t,).

    Exact, without replacement: the best of the draw is the i-th best of all n with probability
    C(n - i, count - 1) / C(n, count), i from 1.
    """
    candidates = len(regret)
    count = min(count, candidates)
    chance = np.zeros(candidates)
    left = 1.0
    for place in range(candidates - count + 1):
        hit = count / (candidates - place)  # the best of the rest is among those drawn
        chance[place] = left * hit
        left *= 1 - hit
    return np.asarray(chance @ np.sort(regret, axis=0))
