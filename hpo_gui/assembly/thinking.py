"""Which strategies think in a process of their own, and the making of it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from hpo_gui.core.errors import SpecError
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.thought import Thinker
from hpo_gui.execution.reserve import keep_ready
from hpo_gui.execution.thinking_process import THOUGHT, ThinkingProcess
from hpo_gui.strategies.catalogue import STRATEGIES

if TYPE_CHECKING:
    from hpo_gui.strategies.strategy import Strategy

WARM = (
    "hpo_gui.strategies.catalogue",
    "scipy.linalg",
    "scipy.optimize",
    "scipy.special",
)
"""What a process imports while it waits for a strategy."""


def warm_up_thinker(spec: StudySpec) -> None:
    """Start the process in which the strategy will think, if it needs one; returns at once."""
    with contextlib.suppress(SpecError):  # told with the other problems of the specification
        strategy = STRATEGIES.make(spec.strategy.name, spec.strategy.options)
        if _thinks_apart(spec, strategy):
            keep_ready(1, WARM, purpose=THOUGHT)


def make_thinker(spec: StudySpec, strategy: Strategy) -> Thinker | None:
    """Where the strategy thinks; None for in place."""
    if not _thinks_apart(spec, strategy):
        return None
    return ThinkingProcess(strategy, spec.seed, WARM)


def _thinks_apart(spec: StudySpec, strategy: Strategy) -> bool:
    """Whether it looks at scores, which takes time, and processes are wanted."""
    looks: bool = getattr(strategy, "looks_at_scores", True)
    return looks and spec.compute.executor != "inline"
