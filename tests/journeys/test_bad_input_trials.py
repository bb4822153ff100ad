"""Trials that misbehave in real processes: each fails alone, with its reason."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_studies import files_below, flowers

from hpo_gui.assembly.opened import open_study

HERE = Path(__file__).parents[2]


def hpo(*arguments: object, cwd: Path, code: int = 0) -> str:
    """Run the command line as a person would; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "hpo_gui", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(cwd)])},
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said
    return said


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def study_of(modes: list[str], section: str, limits: str) -> str:
    choices = json.dumps(modes)
    return f"""
        seed = 1
        {section}
        mode = {{ type = "ordinal", values = {choices} }}
        [strategy]
        name = "grid"
        [compute]
        workers = 2
        {limits}
    """


BEHAVIOUR = '''
def behave(mode):
    """What trials should not do."""
    if mode == "raises":
        raise ValueError("no such luck: “é” 😀")
    if mode == "raises something odd":
        class Odd(Exception):
            def __str__(self):
                raise RuntimeError("not even a text")
        raise Odd
    if mode == "prints":
        print("noise " * 3)
        print("more noise", file=sys.stderr)
        os.write(1, b"noise below Python")
    if mode == "floods":
        print("noise " * 1_000_000)
    if mode == "sleeps":
        time.sleep(1000)
    if mode == "spins":
        while True:
            pass
    if mode == "eats":
        kept = []
        while True:
            kept.append(bytes([7]) * 20_000_000)
    if mode == "leaves":
        os._exit(7)
    if mode == "quits":
        sys.exit("enough")
    if mode == "is killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "interrupts":
        raise KeyboardInterrupt
    if mode == "recurses":
        return behave(mode)
'''

REASONS = {
    "raises": "ValueError: no such luck: “é” 😀",
    "raises something odd": "Odd",
    "sleeps": "longer than its time limit of 2 s",
    "spins": "longer than its time limit of 2 s",
    "eats": "more than its memory limit of 300 MiB",
    "leaves": "ended with exit code 7",
    "quits": "SystemExit: enough",
    "is killed": "SIGKILL",
    "interrupts": "KeyboardInterrupt",
    "recurses": "RecursionError",
}
HARMLESS = ["fine", "prints", "floods", "last"]


def check_reasons(rows: list[dict[str, str]], reasons: dict[str, str]) -> None:
    """Each bad mode failed with its reason, each other one is complete."""
    by_mode = {row["param_mode"]: row for row in rows}
    for mode, row in by_mode.items():
        if mode in reasons:
            assert row["state"] == "failed", (mode, row)
            assert reasons[mode] in row["error"], (mode, row)
        else:
            assert row["state"] == "complete", (mode, row)
            assert row["error"] == ""


def test_a_function_that_misbehaves_fails_alone(tmp_path: Path) -> None:
    returned = {
        "returns NaN": ("float('nan')", "must return a finite number for `value`, but got nan"),
        "returns inf": ("float('inf')", "must return a finite number"),
        "returns nothing": ("None", "Add a `return` with the score"),
        "returns text": ("'good'", "must be a number, but got 'good'"),
        "returns another metric": ("{'loss': 1.0}", "the goal `value`"),
    }
    branches = "".join(
        f"    if mode == {mode!r}:\n        return {value}\n"
        for mode, (value, _) in returned.items()
    )
    (tmp_path / "mine.py").write_text(
        f"import os, signal, sys, time\n{BEHAVIOUR}\n"
        f"def objective(params):\n    mode = params['mode']\n{branches}"
        "    behave(mode)\n    return 1.0\n",
        encoding="utf-8",
    )
    reasons = {**REASONS, **{mode: words for mode, (_, words) in returned.items()}}
    modes = ["fine", *reasons, "prints", "floods", "last"]
    section = '[objective]\nfunction = "mine.py:objective"\n[objective.space]'
    limits = "trial_seconds = 2\ntrial_memory_mb = 300"
    (tmp_path / "study.toml").write_text(study_of(modes, section, limits), encoding="utf-8")
    said = hpo("run", "study.toml", "--out", "r", cwd=tmp_path)
    rows = rows_of(tmp_path / "r" / "trials.csv")
    assert [row["param_mode"] for row in rows] == modes
    check_reasons(rows, reasons)
    assert "noise" not in said
    assert "There is nothing left to try." in said
    assert said.count("failed: ") == len(reasons)
    assert "Best trial" in said
    traceback = next(
        trial.failure.traceback
        for trial in open_study(tmp_path / "r" / "study.hpostudy").trials
        if trial.params["mode"] == "raises" and trial.failure is not None
    )
    assert "mine.py" in traceback


ESTIMATOR = (
    """
import os, signal, sys, time
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
"""
    + BEHAVIOUR
    + """

class Moody(ClassifierMixin, BaseEstimator):
    def __init__(self, mode="fine"):
        self.mode = mode

    def fit(self, X, y):
        behave(self.mode)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        if self.mode == "returns NaN":
            return np.full(len(X), np.nan)
        if self.mode == "returns too few":
            return np.repeat(self.classes_[0], 1)
        if self.mode == "returns nothing":
            return None
        if self.mode == "raises late":
            raise OverflowError("while predicting")
        return np.repeat(self.classes_[0], len(X))
"""
)


def test_an_estimator_that_misbehaves_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "moody_model.py").write_text(ESTIMATOR, encoding="utf-8")
    flowers().to_csv(tmp_path / "flowers.csv", index=False)
    reasons = {
        **{mode: REASONS[mode] for mode in ("raises", "sleeps", "eats", "leaves")},
        "raises late": "OverflowError: while predicting",
        "returns NaN": "Moody.predict() must give no NaN and no infinite value",
        "returns too few": "Moody.predict() must give one value for each of the 30 rows",
        "returns nothing": "Moody.predict() must give one value for each of the 30 rows",
    }
    section = """
        [data]
        source = "flowers.csv"
        target = "kind"
        [validation]
        kind = "stratified_k_fold"
        folds = 2
        [[models]]
        name = "moody_model.Moody"
        [models.space]
    """
    modes = ["fine", *reasons, *HARMLESS[1:]]
    limits = "trial_seconds = 4\ntrial_memory_mb = 300"
    (tmp_path / "study.toml").write_text(study_of(modes, section, limits), encoding="utf-8")
    reasons["sleeps"] = "longer than its time limit of 4 s"
    before = files_below(tmp_path)
    said = hpo("run", "study.toml", "--out", "r", cwd=tmp_path)
    rows = rows_of(tmp_path / "r" / "trials.csv")
    assert len(rows) == len(modes)
    check_reasons(rows, reasons)
    assert all(len(row["error"]) > 20 for row in rows if row["state"] == "failed")
    assert "noise" not in said
    assert (tmp_path / "r" / "model.pkl").exists()
    after = files_below(tmp_path)
    assert before.items() <= {k: v for k, v in after.items() if "__pycache__" not in k}.items()


@pytest.mark.parametrize("budget", [3, 40])
def test_a_study_in_which_everything_fails_says_so_and_keeps_the_reasons(
    tmp_path: Path, budget: int
) -> None:
    (tmp_path / "mine.py").write_text("def objective(params):\n    return params['y']\n")
    (tmp_path / "study.toml").write_text(
        f"""
        [objective]
        function = "mine.py:objective"
        [objective.space]
        x = {{ type = "float", low = 0, high = 1 }}
        [compute]
        executor = "inline"
        [budget]
        trials = {budget}
        """
    )
    said = hpo("run", "study.toml", "--out", "r", cwd=tmp_path, code=3)
    assert "No trial has a score yet, so there is no best one and no model" in said
    assert "KeyError: 'y'" in said
    assert "hpo-gui resume r/study.hpostudy" in said
    rows = rows_of(tmp_path / "r" / "trials.csv")
    assert len(rows) == min(budget, 10)
    assert {row["state"] for row in rows} == {"failed"}
    assert not (tmp_path / "r" / "model.pkl").exists()
