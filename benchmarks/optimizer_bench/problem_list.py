"""Which problems there are.

The public ones are those on which the peers' recorded runs were made. Never choose between two
versions of a strategy by them: that is what the development set, with the same families, is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from hpo_gui.core.parameter import Float, Int, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params
from optimizer_bench.coco import CocoFunction
from optimizer_bench.functions import box, classic
from optimizer_bench.model_choice import model_choice
from optimizer_bench.problem import Problem, point
from optimizer_bench.tuning import tuning

LEVELS = (2, 4, 8, 16)
"""How many whole numbers the first four fifths of a mixed-integer problem's parameters take."""


def _value(function: CocoFunction, params: Params) -> float:
    return function.value(point(params))


def bbob(number: int, dimensions: int) -> Problem:
    """A function of the bbob suite."""
    function = CocoFunction("bbob", number, dimensions)
    return Problem(
        f"bbob-f{number}-{dimensions}d",
        "bbob",
        box([(-5, 5)] * dimensions),
        partial(_value, function),
        coco=function,
    )


def mixed_integer(number: int, dimensions: int = 5) -> Problem:
    """A function of the bbob-mixint suite: whole numbers, and real ones in the last fifth."""
    parameters: list[Parameter] = []
    for i in range(dimensions):
        kind = i * 5 // dimensions
        name = f"x{i}"
        parameters.append(Int(name, 0, LEVELS[kind] - 1) if kind < 4 else Float(name, -5.0, 5.0))
    function = CocoFunction("bbob-mixint", number, dimensions)
    return Problem(
        f"mixint-f{number}-{dimensions}d",
        "mixed integer",
        Space(parameters),
        partial(_value, function),
        coco=function,
    )


RECORDED = (
    tuning("svm", "clf20", "acc", 5),
    tuning("dt", "wine", "nll", 5),
    tuning("mlp-adam", "wine", "nll"),
    tuning("gbm", "friedman2", "mse"),
    tuning("knnpipe", "wine", "nll"),
    model_choice("clf20", "acc"),
    bbob(15, 5),
    bbob(21, 10),
    mixed_integer(8),
    classic("branin"),
    classic("ackley10"),
    classic("hartmann6", noise=0.25),
)
EXTRA = (tuning("lasso", "reg60", "mse"), tuning("ada", "clf10", "nll"), bbob(8, 2))
DEVELOPMENT = (
    tuning("rf", "diabetes", "mse"),
    tuning("mlp-sgd", "friedman2", "mse"),
    tuning("svr", "friedman1", "mae"),
    tuning("linear", "clf10", "nll"),
    tuning("dt", "friedman1", "mse"),
    tuning("gbm", "clf10", "nll"),
    model_choice("clf10", "acc"),
    model_choice("friedman1", "mse"),
    model_choice("diabetes", "mse"),
    bbob(3, 3),
    bbob(6, 5),
    bbob(10, 5),
    bbob(17, 5),
    bbob(20, 10),
    bbob(22, 10),
    mixed_integer(3),
    mixed_integer(15),
    classic("levy5"),
    classic("hartmann6"),
    classic("branin", noise=5.0),
)
PROBLEMS = {problem.name: problem for problem in (*RECORDED, *EXTRA, *DEVELOPMENT)}

IN_BATCHES = ("mlp-adam-wine-nll", "cash-clf20-acc", "bbob-f15-5d")
"""The problems on which the peers were recorded in batches."""

SETS = {
    "public": tuple(problem.name for problem in RECORDED),
    "extra": tuple(problem.name for problem in EXTRA),
    "dev": tuple(problem.name for problem in DEVELOPMENT),
}


def named(text: str, protocol: str = "seq") -> Sequence[Problem]:
    """Problems by names and sets, separated by commas, each once.

    Raises
    ------
    KeyError : there is no such problem or set
    """
    sets = SETS | ({"public": IN_BATCHES} if protocol == "batch" else {})
    names = [name for part in text.split(",") for name in sets.get(part, (part,))]
    return [PROBLEMS[name] for name in dict.fromkeys(names)]
