"""Successive halving: many trials begin, and at each rung only the best part goes on.

Jamieson, Talwalkar (2016), arXiv 1502.07943; asynchronous (ASHA), where a trial is stopped or
goes on at once: Li et al. (2020), arXiv 1810.05934, in the stopping variant.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.errors import SpecError
from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial
from hpo_gui.pruners.rungs import Group, is_waiting, next_rung, rungs_of, why_stop


class SuccessiveHalving(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``eta`` trials goes on from each rung to one of ``eta`` times as many steps.

    Attributes
    ----------
    mode : asynchronous never waits, and compares with those who came to the rung before;
        synchronous lets cohorts of trials wait for each other at each rung
    eta : reduction factor
    least : steps before the first rung; None for a tenth of all
    cohort : its number of trials; None for as many as leave one to the end
    """

    mode: Annotated[
        Literal["asynchronous", "synchronous"],
        msgspec.Meta(
            title="Mode",
            description="Asynchronous never waits; synchronous trials wait for their cohort.",
        ),
    ] = "asynchronous"
    eta: Annotated[
        int,
        msgspec.Meta(
            ge=2,
            le=100,
            title="Reduction factor",
            description="One of so many trials goes on from a rung, to so many times the steps.",
        ),
    ] = 2
    least: Annotated[
        int | None,
        msgspec.Meta(
            title="Least steps",
            description="Folds or steps of training before the first rung; "
            "empty for a tenth of all.",
        ),
    ] = None
    cohort: Annotated[
        int | None,
        msgspec.Meta(
            title="Cohort",
            description="Trials that wait for each other when synchronous; "
            "empty for as many as leave one to the end.",
        ),
    ] = None

    several_goals: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.least is not None and self.least < 1:
            remedy = "Leave it out for a tenth of all steps."
            raise SpecError("pruner.least", "must be at least 1", self.least, remedy=remedy)
        if self.cohort is not None and self.cohort < 2:
            remedy = "Leave it out for as many as leave one to the end."
            raise SpecError("pruner.cohort", "must be at least 2", self.cohort, remedy=remedy)

    def _group(self, history: History, trial: Trial) -> Group:
        steps = history.plan.steps
        rungs = rungs_of(history.plan, self.least or max(steps // 10, 1), self.eta)
        if self.mode == "asynchronous":
            return Group(np.arange(len(history)), rungs, self.eta, False)
        size = self.cohort or self.eta ** len(rungs)
        first = trial.number - trial.number % size
        return Group(cohort_numbers(history, first, size), rungs, self.eta, True)

    def next_halt(self, history: History, trial: Trial) -> int | None:
        return next_rung(self._group(history, trial), trial)

    def should_wait(self, history: History, trial: Trial) -> bool:
        return is_waiting(self._group(history, trial), history, trial)

    def should_stop(self, history: History, trial: Trial) -> str | None:
        return why_stop(self._group(history, trial), history, trial)


def cohort_numbers(history: History, first: int, size: int) -> NDArray[np.intp]:
    """The numbers of a cohort's trials; the last cohort ends with the plan."""
    planned = history.plan.trials
    end = first + size
    if planned is not None:
        end = min(end, max(planned, len(history)))
    return np.arange(first, end)
