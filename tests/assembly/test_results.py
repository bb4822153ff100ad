"""Results as files: what they hold, what they need, and that nothing is half written."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from small_studies import call_here, files_below, flowers, houses, run_study, tree_study

import hpo_gui.assembly.results
from hpo_gui.assembly.opened import Opened, read_history
from hpo_gui.assembly.relocation import relocated
from hpo_gui.assembly.results import (
    ENSEMBLES,
    FRONTS,
    KINDS,
    LEARNING,
    chosen_trial,
    export_results,
    locked_test_scores,
)
from hpo_gui.assembly.sources import check_spares_sources, sources_of
from hpo_gui.core.errors import DataError, ExportError
from hpo_gui.core.history import History
from hpo_gui.core.spec import BudgetSpec, Choice, DataSpec, FunctionSpec, ModelSpec, StudySpec
from hpo_gui.core.spec_text import read_spec

HALF = Choice("hold_out", {"test_share": 0.5})


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hpo_gui.assembly.results, "call_in_process", call_here)


@pytest.fixture
def study(tmp_path: Path) -> tuple[Opened, History]:
    flowers().to_csv(tmp_path / "flowers.csv", index=False)
    spec = tree_study("flowers.csv", "kind", data={"test_share": 0.2}, budget=BudgetSpec(trials=3))
    opened = run_study(spec, tmp_path, tmp_path / "study.hpostudy")
    return opened, read_history(opened)


def differing(history: History) -> History:
    """The history with scores that are not all equal."""
    trials = [
        msgspec.structs.replace(trial, scores={**trial.scores, "accuracy": 0.5 + i / 10})
        for i, trial in enumerate(history.trials)
    ]
    return History(history.space, history.goals, trials)


def test_everything_can_be_exported_at_once(study: tuple[Opened, History], tmp_path: Path) -> None:
    opened, history = study[0], differing(study[1])
    out = tmp_path / "a new" / "folder é 😀"
    others = (*LEARNING, *ENSEMBLES, *FRONTS, "schedule_csv", "schedule_json", "replay")
    wanted = {key: out / name for key, (name, _) in KINDS.items() if key not in others}
    assert export_results(opened.spec, opened.base, history, wanted) == tuple(wanted.values())
    assert all(path.stat().st_size > 100 for path in wanted.values())
    exported = read_spec(wanted["spec"])  # its paths start from where it lies
    assert relocated(exported, out, opened.base) == opened.spec
    assert len(pd.read_csv(wanted["trials_csv"])) == 3
    assert {path.name for path in out.iterdir()} == {path.name for path in wanted.values()}


def test_test_scores_are_kept_with_the_parameters(
    study: tuple[Opened, History], tmp_path: Path
) -> None:
    opened, history = study
    best = chosen_trial(history, None)
    scores = locked_test_scores(opened.spec, opened.base, best)
    assert set(scores) == {"accuracy"}
    wanted = {"params": tmp_path / "best.json"}
    export_results(opened.spec, opened.base, history, wanted, test=scores)
    assert json.loads(wanted["params"].read_text())["test_scores"] == scores


@pytest.mark.parametrize(
    ("key", "name", "trial", "words"),
    [
        ("model", "m.pkl", None, "model must be one of report, trials_csv"),
        ("model_pickle", "m.txt", None, "must end in one of .skops, .pkl"),
        ("model_pickle", "study.hpostudy/m.pkl", None, "is not a folder"),
        ("trials_csv", ".", None, "Is a directory"),
        ("params", "a\0b.json", None, "cannot be written"),
        ("params", "p.json", 9, "trial must be from 0 to 2, but got 9"),
        ("params", "p.json", -1, "trial must be from 0 to 2, but got -1"),
        ("plot_png", "p.doc", None, "p.doc"),
    ],
)
def test_what_cannot_be_written_is_named_before_anything_is(
    study: tuple[Opened, History],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    name: str,
    trial: int | None,
    words: str,
) -> None:
    opened, history = study
    fitted: list[object] = []
    monkeypatch.setattr(hpo_gui.assembly.results, "fit_final", lambda *a: fitted.append(a))
    before = files_below(tmp_path)
    wanted = {"trials_parquet": tmp_path / "t.parquet", key: tmp_path / name}
    with pytest.raises(ExportError, match=words):
        export_results(opened.spec, opened.base, history, wanted, trial)
    assert files_below(tmp_path) == before
    assert not fitted


def test_a_folder_without_a_right_to_write_is_named(
    study: tuple[Opened, History], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, history = study

    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(ExportError, match=r"t\.csv cannot be written: Permission denied\."):
        export_results(opened.spec, opened.base, history, {"trials_csv": tmp_path / "t.csv"})
    assert not (tmp_path / "t.csv").exists()


def test_a_failed_trial_has_no_model(tmp_path: Path) -> None:
    flowers().to_csv(tmp_path / "flowers.csv", index=False)
    broken = ModelSpec("decision_tree", {"min_samples_split": -3}, ())
    spec = tree_study("flowers.csv", "kind", models=(broken,), budget=BudgetSpec(trials=1))
    opened = run_study(spec, tmp_path, tmp_path / "study.hpostudy")
    history = read_history(opened)
    wanted = {"model_pickle": tmp_path / "m.pkl"}
    with pytest.raises(ExportError, match="best trial must be complete"):
        export_results(opened.spec, opened.base, history, wanted)
    with pytest.raises(ExportError, match="trial 0 must be complete, but got 'failed'"):
        export_results(opened.spec, opened.base, history, wanted, 0)
    assert not wanted["model_pickle"].exists()


def test_a_model_is_not_fitted_on_other_data_than_the_study_saw(
    study: tuple[Opened, History], tmp_path: Path
) -> None:
    opened, history = study
    flowers(seed=5).to_csv(tmp_path / "flowers.csv", index=False)
    with pytest.raises(DataError, match="its content has changed"):
        export_results(opened.spec, opened.base, history, {"model_pickle": tmp_path / "m.pkl"})
    assert not (tmp_path / "m.pkl").exists()


WITHOUT_US = """
import json, pickle, sys
import pandas as pd
sys.modules["hpo_gui"] = None
predicted = {}
for path in sys.argv[2:]:
    model = pickle.load(open(path, "rb"))
    predicted[path] = model.predict(pd.read_csv(sys.argv[1])).tolist()
print(json.dumps(predicted))
"""


@pytest.mark.parametrize(
    ("task", "models"),
    [
        ("classification", ["decision_tree", "svm", "logistic_regression", "naive_bayes"]),
        ("regression", ["ridge", "knn", "mlp", "hist_gradient_boosting"]),
    ],
)
def test_a_model_file_predicts_the_raw_table_without_this_program(
    tmp_path: Path, task: str, models: list[str]
) -> None:
    frame = flowers(80) if task == "classification" else houses(80)
    frame.loc[frame.index[::9], frame.columns[0]] = np.nan
    frame.loc[frame.index[::11], frame.columns[2]] = None
    frame["nötes, “odd” 😀"] = [f"{i % 3} €" for i in range(80)]
    frame.to_csv(tmp_path / "table.csv", index=False)
    target = "kind" if task == "classification" else "price"
    paths = []
    for model in models:
        spec = tree_study(
            "table.csv",
            target,
            models=(ModelSpec(model),),
            validation=HALF,
            budget=BudgetSpec(trials=1),
        )
        opened = run_study(spec, tmp_path, tmp_path / f"{model}.hpostudy")
        paths.append(tmp_path / f"{model}.pkl")
        export_results(opened.spec, opened.base, read_history(opened), {"model_pickle": paths[-1]})
    script = [sys.executable, "-c", WITHOUT_US, tmp_path / "table.csv", *paths]
    where = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        script, cwd=tmp_path, env=where, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    predicted = json.loads(done.stdout)
    raw = pd.read_csv(tmp_path / "table.csv")
    for path in paths:
        here = pickle.loads(path.read_bytes()).predict(raw)
        assert predicted[str(path)] == here.tolist()
        if task == "classification":
            assert set(here) <= {"iris", "lily", "rose"}
            assert (here == raw[target]).mean() > 0.8


def test_a_landscape_goes_through_the_trial_asked_for(
    study: tuple[Opened, History], tmp_path: Path
) -> None:
    opened, history = study[0], differing(study[1])
    path = tmp_path / "l.csv"
    export_results(opened.spec, opened.base, history, {"landscape_csv": path}, 1)
    assert set(pd.read_csv(path)["trial"]) == {1}
    with pytest.raises(ExportError, match="must be from 0 to 2"):
        export_results(opened.spec, opened.base, history, {"landscape_csv": path}, 7)


def test_a_landscape_needs_three_trials_that_differ(
    study: tuple[Opened, History], tmp_path: Path
) -> None:
    opened, history = study
    wanted = {"landscape_csv": tmp_path / "l.csv", "trials_csv": tmp_path / "t.csv"}
    few = History(history.space, history.goals, history.trials[:2])
    with pytest.raises(ExportError, match="at least three complete trials"):
        export_results(opened.spec, opened.base, few, wanted)
    equal = [msgspec.structs.replace(t, scores={"accuracy": 1.0}) for t in history.trials]
    with pytest.raises(ExportError, match="not all equal"):
        export_results(
            opened.spec, opened.base, History(history.space, history.goals, equal), wanted
        )
    assert not wanted["trials_csv"].exists()


def test_no_file_that_a_study_is_made_of_is_replaced(
    study: tuple[Opened, History], tmp_path: Path
) -> None:
    """By whatever name: its table is often the only one that there is."""
    opened, history = study
    table = tmp_path / "flowers.csv"
    before = table.read_bytes()
    (tmp_path / "link.csv").symlink_to(table)
    for name in ("flowers.csv", "nowhere/../flowers.csv", "link.csv"):
        (tmp_path / "nowhere").mkdir(exist_ok=True)
        wanted = {"params": tmp_path / "best.json", "trials_csv": tmp_path / name}
        with pytest.raises(ExportError, match="would be lost"):
            export_results(opened.spec, opened.base, history, wanted)
    assert table.read_bytes() == before
    assert not (tmp_path / "best.json").exists()


def test_sources_are_the_table_or_the_file_of_the_function(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def loss(x): return x")
    spec = StudySpec(objective=FunctionSpec("mine.py:loss"))
    assert sources_of(spec, tmp_path) == (tmp_path / "mine.py",)
    assert sources_of(StudySpec(data=DataSpec("sample:wine")), tmp_path) == ()
    assert sources_of(StudySpec(data=DataSpec("gone.csv")), tmp_path) == ()
    with pytest.raises(ExportError, match="would be lost"):
        check_spares_sources(spec, tmp_path, [tmp_path / "mine.py"])
