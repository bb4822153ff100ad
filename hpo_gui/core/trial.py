"""Trials: evaluated proposals, as frozen values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec

from hpo_gui.core.means import deviation_of, mean_of
from hpo_gui.core.value import Params


class TrialState(StrEnum):
    """Where a trial stands; the first two are still open."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RETRACTED = "retracted"

    @property
    def is_open(self) -> bool:
        return self in (TrialState.WAITING, TrialState.RUNNING)


STATE_CODES = {state: code for code, state in enumerate(TrialState)}
"""Small whole numbers for columns: ``TrialState`` in order of definition."""


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who proposed a trial, why, and what was expected of it.

    Attributes
    ----------
    strategy : the strategy's name; or ``default`` (a model's own defaults), ``manual`` (typed by
        the user), ``repeat`` (a trial run again by hand), ``earlier`` (of an earlier study of the
        user's), ``tested`` (a starting point that comes with the program)
    reason : one sentence for people
    mean, sd : the score expected, where the strategy has a model of it
    acquisition : the value of the acquisition function
    """

    strategy: str
    reason: str = ""
    mean: float | None = None
    sd: float | None = None
    acquisition: float | None = None


class Learned(msgspec.Struct, frozen=True):
    """What a step gave that all folds do: their models have learnt on, or from more rows.

    Attributes
    ----------
    folds : metric -> one score a fold
    counts : these scores are the trial's now; False after a step that was not the best one, when
        the best one is what remains
    """

    folds: dict[str, tuple[float, ...]]
    counts: bool = True


StepScores: TypeAlias = Mapping[str, float] | Learned
"""What a step gave: metric -> score of a fold, or what was learnt."""


class Proposal(msgspec.Struct, frozen=True):
    """What a strategy suggests.

    Attributes
    ----------
    params : the active parameters
    parent : number of the trial from whose state to continue; its steps count as done
    steps : number of steps after which it ends, the parent's included; None for all
    """

    params: Params
    origin: Origin
    parent: int | None = None
    steps: int | None = None


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a trial has no score.

    Attributes
    ----------
    kind : raised (an exception), not_finite (a NaN or infinite score), time_limit, memory_limit,
        crashed (the worker died), stopped (the user stopped it), pruned (a pruner stopped it),
        interrupted (the program ended)
    message : one sentence for people
    traceback : the worker's traceback and last output, for copying
    """

    kind: Literal[
        "raised",
        "not_finite",
        "time_limit",
        "memory_limit",
        "crashed",
        "stopped",
        "pruned",
        "interrupted",
    ]
    message: str
    traceback: str = ""


class Measured(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a trial was before a person set scores of it by hand.

    Attributes
    ----------
    state, failure : of the trial
    scores, fold_scores : of the metrics that were set, as far as the trial had them
    """

    state: TrialState
    scores: dict[str, float] = {}
    fold_scores: dict[str, tuple[float, ...]] = {}
    failure: Failure | None = None


class Trial(msgspec.Struct, frozen=True):
    """One evaluated proposal; frozen, every change is a new value.

    Attributes
    ----------
    number : 0, 1, 2, … in the order of proposal
    params : the active parameters
    seed : for the estimator's random state
    spec_version : the version of the specification that it belongs to
    scores : metric -> score so far: the mean of ``fold_scores`` (see `summarize`)
    fold_scores : metric -> one score a fold, up to the last fold that gave it; NaN for gaps. Where
        a step is all folds (of training, or a share of the rows), of the one whose scores count
    curves : metric -> one mean over the folds a step, up to the last step that gave it; NaN for
        gaps, and for the parent's steps. Empty where a step is a fold
    started, finished : seconds since 1970, UTC
    asked : how many trials had finished in the history that this one was proposed from
    told : the how-manyth this one was to finish, from 1; None while open
    note, tags : a person's words about it
    was : its state before it was retracted
    measured : what it was before scores were set by hand; None where none was. The scores of
        folds of such a metric are NaN
    """

    number: int
    params: Params
    origin: Origin
    state: TrialState = TrialState.WAITING
    parent: int | None = None
    steps: int | None = None
    seed: int = 0
    spec_version: int = 1
    scores: dict[str, float] = {}
    fold_scores: dict[str, tuple[float, ...]] = {}
    curves: dict[str, tuple[float, ...]] = {}
    started: float | None = None
    finished: float | None = None
    failure: Failure | None = None
    asked: int = 0
    told: int | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    was: TrialState | None = None
    measured: Measured | None = None

    @property
    def steps_done(self) -> int:
        columns = self.curves or self.fold_scores
        return max((len(values) for values in columns.values()), default=0)

    @property
    def seconds(self) -> float | None:
        """How long it took; None before its end, 0 where the clock was set back meanwhile."""
        if self.started is None or self.finished is None:
            return None
        return max(0.0, self.finished - self.started)

    def course(self, metric: str) -> tuple[float, ...]:
        """Its score after each step: the learning curve, or the mean over the folds so far."""
        if self.curves:
            return self.curves.get(metric, ())
        values = self.fold_scores.get(metric, ())
        return tuple(_mean(values[: count + 1]) for count in range(len(values)))

    def sd(self, metric: str) -> float:
        """Standard deviation of a metric over the folds (divided by n); NaN below two folds."""
        return deviation_of([v for v in self.fold_scores.get(metric, ()) if math.isfinite(v)])


def summarize(fold_scores: Mapping[str, tuple[float, ...]]) -> dict[str, float]:
    """Mean over the folds that gave the metric; NaN where a fold's score is NaN for a reason.

    A metric that only some folds give (the model's size, measured once) is averaged over those.
    """
    return {metric: _mean(values) for metric, values in fold_scores.items()}


def _mean(values: tuple[float, ...]) -> float:
    return mean_of([value for value in values if not math.isnan(value)])


def add_step(trial: Trial, index: int, scores: StepScores) -> Trial:
    """The trial with what step ``index`` gave; gaps before it are NaN.

    A step that is a fold adds a score to each metric. A step of training adds a point to each
    curve; its scores become the trial's where they count.
    """
    if not isinstance(scores, Learned):
        folds = dict(trial.fold_scores)
        for name, score in scores.items():
            folds[name] = _placed(folds.get(name, ()), index, float(score))
        return msgspec.structs.replace(trial, fold_scores=folds, scores=summarize(folds))
    curves = dict(trial.curves)
    for name, values in scores.folds.items():
        curves[name] = _placed(curves.get(name, ()), index, _mean(values))
    if not scores.counts:
        return msgspec.structs.replace(trial, curves=curves)
    folds = dict(scores.folds)
    return msgspec.structs.replace(
        trial, curves=curves, fold_scores=folds, scores=summarize(folds)
    )


def _placed(column: tuple[float, ...], index: int, value: float) -> tuple[float, ...]:
    gap = (math.nan,) * (index - len(column))
    return (*column[:index], *gap, value, *column[index + 1 :])
