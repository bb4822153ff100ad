"""What it costs to keep the predictions that an ensemble is chosen from, and to choose it.

``python benchmarks/held_out.py`` evaluates each model's defaults with and without keeping, in
turns, by accuracy (where the probabilities are asked for only to be kept) and by log loss (where
they are there anyway), and prints the share of the time that keeping adds. Target: at most 10 %
of a study that gives each model as many trials. Then it chooses an ensemble of 50 votes from 50
candidates on as many rows.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from hpo_gui.core.spec import Choice, ModelSpec
from hpo_gui.evaluation.cross_validation import CrossValidation
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.ensemble_judge import FoldJudge
from hpo_gui.evaluation.ensemble_selection import select
from hpo_gui.evaluation.held_out import HeldOut
from hpo_gui.execution.processes import limit_threads

MODELS = (
    "decision_tree",
    "random_forest",
    "hist_gradient_boosting",
    "logistic_regression",
    "knn",
    "naive_bayes",
    "mlp",
)
METRICS = ("accuracy", "neg_log_loss")
FOLDS, CLASSES, COLUMNS = 5, 3, 10
MOST_SHARE = 0.10
CANDIDATES, SIZE = 50, 50


def make_dataset(rows: int) -> Dataset:
    """Three classes that overlap."""
    rng = np.random.default_rng(0)
    target = rng.integers(0, CLASSES, rows)
    values = rng.normal(size=(rows, COLUMNS)) + target[:, None] * rng.normal(size=COLUMNS) / 2
    frame = pd.DataFrame(values, columns=[f"x{place}" for place in range(COLUMNS)])
    classes, empty = ("a", "b", "c"), np.empty(0, dtype=np.intp)
    names = tuple(frame.columns)
    return Dataset(
        frame, names, (), target, "classification", np.arange(rows), empty, classes=classes
    )


def measure(model: str, metric: str, dataset: Dataset, folder: Path, least: float) -> list[float]:
    """Processor seconds of a trial without and with keeping: the least of several, in turns."""
    splits = Choice("stratified_k_fold", {"folds": FOLDS})
    objectives = [
        CrossValidation(dataset, (ModelSpec(model),), splits, metrics=(metric,), held_out=store)
        for store in (None, HeldOut(folder / metric / model))
    ]
    seconds = [float("inf")] * 2
    began, turns = time.perf_counter(), 0
    while turns < 3 or time.perf_counter() - began < least:
        for place, objective in enumerate(objectives):
            start = time.process_time()
            for fold in range(objective.steps):
                objective.step(turns, {}, fold)
            if turns:  # the first turn prepares the rows
                seconds[place] = min(seconds[place], time.process_time() - start)
        turns += 1
    return seconds


def measure_selection(rows: int, metric: str) -> float:
    """Seconds to choose an ensemble."""
    rng = np.random.default_rng(1)
    target = rng.integers(0, CLASSES, rows)
    judges, library = [], []
    for part in np.array_split(target, FOLDS):
        logits = rng.normal(size=(CANDIDATES, len(part), CLASSES))
        logits[:, np.arange(len(part)), part] += 1
        raised = np.exp(logits)
        library.append((raised / raised.sum(axis=2, keepdims=True)).astype(np.float32))
        judges.append(FoldJudge(metric, part, None, np.arange(CLASSES), CLASSES))
    start = time.perf_counter()
    select(library, judges, SIZE)
    return time.perf_counter() - start


def main() -> int:
    """Print the costs; 1 when keeping takes more than it may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, nargs="+", default=[500, 5000])
    parser.add_argument("--seconds", type=float, default=1.0, help="at least, for each model")
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS)
    options = parser.parse_args()
    limit_threads()
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        for rows in options.rows:
            dataset = make_dataset(rows)
            for metric in METRICS:
                totals = np.zeros(2)
                for model in options.models:
                    path = Path(folder) / str(rows)
                    without, kept = measure(model, metric, dataset, path, options.seconds)
                    totals += without, kept
                    print(
                        f"{rows:>6} rows  {metric:<13} {model:<24} {without * 1000:8.1f} ms  "
                        f"{kept / without - 1:+7.1%}",
                        flush=True,
                    )
                share = totals[1] / totals[0] - 1
                missed |= bool(share > MOST_SHARE)
                print(f"{rows:>6} rows  {metric:<13} all together {share:+.1%}")
            for metric in (*METRICS, "roc_auc_ovr"):
                took = measure_selection(rows, metric)
                print(f"{rows:>6} rows  {metric:<13} choosing takes {took:.2f} s", flush=True)
    print(f"target: at most {MOST_SHARE:.0%} in all: {'missed' if missed else 'met'}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
