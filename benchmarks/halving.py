"""Successive halving and Hyperband against full random search, and against scikit-learn's.

1. Learning curves of 100 random configurations each are recorded to the end, for neural networks
   (epochs) and gradient boosting (trees), and kept in a folder. Then the pruners are asked over
   them in several random orders: which score do they reach, for which share of the steps?
   A score counts as reached within 1 % of the way from the best to the median of all.
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

from _recorded_curves import Curves, record
from _small_tables import CLASSIFICATION, REGRESSION, UNSEEN
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import HistoryBuilder
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Learned, Origin, Trial, TrialState, add_step
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.pruners.pruner import Pruner

CANDIDATES, STEPS = 100, 27
PROBLEMS = (
    ("mlp", "digits", 2),
    ("mlp", "breast_cancer", 2),
    ("mlp", "friedman_1", 5),
    ("gradient_boosting", "breast_cancer", 5),
    ("gradient_boosting", "diabetes", 5),
    ("gradient_boosting", "friedman_2", 5),
)
TABLES = {
    **{table.recipe: table for table in (*CLASSIFICATION, *REGRESSION)},
    **{table.recipe.removesuffix("_as_published"): table for table in UNSEEN},
}
SHOWN: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("halving, eta 4", "successive_halving", {}),
    ("halving, eta 3", "successive_halving", {"eta": 3}),
    ("hyperband", "hyperband", {}),
    ("median", "median", {}),
)
GOAL = Goal("loss", "minimize")
NEAR = 0.01
MOST_STEPS = 0.25


# --- over recorded curves ---------------------------------------------------------------------


def replay(losses: np.ndarray[Any, Any], pruner: Pruner) -> tuple[float, float]:
    """Run trials one after the other; the best complete loss, and the share of the steps."""
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
    best = builder.snapshot().best
    loss = math.inf if best is None else best.scores[GOAL.metric]
    return loss, used / (count * steps)


def over_curves(curves: Curves, orders: int) -> dict[str, tuple[float, float]]:
    """For each pruner: in which share of the orders the score is reached, and of the steps."""
    finals = curves.losses[:, -1]
    best, usual = float(np.nanmin(finals)), float(np.nanmedian(finals))
    found: dict[str, tuple[float, float]] = {}
    for title, name, options in SHOWN:
        results = []
        for seed in range(orders):
            rng = np.random.default_rng([seed, *curves.name.encode()])
            shuffled = curves.losses[rng.permutation(len(finals))]
            results.append(replay(shuffled, PRUNERS.make(name, options)))
        reached = [loss <= best + NEAR * (usual - best) for loss, _ in results]
        found[title] = float(np.mean(reached)), float(np.mean([share for _, share in results]))
    return found


def compare_curves(folder: Path, orders: int) -> bool:
    """Print a line a problem; whether successive halving meets the target."""
    print(f"{'reached / share of the steps':34}" + "".join(f"{t:>18}" for t, *_ in SHOWN))
    rows = []
    for model, table, stretch in PROBLEMS:
        curves = record(model, TABLES[table], stretch, CANDIDATES, STEPS, folder)
        found = over_curves(curves, orders)
        rows.append(list(found.values()))
        words = "".join(f"{reached:>10.2f} / {share:.3f}" for reached, share in rows[-1])
        print(f"{curves.name:34}{words}", flush=True)
    means = np.mean(rows, axis=0)
    print(f"{'mean':34}" + "".join(f"{r:>10.2f} / {s:.3f}" for r, s in means))
    return any(reached >= 0.9 and share <= MOST_STEPS for reached, share in means[:3])


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
    from hpo_gui.assembly.running import create_study, open_study
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
        pruner=Choice("successive_halving", {"eta": FACTOR, "mode": "synchronous"}),
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
    parser.add_argument("--part", choices=("curves", "sklearn", "all"), default="all")
    options = parser.parse_args(arguments)
    options.keep.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    met = options.part == "sklearn" or compare_curves(options.keep, options.orders)
    met &= options.part == "curves" or compare_sklearn()
    print("met" if met else "NOT MET")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
