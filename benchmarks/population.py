"""Population-based training against random search and fixed learning rates, at equal epochs.

Real tables, models that learn by epochs, two workers. Each method trains as many times as the
population has members, each time for all epochs, so that all take the same number of epochs:

- population: the strategy with its defaults, copies and changes after every second step
- random: as many random configurations
- fixed: as many learning rates, evenly spread over the logarithm of their range, with the model's
  defaults for everything else; the best one counts, which is more than one would know beforehand

The best validation score decides, as it would for a user; the score of that model on rows that
nobody has seen tells what it was worth.

Usage: python benchmarks/population.py [--seeds 5] [--problems digits …] [--explore pb2]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn import datasets

from hpo_gui.analysis.lineage import ancestors
from hpo_gui.assembly.opened import open_study, read_history
from hpo_gui.assembly.results import locked_test_scores
from hpo_gui.assembly.running import create_study, warm_up
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float, Int, Parameter
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    ComputeSpec,
    DataSpec,
    ModelSpec,
    StartSpec,
    StudySpec,
    TrainingSpec,
)
from hpo_gui.core.value import Params
from hpo_gui.execution.checkpoints import Checkpoints

MEMBERS, STEPS, INTERVAL = 8, 20, 2
METHODS = ("population", "random", "fixed")


@dataclass(frozen=True)
class Problem:
    """A table, a model that learns by epochs, and what is tuned.

    Attributes
    ----------
    rate : the parameter that is the learning rate
    stretch : epochs a step
    folds : of the validation; 1 for a third of the rows, where there are many
    """

    name: str
    load: Callable[[], Any]
    task: Literal["classification", "regression"]
    model: str
    fixed: Params
    space: tuple[Parameter, ...]
    rate: str
    stretch: int
    metric: str
    folds: int = 3


NET = (
    Float("learning_rate_init", 1e-4, 0.3, log=True),
    Float("alpha", 1e-6, 1.0, log=True),
    Int("batch_size", 8, 256, log=True),
)
PROBLEMS = (
    Problem(
        "digits",
        datasets.load_digits,
        "classification",
        "mlp",
        {"hidden_layer_sizes": (32,), "solver": "sgd"},
        (*NET, Float("momentum", 0.0, 0.99)),
        "learning_rate_init",
        1,
        "neg_log_loss",
        1,
    ),
    Problem(
        "breast_cancer",
        datasets.load_breast_cancer,
        "classification",
        "sgd",
        {"loss": "log_loss", "penalty": "l2"},
        (Float("eta0", 1e-6, 1.0, log=True), Float("alpha", 1e-7, 1.0, log=True)),
        "eta0",
        1,
        "neg_log_loss",
    ),
    Problem(
        "diabetes",
        datasets.load_diabetes,
        "regression",
        "mlp",
        {"hidden_layer_sizes": (32,)},
        NET,
        "learning_rate_init",
        2,
        "r2",
    ),
)


def write_table(problem: Problem, folder: Path) -> None:
    """Write the table where the program reads it as any file."""
    bunch = problem.load()
    frame = pd.DataFrame(bunch.data).add_prefix("x").round(6)
    target = bunch.target
    frame["target"] = [f"class {c}" for c in target] if problem.task != "regression" else target
    frame.to_csv(folder / f"{problem.name}.csv", index=False)


def study_of(problem: Problem, method: str, seed: int, explore: str) -> StudySpec:
    """The specification of one run."""
    strategy: Choice
    match method:
        case "population":
            options = {"population": MEMBERS, "interval": INTERVAL, "explore": explore}
            strategy = Choice("population", options)
        case "fixed":
            rate = next(p for p in problem.space if p.name == problem.rate)
            rates = [{problem.rate: value} for value in rate.grid(MEMBERS)]
            strategy = Choice("manual", {"configurations": tuple(rates)})
        case _:
            strategy = Choice("random")
    return StudySpec(
        name=problem.name,
        seed=seed,
        data=DataSpec(f"{problem.name}.csv", target="target", task=problem.task, test_share=0.25),
        models=(ModelSpec(problem.model, problem.fixed, problem.space),),
        validation=Choice("hold_out", {"test_share": 0.33})
        if problem.folds == 1
        else Choice("k_fold", {"folds": problem.folds, "shuffle": True}),
        goals=(Goal(problem.metric),),
        start=StartSpec(defaults=False, tested=False),
        strategy=strategy,
        pruner=Choice("none"),
        training=TrainingSpec(steps=STEPS, stretch=problem.stretch),
        budget=BudgetSpec(trials=MEMBERS) if method == "random" else BudgetSpec(),
        compute=ComputeSpec(workers=2),
    )


@dataclass(frozen=True)
class Run:
    """What one run gave: scores that are better when higher, steps taken, and seconds."""

    validation: float
    test: float
    steps: int
    seconds: float


def run(problem: Problem, method: str, seed: int, explore: str, folder: Path) -> Run:
    """Run a study as the program does."""
    began = time.perf_counter()
    spec = study_of(problem, method, seed, explore)
    path = folder / f"{problem.name}-{method}-{seed}.hpostudy"
    runner = create_study(spec, folder, path)
    for _ in runner.run():
        pass
    seconds = time.perf_counter() - began
    warm_up(spec)
    opened = open_study(path)
    history = read_history(opened)
    best = history.best
    assert best is not None
    steps = 0
    for trial in history.trials:
        before = ancestors(history, trial)[:-1]
        steps += max(trial.steps_done - (before[-1].steps_done if before else 0), 0)
    test = locked_test_scores(opened.spec, folder, best, path, history)
    return Run(best.scores[problem.metric], test[problem.metric], steps, seconds)


def continues_identically(seed: int = 0) -> bool:
    """Whether a net goes on from a checkpoint, with another rate, exactly as it would have."""
    from hpo_gui.evaluation.learners import LearningModel, Lesson
    from hpo_gui.evaluation.models import find_model

    rows, target = datasets.load_digits(return_X_y=True)
    lesson = Lesson(rows / 16.0, target)
    values = {"hidden_layer_sizes": (32,), "learning_rate_init": 0.01, "batch_size": 32}
    changed = {**values, "learning_rate_init": 0.012, "batch_size": 26}
    model = LearningModel(find_model("mlp", "classification"), "classification", values, seed)
    model.learn(values, lesson, 3)
    with tempfile.TemporaryDirectory() as folder:
        kept = Checkpoints(Path(folder))
        kept.save(0, 3, model)
        found = kept.load(0)
    assert found is not None
    for one in (model, found.state):
        one.learn(changed, lesson, 3)
    pairs = zip(model.estimator.coefs_, found.state.estimator.coefs_, strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def report(problem: Problem, runs: dict[str, list[Run]]) -> bool:
    """Print one problem; whether the population is ahead of both others on average."""
    means = {name: float(np.mean([r.validation for r in found])) for name, found in runs.items()}
    for name, found in runs.items():
        valid = np.array([one.validation for one in found])
        test = np.array([one.test for one in found])
        ours = runs["population"]
        ahead = sum(a.validation > b.validation for a, b in zip(ours, found, strict=True))
        ahead_on_test = sum(a.test > b.test for a, b in zip(ours, found, strict=True))
        told = "" if name == "population" else f"   {ahead} / {ahead_on_test} of {len(found)}"
        print(
            f"{problem.name:14} {problem.metric:13} {name:11} {valid.mean():9.4f} "
            f"± {valid.std():.4f} {test.mean():9.4f} ± {test.std():.4f} "
            f"{np.mean([one.steps for one in found]):6.0f} "
            f"{np.mean([one.seconds for one in found]):7.1f}{told}",
            flush=True,
        )
    return means["population"] > max(means["random"], means["fixed"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--problems", nargs="+", choices=[p.name for p in PROBLEMS])
    parser.add_argument("--explore", choices=("perturb", "pb2"), default="perturb")
    options = parser.parse_args(arguments)
    wanted = [p for p in PROBLEMS if options.problems is None or p.name in options.problems]
    print(
        f"{'problem':14} {'score':13} {'method':11} {'validation':>18} {'unseen rows':>18} "
        f"{'steps':>6} {'seconds':>7}   seeds that the population wins: validation / unseen"
    )
    ahead = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["HPO_STUDIO_HOME"] = str(folder / "home")
        for problem in wanted:
            write_table(problem, folder)
            runs: dict[str, list[Run]] = {method: [] for method in METHODS}
            for seed in range(options.seeds):
                for method in METHODS:
                    runs[method].append(run(problem, method, seed, options.explore, folder))
            ahead.append(report(problem, runs))
    same = continues_identically()
    print(f"Goes on from a checkpoint bit for bit after a change: {'yes' if same else 'NO'}")
    print(f"Ahead of both on average in {sum(ahead)} of {len(ahead)} problems")
    return 0 if same and all(ahead) else 1


if __name__ == "__main__":
    raise SystemExit(main())
