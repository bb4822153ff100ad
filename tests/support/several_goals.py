"""Studies with several goals and known fronts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec, Choice, DataSpec, StudySpec
from hpo_gui.core.trial import Origin, Trial, TrialState, summarize

SPACE = Space([Float("x", 0.0, 1.0), Float("y", 0.0, 1.0)])
ACCURACY = Goal("accuracy", "maximize")
SIZE = Goal("model_size", "minimize")
TIME = Goal("predict_time", "minimize")
KNEE, DOMINATED = 2, 5
SCORES = ((0.99, 900.0), (0.97, 500.0), (0.95, 120.0), (0.80, 100.0), (0.70, 90.0), (0.90, 600.0))
"""Of trials 0 … 5: 0 to 4 are the front, 2 its knee; 5 is dominated by 1 and 2."""


def trial(
    number: int,
    scores: Sequence[float],
    goals: Sequence[Goal],
    *,
    spread: float = 0.004,
    folds: int = 5,
    state: TrialState = TrialState.COMPLETE,
) -> Trial:
    """A trial whose first goal differs from fold to fold; the others are measured once."""
    noise = np.linspace(-spread, spread, folds) if folds > 1 else np.zeros(1)
    steps = {goals[0].metric: tuple(float(scores[0] + shift) for shift in noise)}
    steps |= {g.metric: (float(s),) for g, s in zip(goals[1:], scores[1:], strict=True)}
    if state is not TrialState.COMPLETE:
        steps = {}
    return Trial(
        number,
        {"x": 0.1 * (number % 10), "y": 0.5},
        Origin("default" if number == 0 else "random"),
        state,
        scores=summarize(steps),
        fold_scores=steps,
        started=1000.0 + number,
        finished=None if state.is_open else 1001.0 + number,
        told=None if state.is_open else number + 1,
    )


def trials(
    scores: Sequence[Sequence[float]] = SCORES, goals: Sequence[Goal] = (ACCURACY, SIZE)
) -> list[Trial]:
    return [trial(number, values, goals) for number, values in enumerate(scores)]


def history(
    scores: Sequence[Sequence[float]] = SCORES, goals: Sequence[Goal] = (ACCURACY, SIZE)
) -> History:
    return History(SPACE, goals, trials(scores, goals))


def spec(goals: Sequence[Goal] = (ACCURACY, SIZE)) -> StudySpec:
    return StudySpec(
        name="two goals",
        data=DataSpec("penguins.csv", test_share=0.2),
        goals=tuple(goals),
        validation=Choice("stratified_k_fold", {"folds": 5}),
        budget=BudgetSpec(trials=40),
    )
