"""Expected gain: by how much the next trials will probably make the best score better.

Two simple views of a search are joined, and both are uncertain:

How often the best score improves is a counting process in the logarithm of the number of trials.
Where trials are drawn at random, trial k is the best so far with probability 1/k, whatever the
scores are (Rényi 1962, "Théorie des éléments saillants d'une suite d'observations"); a search
that learns, or one that is stuck, has a / k with another a (the power law process, Crow 1974,
"Reliability analysis for complex, repairable systems"). What is known of `a` is a gamma
distribution: that of random search at first, then what the improvements of this study say, the
latest ones most.

How large an improvement is, is told by the latest ones, and by how the best losses crowd
together: losses beyond a threshold follow a generalized Pareto distribution (Pickands 1975,
"Statistical inference using extreme order statistics"), fitted by probability-weighted moments
(Hosking and Wallis 1987, "Parameter and quantile estimation for the generalized Pareto
distribution", Technometrics 29), and its mean excess over the best loss is the mean improvement.

Notation: t trials have finished; n follow; a rate; s size of an improvement; xi shape and sigma
scale of the tail; u threshold; z = u - loss.
"""

from __future__ import annotations

import math
from functools import lru_cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState

FloatArray = NDArray[np.float64]

LEAST, LEAST_SCORED = 10, 3  # finished and scored trials below which nobody can tell
COVER = 0.8  # of the outcomes lie within low … high
DRAWS, MOST_RECORDS = 1024, 24  # possible futures, and improvements in each of them
PRIOR = 0.7  # weight of the usual rate: as a stretch of trials e to this power times as long
BLIND_RATE, USUAL_RATE = 1.0, 3.5  # a of strategies that do not look at scores, and of the others
BLIND = ("random", "sobol", "grid", "manual", "default", "tested", "earlier")
RECENT = 1.0  # the weight of trial k for the rate is (k / t) to this power
FORGET = 0.6  # weight of an improvement for the size, against the one after it
SPREAD = 1.1  # standard deviation of the logarithm of a size about its own scale
DOUBT = 0.9  # standard deviation of what one improvement tells of the logarithm of the scale
SHRINK = 0.85  # each improvement is smaller than the one before it by about this factor
TAIL_SHARE, TAIL_LEAST, TAIL_MOST = 0.2, 5, 40  # of the latest losses are the tail
TAIL_DOUBT = 0.8  # standard deviation of what the tail tells of the logarithm of the scale
TAIL_WINDOW = 0.6  # share of the trials, the latest, in which the tail is looked for
USUAL_SHAPE, SHAPE_WEIGHT = -0.25, 10.0  # losses have an end: what is assumed, as of so many
LARGEST = 1e150  # larger losses are taken for this one
RIVALS = 5
LATEST = 10  # trials whose strategies will go on
_COUNTED = tuple(
    STATE_CODES[state] for state in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED)
)


class ExpectedGain(msgspec.Struct, frozen=True):
    """What the next ``trials`` trials will probably bring, in the goal's own units, at least 0.

    Attributes
    ----------
    mean : by how much the best score will be better
    low, high : four of five outcomes lie between
    chance : that the best score becomes better by more than ``noise``
    noise : standard error of a difference between two good trials; 0 where folds do not tell it
    """

    trials: int
    mean: float
    low: float
    high: float
    chance: float
    noise: float


def expected_gain(history: History, trials: int = 20) -> ExpectedGain | None:
    """What to expect of the next trials; None while it is too early to tell.

    Costs about a millisecond, and a microsecond a trial. The same history has the same answer;
    with losses c times as large the gain is c times as large, and more trials never bring less.
    After an edit of the space only the trials within it tell what the next ones will bring; a
    better one outside of it is the best score that they have to beat.

    Parameters
    ----------
    trials : n, at least 1; pruned and failed ones count, as they do for the budget
    """
    whole, history = history, history.within()
    best = whole.best
    losses = _in_order(history)
    if len(losses) < LEAST or int(np.isfinite(losses).sum()) < LEAST_SCORED:
        return None
    gains = np.minimum(
        possible_gains(losses, trials, _usual_rate(history)), _room(history, losses)
    )
    if best is not None and not history.fits[best.number]:
        ahead = float(np.nanmin(losses)) - float(whole.losses[best.number, 0])
        gains = np.maximum(gains - max(ahead, 0.0), 0.0)
    low, high = np.quantile(gains, ((1 - COVER) / 2, (1 + COVER) / 2))
    noise = paired_noise(history)
    return ExpectedGain(
        trials,
        float(gains.mean()),
        float(low),
        float(high),
        float((gains > noise).mean()),
        noise,
    )


def _room(history: History, losses: FloatArray) -> float:
    """By how much the best score can get better at all: by 0.01 where an accuracy is 0.99."""
    if history.plan.best_score is None:
        return math.inf
    room = float(np.nanmin(losses)) - history.goal.loss(history.plan.best_score)
    # NOTE: a score beyond the end is one of another kind by the same name, such as per cent
    return room if room >= 0 else math.inf


def _in_order(history: History) -> FloatArray:
    """The losses of finished trials in the order in which they finished; NaN without a score."""
    numbers = np.flatnonzero(np.isin(history.states, _COUNTED))
    told = np.array([history.trials[n].told or 0 for n in numbers.tolist()])
    numbers = numbers[np.argsort(told, kind="stable")]
    complete = history.states[numbers] == STATE_CODES[TrialState.COMPLETE]
    losses = np.where(complete, history.losses[numbers, 0], np.nan)
    losses[~np.isfinite(losses)] = np.nan
    return np.clip(losses, -LARGEST, LARGEST)


def _usual_rate(history: History) -> float:
    """The rate to expect of those who propose now."""
    latest = history.trials[-LATEST:]
    blind = sum(trial.origin.strategy in BLIND for trial in latest) / len(latest)
    return blind * BLIND_RATE + (1 - blind) * USUAL_RATE


def possible_gains(losses: FloatArray, trials: int, usual_rate: float = BLIND_RATE) -> FloatArray:
    """Possible improvements of the smallest loss by the next trials, equally likely ones.

    Parameters
    ----------
    losses : of all finished trials in their order, shape (t,); NaN for those without a score
    usual_rate : what to believe of the rate before the first trial
    """
    best = np.fmin.accumulate(losses)
    steps = best[:-1] - best[1:]
    records = np.flatnonzero(steps > 0) + 1
    sizes = steps[records - 1]
    log_scale, doubt = _scale(losses, sizes)
    if not math.isfinite(log_scale):
        return np.zeros(DRAWS)
    first = int(np.argmax(np.isfinite(losses)))
    rate = _rates(records - first, len(losses) - first, usual_rate)
    unit, level, spread = _luck()
    times = np.cumsum(unit[:, 1:], axis=1) / rate[:, None]
    happens = times <= math.log1p(trials / (len(losses) - first))
    shrinking = math.log(SHRINK) * np.arange(MOST_RECORDS)
    # NOTE: minus half the variance, so that the spread does not change the mean size
    logs = log_scale + doubt * level[:, None] + SPREAD * spread - SPREAD**2 / 2 + shrinking
    gains: FloatArray = (np.exp(logs) * happens).sum(axis=1)
    return gains


def _rates(records: NDArray[np.intp], count: int, usual_rate: float) -> FloatArray:
    """Equally likely values of a, shape (DRAWS,): quantiles of its gamma distribution.

    Parameters
    ----------
    records : places of the improvements among ``count`` trials, 0 the first scored trial
    """
    places = np.arange(1, count)
    weights = ((places + 1) / count) ** RECENT
    seen = float(weights[records - 1].sum())
    exposure = float((weights / (places + 1)).sum())
    shape = PRIOR * usual_rate + seen
    # NOTE: Wilson and Hilferty 1931: the cube root of a gamma variable is nearly normal
    normal = _luck()[0][:, 0]
    root = 1 - 1 / (9 * shape) + normal / (3 * math.sqrt(shape))
    rates: FloatArray = shape * np.maximum(root, 1e-3) ** 3 / (PRIOR + exposure)
    return rates


def _scale(losses: FloatArray, sizes: FloatArray) -> tuple[float, float]:
    """Logarithm of the mean size of the next improvement and its standard deviation.

    -inf for no size at all: all losses are equal.
    """
    told, precision = 0.0, 0.0
    if len(sizes):
        weights = FORGET ** np.arange(len(sizes))[::-1]
        # NOTE: on from the size of each to that of the next one
        ages = np.arange(len(sizes), 0, -1)
        logs = np.log(sizes) + SPREAD**2 / 2 + math.log(SHRINK) * ages
        told += float((weights * logs).sum()) / DOUBT**2
        precision += float(weights.sum()) / DOUBT**2
    excess = mean_excess(losses)
    if excess > 0:
        told += math.log(excess) / TAIL_DOUBT**2
        precision += 1 / TAIL_DOUBT**2
    if not precision:
        return -math.inf, 0.0
    return told / precision, 1 / math.sqrt(precision)


def mean_excess(losses: FloatArray) -> float:
    """Mean improvement of a trial that improves, by the tail of the latest losses; 0 for unknown.

    Losses that are equal count once: that scores come in steps says nothing of how good they are.
    """
    scored = losses[np.isfinite(losses)]
    latest = np.unique(scored[-max(int(len(scored) * TAIL_WINDOW), 4 * TAIL_LEAST) :])
    count = min(max(int(len(latest) * TAIL_SHARE), TAIL_LEAST), TAIL_MOST, len(latest) - 1)
    if count < 2:
        return 0.0
    z = (latest[count] - latest[:count])[::-1]  # ascending, above 0
    # Hosking and Wallis 1987, with plotting positions (i - 0.35) / count; their k is -xi
    share = (np.arange(1, count + 1) - 0.35) / count
    a0, a1 = float(z.mean()), float(((1 - share) * z).mean())
    shape = 2 - a0 / (a0 - 2 * a1) if a0 > 2 * a1 else 1.0
    shape = (count * shape + SHAPE_WEIGHT * USUAL_SHAPE) / (count + SHAPE_WEIGHT)
    shape = min(max(shape, -1.0), 0.4)
    scale = a0 * (1 - shape)
    excess = (scale + shape * float(z[-1])) / (1 - shape)
    return max(excess, a0 / count / 4)


def paired_noise(history: History) -> float:
    """Standard error of the difference between the best trial and one of its rivals.

    The median over the next best trials of the standard error of their paired fold scores, as in
    `analysis.comparison` (Nadeau and Bengio 2003, "Inference for the generalization error").
    0 below two folds.
    """
    best, goal = history.best, history.goal
    if best is None:
        return 0.0
    mine = best.fold_scores.get(goal.metric, ())
    if len(mine) < 2:
        return 0.0
    order = history.complete[np.argsort(history.losses[history.complete, 0], kind="stable")]
    errors = []
    for number in order[: RIVALS + 1].tolist():
        error = _paired_error(mine, history.trials[number], goal, history.plan.test_ratio)
        if number != best.number and error is not None:
            errors.append(error)
    return float(np.median(errors)) if errors else 0.0


def _paired_error(
    mine: tuple[float, ...], rival: Trial, goal: Goal, test_ratio: float | None
) -> float | None:
    theirs = rival.fold_scores.get(goal.metric, ())
    if len(theirs) != len(mine):
        return None
    folds = len(mine)
    sd = float(np.std(np.subtract(mine, theirs), ddof=1))
    ratio = 1 / (folds - 1) if test_ratio is None else test_ratio
    return sd * math.sqrt(1 / folds + ratio) if math.isfinite(sd) else None


@lru_cache(maxsize=1)
def _luck() -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same chance for every study: waiting times (the first column normal), levels, spreads.

    Drawn once: gains of one history for other n, or of other scores, differ by what was asked.
    """
    rng = np.random.default_rng(20)
    unit = rng.exponential(size=(DRAWS, MOST_RECORDS + 1))
    unit[:, 0] = rng.normal(size=DRAWS)
    return unit, rng.normal(size=DRAWS), rng.normal(size=(DRAWS, MOST_RECORDS))
