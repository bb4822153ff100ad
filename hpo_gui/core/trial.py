"""Trials: evaluated proposals, as frozen values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec

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
        the user), ``earlier`` (of an earlier study of the user's), ``tested`` (a starting point
        that comes with the program)
    reason : one sentence for people
    mean, sd : the score expected, where the strategy has a model of it
    acquisition : the value of the acquisition function
    """

    strategy: str
    reason: str = ""
    mean: float | None = None
    sd: float | None = None
    acquisition: float | None = None


class Proposal(msgspec.Struct, frozen=True):
    """What a strategy suggests.

    Attributes
    ----------
    params : the active parameters
    parent : number of the trial from whose state to continue
    steps : number of steps to evaluate; None for all
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


class Trial(msgspec.Struct, frozen=True):
    """One evaluated proposal; frozen, every change is a new value.

    Attributes
    ----------
    number : 0, 1, 2, … in the order of proposal
    params : the active parameters
    seed : for the estimator's random state
    spec_version : the version of the specification that it belongs to
    scores : metric -> score over all steps so far (see `summarize`)
    step_scores : metric -> one score a step, up to the last step that gave it; NaN for gaps
    started, finished : seconds since 1970, UTC
    asked : how many trials had finished in the history that this one was proposed from
    told : the how-manyth this one was to finish, from 1; None while open
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
    step_scores: dict[str, tuple[float, ...]] = {}
    started: float | None = None
    finished: float | None = None
    failure: Failure | None = None
    asked: int = 0
    told: int | None = None

    @property
    def steps_done(self) -> int:
        return max((len(values) for values in self.step_scores.values()), default=0)

    @property
    def seconds(self) -> float | None:
        """How long it took; None before its end."""
        if self.started is None or self.finished is None:
            return None
        return self.finished - self.started

    def sd(self, metric: str) -> float:
        """Standard deviation of a metric over the steps (divided by n); NaN below two steps."""
        values = [v for v in self.step_scores.get(metric, ()) if math.isfinite(v)]
        if len(values) < 2:
            return math.nan
        mean = sum(values) / len(values)
        return math.sqrt(sum((v - mean) ** 2 for v in values) / len(values))


def summarize(step_scores: Mapping[str, tuple[float, ...]]) -> dict[str, float]:
    """Mean over the steps that gave the metric; NaN where a step's score is NaN for a reason.

    A metric that only some steps give (the model's size, measured once) is averaged over those.
    """
    means: dict[str, float] = {}
    for metric, values in step_scores.items():
        given = [value for value in values if not math.isnan(value)]
        means[metric] = math.fsum(given) / len(given) if given else math.nan
    return means


def add_step(trial: Trial, index: int, scores: Mapping[str, float]) -> Trial:
    """The trial with the scores of step ``index``; gaps before it are NaN, after it nothing."""
    columns = dict(trial.step_scores)
    for name, score in scores.items():
        column = list(columns.get(name, ()))
        column += [math.nan] * (index + 1 - len(column))
        column[index] = float(score)
        columns[name] = tuple(column)
    return msgspec.structs.replace(trial, step_scores=columns, scores=summarize(columns))
