"""A person with two goals and a mouse: run, look at the front, take a trial, export its model."""

from __future__ import annotations

import csv
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from person import Person
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTabBar

from hpo_gui.cli.main import main
from hpo_gui.evaluation.samples import find_sample, sample_path
from hpo_gui.gui.cards.export_drawer import ExportDrawer
from hpo_gui.gui.plots.pareto_plot import ParetoPlot
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.buttons import PrimaryButton

SPEC = """
name = "small and good"
seed = 7

[data]
source = "penguins.csv"
target = "species"
ignore = ["year"]

[[models]]
name = "decision_tree"

[models.space]
max_depth = { type = "int", low = 1, high = 8 }
min_samples_leaf = { type = "int", low = 1, high = 20, log = true }

[validation]
kind = "stratified_k_fold"
folds = 3

[[goals]]
metric = "accuracy"
threshold = 0.5

[[goals]]
metric = "model_size"

[strategy]
name = "sobol"

[pruner]
name = "none"

[budget]
trials = 10

[compute]
workers = 1
"""


@pytest.fixture
def specification(tmp_path: Path) -> Path:
    rows = sample_path(find_sample("penguins")).read_bytes()
    (tmp_path / "penguins.csv").write_bytes(rows)
    path = tmp_path / "study.toml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def show_tab(person: Person, words: str) -> None:
    """Click a tab by its words."""
    for tabs in person.window.findChildren(QTabBar):
        names = [tabs.tabText(place) for place in range(tabs.count())]
        if tabs.isVisible() and words in names:
            at = tabs.tabRect(names.index(words)).center()
            QTest.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=at)
            return
    raise AssertionError(f"no tab is called {words!r}")


def test_a_point_of_the_front_is_taken_and_its_model_exported(
    person: Person, specification: Path, tmp_path: Path
) -> None:
    session = person.session
    session.opening.open_spec(specification)
    person.until(lambda: session.table is not None)
    person.settled()
    assert [goal.metric for goal in session.goals] == ["accuracy", "model_size"]

    person.go_to(4)
    person.click("Run", PrimaryButton)
    person.until(lambda: session.history.told == 10 and not session.is_active)
    store = trial_store(session)
    assert len(store.pareto.front) >= 2

    show_tab(person, "Pareto")
    plot = person.find(ParetoPlot, "model size (bytes) against accuracy")
    wanted = next(n for n in store.pareto.front.tolist() if n != store.chosen.number)
    place = int(np.flatnonzero(plot.points.numbers == wanted)[0])
    at = QPoint(round(plot.points.x[place]), round(plot.points.y[place]))
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at)
    taken = session.looking.selection[-1]  # an equal trial may stand at the same place
    equal = session.history.losses[taken].tolist() == session.history.losses[wanted].tolist()
    assert equal

    person.click("Use this one")
    assert session.looking.choice == taken

    person.go_to(5)
    person.click("Export results…")
    drawer = person.window.findChild(ExportDrawer)
    assert drawer is not None
    assert drawer.trial == taken
    drawer.set_folder(tmp_path / "results")
    person.click("Write ")
    person.until(lambda: drawer.done.isVisible() or drawer.error.isVisible())
    assert not drawer.error.isVisible(), drawer.error.text()

    out = tmp_path / "results"
    told = json.loads((out / "best.json").read_text(encoding="utf-8"))
    assert told["number"] == taken
    assert told["chosen"] == "given"
    with (out / "front.csv").open(encoding="utf-8") as file:
        numbers = [int(row["number"]) for row in csv.DictReader(file)]
    assert numbers == store.pareto.front.tolist()
    model = pickle.loads((out / "model.pkl").read_bytes())
    rows = pd.read_csv(tmp_path / "penguins.csv")
    assert (model.predict(rows) == rows["species"]).mean() > 0.5


def hpo(*arguments: object, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hpo_gui", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_terminal_tells_the_front_and_exports_it(
    specification: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = hpo("run", specification, "--trials", 6, cwd=tmp_path)
    monkeypatch.chdir(tmp_path)
    assert "; best accuracy " in said
    assert "on the Pareto front of 6 complete ones:" in said
    results = tmp_path / "results"
    told = json.loads((results / "best.json").read_text(encoding="utf-8"))
    assert told["chosen"] in ("knee", "best")
    with (results / "trials.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    on_front = [int(row["number"]) for row in rows if row["on_front"] == "True"]
    assert sorted(row["number"] for row in told["front"]) == on_front
    study, last = str(results / "study.hpostudy"), on_front[-1]
    wanted = ["--front", "front.png", "--params", "a.json", "--trial", str(last)]
    assert main(["export", study, *wanted]) == 0
    assert (tmp_path / "front.png").stat().st_size > 2000
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["number"] == last
    assert "--trial N" not in capsys.readouterr().out
    assert main(["export", study, "--params", "b.json"]) == 0
    assert "; --trial N chooses another one." in capsys.readouterr().out
