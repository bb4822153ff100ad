"""From a specification and a table to trials: every task, kind of split and model."""

from __future__ import annotations

import importlib.util
import threading
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from small_studies import (
    INLINE,
    call_here,
    finish,
    flowers,
    houses,
    hpo,
    messages_of,
    run_study,
    tree_study,
)
from spying_estimators import Watcher

import hpo_gui.assembly.make_runner
import hpo_gui.assembly.preparing
import hpo_gui.assembly.results
import hpo_gui.assembly.running
import hpo_gui.assembly.study_table
from hpo_gui.assembly.opened import open_study, read_history
from hpo_gui.assembly.planning import plan_of
from hpo_gui.assembly.results import export_results
from hpo_gui.assembly.running import create_study, resume_study
from hpo_gui.core.errors import (
    DataError,
    ExecutionError,
    ObjectiveError,
    ReadOnlyError,
    StudioError,
)
from hpo_gui.core.goal import Goal
from hpo_gui.core.kept import Kept
from hpo_gui.core.parameter import Float
from hpo_gui.core.plan import Plan
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    FunctionSpec,
    ModelSpec,
    PreprocessingSpec,
    StudySpec,
    TrainingSpec,
)
from hpo_gui.evaluation.models import MODELS
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.study.events import Finished

FEW = BudgetSpec(trials=2)
HALF = Choice("hold_out", {"test_share": 0.5})
PRESENT = [
    (name, task)
    for name, entry in MODELS.items()
    if entry.requires is None or importlib.util.find_spec(entry.requires) is not None
    for task in entry.tasks
]


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    """A folder with the tables."""
    flowers().to_csv(tmp_path / "flowers.csv", index=False)
    houses().to_csv(tmp_path / "houses.csv", index=False)
    return tmp_path


@pytest.mark.parametrize(("model", "task"), PRESENT)
def test_every_model_of_the_catalogue_runs_in_both_tasks(
    garden: Path, model: str, task: str
) -> None:
    known = MODELS[model].fixed(task) if task in MODELS[model].tasks else {}
    few = {name: 5 for name in ("n_estimators", "max_iter") if name in known}
    table = ("flowers.csv", "kind") if task == "classification" else ("houses.csv", "price")
    spec = tree_study(*table, models=(ModelSpec(model, few),), validation=HALF, budget=FEW)
    opened = run_study(spec, garden, garden / "study.hpostudy")
    trials = opened.trials
    assert trials
    assert {str(trial.state) for trial in trials} == {"complete"}, trials[-1].failure
    assert all(np.isfinite(list(trial.scores.values())).all() for trial in trials)


TASKS = {
    "regression": ({}, Choice("k_fold", {"folds": 3, "shuffle": True})),
    "groups": ({"group": "farm"}, Choice("group_k_fold", {"folds": 3})),
    "stratified groups": ({"group": "farm"}, Choice("stratified_group_k_fold", {"folds": 3})),
    "time": ({"time": "day"}, Choice("time_series", {"folds": 3})),
    "weights": ({"weight": "area"}, Choice("repeated_k_fold", {"folds": 2, "repeats": 2})),
    "fold column": ({}, Choice("column", {"column": "part"})),
    "leave one out": ({}, Choice("leave_one_out")),
}


@pytest.mark.parametrize("case", TASKS)
def test_every_task_and_split_runs_from_the_file_to_the_scores(tmp_path: Path, case: str) -> None:
    rows = 48
    frame = flowers(rows).assign(
        farm=[f"farm {i % 6}" for i in range(rows)],
        day=pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d"),
        area=np.linspace(1, 5, rows).round(2),
        part=[i % 4 for i in range(rows)],
    )
    target = "length" if case == "regression" else "kind"
    frame.to_csv(tmp_path / "flowers.csv", index=False)
    changes, validation = TASKS[case]
    left_out = {"farm", "day", "area", "part"} - set(changes.values())
    data = {**changes, "ignore": tuple(sorted(left_out))}
    spec = tree_study("flowers.csv", target, data=data, validation=validation, budget=FEW)
    opened = run_study(spec, tmp_path, tmp_path / "study.hpostudy")
    folds = {"weights": 4, "fold column": 4, "leave one out": rows}.get(case, 3)
    metric = read_history(opened).goal.metric
    for trial in opened.trials:
        assert str(trial.state) == "complete", trial.failure
        assert len(trial.fold_scores[metric]) == folds


def test_locked_rows_are_never_seen_while_tuning(garden: Path) -> None:
    Watcher.forget()
    model = ModelSpec("spying_estimators.Watcher", {}, (Float("share", 0, 1),))
    spec = tree_study(
        "flowers.csv",
        "kind",
        data={"features": ("length",), "test_share": 0.25},
        models=(model,),
        preprocessing=PreprocessingSpec(scaling="none"),
        validation=Choice("stratified_k_fold", {"folds": 5}),
        budget=BudgetSpec(trials=3),
    )
    frame = pd.read_csv(garden / "flowers.csv")
    frame["length"] = np.arange(len(frame)) / 8  # tells every row
    frame.to_csv(garden / "flowers.csv", index=False)
    opened = run_study(spec, garden, garden / "study.hpostudy")
    learnt, judged = np.concatenate(Watcher.learnt), np.concatenate(Watcher.judged)
    seen = set(learnt) | set(judged)
    assert {str(trial.state) for trial in opened.trials} == {"complete"}
    assert set(learnt) == set(judged)  # in a cross-validation each row is in both parts
    assert len(seen) == 45
    locked = set(frame["length"]) - seen

    Watcher.forget()
    dataset = hpo_gui.assembly.preparing.prepare_dataset(
        opened.spec, hpo_gui.assembly.study_table.load_table(opened.spec, opened.base)
    )
    assert set(frame["length"][dataset.test]) == locked


def test_only_the_best_trial_meets_the_locked_rows_and_then_the_model_learns_all(
    garden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hpo_gui.assembly.results, "call_in_process", call_here)
    model = ModelSpec("spying_estimators.Watcher", {}, (Float("share", 0, 1),))
    spec = tree_study(
        "flowers.csv",
        "kind",
        data={"features": ("length",), "test_share": 0.25},
        models=(model,),
        budget=FEW,
    )
    opened = run_study(spec, garden, garden / "study.hpostudy")
    history = read_history(opened)
    Watcher.forget()
    best = hpo_gui.assembly.results.chosen_trial(history, None)
    hpo_gui.assembly.results.locked_test_scores(opened.spec, opened.base, best)
    assert [len(rows) for rows in Watcher.learnt] == [45]
    assert {len(rows) for rows in Watcher.judged} == {15}
    Watcher.forget()
    export_results(opened.spec, opened.base, history, {"model_pickle": garden / "m.pkl"})
    assert [len(rows) for rows in Watcher.learnt] == [60]


def test_weights_reach_the_estimator(garden: Path) -> None:
    Watcher.forget()
    frame = flowers().assign(area=np.arange(60) + 1.0)
    frame.to_csv(garden / "flowers.csv", index=False)
    model = ModelSpec("spying_estimators.Watcher", {}, (Float("share", 0, 1),))
    data = {"weight": "area"}
    spec = tree_study("flowers.csv", "kind", data=data, models=(model,), validation=HALF)
    run_study(
        msgspec.structs.replace(spec, budget=BudgetSpec(trials=1)), garden, garden / "s.hpostudy"
    )
    (weights,) = Watcher.weights
    assert len(set(weights)) == 30


def test_the_same_seed_gives_the_same_study_and_another_seed_another(garden: Path) -> None:
    def scores(seed: int, name: str) -> list[object]:
        spec = tree_study("flowers.csv", "kind", seed=seed, budget=BudgetSpec(trials=4))
        opened = run_study(spec, garden, garden / name)
        return [(trial.params, trial.fold_scores["accuracy"]) for trial in opened.trials]

    assert scores(1, "a.hpostudy") == scores(1, "b.hpostudy")
    assert scores(1, "c.hpostudy") != scores(2, "d.hpostudy")


# --- what a study file keeps ------------------------------------------------------------------


def test_a_study_with_a_copy_of_its_data_goes_on_without_the_file(
    garden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hpo_gui.assembly.results, "call_in_process", call_here)
    path = garden / "study.hpostudy"
    data = {"snapshot": True, "test_share": 0.2}
    run_study(tree_study("flowers.csv", "kind", data=data, budget=FEW), garden, path)
    (garden / "flowers.csv").unlink()
    said = hpo("resume", path, "--trials", 4)
    assert said.code == 0, said.text
    assert "locked test rows: accuracy" in said.text
    assert (garden / "model.pkl").exists()
    said = hpo("export", path, "--model", garden / "again.joblib", "--trial", 3)
    assert said.code == 0, said.text
    assert len(open_study(path).trials) == 4


def test_without_a_copy_the_missing_file_is_named_and_the_study_stays_as_it_was(
    garden: Path,
) -> None:
    path = garden / "study.hpostudy"
    before = run_study(tree_study("flowers.csv", "kind", budget=FEW), garden, path).trials
    (garden / "flowers.csv").unlink()
    with pytest.raises(DataError, match="flowers.csv does not exist"):
        resume_study(path)
    said = hpo("export", path, "--model", garden / "m.pkl")
    assert said.code == 2
    assert "flowers.csv does not exist" in said.text
    assert hpo("export", path, "--trials", garden / "t.csv").code == 0  # needs no data
    assert open_study(path).trials == before


def test_who_looks_into_the_file_for_a_moment_hinders_no_resume(tmp_path: Path) -> None:
    spec, path = function_study(tmp_path)
    run_study(spec, tmp_path, path)
    reader = StudyFile.look_into(path)
    timer = threading.Timer(0.2, reader.close)
    timer.start()
    assert finish(resume_study(path)).done
    timer.join()


def test_who_reads_too_long_is_not_called_a_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hpo_gui.assembly.running, "PATIENCE", 0.0)
    spec, path = function_study(tmp_path)
    run_study(spec, tmp_path, path)
    with StudyFile.look_into(path), pytest.raises(ReadOnlyError, match="is reading this study"):
        resume_study(path)
    with StudyFile.open(path), pytest.raises(ReadOnlyError, match="is writing this study"):
        resume_study(path)


def test_a_project_goes_on_after_its_folder_got_another_name(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    spec, _ = function_study(project)
    run_study(spec, project, project / "results" / "study.hpostudy")
    moved = project.rename(tmp_path / "renamed")
    path = moved / "results" / "study.hpostudy"
    assert open_study(path).base == moved
    more = msgspec.structs.replace(open_study(path).spec, budget=BudgetSpec(trials=3))
    finish(resume_study(path, more))
    assert len(open_study(path).trials) == 3


@pytest.mark.parametrize("emptied", [True, False])
def test_what_a_study_learns_from_may_be_brought_along_beside_it(
    tmp_path: Path, emptied: bool
) -> None:
    """The folder that it was in is gone, or still there without it."""
    project, other = tmp_path / "project", tmp_path / "other" / "place"
    project.mkdir()
    other.mkdir(parents=True)
    spec, _ = function_study(project)
    run_study(spec, project, project / "results" / "study.hpostudy")
    for name in ("mine.py", "results/study.hpostudy"):
        (project / name).rename(other / Path(name).name)
    if not emptied:
        project.rename(tmp_path / "gone")
    assert open_study(other / "study.hpostudy").base == other


def test_a_study_stays_with_its_folder_where_what_it_learns_from_is(tmp_path: Path) -> None:
    """A copy of the study beside another file of the same name still means the file of before."""
    project, other = tmp_path / "project", tmp_path / "other"
    project.mkdir()
    other.mkdir()
    spec, path = function_study(project)
    run_study(spec, project, path)
    path.rename(other / path.name)
    function_study(other, factor=2)
    assert open_study(other / path.name).base == project


def test_data_that_change_while_the_study_is_made_are_not_kept(
    garden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hpo_gui.assembly.study_table, "read_bytes", lambda path: b"a,b\n1,2\n")
    spec = tree_study("flowers.csv", "kind", data={"snapshot": True})
    with pytest.raises(DataError, match="must not change"):
        create_study(spec, garden, garden / "study.hpostudy")
    assert sorted(path.name for path in garden.iterdir()) == ["flowers.csv", "houses.csv"]


def test_an_error_while_a_study_is_made_leaves_no_file_and_no_folder_behind(
    garden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    real = hpo_gui.assembly.preparing.write_bundle

    def spied(dataset: object, folder: Path) -> Path:
        made.append(folder)
        return real(dataset, folder)

    def broken(*arguments: object, **options: object) -> None:
        raise StudioError("study", "must be possible")

    monkeypatch.setattr(hpo_gui.assembly.preparing, "write_bundle", spied)
    monkeypatch.setattr(hpo_gui.assembly.running, "make_runner", broken)
    with pytest.raises(StudioError, match="must be possible"):
        create_study(tree_study("flowers.csv", "kind"), garden, garden / "study.hpostudy")
    assert not (garden / "study.hpostudy").exists()
    assert not made[0].exists()


def test_what_was_noticed_about_the_table_is_told(garden: Path) -> None:
    frame = flowers().assign(nothing=np.nan, same=1)
    frame.loc[3, "length"] = np.nan
    frame.to_csv(garden / "flowers.csv", index=False)
    told: list[str] = []
    runner = create_study(
        tree_study("flowers.csv", "kind", budget=FEW),
        garden,
        garden / "study.hpostudy",
        tell=lambda notices: told.extend(f"{n.level} {n.head} {n.text}" for n in notices),
    )
    finish(runner)
    text = "\n".join(told)
    assert "1 missing value" in text
    assert "nothing" in text
    assert "same" in text


# --- the user's own function ------------------------------------------------------------------

MINE = "def objective(params):\n    return params['x'] * {factor}\n"


def function_study(folder: Path, factor: float = 1) -> tuple[StudySpec, Path]:
    (folder / "mine.py").write_text(MINE.format(factor=factor))
    function = FunctionSpec("mine.py:objective", (Float("x", 0, 1),))
    spec = StudySpec(
        objective=function, goals=(Goal("value", "maximize"),), budget=FEW, compute=INLINE
    )
    return spec, folder / "study.hpostudy"


def test_an_edit_is_not_recorded_where_the_study_cannot_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as where the folder for what trials have learnt cannot be written."""

    def unwritable(*arguments: object) -> None:
        raise ExecutionError("checkpoints", "cannot be kept")

    spec, path = function_study(tmp_path)
    before = run_study(spec, tmp_path, path)
    function_study(tmp_path, factor=2)
    more = msgspec.structs.replace(before.spec, budget=BudgetSpec(trials=3))
    told: list[str] = []
    with monkeypatch.context() as broken:
        broken.setattr(hpo_gui.assembly.make_runner, "_check_checkpoints", unwritable)
        with pytest.raises(ExecutionError, match="cannot be kept"):
            resume_study(path, more)
    now = open_study(path)
    assert (now.spec, len(now.versions)) == (before.spec, 1)
    finish(resume_study(path, more, tell=lambda notices: told.extend(n.head for n in notices)))
    now = open_study(path)
    assert (len(now.trials), now.notes[2][1]) == (3, "budget, trials: 2 → 3")
    assert told == ["The file of the function has changed:"], "it was not used up before"


def test_a_changed_function_is_told_once_and_the_study_goes_on(tmp_path: Path) -> None:
    spec, path = function_study(tmp_path)
    run_study(spec, tmp_path, path)
    function_study(tmp_path, factor=2)
    more = msgspec.structs.replace(open_study(path).spec, budget=BudgetSpec(trials=3))
    told: list[str] = []
    finish(resume_study(path, more, tell=lambda notices: told.extend(n.head for n in notices)))
    assert told == ["The file of the function has changed:"]
    trials = open_study(path).trials
    assert [str(trial.state) for trial in trials] == ["complete"] * 3
    assert trials[2].scores["value"] == trials[2].params["x"] * 2
    told.clear()
    finish(resume_study(path, more, tell=lambda notices: told.extend(n.head for n in notices)))
    assert told == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: path.unlink(), "mine.py must be readable"),
        (lambda path: path.write_text("def objectiv(p): ..."), "Did you mean `objectiv`"),
        (lambda path: path.write_text("def objective(p:"), "mistake in line 1"),
    ],
)
def test_a_function_that_is_gone_stops_nothing_but_the_resume(
    tmp_path: Path, change: object, words: str
) -> None:
    spec, path = function_study(tmp_path)
    before = run_study(spec, tmp_path, path).trials
    change(tmp_path / "mine.py")  # type: ignore[operator]  # one of the lambdas above
    with pytest.raises(ObjectiveError, match=words):
        resume_study(path)
    assert open_study(path).trials == before


def test_a_finished_study_that_is_resumed_ends_at_once_as_it_was(garden: Path) -> None:
    path = garden / "study.hpostudy"
    before = run_study(tree_study("flowers.csv", "kind", budget=FEW), garden, path).trials
    assert finish(resume_study(path)) == Finished("All 2 trials of the budget are done.", True)
    assert open_study(path).trials == before
    assert messages_of(resume_study(path)) == []


@pytest.mark.parametrize(
    ("training", "kept"),
    [
        (None, None),
        (TrainingSpec(), None),
        (TrainingSpec(patience=5, min_delta=0.1), Kept("accuracy", 0.1)),
        (TrainingSpec(patience=5, restore_best=False), None),
    ],
)
def test_the_plan_says_whether_the_best_step_remains(
    training: TrainingSpec | None, kept: Kept | None
) -> None:
    spec = tree_study("flowers.csv", "kind", budget=FEW)
    spec = msgspec.structs.replace(spec, training=training, goals=(Goal("accuracy"),))
    assert plan_of(spec, 10).kept == kept


def test_strategies_learn_the_plan_of_the_study(garden: Path) -> None:
    spec = tree_study("flowers.csv", "kind", budget=BudgetSpec(trials=30, seconds=60.0))
    runner = create_study(spec, garden, garden / "plan.hpostudy")
    dummy = {"accuracy": (1 / 3,) * 5}
    known = Plan(trials=30, seconds=60.0, workers=1, steps=5, dummy=dummy, best_score=1.0)
    assert runner.study.history.plan == known
    runner.stop_now()
    finish(runner)
