"""A person with a mouse: from a CSV to a model that predicts, by real clicks and keys."""

from __future__ import annotations

import csv
import pickle
from pathlib import Path

import pandas as pd
import pytest
from person import Person
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from hpo_gui.evaluation.samples import find_sample, sample_path
from hpo_gui.gui.cards.export_drawer import ExportDrawer
from hpo_gui.gui.widgets.buttons import PrimaryButton


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "my penguins.csv"
    path.write_bytes(sample_path(find_sample("penguins")).read_bytes())
    return path


def choose_file(person: Person, path: Path) -> None:
    """Type a path into the open file dialog and accept it."""
    person.until(lambda: person.window.findChild(QFileDialog) is not None, 5000)
    dialog = person.window.findChild(QFileDialog)
    dialog.selectFile(str(path))
    dialog.accept()


def test_from_a_csv_to_a_model_that_predicts_by_clicks(
    person: Person, table: Path, tmp_path: Path
) -> None:
    session = person.session
    person.click("Open data…")
    choose_file(person, table)
    person.until(lambda: session.table is not None)
    person.settled()
    assert session.spec.data is not None
    assert session.spec.data.target == "species"

    person.go_to(2)
    person.click("Logistic regression")
    person.settled()
    assert [model.name for model in session.spec.models] == ["logistic_regression"]

    person.go_to(3)
    person.type_into("Trials", "6")
    person.settled()
    assert session.spec.budget.trials == 6

    person.click("Run", PrimaryButton)
    person.until(lambda: session.history.told == 6 and not session.is_active)
    assert session.history.trials[0].origin.strategy == "default"

    person.go_to(5)
    person.click("Export results…")
    drawer = person.window.findChild(ExportDrawer)
    assert drawer is not None
    out = tmp_path / "results"
    drawer._folder = out  # the folder dialog is the system's own
    drawer.refresh()
    for key in ("trials_csv", "model_pickle", "params", "plot_svg"):
        if not drawer.boxes[key].isChecked():
            person.click(drawer.boxes[key].text())
    person.click("Write ")
    person.until(lambda: drawer.done.isVisible() or drawer.error.isVisible())
    assert not drawer.error.isVisible(), drawer.error.text()

    files = {path.suffix: path for path in out.rglob("*") if path.is_file()}
    model = pickle.loads(files[".pkl"].read_bytes())
    rows = pd.read_csv(table)
    assert (model.predict(rows) == rows["species"]).mean() > 0.9
    with files[".csv"].open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 6


def test_a_run_is_paused_resumed_and_stopped_and_goes_on_later(person: Person) -> None:
    session = person.session
    session.opening.open_example("wine")
    person.until(lambda: session.table is not None)
    person.settled()
    person.go_to(3)
    person.type_into("Trials", "500")
    person.settled()
    person.click("Run", PrimaryButton)
    person.until(lambda: session.history.told >= 2)
    person.click("Pause")
    person.until(lambda: session.state == "paused")
    done = session.history.told
    assert not [t for t in session.history.trials if str(t.state) == "running"]
    person.click("Resume")
    person.until(lambda: session.history.told > done)
    session.stop_now()
    person.until(lambda: not session.is_active)
    kept = session.history
    assert "running" not in {str(trial.state) for trial in kept.trials}

    path = session.path
    assert path is not None
    session.new_study()
    assert person.session.is_empty
    session.opening.open_study(path)
    person.until(lambda: len(session.history) == len(kept))
    assert [t.scores for t in session.history.trials] == [t.scores for t in kept.trials]


def test_every_edit_can_be_undone(person: Person) -> None:
    session = person.session
    session.opening.open_example("iris")
    person.until(lambda: session.table is not None)
    person.settled()
    before = session.spec
    person.go_to(2)
    person.click("Logistic regression")
    person.settled()
    after = session.spec
    assert after.models != before.models
    person.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    person.settled()
    assert session.spec == before
    shift = Qt.KeyboardModifier.ShiftModifier
    person.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | shift)
    person.settled()
    assert session.spec == after


def test_another_target_brings_a_suitable_metric_and_run_stays_enabled(person: Person) -> None:
    from msgspec import structs

    session = person.session
    session.opening.open_example("penguins")
    person.until(lambda: session.table is not None)
    person.settled()
    assert session.spec.data is not None
    assert session.spec.goals[0].metric == "accuracy"
    data = structs.replace(session.spec.data, target="body_mass_g", task="auto")
    session.edit(structs.replace(session.spec, data=data), "Predict body_mass_g")
    person.settled()
    assert session.spec.goals[0].metric == "neg_root_mean_squared_error"
    assert session.problems == ()


def test_a_table_of_one_class_says_why_nothing_can_run_and_runs_when_that_is_mended(
    person: Person, tmp_path: Path
) -> None:
    session, path = person.session, tmp_path / "one class.csv"
    rows = [(i * 1.37 % 5, i * 0.71 % 3, "cat") for i in range(40)]
    path.write_text("a,b,kind\n" + "".join(f"{a},{b},{kind}\n" for a, b, kind in rows))
    session.opening.open_any(path)
    person.until(lambda: session.table is not None)
    person.settled()
    person.find(PrimaryButton, "Run")
    assert session.roles is not None
    assert session.roles.of("kind").role == "ignore"

    path.write_text("a,kind\n" + "".join(f"{a},{kind}\n" for a, _, kind in rows))
    session.opening.open_any(path)
    person.until(lambda: session.table is not None and len(session.table.columns) == 2)
    person.settled()
    assert session.roles is not None, "what was guessed is shown all the same"
    assert session.roles.of("kind").reason == "the same value in every row"
    reason = person.window.run_bar.reason
    assert reason.text().startswith("data must have a column to learn from")
    assert not person.window.run_bar.main_button.isEnabled()

    path.write_text("a,kind\n" + "".join(f"{a},{'cd'[a > 2]}\n" for a, _, _ in rows))
    session.opening.open_any(path)
    person.until(lambda: session.roles is not None and session.roles.target == "kind")
    person.settled()
    assert person.window.run_bar.main_button.isEnabled()
