"""The goals card: one to five goals, by clicks and keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import BudgetSpec, Choice, FunctionSpec, StudySpec
from hpo_gui.gui.cards.goal_row import GAP
from hpo_gui.gui.panels.strategy_panel import StrategyPanel
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.combo import Combo
from tests.support.real_session import open_sample, settle


@pytest.fixture
def real(qtbot: QtBot) -> Iterator[Session]:
    session = open_sample(qtbot)
    yield session
    assert session.close()


@pytest.fixture
def panel(qtbot: QtBot, real: Session) -> StrategyPanel:
    made = StrategyPanel(real)
    qtbot.addWidget(made)
    made.resize(1190, 1100)
    made.show()
    qtbot.waitExposed(made)
    return made


def pick(combo: Combo, key: object) -> None:
    """Choose as a click in the list does."""
    combo.set_current_key(key)
    assert combo.current_key() == key
    combo.activated.emit(combo.currentIndex())


def write(edit: QLineEdit, text: str) -> None:
    """Type into a field and press Return."""
    edit.setFocus()
    edit.selectAll()
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def metrics_of(session: Session) -> list[str]:
    return [goal.metric for goal in session.spec.goals]


def give(qtbot: QtBot, session: Session, *goals: Goal, **parts: object) -> None:
    """Put goals into the specification as a file would."""
    from msgspec import structs

    session.edit(structs.replace(session.spec, goals=goals, **parts), "Goals")
    settle(qtbot, session)


def test_a_goal_is_added_changed_and_taken_out_and_each_can_be_undone(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    card = panel.metrics
    assert not card.several.isVisible()
    assert not card.rows[0].remove.isVisible()
    card.add_button.click()
    assert metrics_of(real) == ["accuracy", "model_size"]
    assert real.undo.undoText() == "Add the goal model_size"
    assert card.several.isVisible()
    first, second = card.rows
    assert (first.side.text(), second.side.text()) == ("at least", "at most")
    pick(second.choice, "predict_time")
    assert real.spec.goals[1] == Goal("predict_time", "minimize")
    assert "Repeatable roughly" in second.note.text()
    first.remove.click()
    assert metrics_of(real) == ["predict_time"]
    assert len(card.rows) == 1
    for _ in range(3):
        real.undo.undo()
    settle(qtbot, real)
    assert metrics_of(real) == ["accuracy"]
    assert card.rows[0].choice.current_key() == "accuracy"


def test_a_metric_is_offered_to_one_goal_only(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    panel.metrics.add_button.click()
    first, second = panel.metrics.rows
    assert "model_size" not in first.choice._keys
    assert "accuracy" not in second.choice._keys
    assert {"model_size", "n_features", "calibration_error"} <= set(second.choice._keys)
    assert not {"accuracy", "model_size"} & set(panel.metrics.adder._keys)


def test_a_recorded_metric_that_becomes_a_goal_is_no_longer_recorded_besides(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    pick(panel.metrics.adder, "f1_macro")
    panel.metrics.add_button.click()
    pick(panel.metrics.rows[1].choice, "f1_macro")
    assert metrics_of(real) == ["accuracy", "f1_macro"]
    assert real.spec.metrics == ()


def test_another_goal_is_made_the_first(qtbot: QtBot, panel: StrategyPanel, real: Session) -> None:
    give(qtbot, real, Goal("accuracy"), Goal("model_size"), Goal("fit_time"))
    rows = panel.metrics.rows
    assert [row.up.isEnabled() for row in rows] == [False, True, True]
    rows[2].up.click()
    assert metrics_of(real) == ["fit_time", "accuracy", "model_size"]
    assert real.undo.undoText() == "Make fit_time the first goal"


def test_a_threshold_is_typed_and_emptied(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    (row,) = panel.metrics.rows
    write(row.threshold, "0.9")
    assert real.spec.goals == (Goal("accuracy", "maximize", threshold=0.9),)
    assert real.undo.undoText() == "Change the threshold of accuracy"
    write(row.threshold, "much")
    assert row.threshold.error()
    assert real.spec.goals[0].threshold == 0.9
    write(row.threshold, "")
    assert real.spec.goals[0].threshold is None


def test_a_threshold_that_no_score_reaches_is_told_at_its_row(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    panel.metrics.add_button.click()
    first, second = panel.metrics.rows
    write(first.threshold, "1.5")
    qtbot.waitUntil(lambda: "accuracy is at most 1" in first.problem.text())
    assert first.problem.isVisible()
    assert not second.problem.isVisible()
    assert not panel.metrics.problem.isVisible()
    write(first.threshold, "0.5")
    qtbot.waitUntil(lambda: not first.problem.isVisible())


def test_a_gap_is_made_of_a_measure_and_a_column(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    panel.metrics.add_button.click()
    row = panel.metrics.rows[1]
    assert not row.measure.isVisible()
    pick(row.choice, GAP)
    assert metrics_of(real)[1] == "gap(accuracy, island)"
    assert row.measure.isVisible()
    assert "body_mass_g" not in row.column._keys  # too many values
    assert "species" not in row.column._keys  # the target
    pick(row.column, "sex")
    pick(row.measure, "f1_macro")
    assert real.spec.goals[1] == Goal("gap(f1_macro, sex)", "minimize")
    assert "fewer than 10 rows" in row.note.text()
    pick(row.choice, "fit_time")
    assert not row.measure.isVisible()


def test_what_a_file_names_wrongly_stands_in_its_row_with_the_remedy(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    give(qtbot, real, Goal("accuracy"), Goal("gap(accuracy, sx)"), Goal("accuracy"))
    rows = panel.metrics.rows
    assert rows[1].column.currentText() == "sx"
    assert "Did you mean `sex`" in rows[1].problem.text()
    assert "must not repeat `accuracy`" in rows[2].problem.text()
    assert not rows[0].problem.isVisible()
    rows[2].remove.click()
    pick(rows[1].column, "sex")
    settle(qtbot, real)
    assert not rows[1].problem.isVisible()


def test_there_are_five_goals_at_most_and_six_of_a_file_can_be_made_fewer(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    names = ("accuracy", "f1_macro", "model_size", "fit_time", "predict_time", "n_features")
    give(qtbot, real, *map(Goal, names), strategy=Choice("sobol"))
    card = panel.metrics
    assert "must be at most 5" in card.problem.text()
    assert not card.add_button.isEnabled()
    assert "5 goals at most" in card.add_button.toolTip()
    card.rows[5].remove.click()
    settle(qtbot, real)
    assert not card.problem.isVisible()
    assert not card.add_button.isEnabled()
    card.rows[4].remove.click()
    assert card.add_button.isEnabled()


def test_a_pruner_and_a_limit_for_one_goal_tell_the_remedy(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    two = (Goal("accuracy"), Goal("model_size"))
    budget = BudgetSpec(trials=20, gain=0.1)
    give(qtbot, real, *two, strategy=Choice("hill_climbing"), budget=budget)
    assert "pursues one goal only" in panel.strategy.problem.text()
    assert "keep one goal" in panel.strategy.problem.text()
    assert "Use `no_improvement`" in panel.budget.problem.text()
    gain = panel.budget.boxes["gain"]
    assert gain.isEnabled()  # to be switched off
    gain.click()
    settle(qtbot, real)
    assert not gain.isEnabled()
    assert "one goal only" in gain.toolTip()
    assert "Pareto front" in panel.budget.notes["no_improvement"].text()
    panel.metrics.rows[1].remove.click()
    settle(qtbot, real)
    assert gain.isEnabled()


def test_goals_of_a_function_have_typed_names_and_directions(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    real.edit(StudySpec(objective=FunctionSpec("f.py:objective"), goals=(Goal("loss"),)), "Tune")
    settle(qtbot, real)
    card = panel.metrics
    card.add_button.click()
    assert metrics_of(real) == ["loss", "goal_2"]
    second = card.rows[1]
    write(second.key, "")
    assert second.key.text() == "goal_2"
    write(second.key, "loss")
    qtbot.waitUntil(lambda: "must not repeat `loss`" in second.problem.text())
    assert second.key.isVisible()
    assert not second.choice.isVisible()
    write(second.key, "latency")
    settle(qtbot, real)
    assert real.spec.goals[1].metric == "latency"
    assert second.direction.current_key() == "minimize"
    pick(second.direction, "maximize")
    write(second.threshold, "3")
    assert real.spec.goals[1] == Goal("latency", "maximize", threshold=3.0)


def test_tab_goes_through_the_rows_from_above_and_a_problem_leads_to_the_first(
    qtbot: QtBot, panel: StrategyPanel, real: Session
) -> None:
    give(qtbot, real, Goal("accuracy"), Goal("model_size"))
    panel.activateWindow()
    panel.focus_field("goals.1")
    first, second = panel.metrics.rows
    seen = []
    for _ in range(7):
        focused = panel.focusWidget()
        assert focused is not None
        seen.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    wanted = [first.choice, first.threshold, first.remove]
    wanted += [second.choice, second.threshold, second.up, second.remove]
    pairs = zip(seen, wanted, strict=True)
    assert all(one is goal or goal.isAncestorOf(one) for one, goal in pairs)
    assert panel.focusWidget() is panel.metrics.add_button
