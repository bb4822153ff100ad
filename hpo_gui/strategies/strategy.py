"""The protocol of all strategies."""

from __future__ import annotations

from collections.abc import Container
from typing import Protocol, runtime_checkable

import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.trial import Proposal


class Strategy(Protocol):
    """Decides what to try next.

    A strategy is a frozen Struct of its options. It has no hidden state: the same history and the
    same generator give the same proposals, hence resuming is free and runs are repeatable.

    One that takes no notice of scores says so by ``looks_at_scores = False``: it is asked in place
    and ahead. Any other one is pickled and thinks in a process of its own.

    One that can pursue several goals at once says so by ``several_goals = True``; the others go by
    `History.goal`, the first, and are refused where there are more.
    """

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        """At most ``count`` proposals; none when there is nothing left to try.

        Proposals are legal in ``history.space`` and keep its constraints; they repeat no
        configuration of the history (open trials included) while there are others left.

        An open trial counts by its configuration only: whether it waits or runs, and the scores
        of the steps that it has done, depend on timing.
        """
        ...


@runtime_checkable
class InIntervals(Strategy, Protocol):
    """A strategy whose trials are intervals of trainings, and go on from each other's states.

    It works only where each step continues from the state before it.
    """

    @property
    def population(self) -> int:
        """How many trainings go on side by side."""
        ...

    def stretch(self, steps: int) -> int:
        """Steps of an interval, in a training of so many; starting proposals end after one."""
        ...

    def length(self, steps: int, start: int) -> int:
        """Number of trials in all, in trainings of so many steps, with ``start`` given ones."""
        ...

    def check_plan(self, steps: int, trials: int | None) -> None:
        """Raises `SpecError` when the options do not fit a training or the budget of trials."""
        ...

    def keeps_states(self, history: History) -> Container[int]:
        """Numbers of the trials from whose states a later one may go on."""
        ...

    def closing_words(self, history: History) -> str:
        """How it ended, in a sentence, once there is nothing left to propose."""
        ...
