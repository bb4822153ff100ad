"""Runs of a strategy on a function, for the tests of strategies."""

from __future__ import annotations

from collections.abc import Callable

from hpo_gui.core.goal import Goal
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params
from hpo_gui.strategies.strategy import Strategy
from hpo_gui.study.study import Study

Loss = Callable[[Params], float]


def search(
    strategy: Strategy, space: Space, loss: Loss, trials: int, *, seed: int = 0, workers: int = 1
) -> Study:
    """A study after so many trials; ``workers`` are asked at a time and told in reverse."""
    study = Study(space, [Goal("loss", "minimize")], strategy, seed=seed)
    for _ in range(trials // workers):
        for trial in reversed(study.ask(workers)):
            study.tell(trial.number, loss(trial.params))
    return study


def lowest(study: Study) -> float:
    """The lowest loss."""
    assert study.best is not None
    return study.best.scores["loss"]
