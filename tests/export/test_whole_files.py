"""No writer of a file that a person asked for can leave half of it, or lose the old one."""

from __future__ import annotations

import ast
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import hpo_gui
from hpo_gui.analysis.model_board import ModelPlace
from hpo_gui.core.errors import ExportError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Learned, Origin, Trial, TrialState, add_step
from hpo_gui.export.excel import write_trials_excel
from hpo_gui.export.files import write_text
from hpo_gui.export.learning import write_learning_csv
from hpo_gui.export.model import write_model
from hpo_gui.export.models import write_models_csv
from hpo_gui.export.parameters import write_params_json
from hpo_gui.export.plot import write_convergence_plot
from hpo_gui.export.schedule import write_schedule_csv, write_schedule_json
from hpo_gui.export.table import write_trials_csv, write_trials_parquet

PACKAGE = Path(hpo_gui.__file__).parent
WRITERS = [
    *sorted((PACKAGE / "export").glob("*.py")),
    PACKAGE / "assembly" / "results.py",
    PACKAGE / "assembly" / "ensembles.py",
    PACKAGE / "gui" / "window" / "file_commands.py",
]
WRITING = {"write_text", "write_bytes", "savefig", "dump", "write_table", "to_csv", "to_parquet"}
GOAL = Goal("loss", "minimize")
NO_PLACES: list[ModelPlace] = []


def history() -> History:
    """Two trials of two steps of training."""
    trials = []
    for number in range(2):
        trial = Trial(number, {"x": 0.5}, Origin("random"), started=1.0, told=number + 1)
        for index in range(2):
            trial = add_step(trial, index, Learned({"loss": (0.5, 0.4)}))
        done = {"state": TrialState.COMPLETE, "finished": 2.0}
        trials.append(
            type(trial)(**{f: getattr(trial, f) for f in trial.__struct_fields__} | done)
        )
    return History(Space([Float("x", 0, 1)]), (GOAL,), trials)


EXPORTS: dict[str, tuple[str, Callable[[History, Path], object]]] = {
    "text": ("a.toml", lambda history, path: write_text("new", path)),
    "trials": ("a.csv", write_trials_csv),
    "parquet": ("a.parquet", write_trials_parquet),
    "workbook": ("a.xlsx", write_trials_excel),
    "parameters": ("a.json", lambda h, path: write_params_json(h.trials[0], GOAL, path)),
    "models": ("a.csv", lambda history, path: write_models_csv(NO_PLACES, GOAL, path)),
    "model": ("a.pkl", lambda history, path: write_model({"a": 1}, path)),
    "packed model": ("a.joblib", lambda history, path: write_model({"a": 1}, path)),
    "learning": ("a.csv", write_learning_csv),
    "schedule": ("a.csv", lambda h, path: write_schedule_csv(h, h.trials[0], path)),
    "schedule for programs": ("a.json", lambda h, path: write_schedule_json(h, h.trials[0], path)),
    "picture": ("a.svg", write_convergence_plot),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_a_disk_that_fails_leaves_the_old_file_and_nothing_beside_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_name, write = EXPORTS[name]
    folder = tmp_path / "results"
    folder.mkdir()
    path = folder / file_name
    path.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ExportError, match="No space left"):
            write(history(), path)
    assert path.read_bytes() == b"old"
    assert list(folder.iterdir()) == [path]
    write(history(), path)
    assert path.read_bytes() != b"old"
    assert list(folder.iterdir()) == [path]


def test_a_file_has_its_name_only_when_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def sync(descriptor: int) -> None:
        happened.append("sync")
        fsync(descriptor)

    def put(path: Path, target: Path) -> Path:
        happened.append("replace")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", put)
    write_text("new", tmp_path / "a.txt")
    assert happened[:2] == ["sync", "replace"]


@pytest.mark.parametrize("path", WRITERS, ids=lambda path: path.stem)
def test_everything_is_written_to_a_file_beside_the_one_wanted(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        text = ast.unparse(node)
        opens = node.func.attr == "open" and any(f"'{mode}" in text for mode in "wax")
        if node.func.attr in WRITING or opens:
            assert "temporary" in text, f"{path.name}:{node.lineno} writes in place: {text}"
