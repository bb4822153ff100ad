"""The Space panel, by clicks and keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import msgspec
import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Choice, FunctionSpec, ModelSpec, StudySpec
from hpo_gui.evaluation.models import MODELS
from hpo_gui.evaluation.suitability import suitable_models
from hpo_gui.gui.dialogs.models_dialog import ModelsDialog
from hpo_gui.gui.panels.space_panel import SpacePanel
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.space_model import (
    CHOICES,
    HIGH,
    KIND,
    LOW,
    MEAN,
    NAME,
    SAMPLED,
    SCALE,
    SD,
    STEP,
    TUNE,
    WHEN,
)
from tests.support.real_session import open_sample, settle

Key = Qt.Key


@pytest.fixture
def real(qtbot: QtBot) -> Iterator[Session]:
    session = open_sample(qtbot)
    yield session
    assert session.close()


@pytest.fixture
def panel(qtbot: QtBot, real: Session) -> SpacePanel:
    made = SpacePanel(real)
    qtbot.addWidget(made)
    made.resize(1190, 720)
    made.show()
    qtbot.waitExposed(made)
    return made


def cell(panel: SpacePanel, name: str, column: int) -> QModelIndex:
    for row in range(panel.model.rowCount()):
        index = panel.model.index(row, column)
        if panel.model.row_at(index).name == name:
            return index
    raise AssertionError(f"no row {name}")


def click(panel: SpacePanel, name: str, column: int) -> None:
    rect = panel.table.visualRect(cell(panel, name, column))
    assert rect.isValid()
    spot = QPoint(rect.left() + 20, rect.center().y())
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=spot)


def write(qtbot: QtBot, panel: SpacePanel, name: str, column: int, text: str) -> None:
    """Click into a cell, type, press Return."""
    click(panel, name, column)
    edits = [e for e in panel.table.viewport().findChildren(QLineEdit) if e.isVisible()]
    assert edits, f"no editor opened for {name}"
    edits[-1].selectAll()
    if text:
        QTest.keyClicks(edits[-1], text)
    else:
        QTest.keyClick(edits[-1], Key.Key_Delete)
    close_editor(qtbot, panel, edits[-1])


def close_editor(qtbot: QtBot, panel: SpacePanel, edit: QLineEdit) -> None:
    """Press Return, and wait until what was typed has arrived."""
    view = panel.table.viewport()
    QTest.keyClick(edit, Key.Key_Return)
    qtbot.waitUntil(lambda: not any(e.isVisible() for e in view.findChildren(QLineEdit)))
    arrive(qtbot)


def arrive(qtbot: QtBot) -> None:
    """Let what was asked for be done: edits wait until the event under way has been handled."""
    done: list[bool] = []
    QTimer.singleShot(0, lambda: done.append(True))
    qtbot.waitUntil(lambda: bool(done))


def tuned(session: Session) -> dict[str, object]:
    (model,) = session.spec.models
    return {parameter.name: parameter for parameter in model.space or ()}


def message(panel: SpacePanel) -> str:
    return panel.message.text() if panel.message.isVisible() else ""


def test_the_recommended_space_is_shown_and_nothing_is_wrong(
    panel: SpacePanel, real: Session
) -> None:
    names = [panel.model.row_at(panel.model.index(r, 0)).name for r in range(8)]
    assert names[:4] == ["max_features", "min_samples_split", "min_samples_leaf", "max_depth"]
    assert panel.model.text_at(cell(panel, "max_samples", WHEN)) == "bootstrap = true"
    assert panel.model.text_at(cell(panel, "n_estimators", CHOICES)) == "200"
    assert message(panel) == ""
    assert not panel.reset.isEnabled()
    assert "recommended" in panel.reset.toolTip()
    assert "7 tuned · 1 conditional · grid of 5 each" in panel.constraints.summary.text()


def test_a_range_is_changed_in_its_cell_and_can_be_undone(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    write(qtbot, panel, "max_depth", HIGH, "30")
    assert tuned(real)["max_depth"] == Int(
        "max_depth", 1, 30, log=True, or_none=True, default=None
    )
    assert real.undo.undoText() == "Change range of max_depth"
    assert panel.reset.isEnabled()
    real.undo.undo()
    settle(qtbot, real)
    assert tuned(real)["max_depth"].high == 50
    assert panel.model.text_at(cell(panel, "max_depth", HIGH)) == "50"
    real.undo.redo()
    assert panel.model.text_at(cell(panel, "max_depth", HIGH)) == "30"


def test_low_above_high_keeps_the_text_and_the_last_good_space(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    before = real.spec
    write(qtbot, panel, "max_depth", LOW, "99")
    assert real.spec == before
    assert panel.model.text_at(cell(panel, "max_depth", LOW)) == "99"
    assert "max_depth, from: must not be above `high`" in message(panel)
    assert "Swap the two ends" in message(panel)
    assert panel.model.error_at(cell(panel, "max_depth", LOW))
    write(qtbot, panel, "min_samples_leaf", HIGH, "12")
    assert tuned(real)["min_samples_leaf"].high == 12
    assert panel.model.text_at(cell(panel, "max_depth", LOW)) == "99"
    write(qtbot, panel, "max_depth", HIGH, "120")
    assert (tuned(real)["max_depth"].low, tuned(real)["max_depth"].high) == (99, 120)
    assert message(panel) == ""


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        (LOW, "abc", "Not a number"),
        (LOW, "", "Type a number"),
        (LOW, "1.5", "Must be a whole number"),
        (LOW, "1,5", "Write the decimal sign as a point"),
        (LOW, "0", "must be at least 1 for a log range"),
        (LOW, "-3", "Raise `low` or use a linear scale"),
        (WHEN, "criterion", "must read like `kernel = rbf or poly`"),
        (WHEN, "kernel = rbf", "must name a parameter of the space, but got 'kernel'"),
        (WHEN, "criterion = squared", "must be one of gini, entropy"),
        (WHEN, "max_depth = 3", "must not name the parameter itself"),
    ],
)
def test_a_bad_entry_is_told_in_its_cell_and_below_the_table(
    qtbot: QtBot, panel: SpacePanel, real: Session, column: int, text: str, said: str
) -> None:
    before = real.spec
    write(qtbot, panel, "max_depth", column, text)
    assert said in message(panel)
    assert said in panel.model.error_at(cell(panel, "max_depth", column))
    assert panel.model.text_at(cell(panel, "max_depth", column)) == text
    assert real.spec == before


def test_numbers_may_be_written_as_powers(qtbot: QtBot, panel: SpacePanel, real: Session) -> None:
    write(qtbot, panel, "max_features", LOW, "2^-5")
    assert tuned(real)["max_features"].low == 2**-5


def test_a_box_fixes_and_tunes_a_parameter(qtbot: QtBot, panel: SpacePanel, real: Session) -> None:
    click(panel, "max_features", TUNE)
    arrive(qtbot)
    assert "max_features" not in tuned(real)
    assert panel.model.text_at(cell(panel, "max_features", KIND)) == "fixed"
    write(qtbot, panel, "max_features", CHOICES, "0.5")
    assert real.spec.models[0].fixed["max_features"] == 0.5
    click(panel, "max_features", TUNE)
    arrive(qtbot)
    assert tuned(real)["max_features"].high == 1
    assert "max_features" not in real.spec.models[0].fixed


def test_a_parent_that_is_fixed_is_told_at_its_child(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    click(panel, "bootstrap", TUNE)
    arrive(qtbot)
    assert "bootstrap" in tuned(real)
    assert "must name a parameter of the space, but got 'bootstrap'" in message(panel)
    assert "keeps its last good space" in message(panel)
    write(qtbot, panel, "max_samples", WHEN, "")
    assert message(panel) == ""
    assert "bootstrap" not in tuned(real)
    assert tuned(real)["max_samples"].when == {}


def test_a_condition_is_typed_with_completion(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    click(panel, "min_samples_leaf", WHEN)
    (edit,) = [e for e in panel.table.viewport().findChildren(QLineEdit) if e.isVisible()]
    QTest.keyClicks(edit, "crit")
    model = edit.completer().model()
    offered = [model.index(r, 0).data() for r in range(model.rowCount())]
    assert offered == ["criterion = gini", "criterion = entropy"]
    QTest.keyClicks(edit, "erion = gini")
    close_editor(qtbot, panel, edit)
    assert tuned(real)["min_samples_leaf"].when == {"criterion": ("gini",)}
    assert "2 conditional" in panel.constraints.summary.text()


def test_the_type_is_chosen_from_a_menu(qtbot: QtBot, panel: SpacePanel, real: Session) -> None:
    click(panel, "max_features", KIND)
    assert panel.table.menu is not None
    assert panel.table.menu.isVisible()
    actions = {action.text(): action for action in panel.table.menu.actions()}
    assert actions["float"].isChecked()
    assert list(actions) == ["float", "int", "categorical", "ordinal", "fixed"]
    QTest.keyClick(panel.table.menu, Key.Key_Down)
    QTest.keyClick(panel.table.menu, Key.Key_Down)
    QTest.keyClick(panel.table.menu, Key.Key_Return)
    arrive(qtbot)
    changed = tuned(real)["max_features"]
    assert isinstance(changed, Categorical)
    assert changed.choices == (0.1, 0.325, 0.55, 0.775, 1)


def test_the_scale_is_chosen_by_keyboard(qtbot: QtBot, panel: SpacePanel, real: Session) -> None:
    panel.table.setFocus()
    panel.table.setCurrentIndex(cell(panel, "max_features", SCALE))
    QTest.keyClick(panel.table, Key.Key_Return)
    assert panel.table.menu is not None
    panel.table.menu.actions()[1].trigger()
    panel.table.menu.close()
    arrive(qtbot)
    assert tuned(real)["max_features"].log is True


def test_everything_can_be_reached_with_the_arrow_keys(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    panel.table.setFocus()
    panel.table.setCurrentIndex(cell(panel, "max_features", TUNE))
    seen = []
    for _ in range(7):
        seen.append(panel.table.currentIndex().column())
        QTest.keyClick(panel.table, Key.Key_Right)
    assert seen == [TUNE, NAME, KIND, LOW, HIGH, SCALE, CHOICES]
    panel.table.setCurrentIndex(cell(panel, "max_features", LOW))
    QTest.keyClick(panel.table, Key.Key_F2)
    (edit,) = [e for e in panel.table.viewport().findChildren(QLineEdit) if e.isVisible()]
    QTest.keyClicks(edit, "0.2")
    QTest.keyClick(edit, Key.Key_Tab)
    qtbot.waitUntil(lambda: tuned(real)["max_features"].low == 0.2)


def test_choices_are_added_and_removed_in_a_popup(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    click(panel, "criterion", CHOICES)
    popup = panel.table.popup
    assert popup is not None
    assert popup.isVisible()
    QTest.keyClicks(popup.field, "log_loss")
    QTest.keyClick(popup.field, Key.Key_Return)
    arrive(qtbot)
    assert tuned(real)["criterion"].choices == ("gini", "entropy", "log_loss")
    QTest.keyClicks(popup.field, "gini")
    QTest.keyClick(popup.field, Key.Key_Return)
    assert "among the choices already" in popup.error.text()
    popup.field.clear()
    QTest.keyClicks(popup.field, "(64, 32")
    QTest.keyClick(popup.field, Key.Key_Return)
    assert "comma" in popup.error.text()
    QTest.keyClick(popup.chips.chip("0"), Key.Key_Delete)
    arrive(qtbot)
    assert tuned(real)["criterion"].choices == ("entropy", "log_loss")
    assert real.undo.undoText() == "Change choices of criterion"
    QTest.keyClick(popup, Key.Key_Escape)
    assert not popup.isVisible()


def test_tuples_and_none_are_choices(qtbot: QtBot, panel: SpacePanel, real: Session) -> None:
    click(panel, "criterion", CHOICES)
    popup = panel.table.popup
    assert popup is not None
    for text in ("(64, 32)", "none", '"none"', "1"):
        QTest.keyClicks(popup.field, text)
        QTest.keyClick(popup.field, Key.Key_Return)
        arrive(qtbot)
    assert tuned(real)["criterion"].choices == ("gini", "entropy", (64, 32), None, "none", 1)
    popup.close()


def test_a_range_may_include_none(qtbot: QtBot, panel: SpacePanel, real: Session) -> None:
    click(panel, "max_features", CHOICES)
    popup = panel.table.popup
    assert popup is not None
    QTest.keyClick(popup.none_box, Key.Key_Space)
    arrive(qtbot)
    assert tuned(real)["max_features"].or_none is True
    popup.close()


def test_steps_and_distributions_are_under_all_options(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    assert panel.table.isColumnHidden(MEAN)
    rows = panel.model.rowCount()
    QTest.mouseClick(panel.level.button("all"), Qt.MouseButton.LeftButton)
    settle(qtbot, real)
    assert not panel.table.isColumnHidden(MEAN)
    assert panel.model.rowCount() > rows
    assert panel.model.text_at(cell(panel, "class_weight", CHOICES)) == "none"
    assert panel.model.text_at(cell(panel, "n_estimators", CHOICES)) == "200"
    before = real.spec
    write(qtbot, panel, "max_features", MEAN, "0.5")
    assert "and `sd` belong together" in message(panel)
    assert real.spec == before
    write(qtbot, panel, "max_features", SD, "0.1")
    assert tuned(real)["max_features"] == Float(
        "max_features", 0.1, 1, mean=0.5, sd=0.1, default=tuned(real)["max_features"].default
    )
    write(qtbot, panel, "min_samples_split", STEP, "3")
    assert "must be left out of a log range" in message(panel)
    QTest.mouseClick(panel.level.button("simple"), Qt.MouseButton.LeftButton)
    assert tuned(real)["max_features"].mean == 0.5
    assert panel.table.isColumnHidden(MEAN)


def test_any_parameter_of_the_constructor_can_be_tuned_or_set(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    QTest.mouseClick(panel.level.button("all"), Qt.MouseButton.LeftButton)
    settle(qtbot, real)
    panel.table.scrollTo(cell(panel, "ccp_alpha", TUNE))
    click(panel, "ccp_alpha", TUNE)
    arrive(qtbot)
    assert tuned(real)["ccp_alpha"] == Float("ccp_alpha", 0, 1)
    panel.table.scrollTo(cell(panel, "class_weight", CHOICES))
    write(qtbot, panel, "class_weight", CHOICES, "balanced")
    assert real.spec.models[0].fixed["class_weight"] == "balanced"
    QTest.mouseClick(panel.level.button("simple"), Qt.MouseButton.LeftButton)
    assert cell(panel, "ccp_alpha", TUNE).isValid()
    assert cell(panel, "class_weight", TUNE).isValid()


def test_reset_goes_back_to_the_recommended_space(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    recommended = real.spec.models
    write(qtbot, panel, "max_depth", HIGH, "30")
    click(panel, "criterion", TUNE)
    arrive(qtbot)
    QTest.mouseClick(panel.reset, Qt.MouseButton.LeftButton)
    settle(qtbot, real)
    assert real.spec.models == recommended
    assert not panel.reset.isEnabled()
    real.undo.undo()
    assert "criterion" not in tuned(real)


def test_a_pill_chooses_another_model(qtbot: QtBot, panel: SpacePanel, real: Session) -> None:
    QTest.mouseClick(panel.models.pills["svm"], Qt.MouseButton.LeftButton)
    settle(qtbot, real)
    assert [model.name for model in real.spec.models] == ["svm"]
    assert real.undo.undoText() == "Choose Support vector machine"
    assert "C" in tuned(real)
    assert panel.models.pills["svm"].isChecked()
    assert not panel.models.pills["random_forest"].isChecked()
    assert panel.card.subtitle.text() == "Support vector machine"


def test_edits_of_a_model_come_back_with_it(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    write(qtbot, panel, "max_depth", HIGH, "30")
    QTest.mouseClick(panel.models.pills["svm"], Qt.MouseButton.LeftButton)
    QTest.mouseClick(panel.models.pills["random_forest"], Qt.MouseButton.LeftButton)
    assert tuned(real)["max_depth"].high == 30


def test_several_models_can_be_chosen_with_ctrl(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    QTest.mouseClick(
        panel.models.pills["svm"],
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.ControlModifier,
    )
    settle(qtbot, real)
    assert [model.name for model in real.spec.models] == ["random_forest", "svm"]
    assert not real.problems
    assert panel.which.isVisible()
    assert panel.editor.current == "svm"
    write(qtbot, panel, "C", HIGH, "1000")
    assert real.spec.models[1].space[0].high == 1000
    panel.which.setCurrentIndex(0)
    panel.which.activated.emit(0)
    assert cell(panel, "max_depth", NAME).isValid()
    QTest.mouseClick(
        panel.models.pills["random_forest"],
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.ControlModifier,
    )
    settle(qtbot, real)
    assert [model.name for model in real.spec.models] == ["svm"]
    assert not panel.which.isVisible()


def test_models_are_found_by_typing(qtbot: QtBot, panel: SpacePanel) -> None:
    QTest.keyClicks(panel.models.search, "naive")
    QTest.keyClick(panel.models.search, Key.Key_Return)
    assert "naive_bayes" in panel.models.pills
    panel.models.search.clear()
    QTest.keyClicks(panel.models.search, "nothing like it")
    QTest.keyClick(panel.models.search, Key.Key_Return)
    assert "Custom…" in panel.models._nothing.text()
    panel.models.search.clear()
    qtbot.waitUntil(lambda: "svm" in panel.models.pills)


def test_more_shows_every_model_that_suits_the_task(panel: SpacePanel, qtbot: QtBot) -> None:
    QTest.mouseClick(panel.models.more, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "ada_boost" in panel.models.pills)
    assert "lasso" not in panel.models.pills
    for entry in panel.models.offered():
        pill = panel.models.pills[entry.name]
        assert pill.isEnabled() == entry.available
        if not entry.available:
            assert entry.install_line in pill.toolTip()


def test_a_constraint_is_added_changed_and_removed(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    card = panel.constraints
    QTest.mouseClick(card.add_button, Qt.MouseButton.LeftButton)
    QTest.keyClicks(card.field, "min_samples_leaf <= min_samples_split")
    QTest.keyClick(card.field, Key.Key_Return)
    assert real.spec.models[0].constraints == ("min_samples_leaf <= min_samples_split",)
    assert real.undo.undoText() == "Add constraint"
    qtbot.waitUntil(lambda: "feasible" in card.share.text())
    share = int(card.share.text().split()[1])
    assert 50 < share < 90
    QTest.mouseClick(card.chips[0], Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    assert card.field.text() == "min_samples_leaf <= min_samples_split"
    card.field.clear()
    QTest.keyClicks(card.field, "min_samples_leaf > 100")
    QTest.keyClick(card.field, Key.Key_Return)
    qtbot.waitUntil(lambda: "nothing is feasible" in card.share.text())
    QTest.keyClick(card.chips[0], Key.Key_Delete)
    qtbot.waitUntil(lambda: real.spec.models[0].constraints == ())
    assert card.chips == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_dept < 3", "has `max_dept` beside `<`"),
        ("max_depth <", "must have a value at the end"),
        ("1 < 2", "must name a parameter"),
        ("max_depth + 1", "must compare something"),
    ],
)
def test_a_bad_constraint_is_told_beside_its_field(
    panel: SpacePanel, real: Session, text: str, said: str
) -> None:
    card = panel.constraints
    QTest.mouseClick(card.add_button, Qt.MouseButton.LeftButton)
    QTest.keyClicks(card.field, text)
    QTest.keyClick(card.field, Key.Key_Return)
    assert said in card.error.text()
    assert card.field.isVisible()
    assert real.spec.models[0].constraints == ()
    QTest.keyClick(card.field, Key.Key_Escape)
    assert not card.field.isVisible()


def test_a_constraint_on_a_parameter_that_is_no_longer_tuned_is_told(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    panel.editor.set_constraints(["max_features < 0.9"], "Add constraint")
    click(panel, "max_features", TUNE)
    arrive(qtbot)
    assert "max_features" in tuned(real)
    assert "which is none of" in message(panel)
    QTest.keyClick(panel.constraints.chips[0], Key.Key_Delete)
    arrive(qtbot)
    assert message(panel) == ""
    assert "max_features" not in tuned(real)


def test_a_function_of_the_users_own_is_tuned(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    panel.models.ask_custom()
    dialog = panel.models.dialog
    assert dialog is not None
    QTest.keyClicks(dialog.field, "not a name")
    QTest.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert "must read like" in dialog.error.text()
    dialog.field.clear()
    QTest.keyClicks(dialog.field, "training.py:objective")
    QTest.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert real.spec.objective == FunctionSpec("training.py:objective")
    assert real.spec.models == ()
    assert panel.empty.isVisible()
    QTest.mouseClick(panel.add, Qt.MouseButton.LeftButton)
    assert panel.dialog is not None
    QTest.mouseClick(panel.dialog.use, Qt.MouseButton.LeftButton)
    assert "must be text" in panel.dialog.error.text()
    QTest.keyClicks(panel.dialog.field, "lr")
    QTest.keyClick(panel.dialog.field, Key.Key_Return)
    assert real.spec.objective is not None
    assert real.spec.objective.space == (Float("lr", 0, 1),)
    assert "must be new" in panel.editor.name_problem("lr")
    write(qtbot, panel, "lr", LOW, "1e-4")
    assert real.spec.objective.space == (Float("lr", 1e-4, 1),)
    write(qtbot, panel, "lr", NAME, "learning_rate")
    assert real.spec.objective.space[0].name == "learning_rate"
    panel.table.setCurrentIndex(cell(panel, "learning_rate", NAME))
    QTest.keyClick(panel.table, Key.Key_Delete)
    arrive(qtbot)
    assert real.spec.objective.space == ()
    real.undo.undo()
    QTest.mouseClick(panel.models.pills["svm"], Qt.MouseButton.LeftButton)
    assert real.spec.objective is None


def test_a_class_by_its_dotted_path_is_looked_up(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    panel.editor.choose("sklearn.linear_model.Perceptron")
    settle(qtbot, real)
    assert panel.editor.title == "Perceptron"
    QTest.mouseClick(panel.level.button("all"), Qt.MouseButton.LeftButton)
    settle(qtbot, real)
    click(panel, "alpha", TUNE)
    arrive(qtbot)
    assert tuned(real)["alpha"] == Float("alpha", 1e-5, 1e-3, log=True)


def test_a_class_that_does_not_exist_is_told(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    panel.editor.choose("sklearn.linear_model.Nonsense")
    settle(qtbot, real)
    assert panel.empty.isVisible()
    assert "sklearn.linear_model" in panel.empty.text.text()
    real.undo.undo()
    settle(qtbot, real)
    assert cell(panel, "max_depth", NAME).isValid()


def test_an_ordinal_keeps_its_order(qtbot: QtBot, panel: SpacePanel, real: Session) -> None:
    click(panel, "max_features", KIND)
    assert panel.table.menu is not None
    panel.table.menu.actions()[3].trigger()
    panel.table.menu.close()
    arrive(qtbot)
    assert isinstance(tuned(real)["max_features"], Ordinal)


def test_the_bars_are_said_in_words(panel: SpacePanel) -> None:
    from hpo_gui.gui.tables.space_preview import describe_preview, preview

    parameter = panel.model.parameter_at(cell(panel, "max_depth", SAMPLED))
    assert parameter is not None
    assert "Half of the values lie below" in describe_preview(parameter)
    assert "None in 1 of 10" in describe_preview(parameter)
    bars = preview(parameter)
    assert list(bars.heights) == sorted(bars.heights, reverse=True)
    assert bars.none_share == pytest.approx(0.1)


def test_cells_have_words_for_screen_readers(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    role = Qt.ItemDataRole.AccessibleTextRole
    assert cell(panel, "max_depth", LOW).data(role) == "max_depth, from: 1"
    assert cell(panel, "criterion", TUNE).data(role) == "criterion, tune: tuned"
    write(qtbot, panel, "max_depth", LOW, "x")
    assert "Not a number" in cell(panel, "max_depth", LOW).data(role)


def test_an_empty_study_says_what_comes_first(qtbot: QtBot, session: Session) -> None:
    panel = SpacePanel(session)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.empty.isVisible()
    assert "Open a data file" in panel.empty.text.text()


def test_a_study_without_an_engine_is_shown(qtbot: QtBot, session: Session) -> None:
    panel = SpacePanel(session)
    qtbot.addWidget(panel)
    spec = StudySpec(models=(ModelSpec("svm", space=(Float("C", 1, 2),)),))
    session.show_history(spec, Space([]))
    assert [row.name for row in panel.editor.rows if row.tuned] == ["C"]
    assert msgspec.structs.asdict(panel.editor._model())["name"] == "svm"


# --- several models by ticks -------------------------------------------------------------------


def opened_ticks(panel: SpacePanel) -> ModelsDialog:
    QTest.mouseClick(panel.models.several, Qt.MouseButton.LeftButton)
    dialog = panel.models.dialog
    assert isinstance(dialog, ModelsDialog)
    assert dialog.isVisible()
    return dialog


def test_models_are_ticked_and_each_keeps_its_own_space(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    write(qtbot, panel, "max_depth", HIGH, "30")
    dialog = opened_ticks(panel)
    assert dialog.ticked() == ("random_forest",)
    QTest.mouseClick(dialog.boxes["svm"], Qt.MouseButton.LeftButton)
    assert dialog.count.text() == f"2 of {len(dialog.boxes)} ticked"
    QTest.mouseClick(dialog.take, Qt.MouseButton.LeftButton)
    settle(qtbot, real)
    assert [model.name for model in real.spec.models] == ["random_forest", "svm"]
    depths = [p.high for p in real.spec.models[0].space or () if p.name == "max_depth"]
    assert depths == [30]
    assert panel.models.pills["svm"].isChecked()
    assert not real.problems
    real.undo.undo()
    assert [model.name for model in real.spec.models] == ["random_forest"]


def test_one_button_ticks_all_models_that_suit_the_table(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    dialog = opened_ticks(panel)
    QTest.mouseClick(dialog.suitable, Qt.MouseButton.LeftButton)
    wanted = {entry.name for entry in suitable_models(panel.editor.facts)}
    assert set(dialog.ticked()) == wanted
    QTest.mouseClick(dialog.take, Qt.MouseButton.LeftButton)
    settle(qtbot, real)
    assert {model.name for model in real.spec.models} == wanted
    assert not real.problems


def test_each_model_that_does_not_suit_says_why(panel: SpacePanel, real: Session) -> None:
    facts = dataclasses.replace(panel.editor.facts, rows=50_000, needs_probabilities=True)
    dialog = ModelsDialog(panel.models.offered(), ("svm", "some.Model"), facts)
    assert "no probabilities" in dialog.notes["svm"].text()
    dialog.tick_suitable()
    assert "svm" not in dialog.ticked()
    assert "some.Model" in dialog.ticked()
    for entry in panel.models.offered():
        assert dialog.boxes[entry.name].isEnabled() == entry.available


def test_no_tick_at_all_cannot_be_taken(panel: SpacePanel) -> None:
    dialog = opened_ticks(panel)
    QTest.mouseClick(dialog.boxes["random_forest"], Qt.MouseButton.LeftButton)
    assert not dialog.take.isEnabled()
    assert dialog.take.toolTip() == "Tick at least one model."
    dialog.reject()


def test_the_recommended_space_follows_the_folds(
    qtbot: QtBot, real: Session, panel: SpacePanel
) -> None:
    panel.editor.choose("knn")
    settle(qtbot, real)
    assert real.spec.data is not None
    open_rows = 344 * (1 - real.spec.data.test_share)
    high = {}
    for folds in (5, 2):
        validation = Choice("time_series", {"folds": folds})
        real.edit(msgspec.structs.replace(real.spec, validation=validation), "Fold")
        settle(qtbot, real)
        assert panel.editor.is_recommended
        rows, columns = panel.editor.facts.rows, panel.editor.facts.columns
        assert rows == pytest.approx(open_rows / (folds + 1), abs=folds)
        space = panel.editor.recommended("knn")
        assert space == MODELS["knn"].space("classification", rows, columns)
        high[folds] = space[0].high
    assert high[5] < high[2]
