"""Choosing: chips, segments, combos, steps and studies tell what the user chose, nothing else."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hpo_gui.gui.theme import Theme
from hpo_gui.gui.widgets.buttons import LinkButton
from hpo_gui.gui.widgets.chip import Chip
from hpo_gui.gui.widgets.chip_list import ChipList
from hpo_gui.gui.widgets.combo import Combo, SearchableCombo
from hpo_gui.gui.widgets.segmented_control import SegmentedControl
from hpo_gui.gui.widgets.step_rail import StepRail
from hpo_gui.gui.widgets.study_list import StudyList

LEFT = Qt.MouseButton.LeftButton


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_a_removable_chip_is_removed_by_key(themed: Theme, qtbot: QtBot, key: Qt.Key) -> None:
    chip = Chip("gini", removable=True)
    qtbot.addWidget(chip)
    with qtbot.waitSignal(chip.removed):
        qtbot.keyClick(chip, key)


def test_only_the_cross_removes_a_chip(themed: Theme, qtbot: QtBot) -> None:
    chip = Chip("log_loss", removable=True)
    qtbot.addWidget(chip)
    chip.resize(chip.sizeHint())
    chip.show()
    with qtbot.assertNotEmitted(chip.removed):
        qtbot.mouseClick(chip, LEFT, pos=QPoint(10, 10))
    with qtbot.waitSignal(chip.removed):
        qtbot.mouseClick(chip, LEFT, pos=QPoint(chip.width() - 12, chip.height() // 2))


def test_a_chip_that_only_shows_is_left_out_of_the_tab_order(themed: Theme, qtbot: QtBot) -> None:
    chip = Chip("gini")
    qtbot.addWidget(chip)
    assert chip.focusPolicy() == Qt.FocusPolicy.NoFocus
    with qtbot.assertNotEmitted(chip.removed):
        qtbot.keyClick(chip, Qt.Key.Key_Delete)


def test_several_chips_can_be_chosen(themed: Theme, qtbot: QtBot) -> None:
    chips = ChipList("several", "Models")
    qtbot.addWidget(chips)
    chips.set_items([("rf", "random forest"), ("svc", "SVC")])
    chips.set_selected(["rf", "unknown"])
    with qtbot.waitSignal(chips.changed) as told:
        qtbot.mouseClick(chips.chip("svc"), LEFT)
    assert told.args == [["rf", "svc"]]
    with qtbot.waitSignal(chips.changed) as told:
        qtbot.mouseClick(chips.chip("rf"), LEFT)
    assert told.args == [["svc"]]


def test_exactly_one_chip_stays_chosen(themed: Theme, qtbot: QtBot) -> None:
    chips = ChipList("one")
    qtbot.addWidget(chips)
    chips.set_items(["a", "b"])
    qtbot.mouseClick(chips.chip("b"), LEFT)
    qtbot.mouseClick(chips.chip("b"), LEFT)
    assert chips.selected() == ["b"]


def test_new_chips_keep_what_was_chosen_and_what_follows_them(themed: Theme, qtbot: QtBot) -> None:
    chips = ChipList("several")
    qtbot.addWidget(chips)
    more = LinkButton("+ 9 more")
    chips.set_items(["a", "b"])
    chips.add_widget(more)
    chips.set_selected(["b"])
    with qtbot.assertNotEmitted(chips.changed):
        chips.set_items(["b", "c"])
    assert chips.selected() == ["b"]
    layout = chips.layout()
    assert layout is not None
    assert layout.itemAt(layout.count() - 1).widget() is more


def test_a_removed_chip_is_told_by_its_key(themed: Theme, qtbot: QtBot) -> None:
    chips = ChipList("remove")
    qtbot.addWidget(chips)
    chips.set_items([("k", "label")])
    with qtbot.waitSignal(chips.removed) as told:
        qtbot.keyClick(chips.chip("k"), Qt.Key.Key_Delete)
    assert told.args == ["k"]


def test_segments_tell_what_the_user_chose_only(themed: Theme, qtbot: QtBot) -> None:
    control = SegmentedControl([("trial", "trial"), ("time", "time")], "Axis")
    qtbot.addWidget(control)
    assert control.current() == "trial"
    with qtbot.assertNotEmitted(control.changed):
        control.set_current("time")
    assert control.current() == "time"
    with qtbot.waitSignal(control.changed) as told:
        qtbot.mouseClick(control.button("trial"), LEFT)
    assert told.args == ["trial"]


def test_segments_need_no_options(themed: Theme, qtbot: QtBot) -> None:
    control = SegmentedControl([])
    qtbot.addWidget(control)
    assert control.current() == ""


def test_a_combo_knows_keys_of_any_kind(themed: Theme, qtbot: QtBot) -> None:
    combo = Combo([(None, "none"), (1, "one"), ("x", "ex")], "Choice")
    qtbot.addWidget(combo)
    with qtbot.assertNotEmitted(combo.picked):
        combo.set_current_key("x")
    assert combo.current_key() == "x"
    combo.set_options([("x", "ex again"), (2, "two")])
    assert combo.current_key() == "x"
    combo.set_current_key("gone")
    assert combo.current_key() is None
    combo.set_current_key("x")
    with qtbot.waitSignal(combo.picked) as told:
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert told.args == [2]


def test_the_wheel_does_not_turn_a_combo_in_passing(themed: Theme, qtbot: QtBot) -> None:
    combo = Combo([(1, "one"), (2, "two")])
    qtbot.addWidget(combo)
    combo.show()
    wheel = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    combo.clearFocus()
    QApplication.sendEvent(combo, wheel)
    assert combo.current_key() == 1


@pytest.mark.parametrize(
    ("typed", "key"),
    [("roc", "roc_auc"), ("ACCURACY", "acc"), ("a", "acc"), ("nonsense", "acc"), ("", "acc")],
)
def test_a_searchable_combo_takes_the_only_match_and_restores_otherwise(
    themed: Theme, qtbot: QtBot, typed: str, key: str
) -> None:
    combo = SearchableCombo([("acc", "accuracy"), ("roc_auc", "ROC AUC")], "Metric")
    qtbot.addWidget(combo)
    edit = combo.lineEdit()
    assert edit is not None
    edit.setText(typed)
    edit.editingFinished.emit()
    assert combo.current_key() == key
    assert combo.currentText() == {"acc": "accuracy", "roc_auc": "ROC AUC"}[key]


STEPS = (("data", "Data"), ("space", "Space"), ("run", "Run"))


def test_a_step_is_gone_to_by_a_click(themed: Theme, qtbot: QtBot) -> None:
    rail = StepRail(STEPS)
    qtbot.addWidget(rail)
    assert rail.current() == ""
    with qtbot.assertNotEmitted(rail.activated):
        rail.set_current("data")
    with qtbot.waitSignal(rail.activated) as told:
        qtbot.mouseClick(rail.step("run"), LEFT)
    assert told.args == ["run"]
    assert rail.current() == "run"


def test_arrow_keys_move_between_steps(themed: Theme, qtbot: QtBot) -> None:
    rail = StepRail(STEPS)
    qtbot.addWidget(rail)
    with qtbot.waitActive(rail):
        rail.show()
        rail.activateWindow()
    rail.set_current("data")
    rail.step("data").setFocus()
    with qtbot.waitSignal(rail.activated) as told:
        qtbot.keyClick(rail.step("data"), Qt.Key.Key_Down)
    assert told.args == ["space"]


def test_a_step_tells_its_state_in_words(themed: Theme, qtbot: QtBot) -> None:
    rail = StepRail(STEPS)
    qtbot.addWidget(rail)
    rail.set_step("space", state="error", subtitle="no model chosen")
    assert rail.step("space").accessibleName() == "2 Space, needs attention"
    assert rail.step("space").accessibleDescription() == "no model chosen"
    with pytest.raises(KeyError):
        rail.set_step("nowhere", state="done")


def test_studies_are_gone_to_and_only_the_owner_marks_one(themed: Theme, qtbot: QtBot) -> None:
    studies = StudyList()
    qtbot.addWidget(studies)
    studies.set_studies([("a", "penguins", "0.966"), ("b", "wine", "")], "a")
    with qtbot.waitSignal(studies.activated) as told:
        qtbot.mouseClick(studies.row("b"), LEFT)
    assert told.args == ["b"]
    assert studies.row("a").isChecked()
    assert not studies.row("b").isChecked()
    studies.set_current("b")
    assert studies.row("b").isChecked()
    with qtbot.waitSignal(studies.menu_requested) as asked:
        studies.row("a").customContextMenuRequested.emit(QPoint(3, 3))
    assert asked.args[0] == "a"
