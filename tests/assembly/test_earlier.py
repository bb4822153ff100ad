"""First trials from the user's earlier studies: what fits is taken, all else is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from earlier_studies import write_study
from msgspec import structs

from hpo_gui.assembly.earlier import BEST, earlier_proposals, read_earlier
from hpo_gui.core.errors import StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.spec import DataSpec, FunctionSpec, ModelSpec, StartSpec, StudySpec
from hpo_gui.core.spec_text import parse_spec, spec_to_json
from hpo_gui.core.trial import Proposal
from hpo_gui.evaluation.joint_space import joint_space
from hpo_gui.storage.study_file import StudyFile

C = Float("C", 0.1, 100.0, log=True)
KERNEL = Categorical("kernel", ("rbf", "linear"))
SVM = ModelSpec("svm", {}, (C, KERNEL))
TREE = ModelSpec("decision_tree", {}, (Int("max_depth", 1, 20),))


def new_study(*earlier: str, models: tuple[ModelSpec, ...] = (SVM,)) -> StudySpec:
    data = DataSpec("table.csv", target="kind", task="classification")
    return StudySpec(data=data, models=models, start=StartSpec(earlier=earlier))


def look(spec: StudySpec, base: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Parameters proposed, and the texts of the messages."""
    proposals, messages = earlier_proposals(spec, space_of(spec), base)
    assert all(proposal.origin.strategy == "earlier" for proposal in proposals)
    assert all(space_of(spec).contains(proposal.params) for proposal in proposals)
    return [p.params for p in proposals], [f"{m.head}: {m.text}" for m in messages]


def space_of(spec: StudySpec) -> Space:
    if spec.objective is not None:
        return Space(spec.objective.space, spec.objective.constraints)
    return joint_space(spec.models)


def only(spec: StudySpec, base: Path) -> Proposal:
    proposals, messages = earlier_proposals(spec, space_of(spec), base)
    assert messages == ()
    (proposal,) = proposals
    return proposal


def test_the_best_different_configurations_come_first(tmp_path: Path) -> None:
    rows = [(0.5, 0.7), (1.0, 0.9), (2.0, None), (1.0, 0.8), (4.0, 0.95), (8.0, 0.6), (9.0, 0.5)]
    tried = [({"C": c, "kernel": "rbf"}, score) for c, score in rows]
    write_study(tmp_path / "a.hpostudy", tried)
    found, messages = look(new_study("a.hpostudy"), tmp_path)
    assert [params["C"] for params in found] == [4.0, 1.0, 0.5]
    assert len(found) == BEST
    assert messages == []


def test_the_studys_own_direction_decides_what_is_best(tmp_path: Path) -> None:
    goal = Goal("log_loss", "minimize")
    tried = [({"C": c, "kernel": "rbf"}, c) for c in (3.0, 1.0, 2.0, 4.0)]
    write_study(tmp_path / "a.hpostudy", tried, goal=goal)
    found, _ = look(new_study("a.hpostudy"), tmp_path)
    assert [params["C"] for params in found] == [1.0, 2.0, 3.0]


def test_the_reason_names_the_study_the_trial_and_its_score(tmp_path: Path) -> None:
    tried = [({"C": 2.0, "kernel": "rbf"}, None), ({"C": 2.0, "kernel": "linear"}, 0.912345)]
    write_study(tmp_path / "wine.hpostudy", tried)
    proposal = only(new_study("wine.hpostudy"), tmp_path)
    assert proposal.origin.reason == "Trial 1 of “wine”, where it had accuracy 0.9123."


def test_repeats_that_were_averaged_count_with_their_mean(tmp_path: Path) -> None:
    lucky, steady = {"C": 1.0, "kernel": "rbf"}, {"C": 2.0, "kernel": "rbf"}
    tried = [(lucky, 0.99), (lucky, 0.61), (steady, 0.9)]
    write_study(tmp_path / "a.hpostudy", tried, models=(SVM,), duplicates="average")
    proposals, _ = earlier_proposals(spec := new_study("a.hpostudy"), space_of(spec), tmp_path)
    assert [proposal.params for proposal in proposals] == [steady, lucky]
    assert "accuracy 0.8." in proposals[1].origin.reason


def test_trials_that_keep_the_thresholds_come_before_those_that_do_not(tmp_path: Path) -> None:
    goal = Goal("accuracy", "maximize")
    tried = [({"C": c, "kernel": "rbf"}, c / 10) for c in (9.0, 8.0, 7.0, 2.0, 1.0)]
    path = write_study(tmp_path / "a.hpostudy", tried, models=(SVM,), goal=goal)
    with StudyFile.open(path) as file:
        spec = parse_spec(file.spec_json())
        limited = structs.replace(spec, goals=(goal, Goal("size", "minimize", threshold=5.0)))
        file.add_spec(spec_to_json(limited), "")
        file.put(
            structs.replace(trial, scores={**trial.scores, "size": trial.params["C"]})
            for trial in file.load()
        )
    found, _ = look(new_study("a.hpostudy"), tmp_path)
    assert [params["C"] for params in found] == [2.0, 1.0, 9.0]


def test_values_out_of_range_are_moved_and_the_reason_says_so(tmp_path: Path) -> None:
    write_study(tmp_path / "a.hpostudy", [({"C": 5000.0, "kernel": "poly", "degree": 3}, 0.9)])
    proposal = only(new_study("a.hpostudy"), tmp_path)
    assert proposal.params == {"C": 100.0, "kernel": "rbf"}
    assert proposal.origin.reason.endswith("moved into the ranges of this study.")


def test_what_the_earlier_study_fixed_counts_as_well(tmp_path: Path) -> None:
    fixed = (ModelSpec("svm", {"kernel": "linear"}),)
    write_study(tmp_path / "a.hpostudy", [({"C": 3.0}, 0.9)], models=fixed)
    assert only(new_study("a.hpostudy"), tmp_path).params == {"C": 3.0, "kernel": "linear"}


def test_several_studies_take_turns_and_nothing_comes_twice(tmp_path: Path) -> None:
    for name, shift in (("a", 0.0), ("b", 1.0)):
        tried = [({"C": c + shift, "kernel": "rbf"}, 1 - c / 100) for c in (1.0, 2.0, 3.0)]
        write_study(tmp_path / f"{name}.hpostudy", tried)
    found, _ = look(new_study("a.hpostudy", "b.hpostudy", "a.hpostudy"), tmp_path)
    assert [params["C"] for params in found] == [1.0, 2.0, 3.0, 4.0]


def test_from_one_model_to_several_and_back(tmp_path: Path) -> None:
    write_study(tmp_path / "one.hpostudy", [({"C": 2.0, "kernel": "linear"}, 0.9)], models=(SVM,))
    several = new_study("one.hpostudy", models=(SVM, TREE))
    expected = {"model": "svm", "svm.C": 2.0, "svm.kernel": "linear"}
    assert only(several, tmp_path).params == expected
    tried = [({"model": "decision_tree", "decision_tree.max_depth": 7}, 0.95), (expected, 0.9)]
    write_study(tmp_path / "two.hpostudy", tried, models=(SVM, TREE))
    assert only(new_study("two.hpostudy"), tmp_path).params == {"C": 2.0, "kernel": "linear"}
    tree = new_study("two.hpostudy", models=(TREE,))
    assert only(tree, tmp_path).params == {"max_depth": 7}


def test_configurations_that_break_a_constraint_are_left_out(tmp_path: Path) -> None:
    tried = [({"C": c, "kernel": "rbf"}, c / 10) for c in (1.0, 2.0, 9.0)]
    write_study(tmp_path / "a.hpostudy", tried)
    narrow = ModelSpec("svm", {}, (C, KERNEL), ("C < 5",))
    found, _ = look(new_study("a.hpostudy", models=(narrow,)), tmp_path)
    assert [params["C"] for params in found] == [2.0, 1.0]


def test_a_study_of_the_same_function_counts_wherever_the_file_lies(tmp_path: Path) -> None:
    goal = Goal("value", "minimize")
    x = (Float("x", -1, 1),)
    earlier = FunctionSpec("there/mine.py:loss", x)
    write_study(
        tmp_path / "f.hpostudy",
        [({"x": 0.5}, 0.25), ({"x": 0.1}, 0.01)],
        goal=goal,
        objective=earlier,
    )
    spec = StudySpec(
        objective=FunctionSpec("mine.py:loss", x), start=StartSpec(earlier=("f.hpostudy",))
    )
    assert look(spec, tmp_path) == ([{"x": 0.1}, {"x": 0.5}], [])
    other = StudySpec(
        objective=FunctionSpec("mine.py:gain", x), start=StartSpec(earlier=("f.hpostudy",))
    )
    found, messages = look(other, tmp_path)
    assert found == []
    assert "must tune the function `mine.py:gain`" in messages[0]


def broken_files(folder: Path) -> None:
    svm = [({"C": 2.0, "kernel": "rbf"}, 0.9)]
    (folder / "text.hpostudy").write_text("no study at all")
    (folder / "empty.hpostudy").write_bytes(b"")
    (folder / "folder.hpostudy").mkdir()
    write_study(folder / "tree.hpostudy", [({"max_depth": 3}, 0.9)], models=(TREE,))
    write_study(folder / "numbers.hpostudy", svm, task="regression")
    write_study(folder / "failed.hpostudy", [({"C": 2.0, "kernel": "rbf"}, None)])
    write_study(folder / "foreign.hpostudy", [({"degree": 3}, 0.9)])
    function = FunctionSpec("there/mine.py:loss", (Float("x", -1, 1),))
    goal = Goal("value", "minimize")
    write_study(folder / "own.hpostudy", [({"x": 0.5}, 1.0)], goal=goal, objective=function)
    whole = write_study(folder / "whole.hpostudy", svm * 400).read_bytes()
    (folder / "cut.hpostudy").write_bytes(whole[: len(whole) // 3])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing", "missing.hpostudy"),
        ("text", "must be"),
        ("empty", "must be"),
        ("folder", "folder.hpostudy"),
        ("cut", "cut.hpostudy"),
        ("tree", "must tune svm, but got 'decision_tree'"),
        ("own", "must tune svm, but got 'mine.py:loss'"),
        ("numbers", "must be about classification, but got 'regression'"),
        ("failed", "must have a complete trial of the same model"),
        ("foreign", "None of its parameters is tuned here"),
        ("nul\0", "nul"),
    ],
)
def test_a_study_that_cannot_be_used_is_told_and_the_others_are_used(
    tmp_path: Path, name: str, words: str
) -> None:
    broken_files(tmp_path)
    found, messages = look(new_study(f"{name}.hpostudy", "whole.hpostudy"), tmp_path)
    assert found == [{"C": 2.0, "kernel": "rbf"}]
    (message,) = messages
    assert message.startswith("No first trials from ")
    assert words in message


def test_an_earlier_study_is_left_exactly_as_it_is(tmp_path: Path) -> None:
    path = write_study(tmp_path / "a.hpostudy", [({"C": 2.0, "kernel": "rbf"}, 0.9)])
    before, changed = path.read_bytes(), path.stat().st_mtime_ns
    study = read_earlier(path, new_study())
    assert study.models == ("svm",)
    assert study.score(study.trials[0]) == "accuracy 0.9"
    assert path.read_bytes() == before
    assert path.stat().st_mtime_ns == changed
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_a_missing_study_is_an_error_where_one_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="missing"):
        read_earlier(tmp_path / "missing.hpostudy", new_study())


def test_a_study_from_outside_the_folder_is_used_and_its_place_is_told(tmp_path: Path) -> None:
    base = tmp_path / "new"
    base.mkdir()
    write_study(tmp_path / "a.hpostudy", [({"C": 4.0, "kernel": "rbf"}, 0.9)])
    found, messages = look(new_study("../a.hpostudy"), base)
    assert len(found) == 1
    head = "An earlier study from outside the study's folder"
    assert messages == [f"{head}:: {(tmp_path / 'a.hpostudy').resolve()}."]
