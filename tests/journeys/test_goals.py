"""A person with several goals, by the command line: a table, and a function of their own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_studies import call_here, hpo

import hpo_gui.assembly.results

PEOPLE = """
seed = 3
metrics = ["n_features"]
[data]
source = "people.csv"
target = "paid"
ignore = ["sex"]
test_share = 0.3
[[models]]
name = "decision_tree"
[models.space]
max_depth = { type = "int", low = 1, high = 8 }
[validation]
kind = "k_fold"
folds = 2
[[goals]]
metric = "accuracy"
threshold = 0.55
[[goals]]
metric = "gap(selection_rate,sex)"
[strategy]
name = "sobol"
[budget]
trials = 5
[compute]
executor = "inline"
"""

MINE = """
[objective]
function = "mine.py:objective"
[objective.space]
x = { type = "float", low = 0, high = 1 }
[[goals]]
metric = "loss"
[[goals]]
metric = "latency"
threshold = 0.9
[strategy]
name = "sobol"
[budget]
trials = 8
[compute]
executor = "inline"
"""


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(0)
    sex = np.repeat(["f", "m"], 100)
    skill = rng.normal(size=200) + np.where(sex == "m", 0.5, 0.0)
    paid = np.where(skill + rng.normal(0, 0.5, 200) > 0.3, "yes", "no")
    frame = pd.DataFrame({"skill": skill, "noise": rng.normal(size=200), "sex": sex, "paid": paid})
    frame.to_csv(tmp_path / "people.csv", index=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hpo_gui.assembly.results, "call_in_process", call_here)
    return tmp_path


def test_accurate_and_fair_from_a_table_to_the_scores(people: Path) -> None:
    (people / "study.toml").write_text(PEOPLE)
    said = hpo("run", "study.toml", "--out", "results")
    assert said.code == 0, said.text
    trials = pd.read_csv(people / "results" / "trials.csv")
    gaps = trials["mean_gap(selection_rate, sex)"]
    assert len(trials) == 5
    assert gaps.between(0, 1).all()
    assert trials["mean_n_features"].between(1, 2).all()  # the groups' column is not one of them
    best = json.loads((people / "results" / "best.json").read_text())
    assert best["test_scores"].keys() >= {"accuracy", "gap(selection_rate, sex)"}


def test_names_of_others_are_printed_without_what_a_terminal_obeys(people: Path) -> None:
    (people / "study.toml").write_text(MINE.replace('"loss"', '"lo\\u001b[2Kss"'))
    (people / "mine.py").write_text(
        "def objective(params):\n"
        "    return {'lo\\x1b[2Kss': params['x'], 'latency': 1 - params['x']}\n"
    )
    said = hpo("run", people / "study.toml", "--out", people / "out", "--trials", "2")
    assert said.code == 0, said.text
    assert "\x1b" not in said.text
    assert "lo\\x1b[2Kss" in said.text


def test_two_goals_of_a_function_and_a_threshold(people: Path) -> None:
    (people / "mine.py").write_text(
        "def objective(params):\n"
        "    x = params['x']\n"
        "    return {'loss': (1 - x) ** 2, 'latency': 2 * x}\n"
    )
    (people / "study.toml").write_text(MINE)
    said = hpo("run", "study.toml", "--out", "results")
    assert said.code == 0, said.text
    trials = pd.read_csv(people / "results" / "trials.csv")
    assert (trials["mean_latency"] > 0.9).any()
    best = json.loads((people / "results" / "best.json").read_text())
    kept = trials[trials["mean_latency"] <= 0.9]
    assert {one["number"] for one in best["front"]} == set(kept["number"])
    assert (best["chosen"], best["feasible"]) == ("knee", True)
    assert kept["param_x"].min() < best["params"]["x"] < kept["param_x"].max()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("threshold = 0.55", "threshold = 1.5"), "goals[0].threshold must be a score that can"),
        (("threshold = 0.55", "threshold = nan"), "goals[0].threshold must be a finite number"),
        (("threshold = 0.55", 'direction = "up"'), "must be maximize or minimize"),
        (("selection_rate,sex", "selection_rate,sx"), "Did you mean `sex`"),
        (("selection_rate,sex", "selection_rate,skill"), "at most 20 groups"),
        (("gap(selection_rate,sex)", "accuracy"), "goals[1].metric must not repeat `accuracy`"),
        (("folds = 2", "folds = 6"), "two groups of at least 10 rows in each test part"),
        (('"sobol"', '"hill_climbing"'), "pursues one goal only, but got ['accuracy', 'gap("),
        (("trials = 5", "trials = 5\ngain = 0.1"), "Use `no_improvement`"),
    ],
)
def test_a_mistake_in_the_goals_is_named_with_its_remedy(
    people: Path, change: tuple[str, str], words: str
) -> None:
    assert change[0] in PEOPLE
    (people / "study.toml").write_text(PEOPLE.replace(*change))
    said = hpo("run", "study.toml", "--out", "results")
    assert said.code == 2
    assert words in said.text
    assert "Traceback" not in said.text
    assert not (people / "results").exists()
