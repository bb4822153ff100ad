"""From a study with `[ensemble]` to one estimator that votes."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import joblib
import msgspec
import numpy as np
import pytest
from small_studies import call_here, finish, flowers, houses, hpo, tree_study

import hpo_gui.assembly.ensembles
import hpo_gui.assembly.results
from hpo_gui.analysis.ensemble import Ensemble, ensemble_lines
from hpo_gui.assembly.ensembles import ensemble_locked_scores, find_ensemble
from hpo_gui.assembly.folders import predictions_folder
from hpo_gui.assembly.opened import Opened, open_study, read_history
from hpo_gui.assembly.predictions import find_held_out, ranked
from hpo_gui.assembly.resolution import resolve
from hpo_gui.assembly.results import export_results
from hpo_gui.assembly.running import create_study
from hpo_gui.core.errors import ExportError, SpecError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    EnsembleSpec,
    FunctionSpec,
    ModelSpec,
    StudySpec,
    TrainingSpec,
)
from hpo_gui.core.spec_text import parse_spec, spec_to_toml
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.export.ensemble import write_ensemble_json

THREE = Choice("stratified_k_fold", {"folds": 3})
MODELS = (ModelSpec("decision_tree"), ModelSpec("naive_bayes"))


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hpo_gui.assembly.results, "call_in_process", call_here)
    monkeypatch.setattr(hpo_gui.assembly.ensembles, "call_in_process", call_here)


def study_of(folder: Path, **changes: object) -> tuple[Opened, History]:
    flowers(90).to_csv(folder / "flowers.csv", index=False)
    usual: dict[str, object] = {
        "models": MODELS,
        "ensemble": EnsembleSpec(size=10),
        "validation": THREE,
        "pruner": Choice("none"),
        "strategy": Choice("random"),
        "budget": BudgetSpec(trials=6),
        "data": {"test_share": 0.2},
    }
    spec = tree_study("flowers.csv", "kind", **{**usual, **changes})
    finish(create_study(spec, folder, folder / "study.hpostudy"))
    opened = open_study(folder / "study.hpostudy")
    return opened, read_history(opened)


@pytest.fixture
def study(tmp_path: Path) -> tuple[Opened, History]:
    return study_of(tmp_path)


def found_in(study: tuple[Opened, History]) -> Ensemble:
    opened, history = study
    return find_ensemble(opened.spec, opened.base, history, opened.path)


def test_the_best_single_trial_counts_with_the_mean_of_its_repeats(
    study: tuple[Opened, History], tmp_path: Path
) -> None:
    opened, history = study
    best = history.best
    assert best is not None
    folds = {"accuracy": tuple(score + 0.002 for score in best.fold_scores["accuracy"])}
    again = msgspec.structs.replace(
        best,
        number=len(history),
        scores={"accuracy": best.scores["accuracy"] + 0.002},
        fold_scores=folds,
    )
    plan = msgspec.structs.replace(history.plan, averages=True)
    averaged = History(history.space, history.goals, [*history.trials, again], plan=plan)
    assert averaged.best is not None
    found = found_in((opened, averaged))
    mean = averaged.score(averaged.best.number)
    assert mean != averaged.best.scores["accuracy"]
    assert found.best.scores["accuracy"] == pytest.approx(mean)
    gain = found.against_best().mean
    assert gain == pytest.approx(found.honest - mean)
    write_ensemble_json(found, averaged, tmp_path / "ensemble.json")
    told = json.loads((tmp_path / "ensemble.json").read_text(encoding="utf-8"))
    assert told["best_single"]["score"] == pytest.approx(mean)


def test_the_ensemble_is_told_with_what_is_optimistic_about_it(
    study: tuple[Opened, History],
) -> None:
    found = found_in(study)
    assert found.best is study[1].best
    assert found.score >= found.best.scores["accuracy"]
    assert len(found.folds) == len(found.apart) == 3
    assert sum(found.share(member) for member in found.members) == pytest.approx(1)
    assert found == found_in(study)
    text = "\n".join(ensemble_lines(found))
    assert "optimistic" in text
    assert "chosen on the other folds" in text
    opened, history = study
    scores = ensemble_locked_scores(opened.spec, opened.base, history, found, opened.path)
    assert 0 <= scores["accuracy"] <= 1


def test_other_goals_are_told_of_the_locked_rows_too(tmp_path: Path) -> None:
    goals = (Goal("accuracy"), Goal("gap(accuracy, colour)"), Goal("n_features"))
    two = Choice("stratified_k_fold", {"folds": 2})
    opened, history = study_of(
        tmp_path,
        goals=goals,
        validation=two,
        budget=BudgetSpec(trials=3),
        data={"test_share": 0.4},
    )
    found = found_in((opened, history))
    scores = ensemble_locked_scores(opened.spec, opened.base, history, found, opened.path)
    assert list(scores) == ["accuracy", "gap(accuracy, colour)"]  # a vote has no columns
    assert all(0 <= score <= 1 for score in scores.values())


def test_the_export_is_one_plain_estimator(study: tuple[Opened, History], tmp_path: Path) -> None:
    opened, history = study
    wanted = {"ensemble_pickle": tmp_path / "e.pkl", "ensemble_json": tmp_path / "e.json"}
    export_results(opened.spec, opened.base, history, wanted, study=opened.path)
    told = json.loads(wanted["ensemble_json"].read_text())
    assert sum(member["weight"] for member in told["members"]) == pytest.approx(1)
    model = pickle.loads(wanted["ensemble_pickle"].read_bytes())
    frame = flowers(90)
    rows = frame[["kind", "colour", "width", "length"]]  # in another order, and one more
    assert model.classes_.tolist() == ["iris", "lily", "rose"]
    assert model.predict_proba(rows).shape == (90, 3)
    assert (model.predict(rows) == frame["kind"]).mean() > 0.8
    each = [member.predict_proba(rows) for member in model.estimators_]
    assert model.predict_proba(rows) == pytest.approx(np.average(each, 0, model.weights))


def test_the_exported_ensemble_needs_nothing_of_the_program(
    study: tuple[Opened, History], tmp_path: Path
) -> None:
    opened, history = study
    wanted = {"ensemble_pickle": tmp_path / "e.pkl"}
    export_results(opened.spec, opened.base, history, wanted, study=opened.path)
    content = wanted["ensemble_pickle"].read_bytes()
    assert b"VotingClassifier" in content
    assert b"hpo_gui" not in content


def test_numbers_are_averaged(tmp_path: Path) -> None:
    houses(60).to_csv(tmp_path / "houses.csv", index=False)
    spec = tree_study(
        "houses.csv",
        "price",
        models=(ModelSpec("decision_tree"), ModelSpec("ridge")),
        ensemble=EnsembleSpec(bags=3),
        validation=Choice("k_fold", {"folds": 3}),
        budget=BudgetSpec(trials=4),
        pruner=Choice("none"),
    )
    finish(create_study(spec, tmp_path, tmp_path / "s.hpostudy"))
    said = hpo("export", tmp_path / "s.hpostudy", "--ensemble", tmp_path / "e.joblib")
    assert said.code == 0, said.text
    model = joblib.load(tmp_path / "e.joblib")
    assert type(model).__name__ == "VotingRegressor"
    error = model.predict(houses(60)) - houses(60)["price"]
    assert np.abs(error).mean() < 30


def test_trials_whose_predictions_are_gone_take_no_part(study: tuple[Opened, History]) -> None:
    opened = study[0]
    store = find_held_out(opened.spec, opened.path)
    assert store is not None
    gone = sorted(store.folder.glob("*.npy"))[0]
    gone.write_bytes(gone.read_bytes()[:50])
    found = found_in(study)
    assert [one.reason for one in found.left_out] == [hpo_gui.assembly.ensembles.SILENT]
    assert found.left_out[0].number not in {member.number for member in found.members}
    assert "missing or damaged" in "\n".join(ensemble_lines(found))
    for path in store.folder.glob("*.npy"):
        path.unlink()
    with pytest.raises(ExportError, match="predictions of at least one complete trial"):
        found_in(study)


def test_predictions_of_other_folds_are_not_taken(study: tuple[Opened, History]) -> None:
    opened, history = study
    other = msgspec.structs.replace(opened.spec, seed=99)
    with pytest.raises(ExportError, match="at least one complete trial"):
        find_ensemble(other, opened.base, history, opened.path)


def test_a_study_that_keeps_no_predictions_says_how_to(tmp_path: Path) -> None:
    opened, history = study_of(tmp_path, ensemble=None, budget=BudgetSpec(trials=1))
    assert not list(predictions_folder().rglob("*.npy"))
    with pytest.raises(ExportError, match=r"Add `\[ensemble\]`"):
        export_results(opened.spec, opened.base, history, {"ensemble_json": tmp_path / "e.json"})


def test_one_trial_is_an_ensemble_of_itself(tmp_path: Path) -> None:
    study = study_of(tmp_path, budget=BudgetSpec(trials=1))
    found = found_in(study)
    assert [member.number for member in found.members] == [0]
    assert found.against_best().verdict == "within_noise"


def test_a_model_without_probabilities_takes_no_part(tmp_path: Path) -> None:
    models = (ModelSpec("sklearn.svm.LinearSVC"), ModelSpec("naive_bayes"))
    study = study_of(tmp_path, models=models)
    found, history = found_in(study), study[1]
    voters = {history.trials[member.number].params["model"] for member in found.members}
    assert voters == {"naive_bayes"}


def test_old_predictions_are_deleted_when_they_can_win_no_more(tmp_path: Path) -> None:
    opened, history = study_of(tmp_path, ensemble=EnsembleSpec(candidates=2))
    store = find_held_out(opened.spec, opened.path)
    assert store is not None
    keys = {path.stem.partition("-")[0] for path in store.folder.glob("*.npy")}
    assert len(history.complete) == 6
    assert len(keys) <= 4
    assert found_in((opened, history)).candidates == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training": TrainingSpec(steps=2), "models": (ModelSpec("mlp"),)}, "learn step by step"),
        ({"goals": (Goal("fit_time", "minimize"),)}, "first goal is fit_time"),
    ],
)
def test_what_cannot_vote_is_said_before_the_study(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        study_of(tmp_path, **changes)


def test_a_function_of_ones_own_has_no_ensemble() -> None:
    spec = StudySpec(objective=FunctionSpec("f.py:f"), ensemble=EnsembleSpec())
    told = [problem for problem in resolve(spec, None).problems if problem.field == "ensemble"]
    assert "function of your own" in str(told[0].error)


def test_the_section_is_written_and_read_again() -> None:
    spec = StudySpec(ensemble=EnsembleSpec(size=20))
    assert parse_spec(spec_to_toml(spec)) == spec
    usual = StudySpec(ensemble=EnsembleSpec())
    assert parse_spec(spec_to_toml(usual)) == usual
    with pytest.raises(SpecError, match="ensemble"):
        parse_spec("[ensemble]\nsize = 0\n")


def test_only_trials_that_keep_all_thresholds_vote_where_any_does() -> None:
    trials = [
        Trial(i, {"x": i / 9}, Origin("random"), TrialState.COMPLETE, scores=scores, told=i + 1)
        for i, scores in enumerate(
            [{"loss": 0.1, "size": 9.0}, {"loss": 0.3, "size": 1.0}, {"loss": 0.2, "size": 2.0}]
        )
    ]
    space, loss = Space([Float("x", 0, 1)]), Goal("loss", "minimize")
    small = Goal("size", "minimize", threshold=5.0)
    smallest = Goal("size", "minimize", threshold=0.5)
    assert ranked(History(space, [loss, small], trials)) == [2, 1]
    assert ranked(History(space, [loss, smallest], trials)) == [0, 2, 1]
