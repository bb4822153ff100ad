"""Studies of several models from the file to a model that predicts."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

import pytest
from small_studies import call_here, finish, flowers, run_study, tree_study

import hpo_gui.assembly.results
from hpo_gui.assembly.opened import read_history
from hpo_gui.assembly.results import export_results
from hpo_gui.assembly.running import create_study
from hpo_gui.core.errors import SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import BudgetSpec, Choice, ModelSpec, StartSpec
from hpo_gui.evaluation.notice import Notice

HALF = Choice("hold_out", {"test_share": 0.5})
DISCRIMINANT = "sklearn.discriminant_analysis.LinearDiscriminantAnalysis"


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    flowers().to_csv(tmp_path / "flowers.csv", index=False)
    return tmp_path


def test_models_of_the_catalogue_and_one_by_its_dotted_name_compete(
    garden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hpo_gui.assembly.results, "call_in_process", call_here)
    models = (ModelSpec("decision_tree"), ModelSpec(DISCRIMINANT), ModelSpec("naive_bayes"))
    spec = tree_study(
        "flowers.csv",
        "kind",
        models=models,
        validation=HALF,
        budget=BudgetSpec(trials=9),
        strategy=Choice("auto"),
        start=StartSpec(defaults=True, tested=False),
    )
    opened = run_study(spec, garden, garden / "study.hpostudy")
    history = read_history(opened)
    counts = Counter(trial.params["model"] for trial in history.trials)
    assert len(history) == 9
    assert counts[DISCRIMINANT] == 1  # it has nothing to tune
    assert {str(trial.state) for trial in history.trials} <= {"complete", "pruned"}
    assert "Its turn among the models" in history.trials[-1].origin.reason
    chosen = next(t.number for t in history.trials if t.params["model"] == DISCRIMINANT)
    path = garden / "model.pkl"
    export_results(opened.spec, opened.base, history, {"model_pickle": path}, chosen)
    model = pickle.loads(path.read_bytes())
    assert set(model.predict(flowers().drop(columns="kind"))) <= set(flowers()["kind"])


def test_a_run_tells_which_models_do_not_suit_and_why(garden: Path) -> None:
    spec = tree_study(
        "flowers.csv",
        "kind",
        models=(ModelSpec("suitable"),),
        goals=(Goal("neg_log_loss"),),
        validation=HALF,
        budget=BudgetSpec(trials=1),
    )
    told: list[Notice] = []
    finish(create_study(spec, garden, garden / "study.hpostudy", tell=told.extend))
    texts = {notice.head: notice.text for notice in told}
    assert "no probabilities" in texts["Ridge is left out:"]


def test_a_model_that_does_not_suit_the_task_is_named_before_anything_runs(garden: Path) -> None:
    models = (ModelSpec("decision_tree"), ModelSpec("lasso"))
    spec = tree_study("flowers.csv", "kind", models=models, validation=HALF)
    with pytest.raises(SpecError, match=r"must be made for classification.*lasso"):
        create_study(spec, garden, garden / "study.hpostudy")
    assert not (garden / "study.hpostudy").exists()
