"""Predicting with a model file in the window: a look first, a question where others made it."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sklearn.dummy import DummyRegressor

from hpo_gui.export.model import write_model
from hpo_gui.gui.dialogs.predict_dialog import PredictDialog
from hpo_gui.gui.jobs import Jobs


class Harm:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two models, a table, and no process of its own, whose start takes seconds."""
    monkeypatch.delenv("HPO_STUDIO_TRUST")
    monkeypatch.setattr(
        "hpo_gui.assembly.predicting.call_in_process",
        lambda function, *arguments, **options: function(*arguments),
    )
    model = DummyRegressor(strategy="constant", constant=2.5).fit([[0]], [1])
    write_model(model, tmp_path / "own.pkl")
    (tmp_path / "other.pkl").write_bytes(pickle.dumps([model, Harm(tmp_path / "harmed")]))
    (tmp_path / "new.csv").write_text("id,a\nx,1\ny,2\n")
    return tmp_path


@pytest.fixture
def dialog(qtbot: QtBot, folder: Path) -> PredictDialog:
    jobs = Jobs()
    made = PredictDialog(jobs, "", str(folder), "*.csv")
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    made.jobs_kept = jobs  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.open()
    return made


def choose(qtbot: QtBot, dialog: PredictDialog, path: Path) -> None:
    dialog.model.setText(str(path))
    qtbot.waitUntil(lambda: dialog._file is not None)


def test_nothing_can_be_predicted_before_model_and_table_are_chosen(
    qtbot: QtBot, dialog: PredictDialog, folder: Path
) -> None:
    assert not dialog.predict.isEnabled()
    choose(qtbot, dialog, folder / "own.pkl")
    assert not dialog.predict.isEnabled()
    dialog.table.setText(str(folder / "new.csv"))
    assert dialog.predict.isEnabled()
    assert dialog.out.text() == str(folder / "predictions.csv")


def test_a_model_of_ones_own_predicts_without_a_question(
    qtbot: QtBot, dialog: PredictDialog, folder: Path
) -> None:
    choose(qtbot, dialog, folder / "own.pkl")
    dialog.table.setText(str(folder / "new.csv"))
    dialog.keep.setText("id, ")
    assert (dialog.predict.text(), dialog.names.isHidden()) == ("Predict", True)
    assert dialog.facts.text().startswith("This program wrote the model")
    with qtbot.waitSignal(dialog.predicted) as told:
        dialog.predict.click()
    assert told.args is not None
    assert told.args[0].rows == 2
    assert (folder / "predictions.csv").read_text().split() == ["id,prediction", "x,2.5", "y,2.5"]


def test_a_model_of_others_is_listed_and_loaded_only_after_a_yes(
    qtbot: QtBot, dialog: PredictDialog, folder: Path
) -> None:
    dialog.table.setText(str(folder / "new.csv"))
    choose(qtbot, dialog, folder / "other.pkl")
    assert dialog.predict.text() == "Trust it and predict"
    assert "can run any code" in dialog.facts.text()
    lines = dialog.names.toPlainText().splitlines()
    assert lines[0] == f"! {os.mkdir.__module__}.mkdir"
    assert "  sklearn.dummy.DummyRegressor" in lines
    assert not (folder / "harmed").exists()
    dialog.predict.click()
    qtbot.waitUntil(lambda: bool(dialog.error.text()))
    assert (folder / "harmed").exists()
    assert "must hold a model that predicts, but got 'list'" in dialog.error.text()
    assert dialog.isVisible()
    assert dialog.predict.text() == "Predict", "the yes is remembered"


@pytest.mark.parametrize("name", ["new.csv", "missing.pkl"])
def test_what_is_no_model_is_told(
    name: str, qtbot: QtBot, dialog: PredictDialog, folder: Path
) -> None:
    dialog.table.setText(str(folder / "new.csv"))
    dialog.model.setText(str(folder / name))
    qtbot.waitUntil(lambda: dialog._looking is None)
    assert ("must be a model" in dialog.error.text()) == (name == "new.csv")
    assert not dialog.predict.isEnabled()


def test_only_the_model_chosen_last_is_shown(
    qtbot: QtBot, dialog: PredictDialog, folder: Path
) -> None:
    dialog.model.setText(str(folder / "other.pkl"))
    choose(qtbot, dialog, folder / "own.pkl")
    assert dialog._file is not None
    assert dialog._file.path.name == "own.pkl"
    assert dialog.names.isHidden()


def test_a_place_that_was_typed_is_kept_when_the_table_changes(
    qtbot: QtBot, dialog: PredictDialog, folder: Path
) -> None:
    dialog.out.selectAll()
    qtbot.keyClicks(dialog.out, "elsewhere.csv")
    dialog.table.setText("sample:penguins")
    assert dialog.out.text() == "elsewhere.csv"
