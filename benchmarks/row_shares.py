"""Growing shares of the rows against all rows at once, and against scikit-learn's halving.

The same random configurations of a support-vector machine, in one process, on digits (1,797 rows)
and on a made-up table of 2,500 rows: by a study that learns from all rows at once, by studies with
`[rows]` and successive halving, and by ``HalvingRandomSearchCV(resource="n_samples")``. Told are
processor time, and what the winner scores in the plain cross-validation on all rows.

Usage: python benchmarks/row_shares.py [--table digits|made] [--count 54]
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpo_gui.assembly.opened import open_study
from hpo_gui.assembly.running import create_study
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float
from hpo_gui.core.spec import Choice, ComputeSpec, DataSpec, ModelSpec, RowsSpec, StudySpec
from hpo_gui.core.trial import TrialState

FACTOR, FOLDS = 3, 5
THIRDS = RowsSpec(steps=3, least=1 / FACTOR**2)
SPACE = (Float("C", 0.01, 1000.0, log=True), Float("gamma", 1e-4, 10.0, log=True))
AS_GOOD = 0.002  # of accuracy: less than what one fold more or less makes of it

Params = dict[str, float]
Search = Callable[[pd.DataFrame, list[Params]], Params]


def table_of(name: str) -> pd.DataFrame:
    """The features, and the class in the last column."""
    from sklearn.datasets import load_digits, make_classification

    if name == "digits":
        rows, target = load_digits(return_X_y=True)
    else:
        rows, target = make_classification(
            2500, 20, n_informative=10, n_classes=4, flip_y=0.05, random_state=0
        )
    frame = pd.DataFrame(rows.round(6), columns=[f"x{i}" for i in range(rows.shape[1])])
    return frame.assign(kind=[f"k{label}" for label in target])


def configurations(count: int) -> list[Params]:
    """Random ones, spread evenly over the logarithms."""
    places = np.random.default_rng(7).random((count, 2))
    return [{"C": 10 ** (5 * c - 2), "gamma": 10 ** (5 * g - 4)} for c, g in places.tolist()]


def pipeline(params: Params) -> Any:
    """What a study fits: scaled columns and the machine."""
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return Pipeline([("scale", StandardScaler()), ("svm", SVC(**params))])


def folds() -> Any:
    from sklearn.model_selection import StratifiedKFold

    return StratifiedKFold(FOLDS, shuffle=True, random_state=0)


def sklearns(frame: pd.DataFrame, candidates: list[Params]) -> Params:
    """The winner of scikit-learn's halving."""
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingRandomSearchCV

    # NOTE: as many as there are, drawn without replacement: all of them
    found = HalvingRandomSearchCV(
        pipeline({}),
        [{f"svm__{name}": [value] for name, value in one.items()} for one in candidates],
        n_candidates=len(candidates),
        resource="n_samples",
        factor=FACTOR,
        min_resources=len(frame) // FACTOR**2,
        cv=folds(),
        scoring="accuracy",
        refit=False,
        return_train_score=False,
        random_state=0,
        n_jobs=1,
    ).fit(frame.drop(columns="kind").to_numpy(), frame["kind"].to_numpy())
    return {name: found.best_params_[f"svm__{name}"] for name in candidates[0]}


def ours(
    frame: pd.DataFrame,
    candidates: list[Params],
    rows: RowsSpec | None,
    pruner: Choice,
) -> Params:
    """The winner of a study."""
    spec = StudySpec(
        data=DataSpec("table.csv", target="kind"),
        models=(ModelSpec("svm", {"kernel": "rbf"}, SPACE),),
        validation=Choice("stratified_k_fold", {"folds": FOLDS, "shuffle": True}),
        goals=(Goal("accuracy"),),
        strategy=Choice("manual", {"configurations": candidates}),
        pruner=pruner,
        rows=rows,
        compute=ComputeSpec(executor="inline"),
    )
    with tempfile.TemporaryDirectory() as folder:
        frame.to_csv(Path(folder) / "table.csv", index=False)
        path = Path(folder) / "rows.hpostudy"
        for _ in create_study(spec, Path(folder), path).run():
            pass
        trials = open_study(path).trials
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    best = max(complete, key=lambda trial: trial.scores["accuracy"])
    return {name: best.params[name] for name in candidates[0]}


HALVING = {"eta": FACTOR, "mode": "synchronous"}
SEARCHES: dict[str, Search] = {
    "all rows at once": partial(ours, rows=None, pruner=Choice("none")),
    "all rows, fold racing": partial(ours, rows=None, pruner=Choice("fold_racing")),
    "HalvingRandomSearchCV": sklearns,
    "[rows], as scikit-learn": partial(
        ours, rows=THIRDS, pruner=Choice("successive_halving", HALVING)
    ),
    "[rows], the defaults": partial(ours, rows=RowsSpec(), pruner=Choice("successive_halving")),
}


def compare(name: str, count: int) -> bool:
    """Print a line a search; whether ours is as quick and as good as scikit-learn's."""
    from sklearn.model_selection import cross_val_score

    frame, candidates = table_of(name), configurations(count)
    print(f"{name}: {len(frame)} rows, {count} configurations, {FOLDS} folds", flush=True)
    found: dict[str, tuple[float, float]] = {}
    for title, search in SEARCHES.items():
        used = time.process_time()
        params = search(frame, candidates)
        seconds = time.process_time() - used
        rows, target = frame.drop(columns="kind").to_numpy(), frame["kind"].to_numpy()
        score = cross_val_score(pipeline(params), rows, target, cv=folds(), n_jobs=1).mean()
        found[title] = seconds, score
        told = ", ".join(f"{key} {value:.4g}" for key, value in params.items())
        print(f"{title:26} {seconds:7.1f} s  accuracy {score:.4f}  {told}", flush=True)
    mine, theirs = found["[rows], as scikit-learn"], found["HalvingRandomSearchCV"]
    return mine[0] <= theirs[0] and mine[1] >= theirs[1] - AS_GOOD


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", choices=("digits", "made", "all"), default="all")
    parser.add_argument("--count", type=int, default=FACTOR**3 * 2)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    tables = ("digits", "made") if options.table == "all" else (options.table,)
    results = [compare(name, options.count) for name in tables]  # both, whatever the first is
    met = all(results)
    print("met" if met else "NOT MET")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
