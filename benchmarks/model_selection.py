"""Choosing among all suitable models in a time budget, against FLAML and Optuna's TPE.

Ten tables, each split once: a quarter of the rows is locked away and judges the one model that a
tuner gives in the end, by the log loss or, for numbers, by the RMSE in standard deviations of the
target. Each tuner has the same seconds and two cores, one run after the other:

- ours: `[[models]] name = "suitable"`, everything else as the program has it;
- tpe: Optuna's TPE over the same models and spaces, in the same program (same folds, same
  preprocessing, two workers), without starting points and without stopping trials;
- ours+ensemble: the same study as ours, but what comes out are its best models as one that votes;
- flaml: `flaml.AutoML` with its own models and validation, two threads (`--flaml-threads 1` where
  other work keeps the cores busy: its LightGBM then hardly gets on with two).

FLAML and Optuna must be installed beside the program, in an environment of their own:

    python3 -m venv FOLDER
    FOLDER/bin/pip install -e ".[boosting,optuna]" "flaml[automl]"
    FOLDER/bin/python benchmarks/model_selection.py --keep KEPT [--seconds 300] [--seeds 1]

What is not installed is left out. Each run is one line in KEPT; what is there is not run again.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from _selection_tables import TABLES, TARGET, SelectionTable, split

CORES = 2
PEERS = {"tpe": "optuna", "flaml": "flaml"}
ENSEMBLE = "ours+ensemble"  # read from the runs of "ours"
GRACE = 600  # seconds beside the budget after which a run counts as failed
METRICS = {"classification": "neg_log_loss", "regression": "neg_root_mean_squared_error"}
Predictor = Callable[[pd.DataFrame], tuple[Any, tuple[Any, ...]]]
"""From rows to numbers, or to shares (n, c) and the classes."""
Tuned = tuple[dict[str, Predictor], dict[str, Any]]
"""What comes out, by the key of its loss, and what is told about the run."""


def tune(
    table: SelectionTable, rows: pd.DataFrame, seconds: float, seed: int, folder: Path, peer: str
) -> Tuned:
    """A study of this program; with ``tpe`` its strategy is Optuna's and it begins from nothing.

    Another strategy of the program goes by ``ours:NAME``.
    """
    from hpo_gui.assembly.opened import open_study
    from hpo_gui.assembly.results import export_results
    from hpo_gui.assembly.running import create_study
    from hpo_gui.core.spec_text import spec_from_dict

    rows.to_csv(folder / "rows.csv", index=False)
    written: dict[str, Any] = {
        "name": table.name,
        "seed": seed,
        "data": {"source": "rows.csv", "target": TARGET, "task": table.task},
        "models": [{"name": "suitable"}],
        "goals": [{"metric": METRICS[table.task]}],
        "budget": {"seconds": seconds},
        "compute": {"workers": CORES},
    }
    wanted = {"model_pickle": folder / "model.pkl"}
    if peer == "ours":
        written["ensemble"] = {}
        wanted["ensemble_pickle"] = folder / "ensemble.pkl"
    elif peer == "tpe":
        written["strategy"] = {"name": "optuna"}
        written["pruner"] = {"name": "none"}
        written["start"] = {"defaults": False, "tested": False}
    elif ":" in peer:
        written["strategy"] = {"name": peer.partition(":")[2]}
    path = folder / "study.hpostudy"
    runner = create_study(spec_from_dict(written), folder, path)
    for _ in runner.run():
        pass
    history = runner.study.history
    opened = open_study(path)
    export_results(opened.spec, opened.base, history, wanted, study=path)
    found = {}
    for key, file_path in zip(("loss", "ensemble_loss"), wanted.values(), strict=False):
        with file_path.open("rb") as file:
            found[key] = _predictor(pickle.load(file), table)
    assert history.best is not None
    counts: dict[str, int] = {}
    for trial in history.trials:
        counts[str(trial.params["model"])] = counts.get(str(trial.params["model"]), 0) + 1
    told = {
        "model": history.best.params["model"],
        "validated": history.best.scores[history.goal.metric],
        "trials": len(history),
        "counts": counts,
    }
    return found, told


def tune_flaml(
    table: SelectionTable, rows: pd.DataFrame, seconds: float, seed: int, threads: int
) -> Tuned:
    """FLAML as it comes."""
    from flaml import AutoML

    model = AutoML()
    model.fit(
        rows.drop(columns=TARGET),
        rows[TARGET],
        task=table.task,
        time_budget=seconds,
        metric="log_loss" if table.task == "classification" else "rmse",
        n_jobs=threads,
        seed=seed,
        verbose=0,
    )
    trials = sum(len(found) for found in model.config_history.values())
    told = {"model": model.best_estimator, "trials": trials}
    return {"loss": _predictor(model, table)}, told


def _predictor(model: Any, table: SelectionTable) -> Predictor:
    if table.task == "regression":
        return lambda rows: (model.predict(rows), ())
    return lambda rows: (model.predict_proba(rows), tuple(model.classes_))


def judge(table: SelectionTable, predict: Predictor, locked: pd.DataFrame) -> float:
    """The loss on the locked rows."""
    from sklearn.metrics import log_loss

    told, classes = predict(locked.drop(columns=TARGET))
    truth = locked[TARGET].to_numpy()
    if table.task == "regression":
        error = np.sqrt(np.mean((np.asarray(told, dtype=float).ravel() - truth) ** 2))
        return float(error / np.std(truth))
    order = np.argsort(np.array([str(name) for name in classes]), kind="stable")
    shares = np.clip(np.asarray(told, dtype=float)[:, order], 1e-6, 1.0)
    shares /= shares.sum(axis=1, keepdims=True)
    return float(log_loss([str(name) for name in truth], shares, labels=sorted(map(str, classes))))


def run_one(
    table: SelectionTable, tuner: str, seconds: float, seed: int, threads: int
) -> dict[str, Any]:
    """Tune, and judge what comes out."""
    warnings.simplefilter("ignore")
    rows, locked = split(table)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        if tuner == "flaml":
            found, told = tune_flaml(table, rows, seconds, seed, threads)
        else:
            found, told = tune(table, rows, seconds, seed, Path(folder), tuner)
        took = time.perf_counter() - began
        losses = {key: judge(table, predict, locked) for key, predict in found.items()}
        return {**losses, "took": took, **told}


def run_apart(
    name: str, tuner: str, seconds: float, seed: int, flaml_threads: int
) -> dict[str, Any]:
    """One run in a process of its own; what goes wrong is a result."""
    key = {"table": name, "tuner": tuner, "seconds": seconds, "seed": seed}
    threads = str(flaml_threads if tuner == "flaml" else 1)
    command = [sys.executable, __file__, "--one", name, tuner, str(seconds), str(seed), threads]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds + GRACE,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": threads},
        )
    except subprocess.TimeoutExpired:
        return {**key, "error": f"no answer {GRACE} s after the budget"}
    if done.returncode:
        return {**key, "error": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    return {**key, **json.loads(done.stdout.strip().splitlines()[-1])}


def _named(key: dict[str, Any]) -> dict[str, Any]:
    return {"name" if name == "table" else name: value for name, value in key.items()}


def report(runs: list[dict[str, Any]], tuners: list[str]) -> None:
    """Losses by table, means over the seeds, and mean ranks over the tables."""
    names = list(dict.fromkeys(run["table"] for run in runs))
    width = max(map(len, names)) + 2
    print("\n" + "table".ljust(width) + "".join(tuner.rjust(24) for tuner in tuners))
    losses = np.full((len(names), len(tuners)), np.nan)
    for row, name in enumerate(names):
        line = name.ljust(width)
        for column, tuner in enumerate(tuners):
            run, key = ("ours", "ensemble_loss") if tuner == ENSEMBLE else (tuner, "loss")
            found = [r for r in runs if r["table"] == name and r["tuner"] == run]
            scored = [r for r in found if key in r]
            if not scored:
                line += "failed".rjust(24)
                continue
            losses[row, column] = np.mean([r[key] for r in scored])
            model = "" if tuner == ENSEMBLE else scored[0]["model"]
            line += f"{losses[row, column]:.4f} {model}"[:23].rjust(24)
        print(line)
    ranks = np.array([rankdata(np.nan_to_num(line, nan=np.inf)) for line in losses])
    print("mean rank".ljust(width) + "".join(f"{rank:24.2f}" for rank in ranks.mean(axis=0)))
    print("best on".ljust(width) + "".join(f"{n:24d}" for n in (ranks == 1).sum(axis=0)))


def main() -> int:
    """Run what is not kept and print; 1 when a run failed."""
    if sys.argv[1:2] == ["--one"]:
        name, tuner, seconds, seed, threads = sys.argv[2:7]
        print(json.dumps(run_one(TABLES[name], tuner, float(seconds), int(seed), int(threads))))
        return 0
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=300.0, help="for each run (300)")
    parser.add_argument("--flaml-threads", type=int, default=CORES)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--tables", nargs="*", choices=list(TABLES), default=list(TABLES))
    parser.add_argument("--tuners", nargs="*", default=["ours", "tpe", "flaml"])
    parser.add_argument("--keep", type=Path, default=Path("results/model_selection"))
    options = parser.parse_args()
    tuners = [t for t in options.tuners if importlib.util.find_spec(PEERS.get(t, "hpo_gui"))]
    for tuner in set(options.tuners) - set(tuners):
        print(f"LEFT OUT: {tuner} needs the package {PEERS[tuner]}.")
    options.keep.mkdir(parents=True, exist_ok=True)
    path = options.keep / "runs.jsonl"
    kept = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    wanted = [
        {"table": name, "tuner": tuner, "seconds": options.seconds, "seed": seed}
        for seed in range(options.seeds)
        for name in options.tables
        for tuner in tuners
    ]
    runs = []
    for key in wanted:
        run = next((r for r in kept if key.items() <= r.items() and "error" not in r), None)
        if run is None:
            run = run_apart(**_named(key), flaml_threads=options.flaml_threads)
            with path.open("a") as file:
                file.write(json.dumps(run) + "\n")
            print(json.dumps(run), flush=True)
        runs.append(run)
    report(runs, tuners)
    if "ours" in tuners:
        report(runs, [ENSEMBLE if tuner == "ours" else tuner for tuner in tuners])
    return 1 if any("error" in run for run in runs) else 0


if __name__ == "__main__":
    # `python benchmarks/model_selection.py` finds the program without an installation
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.exit(main())
