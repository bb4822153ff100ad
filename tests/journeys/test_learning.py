"""A person whose models learn step by step: run, killed in the middle, resumed, exported."""

from __future__ import annotations

import csv
import json
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

from hpo_gui.evaluation.samples import find_sample, sample_path

TABLE = """
seed = 7

[data]
source = "penguins.csv"
target = "species"
ignore = ["year"]
test_share = 0.2

[[models]]
name = "mlp"

[models.space]
learning_rate_init = { type = "float", low = 0.001, high = 0.1, log = true }
schedule_warmup = { type = "float", low = 0.0, high = 0.3 }

[models.fixed]
hidden_layer_sizes = [8]
batch_size = 32

[validation]
kind = "stratified_k_fold"
folds = 3

[[goals]]
metric = "accuracy"

[strategy]
name = "random"

[training]
steps = 12
stretch = 2
patience = 4

[schedule]
name = "cosine"

[budget]
trials = 5

[compute]
workers = 1
"""

SLOW = """
import pathlib
import time

LOG = pathlib.Path(__file__).with_name("steps.txt")


def start(params, seed):
    return {"x": 1.0 + seed % 7}


def step(state, params, index):
    with LOG.open("a") as log:
        log.write(f"{params['lr']:.6f} {index}\\n")
    time.sleep(params["wait"])
    x = state["x"] * (1 - params["lr"])
    return {"loss": x * x}, {"x": x}
"""

FUNCTION = """
seed = 1

[objective]
function = "train.py:step"
start = "start"

[objective.space]
lr = {{ type = "float", low = 0.01, high = 0.5 }}
wait = {{ type = "ordinal", values = [{wait}, {more}] }}

[[goals]]
metric = "loss"

[strategy]
name = "random"

[training]
steps = 30

[schedule]
name = "exponential"

[budget]
trials = 2

[compute]
workers = 1
"""


def environment(home: Path) -> dict[str, str]:
    here = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": here, "HPO_STUDIO_HOME": str(home)}


def hpo(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hpo_gui", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=200,
        env=environment(cwd / "home"),
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout


def start(*arguments: str, cwd: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "hpo_gui", *arguments],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        env=environment(cwd / "home"),
    )


def rows_of(path: Path) -> list[dict[str, str]]:
    """Every trial, without what no two runs have in common."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for name in ("fit_time", "predict_time", "started", "finished"):
            row.pop(name, None)
    return rows


def test_networks_learn_by_steps_from_the_table_to_a_model_that_predicts(tmp_path: Path) -> None:
    (tmp_path / "penguins.csv").write_bytes(sample_path(find_sample("penguins")).read_bytes())
    (tmp_path / "study.toml").write_text(TABLE)
    said = hpo("run", "study.toml", "--out", "results", cwd=tmp_path)
    assert "locked test rows: accuracy" in said
    rows = rows_of(tmp_path / "results" / "trials.csv")
    assert {row["state"] for row in rows} == {"complete"}
    assert all(0 < float(row["mean_learning_rate"]) <= 0.1 for row in rows)
    assert all(float(row["mean_train_accuracy"]) > 0.3 for row in rows)
    best = json.loads((tmp_path / "results" / "best.json").read_text())
    assert best["test_scores"]["accuracy"] > 0.8
    table = pd.read_csv(tmp_path / "penguins.csv")
    model = pickle.loads((tmp_path / "results" / "model.pkl").read_bytes())
    assert (model.predict(table) == table["species"]).mean() > 0.9
    assert not any((tmp_path / "home").rglob("*.checkpoint")), "nobody goes on from them"

    process = start("run", "study.toml", "--out", "part", cwd=tmp_path)
    wait_for(lambda: (tmp_path / "part" / "study.hpostudy").exists())
    time.sleep(1.0)  # somewhere in the middle, or at the very end
    process.kill()
    process.wait()
    hpo("resume", "part/study.hpostudy", cwd=tmp_path)
    assert rows_of(tmp_path / "part" / "trials.csv") == rows


def test_a_training_that_is_killed_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SLOW)
    for name, wait in (("slow", 0.2), ("fast", 0.0)):
        text = FUNCTION.format(wait=wait, more=wait + 0.001)
        (tmp_path / f"{name}.toml").write_text(text)
    process = start("run", "slow.toml", "--out", "slow", cwd=tmp_path)
    wait_for(lambda: any((tmp_path / "home").rglob("*.checkpoint")))
    process.kill()
    process.wait()
    before = (tmp_path / "steps.txt").read_text().splitlines()
    assert len(before) < 30
    hpo("resume", "slow/study.hpostudy", cwd=tmp_path)
    after = (tmp_path / "steps.txt").read_text().splitlines()[len(before) :]
    assert int(after[0].split()[1]) > 0, "it does not begin anew"
    assert len(after) < 60
    hpo("run", "fast.toml", "--out", "fast", cwd=tmp_path)
    keep = ("number", "state", "mean_loss", "split0_learning_rate", "param_lr")
    slow = [{k: row[k] for k in keep} for row in rows_of(tmp_path / "slow" / "trials.csv")]
    fast = [{k: row[k] for k in keep} for row in rows_of(tmp_path / "fast" / "trials.csv")]
    assert slow == fast


def wait_for(happened: object, seconds: float = 60.0) -> None:
    assert callable(happened)
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)
