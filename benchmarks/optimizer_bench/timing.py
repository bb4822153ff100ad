"""How long a proposal takes with many observations."""

from __future__ import annotations

import statistics
import time

import numpy as np

from hpo_gui.core.plan import Plan
from hpo_gui.core.value import Params
from hpo_gui.study.study import Study
from optimizer_bench.problem import Problem
from optimizer_bench.running import GOAL, strategy_of

MANY = (500, 1000, 5000)
REPEATS = 5


def seconds_with(label: str, problem: Problem, observations: int) -> list[float]:
    """Processor seconds of each of `REPEATS` proposals after so many random trials.

    The first proposal counts as well: a study that is opened anew has nothing prepared.
    """
    plan = Plan(trials=observations + REPEATS)
    study = Study(problem.space, [GOAL], strategy_of(label), seed=0, plan=plan)
    rng = np.random.default_rng(0)
    for number in range(observations):
        params = problem.space.sample(rng)
        study.add(params)
        study.begin(number)
        study.tell(number, _told(problem, params, number))
    seconds = []
    for _ in range(REPEATS):
        started = time.process_time()
        trials = study.ask(1)
        seconds.append(time.process_time() - started)
        for trial in trials:
            study.tell(trial.number, _told(problem, trial.params, trial.number))
    return seconds


def _told(problem: Problem, params: Params, number: int) -> float:
    return problem.loss(params) + problem.noise_at(str(number))


def print_many(labels: list[str], problem: Problem) -> None:
    """Seconds of a proposal at `MANY` observations."""
    print(f"\nProcessor seconds of one proposal on {problem.name} with many observations\n")
    columns = " | ".join(f"after {count:,} (worst)" for count in MANY)
    print(f"| strategy | {columns} |\n|" + "---|" * (1 + len(MANY)))
    for label in labels:
        cells = []
        for count in MANY:
            seconds = seconds_with(label, problem, count)
            cells.append(f"{statistics.median(seconds):.3f} ({max(seconds):.3f})")
        print(f"| {label} | {' | '.join(cells)} |", flush=True)
