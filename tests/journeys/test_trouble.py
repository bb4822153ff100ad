"""A person whose disk, or whose cat, takes the study file away while the study runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from faulty_disk import FaultyDisk
from small_studies import hpo

from hpo_gui.assembly.folders import rescue_folder
from hpo_gui.assembly.opened import open_study
from hpo_gui.cli import run
from hpo_gui.core.trial import Trial

SPEC = """
version = 1
name = "my study"
seed = 7

[objective]
function = "mine.py:score"

[objective.space]
x = { type = "float", low = -1.0, high = 1.0 }

[[goals]]
metric = "loss"

[strategy]
name = "random"

[budget]
trials = 8

[compute]
executor = "inline"
"""
FUNCTION = """
from pathlib import Path

count = 0


def score(params):
    global count
    count += 1
    if count == 4:
        for file in Path(__file__).parent.glob("out/study.hpostudy"):
            {action}
    return {{"loss": params["x"] ** 2}}
"""


def write(folder: Path, action: str = "pass") -> tuple[Path, Path]:
    """A study whose fourth trial does something to its file; the specification and the file."""
    folder.mkdir()
    (folder / "mine.py").write_text(FUNCTION.format(action=action))
    (folder / "study.toml").write_text(SPEC)
    return folder / "study.toml", folder / "out" / "study.hpostudy"


def facts(trials: tuple[Trial, ...]) -> list[object]:
    return [(t.number, t.params, t.state, t.scores) for t in trials]


@pytest.fixture
def whole(tmp_path: Path) -> list[object]:
    """The trials of a study that nothing disturbs."""
    spec, path = write(tmp_path / "whole")
    assert hpo("run", spec, "--out", path.parent, "--trust").code == 0
    return facts(open_study(path).trials)


def test_a_deleted_study_ends_in_a_rescue_copy_from_which_it_goes_on(
    tmp_path: Path, whole: list[object]
) -> None:
    spec, path = write(tmp_path / "mine", "file.unlink()")
    said = hpo("run", spec, "--out", path.parent, "--trust", "--patience", "0")
    assert said.code == 3
    assert "is not there any more" in said.text
    (rescued,) = rescue_folder().iterdir()
    assert rescued.name == "my_study.rescue.hpostudy"
    assert f"The whole study is in {rescued} now." in said.text
    assert f"hpo-gui resume {rescued}" in said.text
    assert facts(open_study(rescued).trials[:4]) == whole[:4], "also what was never written"
    assert hpo("resume", rescued, "--trust").code == 0
    assert facts(open_study(rescued).trials) == whole


def test_somebody_at_a_terminal_lets_it_go_on_in_another_folder(
    tmp_path: Path, whole: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, path = write(tmp_path / "mine", "file.unlink()")
    other = tmp_path / "other disk"
    other.mkdir()
    answers = [str(tmp_path / "missing"), str(other)]
    monkeypatch.setattr(run, "can_ask", lambda: True)
    monkeypatch.setattr(run, "_ask_for_folder", lambda: answers.pop(0))
    said = hpo("run", spec, "--out", path.parent, "--trust")
    assert said.code == 0
    assert "The study was not saved there" in said.text
    moved = other / "study.hpostudy"
    assert f"The whole study is in {moved} now." in said.text
    assert facts(open_study(moved).trials) == whole
    assert (other / "trials.csv").exists(), "the results are beside the study"


def test_a_disk_that_is_full_for_a_while_delays_a_study_and_no_more(
    tmp_path: Path, whole: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpo_gui.study.keeping.FIRST_WAIT", 0.02)
    disk = FaultyDisk(monkeypatch)
    spec, path = write(tmp_path / "mine")
    with disk.failing(60, "full", lasts=4):
        said = hpo("run", spec, "--out", path.parent, "--trust")
    assert said.code == 0
    assert "the disk is full" in said.text
    assert "The study file can be written again; everything is in it." in said.text
    assert facts(open_study(path).trials) == whole
    assert not rescue_folder().exists()
