"""Models side by side in the terminal and as CSV, and a dummy that outlives the session."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import msgspec
import pytest
from small_studies import flowers, hpo, run_study, tree_study

from hpo_gui.analysis.dummy import dummy_trial
from hpo_gui.assembly.models import board_lines, board_of
from hpo_gui.assembly.opened import Opened, open_study, read_history
from hpo_gui.assembly.results import export_results
from hpo_gui.assembly.running import resume_study
from hpo_gui.core.errors import ExportError
from hpo_gui.core.parameter import Categorical
from hpo_gui.core.spec import BudgetSpec, Choice, FunctionSpec, ModelSpec, StudySpec
from tests.support.small_studies import finish

FAILING = ModelSpec(
    "sklearn.linear_model.LogisticRegression",
    space=(Categorical("solver", ("nonsense",)),),
)


@pytest.fixture
def study(tmp_path: Path) -> Opened:
    flowers().to_csv(tmp_path / "flowers.csv", index=False)
    spec = tree_study(
        "flowers.csv",
        "kind",
        models=(ModelSpec("decision_tree"), FAILING),
        validation=Choice("stratified_k_fold", {"folds": 3}),
        strategy=Choice("random"),
        pruner=Choice("none"),
        budget=BudgetSpec(trials=6),
    )
    return run_study(spec, tmp_path, tmp_path / "study.hpostudy")


def test_a_model_that_always_fails_is_told_with_its_reason(study: Opened) -> None:
    history = read_history(study)
    places = board_of(study.spec, history)
    lines = board_lines(places, "accuracy")
    assert places[0].model == "decision_tree"
    assert places[1].failed == places[1].trials > 0
    assert "failed)" in lines[2]
    assert "no score" in lines[2]
    assert "nonsense" in lines[3]
    assert lines[0].split() == ["model", "accuracy", "verdict", "trials", "time", "fit", "predict"]


def test_the_board_is_a_csv_file_too(study: Opened, tmp_path: Path) -> None:
    said = hpo("export", study.path, "--models", tmp_path / "m.csv")
    assert said.code == 0
    text = (tmp_path / "m.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["verdict"] for row in rows] == ["best", ""]
    assert [row["rank"] for row in rows] == ["1", ""]
    assert float(rows[0]["score"]) > 0.5
    assert float(rows[0]["above_dummy"]) > 0
    assert "nonsense" in rows[1]["failure"]


def test_the_dummy_is_there_after_reopening(study: Opened) -> None:
    dummy = dummy_trial(read_history(open_study(study.path)))
    assert dummy is not None
    assert dummy.scores["accuracy"] == pytest.approx(1 / 3, abs=0.05)


def test_another_metric_has_another_dummy(study: Opened) -> None:
    goals = (msgspec.structs.replace(study.spec.goals[0], metric="neg_log_loss"),)
    spec = msgspec.structs.replace(study.spec, goals=goals, budget=BudgetSpec(trials=7))
    finish(resume_study(study.path, spec))
    dummy = open_study(study.path).dummy
    assert sum(dummy["neg_log_loss"]) / 3 == pytest.approx(-math.log(3), abs=0.05)


def test_a_function_of_ones_own_has_no_models(study: Opened, tmp_path: Path) -> None:
    spec = StudySpec(objective=FunctionSpec("f.py:f"))
    history = read_history(study)
    assert board_of(spec, history) == ()
    with pytest.raises(ExportError, match="function of your own"):
        export_results(spec, tmp_path, history, {"models_csv": tmp_path / "m.csv"})
