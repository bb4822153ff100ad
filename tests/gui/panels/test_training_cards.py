"""The cards of training and schedule on the Space page, by clicks and keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from hpo_gui.core.parameter import Float
from hpo_gui.core.spec import (
    Choice,
    FunctionSpec,
    ModelSpec,
    PhaseSpec,
    StudySpec,
    TrainingSpec,
)
from hpo_gui.gui.panels.space_panel import SpacePanel
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.value_edit import ValueEdit
from tests.support.real_session import open_sample, settle

Key = Qt.Key


@pytest.fixture
def real(qtbot: QtBot) -> Iterator[Session]:
    session = open_sample(qtbot)
    use_models(qtbot, session, "mlp")
    yield session
    assert session.close()


@pytest.fixture
def panel(qtbot: QtBot, real: Session) -> SpacePanel:
    made = SpacePanel(real)
    qtbot.addWidget(made)
    made.resize(1036, 645)
    made.show()
    qtbot.waitExposed(made)
    return made


def use_models(qtbot: QtBot, session: Session, *names: str) -> None:
    models = tuple(ModelSpec(name) for name in names)
    session.edit(msgspec.structs.replace(session.spec, models=models), "Choose models")
    settle(qtbot, session)


def write(edit: QLineEdit, text: str, *, enter: bool = True) -> None:
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)
    if enter:
        QTest.keyClick(edit, Key.Key_Return)


def switch_on(qtbot: QtBot, panel: SpacePanel) -> None:
    panel.training.toggle.click()
    settle(qtbot, panel.session)


def choose(qtbot: QtBot, panel: SpacePanel, name: str) -> None:
    panel.schedule.kinds.button(name).click()
    settle(qtbot, panel.session)


def option(panel: SpacePanel, name: str) -> ValueEdit:
    assert panel.schedule.form is not None
    editor = panel.schedule.form.editor(name)
    assert isinstance(editor, ValueEdit)
    return editor


def names_of_space(session: Session) -> tuple[str, ...]:
    return session.space.names if session.space is not None else ()


# --- the switch ---------------------------------------------------------------------------------


def test_off_there_is_one_line_that_says_what_off_means(panel: SpacePanel) -> None:
    assert not panel.training.toggle.isChecked()
    assert panel.training.summary.text() == "off: each model learns everything at once"
    assert panel.training.more.isHidden()
    assert panel.learning.isHidden()
    assert panel.card.isVisible()


def test_the_switch_opens_the_steps_and_the_schedule_in_one_undo_step(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    switch_on(qtbot, panel)
    assert real.asked.training == TrainingSpec()
    assert real.spec.training == TrainingSpec(stretch=5)
    assert real.undo.undoText() == "Learn step by step"
    assert panel.training.summary.text() == "20 steps"
    assert panel.training.edits["stretch"].placeholderText() == "auto: 5"
    assert "20 steps of 5 epochs, 100 in all" in panel.training.sentence.text()
    assert panel.schedule.isVisible()
    assert panel.card.isHidden()
    real.undo.undo()
    settle(qtbot, real)
    assert real.spec.training is None
    assert panel.learning.isHidden()
    assert panel.card.isVisible()


def test_the_search_space_comes_back_with_the_link(qtbot: QtBot, panel: SpacePanel) -> None:
    switch_on(qtbot, panel)
    panel.training.more.click()
    assert panel.card.isVisible()
    assert panel.learning.isHidden()
    assert panel.training.fields_box.isHidden()


def test_in_a_tall_window_both_are_seen(qtbot: QtBot, panel: SpacePanel) -> None:
    panel.resize(1400, 960)
    switch_on(qtbot, panel)
    assert panel.card.isVisible()
    assert panel.schedule.isVisible()
    choose(qtbot, panel, "plateau")
    area, card = panel.learning, panel.schedule
    qtbot.waitUntil(lambda: area.viewport().height() >= card.height() > 0)
    panel.resize(1400, 700)
    assert panel.card.isHidden()


def test_off_and_on_again_forgets_nothing(qtbot: QtBot, panel: SpacePanel, real: Session) -> None:
    switch_on(qtbot, panel)
    choose(qtbot, panel, "cosine")
    panel.schedule.chips.chips["schedule_final"].click()
    settle(qtbot, real)
    before = real.spec
    panel.training.toggle.click()
    settle(qtbot, real)
    assert real.problems == ()
    assert (real.spec.training, real.spec.schedule) == (None, Choice("constant"))
    assert "schedule_final" not in names_of_space(real)
    switch_on(qtbot, panel)
    assert real.spec == before


def test_a_model_that_cannot_says_so_and_can_be_switched_off_all_the_same(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    use_models(qtbot, real, "svm")
    assert not panel.training.toggle.isEnabled()
    assert panel.training.toggle.toolTip() == "Support vector machine cannot learn step by step."
    assert panel.training.summary.text() == panel.training.toggle.toolTip()
    use_models(qtbot, real, "mlp")
    switch_on(qtbot, panel)
    use_models(qtbot, real, "svm")
    assert panel.training.toggle.isEnabled()
    panel.training.toggle.click()
    settle(qtbot, real)
    assert real.spec.training is None
    assert not panel.training.toggle.isEnabled()


def test_a_function_with_a_start_always_learns_by_steps(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    function = FunctionSpec("train.py:step", (Float("lr", 0.01, 1.0, log=True),), start="start")
    spec = StudySpec(objective=function)
    real.edit(spec, "Tune a function")
    settle(qtbot, real)
    assert panel.training.toggle.isChecked()
    assert not panel.training.toggle.isEnabled()
    assert "`start`" in panel.training.toggle.toolTip()
    panel.training.open()
    assert (
        panel.training.edits["stretch"].isHidden()
        or not panel.training.edits["stretch"].isVisible()
    )
    write(panel.training.edits["steps"], "50")
    settle(qtbot, real)
    assert real.spec.training == TrainingSpec(steps=50)
    assert panel.schedule.picture.plot.y_name == "lr"


# --- steps --------------------------------------------------------------------------------------


def test_numbers_of_the_training_are_typed(qtbot: QtBot, panel: SpacePanel, real: Session) -> None:
    switch_on(qtbot, panel)
    edits = panel.training.edits
    assert not edits["min_delta"].isEnabled()
    write(edits["steps"], "40")
    write(edits["stretch"], "2")
    write(edits["patience"], "6")
    settle(qtbot, real)
    assert edits["min_delta"].isEnabled()
    write(edits["min_delta"], "0.001")
    panel.training.restore.click()
    settle(qtbot, real)
    assert real.spec.training == TrainingSpec(40, 2, 6, 0.001, False)
    assert "40 steps of 2 epochs, 80 in all" in panel.training.sentence.text()
    assert "after 6 steps without a better score; the last step" in panel.training.sentence.text()
    assert panel.training.summary.text() == "40 steps · patience 6"
    assert real.undo.undoText() == "Change the training"


def test_nonsense_is_refused_where_it_is_typed(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    switch_on(qtbot, panel)
    write(panel.training.edits["steps"], "0")
    assert panel.training.edits["steps"].error()
    assert real.asked.training == TrainingSpec()


def test_a_schedule_that_is_replayed_is_told_and_can_be_forgotten(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    phases = (PhaseSpec(0, {"alpha": 0.1}), PhaseSpec(5, {"alpha": 0.2}))
    training = TrainingSpec(phases=phases)
    real.edit(msgspec.structs.replace(real.spec, training=training), "Replay")
    settle(qtbot, real)
    panel.training.open()
    assert "from steps 1, 6 on" in panel.training.phases.text()
    panel.training.forget.click()
    settle(qtbot, real)
    assert real.asked.training == TrainingSpec()
    assert panel.training.forget.isHidden()


# --- the schedule -------------------------------------------------------------------------------


def test_a_kind_is_chosen_with_its_sentence_papers_and_curve(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    switch_on(qtbot, panel)
    choose(qtbot, panel, "one_cycle")
    assert real.spec.schedule == Choice("one_cycle")
    assert real.undo.undoText() == "Choose the schedule One cycle"
    assert panel.schedule.sentence.text().startswith("Use when few steps")
    assert len(panel.schedule.references.lines) == 1
    shown = panel.schedule.picture.plot.shown
    assert shown is not None
    assert (shown.curve.name, shown.steps) == ("one_cycle", 20)
    assert panel.training.summary.text() == "20 steps · One cycle"


def test_the_curve_follows_every_key_and_the_study_only_what_is_entered(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    switch_on(qtbot, panel)
    choose(qtbot, panel, "exponential")
    write(option(panel, "final"), "0.5", enter=False)
    shown = panel.schedule.picture.plot.shown
    assert shown is not None
    assert shown.curve.factors[-1] == 0.5
    assert real.spec.schedule == Choice("exponential")
    QTest.keyClick(option(panel, "final"), Key.Key_Return)
    settle(qtbot, real)
    assert real.spec.schedule == Choice("exponential", {"final": 0.5})
    write(option(panel, "final"), "7")
    assert option(panel, "final").error()
    assert real.spec.schedule == Choice("exponential", {"final": 0.5})
    assert panel.schedule.picture.plot.shown.curve.factors[-1] == 0.5


def test_options_in_common_are_carried_over_and_each_kind_keeps_its_own(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    switch_on(qtbot, panel)
    choose(qtbot, panel, "cosine")
    write(option(panel, "warmup"), "0.2")
    write(option(panel, "cycles"), "3")
    settle(qtbot, real)
    choose(qtbot, panel, "polynomial")
    assert real.spec.schedule == Choice("polynomial", {"warmup": 0.2})
    choose(qtbot, panel, "cosine")
    assert real.spec.schedule == Choice("cosine", {"warmup": 0.2, "cycles": 3})


def test_an_option_marked_to_be_tuned_is_a_parameter_until_it_is_unmarked(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    switch_on(qtbot, panel)
    choose(qtbot, panel, "cosine")
    chip = panel.schedule.chips.chips["schedule_final"]
    assert chip.accessibleName() == "Tune Final"
    chip.click()
    settle(qtbot, real)
    assert real.problems == ()
    assert names_of_space(real)[-1] == "schedule_final"
    assert real.undo.undoText() == "Tune final"
    assert panel.schedule.chips.chips["schedule_final"].isChecked()
    assert "schedule_final" in [row.name for row in panel.editor.rows]
    panel.schedule.chips.chips["schedule_final"].click()
    settle(qtbot, real)
    assert "schedule_final" not in names_of_space(real)
    real.undo.undo()
    settle(qtbot, real)
    assert panel.schedule.chips.chips["schedule_final"].isChecked()


def test_what_is_tuned_of_one_kind_does_not_stand_in_the_way_of_the_next(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    switch_on(qtbot, panel)
    choose(qtbot, panel, "polynomial")
    for name in ("schedule_power", "schedule_final"):
        panel.schedule.chips.chips[name].click()
        settle(qtbot, real)
    choose(qtbot, panel, "cosine")
    assert real.problems == ()
    assert names_of_space(real)[-1] == "schedule_final"
    real.undo.undo()
    settle(qtbot, real)
    assert names_of_space(real)[-2:] == ("schedule_power", "schedule_final")


def test_a_tuned_option_can_be_removed_in_the_table_too(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    switch_on(qtbot, panel)
    panel.schedule.chips.chips["schedule_warmup"].click()
    settle(qtbot, real)
    names = [row.name for row in panel.editor.rows]
    panel.editor.remove_row(names.index("schedule_warmup"))
    settle(qtbot, real)
    assert not panel.schedule.chips.chips["schedule_warmup"].isChecked()


def test_a_schedule_whose_name_is_tuned_leaves_its_options_to_the_table(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    switch_on(qtbot, panel)
    panel.schedule.chips.chips["schedule_warmup"].click()
    settle(qtbot, real)
    panel.editor.add_row("schedule_name")
    settle(qtbot, real)
    chip = panel.schedule.chips.chips["schedule_warmup"]
    assert not chip.isEnabled()
    assert "itself is tuned" in chip.toolTip()
    assert "schedule_name must be one of" in panel.schedule.problem.text()
    assert not panel.schedule.problem.isHidden()
    assert "schedule_name" not in panel.message.text()


def test_all_options_offer_the_seldom_ones_to_be_tuned(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    switch_on(qtbot, panel)
    assert list(panel.schedule.chips.chips) == ["schedule_warmup"]
    real.looking.set_options("all")
    assert list(panel.schedule.chips.chips) == ["schedule_warmup", "schedule_warmup_start"]


def test_the_other_kinds_are_drawn_when_wanted(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    switch_on(qtbot, panel)
    view = panel.schedule.picture
    assert view.plot.shown is not None
    assert view.plot.shown.others == ()
    view.others.click()
    assert len(view.plot.shown.others) == 6
    view.log.click()
    assert "The band holds all of them." in view.note.text()
    assert not panel.grab().isNull()


def test_a_forest_has_no_rate_to_change_and_the_card_says_so(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    use_models(qtbot, real, "random_forest")
    switch_on(qtbot, panel)
    assert panel.training.titles["stretch"].text() == "Trees a step"
    assert panel.training.edits["stretch"].placeholderText() == "auto: 10"
    assert panel.schedule.sentence.text().startswith("Random forest has no learning rate")
    assert not panel.schedule.kinds.button("cosine").isEnabled()
    assert not panel.schedule.chips.isVisible()
    assert not panel.schedule.picture.isVisible()
    assert "n_estimators" not in [row.name for row in panel.editor.rows]
    assert panel.editor.is_recommended
    assert real.problems == ()


def test_a_schedule_that_has_lost_its_rate_is_told_and_can_be_changed(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    switch_on(qtbot, panel)
    choose(qtbot, panel, "cosine")
    use_models(qtbot, real, "random_forest")
    assert [(p.step, p.field) for p in real.problems] == [("space", "training")]
    assert "needs a learning rate" in panel.training.problem.text()
    assert panel.training.problem.isVisible()
    assert panel.message.text() == ""
    assert panel.schedule.picture.isVisible()
    assert panel.schedule.picture.note.text().startswith("Random forest has no learning rate")
    choose(qtbot, panel, "constant")
    assert real.problems == ()
    assert not panel.schedule.picture.isVisible()


def test_a_space_of_ones_own_is_fitted_to_the_steps_and_back(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    use_models(qtbot, real, "sgd")
    names = [row.name for row in panel.editor.rows]
    panel.editor.set_row(names.index("alpha"), replace(panel.editor.rows[2], high="0.5"), "{0}")
    settle(qtbot, real)
    before = real.spec
    assert real.asked.models[0].space is not None
    switch_on(qtbot, panel)
    assert real.problems == ()
    assert "learning_rate" not in names_of_space(real)
    assert "eta0" in names_of_space(real)
    panel.training.toggle.click()
    settle(qtbot, real)
    assert real.problems == ()
    assert real.spec.models[0].space == before.models[0].space


def test_another_model_brings_its_own_stretch(
    qtbot: QtBot, panel: SpacePanel, real: Session
) -> None:
    switch_on(qtbot, panel)
    write(panel.training.edits["steps"], "30")
    settle(qtbot, real)
    use_models(qtbot, real, "hist_gradient_boosting")
    assert real.spec.training == TrainingSpec(steps=30, stretch=10)


def test_problems_lead_to_the_cards(qtbot: QtBot, panel: SpacePanel, real: Session) -> None:
    spec = msgspec.structs.replace(
        real.spec, training=TrainingSpec(), schedule=Choice("cosin", {})
    )
    real.edit(spec, "Open a file")
    settle(qtbot, real)
    assert [(p.step, p.field) for p in real.problems] == [("space", "schedule")]
    panel.focus_field("schedule")
    assert "Did you mean `cosine`?" in panel.schedule.problem.text()
    focus = QApplication.focusWidget()
    assert focus is not None
    assert panel.schedule.kinds.isAncestorOf(focus)
    panel.focus_field("training.steps")
    assert QApplication.focusWidget() is panel.training.edits["steps"]
    panel.focus_field("constraints")
    assert panel.card.isVisible()


def test_another_study_begins_closed(qtbot: QtBot, panel: SpacePanel, real: Session) -> None:
    switch_on(qtbot, panel)
    panel.schedule.picture.pin.click()
    with qtbot.waitSignal(real.study_changed, timeout=20_000):
        real.opening.open_data("sample:penguins")
    settle(qtbot, real)
    assert not panel.training.is_open
    assert panel.schedule.picture.pins == []
    assert panel.card.isVisible()


def test_every_control_has_a_name(qtbot: QtBot, panel: SpacePanel) -> None:
    switch_on(qtbot, panel)
    choose(qtbot, panel, "plateau")
    for card in (panel.training, panel.schedule):
        for edit in card.findChildren(QLineEdit):
            assert edit.accessibleName(), edit
