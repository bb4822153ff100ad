"""PB2: where the next interval of training promises most progress, as a bandit sees it.

Source: Parker-Holder, Nguyen, Roberts (2020), Provably efficient online hyperparameter
optimization with population-based bandits, arXiv 2002.02518. The progress of all intervals so
far, each with its time, its score before and its parameters, trains a time-varying Gaussian
process; numeric parameters go to the top of its upper confidence bound, where intervals that are
under way count as seen (GP-BUCB).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float, Int, Numeric
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import Params
from hpo_gui.strategies.members import is_good, loss_of
from hpo_gui.surrogates.time_varying import fit_time_varying

FEWEST = 4  # intervals to learn from
MOST = 200  # newest intervals that are learnt from
CLIP = 2.0  # standardised progress beyond this counts as this much
CANDIDATES = 1000
NEAR = (0.1, 0.03, 0.01)  # standard deviations of the searches round the best candidate
SEARCHED = 100  # candidates of each

FloatArray = NDArray[np.float64]
Bound = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class _Interval:
    """What a member has done in one go.

    Attributes
    ----------
    begins : steps before it
    before : loss before it
    progress : decrease of the loss a step; NaN while it is under way
    """

    params: Params
    begins: float
    before: float
    progress: float


def promising(
    history: History,
    trials: Sequence[Trial],
    parent: Trial,
    names: Collection[str],
    rng: np.random.Generator,
) -> Params:
    """Values of the numeric parameters with which to go on from ``parent``.

    Empty while there is too little to learn from, or nothing numeric may change.

    Parameters
    ----------
    trials : of the history, and those that are about to be proposed
    names : of the parameters that may change
    """
    moving = [
        parameter
        for parameter in history.space
        if parameter.name in names
        and isinstance(parameter, Float | Int)
        and parent.params.get(parameter.name) is not None
    ]
    intervals = [i for trial in trials if (i := _interval(history, trials, trial)) is not None]
    done = [one for one in intervals if math.isfinite(one.progress)][-MOST:]
    if len(done) < FEWEST or not moving:
        return {}
    now = _Interval(parent.params, parent.steps_done, loss_of(history, parent), math.nan)
    pending = [one for one in intervals if math.isnan(one.progress)]
    bound = _upper_bound(moving, done, pending, now)
    return _highest(history, parent, moving, bound, rng)


def _upper_bound(
    moving: Sequence[Numeric],
    done: Sequence[_Interval],
    pending: Sequence[_Interval],
    now: _Interval,
) -> Bound:
    """The optimistic progress of going on with parameters at positions (m, d), each (m,)."""
    progress = np.array([one.progress for one in done])
    spread = float(progress.std()) or 1.0
    y = np.clip((progress - progress.mean()) / spread, -CLIP, CLIP)
    losses = np.array([one.before for one in done])
    low, width = float(losses.min()), float(np.ptp(losses)) or 1.0
    unit = max(float(np.median(np.diff(np.unique([one.begins for one in done] + [0.0])))), 1.0)

    def columns(intervals: Sequence[_Interval]) -> tuple[FloatArray, FloatArray]:
        rows = [
            [*(_position(p, one.params) for p in moving), (one.before - low) / width]
            for one in intervals
        ]
        times = np.array([one.begins / unit for one in intervals])
        return np.array(rows).reshape(len(rows), len(moving) + 1), times

    process = fit_time_varying(*columns(done), y).beside(*columns(pending))
    (context,), (time,) = columns([now])
    kappa = math.sqrt(0.2 + max(0.0, math.log(0.4 * len(done))))  # as in the authors' program

    def bound(places: FloatArray) -> FloatArray:
        x = np.column_stack([places, np.full(len(places), context[-1])])
        mean, sd = process.predict(x, np.full(len(places), time))
        return mean + kappa * sd

    return bound


def _highest(
    history: History,
    parent: Trial,
    moving: Sequence[Numeric],
    bound: Bound,
    rng: np.random.Generator,
) -> Params:
    """The legal values with the highest bound that a random search finds; empty for none."""
    best: FloatArray | None = None
    places = rng.random((CANDIDATES, len(moving)))
    for sd in (*NEAR, None):
        falling = places[np.argsort(-bound(places), kind="stable")]
        legal = (
            place
            for place in falling
            if history.space.contains({**parent.params, **_values(moving, place)})
        )
        best = next(legal, None)
        if best is None:
            return {}
        if sd is not None:
            near = best + sd * rng.standard_normal((SEARCHED, len(moving)))
            places = np.vstack([best, np.clip(near, 0.0, 1.0)])
    return {} if best is None else _values(moving, best)


def _values(moving: Sequence[Numeric], place: FloatArray) -> Params:
    return {p.name: p.decode(position) for p, position in zip(moving, place, strict=True)}


def _interval(history: History, trials: Sequence[Trial], trial: Trial) -> _Interval | None:
    """A trial as an interval; None where it failed, or nothing is known from before it.

    A trial that began from nothing is measured from its first step on.
    """
    if trial.steps is None or not (trial.state.is_open or is_good(trial)):
        return None
    if trial.parent is not None:
        parent = trials[trial.parent]
        begins, before = parent.steps_done, loss_of(history, parent)
    else:
        course = trial.course(history.goal.metric)
        if trial.state.is_open or len(course) < 2:
            return None
        begins, before = 1, history.goal.loss(course[0])
    steps = trial.steps_done - begins
    if not math.isfinite(before) or (steps < 1 and not trial.state.is_open):
        return None
    gained = math.nan if trial.state.is_open else (before - loss_of(history, trial)) / steps
    return _Interval(trial.params, begins, before, gained)


def _position(parameter: Numeric, params: Params) -> float:
    value = params.get(parameter.name)
    return 0.5 if value is None else float(parameter.encode(value))
