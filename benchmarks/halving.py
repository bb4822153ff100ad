"""Successive halving and Hyperband against full random search, and against scikit-learn's.

1. Learning curves of 120 random configurations each are recorded to the end, in 20 steps as long
   as the program makes them, for neural networks (5 epochs a step) and gradient boosting (10
   trees), and kept in a folder. In several random orders the first 48 are a full random search;
   the pruners are asked over all of them. After which share of its steps is a complete trial as
   good as the best of the 48, within 1 % of the way from there to the median? A trial's score is
   that of its best step. The defaults of successive halving were chosen on the problems of
   `--problems choosing`, which share no table with those that they are judged by.
2. The same configurations of gradient boosting by scikit-learn's HalvingRandomSearchCV, which
   fits anew at each rung, and by a study with successive halving, which goes on with the trees
   that are there: processor time, and the score of the winner after a whole fit.

Usage: python benchmarks/halving.py --keep FOLDER [--orders 20] [--part curves|sklearn]
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from _recorded_curves import Curves, FloatArray, record
from _small_tables import CLASSIFICATION, REGRESSION, UNSEEN
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import HistoryBuilder
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Learned, Origin, Trial, TrialState, add_step
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.pruners.pruner import Pruner

CANDIDATES, STEPS, FULL = 120, 20, 48
Problems = tuple[tuple[str, str], ...]

CHOOSING: Problems = (
    ("mlp", "digits"),
    ("mlp", "breast_cancer"),
    ("gradient_boosting", "breast_cancer"),
    ("gradient_boosting", "diabetes"),
    ("gradient_boosting", "friedman_2"),
)
JUDGED: Problems = (
    ("mlp", "moons"),
    ("mlp", "friedman_1"),
    ("gradient_boosting", "hastie"),
    ("gradient_boosting", "waves"),
)
TABLES = {
    **{table.recipe: table for table in (*CLASSIFICATION, *REGRESSION)},
    **{table.recipe.removesuffix("_as_published"): table for table in UNSEEN},
}
SHOWN: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("halving", "successive_halving", {}),
    ("eta 4, least 1", "successive_halving", {"eta": 4, "least": 1}),
    ("hyperband", "hyperband", {}),
    ("median", "median", {}),
    ("none", "none", {}),
)
GOAL = Goal("loss", "minimize")
NEAR = 0.01
MOST_STEPS = 0.25


# --- over recorded curves ---------------------------------------------------------------------


def replay(losses: FloatArray, pruner: Pruner, target: float) -> float:
    """Run trials one after the other until one that ends is as good as the target.

    Returns
    -------
    steps used; inf when none is
    """
    count, steps = losses.shape
    builder = HistoryBuilder(Space([]), [GOAL], plan=Plan(count, steps=steps, learns=True))
    used = 0
    for number, row in enumerate(losses):
        trial = Trial(number, {}, Origin("random"), TrialState.RUNNING)
        state = TrialState.COMPLETE
        for step, loss in enumerate(row.tolist()):
            if math.isnan(loss):
                state = TrialState.FAILED
                break
            used += 1
            trial = add_step(trial, step, Learned({GOAL.metric: (loss,)}))
            builder.put(trial)
            if step + 1 < steps and pruner.should_stop(builder.snapshot(), trial):
                state = TrialState.PRUNED
                break
        builder.put(msgspec.structs.replace(trial, state=state, told=number + 1))
        if state is TrialState.COMPLETE and row[-1] <= target:
            return used
    return math.inf


def over_curves(curves: Curves, orders: int) -> list[list[float]]:
    """For each pruner and order: steps used as a share of those of the full random search."""
    losses = np.fmin.accumulate(curves.losses, axis=1)  # the best step is kept
    usual = float(np.nanmedian(losses[:, -1]))
    shares: list[list[float]] = [[] for _ in SHOWN]
    for seed in range(orders):
        rng = np.random.default_rng([seed, *curves.name.encode()])
        shuffled = losses[rng.permutation(len(losses))]
        best = float(np.nanmin(shuffled[:FULL, -1]))
        target = best + NEAR * (usual - best)
        for place, (_, name, options) in enumerate(SHOWN):
            used = replay(shuffled, PRUNERS.make(name, options), target)
            shares[place].append(used / (FULL * STEPS))
    return shares


def compare_curves(problems: Problems, folder: Path, orders: int) -> bool:
    """Print a line a problem; whether successive halving meets the target."""
    print(
        f"Share of the steps of {FULL} full trainings until their best score is reached: median "
        f"over {orders} orders,\nand in how many of the orders at {MOST_STEPS} or less."
    )
    print(f"{'':38}" + "".join(f"{title:>20}" for title, *_ in SHOWN))
    medians = []
    for model, table in problems:
        curves = record(model, TABLES[table], CANDIDATES, STEPS, folder)
        shares = np.array(over_curves(curves, orders))
        medians.append(np.median(shares, axis=1))
        soon = (shares <= MOST_STEPS).mean(axis=1)
        words = "".join(f"{m:>11.2f} ({s:5.0%})" for m, s in zip(medians[-1], soon, strict=True))
        print(f"{curves.name:38}{words}", flush=True)
    mean = np.mean(medians, axis=0)
    print(f"{'mean of the medians':38}" + "".join(f"{share:>11.2f}        " for share in mean))
    return bool(mean[0] <= MOST_STEPS)


# --- against scikit-learn ---------------------------------------------------------------------

TREES, FACTOR, LEAST_TREES, SEARCHED = 162, 3, 6, 54


def compare_sklearn() -> bool:
    """Print both sides; whether ours takes at most as long for at least as good a score."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.model_selection import ParameterSampler, StratifiedKFold, cross_val_score

    rows, target = load_breast_cancer(return_X_y=True)
    rng = np.random.RandomState(5)
    grid = {
        "learning_rate": np.logspace(-2, 0, 30).round(5).tolist(),
        "max_depth": list(range(1, 7)),
    }
    candidates = list(ParameterSampler(grid, SEARCHED, random_state=rng))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    met = True
    for title, search in (("HalvingRandomSearchCV", _sklearns), ("successive halving", _ours)):
        start, used = time.perf_counter(), time.process_time()
        params = search(rows, target, candidates)
        seconds, processor = time.perf_counter() - start, time.process_time() - used
        whole = GradientBoostingClassifier(n_estimators=TREES, random_state=0, **params)
        score = cross_val_score(whole, rows, target, cv=folds, scoring="neg_log_loss").mean()
        print(
            f"{title:24} {processor:7.1f} s of the processor ({seconds:.1f} s), "
            f"neg_log_loss {score:.4f} with {params}",
            flush=True,
        )
        if title == "HalvingRandomSearchCV":
            theirs = processor, score
        else:
            met = processor <= theirs[0] and score >= theirs[1] - 0.005
    return met


def _sklearns(rows: Any, target: Any, candidates: list[dict[str, Any]]) -> dict[str, Any]:
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingRandomSearchCV, StratifiedKFold

    # NOTE: as many as there are, drawn without replacement: all of them
    found = HalvingRandomSearchCV(
        GradientBoostingClassifier(random_state=0),
        [{name: [value] for name, value in one.items()} for one in candidates],
        n_candidates=len(candidates),
        resource="n_estimators",
        factor=FACTOR,
        min_resources=LEAST_TREES,
        max_resources=TREES,
        cv=StratifiedKFold(5, shuffle=True, random_state=0),
        scoring="neg_log_loss",
        refit=False,
        random_state=0,
        n_jobs=1,
    ).fit(rows, target)
    return {name: found.best_params_[name] for name in candidates[0]}


def _ours(rows: Any, target: Any, candidates: list[dict[str, Any]]) -> dict[str, Any]:
    from hpo_gui.assembly.opened import open_study
    from hpo_gui.assembly.running import create_study
    from hpo_gui.core.parameter import Float, Int
    from hpo_gui.core.spec import (
        Choice,
        ComputeSpec,
        DataSpec,
        ModelSpec,
        StudySpec,
        TrainingSpec,
    )

    space = (Float("learning_rate", 0.01, 1.0, log=True), Int("max_depth", 1, 6))
    spec = StudySpec(
        data=DataSpec("sample:breast_cancer"),
        models=(ModelSpec("gradient_boosting", {}, space),),
        validation=Choice("stratified_k_fold", {"folds": 5, "shuffle": True}),
        goals=(Goal("neg_log_loss"),),
        strategy=Choice("manual", {"configurations": candidates}),
        pruner=Choice("successive_halving", {"eta": FACTOR, "least": 1, "mode": "synchronous"}),
        training=TrainingSpec(steps=TREES // LEAST_TREES, stretch=LEAST_TREES),
        compute=ComputeSpec(executor="inline"),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "halving.hpostudy"
        for _ in create_study(spec, Path(folder), path).run():
            pass
        trials = open_study(path).trials
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    best = max(complete, key=lambda trial: trial.scores["neg_log_loss"])
    return {name: best.params[name] for name in candidates[0]}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, required=True, help="folder for the curves")
    parser.add_argument("--orders", type=int, default=20)
    parser.add_argument("--problems", choices=("judged", "choosing"), default="judged")
    parser.add_argument("--part", choices=("curves", "sklearn", "all"), default="all")
    options = parser.parse_args(arguments)
    options.keep.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    problems = JUDGED if options.problems == "judged" else CHOOSING
    met = options.part == "sklearn" or compare_curves(problems, options.keep, options.orders)
    met &= options.part == "curves" or compare_sklearn()
    print("met" if met else "NOT MET")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
