"""Find the tested starting points of each model, and say honestly what they are worth.

Random configurations of every model are tried on many small tables (`_small_tables`); of these a
few are chosen that complement the model's defaults and one another (`_portfolio`). What they are
worth is measured on tables that the choice did not see: each kind in turn is left out. With
``--write`` the choice from all tables goes into ``hpo_gui/evaluation/starting_points.json``.

Usage: python benchmarks/starting_points.py --keep FOLDER [--models svm knn] [--write]

A whole run takes about an hour of one processor; a second one with the same folder goes on.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from _portfolio import FloatArray, choose, expected_of_random, leave_one_out, regrets
from _small_tables import SmallTable, tables_for
from _trying_models import Kept, Trier, key
from scipy.stats import qmc

from hpo_gui.core.parameter import Float, Int, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.value import Params
from hpo_gui.evaluation.models import MODELS
from hpo_gui.evaluation.starting_points import PATH, RELATIVE, read_point
from hpo_gui.evaluation.task import Task

SEED = 7
MOST = 8  # configurations a model
REFERENCE = (250, 16)  # rows and columns of the space that candidates are drawn from
RELATIVE_PARAMETERS = {"svm": ("gamma",)}
"""What is kept as a multiple of the default, because the default follows the table."""

CANDIDATES = {"cheap": 64, "middle": 40, "slow": 16, "slowest": 12}
"""How many configurations are tried of a model; `tables_for` says on how many tables."""

SPEEDS = {
    "logistic_regression": "middle",
    "svm": "middle",
    "random_forest": "slow",
    "extra_trees": "slow",
    "gradient_boosting": "slow",
    "hist_gradient_boosting": "slow",
    "lightgbm": "slow",
    "xgboost": "slow",
    "ada_boost": "slowest",
    "catboost": "slowest",
    "mlp": "slowest",
}
"""How long the fits of a model take; the others are cheap."""

TASKS: tuple[Task, ...] = get_args(Task.__value__ if hasattr(Task, "__value__") else Task)


@dataclass(frozen=True)
class Tried:
    """All losses of a model in one task.

    Attributes
    ----------
    recipes : of the tables
    candidates : configurations as they would stand in the file
    losses : (n, t)
    defaults : (t,)
    """

    model: str
    task: Task
    recipes: tuple[str, ...]
    candidates: tuple[Params, ...]
    losses: FloatArray
    defaults: FloatArray


def draw(model: str, task: Task, seed: int = SEED) -> tuple[Params, ...]:
    """Candidates, evenly spread over the recommended space, in numbers of three digits."""
    space = Space(MODELS[model].space(task, *REFERENCE))
    if not len(space):
        return ()
    count = CANDIDATES[speed(model)]
    sobol = qmc.Sobol(len(space), rng=np.random.default_rng([seed, *model.encode()]))
    rows = sobol.random(2 ** math.ceil(math.log2(count)))[:count]
    drawn = [_rounded(model, space, space.quantile(row)) for row in rows]
    return tuple({key(params): params for params in drawn}.values())


def speed(model: str) -> str:
    """How long a model's fits take: cheap, middle, slow or slowest."""
    return SPEEDS.get(model, "cheap")


def _rounded(model: str, space: Space, params: Params) -> Params:
    written: Params = {}
    for name, value in params.items():
        parameter = space[name]
        if name in RELATIVE_PARAMETERS.get(model, ()):
            written[name] = {RELATIVE: _three_digits(value / parameter.default_value)}
        elif isinstance(parameter, Float) and value is not None:
            written[name] = _inside(parameter, _three_digits(value))
        else:
            written[name] = value
    return written


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}")


def _inside(parameter: Float | Int, value: float) -> float:
    return min(max(value, parameter.low), parameter.high)


def read_for(model: str, written: Params, trier: Trier) -> Params:
    """A configuration as a study of this table would try it."""
    parameters: tuple[Parameter, ...] = MODELS[model].space(trier.dataset.task, *trier.shape)
    return Space(parameters).complete(read_point(written, parameters))


def try_all(model: str, task: Task, folder: Path) -> Tried:
    """Try the defaults and all candidates on all tables; what is kept is not tried again."""
    candidates = draw(model, task)
    tables = tables_for(task, speed(model))
    columns = [try_on(model, table, ({}, *candidates), folder) for table in tables]
    losses = np.array(columns).T
    recipes = tuple(table.recipe for table in tables)
    return Tried(model, task, recipes, candidates, losses[1:], losses[0])


def try_on(
    model: str, table: SmallTable, candidates: Sequence[Params], folder: Path
) -> list[float]:
    """Losses of configurations on one table."""
    kept = Kept(folder, model, table.name)
    if any(key(written) not in kept.losses for written in candidates):
        trier = Trier(model, table, SEED)
        for written in candidates:
            if key(written) not in kept.losses:
                kept.put(written, trier.loss(read_for(model, written, trier)))
    return [kept.losses[key(written)] for written in candidates]


# --- what comes out ---------------------------------------------------------------------------


def chosen_points(tried: Tried) -> list[Params]:
    """The configurations chosen on all tables, in order."""
    regret, start = regrets(tried.losses, tried.defaults)
    return [tried.candidates[place] for place in choose(regret, start, MOST)]


def report(tried: Tried) -> str:
    """One line: mean regret on tables that the choice did not see."""
    curve = leave_one_out(tried.losses, tried.defaults, tried.recipes, MOST).mean(axis=1)
    regret, start = regrets(tried.losses, tried.defaults)
    by_chance = [
        float(expected_of_random(np.minimum(regret, start), count).mean())
        for count in range(1, len(regret) + 1)
    ]
    worth = next((n for n, mean in enumerate(by_chance, 1) if mean <= curve[-1]), len(regret) + 1)
    shown = f"{worth}" if worth <= len(regret) else f"over {len(regret)}"
    numbers = " ".join(f"{curve[k]:6.3f}" for k in (0, 1, 2, 4, MOST))
    chance = " ".join(f"{by_chance[min(k, len(by_chance)) - 1]:6.3f}" for k in (MOST, 50))
    return (
        f"{tried.model:23} {tried.task:15} {len(tried.recipes):6} {len(tried.candidates):5}  "
        f"{numbers}  {chance}  {shown:>7}"
    )


HEADER = (
    f"{'model':23} {'task':15} {'tables':>6} {'tried':>5}  "
    "defaults  +1     +2     +4     +8  random8 random50  worth\n"
    "Mean regret (0: best seen, 1: middle) on tables left out. worth: so many random trials\n"
    "after the defaults come to the same."
)


def wanted(models: Sequence[str]) -> Iterator[tuple[str, Task]]:
    """Model and task, for every installed model that has something to tune; quick ones first."""
    names = models or sorted(
        MODELS, key=lambda name: (-CANDIDATES[speed(name)], MODELS[name].cost)
    )
    for name in names:
        entry = MODELS[name]
        if entry.available:
            yield from ((name, task) for task in TASKS if task in entry.tasks and draw(name, task))


def write_points(found: dict[str, dict[str, list[Params]]]) -> None:
    """Write the file; models that were not tried now keep what they have."""
    models: dict[str, Any] = {}
    if PATH.is_file():
        models = json.loads(PATH.read_text(encoding="utf-8"))["models"]
    for model, tasks in found.items():
        models[model] = {**models.get(model, {}), **tasks}
    lines = [f'{{\n"seed": {SEED},\n"models": {{']
    blocks = []
    for model in sorted(models):
        tasks = ",\n".join(
            f'    "{task}": [\n' + ",\n".join(f"      {json.dumps(p)}" for p in points) + "\n    ]"
            for task, points in sorted(models[model].items())
        )
        blocks.append(f'  "{model}": {{\n{tasks}\n  }}')
    PATH.write_text(lines[0] + "\n" + ",\n".join(blocks) + "\n}\n}\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, required=True, help="folder for what was tried")
    parser.add_argument("--models", nargs="*", default=[], help="only these")
    parser.add_argument("--write", action="store_true", help="write the file of the program")
    options = parser.parse_args(arguments)
    options.keep.mkdir(parents=True, exist_ok=True)
    print(HEADER, flush=True)
    found: dict[str, dict[str, list[Params]]] = {}
    for model, task in wanted(options.models):
        began = time.perf_counter()
        tried = try_all(model, task, options.keep)
        found.setdefault(model, {})[task] = chosen_points(tried)
        took = time.perf_counter() - began
        print(report(tried) + (f"  {took:.0f} s" if took > 1 else ""), flush=True)
    if options.write:
        write_points(found)
        print(f"Written: {PATH} ({PATH.stat().st_size:,} bytes)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
