"""A person who cannot decide between models: run, read the board, take the ensemble home."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pandas as pd
from small_studies import flowers, hpo

SPEC = """
name = "flowers"
[data]
source = "flowers.csv"
target = "kind"
test_share = 0.2
[[models]]
name = "decision_tree"
[[models]]
name = "naive_bayes"
[ensemble]
size = 10
[validation]
kind = "stratified_k_fold"
folds = 3
[strategy]
name = "random"
[pruner]
name = "none"
[budget]
trials = 5
[compute]
executor = "inline"
"""


def test_several_models_end_in_one_that_votes(tmp_path: Path) -> None:
    flowers(90).to_csv(tmp_path / "flowers.csv", index=False)
    (tmp_path / "study.toml").write_text(SPEC, encoding="utf-8")
    out = tmp_path / "results"
    said = hpo("run", tmp_path / "study.toml", "--out", out)
    assert said.code == 0, said.text
    assert "a dummy that looks at no column: 0.3" in said.text
    assert "decision_tree" in said.text
    assert "optimistic" in said.text
    assert "the ensemble on the locked test rows: accuracy" in said.text
    board = pd.read_csv(out / "models.csv")
    assert set(board["model"]) == {"decision_tree", "naive_bayes"}
    told = json.loads((out / "ensemble.json").read_text(encoding="utf-8"))
    assert sum(member["weight"] for member in told["members"]) > 0.999
    assert 0 <= told["test_scores"]["accuracy"] <= 1
    again = hpo("export", out / "study.hpostudy", "--ensemble", tmp_path / "again.pkl")
    assert again.code == 0, again.text
    for path in (out / "ensemble.pkl", tmp_path / "again.pkl"):
        model = pickle.loads(path.read_bytes())
        assert (model.predict(flowers(30, seed=5)) == flowers(30, seed=5)["kind"]).mean() > 0.8
