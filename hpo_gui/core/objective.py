"""The objective: evaluates parameters step by step, and knows nothing of strategies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from hpo_gui.core.trial import StepScores
from hpo_gui.core.value import Params

State: TypeAlias = Any
"""What a step leaves for the next one; must be picklable. None where steps are independent."""


class Objective(Protocol):
    """An evaluation as a sequence of resumable steps; lives in a worker.

    Cross-validation: a step is a fold and has no state. Iterative learners: a step is a stretch of
    epochs or trees and the state is the models, one a fold. Growing shares of the rows: a step is
    all folds, and has no state.

    One whose steps need the states before them has ``learns = True``: its states are kept in
    checkpoints, from which a trial or its children go on.  `learns` tells it of any objective.
    One whose trials may end early has ``is_over(state) -> bool``. One whose children do not go on
    from where a trial was last, but from where it was best, has ``inherit(state) -> state``.
    """

    @property
    def steps(self) -> int:
        """Number of steps of a full evaluation, at least 1."""
        ...

    def start(self, params: Params, seed: int) -> State:
        """Prepare an evaluation."""
        ...

    def step(self, state: State, params: Params, index: int) -> tuple[StepScores, State]:
        """Evaluate step ``index`` (0-based); returns its scores, and the next state.

        The parameters may be others than those that the state has learnt with so far. Whatever
        it raises becomes the trial's failure.
        """
        ...


def learns(objective: Objective) -> bool:
    """Whether each step continues from the state that the one before has left."""
    return bool(getattr(objective, "learns", False))


def is_over(objective: Objective, state: State) -> bool:
    """Whether there is nothing left to learn, although steps remain."""
    asks = getattr(objective, "is_over", None)
    return asks is not None and bool(asks(state))


def inherit(objective: Objective, state: State) -> State:
    """What a child begins with, from the state that its parent has left."""
    bequeath = getattr(objective, "inherit", None)
    return state if bequeath is None else bequeath(state)


ObjectiveFactory: TypeAlias = Callable[[], Objective]
"""Makes the objective in a worker, once; must be picklable by reference and small."""
