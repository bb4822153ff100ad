"""A person gets a study from somebody else: nothing of it runs unasked, from the terminal."""

from __future__ import annotations

import io
import pickle
import sys
from pathlib import Path

import pytest

from hpo_gui.assembly.folders import checkpoints_folder
from hpo_gui.cli import trust
from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import EnsembleSpec, ModelSpec, StudySpec
from hpo_gui.core.spec_text import spec_to_json
from hpo_gui.evaluation.trust import untrusted_code
from hpo_gui.storage.study_file import StudyFile
from tests.execution.test_checkpoints import Opened
from tests.support.small_studies import hpo

SPEC = """
[objective]
function = "mine.py:objective"

[objective.space]
x = { type = "float", low = 0.0, high = 1.0 }

[[goals]]
metric = "loss"

[strategy]
name = "random"

[budget]
trials = 2

[compute]
executor = "inline"
"""
MINE = """
import pathlib
pathlib.Path(__file__ + ".ran").touch()
def objective(params):
    return params["x"]
"""


@pytest.fixture(autouse=True)
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("HPO_STUDIO_TRUST")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "study.toml").write_text(SPEC)
    return tmp_path


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Type into a terminal."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{text}\n"))
    monkeypatch.setattr(trust, "can_ask", lambda: True)


def test_a_script_has_to_say_so_and_is_told_how(study: Path) -> None:
    said = hpo("run", "study.toml")
    assert said.code == 2
    assert f"runs code, which you have not trusted: {study / 'mine.py'}" in said.text
    assert "--trust" in said.text
    assert not (study / "mine.py.ran").exists()
    assert not (study / "results").exists()
    said = hpo("run", "study.toml", "--trust")
    assert (study / "mine.py.ran").exists()
    assert said.code == 0, said.text


def test_what_was_trusted_is_not_asked_about_until_it_changes(study: Path) -> None:
    assert hpo("run", "study.toml", "--trust", "--out", "a").code == 0
    assert hpo("run", "study.toml", "--out", "b").code == 0
    assert hpo("resume", "b/study.hpostudy", "--trials", "3").code == 0
    (study / "mine.py").write_text(MINE + "# changed\n")
    said = hpo("resume", "b/study.hpostudy", "--trials", "4")
    assert said.code == 2
    assert "which has changed since you trusted it" in said.text


@pytest.mark.parametrize(
    ("typed", "runs"), [("y", True), ("YES", True), ("", False), ("n", False)]
)
def test_a_person_at_a_terminal_is_asked(
    study: Path, monkeypatch: pytest.MonkeyPatch, typed: str, runs: bool
) -> None:
    answer(monkeypatch, typed)
    said = hpo("run", "study.toml")
    assert "Trust it from now on? [y/N]" in said.text
    assert (study / "mine.py.ran").exists() is runs
    assert said.code == (0 if runs else 2), said.text


def test_a_name_cannot_hide_itself_from_the_question(study: Path) -> None:
    (study / "study.toml").write_text(SPEC.replace("mine.py", "mine\\u001b[2K.py"))
    (study / "mine\x1b[2K.py").write_text(MINE)
    said = hpo("run", "study.toml")
    assert said.code == 2
    assert "\x1b" not in said.text
    assert "mine\\x1b[2K.py" in said.text


@pytest.mark.parametrize("what", ["--model", "--ensemble"])
def test_an_export_that_fits_a_class_of_others_asks_too(study: Path, what: str) -> None:
    model = StudySpec(
        models=(ModelSpec("planted_model.Model"),),
        goals=(Goal("accuracy"),),
        ensemble=EnsembleSpec(),
    )
    StudyFile.create(study / "a.hpostudy", spec_to_json(model)).close()
    said = hpo("export", "a.hpostudy", what, "a.pkl")
    assert said.code == 2
    assert "which you have not trusted: planted_model.Model" in said.text
    said = hpo("export", "a.hpostudy", what, "a.pkl", "--trust")
    assert "none complete" in said.text
    assert untrusted_code(model, study) == ()


def test_a_study_file_cannot_say_where_its_checkpoints_are(study: Path) -> None:
    """They are pickles: a study of others must not lead to a folder of others."""
    (study / "study.toml").write_text(
        SPEC.replace('objective"', 'objective"\nstart = "begin"', 1)
        .replace("mine.py:objective", "mine.py:step")
        .replace("[budget]", "[training]\nsteps = 2\n\n[budget]")
    )
    (study / "mine.py").write_text(
        "def begin(params, seed):\n    return 0\n"
        "def step(state, params, index):\n    return params['x'], state + 1\n"
    )
    assert hpo("run", "study.toml", "--trust").code == 0
    planted = study / "planted"
    planted.mkdir()
    sign = study / "read"
    for trial in range(9):
        (planted / f"{trial}.checkpoint").write_bytes(pickle.dumps(Opened(sign)))
    path = study / "results" / "study.hpostudy"
    with StudyFile.open(path) as file:
        file.set_meta("identity", str(planted))
    said = hpo("resume", path, "--trials", "4")
    assert said.code == 0, said.text
    assert not sign.exists()
    assert len(list(planted.iterdir())) == 9
    with StudyFile.open(path, read_only=True) as file:
        identity = file.meta("identity")
    assert identity is not None
    assert (checkpoints_folder() / identity).parent == checkpoints_folder()
