"""Which trial is really best: the one with the best score may only have been lucky.

Every score is measured with noise (another split would give another one), and the best of many is
the luckiest of the good ones. A surrogate that knows all trials tells how good each really is:
near a good configuration there must be others (Forrester, Sóbester, Keane 2008, Engineering Design
via Surrogate Modelling, chapter 6.2; "incumbent by the posterior mean" in arXiv 1206.2944).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.fitting import fitting
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.surrogates.scaling import LARGEST

if TYPE_CHECKING:
    from hpo_gui.surrogates.ensemble import Ensemble

FloatArray = NDArray[np.float64]

LEAST = 8  # scored trials below which a surrogate knows too little
MOST = 400  # trials that the surrogate learns from: a fit stays below about a second
CLEAR = 2.0  # standard deviations of a difference of expected scores that make it worth telling
VISIBLE = 0.01  # standard deviations of all losses that it must have too


@dataclass(frozen=True)
class Recommendation:
    """The trial that is really best, as far as a surrogate can tell; scores in their own units.

    Attributes
    ----------
    number, mean, sd : of the recommended trial, the score expected of it and how sure that is
    best, best_score, best_mean : the trial with the best score, that score, and what to expect
        of it when it is measured again
    noise : standard deviation of a score measured twice
    """

    number: int
    mean: float
    sd: float
    best: int
    best_score: float
    best_mean: float
    noise: float

    @property
    def agrees(self) -> bool:
        """Whether the trial with the best score is the one to take."""
        return self.number == self.best


def recommend(history: History) -> Recommendation | None:
    """Fit a surrogate to the scored trials and ask it; about 0.1 s.

    None with fewer than 8 scored trials, when all scores are equal, when the best score is
    astronomical, or without free parameters.
    """
    # NOTE: imported here, so that the window can read results without importing scipy
    from hpo_gui.surrogates.ensemble import fit_ensemble

    losses = history.losses[history.complete, 0]
    if history.best is None or history.space.size <= 1 or np.nanmin(losses) <= -LARGEST:
        return None
    usable = np.abs(losses) < LARGEST  # NaN is not
    usable &= fitting(history)[history.complete]  # others were tried before the space was edited
    numbers, losses = history.complete[usable], losses[usable]
    if len(losses) < LEAST or np.ptp(losses) == 0:
        return None
    chosen = best_and_spread(losses, MOST)
    rows = history.matrix[numbers[chosen]]
    surrogate = fit_ensemble(
        rows, losses[chosen], history.space.levels, np.random.default_rng(len(chosen))
    )
    able = history.feasible if len(history.feasible) else history.complete
    allowed = np.isin(numbers[chosen], able)
    if not allowed.any():
        return None
    return recommendation(history.goal, numbers[chosen], rows, losses[chosen], surrogate, allowed)


def recommendation(
    goal: Goal,
    numbers: NDArray[np.intp],
    rows: FloatArray,
    losses: FloatArray,
    surrogate: Ensemble,
    allowed: NDArray[np.bool_] | None = None,
) -> Recommendation:
    """The recommendation of a surrogate fitted to these trials (n,), (n, d), (n,).

    The trial with the best score is kept unless another one is clearly better: by more than the
    surrogate's doubt, and by a hundredth of what the scores vary, since of scores that cannot get
    any better it seems to have no doubt.

    Parameters
    ----------
    allowed : which trials may be recommended (n,), such as those that keep all thresholds; None
        for all
    """
    mean, sd = surrogate.predict(rows)
    barred = 0.0 if allowed is None else np.where(allowed, 0.0, np.inf)
    best, place = int(np.argmin(losses + barred)), int(np.argmin(mean + barred))
    doubt = float(np.hypot(sd[best], sd[place]))
    if mean[best] - mean[place] <= max(CLEAR * doubt, VISIBLE * float(np.std(losses))):
        place = best
    return Recommendation(
        int(numbers[place]),
        goal.loss(float(mean[place])),
        float(sd[place]),
        int(numbers[best]),
        goal.loss(float(losses[best])),
        goal.loss(float(mean[best])),
        surrogate.noise,
    )


def best_and_spread(losses: FloatArray, count: int) -> NDArray[np.intp]:
    """At most ``count`` places in their order: the best half, and of the others an even spread.

    The spread goes over time, not over the losses: what was tried early is known too.
    """
    if len(losses) <= count:
        return np.arange(len(losses))
    order = np.argsort(losses, kind="stable")
    best, others = order[: count // 2], np.sort(order[count // 2 :])
    places = np.linspace(0, len(others) - 1, count - len(best)).astype(np.intp)
    return np.sort(np.concatenate([best, others[places]]))
