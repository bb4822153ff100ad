"""The objective: evaluates parameters step by step, and knows nothing of strategies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from hpo_gui.core.value import Params

State: TypeAlias = Any
"""What a step leaves for the next one; must be picklable. None where steps are independent."""


class Objective(Protocol):
    """An evaluation as a sequence of resumable steps; lives in a worker.

    Cross-validation: a step is a fold and has no state. Iterative learners: a step is a stretch of
    epochs and the state is the model.
    """

    @property
    def steps(self) -> int:
        """Number of steps of a full evaluation, at least 1."""
        ...

    def start(self, params: Params, seed: int) -> State:
        """Prepare an evaluation."""
        ...

    def step(self, state: State, params: Params, index: int) -> tuple[dict[str, float], State]:
        """Evaluate step ``index`` (0-based); returns metric -> score, and the next state.

        Whatever it raises becomes the trial's failure.
        """
        ...


ObjectiveFactory: TypeAlias = Callable[[], Objective]
"""Makes the objective in a worker, once; must be picklable by reference and small."""
