"""Training as an objective: each step learns on, until it is done or gets no better.

`Training` is the same for models on a table and for the user's own functions: it steers the
parameters (phases, schedule), stops early, and remembers the best step. What learns is a
`Learner`.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

from hpo_gui.core.errors import ObjectiveError
from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import Choice, TrainingSpec
from hpo_gui.core.trial import Learned, summarize
from hpo_gui.core.value import Params
from hpo_gui.evaluation.steering import CONSTANT, Reading, Steering

Inner: TypeAlias = Any
"""What a learner leaves for its next step; must be picklable."""

FoldScores: TypeAlias = Mapping[str, tuple[float, ...]]
"""Metric -> one score a fold."""

RATE = "learning_rate"
"""The metric that tells the learning rate really used."""


class Learner(Protocol):
    """Learns one step at a time; knows nothing of schedules, phases and early stopping."""

    def read(self, params: Params) -> Reading:
        """The parameters by its own names, and which of them is the learning rate."""
        ...

    def start(self, params: Params, seed: int) -> Inner:
        """Prepare a training."""
        ...

    def step(self, inner: Inner, values: Params, index: int) -> tuple[FoldScores, Inner]:
        """Learn on with the values of a `Reading`; what it was given may be changed."""
        ...


@dataclass(frozen=True)
class TrainingState:
    """Where a training is.

    Attributes
    ----------
    inner : what has learnt
    losses : of the goal after each step, lower is better
    best : the least of them that counted; inf before the first
    since : steps after it
    kept : with patience, what had learnt by then (pickled); None for ``inner`` itself
    """

    inner: Inner
    losses: tuple[float, ...] = ()
    best: float = math.inf
    since: int = 0
    kept: bytes | None = None


class Training:
    """Trains a learner step by step; see `core.objective.Objective`.

    Parameters
    ----------
    goal : whose validation score early stopping and schedules look at
    training : steps, phases and early stopping
    schedule : of the learning rate

    Raises
    ------
    SpecError : an unknown schedule or option
    """

    learns = True

    def __init__(
        self,
        learner: Learner,
        goal: Goal,
        training: TrainingSpec,
        schedule: Choice = CONSTANT,
    ) -> None:
        self._learner = learner
        self._goal = goal
        self._training = training
        self._steering = Steering.of(training, schedule)

    @property
    def steps(self) -> int:
        return self._training.steps

    def start(self, params: Params, seed: int) -> TrainingState:
        """Prepare a training; nothing has been learnt yet."""
        return TrainingState(self._learner.start(self._steering.phased(params, 0), seed))

    def step(
        self, state: TrainingState, params: Params, index: int
    ) -> tuple[Learned, TrainingState]:
        """Learn on for one step and score the models of all folds.

        Raises
        ------
        ObjectiveError : the training diverges, or its learning rate is no number to learn with
        """
        reading = self._learner.read(self._steering.phased(params, index))
        values = self._steering.steered(reading, index, state.losses)
        folds, inner = self._learner.step(state.inner, values, index)
        loss = self._loss(folds, index)
        better = loss < state.best - self._training.min_delta
        counts = better or not self._training.keeps_best
        kept = state.kept
        if self._training.keeps_best:
            kept = _packed(inner) if better else state.kept
        following = TrainingState(
            inner,
            (*state.losses, loss),
            loss if better else state.best,
            0 if better else state.since + 1,
            kept,
        )
        return Learned(_with_rate(folds, reading, values), counts), following

    def is_over(self, state: TrainingState) -> bool:
        """Whether patience has run out."""
        patience = self._training.patience
        return patience is not None and state.since >= patience

    def inherit(self, state: TrainingState) -> TrainingState:
        """What a child begins with: the best that its parent had learnt, with new patience."""
        inner = state.inner if state.kept is None else pickle.loads(state.kept)
        return replace(state, inner=inner, best=math.inf, since=0, kept=None)

    def _loss(self, folds: FoldScores, index: int) -> float:
        metric = self._goal.metric
        loss = self._goal.loss(summarize({metric: folds[metric]})[metric])
        if not math.isfinite(loss):
            raise ObjectiveError(
                f"{metric} at step {index}",
                "must be a finite number, but the training diverges",
                self._goal.loss(loss),
                remedy="Try a smaller learning rate.",
            )
        return loss


def _with_rate(folds: FoldScores, reading: Reading, values: Params) -> dict[str, Any]:
    """With the learning rate used, where the learner does not tell it itself."""
    rate = values.get(reading.rate) if reading.rate else None
    if RATE in folds or not isinstance(rate, int | float):
        return dict(folds)
    return {**folds, RATE: (float(rate),)}


def _packed(inner: Inner) -> bytes:
    try:
        return pickle.dumps(inner, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # a user's object may raise anything
        raise ObjectiveError(
            "The state of a training",
            "must be something that can be pickled, to come back to the best step",
            f"{type(error).__name__}: {error}",
            remedy="Return plain values, arrays or models as the state of a step, or leave "
            "out `patience`.",
        ) from error
