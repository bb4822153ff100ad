"""What docs/goals.md shows can be run, and the names in it are those of the program."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import numpy as np
from small_studies import INLINE, run_study

from hpo_gui.assembly.opened import read_history
from hpo_gui.core.spec_text import parse_spec
from hpo_gui.evaluation.calibration import BINS
from hpo_gui.evaluation.group_gap import LEAST_ROWS, MEASURES, MOST_GROUPS
from hpo_gui.evaluation.metric_table import COST_NAMES, OURS

TEXT = (Path(__file__).parents[2] / "docs" / "goals.md").read_text("utf-8")


def test_the_study_of_the_document_runs(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    spec = msgspec.structs.replace(parse_spec(text), compute=INLINE)
    history = read_history(run_study(spec, tmp_path, tmp_path / "a.hpostudy"))
    assert [goal.metric for goal in history.goals][1:] == ["model_size", "gap(accuracy, sex)"]
    assert np.isfinite(history.losses).all()
    assert len(history.front) > 1
    assert (history.losses[history.front, 0] <= -0.8).all()


def test_its_metrics_measures_and_numbers_are_those_of_the_program() -> None:
    for name in (*COST_NAMES, *(metric.name for metric in OURS)):
        assert f"`{name}`" in TEXT
    rows = [line for line in TEXT.split("| measure |")[1].splitlines() if line.startswith("| `")]
    named = re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in rows))
    assert set(named) <= set(MEASURES)
    assert f"fewer than {LEAST_ROWS} rows" in TEXT
    assert f"at most {MOST_GROUPS} groups" in TEXT
    assert f"with {BINS} bins" in TEXT
