"""The dialogs for a configuration by hand and for the values of a grid."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hpo_gui.core.errors import SpecError
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal
from hpo_gui.core.space import Space
from hpo_gui.gui.dialogs.grid_values import GridValuesDialog, read_grid_values, write_grid_values
from hpo_gui.gui.dialogs.trial_dialog import TrialDialog

LEFT = Qt.MouseButton.LeftButton
SPACE = Space(
    [
        Float("C", 0.01, 100, log=True),
        Categorical("kernel", ("rbf", "poly", None)),
        Int("degree", 2, 5, when={"kernel": ("poly",)}),
        Ordinal("layers", ((64, 32), (16,))),
        Int("depth", 1, 9, or_none=True, default=None),
    ],
    ["not (kernel = poly and C > 10)"],
)


@pytest.fixture
def dialog(qtbot: QtBot) -> TrialDialog:
    made = TrialDialog(SPACE)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.open()
    return made


def pick(dialog: TrialDialog, name: str, index: int) -> None:
    combo = dialog.form.fields[name].combo
    assert combo is not None
    combo.setCurrentIndex(index)
    combo.activated.emit(index)


def test_it_begins_with_the_defaults(dialog: TrialDialog) -> None:
    assert dialog.form.params() == {"C": 1.0, "kernel": "rbf", "layers": (64, 32), "depth": None}
    assert not dialog.form.fields["degree"].isEnabled()
    assert dialog.take.isEnabled()


def test_it_begins_with_a_given_configuration(qtbot: QtBot) -> None:
    params = {"C": 3.0, "kernel": "poly", "degree": 4, "layers": (16,), "depth": 2}
    made = TrialDialog(SPACE, params)
    qtbot.addWidget(made)
    assert made.form.params() == params


def test_what_does_not_apply_switches_off_by_itself(dialog: TrialDialog) -> None:
    pick(dialog, "kernel", 1)
    assert dialog.form.fields["degree"].isEnabled()
    assert "degree" in dialog.form.params()
    pick(dialog, "kernel", 2)
    assert dialog.form.params()["kernel"] is None
    assert not dialog.form.fields["degree"].isEnabled()
    assert "only if kernel = poly" in dialog.form._hints["degree"].text()


@pytest.mark.parametrize(
    ("text", "said"), [("1000", "from 0.01 to 100"), ("", "must be a number"), ("x", "number")]
)
def test_a_bad_value_is_told_and_cannot_be_taken(
    dialog: TrialDialog, text: str, said: str
) -> None:
    number = dialog.form.fields["C"].number
    assert number is not None
    number.setText(text)
    assert said in dialog.error.text()
    assert not dialog.take.isEnabled()


def test_a_broken_constraint_is_told(dialog: TrialDialog) -> None:
    pick(dialog, "kernel", 1)
    number = dialog.form.fields["C"].number
    assert number is not None
    number.setText("50")
    assert "`not (kernel = poly and C > 10)` must hold" in dialog.error.text()
    number.setText("5")
    assert dialog.error.text() == ""


def test_it_gives_the_configuration_once(dialog: TrialDialog, qtbot: QtBot) -> None:
    box = dialog.form.fields["depth"].none
    assert box is not None
    box.setChecked(False)
    with qtbot.waitSignal(dialog.given) as given:
        QTest.mouseClick(dialog.take, LEFT)
    assert given.args is not None
    assert given.args[0]["depth"] in range(1, 10)
    assert not dialog.isVisible()


def test_defaults_come_back_by_a_click(dialog: TrialDialog) -> None:
    pick(dialog, "kernel", 1)
    QTest.mouseClick(dialog.defaults, LEFT)
    assert dialog.form.params()["kernel"] == "rbf"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5 points", 5),
        ("1 point", 1),
        ("0.1, 1, 10", (0.1, 1, 10)),
        ("5", (5,)),
        ("(64, 32), (16,)", ((64, 32), (16,))),
        ("none, rbf,", (None, "rbf")),
    ],
)
def test_grid_values_are_read_and_written(text: str, value: Any) -> None:
    assert read_grid_values("C", text) == value
    assert read_grid_values("C", write_grid_values(value)) == value


@pytest.mark.parametrize("text", ["0 points", "(1", ",", "1, , 2"])
def test_bad_grid_values_are_refused(text: str) -> None:
    with pytest.raises(SpecError, match=r"values\.C"):
        read_grid_values("C", text)


def test_the_grid_dialog_counts_and_checks(qtbot: QtBot) -> None:
    made = GridValuesDialog(SPACE, 3, {"C": [0.1, 1], "depth": 2})
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.open()
    assert made.edits["C"].text() == "0.1, 1"
    assert made.edits["depth"].text() == "2 points"
    assert made.summary.text() == "60 combinations"
    made.edits["C"].setText("1000")
    assert not made.take.isEnabled()
    assert "from 0.01 to 100" in made.summary.text()
    made.edits["C"].setText("")
    with qtbot.waitSignal(made.given) as given:
        QTest.mouseClick(made.take, LEFT)
    assert given.args == [{"depth": 2}]
