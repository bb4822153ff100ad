"""Small studies with known numbers, and large random ones, for tests of analyses and plots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Failure, Origin, Trial, TrialState, summarize
from hpo_gui.core.value import Params

SPACE = Space(
    [
        Int("max_depth", 1, 50, log=True),
        Float("max_features", 0.1, 1.0),
        Int("min_samples_leaf", 1, 20),
        Categorical("criterion", ("gini", "entropy")),
        Categorical("bootstrap", (True, False)),
        Float("max_samples", 0.5, 1.0, when={"bootstrap": (True,)}, or_none=True),
    ]
)
ACCURACY = Goal("accuracy")
LOSS = Goal("log_loss", "minimize")


def make_trial(
    number: int,
    folds: Sequence[float] = (),
    *,
    metric: str = "accuracy",
    state: TrialState = TrialState.COMPLETE,
    strategy: str = "random",
    params: Params | None = None,
    seconds: float = 1.0,
    fit_time: float | None = None,
    failure: Failure | None = None,
    reason: str = "",
) -> Trial:
    """A trial with these fold scores that started ``number`` seconds after second 1000."""
    steps = {metric: tuple(folds)} if len(folds) else {}
    if fit_time is not None:
        steps["fit_time"] = (fit_time,) * max(len(folds), 1)
    ended = not state.is_open
    return Trial(
        number,
        params if params is not None else {},
        Origin(strategy, reason),
        state,
        scores=summarize(steps),
        fold_scores=steps,
        started=None if state is TrialState.WAITING else 1000.0 + number,
        finished=1000.0 + number + seconds if ended else None,
        failure=failure,
        told=number + 1 if ended else None,
    )


def make_study(*trials: Trial, space: Space = SPACE, goal: Goal = ACCURACY) -> History:
    """A history of these trials."""
    return History(space, [goal], trials)


def random_trials(
    count: int,
    *,
    seed: int = 7,
    metric: str = "accuracy",
    running: int = 2,
    folds: int = 5,
    space: Space = SPACE,
) -> list[Trial]:
    """A study that gets better: defaults, random, hill climbing and Bayesian trials, some that
    were stopped early, some that failed, the last ``running`` still at work."""
    rng = np.random.default_rng(seed)
    trials: list[Trial] = []
    names = ("random", "hill_climbing", "bayesian")
    for number in range(count):
        share = number / max(count, 1)
        chances = np.array([0.6 - 0.5 * share, 0.2 + 0.1 * share, 0.2 + 0.4 * share])
        strategy = str(rng.choice(names, p=chances / chances.sum())) if number else "default"
        centre = 0.927 if not number else 0.90 + 0.055 * share - abs(rng.normal(0, 0.025))
        values = np.clip(centre + rng.normal(0, 0.011, folds), 0, 1)
        if metric == "log_loss":
            values = 1.2 - values
        state, draw, done = TrialState.COMPLETE, rng.random(), folds
        if number >= count - running:
            state, done = TrialState.RUNNING, 1 + number % max(folds - 1, 1)
        elif number and draw < 0.02:
            state, done = TrialState.FAILED, 0
        elif number and draw < 0.2:
            state, done = TrialState.PRUNED, min(2 + number % 2, folds)
        failure = None
        if state is TrialState.FAILED:
            failure = Failure("memory_limit", "The trial used more than 2,000 MB.", "Traceback …")
        trial = make_trial(
            number,
            [float(value) for value in values[:done]],
            metric=metric,
            state=state,
            strategy=strategy,
            params=space.sample(rng),
            seconds=float(0.5 + rng.gamma(2, 0.3)),
            fit_time=float(0.1 + rng.gamma(2, 0.05)) if done else None,
            failure=failure,
            reason="the best chance of improvement among 2,058 candidates"
            if strategy == "bayesian"
            else "",
        )
        trials.append(trial)
    return trials
