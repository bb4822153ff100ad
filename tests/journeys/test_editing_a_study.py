"""A person edits a study that has trials, goes on with it, and sees what became of old trials."""

from __future__ import annotations

from pathlib import Path

import pytest
from person import Person
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from small_studies import run_study

from hpo_gui.assembly.opened import open_study
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    ComputeSpec,
    DataSpec,
    ModelSpec,
    StartSpec,
    StudySpec,
)
from hpo_gui.gui.panels.space_panel import SpacePanel
from hpo_gui.gui.tables.space_model import HIGH, TUNE

SPEC = StudySpec(
    name="wine",
    data=DataSpec("sample:wine"),
    models=(ModelSpec("logistic_regression", space=(Float("C", 0.1, 10.0, log=True),)),),
    goals=(Goal("accuracy", "maximize"),),
    metrics=("balanced_accuracy",),
    validation=Choice("hold_out", {"test_share": 0.5}),
    start=StartSpec(tested=False),
    strategy=Choice("random"),
    pruner=Choice("none"),
    budget=BudgetSpec(trials=6),
    compute=ComputeSpec(executor="inline"),
)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "wine.hpostudy"
    run_study(SPEC, tmp_path, path)
    return path


def open_it(person: Person, study: Path) -> None:
    person.window.open_file(str(study))
    person.until(lambda: person.session.path == study and not person.session.opening.title)
    person.settled()


def space_cell(person: Person, name: str, column: int) -> SpacePanel:
    """Click a cell of the search space."""
    person.go_to(2)
    panel = person.window.pages.page("space")
    assert isinstance(panel, SpacePanel)
    model = panel.model
    rows = {model.row_at(model.index(row, 0)).name: row for row in range(model.rowCount())}
    rect = panel.table.visualRect(model.index(rows[name], column))
    spot = QPoint(rect.left() + (12 if column == TUNE else 20), rect.center().y())
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    return panel


def test_a_range_is_narrowed_and_the_study_goes_on_by_clicks(person: Person, study: Path) -> None:
    session = person.session
    open_it(person, study)
    view = space_cell(person, "C", HIGH).table.viewport()
    (edit,) = [e for e in view.findChildren(QLineEdit) if e.isVisible()]
    edit.selectAll()
    QTest.keyClicks(edit, "1")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    person.until(lambda: session.study_edit.found is not None)
    bar = person.window.messages.bar("later")
    assert bar.text.text().startswith("C: range 0.1…10 → 0.1…1.")
    assert len(open_study(study).versions) == 1  # nothing is written before it goes on

    person.go_to(3)
    person.type_into("Trials", "8")
    person.until(lambda: session.study_edit.found is not None)
    person.click("Apply and go on")
    person.until(lambda: session.history.told == 8 and not session.is_active)
    trials = open_study(study).trials
    assert [trial.spec_version for trial in trials] == [1] * 6 + [2] * 2
    assert all(trial.params["C"] <= 1 for trial in trials[6:])

    person.go_to(4)
    outside = [trial.number for trial in trials if trial.params["C"] > 1]
    assert outside
    person.type_into("Filter of the trials", "outside")
    table = person.window.pages.page("run").trials.table
    person.until(lambda: sorted(table.trials.shown.tolist()) == outside)


def test_a_metric_of_the_beginning_becomes_the_goal_and_undo_brings_it_back(
    person: Person, study: Path
) -> None:
    session = person.session
    open_it(person, study)
    person.go_to(3)
    person.pick("Goal", "balanced")
    person.until(lambda: session.study_edit.found is not None)
    text = person.window.messages.bar("later").text.text()
    assert text == "goal: accuracy → balanced_accuracy."  # all trials have a score for it
    person.click("Undo")
    person.until(lambda: person.window.messages.keys() == [])
    assert session.spec.goals == SPEC.goals
