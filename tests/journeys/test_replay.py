"""A person asks whether a study repeats, from the terminal: yes, and no once somebody meddled."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.support.small_studies import hpo

SPEC = """
[objective]
function = "mine.py:objective"

[objective.space]
x = { type = "float", low = 0.0, high = 1.0 }

[[goals]]
metric = "loss"

[strategy]
name = "tpe"
startup = 3

[budget]
trials = 8

[compute]
executor = "inline"
"""
MINE = """
def objective(params):
    return {"loss": params["x"] ** 2, "twice": 2 * params["x"]}
"""


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "study.toml").write_text(SPEC)
    assert hpo("run", "study.toml").code == 0
    return Path("results/study.hpostudy")


def meddle(study: Path, number: int) -> None:
    connection = sqlite3.connect(study)
    with connection:
        folds = json.dumps({"loss": [0.125], "twice": [0.5]})
        statement = "UPDATE trials SET fold_scores = ? WHERE number = ?"
        connection.execute(statement, (folds, number))
    connection.close()


def test_the_same_again_is_told_in_a_sentence(study: Path) -> None:
    said = hpo("replay", study)
    assert said.code == 0
    assert said.text.startswith("8 trials replayed: all proposals and scores are the same.\n")
    assert "  Not compared, as measured times do not repeat: fit_time, predict_time." in said.text


def test_a_score_that_somebody_changed_is_found(study: Path) -> None:
    meddle(study, 5)
    said = hpo("replay", study)
    assert said.code == 4
    assert said.text.startswith("8 trials replayed: trial 5 has another score: loss of fold 1 was")
    assert "0.125, and is " in said.text
    assert hpo("replay", study, "--trials", "5").code == 0
    assert hpo("replay", study, "--leave-out", "loss", "--leave-out", "twice").code == 0
    assert hpo("replay", study, "--leave-out", "loss").code == 4


def test_proposals_only_evaluates_nothing(study: Path) -> None:
    Path("mine.py").write_text("raise SystemExit('nobody may run this')")
    said = hpo("replay", study, "--proposals-only")
    assert said.code == 0
    assert said.text.startswith("8 trials replayed: all proposals are the same.\n")
    assert "Scores were not compared." in said.text
    assert "the file of the function has changed" in said.text


def test_code_that_is_not_trusted_is_not_run(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HPO_STUDIO_TRUST")
    Path("mine.py").write_text(f"import pathlib\npathlib.Path('ran').touch()\n{MINE}")
    said = hpo("replay", study)
    assert said.code == 2
    assert "--trust" in said.text
    assert not Path("ran").exists()
    assert hpo("replay", study, "--trust").code == 0


def test_what_cannot_be_replayed_says_why(study: Path) -> None:
    assert "must be at least 1" in hpo("replay", study, "--trials", "0").text
    assert hpo("replay", "study.toml").code == 2
    Path("mine.py").unlink()
    said = hpo("replay", study)
    assert said.code == 2
    assert "mine.py" in said.text
