"""Hyperband: successive halving in several brackets, from many short trials to few long ones.

Li et al. (2018), arXiv 1603.06560, algorithm 1. Notation: R most and r least resource, in steps;
η reduction factor; bracket s = s_max … 0 begins with n_s trials of R·η^-s steps. Trials run
through the brackets in a fixed proportion, n_s of each, by their numbers.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated, ClassVar, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial
from hpo_gui.pruners.rungs import Group, is_waiting, next_rung, why_stop
from hpo_gui.pruners.successive_halving import cohort_numbers


class Hyperband(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Successive halving that does not rely on one guess of how soon a trial can be judged.

    Attributes
    ----------
    mode : asynchronous brackets never wait; synchronous ones come one after the other, and their
        trials wait for each other at each rung
    eta : reduction factor
    least : steps before the first rung of the first bracket
    """

    mode: Annotated[
        Literal["asynchronous", "synchronous"],
        msgspec.Meta(
            title="Mode",
            description="Asynchronous never waits; synchronous trials wait for their bracket.",
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
    ] = 3
    least: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=100_000,
            title="Least steps",
            description="Folds or steps of training before the first rung of the first bracket.",
        ),
    ] = 1

    several_goals: ClassVar[bool] = True

    def _group(self, history: History, trial: Trial) -> Group:
        plan = history.plan
        brackets = brackets_of(self.least, plan.steps, self.eta, every=bool(plan.rows))
        waits = self.mode == "synchronous"
        order = _order(tuple(bracket.trials for bracket in brackets), waits)
        place = trial.number % len(order)
        bracket = brackets[order[place]]
        if not waits:
            numbers = _with(order, order[place], len(history))
            return Group(numbers, bracket.rungs, self.eta, False)
        first = trial.number - place + int(np.argmax(order == order[place]))
        numbers = cohort_numbers(history, first, bracket.trials)
        return Group(numbers, bracket.rungs, self.eta, True)

    def next_halt(self, history: History, trial: Trial) -> int | None:
        return next_rung(self._group(history, trial), trial)

    def should_wait(self, history: History, trial: Trial) -> bool:
        return is_waiting(self._group(history, trial), history, trial)

    def should_stop(self, history: History, trial: Trial) -> str | None:
        return why_stop(self._group(history, trial), history, trial)


class Bracket(msgspec.Struct, frozen=True):
    """One bracket: how many trials begin in it, and where they halt."""

    trials: int
    rungs: tuple[int, ...]


@lru_cache(maxsize=32)
def brackets_of(least: int, most: int, eta: int, *, every: bool = False) -> tuple[Bracket, ...]:
    """The brackets s_max … 0; the last one lets every trial run to the end.

    Parameters
    ----------
    every : each step is a rung, as of growing shares of the rows, which grow as rungs do
    """
    s_max = max(most - least, 0) if every else 0
    while not every and least * eta ** (s_max + 1) <= most:
        s_max += 1
    brackets = []
    for s in range(s_max, -1, -1):
        trials = math.ceil((s_max + 1) / (s + 1) * eta**s)
        resources = (
            most - (s - i) if every else max(round(most / eta ** (s - i)), least) for i in range(s)
        )
        rungs = dict.fromkeys(rung for rung in resources if rung < most)
        brackets.append(Bracket(trials, tuple(rungs)))
    return tuple(brackets)


@lru_cache(maxsize=32)
def _order(sizes: tuple[int, ...], one_by_one: bool) -> NDArray[np.intp]:
    """The bracket of each of the first Σ n_s trials: one by one, or evenly mixed."""
    if one_by_one:
        return np.repeat(np.arange(len(sizes)), sizes)
    # each bracket's trials lie evenly in (0, 1), as seats by the method of Sainte-Laguë
    places = np.concatenate([(np.arange(size) + 0.5) / size for size in sizes])
    owners = np.repeat(np.arange(len(sizes)), sizes)
    mixed: NDArray[np.intp] = owners[np.lexsort((owners, places))]
    return mixed


def _with(order: NDArray[np.intp], bracket: int, count: int) -> NDArray[np.intp]:
    """Numbers below ``count`` of a bracket's trials."""
    numbers = np.arange(count)
    return np.flatnonzero(order[numbers % len(order)] == bracket)
