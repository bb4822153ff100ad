"""`hpo-gui watch` prints the trials of a study that another program writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec import structs
from small_studies import flowers, hpo, run_study, tree_study

from hpo_gui.cli import watch
from hpo_gui.core.spec import BudgetSpec, ModelSpec
from hpo_gui.core.spec_text import parse_spec, spec_to_json
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.storage.study_file import StudyFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A study with one finished trial."""
    flowers().to_csv(tmp_path / "flowers.csv", index=False)
    made = tmp_path / "flowers.hpostudy"
    run_study(tree_study("flowers.csv", "kind", budget=BudgetSpec(trials=1)), tmp_path, made)
    return made


def later(trial: Trial, number: int, score: float) -> Trial:
    """A trial that ends as the next one, with another score."""
    metric = next(iter(trial.scores))
    scores = {**trial.scores, metric: score}
    return structs.replace(trial, number=number, scores=scores, told=number + 1)


def act_by_act(monkeypatch: pytest.MonkeyPatch, acts: Iterator[Callable[[], object]]) -> None:
    """Let another program do one thing between two looks."""
    monkeypatch.setattr(watch, "sleep", lambda seconds: next(acts)())


def test_trials_are_printed_as_they_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = StudyFile.open(path)
    (first,) = writer.load()
    running = structs.replace(later(first, 1, 0.0), state=TrialState.RUNNING, told=None)
    pruned = structs.replace(later(first, 2, 0.25), state=TrialState.PRUNED)
    acts: list[Callable[[], object]] = [
        lambda: writer.put([running]),
        lambda: None,
        lambda: writer.put([later(first, 1, 0.0), pruned]),
        writer.close,
    ]
    act_by_act(monkeypatch, iter(acts))
    said = hpo("watch", path)
    metric = next(iter(first.scores))
    lines = said.text.splitlines()
    assert said.code == 0
    assert lines[0].startswith("Study “study”: 1 trial finished, best ")
    assert "process" in lines[1]
    assert lines[2].startswith(f"trial    1  complete   {metric} 0  (best ")
    assert lines[3].startswith(f"trial    2  pruned     after {first.steps_done}  (best ")
    assert lines[4] == "The other program has ended."
    assert lines[5].startswith("To go on: hpo-gui resume ")
    assert len(lines) == 6


def test_a_study_that_nobody_writes_is_told_and_left_as_it_is(path: Path) -> None:
    said = hpo("watch", path)
    assert said.code == 0
    assert "No program writes this study." in said.text
    assert sorted(part.name for part in path.parent.glob("flowers.h*")) == ["flowers.hpostudy"]


def test_another_specification_is_taken_over(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = StudyFile.open(path)
    (first,) = writer.load()
    watched = writer.spec_json()

    def change() -> None:
        writer.add_spec(watched.replace('"seed":3', '"seed":4'), "changed")
        writer.put([later(first, 1, 0.0)])

    act_by_act(monkeypatch, iter([change, writer.close]))
    said = hpo("watch", path)
    assert said.text.count("trial    1  complete") == 1


def test_trials_of_before_an_edit_count_as_they_are_seen_now(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is a repeat of a later one, but only through the eyes of the new version."""
    writer = StudyFile.open(path)
    (first,) = writer.load()
    spec = structs.replace(parse_spec(writer.spec_json(), name="study"), duplicates="average")
    two = structs.replace(spec, models=(*spec.models, ModelSpec("knn", space=())))
    writer.add_spec(spec_to_json(two), "another model")
    metric = next(iter(first.scores))
    same = {f"decision_tree.{name}": value for name, value in first.params.items()}
    again = structs.replace(
        later(first, 1, first.scores[metric] - 0.5),
        params={"model": "decision_tree", **same},
        spec_version=2,
    )
    other = structs.replace(
        later(first, 2, first.scores[metric] - 0.1), params={"model": "knn"}, spec_version=2
    )
    act_by_act(monkeypatch, iter([lambda: writer.put([again, other]), writer.close]))
    said = hpo("watch", path)
    mean = f"{first.scores[metric] - 0.25:.6g} over 2 repeats"
    first_line, last_line = said.text.splitlines()[-4:-2]
    assert f"{again.scores[metric]:.6g}, counts as {mean}  (best " in first_line
    assert last_line.endswith(f"(best {other.scores[metric]:.6g}, trial 2)")
    assert "repeats" not in last_line
    assert hpo("watch", path).text.startswith("Study “study”: 3 trials finished, best ")


def test_the_best_of_averaged_repeats_is_told_with_their_mean(path: Path) -> None:
    with StudyFile.open(path) as writer:
        (first,) = writer.load()
        metric = next(iter(first.scores))
        spec = parse_spec(writer.spec_json(), name="study")
        writer.add_spec(spec_to_json(structs.replace(spec, duplicates="average")), "averages")
        writer.put([later(first, 1, first.scores[metric] - 0.5)])
    told = hpo("watch", path).text.splitlines()[0]
    mean = f"{first.scores[metric] - 0.25:.6g}"
    assert told.endswith(f"best {metric} {mean} over 2 repeats (trial 0)")


def test_retracted_trials_are_no_results(path: Path) -> None:
    with StudyFile.open(path) as writer:
        (first,) = writer.load()
        gone = structs.replace(
            later(first, 1, 1.0), state=TrialState.RETRACTED, was=TrialState.COMPLETE
        )
        writer.put([gone])
    assert hpo("watch", path).text.startswith("Study “study”: 1 trial finished, best ")


def test_what_is_no_study_ends_in_a_message(tmp_path: Path) -> None:
    said = hpo("watch", tmp_path / "missing.hpostudy")
    assert said.code == 2
    assert "must exist" in said.text
    (tmp_path / "table.csv").write_text("a,b\n1,2\n" * 50)
    said = hpo("watch", tmp_path / "table.csv")
    assert said.code == 2
    assert "must be a study file" in said.text
