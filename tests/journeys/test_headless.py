"""A person without a screen: from a table to a model that predicts, by the command line."""

from __future__ import annotations

import csv
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpo_gui.assembly.opened import open_study
from hpo_gui.cli.main import main
from hpo_gui.evaluation.samples import find_sample, sample_path

SPEC = """
version = 1
name = "penguins"
seed = 7

[data]
source = "penguins.csv"
target = "species"
ignore = ["year"]
test_share = 0.2

[[models]]
name = "decision_tree"

[models.space]
max_depth = {{ type = "int", low = 1, high = 8 }}
min_samples_leaf = {{ type = "int", low = 1, high = 20, log = true }}

[validation]
kind = "stratified_k_fold"
folds = 3

[[goals]]
metric = "accuracy"

[strategy]
name = "{strategy}"

[pruner]
name = "none"

[budget]
trials = {trials}

[compute]
workers = {workers}
"""


def hpo(*arguments: object, cwd: Path, code: int = 0) -> str:
    """Run the command line as a person would; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "hpo_gui", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout + done.stderr


def write_study(
    folder: Path, *, strategy: str = "random", trials: int = 6, workers: int = 2
) -> Path:
    (folder / "penguins.csv").write_bytes(sample_path(find_sample("penguins")).read_bytes())
    path = folder / "study.toml"
    path.write_text(SPEC.format(strategy=strategy, trials=trials, workers=workers))
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_from_a_csv_to_a_model_that_predicts(tmp_path: Path) -> None:
    write_study(tmp_path)
    said = hpo("run", "study.toml", "--out", "results", cwd=tmp_path)
    assert "Best trial" in said
    assert "locked test rows: accuracy" in said
    out = tmp_path / "results"
    rows = rows_of(out / "trials.csv")
    assert [int(row["number"]) for row in rows] == list(range(6))
    assert rows[0]["origin"] == "default"
    assert {row["origin"] for row in rows[1:]} == {"random"}
    assert {row["state"] for row in rows} == {"complete"}
    best = json.loads((out / "best.json").read_text())
    top = max(rows, key=lambda row: float(row["mean_accuracy"]))
    assert best["score"] == float(top["mean_accuracy"])
    assert best["test_scores"]["accuracy"] > 0.8
    table = pd.read_csv(tmp_path / "penguins.csv")
    model = pickle.loads((out / "model.pkl").read_bytes())
    predicted = model.predict(table)
    assert (predicted == table["species"]).mean() > 0.9


def test_a_study_ends_when_it_is_not_worth_continuing(tmp_path: Path) -> None:
    path = write_study(tmp_path, trials=80)
    path.write_text(path.read_text().replace("trials = 80", "trials = 80\ngain = 0.5"))
    said = hpo("run", "study.toml", "--out", "results", cwd=tmp_path)
    assert "The next 20 trials are expected to make accuracy better by" in said
    assert "less than 0.5." in said
    assert 20 <= len(rows_of(tmp_path / "results" / "trials.csv")) < 80


def test_a_study_begins_warm_and_each_part_can_be_switched_off(tmp_path: Path) -> None:
    path = write_study(tmp_path, trials=6)
    hpo("run", "study.toml", "--out", "old", cwd=tmp_path)
    text = path.read_text().replace("trials = 6", "trials = 32")
    start = """
    [start]
    configurations = [{ max_depth = 2, min_samples_leaf = 9 }]
    earlier = ["old/study.hpostudy", "gone.hpostudy"]
    """
    path.write_text(text + start)
    said = hpo("run", "study.toml", "--out", "new", cwd=tmp_path)
    assert "No first trials from gone.hpostudy" in said
    assert "old/study.hpostudy" not in said
    rows = rows_of(tmp_path / "new" / "trials.csv")
    origins = [row["origin"] for row in rows]
    order = ["default", "manual", "earlier", "tested", "random"]
    assert sorted(origins, key=order.index) == origins
    assert set(origins) == set(order)
    assert origins.count("earlier") <= 3
    assert len(rows) - origins.count("random") <= 32 // 4
    old = rows_of(tmp_path / "old" / "trials.csv")
    top = max(float(row["mean_accuracy"]) for row in old)
    assert max(float(row["mean_accuracy"]) for row in rows[:5]) >= top

    path.write_text(text + "[start]\ndefaults = false\ntested = false\n")
    hpo("run", "study.toml", "--out", "cold", cwd=tmp_path)
    cold = rows_of(tmp_path / "cold" / "trials.csv")
    assert {row["origin"] for row in cold} == {"random"}


def test_a_warm_study_goes_on_without_the_studies_that_it_began_from(tmp_path: Path) -> None:
    path = write_study(tmp_path, trials=4)
    hpo("run", "study.toml", "--out", "old", cwd=tmp_path)
    path.write_text(path.read_text() + '[start]\nearlier = ["old/study.hpostudy"]\n')
    hpo("run", "study.toml", "--out", "new", "--trials", 3, cwd=tmp_path)
    before = rows_of(tmp_path / "new" / "trials.csv")
    (tmp_path / "old" / "study.hpostudy").unlink()
    said = hpo("resume", "new/study.hpostudy", "--trials", 9, cwd=tmp_path)
    assert "No first trials" not in said
    after = rows_of(tmp_path / "new" / "trials.csv")
    assert len(after) == 9
    keep = ("origin", "param_max_depth", "mean_accuracy")
    assert [[row[k] for k in keep] for row in after[:3]] == [
        [row[k] for k in keep] for row in before
    ]


def test_the_example_runs_and_exports_everything(tmp_path: Path) -> None:
    hpo("run", "--example", "wine", "--trials", 4, "--out", "r", cwd=tmp_path)
    study = "r/study.hpostudy"
    wanted = [
        *("--trials", "t.csv", "--parquet", "t.parquet", "--params", "p.json"),
        *("--model", "m.joblib", "--plot", "c.svg", "--spec", "s.toml", "--trial", 1),
        *("--landscape", "l.csv"),
    ]
    hpo("export", study, *wanted, cwd=tmp_path)
    assert len(rows_of(tmp_path / "t.csv")) == 4
    assert len(pd.read_parquet(tmp_path / "t.parquet")) == 4
    assert json.loads((tmp_path / "p.json").read_text())["number"] == 1
    assert (tmp_path / "m.joblib").stat().st_size > 1000
    assert (tmp_path / "c.svg").read_bytes().startswith(b"<?xml")
    assert {row["trial"] for row in rows_of(tmp_path / "l.csv")} == {"1"}
    hpo("export", study, "--landscape", "l.png", cwd=tmp_path)
    assert (tmp_path / "l.png").read_bytes().startswith(b"\x89PNG")
    hpo("run", "s.toml", "--trials", 2, "--out", "again", cwd=tmp_path)
    first, again = rows_of(tmp_path / "t.csv"), rows_of(tmp_path / "again" / "trials.csv")
    assert [r["mean_accuracy"] for r in again] == [r["mean_accuracy"] for r in first[:2]]


def test_a_grid_gives_the_scores_of_scikit_learns_grid_search(tmp_path: Path) -> None:
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data = load_breast_cancer(as_frame=True)
    data.frame.to_csv(tmp_path / "cancer.csv", index=False)
    choices = [0.01, 0.1, 1.0, 10.0]
    (tmp_path / "study.toml").write_text(
        f"""
        seed = 3
        [data]
        source = "cancer.csv"
        target = "target"
        [[models]]
        name = "logistic_regression"
        fixed = {{ max_iter = 500 }}
        [models.space]
        C = {{ type = "ordinal", values = {choices} }}
        [validation]
        kind = "stratified_k_fold"
        folds = 5
        shuffle = true
        [[goals]]
        metric = "accuracy"
        [strategy]
        name = "grid"
        """
    )
    hpo("run", "study.toml", "--out", "r", cwd=tmp_path)
    rows = rows_of(tmp_path / "r" / "trials.csv")
    frame = pd.read_csv(tmp_path / "cancer.csv")
    peer = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        {"logisticregression__C": choices},
        cv=StratifiedKFold(5, shuffle=True, random_state=3),
        scoring="accuracy",
    ).fit(frame.drop(columns="target"), frame["target"])
    assert [float(row["param_C"]) for row in rows] == choices
    ours = [float(row["mean_accuracy"]) for row in rows]
    np.testing.assert_allclose(ours, peer.cv_results_["mean_test_score"], rtol=0, atol=1e-12)
    for fold in range(5):
        split = [float(row[f"split{fold}_accuracy"]) for row in rows]
        np.testing.assert_allclose(
            split, peer.cv_results_[f"split{fold}_test_score"], rtol=0, atol=1e-12
        )


def test_killed_and_resumed_is_the_same_as_uninterrupted(tmp_path: Path) -> None:
    write_study(tmp_path, trials=12, workers=1)
    hpo("run", "study.toml", "--out", "whole", cwd=tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-m", "hpo_gui", "run", "study.toml", "--out", "part"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("trial    3"):
            break
    process.kill()
    process.wait()
    process.stdout.close()
    acknowledged = [t for t in open_study(tmp_path / "part" / "study.hpostudy").trials if t.told]
    assert len(acknowledged) >= 4
    hpo("resume", "part/study.hpostudy", cwd=tmp_path)
    keep = ("number", "state", "origin", "mean_accuracy", "param_max_depth", "split2_accuracy")
    whole = [{k: r[k] for k in keep} for r in rows_of(tmp_path / "whole" / "trials.csv")]
    part = [{k: r[k] for k in keep} for r in rows_of(tmp_path / "part" / "trials.csv")]
    assert part == whole


def test_ctrl_c_finishes_what_runs_saves_and_says_how_to_go_on(tmp_path: Path) -> None:
    write_study(tmp_path, trials=5000)
    process = subprocess.Popen(
        [sys.executable, "-m", "hpo_gui", "run", "study.toml", "--out", "r"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("trial    5"):
            break
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    assert process.wait() == 3
    assert time.monotonic() - pressed < 30
    assert "hpo-gui resume" in rest
    states = {str(t.state) for t in open_study(tmp_path / "r" / "study.hpostudy").trials}
    assert "running" not in states
    process.stdout.close()


def test_a_function_of_ones_own_is_tuned_and_its_errors_are_data(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def objective(params):\n"
        "    if params['x'] > 2.5:\n"
        "        raise ValueError('x is too large')\n"
        "    return {'loss': (params['x'] - 1) ** 2, 'cost': 3.0}\n"
    )
    (tmp_path / "study.toml").write_text(
        """
        seed = 1
        [objective]
        function = "mine.py:objective"
        [objective.space]
        x = { type = "float", low = -3, high = 3 }
        [[goals]]
        metric = "loss"
        [strategy]
        name = "grid"
        points = 13
        """
    )
    said = hpo("run", "study.toml", "--out", "r", cwd=tmp_path)
    rows = rows_of(tmp_path / "r" / "trials.csv")
    assert [row["state"] for row in rows].count("failed") == 1
    assert "x is too large" in rows[-1]["error"]
    assert "x is too large" in said
    assert json.loads((tmp_path / "r" / "best.json").read_text())["params"] == {"x": 1.0}
    assert float(rows[0]["mean_cost"]) == 3.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("species", "specie"), "specie"),
        (('"accuracy"', '"acuracy"'), "Did you mean `accuracy`"),
        (("penguins.csv", "missing.csv"), "missing.csv"),
        (("low = 1, high = 8", "low = 9, high = 8"), "models[0].space.max_depth.low"),
        (("decision_tree", "decision_tre"), "Did you mean `decision_tree`"),
        (("max_depth = ", "max_dept = "), "max_dept"),
        (("stratified_k_fold", "stratified"), "validation"),
        (("folds = 3", "folds = 300"), "300"),
        (('"random"', '"rnadom"'), "Did you mean `random`"),
        (("trials = 6", "trials = 0"), "budget.trials"),
        (("version = 1", "version = 9"), "newer version"),
        (("[data]", "[data"), "TOML"),
    ],
)
def test_a_mistake_in_the_specification_is_named_and_nothing_is_written(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    path = write_study(tmp_path)
    path.write_text(path.read_text().replace(*change))
    said = hpo("run", "study.toml", "--out", "r", cwd=tmp_path, code=2)
    assert words in said
    assert not (tmp_path / "r" / "trials.csv").exists()


def test_a_study_is_not_overwritten(tmp_path: Path) -> None:
    write_study(tmp_path, trials=2)
    hpo("run", "study.toml", "--out", "r", cwd=tmp_path)
    before = (tmp_path / "r" / "study.hpostudy").read_bytes()
    assert "resume" in hpo("run", "study.toml", "--out", "r", cwd=tmp_path, code=2)
    assert (tmp_path / "r" / "study.hpostudy").read_bytes() == before


def test_changed_data_are_refused_when_a_study_goes_on(tmp_path: Path) -> None:
    write_study(tmp_path, trials=2)
    hpo("run", "study.toml", "--out", "r", cwd=tmp_path)
    with (tmp_path / "penguins.csv").open("a") as file:
        file.write("Adelie,Dream,40,18,190,4000,male,2009\n")
    said = hpo("resume", "r/study.hpostudy", "--trials", 4, cwd=tmp_path, code=2)
    assert "content has changed" in said


def test_more_trials_can_be_asked_for_when_a_study_goes_on(tmp_path: Path) -> None:
    write_study(tmp_path, trials=2)
    hpo("run", "study.toml", "--out", "r", cwd=tmp_path)
    hpo("resume", "r/study.hpostudy", "--trials", 4, cwd=tmp_path)
    assert len(rows_of(tmp_path / "r" / "trials.csv")) == 4


def test_exporting_to_an_unwritable_place_is_named(tmp_path: Path) -> None:
    write_study(tmp_path, trials=1)
    hpo("run", "study.toml", "--out", "r", cwd=tmp_path)
    (tmp_path / "file").write_text("")
    study = "r/study.hpostudy"
    said = hpo("export", study, "--trials", "file/t.csv", cwd=tmp_path, code=2)
    assert "file/t.csv cannot be written: file is not a folder" in said


@pytest.mark.parametrize(
    ("option", "ends"),
    [
        ("--front", ".png, .svg, .pdf, .csv"),
        ("--ensemble", ".skops, .pkl, .pickle, .joblib, .json"),
        ("--landscape", ".png, .svg, .pdf, .csv"),
    ],
)
def test_an_end_that_no_export_has_is_told_with_all_that_would_do(
    option: str, ends: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "s.hpostudy", option, "x.txt"]) == 2
    assert f"must end in one of {ends}, but got '.txt'" in capsys.readouterr().err


def test_files_that_are_no_studies_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.hpostudy").write_text("no database")
    for arguments in (["resume", "a.hpostudy"], ["export", "b.hpostudy", "--trials", "t.csv"]):
        assert "hpostudy" in hpo(*arguments, cwd=tmp_path, code=2)


def test_a_run_never_replaces_its_own_table(tmp_path: Path) -> None:
    """It says so before the first trial, not after hours."""
    spec = write_study(tmp_path, trials=2)
    (tmp_path / "penguins.csv").rename(tmp_path / "trials.csv")
    spec.write_text(spec.read_text().replace("penguins.csv", "trials.csv"))
    before = (tmp_path / "trials.csv").read_bytes()
    said = hpo("run", "study.toml", "--out", ".", cwd=tmp_path, code=2)
    assert "trials.csv" in said
    assert "would be lost" in said
    assert (tmp_path / "trials.csv").read_bytes() == before
    assert not (tmp_path / "study.hpostudy").exists()
