"""The problems with several goals: a space, losses to minimise, and what is known of the front."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params
from optimizer_bench.coco import CocoFunction
from optimizer_bench.fronts import (
    MIXED_SPACE,
    losses_of,
    mixed,
    mixed_front,
    shifted_box,
)
from optimizer_bench.functions import box
from optimizer_bench.tables import REGRESSION, cross_validated, table

FloatArray = NDArray[np.float64]


class GoalsProblem(msgspec.Struct, frozen=True):
    """Something with several losses.

    Attributes
    ----------
    name : its own
    family : results are averaged by family as well
    space : what may be tried
    goals : how many losses there are
    losses : of a configuration, without noise; None where only COCO tells
    front : of the ideal front, shape (n, goals); None where nobody knows
    trains : each evaluation takes the training of models, so it is worth keeping
    coco : what is computed, where it is a function of COCO
    """

    name: str
    family: str
    space: Space
    goals: int
    losses: Callable[[Params], tuple[float, ...]] | None = None
    front: Callable[[], FloatArray] | None = None
    trains: bool = False
    coco: CocoFunction | None = None


def _suite(name: str, number: int, dimensions: int, goals: int) -> GoalsProblem:
    losses, front = losses_of(name, number)
    space = shifted_box(dimensions)
    return GoalsProblem(f"{name}{number}", name, space, goals, losses, lambda: front)


def biobjective(number: int, dimensions: int = 5) -> GoalsProblem:
    """A function of the bbob-biobj suite, in the box where the optima of both goals lie."""
    function = CocoFunction("bbob-biobj", number, dimensions)
    name = f"biobj-f{number}-{dimensions}d"
    return GoalsProblem(name, "bbob-biobj", box([(-5, 5)] * dimensions), 2, coco=function)


# --- how good against how large -----------------------------------------------------------------

FOREST, BOOSTING = {"model": ("forest",)}, {"model": ("boosting",)}
ENSEMBLES = {"model": ("forest", "boosting")}
TREES = Space(
    [
        Categorical("model", ("tree", "forest", "boosting")),
        Int("max_depth", 1, 12),
        Int("min_samples_leaf", 1, 40, log=True),
        Int("n_estimators", 2, 30, log=True, when=ENSEMBLES),
        Float("max_features", 0.1, 1.0, when=ENSEMBLES),
        Categorical("bootstrap", (True, False), when=FOREST),
        Float("learning_rate", 0.01, 1.0, log=True, when=BOOSTING),
        Float("subsample", 0.3, 1.0, when=BOOSTING),
    ]
)
MODELS: dict[str, tuple[type, type]] = {
    "tree": (DecisionTreeClassifier, DecisionTreeRegressor),
    "forest": (RandomForestClassifier, RandomForestRegressor),
    "boosting": (GradientBoostingClassifier, GradientBoostingRegressor),
}


def sized(table_name: str, metric: str) -> GoalsProblem:
    """The cross-validated loss of trees, and how many nodes all of them have, as a logarithm."""
    losses = partial(_loss_and_size, table_name, metric)
    name = f"size-{table_name}-{metric}"
    return GoalsProblem(name, "model size", TREES, 2, losses, trains=True)


def _loss_and_size(table_name: str, metric: str, params: Params) -> tuple[float, ...]:
    options: dict[str, Any] = dict(params)
    kinds = MODELS[str(options.pop("model"))]
    model = kinds[metric in REGRESSION](random_state=0, **options)
    loss = cross_validated(lambda: clone(model), table_name, metric)
    fitted = model.fit(*table(table_name))
    trees = np.ravel(getattr(fitted, "estimators_", [fitted])).tolist()
    return loss, math.log10(sum(tree.tree_.node_count for tree in trees))


# --- all of them --------------------------------------------------------------------------------


@lru_cache(None)
def all_problems() -> dict[str, GoalsProblem]:
    """The problems by name."""
    problems = (
        *(_suite("zdt", number, 10, 2) for number in (1, 2, 3, 4, 6)),
        *(_suite("dtlz", number, 7, 3) for number in (1, 2, 7)),
        GoalsProblem("mixed", "mixed", MIXED_SPACE, 2, mixed, mixed_front),
        sized("clf10", "acc"),
        sized("friedman1", "mse"),
        *(biobjective(number) for number in (1, 11, 28, 46)),
    )
    return {problem.name: problem for problem in problems}


SETS = {
    "quick": ("zdt1", "zdt3", "dtlz2", "mixed"),
    "known": ("zdt1", "zdt2", "zdt3", "zdt4", "zdt6", "dtlz1", "dtlz2", "dtlz7", "mixed"),
}


def goals_problems(text: str) -> list[GoalsProblem]:
    """Problems by names and sets, separated by commas, each once; ``all`` for all.

    Raises
    ------
    KeyError : there is no such problem or set
    """
    known = all_problems()
    sets = SETS | {"all": tuple(known)}
    names = [name for part in text.split(",") for name in sets.get(part, (part,))]
    return [known[name] for name in dict.fromkeys(names)]
