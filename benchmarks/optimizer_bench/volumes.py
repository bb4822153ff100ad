"""How much of the ideal front's hypervolume a run has after so many trials.

The reference point is the median of each loss over random configurations, or a little beyond the
worst losses of the ideal front where that is farther; of COCO's functions their nadir. So a share
of 1 is the whole ideal front, and 0 nothing that is better than the middle of random search.
Where nobody knows the ideal front, it is what all runs and the random configurations together
have found: shares are of that one, and change with who ran.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.hypervolume import hypervolume
from hpo_gui.core.pareto import is_front
from hpo_gui.core.value import Params
from optimizer_bench.several_goals import GoalsProblem

FloatArray = NDArray[np.float64]

SAMPLED = 1000  # random configurations for a reference point; of trained models fewer
TRAINED = 150
SEED = 987
BEYOND = 1.1  # of the ideal front's range


class Yardstick(msgspec.Struct, frozen=True):
    """What runs on one problem are measured with.

    Attributes
    ----------
    reference : the reference point, shape (g,)
    whole : hypervolume of the ideal front
    known : whether the ideal front is known, rather than estimated
    """

    reference: FloatArray
    whole: float
    known: bool


def sampled_losses(
    problem: GoalsProblem, losses: Callable[[Params], Sequence[float]]
) -> FloatArray:
    """Losses of random configurations, shape (n, g)."""
    rng = np.random.default_rng(SEED)
    count = TRAINED if problem.trains else SAMPLED
    return np.array([list(losses(problem.space.sample(rng))) for _ in range(count)])


def yardstick(
    problem: GoalsProblem,
    sampled: FloatArray,
    found: Sequence[FloatArray],
    nadir: Sequence[float] | None,
) -> Yardstick:
    """The yardstick of a problem.

    Parameters
    ----------
    sampled : losses of random configurations, shape (n, g)
    found : those of all runs, each of shape (n, g)
    nadir : the worst losses of the front, where COCO tells them
    """
    if problem.front is not None:
        front = problem.front()
    else:
        everything = np.concatenate([sampled, *found])
        front = everything[is_front(everything)]
    if nadir is not None:
        reference = np.array(nadir)
    else:
        low, high = front.min(axis=0), front.max(axis=0)
        reference = np.maximum(np.median(sampled, axis=0), low + BEYOND * (high - low))
    return Yardstick(reference, hypervolume(front, reference), problem.front is not None)


def share_after(losses: FloatArray, trials: int, stick: Yardstick) -> float:
    """Share of the ideal hypervolume after so many trials, of losses (n, g)."""
    if not len(losses) or not stick.whole > 0:
        return 0.0
    return hypervolume(losses[:trials], stick.reference) / stick.whole
