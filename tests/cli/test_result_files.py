"""The files of a run: beside their study, and never in the place of another study's."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo_gui.assembly.opened import open_study
from hpo_gui.assembly.result_names import STUDY_FILE, beside
from hpo_gui.cli.printing import MISUSE
from hpo_gui.storage.study_file import StudyFile
from tests.support.small_studies import files_below, hpo

OWN = """
name = "own"
[objective]
function = "mine.py:objective"
[objective.space]
x = {{ type = "float", low = 0, high = {high} }}
[[goals]]
metric = "value"
direction = "maximize"
[budget]
trials = {trials}
[compute]
executor = "inline"
"""


def own(folder: Path, *, high: int = 1, trials: int = 2) -> Path:
    """The specification of a study of a function."""
    (folder / "mine.py").write_text("def objective(params):\n    return params['x']\n")
    path = folder / "own.toml"
    path.write_text(OWN.format(high=high, trials=trials), encoding="utf-8")
    return path


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A study that has run in a terminal, with its results."""
    said = hpo("run", own(tmp_path), "--out", tmp_path / "r", "--trust")
    assert said.code == 0, said.text
    return tmp_path / "r" / STUDY_FILE


def test_studies_of_one_folder_have_results_of_different_names() -> None:
    studies = ["study.hpostudy", "wine.hpostudy"]
    names = {beside(Path("r") / study, "trials.csv") for study in studies}
    assert names == {Path("r/trials.csv"), Path("r/wine-trials.csv")}
    assert beside(Path("wine.bak"), "a.csv") == Path("wine.bak-a.csv")
    assert beside(Path("wine.rescue.hpostudy"), "a.csv") == Path("wine.rescue-a.csv")


def test_another_study_in_a_folder_leaves_the_results_of_the_first(first: Path) -> None:
    other = first.with_name("other.hpostudy")
    with StudyFile.open(first) as file:
        file.save_copy(other)
    before = files_below(first.parent)
    said = hpo("resume", other, "--trials", "4", "--trust")
    assert said.code == 0, said.text
    after = files_below(first.parent)
    assert {name: after[name] for name in before if name != other.name} == {
        name: before[name] for name in before if name != other.name
    }
    assert set(after) - set(before) == {"other-trials.csv", "other-best.json"}
    assert str(first.with_name("other-trials.csv")) in said.text


def test_a_new_study_takes_no_place_of_the_results_of_one_that_was_renamed(first: Path) -> None:
    first.rename(first.with_name("kept.hpostudy"))
    before = files_below(first.parent)
    said = hpo("run", first.parents[1] / "own.toml", "--out", first.parent, "--trust")
    assert said.code == MISUSE
    assert "trials.csv must not exist yet" in said.text
    assert "Choose another --out" in said.text
    assert files_below(first.parent) == before, "nothing has begun"


def test_a_result_that_the_study_does_not_give_any_more_is_told(first: Path) -> None:
    """It stays, as it may be wanted; but it is not of what was just run."""
    first.with_name("front.csv").write_text("of two goals")
    said = hpo("resume", first, "--trials", "3", "--trust")
    assert said.code == 0, said.text
    assert f"{first.with_name('front.csv')} is from before" in said.text
    assert first.with_name("front.csv").read_text() == "of two goals"
    assert "trials.csv is from before" not in said.text
    assert len(open_study(first).trials) == 3
