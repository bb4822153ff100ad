"""Thoughts: what a strategy says about the next trial, and who lets it think apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
import numpy as np

from hpo_gui.core.history import History
from hpo_gui.core.trial import Proposal, Trial, TrialState


class Proposes(Protocol):
    """A strategy, as far as one needs to know it to ask it."""

    def propose(
        self, history: History, count: int, rng: np.random.Generator
    ) -> Sequence[Proposal]:
        """At most ``count`` proposals; none when there is nothing left to try."""
        ...


class Thought(msgspec.Struct, frozen=True):
    """What a strategy says about the next trial.

    Attributes
    ----------
    number : of the trial that it is about: the history that the strategy saw ends before it
    asked : how many trials of that history had finished
    proposal : None when nothing is left to try
    """

    number: int
    asked: int
    proposal: Proposal | None


def think(strategy: Proposes, history: History, seed: int) -> Thought:
    """Ask a strategy for the next trial; depends on the history and the study's seed only."""
    rng = np.random.default_rng([seed, len(history)])
    proposals = strategy.propose(history, 1, rng)
    return Thought(len(history), history.told, proposals[0] if proposals else None)


def as_proposed(trial: Trial) -> Trial:
    """A trial as it was before it began: what a strategy is shown of an open one.

    How far that one is, and how well it does so far, depends on timing.
    """
    return msgspec.structs.replace(
        trial,
        state=TrialState.WAITING,
        scores={},
        fold_scores={},
        curves={},
        started=None,
        finished=None,
        failure=None,
        told=None,
    )


class Thinker(Protocol):
    """Lets a strategy think while its caller does something else; one thought at a time.

    The strategy sees of an open trial what was proposed and nothing that came since, so that a
    thought can be had again from `Thought.number` and `Thought.asked`.
    """

    def ask(self, history: History, then: Callable[[], None]) -> None:
        """Begin to think about the trial that follows; returns at once.

        Parameters
        ----------
        then : called from another thread when there is an answer
        """
        ...

    def answer(self) -> Thought | None:
        """The thought, once; None while there is none.

        Raises
        ------
        StudioError : as the strategy raised it
        ExecutionError : the strategy raised something else, or died twice
        """
        ...

    def close(self) -> None:
        """Give up thinking, at once; may be called twice."""
        ...
