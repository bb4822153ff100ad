"""What random search reaches on a problem: the zero of the scores.

References of problems that have recorded runs are recorded with them; others are computed once and
kept beside the results.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.value import Params
from optimizer_bench.problem import Problem

FloatArray = NDArray[np.float64]

LONGEST = 128
"""Evaluations of the longest run."""

TRAINED, COMPUTED = 400, 20_000
"""Random evaluations of a problem that trains models, and of a function."""

SIMULATED = 4000
DRAWS, SIMULATION = 987654, 5  # seeds


class Reference(msgspec.Struct, frozen=True):
    """What is known of a problem.

    Attributes
    ----------
    family : of the problem
    median : loss of one random configuration
    best : the least loss known
    best_by : who found it
    expected : least loss that 1, 2, … random configurations are expected to reach
    """

    family: str
    median: float
    best: float
    best_by: str
    expected: tuple[float, ...]


def reference(
    problem: Problem, loss: Callable[[Params], float], optimum: float | None
) -> Reference:
    """Evaluate random configurations of a problem."""
    rng = np.random.default_rng(DRAWS)
    count = TRAINED if problem.trains else COMPUTED
    losses = np.array([loss(problem.space.sample(rng)) for _ in range(count)])
    expected = expected_noisy(losses, problem.noise) if problem.noise else expected_least(losses)
    least = float(losses.min())
    known = optimum is not None and optimum <= least
    return Reference(
        problem.family,
        significant(np.median(losses)),
        significant(optimum) if known and optimum is not None else significant(least),
        "known optimum" if known else "random",
        tuple(significant(value) for value in expected),
    )


def expected_least(losses: FloatArray) -> list[float]:
    """Expected least of k = 1, 2, …, `LONGEST` of the losses (n,), drawn without replacement.

    The i-th least of n is the least of k with probability C(n-1-i, k-1) / C(n, k); its logarithm
    is summed up from i = 0, where it is k / n.
    """
    ordered, n = np.sort(losses), len(losses)
    expected = []
    for k in range(1, min(LONGEST, n) + 1):
        i = np.arange(n - k)
        ratios = np.log((n - k - i).clip(1)) - np.log(n - 1 - i)
        weights = np.exp(np.log(k / n) + np.concatenate([[0.0], np.cumsum(ratios)]))
        expected.append(float(weights @ ordered[: n - k + 1] / weights.sum()))
    return expected


def expected_noisy(losses: FloatArray, noise: float) -> list[float]:
    """Expected loss without noise of the best of k, judged with noise; simulated."""
    rng = np.random.default_rng(SIMULATION)
    total = np.zeros(LONGEST)
    for _ in range(SIMULATED):
        drawn = losses[rng.integers(len(losses), size=LONGEST)]
        observed = drawn + noise * rng.standard_normal(LONGEST)
        is_best = observed == np.minimum.accumulate(observed)
        total += drawn[np.maximum.accumulate(np.where(is_best, np.arange(LONGEST), 0))]
    return list(total / SIMULATED)


def kept_reference(path: Path) -> Reference | None:
    """A reference of an earlier run."""
    return msgspec.json.decode(path.read_bytes(), type=Reference) if path.exists() else None


def keep_reference(path: Path, value: Reference) -> None:
    """Keep a reference for later runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(msgspec.json.encode(value))
    unfinished.replace(path)


def significant(value: float, digits: int = 7) -> float:
    """Rounded to so many significant digits."""
    return float(f"{value:.{digits}g}")
