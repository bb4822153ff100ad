"""Studies whose trials learn step by step, made by hand and at random."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from hpo_gui.core.spec import BudgetSpec, Choice, DataSpec, StudySpec, TrainingSpec
from hpo_gui.core.trial import Failure, Learned, Origin, Trial, TrialState, add_step
from tests.analysis.studies import ACCURACY, SPACE


def learn(
    number: int,
    scores: Sequence[float],
    *,
    state: TrialState = TrialState.COMPLETE,
    train: Sequence[float] = (),
    rates: Sequence[float] = (),
    best_remains: bool = False,
    parent: int | None = None,
    begin: int = 0,
    steps: int | None = None,
) -> Trial:
    """A trial with these scores, one a step, the same on both folds."""
    trial = Trial(number, {}, Origin("random"), TrialState.RUNNING, parent=parent, steps=steps)
    best = -math.inf
    for place, score in enumerate(scores):
        folds = {ACCURACY.metric: (score, score)}
        if train:
            folds["train_accuracy"] = (train[place],) * 2
        if rates:
            folds["learning_rate"] = (rates[place],) * 2
        counts = not best_remains or score > best
        best = max(best, score)
        trial = add_step(trial, begin + place, Learned(folds, counts))
    failure = Failure("pruned", "Not good enough.") if state is TrialState.PRUNED else None
    return msgspec.structs.replace(
        trial,
        state=state,
        failure=failure,
        started=1000.0 + number,
        finished=None if state.is_open else 1001.0 + number,
        told=None if state.is_open else number + 1,
    )


def learning_spec(steps: int = 50) -> StudySpec:
    """A study whose training has ``steps`` steps."""
    return StudySpec(
        name="digits",
        data=DataSpec("digits.csv"),
        goals=(ACCURACY,),
        training=TrainingSpec(steps=steps, patience=5),
        strategy=Choice("random"),
        budget=BudgetSpec(trials=100),
    )


def learning_trials(count: int, steps: int = 50, seed: int = 0, running: int = 2) -> list[Trial]:
    """Curves that rise and level off; some were pruned, some are done early, the last ones run."""
    rng = np.random.default_rng(seed)
    trials = []
    for number in range(count):
        level, speed, draw = rng.uniform(0.7, 0.95), rng.uniform(3, 14), rng.random()
        state, done = TrialState.COMPLETE, steps
        if number >= count - running:
            state, done = TrialState.RUNNING, 1 + int(rng.integers(steps - 1))
        elif draw < 0.25:
            state, done = TrialState.PRUNED, int(rng.choice([3, 9, 27]))
        elif draw < 0.5:
            done = int(rng.integers(steps // 3, steps - 3))
        at = np.arange(1, done + 1)
        rise = 1 - np.exp(-at / speed)
        scores = 0.4 + (level - 0.4) * rise + rng.normal(0, 0.004, done)
        trial = learn(
            number,
            scores.tolist(),
            state=state,
            train=(0.4 + (level - 0.35) * rise).tolist(),
            rates=(0.01 * (1 + np.cos(math.pi * at / steps))).tolist(),
            best_remains=True,
        )
        trials.append(msgspec.structs.replace(trial, params=SPACE.sample(rng)))
    return trials
