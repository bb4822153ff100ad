"""A small study of a population that has learnt, for tests of what is made of it."""

from __future__ import annotations

import math
from typing import Any

from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Choice, FunctionSpec, StudySpec, TrainingSpec
from hpo_gui.core.value import Params
from hpo_gui.strategies.population import Population
from tests.strategies.learning_together import Population as Together

PARAMETERS = (Float("rate", 1e-4, 1.0, log=True), Categorical("kind", ("plain", "heavy")))
LOSS = Goal("loss", "minimize")
STEPS = 12


def step(state: Any, params: Params, index: int) -> tuple[float, Any]:
    """The best rate falls on the way; rates near 1 diverge."""
    if params["rate"] > 0.5 and index > 4:
        raise ArithmeticError("diverged")
    distance = 1.0 if state is None else state
    wanted = -1.0 - index / 10
    distance *= 0.7 + 0.3 * min(abs(math.log10(params["rate"]) - wanted), 1.0)
    return distance, distance


def population_spec(**changes: Any) -> StudySpec:
    """Its specification, with everything filled in."""
    usual: dict[str, Any] = {
        "name": "population",
        "objective": FunctionSpec("learner.py:step", PARAMETERS, (), "start"),
        "goals": (LOSS,),
        "strategy": Choice("population", {"population": 6}),
        "training": TrainingSpec(steps=STEPS),
        "pruner": Choice("none"),
    }
    return StudySpec(**{**usual, **changes})


def learnt_population(most: int = 10_000, seed: int = 1) -> Together:
    """Six members, two intervals at a time, at most so many trials of them."""
    strategy = Population(population=6, quantile=0.34)
    group = Together(
        strategy, Space(PARAMETERS), step, steps=STEPS, seed=seed, changeable=("rate",)
    )
    return group.run(2, most)
