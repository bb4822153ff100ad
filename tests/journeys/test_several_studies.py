"""Several studies in one window: a queue of two variants, set up by keys, runs through."""

from __future__ import annotations

from pathlib import Path

from person import Person
from PySide6.QtCore import Qt

SPEC = """
name = "{name}"
seed = {seed}
[data]
source = "sample:iris"
[[models]]
name = "decision_tree"
[strategy]
name = "random"
[budget]
trials = {trials}
[compute]
executor = "inline"
"""


def write(folder: Path, name: str, trials: int, seed: int = 1) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(SPEC.format(name=name, trials=trials, seed=seed), encoding="utf-8")
    return path


def open_spec(person: Person, path: Path) -> None:
    person.window.open_file(str(path))  # the dialog is the system's own
    person.until(lambda: person.session.spec.name == path.stem)
    person.settled()


def test_a_queue_of_two_variants_runs_through(person: Person, tmp_path: Path) -> None:
    person.window.queue.load()
    open_spec(person, write(tmp_path, "trees", 4))
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    person.press(Qt.Key.Key_A, control | shift)
    person.press(Qt.Key.Key_D, control)
    person.until(lambda: person.session.spec.name == "trees 2")
    person.settled()
    person.press(Qt.Key.Key_A, control | shift)
    assert [entry.name for entry in person.window.queue.entries] == ["trees", "trees 2"]
    person.click("Run the queue")
    person.until(lambda: not person.window.queue.entries)
    done = {file.name: file.state for file in person.window.recent.of_kind("study")}
    assert done == {"trees": "done", "trees 2": "done"}
    said = [line.notice.head for line in person.window.log.model.lines]
    assert any(head.startswith("The queue is through: 2 done") for head in said)
