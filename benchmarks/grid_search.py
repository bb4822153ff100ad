"""The same grid on the same splits as scikit-learn's GridSearchCV with two jobs.

Scores must be equal to 1e-12, and the wall time at most the same: 60 logistic regressions and 20
random forests on the breast cancer table, 5 folds. Both sides start cold (processes included) or
warm (processes are there); the two take turns, and medians are compared. On a busy machine wall
times say little: the processor time of the warm workers is shown beside them.

Usage: python benchmarks/grid_search.py [repetitions]
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from hpo_gui.core.goal import Goal
from hpo_gui.core.objective import ObjectiveFactory
from hpo_gui.core.parameter import Categorical
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec, Choice, DataSpec, ModelSpec
from hpo_gui.core.trial import TrialState
from hpo_gui.evaluation.cross_validation import CrossValidationFactory, write_bundle
from hpo_gui.evaluation.dataset import Dataset, make_dataset
from hpo_gui.evaluation.model_estimator import make_estimator
from hpo_gui.evaluation.models import find_model
from hpo_gui.evaluation.splits import make_splits
from hpo_gui.evaluation.table import read_table
from hpo_gui.execution.executor import Limits, Task, TaskEnded
from hpo_gui.execution.process_pool import ProcessPool
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.strategies.catalogue import STRATEGIES
from hpo_gui.study.events import StateChanged
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

WORKERS = 2
SEED = 7
METRIC = "accuracy"
FOLDS = Choice("stratified_k_fold", {"folds": 5, "shuffle": True})
LIMIT = 1.0
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Case:
    """A model with a grid of values."""

    title: str
    model: str
    fixed: dict[str, Any]
    grid: dict[str, list[Any]]

    @property
    def combinations(self) -> list[dict[str, Any]]:
        values = itertools.product(*self.grid.values())
        return [dict(zip(self.grid, row, strict=True)) for row in values]


CASES = (
    Case(
        "60 logistic regressions",
        "logistic_regression",
        {"random_state": 0},
        {"C": [float(f"{c:.12g}") for c in np.logspace(-3, 3, 60)]},
    ),
    Case(
        "20 random forests",
        "random_forest",
        {"random_state": 0, "n_estimators": 100},
        {"max_features": [0.1, 0.3, 0.5, 0.7, 1.0], "min_samples_leaf": [1, 2, 4, 8]},
    ),
)


@dataclass(frozen=True)
class Measured:
    """Wall seconds, processor seconds of the workers, and the mean score of each combination."""

    seconds: float
    processor: float
    scores: list[float]


def processor_seconds() -> float:
    """Processor time of all child processes that live."""
    total = 0.0
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            times = child.cpu_times()
            total += times.user + times.system
    return total


def breast_cancer() -> Dataset:
    table = read_table("sample:breast_cancer", Path())
    return make_dataset(table, DataSpec("sample:breast_cancer"), SEED)


# --- scikit-learn -----------------------------------------------------------------------------


def search(case: Case, dataset: Dataset, *, cold: bool) -> Measured:
    """GridSearchCV."""
    from joblib.externals.loky import get_reusable_executor
    from sklearn.model_selection import GridSearchCV

    entry = find_model(case.model, dataset.task)
    estimator = make_estimator(
        entry, dataset.task, {**entry.fixed(dataset.task), **case.fixed}, SEED
    )
    found = GridSearchCV(
        as_people_write_it(estimator, scale=entry.needs_scaling),
        {f"model__{name}": values for name, values in case.grid.items()},
        scoring=METRIC,
        cv=make_splits(dataset, FOLDS, SEED),
        n_jobs=WORKERS,
        refit=False,
    )
    if cold:
        get_reusable_executor().shutdown(wait=True)
    rows = dataset.frame.to_numpy()
    used, start = processor_seconds(), time.perf_counter()
    found.fit(rows, dataset.target)
    seconds, used = time.perf_counter() - start, processor_seconds() - used
    scores = {
        key(_without_prefix(params)): score
        for params, score in zip(
            found.cv_results_["params"], found.cv_results_["mean_test_score"], strict=True
        )
    }
    return Measured(seconds, used, [scores[key(params)] for params in case.combinations])


def as_people_write_it(estimator: Any, *, scale: bool) -> Any:
    """The shortest pipeline that does the same to a table of numbers without gaps."""
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    return Pipeline([*([("scale", StandardScaler())] if scale else []), ("model", estimator)])


def _without_prefix(params: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("model__"): value for name, value in params.items()}


def key(params: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(params.items()))


# --- this program -----------------------------------------------------------------------------


def run(case: Case, dataset: Dataset, folder: Path, *, cold: bool) -> Measured:
    """A study with its file."""
    factory = CrossValidationFactory(
        write_bundle(dataset, folder),
        (ModelSpec(case.model, case.fixed),),
        FOLDS,
        metrics=(METRIC,),
        seed=SEED,
    )
    pool = None if cold else warm_pool(factory, case.combinations[0])
    before, used, start = processor_seconds(), 0.0, time.perf_counter()
    study, finish = make_study(case, folder)
    runner = Runner(
        study,
        pool or ProcessPool(factory, WORKERS, Limits()),
        FOLDS.options["folds"],
        budget=BudgetSpec(),
        pruner=PRUNERS.make("none"),
        clean_up=finish,
    )
    for event in runner.run():
        if isinstance(event, StateChanged) and event.state == "finished":
            used = processor_seconds() - before  # the workers are still there
    seconds = time.perf_counter() - start
    complete = [trial for trial in study.trials if trial.state is TrialState.COMPLETE]
    scores = {key(trial.params): trial.scores[METRIC] for trial in complete}
    return Measured(seconds, used, [scores[key(params)] for params in case.combinations])


def make_study(case: Case, folder: Path) -> tuple[Study, Callable[[], None]]:
    path = folder / "grid.hpostudy"
    path.unlink(missing_ok=True)
    file = StudyFile.create(path, "{}")
    space = Space([Categorical(name, tuple(values)) for name, values in case.grid.items()])
    study = Study(space, [Goal(METRIC)], STRATEGIES.make("grid"), seed=SEED, store=file)
    return study, file.close


def warm_pool(factory: ObjectiveFactory, params: dict[str, Any]) -> ProcessPool:
    """A pool whose workers have evaluated something."""
    pool = ProcessPool(factory, WORKERS, Limits())
    for number in range(2 * WORKERS):
        pool.submit(Task(number, params, SEED, 0, 1))
    ended = 0
    while ended < 2 * WORKERS:
        ended += sum(isinstance(event, TaskEnded) for event in pool.collect(1.0))
    return pool


# --- the comparison ---------------------------------------------------------------------------


def compare(case: Case, dataset: Dataset, repetitions: int, *, cold: bool) -> bool:
    """Print one line; whether both targets are met."""
    ours, theirs = [], []
    for _ in range(repetitions):
        with tempfile.TemporaryDirectory() as folder:
            ours.append(run(case, dataset, Path(folder), cold=cold))
        theirs.append(search(case, dataset, cold=cold))
    apart = max(
        float(np.abs(np.subtract(mine.scores, other.scores)).max())
        for mine, other in zip(ours, theirs, strict=True)
    )
    mine, other = (statistics.median(m.seconds for m in side) for side in (ours, theirs))
    met = mine / other <= LIMIT and apart <= TOLERANCE
    print(
        f"{case.title:24} {'cold' if cold else 'warm':5}"
        f" ours {mine:6.2f} s  GridSearchCV {other:6.2f} s  ratio {mine / other:.2f}"
        f"{'' if cold else processor_ratio(ours, theirs)}"
        f"  largest difference {apart:.1g}  {'met' if met else 'NOT MET'}",
        flush=True,
    )
    return met


def processor_ratio(ours: list[Measured], theirs: list[Measured]) -> str:
    mine, other = (statistics.median(m.processor for m in side) for side in (ours, theirs))
    return f" (processor {mine / other:.2f})"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repetitions", nargs="?", type=int, default=5)
    options = parser.parse_args(arguments)
    dataset = breast_cancer()
    warnings.simplefilter("ignore")
    results = [
        compare(case, dataset, options.repetitions, cold=cold)
        for case in CASES
        for cold in (False, True)
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
