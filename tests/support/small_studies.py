"""Small tables, their specifications, and the command line in this process."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpo_gui.assembly.opened import Opened, open_study
from hpo_gui.assembly.running import create_study
from hpo_gui.cli.main import main
from hpo_gui.core.spec import ComputeSpec, DataSpec, ModelSpec, StudySpec
from hpo_gui.study.events import Finished, Message
from hpo_gui.study.runner import Runner

INLINE = ComputeSpec(executor="inline")


def flowers(rows: int = 60, seed: int = 0) -> pd.DataFrame:
    """Three classes that two of the columns tell apart, and a category that tells nothing."""
    rng = np.random.default_rng(seed)
    kind = np.arange(rows) % 3
    return pd.DataFrame(
        {
            "length": np.round(kind + rng.normal(0, 0.3, rows), 3),
            "width": np.round(kind * -2 + rng.normal(0, 0.5, rows), 3),
            "colour": rng.choice(["red", "white"], rows),
            "kind": np.array(["iris", "lily", "rose"])[kind],
        }
    )


def houses(rows: int = 60, seed: int = 0) -> pd.DataFrame:
    """A price that follows from two of the columns."""
    rng = np.random.default_rng(seed)
    size, age = rng.uniform(20, 200, rows), rng.uniform(0, 90, rows)
    price = size * 3 - age + rng.normal(0, 5, rows)
    frame = pd.DataFrame({"size": size, "age": age, "price": price}).round(2)
    return frame.assign(town=rng.choice(["A", "B", "C"], rows))[["size", "age", "town", "price"]]


def tree_study(source: str, target: str, **changes: Any) -> StudySpec:
    """A study of a decision tree in this process; ``data`` has changes of the data section."""
    data = DataSpec(source, target=target, **changes.pop("data", {}))
    usual: dict[str, Any] = {
        "models": (ModelSpec("decision_tree"),),
        "compute": INLINE,
        "seed": 3,
    }
    return StudySpec(data=data, **{**usual, **changes})


def finish(runner: Runner) -> Finished:
    """Run to the end; the last event."""
    events = list(runner.run())
    assert isinstance(events[-1], Finished)
    return events[-1]


def messages_of(runner: Runner) -> list[Message]:
    """Run to the end; all that a person was told."""
    return [event for event in runner.run() if isinstance(event, Message)]


def run_study(spec: StudySpec, base: Path, path: Path) -> Opened:
    """Make a study, run it to the end and open its file."""
    finish(create_study(spec, base, path))
    return open_study(path)


@dataclass(frozen=True)
class Said:
    """What the command line said, and its exit code."""

    code: int
    text: str


def hpo(*arguments: object) -> Said:
    """Run the command line in this process."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:  # argparse
            code = int(end.code or 0)
    text = said.getvalue()
    assert "Traceback" not in text, text
    return Said(code, text)


def call_here(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Instead of `execution.call.call_in_process`, where a process is not the point."""
    return function(*arguments)


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content, to see what was changed."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
