"""What docs/learning.md shows can be run, and what it says of the models is what they say."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import msgspec
import pytest
from small_studies import INLINE, run_study

from hpo_gui.core.spec_text import parse_spec
from hpo_gui.core.trial import TrialState
from hpo_gui.evaluation.models import MODELS

TEXT = (Path(__file__).parents[2] / "docs" / "learning.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_function_of_the_document_is_tuned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "train.py").write_text(blocks("python")[0])
    spec = msgspec.structs.replace(parse_spec(blocks("toml")[-1]), compute=INLINE)
    opened = run_study(spec, tmp_path, tmp_path / "a.hpostudy")
    complete = [trial for trial in opened.trials if trial.state is TrialState.COMPLETE]
    assert len(complete) == 20
    assert min(trial.scores["loss"] for trial in complete) < 0.1


def test_the_studies_of_the_document_can_be_read() -> None:
    whole, space, phases, _ = blocks("toml")
    assert parse_spec(whole).training
    model = '[[models]]\nname = "mlp"\n'
    assert len(parse_spec(f"{model}{space}").models[0].space or ()) == 2
    assert [phase.step for phase in parse_spec(phases).training.phases] == [0, 12]


def test_every_model_that_learns_by_steps_is_in_the_document() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| `") or "`lightgbm`" in line]
    for entry in MODELS.values():
        if entry.learning is not None:
            (row,) = [line for line in rows if f"`{entry.name}`" in line.split("|")[1]]
            assert f" {entry.learning.stretch} " in row.split("|")[2]
            assert entry.learning.rate in row.split("|")[3]
