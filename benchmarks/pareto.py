"""Several goals: how much of the Pareto front do our strategies and Optuna's samplers find?

``python benchmarks/pareto.py`` tunes with every strategy of ours that pursues several goals, and
with Optuna's NSGAIISampler, TPESampler (MOTPE) and GPSampler, in one run and with the same seeds,
and prints the share of the ideal front's hypervolume after 60 and 200 trials: on ZDT and DTLZ, a
space with choices and conditions, models against their size, and COCO's bbob-biobj.

The peers run in an interpreter of their own, see `optimizers.py`; without one they are left out,
and so is bbob-biobj. Runs are kept in the folder of `--keep`, so a run can be taken up.
"""

from __future__ import annotations

import os

# Before numpy comes: times are of one thread.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import hashlib
import json
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hpo_gui.core.goal import Goal
from hpo_gui.core.plan import Plan
from hpo_gui.core.value import Params
from hpo_gui.strategies.catalogue import STRATEGIES
from hpo_gui.study.study import Study
from optimizer_bench.coco import is_installed
from optimizer_bench.problem import point
from optimizer_bench.running import strategy_of
from optimizer_bench.several_goals import SETS, GoalsProblem, all_problems, goals_problems
from optimizer_bench.volumes import Yardstick, sampled_losses, share_after, yardstick
from optimizer_bench.worker import (
    RemotePeer,
    WorkerError,
    WorkerPool,
    has_package,
    make_interpreter,
)
from optimizers import read_seeds

FloatArray = NDArray[np.float64]
Losses = Callable[[Params], Sequence[float]]

KEEP = Path(__file__).resolve().parent.parent / "results" / "pareto"
PEERS = ("optuna-nsga2", "optuna-tpe", "optuna-gp")
LEFT_OUT = ("optuna", "grid", "manual", "sobol")
"""Strategies that are no search, or others': Optuna's samplers are among the peers."""
MARKS = (60, 200)


class GoalsRun(msgspec.Struct, frozen=True):
    """One run: the losses of its trials in their order, each (g,), and seconds of thinking."""

    method: str
    problem: str
    seed: int
    budget: int
    losses: tuple[tuple[float, ...], ...]
    seconds: float
    error: str = ""

    @property
    def key(self) -> tuple[str, str, int, int]:
        return self.method, self.problem, self.seed, self.budget


def our_methods() -> list[str]:
    """The strategies that pursue several goals, and random search."""
    able = [entry.name for entry in STRATEGIES if getattr(entry.kind, "several_goals", False)]
    return [name for name in able if name not in LEFT_OUT]


def read_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options, taken apart and checked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--problems", default="all", help=f"names of problems, or all, {', '.join(SETS)}")
    add("--methods", help="names, ours with options if any: nsga2:population=20; all by default")
    add("--seeds", default="0-4", help="0-4 or 0,2,5")
    add("--budget", type=int, default=MARKS[-1], help="trials of a run; shares after 60 and all")
    add("--keep", type=Path, default=KEEP, help="folder of the results")
    add("--again", action="store_true", help="run what is kept again; losses stay")
    add("--with-peers", action="store_true", help="install Optuna and COCO into that folder")
    add("--python", type=Path, help="an interpreter that has them already")
    options = parser.parse_args(arguments)
    try:
        options.problems = goals_problems(options.problems)
    except KeyError as error:
        known = ", ".join((*SETS, *all_problems()))
        parser.error(f"--problems must be among {known}, but got {error}")
    if options.budget < 1:
        parser.error(f"--budget must be at least 1, but got {options.budget}")
    options.seeds = read_seeds(options.seeds)
    asked = options.methods or ",".join((*our_methods(), *PEERS))
    options.methods = [label for label in asked.split(",") if label]
    for label in options.methods:
        if label not in PEERS:
            strategy_of(label)
    return options


# --- losses -----------------------------------------------------------------------------------


class KeptGoals:
    """Losses of trained models in an SQLite file: each configuration is trained once."""

    def __init__(self, folder: Path, problem: GoalsProblem) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        assert problem.losses is not None
        self._losses = problem.losses
        self._file = sqlite3.connect(
            folder / f"{problem.name}.sqlite", timeout=60, isolation_level=None
        )
        self._file.execute("create table if not exists e (k text primary key, v text)")

    def __call__(self, params: Params) -> Sequence[float]:
        key = hashlib.sha1(json.dumps(params, sort_keys=True).encode()).hexdigest()
        row = self._file.execute("select v from e where k=?", (key,)).fetchone()
        if row is not None:
            return [float(loss) for loss in json.loads(row[0])]
        losses = self._losses(params)
        self._file.execute("insert or replace into e values (?,?)", (key, json.dumps(losses)))
        return losses


def losses_of(problem: GoalsProblem, folder: Path, pool: WorkerPool) -> Losses:
    """How a problem's losses are had: computed, remembered, or from the other interpreter."""
    function = problem.coco
    if function is not None:
        if is_installed():
            return lambda params: function.values(point(params))
        return lambda params: pool.worker.call("coco_values", function=function, x=point(params))[
            0
        ]
    if problem.trains:
        return KeptGoals(folder / "losses", problem)
    assert problem.losses is not None
    return problem.losses


# --- runs -------------------------------------------------------------------------------------


def play(
    method: str,
    problem: GoalsProblem,
    losses: Losses,
    seed: int,
    budget: int,
    pool: WorkerPool,
) -> GoalsRun:
    """One run, one trial at a time; what goes wrong in an optimizer is part of the result."""
    found: list[tuple[float, ...]] = []
    seconds, error = 0.0, ""
    try:
        if method in PEERS:
            seconds = _play_peer(method, problem, losses, seed, budget, pool, found)
        else:
            seconds = _play_ours(method, problem, losses, seed, budget, found)
    except Exception as met:  # noqa: BLE001 — an optimizer's failure is a result
        error = f"{type(met).__name__}: {met}"
        pool.close()
    return GoalsRun(method, problem.name, seed, budget, tuple(found), seconds, error)


def _play_ours(
    label: str,
    problem: GoalsProblem,
    losses: Losses,
    seed: int,
    budget: int,
    found: list[tuple[float, ...]],
) -> float:
    goals = [Goal(f"loss{i}", "minimize") for i in range(problem.goals)]
    plan = Plan(trials=budget)
    study = Study(problem.space, goals, strategy_of(label), seed=seed, plan=plan)
    thinking = 0.0
    while len(found) < budget:
        started = time.process_time()
        asked = study.ask(1)
        thinking += time.process_time() - started
        if not asked:
            break
        values = [float(loss) for loss in losses(asked[0].params)]
        found.append(tuple(values))
        scores = {goal.metric: value for goal, value in zip(goals, values, strict=True)}
        study.tell(asked[0].number, scores)
    return thinking


def _play_peer(
    name: str,
    problem: GoalsProblem,
    losses: Losses,
    seed: int,
    budget: int,
    pool: WorkerPool,
    found: list[tuple[float, ...]],
) -> float:
    peer = RemotePeer(pool.worker, name, problem.space, seed, problem.goals)
    thinking = 0.0
    while len(found) < budget:
        asked, spent = peer.ask(1)
        values = [float(loss) for loss in losses(problem.space.check(asked[0]))]
        found.append(tuple(values))
        thinking += spent + peer.tell([values])
    return thinking


def load_runs(path: Path) -> dict[tuple[str, str, int, int], GoalsRun]:
    """The kept runs that ended well, the last one of each key; a line cut short is passed over."""
    runs = {}
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            run = msgspec.json.decode(line, type=GoalsRun)
        except msgspec.DecodeError:
            continue
        if not run.error:
            runs[run.key] = run
    return runs


# --- the report -------------------------------------------------------------------------------


def print_shares(runs: Sequence[GoalsRun], sticks: dict[str, Yardstick], marks: list[int]) -> None:
    """A line for each problem: the mean share of each method, ± its standard error; then means."""
    methods = list(dict.fromkeys(run.method for run in runs))
    problems = list(dict.fromkeys(run.problem for run in runs))
    for mark in marks:
        shares: dict[tuple[str, str], list[float]] = defaultdict(list)
        for run in runs:
            losses = np.array(run.losses).reshape(len(run.losses), -1)
            shares[run.problem, run.method].append(share_after(losses, mark, sticks[run.problem]))
        means = np.array([[np.mean(shares[p, m]) for m in methods] for p in problems])
        print(f"\nShare of the ideal front's hypervolume after {mark} trials\n")
        print("| problem | " + " | ".join(methods) + " |")
        print("|" + "---|" * (1 + len(methods)))
        for row, problem in enumerate(problems):
            cells = [
                f"{means[row, column]:.3f} ± {_error(shares[problem, method]):.3f}"
                for column, method in enumerate(methods)
            ]
            note = "" if sticks[problem].known else "*"
            print(f"| {problem}{note} | " + " | ".join(cells) + " |")
        print("| **mean** | " + " | ".join(f"{mean:.3f}" for mean in means.mean(axis=0)) + " |")
        ranks = (-means).argsort(axis=1).argsort(axis=1).mean(axis=0) + 1
        print("| mean rank | " + " | ".join(f"{rank:.1f}" for rank in ranks) + " |")
    print("| seconds of thinking, mean | " + " | ".join(_seconds(runs, m) for m in methods) + " |")
    if not all(sticks[problem].known for problem in problems):
        print("\n* the ideal front is estimated: what all of these runs together have found.")


def _error(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def _seconds(runs: Sequence[GoalsRun], method: str) -> str:
    return f"{np.mean([run.seconds for run in runs if run.method == method]):.2f}"


def leave_out(options: argparse.Namespace, python: Path | None) -> None:
    """Without the interpreter of the peers, go on without them and without COCO, and say so."""
    if not has_package(python, "optuna"):
        absent = [method for method in options.methods if method in PEERS]
        options.methods = [method for method in options.methods if method not in PEERS]
        if absent:
            print(f"LEFT OUT: {', '.join(absent)} need --with-peers or --python PATH.")
    if not is_installed() and not has_package(python, "cocoex"):
        absent = [problem.name for problem in options.problems if problem.coco]
        options.problems = [problem for problem in options.problems if not problem.coco]
        if absent:
            print(f"LEFT OUT: {', '.join(absent)} need coco-experiment: --with-peers or --python.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is not kept, print, and tell by the exit code whether all runs ended well."""
    options = read_arguments(arguments)
    options.keep.mkdir(parents=True, exist_ok=True)
    python = options.python
    try:
        if python is None and options.with_peers:
            python = make_interpreter(options.keep / "peers")
    except WorkerError as error:
        print(error)
        return 2
    leave_out(options, python)
    pool = WorkerPool(python)
    path = options.keep / "runs.jsonl"
    kept = {} if options.again else load_runs(path)
    runs: list[GoalsRun] = []
    sticks = {}
    for problem in options.problems:
        losses = losses_of(problem, options.keep, pool)
        for seed in options.seeds:
            for method in options.methods:
                run = kept.get((method, problem.name, seed, options.budget))
                if run is None:
                    run = play(method, problem, losses, seed, options.budget, pool)
                    with path.open("ab") as file:
                        file.write(msgspec.json.encode(run) + b"\n")
                runs.append(run)
        found = [np.array(r.losses) for r in runs if r.problem == problem.name and r.losses]
        nadir = _nadir(problem, pool)
        sticks[problem.name] = yardstick(problem, sampled_losses(problem, losses), found, nadir)
        print(f"{problem.name} done", file=sys.stderr, flush=True)
    marks = sorted({mark for mark in MARKS if mark < options.budget} | {options.budget})
    if runs:
        print_shares(runs, sticks, marks)
    pool.close()
    failed = [run for run in runs if run.error]
    if failed:
        print(f"\n{len(failed)} runs failed; the first one: {failed[0].key}: {failed[0].error}")
    return 1 if failed else 0


def _nadir(problem: GoalsProblem, pool: WorkerPool) -> Sequence[float] | None:
    if problem.coco is None:
        return None
    if is_installed():
        return problem.coco.nadir()
    nadir: list[float] = pool.worker.call("coco_nadir", function=problem.coco)[0]
    return nadir


if __name__ == "__main__":
    sys.exit(main())
